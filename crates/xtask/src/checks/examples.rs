//! Every deck of examples/ through the built program, its dynamics cut short.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Context, Outcome};
use crate::command::{run, typed};

/// How much of each dynamics stage is run.
const DURATION_PS: f64 = 0.2;

/// Checks every deck, and runs those of molecular dynamics.
pub fn check(context: &Context) -> Outcome {
    // Built by the integration tests, with the features of every other check.
    let natron = context.workspace.target.join("debug").join("natron");
    let runs = context.workspace.target.join("examples-check");
    let _ = fs::remove_dir_all(&runs);
    let decks = decks_in(&context.workspace.root.join("examples"));
    let mut outcome =
        Outcome { passed: 0, failed: 0, complaints: Vec::new(), repeat: "cargo xtask test".into() };
    for deck in decks {
        match try_deck(context, &natron, &deck, &runs) {
            Ok(()) => outcome.passed += 1,
            Err(complaint) => {
                outcome.failed += 1;
                outcome.complaints.push(complaint);
            }
        }
    }
    outcome
}

fn decks_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut decks: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    decks.sort();
    decks
}

fn try_deck(context: &Context, natron: &Path, deck: &Path, runs: &Path) -> Result<(), String> {
    let text = fs::read_to_string(deck).map_err(|error| format!("{}: {error}", deck.display()))?;
    let name = deck.file_stem().unwrap_or_default().to_string_lossy();
    for arguments in arguments(&text, &runs.join(&*name)) {
        let mut command = context.prepared(Command::new(natron));
        command.arg(&arguments[0]).arg(deck).args(&arguments[1..]);
        let shown = typed(&command);
        run(&mut command).map_err(|failure| format!("{failure} ({shown})"))?;
    }
    Ok(())
}

/// The subcommand and flags of each call that a deck gets.
fn arguments(deck: &str, run: &Path) -> Vec<Vec<String>> {
    let kind = if deck.contains("[[stage]]") { "md" } else { "train" };
    let mut calls = vec![vec![kind.to_owned(), "--check".to_owned()]];
    if kind == "md" {
        let directory = ("output.directory".to_owned(), format!("\"{}\"", run.display()));
        let durations = dynamics_stages(deck)
            .into_iter()
            .map(|name| (format!("stage.{name}.duration_ps"), format!("{DURATION_PS:?}")));
        let settings = std::iter::once(directory).chain(durations);
        let flags = settings.flat_map(|(path, value)| ["--set".to_owned(), format!("{path}={value}")]);
        calls.push(std::iter::once(kind.to_owned()).chain(flags).collect());
    }
    calls
}

/// Names of the stages with `kind = "dynamics"`.
fn dynamics_stages(deck: &str) -> Vec<String> {
    let stages = deck.split("[[stage]]").skip(1);
    let dynamics = stages.filter(|stage| entry(stage, "kind") == Some("dynamics"));
    dynamics.filter_map(|stage| entry(stage, "name").map(str::to_owned)).collect()
}

/// The value of `key = "value"` on a line of its own.
fn entry<'a>(table: &'a str, key: &str) -> Option<&'a str> {
    table.lines().find_map(|line| {
        let value = line.trim().strip_prefix(key)?.trim_start().strip_prefix('=')?;
        value.trim_start().strip_prefix('"')?.split('"').next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECK: &str = "\
        [[stage]]\nname = \"relax\"\nkind = \"minimise\"\n\
        [[stage]]\nname = \"hot\"          # first\nkind = \"dynamics\"\nduration_ps = 5.0\n";

    #[test]
    fn only_dynamics_is_cut_short() {
        assert_eq!(dynamics_stages(DECK), ["hot"]);
        let calls = arguments(DECK, Path::new("/t/x"));
        assert_eq!(calls[0], ["md", "--check"]);
        assert_eq!(
            calls[1],
            ["md", "--set", "output.directory=\"/t/x\"", "--set", "stage.hot.duration_ps=0.2"]
        );
    }

    #[test]
    fn a_training_deck_is_only_checked() {
        assert_eq!(arguments("[data]\nfiles = []\n", Path::new("/t/x")), [["train", "--check"]]);
    }
}
