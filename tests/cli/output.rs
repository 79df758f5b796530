//! What goes to the trajectory, and what happens when it cannot be written.

use natron_io::h5md::{Options, Precision, Reader, contents};

use super::{argon_folder, run, stderr, succeeds};

/// Forces of all atoms every 40 fs in single precision; four atoms every 8 fs.
const GROUPS: [&str; 6] = [
    "--set",
    "output.trajectory_every_fs=40",
    "--set",
    "output.trajectory_precision=f32",
    "--set",
    "output.trajectory_groups=[{ name = \"few\", indices = [\"0-2\", \"9\"], every_fs = 8.0, precision = \"f64\", forces = true }]",
];

#[test]
fn a_group_has_its_own_interval_precision_and_contents() {
    let folder = argon_folder();
    succeeds(folder.path(), &[&["md", "argon.toml"][..], &GROUPS].concat());
    let path = folder.path().join("run/trajectory.h5");
    let Options { precision, velocities, forces, groups, .. } = contents(&path).expect("reads");
    assert_eq!((precision, velocities, forces), (Precision::F32, true, false));
    assert_eq!(groups.len(), 1);
    assert_eq!((&groups[0].name[..], &groups[0].atoms[..]), ("few", &[0, 1, 2, 9][..]));
    assert_eq!((groups[0].precision, groups[0].forces), (Precision::F64, true));
    let (all, few) = (Reader::open(&path).expect("all"), Reader::open_group(&path, "few").expect("few"));
    // 2 ps, both ends included.
    assert_eq!((all.len(), few.len()), (51, 251));
    let few: Vec<_> = few.frames().map(|frame| frame.expect("reads")).collect();
    for (k, frame) in all.frames().map(|frame| frame.expect("reads")).enumerate() {
        assert_eq!((frame.step, frame.time_ps), (few[5 * k].step, few[5 * k].time_ps));
        let error = (frame.positions_a[9] - few[5 * k].positions_a[3]).norm();
        assert!(error < 1e-5, "{error}");
    }
    // The deck that is kept says it all again.
    succeeds(folder.path(), &["md", "run/deck.toml", "--check"]);
    let short = ["--resume", "--set", "stage.production.duration_ps=2.4"];
    let other = run(folder.path(), &[&["md", "argon.toml"][..], &short].concat());
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("other atoms or quantities"), "{}", stderr(&other));
    succeeds(folder.path(), &[&["md", "argon.toml"][..], &GROUPS, &short].concat());
    assert_eq!(Reader::open_group(&path, "few").expect("few").len(), 301);
}

/// A limit on the size of files is as good as a full disk: the system refuses to write on. Whatever file meets it, the run
/// ends with exit code 1 and a word about it, and goes on from its last restart once there is room.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_a_run_that_can_be_resumed() {
    let longer = ["--set", "stage.production.duration_ps=8", "--set", "output.restart_every_ps=0.1"];
    // Many rows and few frames: then it is thermo.csv that grows too large.
    let rows = ["--set", "output.thermo_every_fs=4", "--set", "output.trajectory_every_fs=400"];
    // Blocks of 512 bytes.
    for (blocks, more, meets) in [
        (60, &[][..], "trajectory.h5"),
        (200, &[], "trajectory.h5"),
        (400, &[], "trajectory.h5"),
        (300, &rows, "thermo.csv"),
    ] {
        let arguments = [&longer[..], more].concat();
        let whole = argon_folder();
        succeeds(whole.path(), &[&["md", "argon.toml"][..], &arguments].concat());
        let folder = argon_folder();
        let output = limited(&folder, blocks, &arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{blocks} blocks: {said}");
        assert!(said.contains("error: cannot write") && said.contains("--resume"), "{said}");
        assert!(said.contains(&format!("{meets}: ")), "{blocks} blocks: {said}");
        succeeds(folder.path(), &[&["md", "argon.toml", "--resume"][..], &arguments].concat());
        let thermo = |folder: &tempfile::TempDir| std::fs::read(folder.path().join("run/thermo.csv"));
        assert!(thermo(&folder).expect("reads") == thermo(&whole).expect("reads"), "{blocks} blocks");
        let frames = |folder: &tempfile::TempDir| {
            let reader = Reader::open(&folder.path().join("run/trajectory.h5")).expect("opens");
            reader.frames().map(|frame| frame.expect("reads")).collect::<Vec<_>>()
        };
        assert!(frames(&folder) == frames(&whole), "{blocks} blocks: the trajectories differ");
    }
}

/// `natron md` that may write files up to so many blocks.
#[cfg(unix)]
fn limited(folder: &tempfile::TempDir, blocks: u32, more: &[&str]) -> std::process::Output {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_natron"), "md", "argon.toml"]).args(more);
    command.env("NATRON_THREADS", "1").current_dir(folder.path()).output().expect("sh starts")
}

/// A folder that is taken away from the run while it runs: it ends with a word about it and leaves what it had.
#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_refused_or_ends_the_run() {
    use std::os::unix::fs::PermissionsExt;
    let folder = argon_folder();
    let read_only = folder.path().join("mine");
    std::fs::create_dir(&read_only).expect("creates");
    let mode = |mode| std::fs::set_permissions(&read_only, PermissionsExt::from_mode(mode)).expect("is ours");
    mode(0o555);
    let arguments = ["md", "argon.toml", "--set", "output.directory=mine/run"];
    let output = run(folder.path(), &arguments);
    mode(0o755);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("read-only"), "{}", stderr(&output));
    assert!(std::fs::read_dir(&read_only).expect("reads").next().is_none(), "nothing was written");

    // Restarts cannot be made where a file stands in the way; that stops root, too.
    let run_directory = folder.path().join("run");
    succeeds(folder.path(), &["md", "argon.toml"]);
    let restarts: Vec<_> =
        std::fs::read_dir(run_directory.join("restart")).expect("reads").flatten().collect();
    let newest =
        restarts.iter().filter_map(|entry| entry.path().file_stem()?.to_str()?.parse::<u64>().ok()).max();
    let next = run_directory.join(format!("restart/{}.restart", newest.expect("one") + 125));
    std::fs::create_dir(&next).expect("creates");
    let longer = ["md", "argon.toml", "--resume", "--set", "stage.production.duration_ps=4"];
    let stopped = run(folder.path(), &longer);
    assert_eq!(stopped.status.code(), Some(1), "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains(".restart"), "{}", stderr(&stopped));
    std::fs::remove_dir(&next).expect("removes");
    succeeds(folder.path(), &longer);
}
