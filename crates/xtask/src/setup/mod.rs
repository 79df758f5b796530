//! What a build and its tests need, found or installed.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::failure::Failure;

mod by_hand;
mod compiler;
mod hdf5;
mod oracles;
mod packages;
mod python;

pub use hdf5::Hdf5;

/// What `cargo xtask setup` was asked for.
pub struct Options {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Also make the virtual environment of the oracles.
    pub oracles: bool,
}

/// A machine on which natron builds.
pub struct Ready {
    /// Where HDF5 comes from.
    pub hdf5: Hdf5,
    /// The oracles' Python, where asked for.
    pub oracle_python: Option<PathBuf>,
}

impl Ready {
    /// Variables that cargo and the programs it builds need.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        self.hdf5.environment()
    }
}

/// Finds what is there and installs what is not. Does nothing, quickly, when nothing is missing.
/// `None` after a dry run that found something missing.
pub fn run(options: &Options) -> Result<Option<Ready>, Failure> {
    compiler::require()?;
    let hdf5 = hdf5::provide(options.dry_run)?;
    let oracle_python = if options.oracles { oracles::provide(options.dry_run)? } else { None };
    let complete = !options.oracles || oracle_python.is_some();
    Ok(hdf5.filter(|_| complete).map(|hdf5| Ready { hdf5, oracle_python }))
}

/// The same for commands that go on to build: all of it, really done.
pub fn complete(oracles: bool) -> Result<Ready, Failure> {
    let ready = run(&Options { dry_run: false, oracles })?;
    Ok(ready.expect("only a dry run leaves something undone without an error"))
}
