//! restart/: the two newest restarts of a run, each complete or not there.

use std::path::{Path, PathBuf};

use natron_dynamics::{Restart, RestartError};

use crate::{InputError, RunError, files};

/// Restarts that are kept.
const KEPT: usize = 2;

/// Writes `restart/<step>.restart`, then removes all but the newest two.
pub(crate) fn write(directory: &Path, restart: &Restart) -> Result<(), RunError> {
    let folder = directory.join("restart");
    std::fs::create_dir_all(&folder).map_err(|error| RunError::writing(&folder, error))?;
    let path = folder.join(format!("{}.restart", restart.step()));
    files::replace(&path, &restart.to_bytes())?;
    keep_newest(&folder)
}

fn keep_newest(folder: &Path) -> Result<(), RunError> {
    for (_, old) in by_step(folder).into_iter().rev().skip(KEPT) {
        std::fs::remove_file(&old).map_err(|error| RunError::writing(&old, error))?;
    }
    Ok(())
}

/// Removes the restarts behind `step`, where a run goes on from an earlier one because they cannot be read: they would else
/// count among the newest two. Then all but these go, which a process that was killed may not have come to.
pub(crate) fn remove_after(directory: &Path, step: u64) -> Result<(), RunError> {
    for (_, path) in by_step(&directory.join("restart")).into_iter().filter(|(at, _)| *at > step) {
        std::fs::remove_file(&path).map_err(|error| RunError::writing(&path, error))?;
    }
    keep_newest(&directory.join("restart"))
}

/// The newest restart of a run that can be read.
pub(crate) fn newest(directory: &Path) -> Result<Restart, InputError> {
    let folder = directory.join("restart");
    let mut first_error = None;
    for (_, path) in by_step(&folder).into_iter().rev() {
        let error = match std::fs::read(&path) {
            Ok(bytes) => match Restart::from_bytes(&bytes) {
                Ok(restart) => return Ok(restart),
                // A newer natron's restart must not be passed over for an older one.
                Err(error @ RestartError::Newer { .. }) => {
                    return Err(InputError::new(error.to_string()).in_file(path));
                }
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        first_error.get_or_insert(InputError::new(error).in_file(path));
    }
    Err(first_error.unwrap_or_else(|| {
        InputError::new("there is no restart to go on from")
            .in_file(folder)
            .help("start the run anew with --overwrite")
    }))
}

/// Whether a run has left any restart, readable or not.
pub(crate) fn exist(directory: &Path) -> bool {
    newest_file(directory).is_some()
}

/// The newest restart of a run, readable or not.
pub(crate) fn newest_file(directory: &Path) -> Option<PathBuf> {
    by_step(&directory.join("restart")).pop().map(|(_, path)| path)
}

/// The restarts of a folder, oldest first.
fn by_step(folder: &Path) -> Vec<(u64, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<(u64, PathBuf)> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "restart"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.parse().ok()?, path)))
        .collect();
    found.sort();
    found
}
