//! Insertion into voids, on argon, whose crystal is known.

use natron_atoms::{Cell, Species, Structure, Vec3};
use natron_build::insert::{Insertion, ladder};
use natron_build::random::{Purpose, Stream};
use natron_build::relax::{self, Relaxation, Shaking};
use natron_build::voids::{Clearance, distance_a, place};
use natron_build::{BuildError, closest_contacts, lattice};
use natron_dynamics::plan::Coupling;
use natron_potential::LennardJones;

const ARGON: LennardJones = LennardJones { epsilon_ev: 0.0103, sigma_a: 3.4, cutoff_a: 6.5 };
/// Edge of the cubic cell, A.
const EDGE_A: f64 = 5.26;

/// A face-centred crystal of 32 atoms.
fn argon() -> Structure {
    let edge = 2.0 * EDGE_A;
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { edge } else { 0.0 }));
    let cell = Cell::new(rows, [true; 3]).expect("a cell");
    let mut positions = Vec::new();
    for corner in 0..8 {
        let corner = Vec3::from([corner & 1, corner >> 1 & 1, corner >> 2].map(f64::from));
        for basis in [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]] {
            positions.push((corner + Vec3::from(basis)) * EDGE_A);
        }
    }
    let argon = Species::from_symbol("Ar").expect("an element");
    Structure::new(cell, vec![argon; 32], positions).expect("a structure")
}

fn still(cell: Option<(Coupling, f64)>) -> Relaxation {
    Relaxation { force_max_ev_per_a: 1e-4, max_steps: 5000, dynamics: None, cell }
}

fn insertion(trials: usize, own_a: f64) -> Insertion {
    Insertion {
        species: Species::from_symbol("Ar").expect("an element"),
        clearance: Clearance { host_a: 3.0, own_a },
        trials,
        trial: still(None),
        settle: Relaxation {
            dynamics: Some(Shaking { temperature_k: 5.0, duration_ps: 0.1, timestep_fs: 2.0 }),
            ..still(None)
        },
        key: (1, 0),
    }
}

/// The vacancy of a crystal is the only void, and filling it gives the crystal back.
#[test]
fn an_atom_finds_the_vacancy_of_a_crystal() {
    let whole = relax::run(&still(None).plan(1).expect("a plan"), 0, argon(), &ARGON, &|| false)
        .expect("it is at rest");
    let mut holed = argon();
    holed.species.pop();
    let gone = holed.positions.pop().expect("an atom");
    let filled = insertion(3, 3.0).fill(&holed, 32, &ARGON, &|| false).expect("there is a void");
    assert_eq!(filled.structure.len(), 32);
    assert!((filled.energy_ev - whole.energy_ev).abs() < 1e-4, "{} {}", filled.energy_ev, whole.energy_ev);
    let placed = filled.structure.positions[31];
    assert!(distance_a(&holed.cell, &placed, &gone) < 0.2);
    let again = insertion(3, 3.0).fill(&holed, 32, &ARGON, &|| false).expect("the same key");
    assert_eq!(again, filled);
}

#[test]
fn a_full_crystal_has_no_void() {
    let error = insertion(2, 3.0).fill(&argon(), 33, &ARGON, &|| false).expect_err("it is full");
    assert!(matches!(error, BuildError::NoVoid { atom: 1, wanted: 1, .. }), "{error}");
    let stopped = insertion(2, 1.0).fill(&argon(), 33, &ARGON, &|| true);
    assert!(matches!(stopped, Err(BuildError::Stopped)));
}

/// Of several trials the one of lowest energy: never above the one trial that it holds.
#[test]
fn more_trials_are_no_worse() {
    let mut holed = argon();
    holed.species.truncate(28);
    holed.positions.truncate(28);
    let energy = |trials| {
        let mut quiet = insertion(trials, 2.6);
        quiet.settle = still(None);
        quiet.fill(&holed, 31, &ARGON, &|| false).expect("there is room").energy_ev
    };
    let (one, eight) = (energy(1), energy(8));
    assert!(eight <= one + 1e-9, "{one} {eight}");
}

#[test]
fn placed_atoms_keep_both_distances() {
    let host = lattice::body_centred(Species::C, 7.0, [2, 2, 2]).expect("a host");
    let mut stream = Stream::new(1, 0, Purpose::Voids, 0);
    let clearance = Clearance { host_a: 2.4, own_a: 2.9 };
    let filled = place(&host, Species::NA, 12, clearance, &mut stream).expect("there is room");
    for contact in closest_contacts(&filled).expect("contacts") {
        let least = match contact.species {
            [Species::C, Species::NA] => 2.4,
            [Species::NA, Species::NA] => 2.9,
            _ => 0.0,
        };
        assert!(contact.distance_a >= least, "{contact:?}");
    }
}

/// The crystal is stretched; at zero pressure it goes back to the edge of lowest energy.
#[test]
fn the_cell_follows_the_pressure_where_it_may() {
    let mut stretched = argon();
    let rows = stretched.cell.rows() * 1.04;
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    stretched.cell = Cell::new(rows, [true; 3]).expect("a cell");
    stretched.positions.iter_mut().for_each(|position| *position *= 1.04);
    let at = |pressure| {
        let plan = still(Some((Coupling::Isotropic, pressure))).plan(1).expect("a plan");
        let relaxed = relax::run(&plan, 0, stretched.clone(), &ARGON, &|| false).expect("it is at rest");
        relaxed.structure.cell.volume_a3()
    };
    assert!(at(0.0) < stretched.cell.volume_a3());
    assert!(at(1.0) < at(0.0));
}

#[test]
fn every_target_is_a_rung() {
    assert_eq!(ladder(0, &[4, 10, 11], 4), [4, 8, 10, 11]);
    assert_eq!(ladder(3, &[5], 4), [5]);
    assert_eq!(ladder(0, &[], 4), Vec::<usize>::new());
}
