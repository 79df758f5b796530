//! What natron writes it reads back.

use natron_atoms::{AtomArray, Cell, Frame, Species, Structure, Vec3};
use natron_io::Format;
use proptest::prelude::*;

use super::any_frame::any_frame;
use super::compare::TOLERANCE;
use super::{one, write_as};

/// A frame with its atoms grouped by element, as POSCAR needs them, and its cell right-handed.
fn grouped(frame: &Frame) -> Frame {
    let species = &frame.structure.species;
    let first = |atom: usize| species.iter().position(|s| *s == species[atom]);
    let mut order: Vec<usize> = (0..species.len()).collect();
    order.sort_by_key(|&atom| first(atom));
    let pick = |vectors: &Vec<Vec3>| order.iter().map(|&k| vectors[k]).collect::<Vec<_>>();
    let rows = frame.structure.cell.rows();
    let sign = if rows.determinant() < 0.0 { -1.0 } else { 1.0 };
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| sign * rows[(i, j)]));
    let structure = Structure::new(
        Cell::new(rows, [true; 3]).expect("a cell"),
        order.iter().map(|&k| species[k]).collect(),
        pick(&frame.structure.positions),
    );
    let mut out = Frame::new(structure.expect("the same atoms"));
    out.velocities = frame.velocities.as_ref().map(pick);
    for (name, array) in &frame.arrays {
        if let AtomArray::Bool { columns, values } = array {
            let values =
                order.iter().flat_map(|&k| values[columns * k..columns * (k + 1)].to_vec()).collect();
            out.arrays.push((name.clone(), AtomArray::Bool { columns: *columns, values }));
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn poscar_bit_for_bit(frame in any_frame()) {
        let mut again = one(Format::Poscar, &write_as(Format::Poscar, &frame));
        again.info.clear();
        prop_assert_eq!(again, grouped(&frame));
    }

    #[test]
    fn lammps_data_but_for_a_turn(frame in any_frame()) {
        let text = write_as(Format::LammpsData, &frame);
        let again = one(Format::LammpsData, &text);
        prop_assert_eq!(&again.structure.species, &frame.structure.species);
        let (new, old) = (&again.structure.cell, &frame.structure.cell);
        let sign = if old.rows().determinant() < 0.0 { -1.0 } else { 1.0 };
        prop_assert!((new.volume_a3() - old.volume_a3()).abs() < 100.0 * TOLERANCE);
        let back = |v: &Vec3| old.cartesian(&(sign * new.fractional(v)));
        let shift = back(&again.structure.positions[0]) - frame.structure.positions[0];
        for (a, b) in again.structure.positions.iter().zip(&frame.structure.positions) {
            prop_assert!((back(a) - b - shift).norm() < TOLERANCE, "{}", text);
        }
        prop_assert_eq!(again.velocities.is_some(), frame.velocities.is_some());
        for (a, b) in again.velocities.iter().flatten().zip(frame.velocities.iter().flatten()) {
            prop_assert!((back(a) - b).norm() < TOLERANCE, "{}", text);
        }
        let charges = |frame: &Frame| frame.arrays.iter().find(|(n, _)| n == "initial_charges").cloned();
        prop_assert_eq!(charges(&again), charges(&frame));
        // A box that lies as LAMMPS wants it is written as it is.
        let third = one(Format::LammpsData, &write_as(Format::LammpsData, &again));
        prop_assert_eq!(third.structure.cell, again.structure.cell);
    }

    #[test]
    fn no_reader_panics_on_damaged_text(
        frame in any_frame(), cut in 0.0..1.0_f64, at in 0.0..1.0_f64, junk in "[ -~\n]{0,12}", which in 0..3_usize
    ) {
        let mut text = match which {
            0 => write_as(Format::Poscar, &frame),
            1 => write_as(Format::LammpsData, &frame),
            _ => super::small::CIF.to_owned(),
        };
        let place = |x: f64, text: &str| {
            let mut k = (x * text.len() as f64) as usize;
            while !text.is_char_boundary(k) { k -= 1; }
            k
        };
        let at = place(at, &text);
        text.insert_str(at, &junk);
        let cut = place(cut, &text);
        for text in [&text[..], &text[..cut], &text[cut..]] {
            for format in Format::ALL {
                if let Err(error) = super::read_as(format, text) {
                    prop_assert!(!error.help.is_empty(), "{}", error);
                }
            }
        }
    }
}

#[test]
fn a_partly_periodic_cell_keeps_its_directions_in_lammps_data() {
    let cell =
        Cell::new([[4.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 6.0]], [true, true, false]).expect("a cell");
    let frame =
        Frame::new(Structure::new(cell, vec![Species::NA], vec![Vec3::new(9.0, 1.0, 2.0)]).expect("an atom"));
    assert_eq!(one(Format::LammpsData, &write_as(Format::LammpsData, &frame)), frame);
}

#[test]
fn a_cluster_gets_a_box_in_lammps_data_and_none_in_poscar() {
    let positions = vec![Vec3::new(0.0, 0.0, 0.0), Vec3::new(1.0, 2.0, -3.0)];
    let frame = Frame::new(Structure::new(Cell::open(), vec![Species::NA; 2], positions).expect("two atoms"));
    let again = one(Format::LammpsData, &write_as(Format::LammpsData, &frame));
    assert_eq!(again.structure.cell.periodic(), [false; 3]);
    assert_eq!(again.structure.positions[1] - again.structure.positions[0], Vec3::new(1.0, 2.0, -3.0));
    let error = natron_io::write_structures(&mut Vec::new(), Format::Poscar, &[frame]).expect_err("no cell");
    assert!(error.to_string().contains("POSCAR needs a cell"), "{error}");
}
