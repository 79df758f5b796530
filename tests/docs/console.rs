//! Runs what a document tells its reader to type.
//!
//! In a block ```` ```console ````, a line `$ natron ...` is run and must succeed; `$ cargo xtask ...` must
//! name a command of xtask; nothing else may stand behind a `$`. In a block ```` ```sh ````, which shows commands
//! on files the reader has, a line that starts with natron must name one of its commands. A block with `title=NAME` is written to that
//! file first. Commands of one document run in order in one folder, which holds a copy of the decks
//! and structures of examples/ and a view of potentials/.

use std::path::Path;
use std::process::Command;

use super::markdown::{Block, Document};
use crate::support::{natron, repository};

/// Runs a document's commands; the error names the document, the line and what the program said.
pub fn execute(path: &Path, text: &str) -> Result<(), String> {
    execute_with(&natron(), path, text)
}

fn execute_with(program: &Path, path: &Path, text: &str) -> Result<(), String> {
    let document = Document::read(text);
    if !document.blocks.iter().any(|block| ["console", "sh"].contains(&block.language())) {
        return Ok(());
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy_examples(folder.path());
    std::os::unix::fs::symlink(repository().join("potentials"), folder.path().join("potentials"))
        .expect("the folder is new");
    for block in &document.blocks {
        if let Some(title) = block.title() {
            std::fs::write(folder.path().join(title), &block.text).expect("the folder is ours");
        }
        let done = match block.language() {
            "console" => run_block(program, block, folder.path()),
            "sh" => name_commands(program, block, folder.path()),
            _ => Ok(()),
        };
        done.map_err(|complaint| format!("{}:{complaint}", path.display()))?;
    }
    Ok(())
}

/// Files of examples/ and of the folders that documents speak of; results of someone who ran them lie deeper.
fn copy_examples(folder: &Path) {
    let from = repository().join("examples");
    for inside in ["", "hosts", "na-in-carbon-200"] {
        let to = folder.join("examples").join(inside);
        std::fs::create_dir(&to).expect("the folder is new");
        let entries = std::fs::read_dir(from.join(inside)).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.path().is_file()) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("an example can be copied");
        }
    }
}

fn run_block(program: &Path, block: &Block, folder: &Path) -> Result<(), String> {
    for (line, typed) in commands(block) {
        let words = words(&typed);
        let names: Vec<&str> = words.iter().map(String::as_str).collect();
        match names.as_slice() {
            ["natron", arguments @ ..] => {
                run(program, arguments, folder).map_err(|said| format!("{line}: `{typed}`: {said}"))?
            }
            ["cargo", "xtask", "setup" | "demo" | "test" | "bench-md", ..] => {}
            _ => return Err(format!("{line}: `{typed}` cannot be run by a test")),
        }
    }
    Ok(())
}

/// Asks for the help of every command of natron that a block names.
fn name_commands(program: &Path, block: &Block, folder: &Path) -> Result<(), String> {
    for (offset, line) in block.text.lines().enumerate() {
        let words = words(line);
        let names: Vec<&str> = words.iter().map(String::as_str).collect();
        let line = block.line + 1 + offset;
        match names.as_slice() {
            // A build without training has no such command.
            ["natron", "train", ..] if !cfg!(feature = "train") => {}
            ["natron", command, ..] => run(program, &[command, "--help"], folder)
                .map_err(|said| format!("{line}: no command `{command}`: {said}"))?,
            ["cargo", "xtask", "setup" | "demo" | "test" | "bench-md", ..] => {}
            ["cargo", "xtask", ..] => return Err(format!("{line}: no command `{}`", names.join(" "))),
            _ => {}
        }
    }
    Ok(())
}

fn run(program: &Path, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{}\n{said}", output.status))
}

/// What is typed in a block, with its line; a backslash at the end of a line continues it.
fn commands(block: &Block) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut continued = false;
    for (offset, line) in block.text.lines().enumerate() {
        let typed = line.strip_prefix("$ ");
        let part = typed.unwrap_or(line).trim();
        let more = part.ends_with('\\');
        let part = part.trim_end_matches('\\').trim_end();
        match (typed, continued, found.last_mut()) {
            (Some(_), ..) => found.push((block.line + 1 + offset, part.to_owned())),
            (None, true, Some((_, command))) => *command += &format!(" {part}"),
            _ => continue,
        }
        continued = more;
    }
    found
}

/// Words as a shell would split them: at spaces outside quotes. A comment ends the line.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn commands_and_their_continuations_are_found() {
    let text = "```console\n$ natron md a.toml \\\n    --check\nsome output\n$ natron bench # fast\n```\n";
    let found = commands(&Document::read(text).blocks[0]);
    assert_eq!(found, [(2, "natron md a.toml --check".into()), (5, "natron bench # fast".into())]);
    assert_eq!(words(&found[1].1), ["natron", "bench"]);
    assert_eq!(words("a 'b c' --set x=\"y z\" ''"), ["a", "b c", "--set", "x=y z", ""]);
}

#[test]
fn a_command_that_fails_is_reported_with_its_line() {
    let text = "prose\n```console\n$ natron md no-such-deck.toml\n```\n";
    let complaint = execute_with(Path::new("false"), Path::new("x.md"), text).expect_err("false fails");
    assert!(complaint.starts_with("x.md:3: `natron md no-such-deck.toml`"), "{complaint}");
    assert!(execute_with(Path::new("true"), Path::new("x.md"), text).is_ok());
}

#[test]
fn a_command_that_no_test_can_run_is_refused() {
    let text = "```console\n$ rm -rf x\n```\n";
    let complaint = execute_with(Path::new("true"), Path::new("x.md"), text).expect_err("refused");
    assert!(complaint.contains("cannot be run"), "{complaint}");
    assert!(
        execute_with(Path::new("false"), Path::new("x.md"), "```console\n$ cargo xtask demo\n```\n").is_ok()
    );
    assert!(
        execute_with(Path::new("false"), Path::new("x.md"), "```console\n$ cargo xtask dmo\n```\n").is_err()
    );
}
