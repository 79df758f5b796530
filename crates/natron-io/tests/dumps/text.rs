//! Single numbers of the real dumps as their text has them, converted by hand.

use natron_atoms::Mat3;
use natron_io::{Format, SkipReason};

use super::{missing, read, real, skipped};

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}

#[test]
fn with_smearing_the_free_energy_is_toten_and_the_energy_is_extrapolated() {
    let Some(path) = real("dumps/OUTCAR.li_graphene") else { return };
    let file = read(&path);
    let labels = &file.frames[0].frame.labels;
    let text = std::fs::read_to_string(&path).expect("reads");
    let after = |token: &str| -> f64 {
        let line = text.lines().rfind(|line| line.contains(token)).expect("the line");
        let rest = &line[line.find(token).expect("the token") + token.len()..];
        rest.trim_start_matches([' ', '='])
            .split_whitespace()
            .next()
            .expect("a word")
            .parse()
            .expect("a number")
    };
    close(labels.free_energy_ev.expect("TOTEN"), after("free  energy   TOTEN"));
    close(labels.energy_ev.expect("sigma -> 0"), after("energy(sigma->0)"));
    assert!(labels.energy_ev != labels.free_energy_ev, "this run has smearing");
    assert_eq!(file.format, Format::Outcar);
}

/// `in kB      -2.15814    -0.95564    -4.85014     0.35445    -0.97821     2.40095`, 1000 A^3, step 1: the cell is pulled together
/// (negative pressure), so that the virial is negative.
#[test]
fn the_virial_is_that_of_the_pressure_in_kilobar() {
    let Some(path) = real("dumps/poscars__OUTCAR.h2o.md.10") else { return };
    let virial = read(&path).frames[0].frame.labels.virial_ev.expect("a virial");
    let kbar =
        Mat3::new(-2.15814, 0.35445, 2.40095, 0.35445, -0.95564, -0.97821, 2.40095, -0.97821, -4.85014);
    let rows = Mat3::new(10.0, 0.0, 0.0, -0.011409, 10.0, 0.0, 0.1411083, -0.0595569, 10.0);
    let expected = kbar * (rows.determinant() / 1602.176634);
    assert!((virial - expected).norm() < 1e-9, "{virial} is not {expected}");
    // VASP prints the same in eV: `Total      -1.34701    -0.59646    -3.02722 ...`.
    assert!((virial[(0, 0)] + 1.34701).abs() < 2e-5 && (virial[(2, 2)] + 3.02722).abs() < 2e-5);
}

/// `! total energy = -16.15090531 Ry`, first force 0.01311095 Ry/bohr, stress 0.00001341 Ry/bohr^3, alat 18.897261 bohr.
#[test]
fn rydberg_and_bohr_are_converted() {
    let Some(path) = real("dumps/qe.scf__01.out") else { return };
    let file = read(&path);
    let (frame, labels) = (&file.frames[0].frame, &file.frames[0].frame.labels);
    close(labels.free_energy_ev.expect("an energy"), -16.15090531 * 13.605693122994);
    close(labels.forces.as_ref().expect("forces")[0].x, 0.01311095 * 13.605693122994 / 0.529177210903);
    let volume = (18.897261_f64 * 0.529177210903).powi(3);
    let unit = 13.605693122994 / 0.529177210903_f64.powi(3);
    close(labels.virial_ev.expect("a virial")[(0, 0)], 0.00001341 * unit * volume);
    close(frame.structure.positions[0].x, 0.5416460 * 18.897261 * 0.529177210903);
    assert_eq!((file.format, file.frames[0].line), (Format::PwOutput, 149));
}

/// `ENERGY| Total FORCE_EVAL = -1766.225653832774242`, force 0.00021561 hartree/bohr, -7.95728223 GPa.
#[test]
fn hartree_and_gigapascal_are_converted() {
    let Some(path) = real("dumps/cp2k__cp2k_normal_output__cp2k_output") else { return };
    let file = read(&path);
    let (frame, labels) = (&file.frames[0].frame, &file.frames[0].frame.labels);
    close(labels.free_energy_ev.expect("an energy"), -1766.225653832774 * 27.211386245988);
    close(labels.forces.as_ref().expect("forces")[0].x, 0.00021561 * 27.211386245988 / 0.529177210903);
    let volume = frame.structure.cell.volume_a3();
    close(labels.virial_ev.expect("a virial")[(0, 0)], -7.95728223 * volume / 160.2176634);
    assert_eq!(frame.structure.positions[0].z, 1.992808);
    assert_eq!((file.format, frame.structure.len()), (Format::Cp2kOutput, 30));
}

#[test]
fn deepmd_has_an_energy_and_no_word_on_which() {
    let Some(path) = real("liquid_na/deepmd_Na128") else { return };
    let file = read(&path);
    assert!(file.frames.iter().all(|f| f.frame.labels.free_energy_ev.is_none() && missing(f).is_empty()));
    // The same data as extended XYZ: another program's reading of the same calculations.
    let other = read(&real("liquid_na/train.extxyz").expect("there"));
    let energies = |file: &natron_io::StructureFile| -> Vec<f64> {
        let mut list: Vec<f64> = file.frames.iter().filter_map(|f| f.frame.labels.energy_ev).collect();
        list.sort_by(f64::total_cmp);
        list
    };
    let (deepmd, mut xyz) = (energies(&file), energies(&other));
    assert_eq!(deepmd.len(), file.frames.len());
    xyz.extend(energies(&read(&real("liquid_na/validation.extxyz").expect("there"))));
    let found = deepmd.iter().filter(|e| xyz.iter().any(|x| (x - *e).abs() < 1e-4)).count();
    assert!(found * 10 >= 9 * deepmd.len(), "{found} of {} energies are in the extended XYZ", deepmd.len());
}

/// NELM = 1 and a last change of 18 eV: VASP 5 says that EDIFF is reached all the same.
#[test]
fn a_run_of_one_electronic_step_is_no_label() {
    let Some(path) = real("dumps/poscars__OUTCAR.ch4.1step") else { return };
    let file = read(&path);
    assert_eq!((file.frames.len(), skipped(&file)), (0, vec![(SkipReason::Unconverged, 455)]));
    assert!(file.skipped[0].text.contains("NELM = 1"), "{:?}", file.skipped);
}

#[test]
fn nothing_of_the_real_dumps_is_skipped() {
    for name in [
        "OUTCAR.li_graphene",
        "poscars__OUTCAR.h2o.md.10",
        "qe.scf__01.out",
        "poscars__vasprun.h2o.md.10.xml",
        "poscars__vasprun.h2o.md.tribox.xml",
        "cp2k__cp2k_normal_output__cp2k_output",
    ] {
        let Some(path) = real(&format!("dumps/{name}")) else { return };
        let file = read(&path);
        assert_eq!(skipped(&file), Vec::<(SkipReason, usize)>::new(), "{name}");
        assert!(
            file.frames.iter().all(|frame| missing(frame).is_empty()),
            "{name}: {:?}",
            file.frames[0].missing
        );
    }
}
