//! Vacancies.

use natron_atoms::{Structure, Vec3};

use crate::BuildError;
use crate::random::{Purpose, Stream};
use crate::voids::distance_a;

/// Takes `count` atoms away by lot, none of them closer than `distance_min_a` (A) to another one taken.
///
/// # Errors
/// So many do not fit.
pub fn vacancies(
    structure: &Structure,
    count: usize,
    distance_min_a: f64,
    (seed, replica): (u64, u32),
) -> Result<Structure, BuildError> {
    let crowded =
        || BuildError::Vacancies { wanted: count, atoms: structure.len(), distance_a: distance_min_a };
    let mut stream = Stream::new(seed, replica, Purpose::Vacancies, 0);
    let mut left: Vec<usize> = (0..structure.len()).collect();
    let mut taken: Vec<usize> = Vec::new();
    while taken.len() < count {
        if left.is_empty() {
            return Err(crowded());
        }
        let atom = left.swap_remove(stream.below(left.len()));
        let here = structure.positions[atom];
        let far = |other: &usize| {
            distance_a(&structure.cell, &here, &structure.positions[*other]) >= distance_min_a
        };
        if taken.iter().all(far) {
            taken.push(atom);
        }
    }
    if taken.len() >= structure.len() {
        return Err(crowded());
    }
    let kept = (0..structure.len()).filter(|atom| !taken.contains(atom));
    let (species, positions): (Vec<_>, Vec<Vec3>) =
        kept.map(|atom| (structure.species[atom], structure.positions[atom])).unzip();
    Ok(Structure::new(structure.cell.clone(), species, positions)?)
}
