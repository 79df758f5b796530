//! What must be true of a structure before a potential sees it.

use natron_atoms::{AtomArray, Frame, NeighbourList, Structure};

use crate::potentials::LoadedPotential;

/// Atoms closer than this are a mistake in the input, A.
pub const OVERLAP_A: f64 = 0.3;

/// Says what is wrong with a structure: no atom, an element the potential does not know, overlapping atoms.
///
/// # Errors
/// The first of these that is found, in words.
pub fn check(structure: &Structure, loaded: &LoadedPotential) -> Result<(), String> {
    if structure.is_empty() {
        return Err("there is no atom".into());
    }
    if let Some(known) = loaded.potential.species()
        && let Some(atom) = structure.species.iter().position(|species| !known.contains(species))
    {
        let known: Vec<&str> = known.iter().map(|species| species.symbol()).collect();
        return Err(format!(
            "atom {atom} (counted from 0) is {}, which the potential `{}` does not know (it knows {})",
            structure.species[atom],
            loaded.name,
            known.join(", ")
        ));
    }
    let list = NeighbourList::build(structure, OVERLAP_A, 0.0).map_err(|error| error.to_string())?;
    let pairs = (0..structure.len())
        .flat_map(|first| list.neighbours(structure, first).map(move |n| (first, n.index, n.distance_a)));
    match pairs.min_by(|a, b| a.2.total_cmp(&b.2)) {
        None => Ok(()),
        Some((first, second, distance_a)) => Err(format!(
            "atoms {first} ({}) and {second} ({}) (counted from 0) are {distance_a:.3} A apart; closer than {OVERLAP_A} A is an error of the structure",
            structure.species[first], structure.species[second]
        )),
    }
}

/// A column of one real number for each atom, where a frame has it.
pub(crate) fn column<'f>(frame: &'f Frame, name: &str) -> Option<&'f [f64]> {
    frame.arrays.iter().find_map(|(key, array)| match array {
        AtomArray::Real { columns: 1, values } if key == name => Some(values.as_slice()),
        _ => None,
    })
}
