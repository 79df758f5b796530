//! A training that takes a second: a few frames of 18 atoms, a tiny network, the built-in potential in place of DFT.

use std::process::Command;

use natron_atoms::{Frame, InfoValue};
use natron_io::{read_frames, write_frames};

/// A small labelled frame of the repository: two sodium atoms in graphite.
pub fn small_frame() -> Frame {
    let folder = super::repository().join("potentials/nac/dft");
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut frames = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "extxyz"))
        .flat_map(|path| read_frames(&path).expect("frames"));
    let found = frames.find(|frame| frame.text("tag") == Some("s567411959-0"));
    found.expect("frames of the pool are never removed")
}

/// The frame with its atoms moved a little, in one of many ways.
pub fn moved(frame: &Frame, way: usize) -> Frame {
    let mut out = frame.clone();
    for (atom, position) in out.structure.positions.iter_mut().enumerate() {
        for k in 0..3 {
            position[k] += 0.06 * ((7 * way + 3 * atom + k) as f64).sin();
        }
    }
    out
}

/// A folder with data.extxyz (six frames labelled by `nac`), more.extxyz (four without labels), start.extxyz and train.toml.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = small_frame();
    let write = |name: &str, frames: &[Frame]| {
        let mut bytes = Vec::new();
        write_frames(&mut bytes, frames).expect("writes");
        std::fs::write(folder.path().join(name), bytes).expect("writes");
    };
    let bare = |way: usize| Frame::new(moved(&frame, way).structure);
    write("start.extxyz", &[bare(40)]);
    write("more.extxyz", &[bare(20), bare(21), bare(22), bare(23)]);
    let with_split = |way: usize| {
        let mut frame = bare(way);
        let split = if way < 4 { "train" } else { "valid" };
        frame.info.push(("split".into(), InfoValue::Text(split.into())));
        frame
    };
    write("bare.extxyz", &(0..6).map(with_split).collect::<Vec<_>>());
    let mut evaluate = Command::new(super::natron());
    evaluate.args(["-q", "evaluate", "-p", "nac", "bare.extxyz", "--output", "data.extxyz"]);
    let labelled = evaluate.current_dir(folder.path()).output().expect("starts");
    assert!(labelled.status.success(), "{}", String::from_utf8_lossy(&labelled.stderr));
    let deck = r#"
format = 1
seed = 1
[data]
files = ["data.extxyz"]
[model]
species = ["C", "Na"]
radial_functions = 5
channel_shifts = 1
couplings = []
hidden = [6]
pairs = [
    { pair = ["C", "C"], cutoff_A = 4.0, scale_A = 1.8 },
    { pair = ["C", "Na"], cutoff_A = 4.0, scale_A = 2.8 },
    { pair = ["Na", "C"], cutoff_A = 4.0, scale_A = 2.8 },
    { pair = ["Na", "Na"], cutoff_A = 4.0, scale_A = 3.6 },
]
walls = []
[optimiser]
epochs = 4
batch_frames = 2
validate_every = 2
"#;
    std::fs::write(folder.path().join("train.toml"), deck).expect("writes");
    folder
}
