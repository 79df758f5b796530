//! `natron map`: environments of the mobile atoms, near each other in the plane where they are alike.
//!
//! SOAP power spectra (natron-descriptor), a kernel with an exponent, distances sqrt(2 - 2 K), classical scaling and medoids
//! (natron-analysis), and the files of a run directory.

mod deck;
mod environments;
mod job;
mod report;
mod run;

pub use deck::{MapDeck, new_map, schema};
pub(crate) use deck::{MapTable, SoapTable};
pub use job::MapJob;
