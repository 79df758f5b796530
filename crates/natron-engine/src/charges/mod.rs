//! `natron charges`: charges of atoms from a head on a neural potential, and their distribution over the filling.
//!
//! The head (natron-potential) comes with a built-in potential, from a file, or is fitted first to frames with reference charges; densities by kernels are
//! natron-analysis', pictures natron-report's.

mod compared;
mod curves;
mod deck;
mod fit;
pub(crate) mod head;
mod job;
mod meanings;
mod report;
mod run;
mod sources;
mod written;

pub use deck::ChargesDeck;
pub(crate) use deck::{ChargesTable, DensityTable};
pub use job::ChargesJob;
pub(crate) use meanings::schema;
