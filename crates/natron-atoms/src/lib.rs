//! Species, cells, structures, labels and neighbour lists: the values every other crate speaks in.
//!
//! The one decision that shaped this crate: there is a single [`Structure`], in f64 and three
//! dimensions, in one internal unit system (angstrom, electronvolt, atomic mass unit, elementary
//! charge; see [`units`]). Everything that reads or writes other units converts at its own edge.

pub mod cell;
pub mod frame;
pub mod neighbour;
pub mod species;
pub mod structure;
pub mod units;

pub use cell::{Cell, CellError};
pub use frame::{AtomArray, Frame, InfoValue, Labels};
pub use neighbour::{Cutoffs, Neighbour, NeighbourError, NeighbourList};
pub use species::Species;
pub use structure::{Structure, StructureError};

/// A vector in three dimensions.
pub type Vec3 = nalgebra::Vector3<f64>;
/// A 3 x 3 matrix.
pub type Mat3 = nalgebra::Matrix3<f64>;
