//! What a build and its tests need, found or installed.

use crate::failure::Failure;

mod by_hand;
mod compiler;
mod hdf5;
mod oracles;
mod packages;
mod python;

pub use hdf5::Hdf5;
pub use oracles::{provide as provide_oracles, python as oracle_python};

/// What `cargo xtask setup` was asked for.
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Also make the virtual environment of the oracles.
    pub oracles: bool,
}

/// Finds what is there and installs what is not. Does nothing, quickly, when nothing is missing.
pub fn run(options: &Options) -> Result<(), Failure> {
    compiler::require()?;
    hdf5::provide(options.dry_run)?;
    if options.oracles { oracles::provide(options.dry_run) } else { Ok(()) }
}

/// What a build needs, found or installed: the HDF5 to build with.
pub fn for_build() -> Result<Hdf5, Failure> {
    compiler::require()?;
    Ok(hdf5::provide(false)?.expect("only a dry run leaves something undone without an error"))
}
