//! One file for each command: its flags, its help, and how its result is shown.

pub mod bench;
pub mod build;
pub mod charges;
pub mod completions;
pub mod data;
pub mod diffusion;
pub mod evaluate;
pub mod job;
#[cfg(feature = "train")]
pub mod learn;
pub mod man;
pub mod map;
pub mod md;
pub mod neb;
pub mod new;
pub mod repair;
pub mod schema;
pub mod study;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
pub mod tune;
pub mod view;
pub mod voltage;

use std::path::Path;

/// A path as a user would type it.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}
