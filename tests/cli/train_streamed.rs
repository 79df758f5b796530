//! Trainings whose frames do not fit into memory: the same bits, bounded memory, kills, damage.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use natron_atoms::{Frame, InfoValue, Labels, Vec3};
use natron_io::{Format, read_frames, write_frames_to};

use super::{natron, run, stderr, succeeds};
use crate::support::training::{folder, moved, small_frame};

/// Every frame is read whenever it is needed.
const NOTHING_HELD: [&str; 2] = ["--set", "data.memory_GB=0"];

/// A data set in place of the folder's frames.
fn use_data_set(folder: &Path) {
    let deck = std::fs::read_to_string(folder.join("train.toml")).expect("reads");
    std::fs::write(folder.join("train.toml"), deck.replace("data.extxyz", "data.h5")).expect("writes");
}

fn converted() -> tempfile::TempDir {
    let folder = folder();
    succeeds(folder.path(), &["data", "convert", "data.extxyz", "data.h5"]);
    use_data_set(folder.path());
    folder
}

fn potential(folder: &Path, run: &str) -> Vec<u8> {
    std::fs::read(folder.join(run).join("potential.safetensors")).expect("a potential")
}

/// Trains into a folder of its own; what it said of its memory.
fn train(folder: &Path, into: &str, threads: &str, arguments: &[&str]) -> String {
    let directory = format!("output.directory=\"{into}\"");
    let mut command = natron();
    command.current_dir(folder).args(["train", "train.toml", "--set", &directory]).args(arguments);
    let output = command.env("NATRON_THREADS", threads).output().expect("starts");
    assert!(output.status.success(), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn held_or_read_anew_the_potential_is_the_same() {
    let folder = converted();
    let said = train(folder.path(), "held", "1", &[]);
    assert!(!said.contains("prepared anew"), "{said}");
    let held = potential(folder.path(), "held");
    for (run, threads) in [("one", "1"), ("two", "2")] {
        let said = train(folder.path(), run, threads, &NOTHING_HELD);
        assert!(said.contains("0 frames stay prepared, 6 are prepared anew"), "{said}");
        assert!(potential(folder.path(), run) == held, "{run}");
    }
    // Half of them: what one of them takes is known from the run that held all.
    let losses =
        |run: &str| std::fs::read_to_string(folder.path().join(run).join("losses.csv")).expect("a table");
    assert_eq!(losses("one"), losses("held"));
    // The same frames as text.
    train(
        folder.path(),
        "text",
        "1",
        &["--set", "data.files=[\"data.extxyz\"]", NOTHING_HELD[0], NOTHING_HELD[1]],
    );
    assert_eq!(losses("text"), losses("held"));
}

/// Structures that teachers label are labelled anew whenever they are read.
#[test]
fn teachers_label_what_is_streamed() {
    let folder = converted();
    succeeds(folder.path(), &["data", "convert", "more.extxyz", "more.h5"]);
    let deck = std::fs::read_to_string(folder.path().join("train.toml")).expect("reads");
    let distillation = "[distillation]\nteachers = [\"nac\"]\nstructures = [\"more.h5\"]\n[optimiser]";
    let deck = deck.replace("[optimiser]", distillation);
    std::fs::write(folder.path().join("train.toml"), deck).expect("writes");
    train(folder.path(), "held", "1", &[]);
    let said = train(folder.path(), "streamed", "2", &NOTHING_HELD);
    assert!(
        said.contains("4 more labelled by 1 potentials") && said.contains("10 are prepared anew"),
        "{said}"
    );
    assert!(potential(folder.path(), "streamed") == potential(folder.path(), "held"));
}

#[test]
fn a_streamed_training_that_is_killed_goes_on_to_the_same_bits() {
    let folder = converted();
    let long = ["--set", "optimiser.epochs=300", "--set", "output.checkpoint_every=3"];
    let arguments = [&long[..], &NOTHING_HELD].concat();
    train(folder.path(), "whole", "1", &arguments);
    let mut command = natron();
    command.current_dir(folder.path()).args([
        "-q",
        "train",
        "train.toml",
        "--set",
        "output.directory=\"killed\"",
    ]);
    let mut child = command.args(&arguments).stderr(Stdio::null()).spawn().expect("starts");
    let (checkpoint, begin) = (folder.path().join("killed/restart/checkpoint"), Instant::now());
    while !checkpoint.exists() && begin.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("kills");
    assert!(!child.wait().expect("ends").success(), "it was under way");
    train(folder.path(), "killed", "1", &[&arguments[..], &["--resume"]].concat());
    assert!(potential(folder.path(), "killed") == potential(folder.path(), "whole"));
}

/// A data set of some frames with labels that are smooth in their number and true to nothing.
fn large(path: &Path, frames: usize) {
    let frame = small_frame();
    let one = |k: usize| {
        let mut out = Frame::new(moved(&frame, k).structure);
        let force = |atom: usize| Vec3::from_fn(|axis, _| 0.5 * ((3 * k + 7 * atom + axis) as f64).sin());
        let energy = -9.0 * out.structure.len() as f64 + (k as f64).sin();
        out.labels = Labels {
            energy_ev: Some(energy),
            forces: Some((0..out.structure.len()).map(force).collect()),
            ..Labels::default()
        };
        let split = if k.is_multiple_of(50) { "valid" } else { "train" };
        out.info.push(("split".into(), InfoValue::Text(split.into())));
        Ok(out)
    };
    write_frames_to(path, Format::DataSet, &mut (0..frames).map(one)).expect("writes");
}

/// Trains on `data.h5` of a folder for an epoch; the most memory it has had, in MB. The kernel keeps the mark; the last look at it
/// before the end counts.
fn most_memory_mb(folder: &Path, arguments: &[&str]) -> f64 {
    let mut command = natron();
    command.current_dir(folder).args([
        "-q",
        "train",
        "train.toml",
        "--overwrite",
        "--set",
        "optimiser.epochs=1",
    ]);
    command.args(["--set", "optimiser.batch_frames=8", "--set", "model.radial_functions=16"]).args(arguments);
    let mut child = command.stdout(Stdio::null()).spawn().expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most_kb: f64 = 0.0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB"));
        most_kb = most_kb.max(mark.and_then(|kb| kb.trim().parse().ok()).unwrap_or(0.0));
        if let Some(ended) = child.try_wait().expect("waits") {
            assert!(ended.success());
            return most_kb * 1.024e-3;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[test]
fn memory_does_not_grow_with_the_data() {
    let folder = folder();
    use_data_set(folder.path());
    large(&folder.path().join("data.h5"), 200);
    let few = most_memory_mb(folder.path(), &NOTHING_HELD);
    large(&folder.path().join("data.h5"), 2000);
    let many = most_memory_mb(folder.path(), &NOTHING_HELD);
    // Held, 2000 frames are some 200 MB more; what does grow is what is known of each.
    assert!(many < few + 30.0, "{few} MB with 200 frames, {many} MB with 2000");
    let check = run(folder.path(), &["train", "train.toml", "--check"]);
    let said = [check.stdout, check.stderr].concat();
    assert!(String::from_utf8_lossy(&said).contains("MB of memory"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_damaged_frame_is_named() {
    let folder = folder();
    use_data_set(folder.path());
    let path = folder.path().join("data.h5");
    large(&path, 900);
    let mut bytes = std::fs::read(&path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0x5a);
    std::fs::write(&path, bytes).expect("writes");
    for arguments in [&["train", "train.toml"][..], &["data", "convert", "data.h5", "out.extxyz"]] {
        let output = run(folder.path(), arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("data.h5") && said.contains("help: "), "{said}");
        let number =
            said.split("frame ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        assert!(number.is_some_and(|k| k > 0 && k < 899), "{said}");
    }
    assert!(!folder.path().join("train").exists() && !folder.path().join("out.extxyz").exists());
}

/// Frames of a pipe are split as those of a file: they cannot be read twice.
#[test]
fn what_is_split_may_come_through_a_pipe() {
    let folder = folder();
    let split = |input: &str, output: &str| {
        let script = format!(
            "{input} | \"$NATRON\" -q data split /dev/stdin --by split --fractions 0.5,0.5,0 -o {output}"
        );
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(folder.path()).args(["-c", &script]).env("NATRON", crate::support::natron());
        let output = shell.output().expect("starts");
        assert!(output.status.success(), "{}", stderr(&output));
    };
    split("cat data.extxyz", "piped.extxyz");
    let arguments = ["--by", "split", "--fractions", "0.5,0.5,0", "-o", "plain.extxyz"];
    succeeds(folder.path(), &[&["data", "split", "data.extxyz"][..], &arguments].concat());
    let frames = |name: &str| read_frames(&folder.path().join(name)).expect("reads");
    assert!(frames("piped.extxyz").len() == 6 && frames("piped.extxyz") == frames("plain.extxyz"));
}
