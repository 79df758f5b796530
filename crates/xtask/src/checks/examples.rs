//! Every deck of examples/ and potentials/ through the built program, its dynamics cut short.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Context, Outcome};
use crate::command::run;

/// How much of each dynamics stage is run.
const DURATION_PS: f64 = 0.2;

/// What makes a melt short.
const SHORT_MELT: [&str; 6] = [
    "replicas=1",
    "structure.atoms=60",
    "structure.melt_ps=0.1",
    "structure.cool_ps=0.1",
    "structure.anneal_ps=0.1",
    "structure.quench_ps=0.1",
];

/// What makes a study small.
const SHORT_STUDY: [&str; 7] = [
    "insert.atoms=[2]",
    "insert.trials=2",
    "insert.relax_ps=0.02",
    "grid.temperature_K=[600.0]",
    "run.equilibrate_ps=0.2",
    "run.equilibrate_max_ps=0.2",
    "run.production_ps=0.2",
];

/// What makes a voltage quick.
const SHORT_VOLTAGE: [&str; 6] = [
    "insert.atoms=[1]",
    "insert.trials=1",
    "insert.relax_ps=0.02",
    "grand_canonical.voltages_V=[0.1]",
    "monte_carlo.moves=30",
    "monte_carlo.equilibration_moves=10",
];

/// Checks every deck, and runs those of molecular dynamics.
pub fn check(context: &Context) -> Outcome {
    // Built by the integration tests, with the features of every other check.
    let natron = context.workspace.target.join("debug").join("natron");
    let runs = context.workspace.target.join("examples-check");
    let _ = fs::remove_dir_all(&runs);
    let decks = decks_below(&context.workspace.root);
    let mut outcome = Outcome {
        passed: 0,
        failed: 0,
        complaints: Vec::new(),
        repeat: "cargo xtask test tests examples".into(),
    };
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

/// The decks of examples/ and of its folders, and those that made the built-in potentials; not those in run directories that somebody left there.
fn decks_below(root: &Path) -> Vec<PathBuf> {
    let is_run = |folder: &PathBuf| folder.join("deck.toml").exists();
    let folders = |name: &str| entries(&root.join(name)).into_iter().filter(move |folder| !is_run(folder));
    let below = |name: &str| folders(name).flat_map(|folder| entries(&folder));
    let all = entries(&root.join("examples")).into_iter().chain(below("examples")).chain(below("potentials"));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn try_deck(context: &Context, natron: &Path, deck: &Path, runs: &Path) -> Result<(), String> {
    let text = fs::read_to_string(deck).map_err(|error| format!("{}: {error}", deck.display()))?;
    // Decks of different folders may have one name.
    let folder = deck.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let name = deck.file_stem().unwrap_or_default().to_string_lossy();
    for arguments in arguments(&text, &runs.join(format!("{folder}-{name}"))) {
        let mut command = context.prepared(Command::new(natron));
        command.arg(&arguments[0]).arg(deck).args(&arguments[1..]);
        run(&mut command).map_err(|failure| failure.to_string())?;
    }
    Ok(())
}

/// The subcommand and flags of each call that a deck gets. Its own run directory may hold a run that someone
/// wants to keep, so every call is sent elsewhere.
fn arguments(deck: &str, run: &Path) -> Vec<Vec<String>> {
    let has = |table: &str| deck.lines().any(|line| line.trim() == table);
    let kind = match () {
        () if has("[[stage]]") => "md",
        () if has("[structure]") => "build",
        () if has("[grid]") => "study",
        () if has("[host]") => "voltage",
        () if has("[path]") => "neb",
        () if has("[density]") => "charges",
        () => "train",
    };
    let call = |flags: &[String]| {
        let directory = format!("output.directory=\"{}\"", run.display());
        let start = [kind.to_owned(), "--set".to_owned(), directory];
        start.into_iter().chain(flags.iter().cloned()).collect::<Vec<String>>()
    };
    let mut calls = vec![call(&["--check".to_owned()])];
    if kind == "md" {
        let short = |name: String| ["--set".to_owned(), format!("stage.{name}.duration_ps={DURATION_PS:?}")];
        let flags: Vec<String> = dynamics_stages(deck).into_iter().flat_map(short).collect();
        calls.push(call(&flags));
    }
    if kind == "study" {
        // The voltage of the study's own host alone.
        let one_host = has("[voltage]").then_some("voltage.hosts=[]");
        let short =
            SHORT_STUDY.iter().copied().chain(one_host).flat_map(|set| ["--set".to_owned(), set.to_owned()]);
        calls.push(call(&short.collect::<Vec<_>>()));
    }
    if kind == "neb" || kind == "charges" {
        calls.push(call(&[]));
    }
    if kind == "voltage" {
        let short = SHORT_VOLTAGE.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]);
        calls.push(call(&short.collect::<Vec<_>>()));
    }
    if kind == "build" && entry(deck, "kind") == Some("amorphous") {
        let short = SHORT_MELT.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]);
        calls.push(call(&short.collect::<Vec<_>>()));
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
    fn run_directories_are_no_examples() {
        let root = std::env::temp_dir().join(format!("natron-xtask-examples-{}", std::process::id()));
        for (folder, deck) in [("", "a.toml"), ("whole", "b.toml"), ("a", "deck.toml"), ("a", "part.toml")] {
            let folder = root.join("examples").join(folder);
            fs::create_dir_all(&folder).expect("writes");
            fs::write(folder.join(deck), "").expect("writes");
        }
        let found = decks_below(&root);
        fs::remove_dir_all(&root).expect("removes");
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(&root).expect("below")).collect();
        assert_eq!(names, [Path::new("examples/a.toml"), Path::new("examples/whole/b.toml")]);
    }

    #[test]
    fn only_dynamics_is_cut_short() {
        assert_eq!(dynamics_stages(DECK), ["hot"]);
        let calls = arguments(DECK, Path::new("/t/x"));
        assert_eq!(calls[0], ["md", "--set", "output.directory=\"/t/x\"", "--check"]);
        assert_eq!(
            calls[1],
            ["md", "--set", "output.directory=\"/t/x\"", "--set", "stage.hot.duration_ps=0.2"]
        );
    }

    #[test]
    fn a_melt_is_cut_short() {
        let calls = arguments("[structure]\nkind = \"amorphous\"\n", Path::new("/t/x"));
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[1][0], "build");
        assert!(calls[1].contains(&"structure.anneal_ps=0.1".to_owned()), "{calls:?}");
        assert_eq!(arguments("[structure]\nkind = \"bcc\"\n", Path::new("/t/x")).len(), 1);
    }

    #[test]
    fn a_study_is_made_small() {
        let calls = arguments("[host]\n[grid]\n", Path::new("/t/x"));
        assert_eq!((calls.len(), calls[1][0].as_str()), (2, "study"));
        assert!(calls[1].contains(&"run.production_ps=0.2".to_owned()), "{calls:?}");
    }

    #[test]
    fn a_training_deck_is_only_checked() {
        assert_eq!(
            arguments("[data]\nfiles = []\n", Path::new("/t/x")),
            [["train", "--set", "output.directory=\"/t/x\"", "--check"]]
        );
    }
}
