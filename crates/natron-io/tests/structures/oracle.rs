//! ASE and LAMMPS read what natron writes, and natron reads what they write.

use std::path::Path;

use natron_atoms::{AtomArray, Frame};
use natron_io::{Format, read_structures};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::any_frame::any_frame;
use super::compare::{assert_same, assert_same_crystal, assert_turned};
use super::write_as;
use crate::oracle::ask_with;

fn column(frame: &Frame, name: &str) -> Value {
    match &frame.arrays.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no column {name}")).1 {
        AtomArray::Real { values, .. } => serde_json::json!(values),
        AtomArray::Bool { values, .. } => values.chunks(3).map(|flags| serde_json::json!(flags)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn natron_reads_what_ase_and_lammps_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [Path::new("write"), folder.path()];
    let Some(answers) = ask_with("structures.py", &arguments) else { return };
    let answers = answers.as_object().expect("an object by file name");
    assert!(answers.len() >= 23, "{} files", answers.len());
    for (name, answer) in answers {
        let read = read_structures(&folder.path().join(name), None).unwrap_or_else(|error| panic!("{error}"));
        let frame = &read.frames.last().expect("a frame").frame;
        match name {
            cif if cif.ends_with(".cif") => assert_same_crystal(name, frame, answer),
            // The element is not in the answer of LAMMPS itself.
            _ if answer.get("symbols").is_none() => {
                let mut answer = answer.clone();
                answer["symbols"] = vec!["Na"; 9].into();
                assert_same(name, frame, &answer);
            }
            _ => assert_same(name, frame, answer),
        }
        if name.contains("full") || name.contains("charge") {
            assert_eq!(column(frame, "initial_charges"), answer["charges"], "{name}");
        }
        if let Some(mask) = answer.get("mask") {
            assert_eq!(&column(frame, "move_mask"), mask, "{name}");
        }
    }
}

/// The same random frames in every run.
fn frames(count: usize) -> Vec<Frame> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| any_frame().new_tree(&mut runner).expect("a frame").current()).collect()
}

/// Writes each frame to a file and asks what the oracle makes of it.
fn written(format: Format, command: &[&str], frames: &[Frame]) -> Option<Vec<Value>> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut arguments: Vec<std::ffi::OsString> = command.iter().map(Into::into).collect();
    for (k, frame) in frames.iter().enumerate() {
        let path = folder.path().join(format!("{k}"));
        std::fs::write(&path, write_as(format, frame)).expect("writes");
        arguments.push(path.into());
    }
    Some(ask_with("structures.py", &arguments)?.as_array().expect("an answer for each").clone())
}

#[test]
fn ase_reads_what_natron_writes_as_extended_xyz() {
    let frames = frames(20);
    let Some(answers) = written(Format::ExtendedXyz, &["read", "extxyz"], &frames) else { return };
    for (k, (frame, mut answer)) in frames.iter().zip(answers).enumerate() {
        // ASE leaves a column `vel` alone.
        answer["velocities"] = Value::Null;
        assert_same(&format!("frame {k}"), frame, &answer);
    }
}

#[test]
fn ase_reads_what_natron_writes_as_poscar() {
    let frames = frames(40);
    let Some(answers) = written(Format::Poscar, &["read", "vasp"], &frames) else { return };
    for (k, (frame, answer)) in frames.iter().zip(&answers).enumerate() {
        // As written: grouped by element, and right-handed.
        let again = super::one(Format::Poscar, &write_as(Format::Poscar, frame));
        assert_same(&format!("frame {k}"), &again, answer);
        if frame.arrays.iter().any(|(name, _)| name == "move_mask") && answer.get("mask").is_some() {
            assert_eq!(column(&again, "move_mask"), answer["mask"], "frame {k}");
        }
    }
}

#[test]
fn ase_and_lammps_read_what_natron_writes_as_lammps_data() {
    let frames = frames(20);
    let ase = written(Format::LammpsData, &["read", "lammps-data"], &frames);
    let lammps = written(Format::LammpsData, &["lammps"], &frames);
    for (name, answers) in [("ASE", ase), ("LAMMPS", lammps)] {
        for (k, (frame, answer)) in frames.iter().zip(answers.iter().flatten()).enumerate() {
            assert_turned(&format!("{name}, frame {k}"), answer, frame);
        }
    }
}
