//! `natron new`: a deck that is in order as it is written.

use super::{argon_folder, files_in, run, stderr, succeeds};

#[test]
fn the_deck_for_a_users_structure_passes_the_check() {
    let folder = argon_folder();
    std::fs::create_dir(folder.path().join("sub")).expect("creates");
    succeeds(folder.path(), &["new", "md", "argon.extxyz", "--output", "sub/mine.toml"]);
    let deck = std::fs::read_to_string(folder.path().join("sub/mine.toml")).expect("reads");
    assert!(deck.contains("structure = \"../argon.extxyz\"") && deck.contains("mobile = [\"Ar\"]"), "{deck}");
    let text = succeeds(folder.path(), &["md", "sub/mine.toml", "--check"]);
    assert!(text.starts_with("in order: 32 atoms with potential lj-argon"), "{text}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = argon_folder();
    let before = files_in(folder.path());
    let output = run(folder.path(), &["new", "md", "argon.extxyz"]);
    assert_eq!(output.status.code(), Some(2), "argon.toml is there already");
    assert!(stderr(&output).contains("argon.toml"), "{}", stderr(&output));
    let text = succeeds(folder.path(), &["new", "md", "argon.extxyz", "-o", "-"]);
    assert!(text.contains("[[stage]]"), "{text}");
    assert_eq!(files_in(folder.path()), before);
}

#[test]
fn the_example_needs_no_input() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    succeeds(folder.path(), &["new", "md"]);
    assert_eq!(files_in(folder.path()), ["na22c200.extxyz", "na22c200.toml"]);
    let deck = std::fs::read_to_string(folder.path().join("na22c200.toml")).expect("reads");
    assert!(deck.contains("mobile = [\"Na\"]") && deck.contains("reference = [\"C\"]"), "{deck}");
}
