//! Real files under `$NATRON_DATA`.

use std::path::{Path, PathBuf};

use super::{read, write};

#[allow(clippy::print_stderr)]
fn files() -> Vec<PathBuf> {
    let Some(root) = std::env::var_os("NATRON_DATA").map(PathBuf::from) else {
        eprintln!("skipped: NATRON_DATA is not set");
        return Vec::new();
    };
    let folders = ["nac", "structures", "public/liquid_na", "public/li_bilayer_graphene"];
    let entries = folders.iter().filter_map(|f| std::fs::read_dir(root.join(f)).ok()).flatten();
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let files: Vec<PathBuf> = paths.filter(|p| p.extension().is_some_and(|e| e == "extxyz")).collect();
    assert!(!files.is_empty(), "NATRON_DATA holds no extended XYZ");
    files
}

/// An independent count: lines that hold nothing but a whole number.
fn counts(path: &Path) -> Vec<usize> {
    let text = std::fs::read_to_string(path).expect("a text file");
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

#[test]
fn every_file_reads_and_goes_round() {
    for path in files() {
        let frames = natron_io::read_frames(&path).unwrap_or_else(|error| panic!("{error}"));
        let atoms: Vec<usize> = frames.iter().map(|f| f.structure.len()).collect();
        assert_eq!(atoms, counts(&path), "{}", path.display());
        let again = read(&write(&frames)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(again, frames, "{}", path.display());
        if !path.components().any(|c| c.as_os_str() == "structures") {
            assert!(frames.iter().all(|f| f.labels.forces.is_some() && f.labels.energy_ev.is_some()));
        }
    }
}
