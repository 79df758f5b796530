//! `natron neb`: the path of least energy between two structures, and the barrier on it.
//!
//! The one decision that shaped this module: path.extxyz is the whole state. Images are written there while they relax, a run that
//! was stopped goes on from them, and every number of the result is computed from the energies they have in the end.

mod deck;
mod job;
mod meanings;
mod report;
mod run;
mod summary;

pub use deck::NebDeck;
pub use job::NebJob;
pub(crate) use meanings::schema;
