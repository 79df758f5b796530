//! How far apart two descriptions of a structure are.

use natron_atoms::{Cell, Frame, Vec3};
use serde_json::Value;

/// Everything is compared to this, A (and A/fs).
pub const TOLERANCE: f64 = 1e-10;

/// Vectors of a JSON array.
pub fn vectors(value: &Value) -> Vec<Vec3> {
    let rows = value.as_array().expect("an array of vectors");
    let number = |row: &Value, k: usize| row[k].as_f64().expect("a number");
    rows.iter().map(|row| Vec3::new(number(row, 0), number(row, 1), number(row, 2))).collect()
}

/// The cell of an answer.
pub fn cell(answer: &Value) -> Cell {
    let rows = vectors(&answer["cell"]);
    Cell::new(std::array::from_fn(|k| rows[k].into()), [true; 3]).expect("a cell")
}

/// Fails unless all pairs of vectors agree.
pub fn assert_close(what: &str, found: &[Vec3], expected: &[Vec3]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).norm() < TOLERANCE, "{what} {k}: {a:?} is not {b:?}");
    }
}

/// Fails unless a frame is what an oracle says.
pub fn assert_same(name: &str, frame: &Frame, answer: &Value) {
    let structure = &frame.structure;
    let symbols: Vec<&str> = structure.species.iter().map(|s| s.symbol()).collect();
    assert_eq!(serde_json::json!(symbols), answer["symbols"], "{name}");
    let rows: Vec<Vec3> = (0..3).map(|k| structure.cell.vector(k)).collect();
    assert_close(&format!("{name}: cell"), &rows, &vectors(&answer["cell"]));
    assert_close(&format!("{name}: positions"), &structure.positions, &vectors(&answer["positions"]));
    if let Some(expected) = answer.get("velocities").filter(|v| !v.is_null()) {
        let velocities = frame.velocities.as_ref().unwrap_or_else(|| panic!("{name} has velocities"));
        assert_close(&format!("{name}: velocities"), velocities, &vectors(expected));
    }
}

/// Fails unless an oracle holds the same lattice and atoms, turned as it may be, lattice vectors kept (`sign` 1) or
/// all turned round (-1).
pub fn assert_turned(name: &str, answer: &Value, frame: &Frame) {
    let (theirs, ours) = (cell(answer), &frame.structure.cell);
    let sign = if ours.rows().determinant() < 0.0 { -1.0 } else { 1.0 };
    let gram = |cell: &Cell| cell.rows() * cell.rows().transpose();
    assert!((gram(&theirs) - gram(ours)).norm() < 100.0 * TOLERANCE, "{name}: another lattice");
    // What the oracle holds, in our directions: fractional coordinates do not see a turn.
    let back = |v: &Vec3| ours.cartesian(&(sign * theirs.fractional(v)));
    let turned = |key: &str| vectors(&answer[key]).iter().map(back).collect::<Vec<_>>();
    let positions = turned("positions");
    let shift = positions[0] - frame.structure.positions[0];
    let expected: Vec<Vec3> = frame.structure.positions.iter().map(|p| p + shift).collect();
    assert_close(&format!("{name}: positions"), &positions, &expected);
    let whole = ours.fractional(&shift);
    assert!(
        (whole - whole.map(f64::round)).norm() < TOLERANCE,
        "{name}: moved by a part of the cell, {whole:?}"
    );
    if let Some(velocities) = &frame.velocities {
        assert_close(&format!("{name}: velocities"), &turned("velocities"), velocities);
    }
}

/// Fails unless every atom has its like in the answer at the same place of the lattice, whatever the order.
pub fn assert_same_crystal(name: &str, frame: &Frame, answer: &Value) {
    let structure = &frame.structure;
    let rows: Vec<Vec3> = (0..3).map(|k| structure.cell.vector(k)).collect();
    assert_close(&format!("{name}: cell"), &rows, &vectors(&answer["cell"]));
    let mut left = vectors(&answer["positions"]);
    let mut symbols = answer["symbols"].as_array().expect("symbols").clone();
    assert_eq!(structure.len(), left.len(), "{name}");
    for (species, position) in structure.species.iter().zip(&structure.positions) {
        let apart = |other: &Vec3| {
            let fractional = structure.cell.fractional(&(position - other));
            structure.cell.cartesian(&(fractional - fractional.map(f64::round))).norm()
        };
        let found = (0..left.len()).find(|&k| symbols[k] == species.symbol() && apart(&left[k]) < TOLERANCE);
        let found = found.unwrap_or_else(|| panic!("{name}: no {species} at {position:?}"));
        left.swap_remove(found);
        symbols.swap_remove(found);
    }
}
