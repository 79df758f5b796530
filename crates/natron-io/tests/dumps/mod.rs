//! Dumps of DFT programs: real ones against ASE, dpdata and their own text, small ones written here, damaged ones.

mod damaged;
#[cfg(feature = "hdf5")]
mod data_set;
mod deepmd;
mod oracle;
mod small;
mod text;

use std::path::{Path, PathBuf};

use natron_io::{Item, SkipReason, SourceFrame, StructureFile, read_structures};

/// The folder of the real dumps.
#[allow(clippy::print_stderr)]
fn real(name: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("NATRON_DATA") else {
        eprintln!("skipped: NATRON_DATA is not set");
        return None;
    };
    Some(Path::new(&root).join("public").join(name))
}

fn read(path: &Path) -> StructureFile {
    read_structures(path, None).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads text as the file of a name.
fn read_text(name: &str, text: &str) -> Result<StructureFile, natron_io::ReadError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("writes");
    read_structures(&path, None)
}

fn skipped(file: &StructureFile) -> Vec<(SkipReason, usize)> {
    file.skipped.iter().map(|step| (step.reason, step.line)).collect()
}

fn missing(frame: &SourceFrame) -> Vec<&'static str> {
    frame.missing.iter().map(|m| m.label.name()).collect()
}

#[test]
fn a_stream_gives_what_the_whole_file_gives() {
    let Some(path) = real("dumps/poscars__OUTCAR.h2o.md.10") else { return };
    let whole = read(&path);
    let stream = natron_io::open_frames(&path, None).expect("opens");
    let frames: Vec<SourceFrame> = stream
        .filter_map(|item| match item.expect("reads") {
            Item::Frame(frame) => Some(frame),
            Item::Skipped(_) => None,
        })
        .collect();
    assert_eq!(frames, whole.frames);
    assert_eq!(frames.len(), 10);
}
