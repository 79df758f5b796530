//! `natron repair`: trajectories whose run was killed, made files that every program opens.

use std::path::{Path, PathBuf};

use natron_io::h5md;
use serde_json::{Value, json};

use crate::envelope::Build;
use crate::run_directory::RunDirectory;
use crate::{Failure, InputError, RunError, diffusion, files};

/// What became of a trajectory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The file.
    pub file: PathBuf,
    /// Frames it holds.
    pub frames: u64,
    /// Whether there was anything to do.
    pub changed: bool,
}

/// Repairs a trajectory, or those of a run directory. What is readable is copied to a file that takes the old one's place.
///
/// # Errors
/// There is no trajectory, a run still writes it, or the copy cannot be written.
pub fn repair(path: &Path) -> Result<Vec<Repaired>, Failure> {
    let files = diffusion::source::expand(path)?;
    let one = |file: &PathBuf| -> Result<Repaired, Failure> {
        RunDirectory::check_free(&run_of(file))?;
        let reader = h5md::Reader::open(file)?;
        let changed = !reader.is_closed();
        drop(reader);
        let frames = h5md::repair(file).map_err(|error| RunError::writing(file, error))?;
        Ok(Repaired { file: file.clone(), frames, changed })
    };
    files.iter().map(one).collect()
}

/// The run directory that a trajectory is of.
fn run_of(file: &Path) -> PathBuf {
    let folder = files::folder_of(file);
    let in_replica = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("replica-"));
    match folder.parent() {
        Some(run) if in_replica && !folder.join("deck.toml").exists() => run.to_path_buf(),
        _ => folder.to_path_buf(),
    }
}

/// The JSON of `natron repair`.
pub fn json(repaired: &[Repaired], build: &Build) -> Value {
    let file = |r: &Repaired| json!({ "file": r.file.display().to_string(), "n_frames": r.frames, "changed": r.changed });
    let mut map = build.envelope("repair");
    map.insert("files".into(), repaired.iter().map(file).collect());
    map.into()
}

impl From<natron_io::ReadError> for Failure {
    fn from(error: natron_io::ReadError) -> Self {
        InputError::from(error).into()
    }
}
