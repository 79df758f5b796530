//! `natron study`: a grid of ordinary runs, killed and resumed.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{files_in, json, natron, number, run, stderr, succeeds};

/// A crystal of argon with one atom missing, one and two atoms put in, two temperatures.
const DECK: &str = r#"format = 1
seed = 2
[host]
structure = "host.extxyz"
[insert]
species = "Ar"
atoms = [31, 32]
step = 1
trials = 2
host_distance_min_A = 2.9
own_distance_min_A = 2.9
relax_ps = 0.1
timestep_fs = 4.0
temperature_K = 20.0
[grid]
temperature_K = [20.0, 40.0]
[run]
timestep_fs = 4.0
equilibrate_ps = 0.4
equilibrate_max_ps = 0.8
production_ps = 2.0
trajectory_every_fs = 20.0
[potential]
name = "lj-argon"
[output]
restart_every_ps = 0.2
"#;

/// The crystal without two of its atoms, and the deck.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = super::argon();
    let lines: Vec<&str> = whole.lines().collect();
    let holed = format!("30\n{}\n{}\n", lines[1], lines[4..].join("\n"));
    std::fs::write(folder.path().join("host.extxyz"), holed).expect("writes");
    std::fs::write(folder.path().join("grid.toml"), DECK).expect("writes");
    folder
}

fn csv(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("grid/study.csv")).expect("a study leaves its table")
}

#[test]
fn every_point_of_the_grid_is_a_run_of_its_own() {
    let folder = folder();
    succeeds(folder.path(), &["study", "grid.toml", "--check"]);
    assert!(succeeds(folder.path(), &["study", "grid.toml", "--explain"]).contains("# temperatures, rising"));
    let summary = json(folder.path(), &["study", "grid.toml"]);
    assert_eq!((&summary["schema"], &summary["finished"]), (&"natron.study/1".into(), &true.into()));
    let cells = summary["cells"].as_array().expect("a list");
    let grid: Vec<(u64, f64)> = cells
        .iter()
        .map(|cell| (cell["x"].as_u64().expect("a number"), number(cell, "temperature_K")))
        .collect();
    assert_eq!(grid, [(31, 20.0), (31, 40.0), (32, 20.0), (32, 40.0)]);
    for cell in cells {
        // At rest before, the crystal has taken half of its heat as potential energy, and the thermostat had no time to give it back.
        let (wanted, mean) = (number(cell, "temperature_K"), number(cell, "temperature_K_mean"));
        assert!((0.3..1.5).contains(&(mean / wanted)), "{wanted} K: {mean} K");
        assert_ne!(cell["verdict"], "diffusive", "a cold crystal");
        assert!(cell["D_m2_per_s"].is_null() && cell["D_m2_per_s_note"].is_string());
    }
    assert!(summary["fillings"][0]["E_a_eV"].is_null() && summary["fillings"][0]["E_a_eV_note"].is_string());
    assert_eq!(csv(folder.path()).lines().count(), 5);
    let report = std::fs::read_to_string(folder.path().join("grid/report.html")).expect("reads");
    assert!(report.contains("no activation energy") && report.contains("<svg"));
    // Each is a run directory like any other, with a deck that says how it came about.
    let point = "grid/x-031/T-0020/replica-000";
    let again = json(folder.path(), &["diffusion", point]);
    assert_eq!(again["diffusion"][0]["verdict"], cells[0]["verdict"]);
    let deck = format!("{point}/deck.toml");
    succeeds(folder.path(), &["md", &deck, "--check"]);
    let files = files_in(&folder.path().join("grid/structures"));
    assert!(files.iter().any(|file| file == "ar-032.extxyz"), "{files:?}");
    assert_eq!(run(folder.path(), &["study", "grid.toml"]).status.code(), Some(2), "it is there already");
}

/// SIGKILL while runs are under way; what is finished stays, the rest goes on, and the table is the same.
#[test]
fn a_killed_study_goes_on_to_the_same_table() {
    let (whole, killed) = (folder(), folder());
    succeeds(whole.path(), &["study", "grid.toml"]);
    let mut child = natron()
        .current_dir(killed.path())
        .args(["study", "grid.toml", "--quiet"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("natron starts");
    let under_way = killed.path().join("grid/x-032/T-0040/replica-000/trajectory.h5");
    let started = Instant::now();
    while !under_way.exists() && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert!(under_way.exists() && !killed.path().join("grid/study.csv").exists(), "killed in the middle");
    succeeds(killed.path(), &["study", "grid.toml", "--resume"]);
    assert_eq!(csv(killed.path()), csv(whole.path()));
}

#[test]
fn a_study_of_what_cannot_be_is_refused() {
    let folder = folder();
    for (set, part) in [
        ("insert.atoms=[30]", "the host holds 30 Ar already"),
        ("grid.temperature_K=[40.0, 20.0]", "must rise"),
        ("insert.species=\"Na\"", "does not know Na"),
        ("host.structure=\"no-such.extxyz\"", "no-such.extxyz"),
        ("run.production_ps=0.0", "must be above 0"),
    ] {
        let output = run(folder.path(), &["study", "grid.toml", "--set", set]);
        assert_eq!(output.status.code(), Some(2), "{set}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{set}: {}", stderr(&output));
    }
    assert_eq!(files_in(folder.path()), ["grid.toml", "host.extxyz"], "nothing was written");
    let crowded = ["study", "grid.toml", "--set", "insert.own_distance_min_A=6.0", "--json"];
    let output = run(folder.path(), &crowded);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let object: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(object["error"]["message"].as_str().is_some_and(|text| text.contains("no void")), "{object}");
}
