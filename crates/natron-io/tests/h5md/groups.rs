//! Some of the atoms in groups of their own: other intervals, other precision, forces.

use std::path::Path;

use natron_atoms::Vec3;
use natron_atoms::units::EV_IN_KJ_PER_MOL;
use natron_io::h5md::{
    NewFrame, Options, Precision, Reader, Selected, Writer, contents, is_group_name, repair,
};
use serde_json::{Value, json};

use super::{Run, SMALL};
use crate::oracle::ask;

/// Frames between two of all atoms; the groups have `sodium` each, `rest` every second.
const ALL_EVERY: u64 = 4;

/// In the order of their names.
fn options() -> Options {
    let group = |name: &str, atoms: &[usize], precision, velocities, forces| Selected {
        name: name.into(),
        atoms: atoms.to_vec(),
        precision,
        velocities,
        forces,
    };
    Options {
        forces: true,
        groups: vec![
            group("rest", &[1, 2, 4, 5], Precision::F32, false, false),
            group("sodium", &[0, 3, 6], Precision::F64, true, true),
        ],
        ..Options::default()
    }
}

fn forces(run: &Run, index: u64) -> Vec<Vec3> {
    run.frame(index).positions_a.iter().map(|p| p * 0.25).collect()
}

fn append(writer: &mut Writer, index: u64) {
    let (frame, forces) = (SMALL.frame(index), forces(&SMALL, index));
    let new = NewFrame {
        step: frame.step,
        time_ps: frame.time_ps,
        cell: &frame.cell,
        positions_a: &frame.positions_a,
        velocities_a_per_fs: frame.velocities_a_per_fs.as_deref().unwrap_or_default(),
        forces_ev_per_a: &forces,
        potential_energy_ev: -3.5 * index as f64,
        temperature_k: 300.0 + index as f64,
        pressure_gpa: None,
    };
    let every = [ALL_EVERY, 2, 1];
    writer.append_to(&new, |group| index.is_multiple_of(every[group])).expect("appended");
}

fn write(path: &Path, frames: u64) {
    let mut writer = Writer::create(path, &SMALL.structure(), &options()).expect("created");
    (0..frames).for_each(|index| append(&mut writer, index));
    writer.close().expect("closed");
}

/// Each group holds its atoms at its own times, of the first `frames` frames.
fn check(path: &Path, frames: u64) {
    let groups = [
        ("all", ALL_EVERY, (0..7).collect::<Vec<_>>()),
        ("rest", 2, vec![1, 2, 4, 5]),
        ("sodium", 1, vec![0, 3, 6]),
    ];
    for (name, every, atoms) in groups {
        let reader = Reader::open_group(path, name).expect("opened");
        let wanted: Vec<u64> = (0..frames).filter(|index| index.is_multiple_of(every)).collect();
        assert_eq!(reader.len(), wanted.len(), "{name}");
        let species: Vec<_> = atoms.iter().map(|&atom| SMALL.structure().species[atom]).collect();
        assert_eq!(reader.species(), species);
        for (frame, index) in reader.frames().map(|frame| frame.expect("read")).zip(wanted) {
            let whole = SMALL.frame(index);
            assert_eq!((frame.step, &frame.cell), (whole.step, &whole.cell), "{name}");
            for (position, &atom) in frame.positions_a.iter().zip(&atoms) {
                let error = (position - whole.positions_a[atom]).norm();
                assert!(error <= if name == "rest" { 1e-5 } else { 0.0 }, "{name}: {error}");
            }
            assert_eq!(frame.velocities_a_per_fs.is_some(), name != "rest");
        }
    }
    assert_eq!(Reader::open(path).expect("opened").group(), "all");
}

#[test]
fn groups_have_times_and_atoms_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    write(&path, 101);
    check(&path, 101);
    assert_eq!(contents(&path).expect("read"), options());
    let error = Reader::open_group(&path, "argon").expect_err("no such group");
    assert_eq!(error.help, "there are: all, rest, sodium");
}

/// Cut and continued, whether it was closed or its writer killed, all groups end at the same step.
#[test]
fn all_groups_go_on_from_the_same_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let (open, path) = (folder.path().join("open.h5"), folder.path().join("t.h5"));
    for closed in [true, false] {
        let mut writer = Writer::create(&open, &SMALL.structure(), &options()).expect("created");
        (0..70).for_each(|index| append(&mut writer, index));
        if closed {
            writer.close().expect("closed");
            std::fs::copy(&open, &path).expect("copied");
        } else {
            writer.flush().expect("flushed");
            std::fs::copy(&open, &path).expect("copied");
            drop(writer);
        }
        assert_eq!(Reader::open(&path).expect("opened").is_closed(), closed);
        let mut writer = Writer::resume_by(&path, "sodium", 37).expect("resumed");
        (37..50).for_each(|index| append(&mut writer, index));
        writer.close().expect("closed");
        check(&path, 50);
        assert_eq!(contents(&path).expect("read"), options());
        assert!(
            Writer::resume_by(&path, "argon", 3).is_err() && Writer::resume_by(&path, "rest", 26).is_err()
        );
    }
}

/// A restart written between two stages counts no frame of the second, though the file may have one of the same step.
#[test]
fn a_restart_before_the_first_frame_leaves_none_in_any_group() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    write(&path, 5);
    Writer::resume_by(&path, "sodium", 0).expect("resumed").close().expect("closed");
    check(&path, 0);
}

#[test]
fn what_a_killed_writer_left_is_kept_in_every_group() {
    let folder = tempfile::tempdir().expect("a folder");
    let (open, path) = (folder.path().join("open.h5"), folder.path().join("t.h5"));
    let mut writer = Writer::create(&open, &SMALL.structure(), &options()).expect("created");
    (0..31).for_each(|index| append(&mut writer, index));
    writer.flush().expect("flushed");
    std::fs::copy(&open, &path).expect("copied");
    assert_eq!(repair(&path).expect("repaired"), 8);
    check(&path, 31);
}

#[test]
fn groups_that_are_none_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |change: &dyn Fn(&mut Vec<Selected>)| {
        let mut options = options();
        change(&mut options.groups);
        let error = Writer::create(&folder.path().join("t.h5"), &SMALL.structure(), &options);
        error.expect_err("refused").kind() == std::io::ErrorKind::InvalidInput
    };
    assert!(refused(&|groups| groups[0].name = "Na".into()), "it would sort before all");
    assert!(refused(&|groups| groups[0].name = "sodium".into()), "there are two");
    assert!(refused(&|groups| groups[0].atoms.push(7)), "there is no atom 7");
    assert!(refused(&|groups| groups[0].atoms.clear()));
    for (name, good) in [
        ("na", true),
        ("all", false),
        ("alk", false),
        ("all-2", true),
        ("Na", false),
        ("a/b", false),
        ("", false),
    ] {
        assert_eq!(is_group_name(name), good, "{name}");
    }
}

#[test]
fn h5py_and_mdanalysis_read_forces_and_groups() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5md");
    write(&path, 21);
    let Some(found) = ask("read_groups.py", &path) else { return };
    assert_eq!(found["names"], json!(["all", "rest", "sodium"]));
    assert_eq!(found["sodium"]["id"], json!([0, 3, 6]));
    assert_eq!(found["rest"]["type"], "float32");
    assert_eq!(found["sodium"]["type"], "float64");
    assert_eq!(found["rest"]["force"], Value::Null);
    assert_eq!(found["sodium"]["step"][5], json!(100));
    assert_eq!(found["sodium"]["boundary"], json!(["periodic", "periodic", "periodic"]));
    assert_eq!(found["sodium"]["force"]["unit"], "kJ mol-1 Angstrom-1");
    let force = forces(&SMALL, 5)[3].y * EV_IN_KJ_PER_MOL;
    assert_eq!(found["sodium"]["force"]["value"][5][1][1], json!(force));

    let frames = ask("read_mdanalysis.py", &path).expect("as before");
    let frames = frames.as_array().expect("an array");
    assert_eq!(frames.len(), 6, "those of all atoms");
    for (frame, index) in frames.iter().zip((0..).step_by(ALL_EVERY as usize)) {
        assert_eq!(frame["step"], json!(20 * index));
        for (atom, force) in forces(&SMALL, index).iter().enumerate() {
            for (k, value) in force.iter().enumerate() {
                let found = frame["forces"][atom][k].as_f64().expect("a number");
                assert!((found - value * EV_IN_KJ_PER_MOL).abs() < 1e-3, "{found} {value}");
            }
        }
    }
}
