//! Tells the program which commit it is built from, where there is a git checkout to ask.

use std::path::Path;
use std::process::Command;

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_string())
}

fn main() {
    println!("cargo::rerun-if-changed=crates/natron/build.rs");
    // Only a commit of this very checkout counts, not of a repository that natron's sources lie inside of.
    let Some(top) = git(&["rev-parse", "--show-toplevel"]) else { return };
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    if Path::new(&top).canonicalize().ok() != Path::new(&here).canonicalize().ok() {
        return;
    }
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|path| Path::new(path).exists())
    {
        println!("cargo::rerun-if-changed={log}");
    }
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        println!("cargo::rustc-env=NATRON_COMMIT={commit}");
    }
}
