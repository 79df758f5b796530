//! Why a trajectory is not read, before the file's name is known.

use std::path::Path;

use crate::ReadError;

/// What is wrong and what to do about it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub message: String,
    pub help: String,
}

impl Refusal {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    pub fn of(self, path: &Path) -> ReadError {
        ReadError::of_file(path, self.message, self.help)
    }
}

impl From<hdf5_metno::Error> for Refusal {
    fn from(error: hdf5_metno::Error) -> Self {
        Self::new(
            format!("HDF5 cannot read it: {error}"),
            "the file is damaged or is being changed; take a copy that is whole",
        )
    }
}
