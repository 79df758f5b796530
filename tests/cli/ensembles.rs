//! Thermostats and barostats from the deck to the files.

use super::{argon_folder, json, run, stderr, succeeds};

/// The production stage in another ensemble.
fn md<'a>(ensemble: &'a str, duration: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["md", "argon.toml", "--set", ensemble, "--set", duration][..], more].concat()
}

const SHORT: &str = "stage.production.duration_ps=0.4";
const LONG: &str = "stage.production.duration_ps=0.8";

/// Each in one piece and in two: the same thermo log, and the ensemble is in the trajectory.
#[test]
fn every_ensemble_runs_and_resumes() {
    let ensembles = [
        "{ kind = \"nvt-nose-hoover\", temperature_K = 40, chain_length = 4, suzuki_yoshida = 5 }",
        "{ kind = \"nvt-rescale\", temperature_K = 40, relaxation_ps = 0.2 }",
        "{ kind = \"nvt-berendsen\", temperature_K = 40 }",
        "{ kind = \"npt-rescale\", temperature_K = 40, pressure_GPa = { from = 0.01, to = 0.01 } }",
        "{ kind = \"npt-rescale\", temperature_K = 40, pressure_GPa = 0, coupling = \"triclinic\", compressibility_per_GPa = 0.5 }",
    ];
    for ensemble in ensembles {
        let set = format!("stage.production.ensemble={ensemble}");
        let (pieces, whole) = (argon_folder(), argon_folder());
        succeeds(pieces.path(), &md(&set, SHORT, &[]));
        succeeds(pieces.path(), &md(&set, LONG, &["--resume"]));
        let summary = json(whole.path(), &md(&set, LONG, &[]));
        let thermo = |folder: &std::path::Path| std::fs::read_to_string(folder.join("run/thermo.csv"));
        let (cut, straight) = (thermo(pieces.path()).expect("reads"), thermo(whole.path()).expect("reads"));
        assert!(cut == straight, "{ensemble}: a resumed run differs");
        let stage = &summary["stages"][2];
        let moves = ensemble.contains("npt");
        assert_eq!(stage["volume_A3_mean"].is_f64(), moves, "{ensemble}: {stage}");
        let volumes: Vec<&str> = straight
            .lines()
            .filter(|line| line.starts_with("production,"))
            .filter_map(|line| line.split(',').nth(9))
            .collect();
        assert_eq!(volumes.first() != volumes.last(), moves, "{ensemble}: {volumes:?}");
    }
}

/// What is recorded where D should not be measured is said before the run, in its summary, and by `diffusion`.
#[test]
fn diffusion_under_friction_is_warned_of() {
    let folder = argon_folder();
    let set =
        "stage.production.ensemble={ kind = \"nvt-langevin\", temperature_K = 40, friction_per_ps = 5 }";
    let said = "stage production is recorded in nvt-langevin: its friction slows diffusion; measure D in nve";
    let checked = run(folder.path(), &md(set, SHORT, &["--check"]));
    assert_eq!(stderr(&checked), format!("warning: {said}\n"));
    let summary = json(folder.path(), &md(set, SHORT, &[]));
    assert_eq!(summary["warnings"], serde_json::json!([said]));
    let report = std::fs::read_to_string(folder.path().join("run/report.html")).expect("reads");
    assert!(report.contains("its friction slows diffusion"));
    // The trajectory alone knows it too.
    std::fs::copy(folder.path().join("run/trajectory.h5"), folder.path().join("alone.h5")).expect("copies");
    let output = run(folder.path(), &["diffusion", "alone.h5", "--mobile", "Ar", "--json"]);
    let was = "stage production was recorded in nvt-langevin: its friction slows diffusion; measure D in nve";
    assert_eq!(stderr(&output), format!("warning: {was}\n"));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(found["warnings"], serde_json::json!([was]));

    let free = argon_folder();
    let summary = json(free.path(), &["md", "argon.toml", "--set", SHORT]);
    assert_eq!(summary["warnings"], serde_json::json!([]));
    assert_eq!(json(free.path(), &["diffusion", "run"])["warnings"], serde_json::json!([]));
}
