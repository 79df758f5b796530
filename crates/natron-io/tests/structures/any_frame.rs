//! Random frames of the kind that these formats can hold.

use natron_atoms::{AtomArray, Cell, Frame, Species, Structure, Vec3};
use proptest::collection::vec;
use proptest::prelude::*;

/// Cells of any orientation; both hands.
fn cell() -> impl Strategy<Value = Cell> {
    let entries = prop::array::uniform9(-1.5..1.5_f64);
    (entries, any::<bool>(), 0..3_usize).prop_map(|(x, left, turn)| {
        let mut rows = [[7.0 + x[0], x[1], x[2]], [x[3], 5.0 + x[4], x[5]], [x[6], x[7], 9.0 + x[8]]];
        rows.rotate_left(turn);
        if left {
            rows.swap(0, 1);
        }
        Cell::new(rows, [true; 3]).expect("the vectors span a volume")
    })
}

fn vectors(atoms: usize, size: f64) -> impl Strategy<Value = Vec<Vec3>> {
    vec(prop::array::uniform3(-size..size).prop_map(Vec3::from), atoms)
}

prop_compose! {
    /// Atoms inside and outside of the cell, of elements in any order, perhaps with velocities, charges and flags.
    pub fn any_frame()(atoms in 1..9_usize)(
        cell in cell(),
        numbers in vec(prop_oneof![Just(6_u8), Just(11), 1..100_u8], atoms),
        positions in vectors(atoms, 30.0),
        velocities in prop::option::of(vectors(atoms, 0.05)),
        charges in prop::option::of(vec(-2.0..2.0_f64, atoms)),
        mask in prop::option::of(vec(any::<bool>(), 3 * atoms)),
    ) -> Frame {
        let species = numbers.into_iter().map(|n| Species::from_number(n).expect("an element")).collect();
        let mut frame = Frame::new(Structure::new(cell, species, positions).expect("finite"));
        frame.velocities = velocities;
        let charges = charges.map(|values| ("initial_charges".to_owned(), AtomArray::Real { columns: 1, values }));
        let mask = mask.map(|values| ("move_mask".to_owned(), AtomArray::Bool { columns: 3, values }));
        frame.arrays = charges.into_iter().chain(mask).collect();
        frame
    }
}
