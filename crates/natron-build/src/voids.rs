//! Room between atoms.

use natron_atoms::{Cell, Species, Structure, Vec3};

use crate::BuildError;
use crate::random::Stream;

/// Points thrown for each atom before there counts as being no void.
const THROWS: usize = 50_000;

/// How far an inserted atom stays from others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clearance {
    /// From atoms of other elements, A.
    pub host_a: f64,
    /// From atoms of its own element, A.
    pub own_a: f64,
}

/// Distance between two points through the nearest image, A: the reduced difference and its 26 neighbours, which is enough for
/// cells whose angles are not below 50 degrees.
pub fn distance_a(cell: &Cell, a: &Vec3, b: &Vec3) -> f64 {
    let periodic = cell.periodic();
    let mut fractional = cell.fractional(&(b - a));
    for axis in (0..3).filter(|&axis| periodic[axis]) {
        fractional[axis] -= fractional[axis].round();
    }
    let reduced = cell.cartesian(&fractional);
    let rows = cell.rows();
    let orthogonal = (0..3).all(|i| (0..3).all(|j| i == j || rows[(i, j)] == 0.0));
    if orthogonal {
        return reduced.norm();
    }
    let steps = |axis: usize| if periodic[axis] { -1..=1 } else { 0..=0 };
    let mut best = f64::INFINITY;
    for i in steps(0) {
        for j in steps(1) {
            for k in steps(2) {
                best = best.min((reduced + cell.offset([i, j, k])).norm_squared());
            }
        }
    }
    best.sqrt()
}

/// Places `count` atoms of `species` into voids, each at a point thrown until it keeps its distances from all
/// atoms and from those placed before; the structure with them at its end.
///
/// # Errors
/// [`BuildError::NoVoid`]: no such point was found.
pub fn place(
    structure: &Structure,
    species: Species,
    count: usize,
    clearance: Clearance,
    stream: &mut Stream,
) -> Result<Structure, BuildError> {
    let mut filled = structure.clone();
    for atom in 1..=count {
        let point = throw(&filled, species, clearance, stream).ok_or(BuildError::NoVoid {
            atom,
            wanted: count,
            host_a: clearance.host_a,
            own_a: clearance.own_a,
        })?;
        filled.species.push(species);
        filled.positions.push(point);
    }
    Ok(filled)
}

fn throw(structure: &Structure, species: Species, clearance: Clearance, stream: &mut Stream) -> Option<Vec3> {
    (0..THROWS).find_map(|_| {
        let fractional = Vec3::new(stream.uniform(), stream.uniform(), stream.uniform());
        let point = structure.cell.cartesian(&fractional);
        let free = structure.species.iter().zip(&structure.positions).all(|(other, position)| {
            let least = if *other == species { clearance.own_a } else { clearance.host_a };
            distance_a(&structure.cell, &point, position) >= least
        });
        free.then_some(point)
    })
}
