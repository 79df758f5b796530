//! Real structures under `$NATRON_DATA` through the other formats and back.

use natron_io::{Format, read_structures};

use super::{one, write_as};

#[test]
#[allow(clippy::print_stderr)]
fn real_structures_survive_every_format() {
    let Some(root) = std::env::var_os("NATRON_DATA").map(std::path::PathBuf::from) else {
        eprintln!("skipped: NATRON_DATA is not set");
        return;
    };
    for name in ["structures/na22c200.extxyz", "nac/frames.extxyz", "public/li_bilayer_graphene"] {
        let path = root.join(name);
        let files = match std::fs::read_dir(&path) {
            Ok(entries) => entries
                .map(|e| e.expect("readable").path())
                .filter(|p| p.extension().is_some_and(|e| e == "extxyz"))
                .collect(),
            Err(_) => vec![path],
        };
        for file in files {
            let source = read_structures(&file, None).unwrap_or_else(|error| panic!("{error}"));
            for read in source.frames.iter().step_by(10) {
                let structure = &read.frame.structure;
                for format in [Format::Poscar, Format::LammpsData] {
                    let again = one(format, &write_as(format, &read.frame)).structure;
                    assert_eq!(again.len(), structure.len());
                    let volume = (again.cell.volume_a3() / structure.cell.volume_a3() - 1.0).abs();
                    assert!(volume < 1e-12, "{}:{} {}", file.display(), read.line, format.name());
                    let length = |a: usize, b: usize, s: &natron_atoms::Structure| {
                        (s.positions[a] - s.positions[b]).norm()
                    };
                    // Lengths see neither a turn nor a shift; elements in these files are grouped already or not at all.
                    if again.species == structure.species {
                        for k in 1..structure.len() {
                            assert!((length(0, k, &again) - length(0, k, structure)).abs() < 1e-10);
                        }
                    }
                }
            }
        }
    }
}
