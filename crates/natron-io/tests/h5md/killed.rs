//! A writer that is killed loses at most what it had not flushed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use natron_io::h5md::{Options, Reader, Writer, repair};

use super::{Run, read};

const RUN: Run = Run { atoms: 50, periodic: [true; 3] };
const FILE: &str = "NATRON_TEST_KILLED_FILE";
const RESUME: &str = "NATRON_TEST_KILLED_RESUME";
/// Frames between two flushes.
const INTERVAL: u64 = 37;

/// Not a test of its own: what the other tests start and kill.
#[test]
#[allow(clippy::print_stdout)]
fn child() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let path = Path::new(&path);
    let start = std::env::var(RESUME).map_or(0, |frames| frames.parse().expect("a number"));
    let mut writer = if start == 0 {
        Writer::create(path, &RUN.structure(), &Options::default()).expect("created")
    } else {
        Writer::resume(path, start).expect("resumed")
    };
    for index in start.. {
        RUN.append(&mut writer, index);
        if (index + 1) % INTERVAL == 0 {
            writer.flush().expect("flushed");
            println!("\nflushed {}", index + 1);
        }
    }
}

/// Starts a writer, lets it flush some frames and go on for a while, kills it. Returns the frames it had flushed
/// for certain.
fn write_and_kill(path: &Path, resume: u64, flushes: usize, then: Duration) -> u64 {
    let mut child = start(path, resume);
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = out.lines().map(|line| line.expect("text"));
    let mut flushed = || lines.find_map(|line| line.strip_prefix("flushed ")?.parse::<u64>().ok());
    for _ in 1..flushes {
        flushed().expect("a flush");
    }
    let mut last = flushed().expect("a flush");
    std::thread::sleep(then);
    child.kill().expect("killed");
    child.wait().expect("gone");
    while let Some(more) = flushed() {
        last = more;
    }
    last
}

fn start(path: &Path, resume: u64) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["h5md::killed::child", "--exact", "--nocapture"])
        .env(FILE, path)
        .env(RESUME, resume.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

#[test]
fn a_killed_writer_leaves_all_it_flushed_and_can_be_resumed_again_and_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let mut kept = 0;
    for round in 0..12 {
        // Odd pauses, so that deaths fall into appending, writing and flushing.
        let pause = Duration::from_micros([0, 137, 911, 2_503, 7_001, 23_003][round % 6]);
        let flushed = write_and_kill(&path, kept, 1 + round % 3, pause);
        let reader = Reader::open(&path).expect("readable");
        assert!(!reader.is_closed());
        let frames = read(&path);
        assert!(
            (flushed..=flushed + INTERVAL).contains(&(frames.len() as u64)),
            "{flushed} {}",
            frames.len()
        );
        for (frame, index) in frames.into_iter().zip(0..) {
            assert_eq!(frame, RUN.frame(index), "round {round}, frame {index}");
        }
        // As a run does: back to an older moment, then on.
        kept = flushed - INTERVAL / 2;
    }
    let mut writer = Writer::resume(&path, kept).expect("resumed");
    RUN.append(&mut writer, kept);
    writer.close().expect("closed");
    RUN.check(&path, kept + 1);
}

#[test]
fn a_writer_killed_while_it_resumes_leaves_the_old_file_or_the_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let flushed = write_and_kill(&path, 0, 3, Duration::ZERO);
    let kept = flushed - INTERVAL;
    for round in 0..12 {
        let mut child = start(&path, kept);
        std::thread::sleep(Duration::from_millis(3 + 4 * round));
        child.kill().expect("killed");
        child.wait().expect("gone");
        let frames = read(&path);
        assert!(frames.len() as u64 >= kept, "{}", frames.len());
        for (frame, index) in frames.into_iter().zip(0..) {
            assert_eq!(frame, RUN.frame(index), "round {round}, frame {index}");
        }
    }
}

#[test]
fn a_repaired_file_opens_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let flushed = write_and_kill(&path, 0, 2, Duration::from_millis(1));
    assert!(hdf5_metno::File::open(&path).is_err());
    let frames = repair(&path).expect("repaired");
    assert!(frames >= flushed);
    hdf5_metno::File::open(&path).expect("opens");
    RUN.check(&path, frames);
    let repaired = std::fs::read(&path).expect("read");
    assert_eq!(repair(&path).expect("nothing to do"), frames);
    assert_eq!(std::fs::read(&path).expect("read"), repaired);
}

/// A file size limit stands for a full disk: both refuse a write in the middle of it.
#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_costs_nothing_that_was_flushed() {
    for blocks in [1000, 1111, 1357, 1700, 2222] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.h5");
        let child = std::env::current_exe().expect("this test");
        let limited = "trap '' XFSZ; ulimit -f \"$1\"; exec \"$0\" h5md::killed::child --exact --nocapture";
        let output = Command::new("sh")
            .args(["-c", limited])
            .args([child.as_os_str(), blocks.to_string().as_ref()])
            .env(FILE, &path)
            .env(RESUME, "0")
            .output()
            .expect("started");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(errors.contains("File too large"), "{errors}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let flushed =
            text.lines().filter_map(|line| line.strip_prefix("flushed ")?.parse::<u64>().ok()).max();
        let frames = read(&path);
        assert!(frames.len() as u64 >= flushed.expect("a flush"), "{} {flushed:?}", frames.len());
        for (frame, index) in frames.into_iter().zip(0..) {
            assert_eq!(frame, RUN.frame(index), "frame {index}");
        }
    }
}

#[test]
fn a_reader_follows_a_writer_at_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let mut child = start(&path, 0);
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.starts_with("flushed") {
        line.clear();
        out.read_line(&mut line).expect("text");
    }
    let drain = std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    let mut seen = 0;
    for _ in 0..5 {
        let frames = read(&path);
        assert!(frames.len() >= seen && frames.len() >= INTERVAL as usize);
        seen = frames.len();
        let last = frames.last().expect("a frame");
        assert_eq!(*last, RUN.frame(seen as u64 - 1));
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    drain.join().expect("drained").expect("piped");
}
