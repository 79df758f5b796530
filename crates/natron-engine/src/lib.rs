//! A deck and its files into a run directory: what every front end of natron shares.
//!
//! The one decision that shaped this crate: commands are functions from checked input to values. They
//! print nothing, end no process and install no handler: a front end passes a [`Watch`] that hears of
//! progress and can ask for an early end, and gets back a value that serialises to the JSON of the CONTRACT.

#[cfg(not(feature = "hdf5"))]
compile_error!(
    "trajectories are HDF5 files: build with feature `hdf5`, or `hdf5-static` where no library is installed"
);

pub mod bench;
pub mod build;
pub mod charges;
mod csv_table;
pub mod data;
pub mod deck;
pub mod diffusion;
mod envelope;
mod error;
pub mod evaluate;
mod files;
pub mod job;
mod keys;
#[cfg(feature = "train")]
pub mod learn;
pub mod map;
pub mod md;
#[cfg(feature = "train")]
mod memory;
mod metal;
pub mod new_deck;
pub mod potentials;
mod provenance;
pub mod repair;
pub mod run_directory;
pub mod schema;
mod structure;
pub mod study;
/// Rows of text in aligned columns.
pub mod table {
    pub use natron_report::Table;
}
pub mod neb;
pub mod threads;
#[cfg(feature = "train")]
pub mod train;
mod trajectory;
#[cfg(feature = "train")]
pub mod tune;
pub mod view;
pub mod voltage;
pub mod watch;

pub use envelope::Build;
pub use error::{Failure, InputError, RunError};
pub use watch::Watch;
