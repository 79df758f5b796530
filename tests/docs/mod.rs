//! The documentation keeps its word: its links lead somewhere, its commands run.

mod console;
mod links;
mod markdown;

use std::path::{Path, PathBuf};

use crate::support::repository;

/// Every Markdown file of the repository that a user reads.
fn documents() -> Vec<PathBuf> {
    let root = repository();
    let mut found: Vec<PathBuf> = markdown_in(root, false);
    for folder in ["docs", "examples", "potentials", "tests"] {
        found.extend(markdown_in(&root.join(folder), true));
    }
    found
}

fn markdown_in(folder: &Path, deeper: bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| {
            let path = entry.path();
            match path.is_dir() {
                true if deeper => markdown_in(&path, true),
                false if path.extension().is_some_and(|extension| extension == "md") => vec![path],
                _ => Vec::new(),
            }
        })
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_promised_documents_exist() {
    let found = documents();
    for name in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "docs/install.md",
        "docs/tutorial.md",
        "docs/architecture.md",
        "docs/notation.md",
        "docs/theory.md",
        "docs/file-formats.md",
        "docs/deck-reference.md",
        "examples/README.md",
    ] {
        assert!(found.contains(&repository().join(name)), "{name}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let complaints: Vec<String> =
        documents().iter().flat_map(|path| links::complaints(path, &read(path))).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_command_of_a_console_block_runs() {
    let complaints: Vec<String> =
        documents().iter().filter_map(|path| console::execute(path, &read(path)).err()).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_version_is_the_same_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let citation = read(&repository().join("CITATION.cff"));
    assert!(citation.lines().any(|line| line == format!("version: {version}")), "{citation}");
    assert!(read(&repository().join("docs/file-formats.md")).contains(&format!("\"natron\": \"{version}\"")));
}
