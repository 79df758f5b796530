//! The searches against each other and against a plain loop over images.

use super::*;
use crate::Species;
use proptest::prelude::*;

/// Every image of every atom, from the definition.
fn naive(structure: &Structure, reach_a: f64) -> Vec<Vec<(usize, [i32; 3])>> {
    let cell = &structure.cell;
    let heights = cell.heights_a();
    let fractional: Vec<Vec3> = structure.positions.iter().map(|p| cell.fractional(p)).collect();
    let row = |i: usize| {
        let mut row = Vec::new();
        for j in 0..structure.len() {
            let range = |k: usize| {
                if !cell.periodic()[k] {
                    return 0..=0;
                }
                let (gap, width) = (fractional[j][k] - fractional[i][k], reach_a / heights[k] + 1.0);
                (-gap - width).floor() as i32..=(-gap + width).ceil() as i32
            };
            for a in range(0) {
                for b in range(1) {
                    for c in range(2) {
                        let image = [a, b, c];
                        let vector = structure.positions[j] - structure.positions[i] + cell.offset(image);
                        if (i, [0; 3]) != (j, image) && vector.norm() < reach_a {
                            row.push((j, image));
                        }
                    }
                }
            }
        }
        row
    };
    (0..structure.len()).map(row).collect()
}

fn list_with(structure: &Structure, reach_a: f64, algorithm: Algorithm) -> Vec<Vec<(usize, [i32; 3])>> {
    let mut list = NeighbourList::build(&empty(), reach_a, 0.0).expect("no atoms");
    list.rebuild_with(structure, algorithm).expect("a sane structure");
    (0..structure.len()).map(|i| list.candidates(i).collect()).collect()
}

fn empty() -> Structure {
    Structure::new(Cell::open(), Vec::new(), Vec::new()).expect("no atoms")
}

prop_compose! {
    /// Up to 40 atoms in, around and far outside a triclinic cell with edges of 2 to 9 A.
    pub(super) fn any_structure()(
        diagonal in prop::array::uniform3(2.0..9.0_f64),
        shear in prop::array::uniform6(-2.0..2.0_f64),
        periodic in prop::array::uniform3(any::<bool>()),
        fractional in prop::collection::vec(prop::array::uniform3(-2.5..2.5_f64), 0..40),
    ) -> Structure {
        let [a, b, c] = diagonal;
        let [s, t, u, v, w, x] = shear.map(|e| 0.45 * e);
        let cell = Cell::new([[a, s, t], [u, b, v], [w, x, c]], periodic).expect("diagonally dominant");
        let positions: Vec<Vec3> = fractional.iter().map(|f| cell.cartesian(&Vec3::from(*f))).collect();
        Structure::new(cell, vec![Species::C; positions.len()], positions).expect("finite")
    }
}

/// No pair within rounding of the reach, nor more atoms than the limit on density lets through.
fn clear_cut(structure: &Structure, reach_a: f64) -> bool {
    let near = naive(structure, reach_a * (1.0 + 1e-9));
    let max_row = (4.2 * reach_a.powi(3)).max(64.0) as usize;
    let short = naive(structure, reach_a * (1.0 - 1e-9));
    near == short && near.iter().all(|row| row.len() < max_row) && structure.cell.volume_a3() > 41.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn both_searches_are_the_naive_one(structure in any_structure(), reach_a in 0.5..7.0_f64) {
        prop_assume!(clear_cut(&structure, reach_a));
        let expected = naive(&structure, reach_a);
        prop_assert_eq!(&list_with(&structure, reach_a, Algorithm::Direct), &expected);
        prop_assert_eq!(&list_with(&structure, reach_a, Algorithm::Linked), &expected);
    }

    #[test]
    fn a_shift_of_everything_changes_nothing(
        structure in any_structure(), reach_a in 0.5..6.0_f64, shift in prop::array::uniform3(-30.0..30.0_f64),
    ) {
        prop_assume!(clear_cut(&structure, reach_a));
        let mut shifted = structure.clone();
        shifted.positions.iter_mut().for_each(|p| *p += Vec3::from(shift));
        for algorithm in [Algorithm::Direct, Algorithm::Linked] {
            prop_assert_eq!(list_with(&shifted, reach_a, algorithm), list_with(&structure, reach_a, algorithm));
        }
    }

    #[test]
    fn an_atom_in_another_image_changes_images_alone(
        structure in any_structure(), reach_a in 0.5..6.0_f64,
        moved in any::<prop::sample::Index>(), by in prop::array::uniform3(-3..4_i32),
    ) {
        prop_assume!(clear_cut(&structure, reach_a) && !structure.is_empty());
        let moved = moved.index(structure.len());
        let by: [i32; 3] = std::array::from_fn(|k| if structure.cell.periodic()[k] { by[k] } else { 0 });
        let mut other = structure.clone();
        other.positions[moved] += structure.cell.offset(by);
        let mut expected = naive(&structure, reach_a);
        for (i, row) in expected.iter_mut().enumerate() {
            for (j, image) in row.iter_mut() {
                let sign = i32::from(i == moved) - i32::from(*j == moved);
                *image = std::array::from_fn(|k| image[k] + sign * by[k]);
            }
        }
        prop_assert_eq!(&list_with(&other, reach_a, Algorithm::Direct), &expected);
        prop_assert_eq!(&list_with(&other, reach_a, Algorithm::Linked), &expected);
    }

    #[test]
    fn a_permutation_of_atoms_permutes_the_list(
        (structure, order) in any_structure().prop_flat_map(|s| {
            let order: Vec<usize> = (0..s.len()).collect();
            (Just(s), Just(order).prop_shuffle())
        }),
        reach_a in 0.5..6.0_f64,
    ) {
        prop_assume!(clear_cut(&structure, reach_a));
        let mut other = structure.clone();
        other.positions = order.iter().map(|&k| structure.positions[k]).collect();
        let renamed = list_with(&other, reach_a, Algorithm::Linked);
        for (row, &i) in renamed.iter().zip(&order) {
            let mut row: Vec<_> = row.iter().map(|&(j, image)| (order[j], image)).collect();
            row.sort_unstable();
            prop_assert_eq!(&row, &list_with(&structure, reach_a, Algorithm::Linked)[i]);
        }
    }

    #[test]
    fn whoever_sees_is_seen(structure in any_structure(), reach_a in 0.5..6.0_f64) {
        prop_assume!(structure.cell.volume_a3() > 41.0);
        for algorithm in [Algorithm::Direct, Algorithm::Linked] {
            let mut list = NeighbourList::build(&empty(), reach_a, 0.0).expect("no atoms");
            if list.rebuild_with(&structure, algorithm).is_err() {
                continue;
            }
            for i in 0..structure.len() {
                for (j, image) in list.candidates(i) {
                    let back = (i, image.map(|k| -k));
                    prop_assert_eq!(list.candidates(j).filter(|&pair| pair == back).count(), 1);
                }
            }
        }
    }
}

#[test]
fn rebuilding_keeps_the_buffers() {
    let atom = |k: usize| Vec3::new((k % 7) as f64, (k / 7 % 7) as f64, (k / 49) as f64) * 2.1;
    let cell = Cell::new([[14.7, 0.0, 0.0], [0.0, 14.7, 0.0], [0.0, 0.0, 14.7]], [true; 3]).expect("a cube");
    let mut structure =
        Structure::new(cell, vec![Species::C; 343], (0..343).map(atom).collect()).expect("finite");
    let mut list = NeighbourList::build(&structure, 5.0, 0.0).expect("fits");
    let places = |list: &NeighbourList| {
        let rows = &list.rows;
        [
            rows.first.as_ptr().addr(),
            rows.index.as_ptr().addr(),
            rows.image.as_ptr().addr(),
            list.images.offset.as_ptr().addr(),
            list.images.home.as_ptr().addr(),
            list.opposite.as_ptr().addr(),
            list.order.as_ptr().addr(),
            list.work.found.index.as_ptr().addr(),
            list.built_for.positions.as_ptr().addr(),
        ]
    };
    let before = places(&list);
    for position in &mut structure.positions {
        *position += Vec3::new(20.0, -3.0, 0.7);
    }
    assert!(list.update(&structure).expect("fits"));
    assert_eq!(places(&list), before);
}
