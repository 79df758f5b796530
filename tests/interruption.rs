//! Runs that are stopped, killed and resumed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::argon::{ATOMS, Argon};
use crate::support::natron;
use crate::support::oracle::Oracle;

/// Long enough that a signal arrives before the end: 50 ps are 25 000 steps.
const LONG_PS: f64 = 50.0;

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

/// A run that is stopped by a signal leaves a restart, and goes on from it to the same bits as a run that was never stopped.
#[test]
fn a_stopped_run_resumes_to_the_same_bits() {
    for (name, code) in [("-TERM", 143), ("-INT", 130)] {
        let stopped = Argon::new(LONG_PS);
        let child = start(&stopped, 60);
        signal(&child, name);
        assert_eq!(exit_code(child), Some(code), "{name}");
        let restarts = std::fs::read_dir(stopped.run("restart")).expect("a restart").count();
        assert!((1..=2).contains(&restarts), "the two newest restarts are kept, found {restarts}");
        let rows = lines(&stopped.run("thermo.csv")) as f64;
        // A little beyond where it was stopped, and not all of the long run.
        let end_ps = format!("stage.production.duration_ps={}", ((rows + 30.0) * 0.02).ceil());
        stopped.finish(&["-q", "--resume", "--set", &end_ps]);

        let whole = Argon::new(LONG_PS);
        whole.finish(&["-q", "--set", &end_ps]);
        assert_eq!(stopped.thermo(), whole.thermo(), "{name}");
    }
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
    let output = Command::new(natron())
        .args(["diffusion", "--json", "--mobile", "Ar"])
        .arg(&file)
        .output()
        .expect("natron starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let Some(oracle) = Oracle::find() else { return };
    let script = "import sys, json, h5py; f = h5py.File(sys.argv[1], 'r', libver='latest', swmr=True); \
                  print(json.dumps(list(f['particles/all/position/value'].shape)))";
    let shape = oracle.ask(script, &[&file]);
    assert_eq!(shape[1], serde_json::json!(ATOMS));
    let frames = shape[0].as_u64().expect("a number");
    assert!(frames > 40, "{frames} frames of at least 78 that were due");
}

/// An existing run directory is never written into unasked, and kept when it is to be overwritten.
#[test]
fn an_existing_run_is_refused_or_kept() {
    let argon = Argon::new(0.1);
    argon.finish(&["-q"]);
    let before = argon.thermo();
    let again = argon.md(&["-q"]).output().expect("natron starts");
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--overwrite"));
    assert_eq!(argon.thermo(), before);
    argon.finish(&["-q", "--overwrite"]);
    let kept = argon.folder().join("argon.bak-1").join("thermo.csv");
    assert_eq!(std::fs::read_to_string(kept).expect("the first run is kept"), before);
}
