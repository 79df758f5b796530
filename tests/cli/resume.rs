//! Stopping in order and going on.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::{argon_folder, natron, run, stderr, succeeds};

/// Long enough to be interrupted before its end.
const LONG: [&str; 4] = ["md", "argon.toml", "--set", "stage.production.duration_ps=24"];

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = natron();
    command.current_dir(folder).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("natron starts")
}

/// Waits until a restart of the production is there.
fn wait_for_restart(run: &Path) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let entries = std::fs::read_dir(run.join("restart")).into_iter().flatten().flatten();
        if entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "restart")).count() >= 2 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no restart was written within a minute");
}

#[test]
fn the_clock_stops_a_run_as_a_signal_does() {
    let folder = argon_folder();
    let arguments = ["md", "argon.toml", "--set", "stage.production.duration_ps=4000", "--max-time", "1"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(143), "{}", stderr(&output));
    let text = std::fs::read_to_string(folder.path().join("run/summary.json")).expect("reads");
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(summary["finished"], false);
    assert_eq!(summary["stopped_by"], "max-time");
    // A finished run has nothing left to do, and says so by ending well.
    let shorter =
        ["md", "argon.toml", "--set", "stage.production.duration_ps=4000", "--max-time", "1", "--resume"];
    assert_eq!(run(folder.path(), &shorter).status.code(), Some(143));
}

#[test]
fn only_what_was_stopped_can_be_resumed_and_only_with_its_deck() {
    let folder = argon_folder();
    let short = ["md", "argon.toml", "--set", "stage.production.duration_ps=0.2"];
    let output = run(folder.path(), &[&short[..], &["--resume"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no run to resume"), "{}", stderr(&output));
    succeeds(folder.path(), &short);
    let thermo = || std::fs::read_to_string(folder.path().join("run/thermo.csv")).expect("reads");
    let before = thermo();
    let other = run(folder.path(), &[&short[..], &["--resume", "--set", "seed=6"]].concat());
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("seed"), "{}", stderr(&other));
    assert_eq!(thermo(), before, "nothing was touched");
    succeeds(folder.path(), &[&short[..], &["--resume"]].concat());
    assert_eq!(thermo(), before, "a finished run has nothing left to do");
    let longer = ["md", "argon.toml", "--set", "stage.production.duration_ps=0.4", "--resume"];
    let trajectory = folder.path().join("run/trajectory.h5");
    let whole = std::fs::read(&trajectory).expect("reads");
    std::fs::write(&trajectory, &whole[..whole.len() / 2]).expect("writes");
    let cut = run(folder.path(), &longer);
    assert_eq!(cut.status.code(), Some(2), "{}", stderr(&cut));
    assert!(stderr(&cut).contains("trajectory.h5"), "{}", stderr(&cut));
    assert_eq!(thermo(), before, "nothing was touched");
    std::fs::write(&trajectory, &whole).expect("writes");
    succeeds(folder.path(), &longer);
    assert!(thermo().starts_with(before.as_str()) && thermo().len() > before.len());
}

#[test]
fn a_run_under_way_is_left_alone() {
    let folder = argon_folder();
    let mut child = start(folder.path(), &LONG);
    wait_for_restart(&folder.path().join("run"));
    let second = run(folder.path(), &[&LONG[..], &["--overwrite"]].concat());
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains("another process"), "{}", stderr(&second));
    // The killed run, too, goes on from its last restart.
    succeeds(folder.path(), &[&LONG[..], &["--resume"]].concat());
}
