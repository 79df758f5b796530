//! Why a structure was not made.

use natron_atoms::{CellError, NeighbourError, StructureError};
use natron_dynamics::quantity::QuantityError;
use natron_dynamics::{RunError, SetupError};

/// Why a structure was not made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Too little room for atoms that keep their distances.
    #[error("only {placed} of {wanted} atoms could be placed at least {distance_a} A from each other")]
    Crowded {
        /// Atoms that found a place.
        placed: usize,
        /// Atoms that were to be placed.
        wanted: usize,
        /// The distance asked for, A.
        distance_a: f64,
    },
    /// There is no room for one more atom.
    #[error(
        "no void is left for atom {atom} of {wanted}: nowhere is {host_a} A from the host and {own_a} A from its own kind"
    )]
    NoVoid {
        /// The atom, from 1.
        atom: usize,
        /// Atoms that were to be inserted.
        wanted: usize,
        /// Distance from the host, A.
        host_a: f64,
        /// Distance from atoms of the same kind, A.
        own_a: f64,
    },
    /// No trial gave a structure with an energy.
    #[error("none of {trials} trials could be relaxed; the last: {last}")]
    NoTrial {
        /// How many were made.
        trials: usize,
        /// Why the last failed.
        last: String,
    },
    /// More atoms are to be removed than there are.
    #[error("{wanted} vacancies at least {distance_a} A apart do not fit among {atoms} atoms")]
    Vacancies {
        /// Vacancies asked for.
        wanted: usize,
        /// Atoms there are.
        atoms: usize,
        /// Least distance, A.
        distance_a: f64,
    },
    /// The run was told to stop.
    #[error("stopped")]
    Stopped,
    /// A number out of the range of its quantity.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// A cell that is none.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// Atoms that are no structure.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// Neighbours cannot be found.
    #[error(transparent)]
    Neighbours(#[from] NeighbourError),
    /// Dynamics or relaxation cannot start.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Dynamics or relaxation failed.
    #[error(transparent)]
    Run(#[from] RunError),
}
