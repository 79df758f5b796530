//! A run that watches how sure its potential is, and what `natron evaluate` says of it.

use natron_atoms::InfoValue;
use natron_io::read_frames;

use super::{argon_folder, json, run, stderr};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/na22c200.extxyz");

/// A short run of the built-in potential in a folder of its own; every state of it is less certain than 1 meV.
fn watched(action: &str) -> (tempfile::TempDir, std::process::Output) {
    let folder = tempfile::tempdir().expect("a folder");
    let deck = format!(
        "format = 1\nseed = 3\n[system]\nstructure = {EXAMPLE:?}\n[potential]\nname = \"nac\"\n[output]\ndirectory = \"run\"\n\
         [uncertainty]\naction = \"{action}\"\natom_energy_std_max_meV = 1.0\ncollect_every_steps = 5\n\
         [[stage]]\nname = \"hot\"\nkind = \"dynamics\"\nensemble = {{ kind = \"nve\", initial_temperature_K = 600.0 }}\ntimestep_fs = 1.0\nduration_ps = 0.02\n"
    );
    std::fs::write(folder.path().join("deck.toml"), deck).expect("writes");
    let output = run(folder.path(), &["md", "deck.toml"]);
    (folder, output)
}

#[test]
fn uncertain_frames_are_collected_and_every_row_has_its_deviation() {
    let (folder, output) = watched("collect");
    assert!(output.status.success(), "{}", stderr(&output));
    let frames = read_frames(&folder.path().join("run/uncertain.extxyz")).expect("reads");
    let step = |frame: &natron_atoms::Frame| {
        frame.info.iter().find_map(|(key, value)| match value {
            InfoValue::Int(step) if key == "step" => Some(*step),
            _ => None,
        })
    };
    assert_eq!(frames.iter().filter_map(step).collect::<Vec<_>>(), [1, 6, 11, 16]);
    assert!(frames.iter().all(|frame| frame.velocities.is_some() && frame.text("stage") == Some("hot")));
    let log = std::fs::read_to_string(folder.path().join("run/log.txt")).expect("reads");
    assert!(log.contains("stage hot, step 1: the potential knows the energy of atom "), "{log}");
    assert!(
        log.contains("beyond the limits of [uncertainty] in 20 looks, 4 frames in uncertain.extxyz"),
        "{log}"
    );
    let thermo = std::fs::read_to_string(folder.path().join("run/thermo.csv")).expect("reads");
    let deviations: Vec<f64> = thermo
        .lines()
        .skip(1)
        .map(|row| row.rsplit(',').next().expect("a cell").parse().expect("a number"))
        .collect();
    assert!(
        deviations.len() >= 2 && deviations.iter().all(|std| *std > 0.1 && *std < 100.0),
        "{deviations:?}"
    );
}

#[test]
fn an_unsure_potential_stops_a_run_that_asks_for_it() {
    let (folder, output) = watched("stop");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("meV only, the limit is 1 meV") && said.contains("run/failure.extxyz"), "{said}");
    assert!(!folder.path().join("run/uncertain.extxyz").exists());
}

#[test]
fn a_potential_without_an_ensemble_is_refused_with_the_line() {
    let folder = argon_folder();
    let deck = folder.path().join("argon.toml");
    let text = std::fs::read_to_string(&deck).expect("reads");
    std::fs::write(&deck, format!("{text}\n[uncertainty]\natom_energy_std_max_meV = 100\n")).expect("writes");
    let output = run(folder.path(), &["md", "argon.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let line = text.lines().count() + 2;
    let said = stderr(&output);
    assert!(
        said.contains(&format!("argon.toml:{line}")) && said.contains("does not know how sure it is"),
        "{said}"
    );
    let output = run(folder.path(), &["md", "argon.toml", "--set", "uncertainty.action=\"shout\""]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("stop, warn or collect"), "{}", stderr(&output));
}

#[test]
fn evaluate_says_how_often_errors_stay_within_their_deviations() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/potentials/nac/dft/frames.extxyz");
    let args = ["evaluate", "-p", "nac", data, "--split", "test", "--output", "predicted.extxyz"];
    let found = json(folder.path(), &args);
    let uncertainty = &found["uncertainty"];
    let fraction = |key: &str| uncertainty[key]["fraction"].as_f64().expect("a number");
    assert!(uncertainty["n_components"].as_u64().expect("a number") > 1000);
    assert!(fraction("coverage_68") > 0.6 && fraction("coverage_68") < 0.9, "{uncertainty}");
    assert!(fraction("coverage_95") > 0.9, "{uncertainty}");
    let text = std::fs::read_to_string(folder.path().join("predicted.extxyz")).expect("reads");
    for column in ["energy_std=", "energies_std:R:1", "forces_std:R:3"] {
        assert!(text.contains(column), "{column}");
    }
}
