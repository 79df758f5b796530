//! `replicas = R`: side by side, each as if alone, stopped and resumed together.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{argon_folder, json, natron, number, stderr, succeeds};

/// The deck shortened, with so many replicas.
fn md<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["md", "argon.toml", "--set", "stage.production.duration_ps=0.4"][..], more].concat()
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn thermo(folder: &Path, replica: u32) -> String {
    read(folder, &format!("run/replica-{replica:03}/thermo.csv"))
}

fn summary(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&read(folder, file)).expect("JSON")
}

/// Runs natron on so many threads; its exit code and stderr.
fn on_threads(threads: &str, folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = natron().current_dir(folder).env("NATRON_THREADS", threads).args(arguments).output();
    let output = output.expect("natron starts");
    (output.status.code(), stderr(&output))
}

/// On one thread, on two for three replicas, on more threads than replicas; and the first is the run without replicas.
#[test]
fn a_replica_has_the_bits_it_has_alone_on_any_number_of_threads() {
    let alone = argon_folder();
    succeeds(alone.path(), &md(&[]));
    let mut logs = Vec::new();
    for threads in ["1", "2", "4"] {
        let folder = argon_folder();
        let (code, text) = on_threads(threads, folder.path(), &md(&["--set", "replicas=3"]));
        assert_eq!(code, Some(0), "{text}");
        logs.push((0..3).map(|k| thermo(folder.path(), k)).collect::<Vec<_>>());
    }
    assert_eq!(logs[0][0], read(alone.path(), "run/thermo.csv"));
    assert_ne!(logs[0][0], logs[0][1]);
    assert_ne!(logs[0][1], logs[0][2]);
    assert!(logs[1] == logs[0] && logs[2] == logs[0], "the number of threads matters");
}

#[test]
fn the_summary_combines_and_the_check_says_how_they_run() {
    let folder = argon_folder();
    let text = succeeds(folder.path(), &md(&["--set", "replicas=3", "--check"]));
    assert!(text.starts_with("in order: 3 replicas (1 at a time on 1 thread each) of 32 atoms"), "{text}");
    let all = json(folder.path(), &md(&["--set", "replicas=3"]));
    assert_eq!(all["finished"], true);
    let heat = &all["stages_combined"][0];
    assert_eq!((&heat["name"], &heat["replicas"]), (&Value::from("heat"), &Value::from(3)));
    let temperatures: Vec<f64> = (0..3)
        .map(|k| {
            let one = summary(folder.path(), &format!("run/replica-{k:03}/summary.json"));
            assert_eq!((&one["replica"], &one["replicas"]), (&Value::from(k), &Value::from(1)));
            number(&one["stages"][1], "temperature_K_mean")
        })
        .collect();
    let mean = temperatures.iter().sum::<f64>() / 3.0;
    let spread = (temperatures.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    assert!((number(heat, "temperature_K_mean") - mean).abs() < 1e-9);
    assert!((number(heat, "temperature_K_std") - spread).abs() < 1e-9);
    assert!(read(folder.path(), "run/report.html").contains("Between replicas"));
}

/// SIGTERM in the middle: every replica that had begun has a restart, and all together come to the bits of a run that
/// was left alone. Three on two threads, so that one may not have begun.
#[test]
fn a_signal_stops_all_and_all_are_resumed() {
    let long = ["md", "argon.toml", "--set", "replicas=3", "--set", "stage.production.duration_ps=8"];
    let folder = argon_folder();
    let mut command = natron();
    command.current_dir(folder.path()).env("NATRON_THREADS", "2").args(long).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::null()).spawn().expect("natron starts");
    let patience = Instant::now() + Duration::from_secs(60);
    let begun = |k: u32| folder.path().join(format!("run/replica-{k:03}/thermo.csv")).exists();
    while !(begun(0) && begun(1)) {
        assert!(Instant::now() < patience, "no replica began within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(status.expect("kill exists").success());
    assert_eq!(child.wait().expect("the child is ours").code(), Some(143));
    let stopped = summary(folder.path(), "run/summary.json");
    assert_eq!((&stopped["finished"], &stopped["stopped_by"]), (&false.into(), &"SIGTERM".into()));
    for k in 0..2 {
        let restarts = folder.path().join(format!("run/replica-{k:03}/restart"));
        assert!(std::fs::read_dir(restarts).expect("restarts").count() > 0, "replica {k} has no restart");
    }
    let (code, text) = on_threads("2", folder.path(), &[&long[..], &["--resume"]].concat());
    assert_eq!(code, Some(0), "{text}");
    let whole = argon_folder();
    let (code, text) = on_threads("2", whole.path(), &long);
    assert_eq!(code, Some(0), "{text}");
    for k in 0..3 {
        assert!(thermo(folder.path(), k) == thermo(whole.path(), k), "replica {k} differs");
    }
    let diffusion = |folder: &Path| summary(folder, "run/summary.json")["diffusion"].clone();
    assert_eq!(diffusion(folder.path()), diffusion(whole.path()));
}

/// What is finished is left as it is; a replica that is new to the deck is run. Fewer are refused.
#[test]
fn finished_replicas_are_not_run_again() {
    let folder = argon_folder();
    let (two, three) = (md(&["--set", "replicas=2"]), md(&["--set", "replicas=3", "--resume"]));
    succeeds(folder.path(), &two);
    let stamp = |file: &str| {
        let path = folder.path().join("run/replica-001").join(file);
        std::fs::metadata(path).and_then(|found| found.modified()).expect("a file")
    };
    let files = ["trajectory.h5", "thermo.csv", "log.txt", "summary.json"];
    let before = files.map(stamp);
    let pooled = json(folder.path(), &three);
    assert_eq!(files.map(stamp), before, "a finished replica was touched");
    assert_eq!((&pooled["replicas"], &pooled["stages_combined"][1]["replicas"]), (&3.into(), &3.into()));
    for replicas in ["1", "2"] {
        let set = format!("replicas={replicas}");
        let (code, text) = on_threads("1", folder.path(), &md(&["--set", &set, "--resume"]));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("the run to resume has 3 replica(s), the deck says"), "{text}");
    }
}

/// A run that was killed while it made the folders of its replicas goes on with all of them.
#[test]
fn replicas_that_were_not_begun_are_run() {
    let folder = argon_folder();
    let two = md(&["--set", "replicas=2"]);
    succeeds(folder.path(), &two);
    let whole = read(folder.path(), "run/replica-001/thermo.csv");
    std::fs::remove_dir_all(folder.path().join("run/replica-001")).expect("removes");
    succeeds(folder.path(), &[&two[..], &["--resume"]].concat());
    assert_eq!(read(folder.path(), "run/replica-001/thermo.csv"), whole);
    // One replica alone has no folder of its own: this is no run of one.
    std::fs::remove_dir_all(folder.path().join("run/replica-001")).expect("removes");
    let (code, text) = on_threads("1", folder.path(), &md(&["--set", "replicas=1", "--resume"]));
    assert_eq!(code, Some(2), "{text}");
}

/// Largest change of the total energy in production, meV per atom.
fn excursion(thermo: &str) -> f64 {
    let energies: Vec<f64> = thermo
        .lines()
        .filter(|line| line.starts_with("production,"))
        .map(|line| line.split(',').nth(6).expect("a column").parse().expect("a number"))
        .collect();
    energies.iter().map(|e| (e - energies[0]).abs() * 1e3 / 32.0).fold(0.0, f64::max)
}

/// The limit on the change of the energy is put between the two replicas where it is largest, so that one of three breaks it.
#[test]
fn one_that_fails_is_named_and_the_others_finish() {
    let calm = argon_folder();
    let every_step = ["--set", "replicas=3", "--set", "output.thermo_every_fs=4"];
    succeeds(calm.path(), &md(&every_step));
    let mut found: Vec<(f64, u32)> = (0..3).map(|k| (excursion(&thermo(calm.path(), k)), k)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (worst, limit) = (found[0].1, 0.5 * (found[0].0 + found[1].0));

    let folder = argon_folder();
    let limited = format!("limits.energy_change_max_meV_per_atom={limit}");
    let (code, text) = on_threads("2", folder.path(), &md(&[&every_step[..], &["--set", &limited]].concat()));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("error: replica {worst}: the run became unstable")), "{text}");
    assert_eq!(text.matches("error: ").count(), 1, "{text}");
    assert!(folder.path().join(format!("run/replica-{worst:03}/failure.extxyz")).exists());
    let all = summary(folder.path(), "run/summary.json");
    assert_eq!((&all["finished"], &all["replicas"]), (&false.into(), &2.into()));
    for (_, k) in &found[1..] {
        assert!(thermo(folder.path(), *k) == thermo(calm.path(), *k), "replica {k} did not finish");
    }
    // With room enough it goes on from its restart to where it would have been.
    let (code, text) = on_threads("2", folder.path(), &md(&[&every_step[..], &["--resume"]].concat()));
    assert_eq!(code, Some(0), "{text}");
    assert!(thermo(folder.path(), worst) == thermo(calm.path(), worst));
}
