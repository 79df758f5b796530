//! A run that is killed again and again ends with the same bits as one that was never disturbed.
//!
//! `NATRON_KILLS` says how many kills there are in all, default [`KILLS`]; docs/validation.md has the figures of a thousand.
//! Every frame is flushed and followed by a restart, so that most kills arrive while something is written.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use natron_io::h5md::{Frame, Reader};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::argon::Argon;
use crate::support::oracle::Oracle;

/// Kills of the usual test run.
const KILLS: usize = 40;
const PRODUCTION_PS: f64 = 2.0;
/// A kill comes at a random time up to this: of every second process after its start, of the others after its first
/// restart, so that both what begins a run and what goes on in it is hit however busy the machine is.
const LONGEST_MS: f64 = 120.0;
/// Longer than any process needs for its first restart.
const PATIENCE: Duration = Duration::from_secs(20);
/// SIGKILL
const KILL: i32 = 9;

/// A run, and the folders that hold its files.
struct Variant {
    name: &'static str,
    set: &'static [&'static str],
    folders: &'static [&'static str],
}

const VARIANTS: [Variant; 5] = [
    Variant { name: "nve", set: &[], folders: &["."] },
    Variant {
        name: "nvt-nose-hoover",
        set: &["stage.production.ensemble={ kind = \"nvt-nose-hoover\", temperature_K = 150.0 }"],
        folders: &["."],
    },
    Variant {
        name: "npt-rescale",
        set: &[
            "stage.production.ensemble={ kind = \"npt-rescale\", temperature_K = 150.0, pressure_GPa = 0.0 }",
        ],
        folders: &["."],
    },
    Variant {
        name: "groups",
        set: &[
            "output.trajectory_forces=true",
            "output.trajectory_groups=[{ name = \"few\", indices = [\"0-9\"], every_fs = 4.0, precision = \"f32\" }]",
        ],
        folders: &["."],
    },
    Variant { name: "two replicas", set: &["replicas=2"], folders: &["replica-000", "replica-001"] },
];

#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    /// Kills before the run had a restart.
    early: usize,
    runs: usize,
    frames: usize,
}

#[test]
fn killed_runs_end_with_the_bits_of_undisturbed_ones() {
    let wanted = std::env::var("NATRON_KILLS").map_or(KILLS, |text| text.parse().expect("a number of kills"));
    let whole: Vec<Argon> = VARIANTS.iter().map(undisturbed).collect();
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let mut tally = Tally::default();
    let began = Instant::now();
    for (variant, whole) in VARIANTS.iter().zip(&whole).cycle() {
        if tally.kills >= wanted {
            break;
        }
        let share = wanted.div_ceil(VARIANTS.len()).min(wanted - tally.kills);
        let killed = killed(variant, share, &mut random, &mut tally);
        for folder in variant.folders {
            tally.frames += same(variant.name, &whole.run(folder), &killed.run(folder));
        }
        tally.runs += 1;
    }
    eprintln!("{tally:?} in {:.0} s", began.elapsed().as_secs_f64());
}

fn settings(variant: &Variant) -> Vec<&'static str> {
    let always = ["output.restart_every_ps=0.02"];
    let sets = always.into_iter().chain(variant.set.iter().copied());
    sets.flat_map(|set| ["--set", set]).chain(["-q"]).collect()
}

fn undisturbed(variant: &Variant) -> Argon {
    let argon = Argon::new(PRODUCTION_PS);
    argon.finish(&settings(variant));
    argon
}

/// Starts a run, kills and resumes it at most `most` times or until it comes to its end, then lets it end.
fn killed(variant: &Variant, most: usize, random: &mut ChaCha8Rng, tally: &mut Tally) -> Argon {
    let argon = Argon::new(PRODUCTION_PS);
    for number in 0..most {
        let before = restart_names(&argon, variant);
        let mut child = start(&argon, variant);
        let began = Instant::now();
        while number % 2 == 1 && restart_names(&argon, variant) == before && began.elapsed() < PATIENCE {
            if child.try_wait().expect("the child is ours").is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_secs_f64(random.random_range(0.0..LONGEST_MS) * 1e-3));
        child.kill().expect("the child is ours");
        let output = child.wait_with_output().expect("the child is ours");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            return argon;
        }
        assert_eq!(output.status.signal(), Some(KILL), "{}: {said}", variant.name);
        tally.kills += 1;
        tally.early += usize::from(!nothing_is_lost(&argon, variant));
    }
    let output = start(&argon, variant).wait_with_output().expect("the child is ours");
    assert!(output.status.success(), "{}: {}", variant.name, String::from_utf8_lossy(&output.stderr));
    argon
}

/// `natron md`, with `--resume` where a process has got as far as to make the run directory its own.
fn start(argon: &Argon, variant: &Variant) -> Child {
    let mut arguments = settings(variant);
    if argon.run("log.txt").exists() {
        arguments.push("--resume");
    }
    let mut command = argon.md(&arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("natron starts")
}

/// After a kill every file that a restart counts on is there and whole; false where there is no restart yet.
fn nothing_is_lost(argon: &Argon, variant: &Variant) -> bool {
    let mut any = false;
    for folder in variant.folders.iter().map(|folder| argon.run(folder)) {
        let Some((step, bytes)) = restarts(&folder).pop() else { continue };
        any = true;
        let restart = natron_dynamics::Restart::from_bytes(&bytes)
            .unwrap_or_else(|error| panic!("{}: restart of step {step}: {error}", variant.name));
        // Restarts count the frames of the group that has them most often.
        let counted = if variant.name == "groups" { "few" } else { "all" };
        let reader =
            Reader::open_group(&folder.join("trajectory.h5"), counted).expect("the trajectory is readable");
        assert!(reader.len() as u64 >= restart.trajectory_frames(), "{}: step {step}", variant.name);
        let thermo = std::fs::read_to_string(folder.join("thermo.csv")).expect("the thermo log is there");
        let rows = thermo.lines().count() as u64;
        assert!(rows > restart.thermo_rows(), "{}: step {step}, {rows} lines", variant.name);
    }
    any
}

/// Which restarts there are.
fn restart_names(argon: &Argon, variant: &Variant) -> BTreeSet<String> {
    let folders = variant.folders.iter().map(|folder| argon.run(folder).join("restart"));
    let entries = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flat_map(Iterator::flatten);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The restarts of a run, oldest first.
fn restarts(folder: &Path) -> Vec<(u64, Vec<u8>)> {
    let entries = std::fs::read_dir(folder.join("restart")).into_iter().flatten().flatten();
    let mut found: Vec<(u64, Vec<u8>)> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "restart"))
        .map(|path| {
            let step = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
            (step.expect("named by its step"), std::fs::read(&path).expect("reads"))
        })
        .collect();
    found.sort();
    found
}

/// Compares two run directories; the number of frames.
fn same(name: &str, whole: &Path, killed: &Path) -> usize {
    assert_eq!(names(whole), names(killed), "{name}: the files");
    assert_eq!(names(&whole.join("restart")), names(&killed.join("restart")), "{name}: the restarts");
    assert!(restarts(whole) == restarts(killed), "{name}: the restarts differ");
    let thermo = |run: &Path| std::fs::read(run.join("thermo.csv")).expect("reads");
    assert!(thermo(whole) == thermo(killed), "{name}: the thermo logs differ");
    let (a, b) = (frames(whole), frames(killed));
    assert_eq!(a.len(), b.len(), "{name}: frames");
    for (a, b) in a.iter().zip(&b) {
        assert!(a == b, "{name}: the frames of step {} differ", a.step);
    }
    same_for_h5py(name, whole, killed);
    a.len()
}

/// All data sets, those included that natron does not read back, number by number.
fn same_for_h5py(name: &str, whole: &Path, killed: &Path) {
    let Some(oracle) = Oracle::find() else { return };
    let script = "
import sys, json, hashlib, h5py
def digest(path):
    sets = {}
    with h5py.File(path, 'r') as f:
        f.visititems(lambda name, item: sets.update({name: hashlib.sha256(item[()].tobytes()).hexdigest() + str(item.shape)})
                     if isinstance(item, h5py.Dataset) else None)
    return sets
print(json.dumps([digest(path) for path in sys.argv[1:]]))";
    let found = oracle.ask(script, &[whole.join("trajectory.h5"), killed.join("trajectory.h5")]);
    assert!(found[0].as_object().is_some_and(|sets| sets.len() >= 10), "{found}");
    assert_eq!(found[0], found[1], "{name}");
}

fn frames(run: &Path) -> Vec<Frame> {
    let reader = Reader::open(&run.join("trajectory.h5")).expect("opens");
    reader.frames().map(|frame| frame.expect("reads")).collect()
}

/// What is in a folder, hidden files included.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
