//! Every bad input of tests/bad gets its one clear answer, exit code 2, and leaves nothing behind.

use std::path::{Path, PathBuf};

use super::{argon_folder, files_in, one_object, run, stderr, succeeds};

fn bad() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

/// A copy of a folder of bad inputs, so that anything left behind shows.
fn copy_of(kind: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(bad().join(kind)).expect("the bad inputs are there").flatten() {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copies");
    }
    folder
}

fn names(folder: &Path, extension: &str) -> Vec<String> {
    let all = files_in(folder);
    let found: Vec<String> = all.into_iter().filter(|name| name.ends_with(extension)).collect();
    assert!(!found.is_empty(), "there is no {extension} in {}", folder.display());
    found
}

/// Expects exit code 2, one error with these parts in order, nothing on stdout and no file left behind.
fn refused(folder: &Path, arguments: &[&str], parts: &[String]) {
    refused_for(1, folder, arguments, parts);
}

/// As [`refused`], for so many causes.
fn refused_for(causes: usize, folder: &Path, arguments: &[&str], parts: &[String]) {
    let before = files_in(folder);
    let output = run(folder, arguments);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "natron {arguments:?}\n{text}");
    assert!(output.stdout.is_empty(), "natron {arguments:?} printed a result");
    assert_eq!(files_in(folder), before, "natron {arguments:?} left something behind");
    let mut rest = text.as_str();
    for part in parts {
        let found = rest.find(part.as_str());
        let found = found.unwrap_or_else(|| panic!("natron {arguments:?}: no `{part}` in\n{text}"));
        rest = &rest[found + part.len()..];
    }
    assert_eq!(text.matches("error: ").count(), causes, "one error for each cause:\n{text}");
    with_json(folder, arguments, parts);
}

/// The same with `--json`: one object that carries the first part.
fn with_json(folder: &Path, arguments: &[&str], parts: &[String]) {
    let output = run(folder, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(2));
    let object = one_object(&String::from_utf8_lossy(&output.stdout));
    let error = &object["error"];
    let said = format!("{} {} {}", error["message"], error["file"], error["help"]);
    let first = &parts[0];
    assert!(
        said.contains(&serde_json::to_string(first).expect("text").trim_matches('"').to_string()),
        "no `{first}` in {said}"
    );
}

#[test]
fn decks() {
    decks_of("md");
    decks_of("build");
    decks_of("voltage");
}

fn decks_of(command: &str) {
    let folder = copy_of(command);
    for deck in names(folder.path(), ".toml") {
        let text = std::fs::read_to_string(folder.path().join(&deck)).expect("reads");
        let expected = text.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(": "));
        let expected: Vec<(&str, &str)> =
            expected.filter(|(kind, _)| ["error", "at", "help"].contains(kind)).collect();
        let causes = expected.iter().filter(|(kind, _)| *kind == "error").count();
        let parts: Vec<String> = expected.iter().map(|(_, part)| part.to_string()).collect();
        assert!(!parts.is_empty(), "{deck} does not say what it expects");
        refused_for(causes, folder.path(), &[command, &deck], &parts);
        refused_for(causes, folder.path(), &[command, &deck, "--check"], &parts);
    }
}

#[test]
fn frames() {
    let folder = copy_of("evaluate");
    for file in names(folder.path(), ".extxyz") {
        let text = std::fs::read_to_string(folder.path().join(&file)).expect("reads");
        let value = |key: &str| {
            let (_, rest) = text.split_once(&format!("{key}=\""))?;
            rest.split('"').next().map(str::to_string)
        };
        let place = match value("at") {
            Some(at) => format!("{file}:{at}"),
            None => file.clone(),
        };
        let parts = [value("expect").expect("it says what it expects"), place];
        let mut arguments = vec!["evaluate", "-p", "lj-argon", &file];
        if !file.contains("labels") {
            arguments.extend(["--output", "predicted.extxyz"]);
        }
        refused(folder.path(), &arguments, &parts);
    }
}

#[test]
fn structures() {
    let folder = copy_of("structures");
    for file in files_in(folder.path()) {
        let text = std::fs::read_to_string(folder.path().join(&file)).expect("reads");
        let value = |key: &str| {
            let (_, rest) = text.lines().next()?.split_once(&format!("{key}=\""))?;
            rest.split('"').next().map(str::to_string)
        };
        let value = |key: &str| value(key).unwrap_or_else(|| panic!("{file} does not say its `{key}`"));
        let parts = [value("expect"), format!("{file}:{}", value("at")), value("help")];
        refused(folder.path(), &["data", "convert", &file, "out.extxyz"], &parts);
    }
}

#[test]
fn a_truncated_trajectory() {
    let folder = argon_folder();
    succeeds(folder.path(), &["md", "argon.toml", "--set", "stage.production.duration_ps=0.4"]);
    let whole = std::fs::read(folder.path().join("run/trajectory.h5")).expect("reads");
    for (name, kept) in [("half.h5", whole.len() / 2), ("start.h5", 100), ("empty.h5", 0)] {
        std::fs::write(folder.path().join(name), &whole[..kept]).expect("writes");
        refused(folder.path(), &["diffusion", name, "--mobile", "Ar"], &[name.to_string()]);
    }
}

#[test]
fn a_truncated_potential() {
    let folder = argon_folder();
    let mut bytes = 5000u64.to_le_bytes().to_vec();
    bytes.extend_from_slice(br#"{"__metadata__":{"natron":"{}"}"#);
    std::fs::write(folder.path().join("cut.safetensors"), bytes).expect("writes");
    let parts = ["no complete potential file".to_string(), "cut.safetensors".to_string()];
    refused(folder.path(), &["evaluate", "-p", "cut.safetensors", "argon.extxyz"], &parts);
    let choice = ["--set", "potential.file=cut.safetensors", "--set", "potential.name=\"\""];
    let output = run(folder.path(), &[&["md", "argon.toml"][..], &choice].concat());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    std::fs::write(
        folder.path().join("cut.toml"),
        super::ARGON_DECK.replace("name = \"lj-argon\"", "file = \"cut.safetensors\""),
    )
    .expect("writes");
    refused(folder.path(), &["md", "cut.toml"], &parts);
}

#[test]
fn a_deck_that_is_no_deck() {
    let folder = argon_folder();
    std::fs::write(folder.path().join("big.toml"), vec![b'#'; (1 << 20) + 1]).expect("writes");
    refused(folder.path(), &["md", "big.toml"], &["the limit is 1048576".into(), "big.toml".into()]);
    std::fs::write(folder.path().join("binary.toml"), [0xff, 0xfe]).expect("writes");
    refused(folder.path(), &["md", "binary.toml"], &["not UTF-8".into()]);
    refused(folder.path(), &["md", "none.toml"], &["cannot read the deck".into(), "none.toml".into()]);
}
