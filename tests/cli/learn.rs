//! Training with a start, with teachers, and active learning, as a user runs them; the built-in potential plays the DFT code.

use std::path::{Path, PathBuf};

use natron_io::read_frames;

use super::{run, stderr, value};
use crate::support::training::folder;

fn learn_deck(folder: &Path, command: &str) {
    let deck = format!(
        r#"
format = 1
seed = 5
rounds = 2
[potential]
name = "nac"
[explore]
structures = ["start.extxyz"]
temperatures_K = [300, 900.0]
duration_ps = 0.03
force_std_min_eV_per_A = 0.01
look_every_steps = 5
collect_every_steps = 10
[select]
frames = 2
force_std_max_eV_per_A = 1000.0
[label]
command = {command}
output = "labels.extxyz"
[train]
deck = "train.toml"
"#
    );
    std::fs::write(folder.join("learn.toml"), deck).expect("writes");
}

fn evaluate_command() -> String {
    let program = crate::support::natron();
    format!("[{program:?}, \"evaluate\", \"-p\", \"nac\", \"{{input}}\", \"--output\", \"{{output}}\"]")
}

#[test]
fn a_training_starts_from_a_potential_and_learns_from_teachers() {
    let folder = folder();
    let output = run(folder.path(), &["train", "train.toml", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(value(&output)["n_distilled"], 0);
    let error =
        |value: &serde_json::Value| value["valid"]["force_rmse_meV_per_A"].as_f64().expect("a number");
    let first = error(&value(&output));
    let log = std::fs::read_to_string(folder.path().join("train/log.txt")).expect("reads");
    assert!(log.contains("4 frames to train") && log.contains("4 of 4 epochs"), "{log}");
    // From there, with frames that the built-in potential labels besides.
    let more = "[start]\npotential = \"train/potential.safetensors\"\n[distillation]\nteachers = [\"nac\"]\nstructures = [\"mo*.extxyz\"]\n";
    let deck = std::fs::read_to_string(folder.path().join("train.toml")).expect("reads");
    std::fs::write(folder.path().join("on.toml"), deck + more).expect("writes");
    let output = run(folder.path(), &["train", "on.toml", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let second = value(&output);
    assert_eq!((&second["n_distilled"], &second["train"]["n_frames"]), (&4.into(), &4.into()));
    assert!(error(&second) <= first, "{} after {first}", error(&second));
    assert!(second["uncertainty"]["energy_factor"].as_f64().is_some_and(|f| f > 0.0));
    assert_eq!(second["uncertainty"]["valid"]["energies"]["n_frames"], 2);
    // The deck in the run directory says the same from where it lies.
    let again = run(folder.path(), &["train", "on/deck.toml", "--check"]);
    assert!(again.status.success(), "{}", stderr(&again));
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(said.contains("4 more labelled by 1 potentials"), "{said}");
    // The same labels, made beforehand by another program, train the same potential.
    let files = ["more.extxyz"];
    let labelled = [&["evaluate", "-p", "nac"], &files[..], &["--output", "labelled.extxyz"]].concat();
    let output = run(folder.path(), &labelled);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut arguments = vec!["train", "on.toml", "--set", "distillation.teachers=[]", "--set"];
    arguments.push("distillation.structures=[\"labelled.extxyz\"]");
    let check = run(folder.path(), &[&arguments[..], &["--check"]].concat());
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(said.contains("4 more with labels of other origin"), "{said} {}", stderr(&check));
    let output =
        run(folder.path(), &[&arguments[..], &["--set", "output.directory=\"by-file\"", "--json"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(value(&output)["n_distilled"], 4);
    let (by_file, by_teacher) = (error(&value(&output)), error(&second));
    assert!((by_file - by_teacher).abs() < 0.02 * by_teacher, "{by_file} {by_teacher}");
    arguments[5] = "distillation.structures=[\"more.extxyz\"]";
    let refused = run(folder.path(), &arguments);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("more.extxyz:1"), "{}", stderr(&refused));
    // Another model cannot start from it.
    let other = run(folder.path(), &["train", "on.toml", "--set", "model.hidden=[7]", "--check"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("another model"), "{}", stderr(&other));
}

#[test]
fn learning_goes_round_and_resumes_from_any_point() {
    let folder = folder();
    learn_deck(folder.path(), &evaluate_command());
    let output = run(folder.path(), &["learn", "learn.toml", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let summary = value(&output);
    assert_eq!(summary["rounds"].as_array().expect("rounds").len(), 2);
    assert_eq!(summary["n_labelled"], 4);
    assert_eq!(summary["rounds"][0]["runs"].as_array().expect("runs").len(), 2);
    // Four frames of the deck's own, and two labels of each round.
    assert_eq!(summary["rounds"][0]["trained"]["n_train"], 6);
    assert_eq!(summary["rounds"][1]["trained"]["n_train"], 8);
    let place = |name: &str| folder.path().join("learn").join(name);
    let labels = read_frames(&place("round-001/labels.extxyz")).expect("reads");
    assert!(labels.iter().all(|f| f.labels.forces.is_some() && f.text("split") == Some("train")));
    assert_eq!(summary["rounds"][1]["potential"], summary["rounds"][0]["trained"]["potential"]);
    // Whatever is lost of the last round is made again, to the same bits; what is there is used.
    let potential = place("round-002/train/potential.safetensors");
    let bytes = std::fs::read(&potential).expect("reads");
    let products: [&[&str]; 3] =
        [&["round-002/round.json"], &["round-002/round.json", "round-002/train"], &["round-002"]];
    for lost in products {
        for name in lost {
            let path: PathBuf = place(name);
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            removed.expect("removes");
        }
        let again = run(folder.path(), &["learn", "learn.toml", "--resume", "--json"]);
        assert!(again.status.success(), "{}", stderr(&again));
        assert_eq!(value(&again)["n_labelled"], 4);
        assert!(std::fs::read(&potential).expect("reads") == bytes, "after losing {lost:?}");
    }
}

#[test]
fn a_command_that_labels_nothing_ends_the_round_with_its_reason() {
    let folder = folder();
    learn_deck(folder.path(), r#"["false"]"#);
    let output = run(folder.path(), &["learn", "learn.toml"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("no frame could be labelled"), "{}", stderr(&output));
    assert!(stderr(&output).contains("exit status: 1"), "{}", stderr(&output));
    learn_deck(folder.path(), r#"["{input}"]"#);
    let refused = run(folder.path(), &["learn", "learn.toml", "--set", "explore.structures=[\"nothing*\"]"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("no file matches"), "{}", stderr(&refused));
}

/// A deck given by its bare name lies in the working directory, which a command reaches as `{deck}`.
#[test]
fn a_command_finds_what_lies_beside_the_deck() {
    let folder = folder();
    learn_deck(folder.path(), r#"["{deck}/label.sh", "{input}", "{output}"]"#);
    let script = folder.path().join("label.sh");
    let natron = crate::support::natron();
    std::fs::write(
        &script,
        format!("#!/bin/sh\nexec '{}' evaluate -p nac \"$1\" --output \"$2\"\n", natron.display()),
    )
    .expect("writes");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("sets");
    let output = run(folder.path(), &["learn", "learn.toml", "--json", "--set", "rounds=1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(value(&output)["n_labelled"], 2);
}

/// The decks of examples/learn are in order, but for what only a user of the code has.
#[test]
fn the_example_decks_are_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    for (code, more) in
        [("gpaw", None), ("cp2k", None), ("qe", None), ("vasp", Some("label.files=[\"INCAR\"]"))]
    {
        let deck = format!("{}/examples/learn/{code}/learn.toml", env!("CARGO_MANIFEST_DIR"));
        let mut arguments = vec!["learn", &deck, "--check"];
        arguments.extend(more.iter().flat_map(|setting| ["--set", setting]));
        let output = run(folder.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let vasp = format!("{}/examples/learn/vasp/learn.toml", env!("CARGO_MANIFEST_DIR"));
    let output = run(folder.path(), &["learn", &vasp, "--check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no file `POTCAR`"), "{}", stderr(&output));
}

/// A start or teachers have seen every host: none can be left out.
#[test]
fn hosts_are_not_left_out_of_what_a_start_has_seen() {
    let folder = folder();
    let arguments = ["train", "train.toml", "--set", "start.potential=\"nac\"", "--set"];
    let refused =
        run(folder.path(), &[&arguments[..], &["data.leave_one_host_out=true", "--check"]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("cannot be left out"), "{}", stderr(&refused));
}

/// Kinds that a deck leaves out neither train nor validate; a kind that is nowhere is a mistake of its line.
#[test]
fn kinds_are_left_out() {
    let folder = folder();
    let data = std::fs::read_to_string(folder.path().join("data.extxyz")).expect("reads");
    let mut frames = 0;
    let with_kind = |line: &str| {
        let is_header = line.starts_with("Lattice=");
        frames += usize::from(is_header);
        // Of the four that train the first two, of the two that validate the last.
        let kind = if matches!(frames, 1 | 2 | 6) { "odd" } else { "even" };
        if is_header { format!("{line} kind={kind}\n") } else { format!("{line}\n") }
    };
    let text: String = data.lines().map(with_kind).collect();
    std::fs::write(folder.path().join("data.extxyz"), text).expect("writes");
    let arguments = |kinds: &str| {
        ["train", "train.toml", "--check", "--set", &format!("data.exclude_kinds={kinds}")].map(String::from)
    };
    let checked = |kinds: &str| {
        let arguments = arguments(kinds);
        run(folder.path(), &arguments.each_ref().map(String::as_str))
    };
    let all = checked("[]");
    assert!(
        String::from_utf8_lossy(&all.stdout).contains("4 frames to train, 2 to validate"),
        "{}",
        stderr(&all)
    );
    let some = checked("[\"odd\"]");
    assert!(
        String::from_utf8_lossy(&some.stdout).contains("2 frames to train, 1 to validate"),
        "{}",
        stderr(&some)
    );
    let refused = checked("[\"odd\", \"old\"]");
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    assert!(said.contains("no frame of [data] is of kind `old`") && said.contains("even, odd"), "{said}");

    let distilled = |teachers: &str, kinds: &str| {
        let structures = "distillation.structures=[\"data.extxyz\"]";
        let (teachers, kinds) =
            (format!("distillation.teachers={teachers}"), format!("distillation.exclude_kinds={kinds}"));
        let arguments =
            ["train", "train.toml", "--check", "--set", structures, "--set", &teachers, "--set", &kinds];
        run(folder.path(), &arguments)
    };
    for (teachers, how) in [("[]", "with labels of other origin"), ("[\"nac\"]", "labelled by 1 potentials")]
    {
        for (kinds, count) in [("[]", 6), ("[\"odd\"]", 3)] {
            let checked = distilled(teachers, kinds);
            let said = String::from_utf8_lossy(&checked.stdout).into_owned();
            assert!(said.contains(&format!("{count} more {how}")), "{said}{}", stderr(&checked));
            assert!(said.contains("4 frames to train"), "{said}");
        }
    }
    let said = stderr(&distilled("[]", "[\"old\"]"));
    assert!(said.contains("no frame of [distillation] is of kind `old`"), "{said}");
}

/// A training deck that is not there is a mistake of the line that names it.
#[test]
fn a_training_deck_that_is_missing_has_its_line() {
    let folder = folder();
    learn_deck(folder.path(), r#"["true"]"#);
    let refused =
        run(folder.path(), &["learn", "learn.toml", "--set", "rounds=1", "--set", "train.deck=\"no.toml\""]);
    assert!(stderr(&refused).contains("--> --set train.deck"), "{}", stderr(&refused));
    let text = std::fs::read_to_string(folder.path().join("learn.toml")).expect("reads");
    std::fs::write(folder.path().join("learn.toml"), text.replace("train.toml", "no.toml")).expect("writes");
    let refused = run(folder.path(), &["learn", "learn.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("learn.toml:21:8"), "{}", stderr(&refused));
    assert!(!folder.path().join("learn").exists());
}
