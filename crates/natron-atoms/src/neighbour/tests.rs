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
}

#[test]
#[ignore = "prints timings"]
#[allow(clippy::print_stderr)]
fn timing() {
    for side in [4_usize, 6, 8, 10, 13, 20] {
        let (n, edge) = (side.pow(3), 2.52 * side as f64);
        let wobble = |k: usize| ((k * 7919) % 1000) as f64 * 1e-3;
        let positions = (0..n)
            .map(|k| {
                Vec3::new((k % side) as f64, (k / side % side) as f64, (k / side / side) as f64) * 2.52
                    + Vec3::new(wobble(k), wobble(k + 3), wobble(k + 11))
            })
            .collect();
        let cell =
            Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cube");
        let structure = Structure::new(cell, vec![Species::C; n], positions).expect("finite");
        for reach in [6.0, 8.0] {
            let mut list = NeighbourList::build(&structure, reach, 0.0).expect("fits");
            for algorithm in [Algorithm::Direct, Algorithm::Linked] {
                if n > 3000 && algorithm == Algorithm::Direct {
                    continue;
                }
                let time_us = || {
                    let start = std::time::Instant::now();
                    list.rebuild_with(&structure, algorithm).expect("fits");
                    start.elapsed().as_secs_f64() * 1e6
                };
                let us = std::iter::repeat_with(time_us).take(30).fold(f64::INFINITY, f64::min);
                eprintln!(
                    "{n} atoms, reach {reach}: {algorithm:?} {us:.0} us, {:.2} us/atom, {} pairs",
                    us / n as f64,
                    list.pairs()
                );
            }
        }
    }
}
