//! `natron md`: the run directory, the summary, the analysis.

use serde_json::Value;

use super::{argon_folder, files_in, json, number, run, stderr, succeeds};

fn read_json(path: std::path::PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("reads")).expect("JSON")
}

#[test]
fn a_run_leaves_what_the_contract_says() {
    let folder = argon_folder();
    let printed = json(folder.path(), &["md", "argon.toml"]);
    let run = folder.path().join("run");
    let files = files_in(&run);
    for file in
        ["deck.toml", "log.txt", "report.html", "restart", "summary.json", "thermo.csv", "trajectory.h5"]
    {
        assert!(files.iter().any(|name| name == file), "no {file} in {files:?}");
    }
    assert_eq!(files.iter().filter(|name| name.ends_with(".restart")).count(), 2, "{files:?}");
    assert_eq!(files.len(), 9, "{files:?}");
    let summary = read_json(run.join("summary.json"));
    assert_eq!(summary, printed);
    assert_eq!(summary["schema"], "natron.md/1");
    assert_eq!(summary["finished"], true);
    assert_eq!(summary["stages"].as_array().map(Vec::len), Some(3));
    assert_eq!(summary["potential"]["name"], "lj-argon");
    assert_eq!(summary["seed"], 5);
    for key in ["steps_per_second", "us_per_atom_step"] {
        assert!(number(&summary, key) > 0.0);
    }
    // Half of 40 K goes into the potential energy that the perfect crystal lacked when it was heated for 0.4 ps.
    let temperature = number(&summary, "temperature_K_mean");
    assert!((10.0..60.0).contains(&temperature), "{temperature}");
    assert!(number(&summary, "energy_drift_meV_per_atom_ps").abs() < 0.1);
    every_null_has_a_note(&summary);
    // Twelve neighbours of a face-centred cubic crystal; nothing is at rest, so there is no framework.
    let pair = &summary["structure"][0]["rdf"][0];
    assert_eq!(pair["pair"], serde_json::json!(["Ar", "Ar"]));
    assert!((number(pair, "coordination") - 12.0).abs() < 0.5 && pair.get("g").is_none(), "{pair}");
    assert!(
        summary["structure"][0]["network_note"].as_str().is_some_and(|note| note.contains("no framework"))
    );
    assert_eq!(summary["motion"][0]["jumps"]["n"], 0, "a cold crystal");
    assert!(number(&summary["motion"][0]["jumps"], "stay_low95_ps") > 1.0);
    let thermo = std::fs::read_to_string(run.join("thermo.csv")).expect("reads");
    assert!(thermo.starts_with("stage,step,time_ps,temperature_K,potential_energy_eV,"), "{thermo}");
    // 2 ps every 20 fs, both ends included.
    assert_eq!(thermo.lines().filter(|line| line.starts_with("production,")).count(), 101);
    let report = std::fs::read_to_string(run.join("report.html")).expect("reads");
    assert!(report.contains("<svg") && report.contains("MSD"));
}

fn every_null_has_a_note(value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let excused = ["commit", "stopped_by"].contains(&key.as_str());
                assert!(
                    !value.is_null() || excused || map.contains_key(&format!("{key}_note")),
                    "{key} is null"
                );
                every_null_has_a_note(value);
            }
        }
        Value::Array(items) => items.iter().for_each(every_null_has_a_note),
        _ => {}
    }
}

#[test]
fn the_trajectory_gives_the_same_diffusion_as_the_summary() {
    let folder = argon_folder();
    let summary = json(folder.path(), &["md", "argon.toml"]);
    for source in ["run", "run/trajectory.h5"] {
        let again = json(folder.path(), &["diffusion", source]);
        assert_eq!(again["diffusion"], summary["diffusion"], "{source}");
    }
    // Atoms of a cold crystal stay where they are: a bound or nothing, no number.
    let diffusion = &summary["diffusion"][0];
    assert_eq!(diffusion["species"], "Ar");
    assert_ne!(diffusion["verdict"], "diffusive");
    assert!(summary["D_m2_per_s"].is_null() && summary["D_m2_per_s_note"].is_string());
    let other = run(folder.path(), &["diffusion", "run", "--mobile", "Na"]);
    assert_eq!(other.status.code(), Some(2), "{}", stderr(&other));
}

#[test]
fn the_table_and_the_report_files_come_last() {
    let folder = argon_folder();
    let text = succeeds(folder.path(), &["md", "argon.toml"]);
    for part in ["temperature", "Ar-Ar neighbours", "residence time (Ar)", "D (Ar)", "verdict (Ar)", "speed"]
    {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(last[1].ends_with("run/report.html") && last[0].ends_with("run/summary.json"), "{text}");
}

#[test]
fn replicas_differ_and_are_pooled() {
    let folder = argon_folder();
    let set = ["--set", "replicas=2", "--set", "stage.production.duration_ps=1"];
    let pooled = json(folder.path(), &[&["md", "argon.toml"][..], &set].concat());
    let replica = |k: usize| folder.path().join(format!("run/replica-00{k}"));
    let thermo = |k: usize| std::fs::read_to_string(replica(k).join("thermo.csv")).expect("reads");
    assert_ne!(thermo(0), thermo(1));
    let means: Vec<f64> =
        (0..2).map(|k| number(&read_json(replica(k).join("summary.json")), "temperature_K_mean")).collect();
    let mean = 0.5 * (means[0] + means[1]);
    assert!((number(&pooled, "temperature_K_mean") - mean).abs() < 1e-9);
    assert_eq!(pooled["replicas"], 2);
    assert_eq!(pooled["stages"].as_array().map(Vec::len), Some(6));
    let again = json(folder.path(), &["diffusion", "run"]);
    assert_eq!(again["diffusion"], pooled["diffusion"]);
}

#[test]
fn the_deck_of_a_run_starts_the_same_run_from_where_it_lies() {
    let folder = argon_folder();
    succeeds(folder.path(), &["md", "argon.toml", "--set", "stage.production.duration_ps=0.2"]);
    let text = succeeds(folder.path(), &["md", "run/deck.toml", "--check"]);
    assert!(text.starts_with("in order: 32 atoms"), "{text}");
    let deck = std::fs::read_to_string(folder.path().join("run/deck.toml")).expect("reads");
    assert!(deck.contains("duration_ps = 0.2") && deck.contains("structure = \"../argon.extxyz\""), "{deck}");
}

#[test]
fn explain_writes_a_deck_that_means_the_same() {
    let folder = argon_folder();
    let text = succeeds(folder.path(), &["md", "argon.toml", "--explain", "--set", "seed=7"]);
    assert!(text.contains("seed = 7") && text.contains("# "), "{text}");
    assert_eq!(files_in(folder.path()), ["argon.extxyz", "argon.toml"], "nothing was run");
    std::fs::write(folder.path().join("explained.toml"), &text).expect("writes");
    assert_eq!(succeeds(folder.path(), &["md", "explained.toml", "--explain"]), text);
}

#[test]
fn an_unstable_run_says_so_and_dumps_its_frame() {
    let folder = argon_folder();
    let hot = [
        "--set",
        "stage.heat.ensemble.temperature_K=4900",
        "--set",
        "stage.heat.timestep_fs=20",
        "--set",
        "stage.heat.duration_ps=20",
    ];
    let output = run(folder.path(), &[&["md", "argon.toml"][..], &hot].concat());
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error: the run became unstable: stage heat, step "), "{text}");
    let frame = folder.path().join("run/failure.extxyz");
    assert!(text.contains("failure.extxyz"), "{text}");
    assert!(std::fs::read_to_string(frame).expect("reads").starts_with("32\n"));
}

#[test]
fn without_a_recorded_stage_there_is_no_diffusion_and_no_trajectory() {
    let folder = argon_folder();
    let set = ["--set", "stage.production.record=false", "--set", "stage.production.duration_ps=0.2"];
    let summary = json(folder.path(), &[&["md", "argon.toml"][..], &set].concat());
    assert_eq!(summary["D_m2_per_s_note"], "no stage is recorded");
    assert!(!folder.path().join("run/trajectory.h5").exists());
}

/// `--check` says what a run will need, and writes nothing.
#[test]
fn a_check_estimates_time_memory_and_disk() {
    let folder = argon_folder();
    let before = files_in(folder.path());
    let checked = json(folder.path(), &["md", "argon.toml", "--check"]);
    assert_eq!(checked["checked"], true);
    let of = |checked: &Value, key: &str| number(&checked["estimate"], key);
    for key in ["dynamics_wall_time_s", "us_per_atom_step", "steps", "memory_MB", "trajectory_MB"] {
        assert!(of(&checked, key) > 0.0, "{key}");
    }
    assert!(of(&checked, "memory_MB") < 500.0);
    let longer = json(
        folder.path(),
        &["md", "argon.toml", "--check", "--set", "stage.production.duration_ps=1000", "--set", "replicas=3"],
    );
    assert!(of(&longer, "steps") > 10.0 * of(&checked, "steps"));
    assert!(of(&longer, "trajectory_MB") > 30.0 * of(&checked, "trajectory_MB"));
    let text = succeeds(folder.path(), &["md", "argon.toml", "--check"]);
    assert!(text.contains("us per atom and step") && text.contains(" MB of memory"), "{text}");
    assert_eq!(files_in(folder.path()), before);
}
