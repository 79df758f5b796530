//! The real dumps as ASE, dpdata and numpy read them.

use std::path::Path;

use natron_io::{SourceFrame, StructureFile};
use serde_json::Value;

use super::{read, real};
use crate::oracle::ask_with;

/// Constants of nature differ by 1e-8 between the programs, and by 9e-8 from those of CODATA 2006 that ASE takes for pw.x.
const RELATIVE: f64 = 1.5e-7;

fn near(what: &str, found: f64, expected: f64, absolute: f64) {
    assert!(
        (found - expected).abs() <= absolute + RELATIVE * expected.abs(),
        "{what}: {found} is not {expected}"
    );
}

fn rows(value: &Value) -> Vec<[f64; 3]> {
    let row = |row: &Value| std::array::from_fn(|k| row[k].as_f64().expect("a number"));
    value.as_array().expect("rows").iter().map(row).collect()
}

fn compare(place: &str, source: &SourceFrame, answer: &Value) {
    let frame = &source.frame;
    let symbols: Vec<&str> = frame.structure.species.iter().map(|s| s.symbol()).collect();
    assert_eq!(serde_json::json!(symbols), answer["symbols"], "{place}");
    let cell = rows(&answer["cell"]);
    for (i, row) in cell.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            near(&format!("{place} cell"), frame.structure.cell.rows()[(i, j)], *x, 1e-9);
        }
    }
    for (position, expected) in frame.structure.positions.iter().zip(rows(&answer["positions"])) {
        // Some wrap atoms into the cell.
        let cell = &frame.structure.cell;
        let shift = cell.fractional(&(position - natron_atoms::Vec3::from(expected)));
        let rest = cell.cartesian(&(shift - shift.map(f64::round)));
        assert!(rest.norm() < 1e-7, "{place}: {position:?} is not {expected:?}");
    }
    let labels = &frame.labels;
    for (key, found) in [("energy", labels.energy_ev), ("free_energy", labels.free_energy_ev)] {
        if let Some(expected) = answer.get(key).and_then(Value::as_f64) {
            near(
                &format!("{place} {key}"),
                found.unwrap_or_else(|| panic!("{place}: no {key}")),
                expected,
                1e-9,
            );
        }
    }
    match (answer["forces"].is_null(), &labels.forces) {
        (true, None) => (),
        (false, Some(forces)) => {
            for (force, expected) in forces.iter().zip(rows(&answer["forces"])) {
                for k in 0..3 {
                    near(&format!("{place} force"), force[k], expected[k], 1e-9);
                }
            }
        }
        _ => panic!("{place}: forces on one side only"),
    }
    match (answer["virial"].is_null(), &labels.virial_ev) {
        (true, None) => (),
        (false, Some(virial)) => {
            for (i, row) in rows(&answer["virial"]).iter().enumerate() {
                for (j, x) in row.iter().enumerate() {
                    // VASP's stress is symmetric to some 1e-2 kB only: ASE takes the upper triangle, natron the mean.
                    near(&format!("{place} virial"), virial[(i, j)], *x, if i == j { 1e-6 } else { 1e-3 });
                }
            }
        }
        _ => panic!("{place}: a virial on one side only"),
    }
}

fn agree(file: &str, question: &[&str]) -> Option<StructureFile> {
    let path = real(file)?;
    let mut arguments: Vec<&Path> = question.iter().map(Path::new).collect();
    arguments.push(&path);
    let answer = ask_with("dumps.py", &arguments)?;
    let answers = answer.as_array().expect("frames");
    let found = read(&path);
    assert_eq!(found.frames.len(), answers.len(), "{file}");
    assert!(!answers.is_empty(), "{file}");
    for (number, (frame, answer)) in found.frames.iter().zip(answers).enumerate() {
        compare(&format!("{file} frame {number}"), frame, answer);
    }
    Some(found)
}

#[test]
fn outcars_are_what_ase_and_dpdata_read() {
    for name in ["dumps/OUTCAR.li_graphene", "dumps/poscars__OUTCAR.h2o.md.10"] {
        agree(name, &["ase", "vasp-out"]);
        agree(name, &["dpdata", "vasp/outcar"]);
    }
}

#[test]
fn vaspruns_are_what_ase_reads() {
    for name in ["dumps/poscars__vasprun.h2o.md.10.xml", "dumps/poscars__vasprun.h2o.md.tribox.xml"] {
        agree(name, &["ase", "vasp-xml"]);
    }
}

#[test]
fn cp2k_is_what_dpdata_reads() {
    agree("dumps/cp2k__cp2k_normal_output__cp2k_output", &["dpdata", "cp2k/output"]);
}

#[test]
fn pw_output_is_what_ase_reads() {
    agree("dumps/qe.scf__01.out", &["ase", "espresso-out"]);
}

#[test]
fn deepmd_is_what_numpy_reads() {
    agree("liquid_na/deepmd_Na128", &["deepmd"]);
}

/// The numbers of atoms in this file sum to 48 for 41 positions: a converter wrote 8 for the one yttrium.
#[test]
fn ml_ab_is_what_its_text_says() {
    let Some(path) = real("dumps/ML_AB") else { return };
    let error = natron_io::read_structures(&path, None).expect_err("the file contradicts itself");
    assert_eq!((error.line, &error.path), (Some(64), &path));
    assert!(error.message.contains("sum to 48, but there are 41 positions"), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    let right = folder.path().join("ML_AB");
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(&right, text.replace("\nY      8\n", "\nY      1\n")).expect("writes");
    let Some(answer) = ask_with("dumps.py", &[Path::new("ml_ab"), &right]) else { return };
    let found = read(&right);
    let answers = answer.as_array().expect("configurations");
    assert_eq!((found.frames.len(), answers.len()), (134, 134));
    for (number, (source, answer)) in found.frames.iter().zip(answers).enumerate() {
        let place = format!("configuration {}", number + 1);
        let mut labelled = answer.clone();
        labelled["virial"] = Value::Null;
        compare(&place, source, &labelled);
        let numbers = answer["stress"].as_array().expect("numbers");
        let stress: Vec<f64> = numbers.iter().filter_map(Value::as_f64).collect();
        assert!(stress.iter().all(|x| *x == 0.0), "{place}: a stress that should have been read");
        let why: Vec<&str> = source.missing.iter().map(|m| m.why.as_str()).collect();
        let of_stress =
            if stress.is_empty() { "the section is empty" } else { "all six numbers of the stress are zero" };
        assert!(why.contains(&of_stress), "{place}: {why:?}");
        assert_eq!(super::missing(source).len(), 2, "{place}: energy and virial");
    }
}
