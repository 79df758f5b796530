//! What a build and its tests need, found or installed.

use crate::failure::Failure;

mod browser;
mod by_hand;
mod compiler;
mod hdf5;
mod oracles;
mod packages;
mod python;

pub use browser::find as browser;
pub use hdf5::Hdf5;
pub use oracles::python as oracle_python;

/// What `cargo xtask setup` was asked for.
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Also make the virtual environment of the oracles, and bring a browser.
    pub oracles: bool,
}

/// Finds what is there and installs what is not. Does nothing, quickly, when nothing is missing.
pub fn run(options: &Options) -> Result<(), Failure> {
    compiler::require()?;
    hdf5::provide(options.dry_run)?;
    if options.oracles { for_tests(options.dry_run) } else { Ok(()) }
}

/// What tests compare with: the oracles, and the browser that reports are looked at in.
pub fn for_tests(dry_run: bool) -> Result<(), Failure> {
    oracles::provide(dry_run)?;
    browser::provide(dry_run)
}

/// What a build needs, found or installed: the HDF5 to build with.
pub fn for_build() -> Result<Hdf5, Failure> {
    compiler::require()?;
    Ok(hdf5::provide(false)?.expect("only a dry run leaves something undone without an error"))
}
