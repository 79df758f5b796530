//! Atoms in a cell.

use crate::{Cell, Species, Vec3};

/// Atoms in a cell. Positions are Cartesian, A, unwrapped: an atom may lie outside the cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// The cell the atoms repeat in.
    pub cell: Cell,
    /// Chemical element of each atom, `[n]`.
    pub species: Vec<Species>,
    /// Cartesian positions, A, `[n]`.
    pub positions: Vec<Vec3>,
}

/// Why atoms and a cell are no structure.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StructureError {
    /// Species and positions differ in number.
    #[error("{species} species for {positions} positions")]
    Length {
        /// How many species were given.
        species: usize,
        /// How many positions were given.
        positions: usize,
    },
    /// A position is NaN or infinite.
    #[error("the position of atom {atom} is not finite")]
    NotFinite {
        /// Index of the atom, from 0.
        atom: usize,
    },
}

impl Structure {
    /// A structure whose parts fit together.
    ///
    /// # Errors
    /// Lengths differ, or a position is not finite.
    pub fn new(cell: Cell, species: Vec<Species>, positions: Vec<Vec3>) -> Result<Self, StructureError> {
        if species.len() != positions.len() {
            return Err(StructureError::Length { species: species.len(), positions: positions.len() });
        }
        if let Some(atom) = positions.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(StructureError::NotFinite { atom });
        }
        Ok(Self { cell, species, positions })
    }

    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.species.len()
    }

    /// Whether there is no atom.
    pub fn is_empty(&self) -> bool {
        self.species.is_empty()
    }
}
