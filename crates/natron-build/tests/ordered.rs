//! Crystals, layers and pores against what is known of them.

use natron_atoms::units::AMU_PER_A3_IN_G_PER_CM3;
use natron_atoms::{NeighbourList, Species, Structure};
use natron_build::defects::vacancies;
use natron_build::lattice::{body_centred, diamond};
use natron_build::layers::{graphite, slit_pore, turbostratic, twist_degrees};
use natron_build::voids::distance_a;
use natron_build::{BuildError, Stacking};
use proptest::prelude::*;

/// Distances to the neighbours of an atom within a reach, sorted.
fn shell(structure: &Structure, atom: usize, reach_a: f64) -> Vec<f64> {
    let list = NeighbourList::build(structure, reach_a, 0.0).expect("a list");
    let mut found: Vec<f64> = list.neighbours(structure, atom).map(|n| n.distance_a).collect();
    found.sort_by(f64::total_cmp);
    found
}

fn density(structure: &Structure) -> f64 {
    let mass: f64 = structure.species.iter().map(|species| species.mass_amu()).sum();
    mass / structure.cell.volume_a3() * AMU_PER_A3_IN_G_PER_CM3
}

/// Every atom has this many neighbours within the reach, all at one distance.
fn all_bound(structure: &Structure, count: usize, bond_a: f64, reach_a: f64) {
    for atom in 0..structure.len() {
        let found = shell(structure, atom, reach_a);
        assert_eq!(found.len(), count, "atom {atom}: {found:?}");
        assert!(found.iter().all(|d| (d - bond_a).abs() < 1e-9), "atom {atom}: {found:?}");
    }
}

#[test]
fn graphite_has_its_bonds_density_and_stacking() {
    let ab = graphite(1.42, [3, 4], 2, 3.354, Stacking::Ab).expect("graphite");
    assert_eq!(ab.len(), 48);
    all_bound(&ab, 3, 1.42, 1.9);
    assert!((density(&ab) - 2.269).abs() < 0.005, "{}", density(&ab));
    // In AB every other atom has one above and one below; in AA all have, in ABC each has one of the two.
    let facing = |structure: &Structure| -> Vec<usize> {
        let near = |atom| shell(structure, atom, 3.36).iter().filter(|d| **d > 3.3).count();
        (0..structure.len()).map(near).collect()
    };
    let of = |layers, stacking| graphite(1.42, [3, 3], layers, 3.354, stacking).expect("graphite");
    assert_eq!(facing(&ab).iter().filter(|n| **n == 2).count(), 24);
    assert!(facing(&ab).iter().all(|n| [0, 2].contains(n)));
    assert!(facing(&of(2, Stacking::Aa)).iter().all(|n| *n == 2));
    assert!(facing(&of(3, Stacking::Abc)).iter().all(|n| *n == 1));
}

#[test]
fn a_slit_pore_is_as_wide_as_asked_for() {
    let pore = slit_pore(1.42, [4, 4], 2, 3.35, Stacking::Ab, 7.5).expect("a pore");
    all_bound(&pore, 3, 1.42, 1.9);
    let heights: Vec<f64> = pore.positions.iter().map(|p| p.z).collect();
    let top = heights.iter().copied().fold(0.0, f64::max);
    assert!((pore.cell.vector(2).z - top - 7.5).abs() < 1e-12);
}

/// 21.8, 32.2 and 13.2 degrees are the published commensurate angles of 14, 26 and 38 atoms a layer.
#[test]
fn turbostratic_layers_fit_the_cell_in_both_orientations() {
    for (supercell, atoms, angle) in [([2, 1], 14, 21.787), ([3, 1], 26, 32.204), ([3, 2], 38, 13.174)] {
        assert!((twist_degrees(supercell) - angle).abs() < 1e-3);
        let stack = turbostratic(1.42, supercell, 8, 3.44, (3, 0)).expect("a stack");
        assert_eq!(stack.len(), 8 * atoms);
        all_bound(&stack, 3, 1.42, 1.9);
    }
    let one = turbostratic(1.42, [2, 1], 6, 3.44, (3, 0)).expect("a stack");
    assert_eq!(one, turbostratic(1.42, [2, 1], 6, 3.44, (3, 0)).expect("a stack"), "the same key");
    assert_ne!(one, turbostratic(1.42, [2, 1], 6, 3.44, (3, 1)).expect("a stack"), "another replica");
    // Both orientations occur: bonds of a layer point along three directions, those of the other are turned by 21.8 degrees.
    let direction = |layer: usize| {
        let (first, second) = (one.positions[14 * layer], one.positions[14 * layer + 1]);
        let step = one.cell.fractional(&(second - first));
        let step = one.cell.cartesian(&step.map(|x| x - x.round()));
        step.y.atan2(step.x).to_degrees().rem_euclid(60.0)
    };
    let mut directions: Vec<i64> = (0..6).map(|layer| direction(layer).round() as i64).collect();
    directions.sort_unstable();
    directions.dedup();
    assert_eq!(directions.len(), 2, "{directions:?}");
}

#[test]
fn crystals_have_their_neighbours() {
    let carbon = diamond(Species::C, 3.567, [2, 1, 2]).expect("diamond");
    all_bound(&carbon, 4, 3.567 * 3.0_f64.sqrt() / 4.0, 1.9);
    assert!((density(&carbon) - 3.515).abs() < 0.005);
    let sodium = body_centred(Species::NA, 4.2, [2, 3, 2]).expect("bcc");
    assert_eq!(sodium.len(), 24);
    all_bound(&sodium, 8, 4.2 * 3.0_f64.sqrt() / 2.0, 3.9);
}

#[test]
fn vacancies_keep_their_distance_or_are_refused() {
    let host = graphite(1.42, [6, 6], 2, 3.35, Stacking::Ab).expect("graphite");
    let holed = vacancies(&host, 9, 3.0, (1, 0)).expect("they fit");
    assert_eq!(holed.len(), host.len() - 9);
    let gone: Vec<_> = host.positions.iter().filter(|p| !holed.positions.contains(p)).collect();
    assert_eq!(gone.len(), 9);
    for (k, a) in gone.iter().enumerate() {
        assert!(gone[..k].iter().all(|b| distance_a(&host.cell, a, b) >= 3.0));
    }
    assert!(matches!(vacancies(&host, 60, 3.0, (1, 0)), Err(BuildError::Vacancies { wanted: 60, .. })));
    let all = vacancies(&host, host.len(), 0.0, (1, 0));
    assert!(matches!(all, Err(BuildError::Vacancies { .. })), "somebody must stay");
}

proptest! {
    /// The nearest image, against the neighbour list, in the skewed cell of a layer.
    #[test]
    fn distances_go_through_the_nearest_image(
        a in prop::array::uniform3(-1.0..2.0f64), b in prop::array::uniform3(-1.0..2.0f64),
    ) {
        let mut pair = graphite(1.42, [3, 3], 2, 3.35, Stacking::Ab).expect("graphite");
        pair.species.truncate(2);
        pair.positions = [a, b].map(|p| pair.cell.cartesian(&p.into())).to_vec();
        let found = distance_a(&pair.cell, &pair.positions[0], &pair.positions[1]);
        let list = NeighbourList::build(&pair, 8.0, 0.0).expect("a list");
        let nearest = list.neighbours(&pair, 0).filter(|n| n.index == 1).map(|n| n.distance_a).fold(9.0, f64::min);
        prop_assert!((found - nearest).abs() < 1e-9, "{found} {nearest}");
    }
}
