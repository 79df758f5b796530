//! Runs that are killed, read and resumed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::argon::{ATOMS, Argon};
use crate::support::natron;
use crate::support::oracle::Oracle;

/// Long enough that a signal arrives before the end: 5000 steps, a second or more.
const LONG_PS: f64 = 10.0;

/// Starts a run and waits until its thermo log has `rows` lines.
fn start(argon: &Argon, rows: usize) -> Child {
    let mut child = argon.md(&["-q"]).stdout(Stdio::null()).spawn().expect("natron starts");
    let thermo = argon.run("thermo.csv");
    let patience = Instant::now() + Duration::from_secs(60);
    while lines(&thermo) < rows {
        assert!(Instant::now() < patience, "no {rows} rows within a minute");
        let ended = child.try_wait().expect("the child is ours");
        assert!(ended.is_none(), "the run was over before it had {rows} rows: {ended:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.expect("kill exists").success());
}

fn exit_code(mut child: Child) -> Option<i32> {
    child.wait().expect("the child is ours").code()
}

/// Neither the number of threads nor a second attempt changes a bit.
#[test]
fn threads_do_not_change_a_bit() {
    let logs: Vec<String> = ["1", "2", "3"]
        .iter()
        .map(|threads| {
            let argon = Argon::new(0.4);
            let status = argon.md(&["-q"]).env("NATRON_THREADS", threads).status();
            assert!(status.expect("natron starts").success());
            argon.thermo()
        })
        .collect();
    assert!(logs[0].lines().count() > 20);
    assert_eq!(logs[0], logs[1]);
    assert_eq!(logs[0], logs[2]);
}

/// A run that was killed without warning is readable up to its last frames, by natron and by h5py.
#[test]
fn a_killed_run_is_readable() {
    let argon = Argon::new(LONG_PS);
    let child = start(&argon, 100);
    signal(&child, "-KILL");
    assert_eq!(exit_code(child), None, "killed");
    let file = argon.run("trajectory.h5");
    let found = diffusion(&argon);
    assert_eq!(found[0]["species"], "Ar");

    let Some(oracle) = Oracle::find() else { return };
    let script = "import sys, json, h5py; f = h5py.File(sys.argv[1], 'r', libver='latest', swmr=True); \
                  print(json.dumps(list(f['particles/all/position/value'].shape)))";
    let shape = oracle.ask(script, &[&file]);
    assert_eq!(shape[1], serde_json::json!(ATOMS));
    let frames = shape[0].as_u64().expect("a number");
    assert!(frames > 40, "{frames} frames of at least 78 that were due");
}

/// `natron repair` leaves a run alone that is under way, and makes the trajectory of a killed one a plain file, once.
#[test]
fn the_trajectory_of_a_killed_run_is_repaired() {
    let argon = Argon::new(LONG_PS);
    let child = start(&argon, 100);
    let file = argon.run("trajectory.h5");
    let repair = || {
        let mut command = Command::new(natron());
        command.args(["repair", "--json"]).arg(file.parent().expect("the run directory"));
        let output = command.output().expect("natron starts");
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        (output.status.code(), value)
    };
    let (code, refused) = repair();
    assert_eq!(code, Some(2));
    assert!(refused["error"]["message"].as_str().is_some_and(|text| text.contains("another process")));
    signal(&child, "-KILL");
    assert_eq!(exit_code(child), None, "killed");
    assert!(!natron_io::h5md::Reader::open(&file).expect("natron reads it").is_closed());
    let (code, found) = repair();
    assert_eq!((code, &found["files"][0]["changed"]), (Some(0), &true.into()));
    let frames = found["files"][0]["n_frames"].as_u64().expect("a number");
    assert!(frames > 40, "{frames} frames of at least 78 that were due");
    let reader = natron_io::h5md::Reader::open(&file).expect("natron reads it");
    assert!(reader.is_closed() && reader.len() as u64 == frames);
    assert_eq!(repair().1["files"][0]["changed"], false);
}

/// A run that was killed goes on from its newest restart to the same bits as a run that was never killed: what was written
/// after that restart is cut away.
#[test]
fn a_killed_run_resumes_to_the_same_bits() {
    let killed = Argon::new(LONG_PS);
    let child = start(&killed, 100);
    signal(&child, "-KILL");
    assert_eq!(exit_code(child), None, "killed");
    killed.finish(&["-q", "--resume"]);

    let whole = Argon::new(LONG_PS);
    whole.finish(&["-q"]);
    assert!(killed.thermo() == whole.thermo(), "the thermo logs differ");
    assert_eq!(diffusion(&killed), diffusion(&whole));
}

/// What `natron diffusion --json` finds in the trajectory.
fn diffusion(argon: &Argon) -> serde_json::Value {
    let output = Command::new(natron())
        .args(["diffusion", "--json", "--mobile", "Ar"])
        .arg(argon.run("trajectory.h5"))
        .output()
        .expect("natron starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("stdout is JSON");
    all["diffusion"].clone()
}
