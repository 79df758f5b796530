//! The closest pair of every two elements.

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure};

/// How far pairs are searched, A.
const REACH_A: f64 = 6.0;

/// The closest pair of two elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// The elements, in the order of their atomic numbers.
    pub species: [Species; 2],
    /// Indices of the atoms, from 0.
    pub atoms: [usize; 2],
    /// Their distance, A.
    pub distance_a: f64,
}

/// The closest pair within 6 A of every two elements, periodic images included, by atomic numbers.
///
/// # Errors
/// Neighbours cannot be found.
pub fn closest_contacts(structure: &Structure) -> Result<Vec<Contact>, NeighbourError> {
    let list = NeighbourList::build(structure, REACH_A, 0.0)?;
    let mut found: Vec<Contact> = Vec::new();
    for first in 0..structure.len() {
        for near in list.neighbours(structure, first) {
            let species = [structure.species[first], structure.species[near.index]];
            if species[0] > species[1] {
                continue;
            }
            let contact = Contact { species, atoms: [first, near.index], distance_a: near.distance_a };
            match found.iter_mut().find(|other| other.species == species) {
                Some(other) if other.distance_a <= contact.distance_a => {}
                Some(other) => *other = contact,
                None => found.push(contact),
            }
        }
    }
    found.sort_by_key(|contact| contact.species);
    Ok(found)
}
