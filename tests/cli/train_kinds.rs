//! What a training deck says of kinds of frames.

use std::path::Path;

use super::{natron, stderr, succeeds};
use crate::support::training::folder;

/// Trains into a folder of its own: the potential's bytes and what was said.
fn train(folder: &Path, into: &str, set: &str) -> (Vec<u8>, String) {
    let directory = format!("output.directory=\"{into}\"");
    let mut command = natron();
    command.current_dir(folder).args(["train", "train.toml", "--set", &directory, "--set", set]);
    let output = command.output().expect("starts");
    assert!(output.status.success(), "{}", stderr(&output));
    let potential = std::fs::read(folder.join(into).join("potential.safetensors")).expect("a potential");
    (potential, stderr(&output))
}

#[test]
fn frames_of_a_kind_are_met_more_often_and_a_misspelt_kind_is_named() {
    let folder = folder();
    let path = folder.path().join("data.extxyz");
    let frames = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(&path, frames.replacen("split=train", "kind=crystal split=train", 1)).expect("writes");
    let message = |table: &str| format!("{table}: no frame to train is of this kind");
    let (once, said) = train(folder.path(), "once", "optimiser.kind_repeats={ crystal = 1 }");
    assert!(!said.contains("of this kind"), "{said}");
    let (often, said) = train(folder.path(), "often", "optimiser.kind_repeats={ crystal = 5 }");
    assert!(!said.contains("of this kind"), "{said}");
    assert!(once != often);
    for table in ["optimiser.kind_repeats", "loss.kind_weights", "loss.kind_energy_weights"] {
        let (misspelt, said) = train(folder.path(), table, &format!("{table}={{ cristal = 5 }}"));
        assert!(said.contains(&message(&format!("{table}.cristal"))), "{said}");
        assert!(misspelt == once, "{table}");
        let checked = ["train", "train.toml", "--check", "--set", &format!("{table}={{ cristal = 5 }}")];
        assert!(succeeds(folder.path(), &checked).contains(&message(&format!("{table}.cristal"))));
    }
}
