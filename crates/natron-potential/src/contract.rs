//! The contract every potential passes, as code: call [`check`] from a test with the potential in f64.
//!
//! Tolerances: finite-difference forces and virial within 1e-6 max(1 eV/A, max |F|) at a central step of
//! 1e-4 A; symmetries to rounding. Each check returns what it found wrong, so that its own test can show
//! that it fails.

use natron_atoms::{Cell, Mat3, NeighbourList, Species, Structure, Vec3};
use rand::{RngExt, SeedableRng};

use crate::{Evaluation, Potential};

/// Central difference step, A.
const STEP_A: f64 = 1e-4;

/// Values of a structure, from a fresh list and evaluator.
///
/// # Panics
/// The potential refuses the structure.
pub fn evaluate(potential: &dyn Potential, structure: &Structure) -> Evaluation {
    let list = NeighbourList::build(structure, potential.max_cutoff_a(), 0.0).expect("a list exists");
    let mut out = Evaluation::zeros(structure.len());
    potential.evaluator().evaluate(structure, &list, &mut out).expect("the potential takes the structure");
    out
}

/// All checks on one structure. `structure` should be rattled (no symmetry), periodic, a few atoms.
///
/// # Errors
/// What failed, by how much.
pub fn check(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    forces(potential, structure)?;
    virial(potential, structure)?;
    totals(potential, structure)?;
    translation(potential, structure)?;
    rotation(potential, structure, false)?;
    rotation(potential, structure, true)?;
    permutation(potential, structure)?;
    lattice_shifts(potential, structure)?;
    supercell(potential, structure)?;
    let mut elements = structure.species.clone();
    elements.sort_unstable();
    elements.dedup();
    for &a in &elements {
        isolated(potential, a)?;
        for &b in &elements {
            cutoff(potential, a, b)?;
        }
    }
    Ok(())
}

fn within(what: &str, difference: f64, tolerance: f64) -> Result<(), String> {
    if difference <= tolerance {
        Ok(())
    } else {
        Err(format!("{what}: {difference:.3e} where {tolerance:.3e} is allowed"))
    }
}

fn largest(forces: &[Vec3]) -> f64 {
    forces.iter().map(|f| f.amax()).fold(0.0, f64::max)
}

fn force_difference(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).amax()).fold(0.0, f64::max)
}

/// Forces are the negative gradient of the energy.
///
/// # Errors
/// The largest deviation.
pub fn forces(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let exact = evaluate(potential, structure).forces;
    let energy = |atom: usize, k: usize, step: f64| {
        let mut moved = structure.clone();
        moved.positions[atom][k] += step;
        evaluate(potential, &moved).energy_ev
    };
    let mut worst = 0.0_f64;
    for (atom, force) in exact.iter().enumerate() {
        for k in 0..3 {
            let difference = (energy(atom, k, -STEP_A) - energy(atom, k, STEP_A)) / (2.0 * STEP_A);
            worst = worst.max((force[k] - difference).abs());
        }
    }
    within("forces against differences, eV/A", worst, 1e-6 * largest(&exact).max(1.0))
}

/// The virial is the negative derivative of the energy by strain.
///
/// # Errors
/// The largest deviation.
pub fn virial(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let values = evaluate(potential, structure);
    let step = 1e-5;
    let energy = |a: usize, b: usize, step: f64| {
        let mut strain = Mat3::identity();
        strain[(a, b)] += step;
        evaluate(potential, &strained(structure, &strain)).energy_ev
    };
    let mut worst = 0.0_f64;
    for a in 0..3 {
        for b in 0..3 {
            let difference = (energy(a, b, -step) - energy(a, b, step)) / (2.0 * step);
            worst = worst.max((values.virial_ev[(a, b)] - difference).abs());
        }
    }
    let length = structure.cell.volume_a3().cbrt();
    within("virial against differences, eV", worst, 1e-6 * largest(&values.forces).max(1.0) * length)
}

/// The structure with every vector v replaced by strain . v.
fn strained(structure: &Structure, strain: &Mat3) -> Structure {
    let rows = structure.cell.rows() * strain.transpose();
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    let cell = Cell::new(rows, structure.cell.periodic()).expect("a small strain keeps a cell a cell");
    let positions = structure.positions.iter().map(|p| strain * p).collect();
    Structure { cell, species: structure.species.clone(), positions }
}

/// Atom energies sum to the total, forces to zero, the virial is symmetric.
///
/// # Errors
/// What does not.
pub fn totals(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let values = evaluate(potential, structure);
    let sum: f64 = values.atom_energies_ev.iter().sum();
    within(
        "sum of atom energies, eV",
        (sum - values.energy_ev).abs(),
        1e-9 * (1.0 + values.energy_ev.abs()),
    )?;
    let total: Vec3 = values.forces.iter().sum();
    within(
        "sum of forces, eV/A",
        total.amax(),
        1e-9 * (1.0 + largest(&values.forces)) * structure.len() as f64,
    )?;
    let skew = (values.virial_ev - values.virial_ev.transpose()).amax();
    within("asymmetry of the virial, eV", skew, 1e-9 * (1.0 + values.virial_ev.amax()))
}

fn same(what: &str, a: &Evaluation, b: &Evaluation) -> Result<(), String> {
    let scale = 1.0 + a.energy_ev.abs();
    within(&format!("energy after {what}, eV"), (a.energy_ev - b.energy_ev).abs(), 1e-9 * scale)?;
    let tolerance = 1e-8 * (1.0 + largest(&a.forces));
    within(&format!("forces after {what}, eV/A"), force_difference(&a.forces, &b.forces), tolerance)
}

/// A common shift changes nothing.
///
/// # Errors
/// What changes.
pub fn translation(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let mut moved = structure.clone();
    for p in &mut moved.positions {
        *p += Vec3::new(0.37, -11.1, 23.7);
    }
    same("translation", &evaluate(potential, structure), &evaluate(potential, &moved))
}

/// Forces and the virial turn with the structure (or are mirrored with it).
///
/// # Errors
/// What does not.
pub fn rotation(potential: &dyn Potential, structure: &Structure, invert: bool) -> Result<(), String> {
    let turn = nalgebra::Rotation3::from_euler_angles(0.3, -0.9, 2.1).into_inner();
    let turn = if invert { -turn } else { turn };
    let here = evaluate(potential, structure);
    let mut there = evaluate(potential, &strained(structure, &turn));
    let virial = (turn * here.virial_ev * turn.transpose() - there.virial_ev).amax();
    for force in &mut there.forces {
        *force = turn.transpose() * *force;
    }
    let what = if invert { "rotation and inversion" } else { "rotation" };
    within(&format!("virial after {what}, eV"), virial, 1e-8 * (1.0 + here.virial_ev.amax()))?;
    same(what, &here, &there)
}

/// The order of atoms does not matter.
///
/// # Errors
/// What changes.
pub fn permutation(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let mut moved = structure.clone();
    moved.positions.reverse();
    moved.species.reverse();
    let mut there = evaluate(potential, &moved);
    there.forces.reverse();
    same("permutation", &evaluate(potential, structure), &there)
}

/// Single atoms may move by lattice vectors.
///
/// # Errors
/// What changes.
pub fn lattice_shifts(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let mut moved = structure.clone();
    let periodic = structure.cell.periodic();
    for p in &mut moved.positions {
        let image = periodic.map(|k| if k { rng.random_range(-3..=3) } else { 0 });
        *p += structure.cell.offset(image);
    }
    same("lattice shifts of single atoms", &evaluate(potential, structure), &evaluate(potential, &moved))
}

/// A 2 x 1 x 2 supercell has four times the energy and the same forces.
///
/// # Errors
/// What does not.
pub fn supercell(potential: &dyn Potential, structure: &Structure) -> Result<(), String> {
    let repeat: [i32; 3] =
        std::array::from_fn(|k| if structure.cell.periodic()[k] && k != 1 { 2 } else { 1 });
    let rows = structure.cell.rows();
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)] * f64::from(repeat[i])));
    let cell = Cell::new(rows, structure.cell.periodic()).expect("a multiple of a cell is a cell");
    let (mut species, mut positions) = (Vec::new(), Vec::new());
    for a in 0..repeat[0] {
        for c in 0..repeat[2] {
            species.extend(&structure.species);
            positions.extend(structure.positions.iter().map(|p| p + structure.cell.offset([a, 0, c])));
        }
    }
    let mut there = evaluate(potential, &Structure { cell, species, positions });
    there.forces.truncate(structure.len());
    there.energy_ev /= f64::from(repeat[0] * repeat[2]);
    same("repeating the cell", &evaluate(potential, structure), &there)
}

/// An isolated atom has the isolated atom's energy and no force.
///
/// # Errors
/// By how much not.
pub fn isolated(potential: &dyn Potential, species: Species) -> Result<(), String> {
    let alone = Structure { cell: Cell::open(), species: vec![species], positions: vec![Vec3::zeros()] };
    let values = evaluate(potential, &alone);
    let difference = (values.energy_ev - potential.isolated_energy_ev(species)).abs();
    within("energy of the isolated atom, eV", difference, 1e-9 * (1.0 + values.energy_ev.abs()))?;
    within("force on the isolated atom, eV/A", values.forces[0].amax(), 0.0)
}

/// Energy and force of a pair vanish at its cutoff, smoothly, and not before.
///
/// # Errors
/// What jumps.
pub fn cutoff(potential: &dyn Potential, a: Species, b: Species) -> Result<(), String> {
    let reach = potential.reach_a(a, b);
    let alone = potential.isolated_energy_ev(a) + potential.isolated_energy_ev(b);
    let pair = |distance: f64| {
        let positions = vec![Vec3::zeros(), Vec3::new(0.6, 0.0, 0.8) * distance];
        let values = evaluate(potential, &Structure { cell: Cell::open(), species: vec![a, b], positions });
        (values.energy_ev - alone, largest(&values.forces))
    };
    let (energy, force) = pair(reach * (1.0 - 1e-5));
    within("energy just inside the cutoff, eV", energy.abs(), 1e-8)?;
    within("force just inside the cutoff, eV/A", force, 1e-5)?;
    let (energy, force) = pair(reach * (1.0 + 1e-9));
    within("energy beyond the cutoff, eV", energy.abs(), 1e-9)?;
    within("force beyond the cutoff, eV/A", force, 0.0)?;
    // Somewhere in the outer tenth there is something to cut off.
    if (1..=10).all(|k| pair(reach * (1.0 - 0.01 * f64::from(k))).0 == 0.0) {
        return Err(format!("{a}-{b} is zero well inside its cutoff of {reach} A"));
    }
    Ok(())
}

/// Single precision follows double: forces within max(1e-3 eV/A, 1e-5 max |F|), energy within 1e-5 eV/atom.
///
/// # Errors
/// By how much not.
pub fn precision(
    single: &dyn Potential,
    double: &dyn Potential,
    structure: &Structure,
) -> Result<(), String> {
    let (fast, exact) = (evaluate(single, structure), evaluate(double, structure));
    let energy = (fast.energy_ev - exact.energy_ev).abs() / structure.len() as f64;
    within("energy in single precision, eV/atom", energy, 1e-5)?;
    let tolerance = 1e-3_f64.max(1e-5 * largest(&exact.forces));
    within("forces in single precision, eV/A", force_difference(&fast.forces, &exact.forces), tolerance)
}

/// A rattled triclinic cell of the given elements, tiny (shorter than most cutoffs), for [`check`].
pub fn tiny_cell(elements: &[Species], spacing_a: f64, seed: u64) -> Structure {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let s = spacing_a;
    let rows = [[2.0 * s, 0.0, 0.0], [0.4 * s, 2.1 * s, 0.0], [-0.3 * s, 0.5 * s, 1.9 * s]];
    let cell = Cell::new(rows, [true; 3]).expect("the vectors span a volume");
    let (mut species, mut positions) = (Vec::new(), Vec::new());
    for k in 0..8 {
        let corner = Vec3::new(f64::from(k & 1), f64::from(k >> 1 & 1), f64::from(k >> 2)) * 0.5;
        let rattle = Vec3::from_fn(|_, _| rng.random_range(-0.1..0.1) * s);
        species.push(elements[k as usize % elements.len()]);
        positions.push(cell.cartesian(&corner) + rattle);
    }
    Structure { cell, species, positions }
}
