//! What several integration tests need.

use std::path::{Path, PathBuf};

pub mod argon;
pub mod browser;
pub mod oracle;
pub mod random_deck;
pub mod training;

/// The folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program under test.
pub fn natron() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_natron"))
}
