//! The run directory: who may write into it, and what happens to one that is there already.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::deck::{Document, KeyPath};
use crate::md::log::Log;
use crate::{Failure, InputError, RunError, files};

/// The file that carries the lock: it is there as long as the run.
const LOCKED: &str = "log.txt";

/// What to do with a run directory that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Go on with the run in it.
    Resume,
    /// Rename it to `NAME.bak-N` and start anew.
    Overwrite,
}

/// A run directory that this process alone writes into, for as long as the value lives.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    _lock: File,
}

impl RunDirectory {
    /// Says whether [`RunDirectory::open`] would work, and writes nothing.
    ///
    /// # Errors
    /// The directory exists and may not be used, or is not there and should be resumed.
    pub fn check(path: &Path, existing: Existing) -> Result<(), InputError> {
        let occupied = is_occupied(path)?;
        match existing {
            Existing::Refuse if occupied => {
                return Err(InputError::new("the run directory exists already").in_file(path).help(
                    "--resume continues the run in it, --overwrite keeps it as NAME.bak-N and starts anew, or choose another [output] directory",
                ));
            }
            Existing::Resume if !is_run(path) => {
                return Err(InputError::new("there is no run to resume in the run directory")
                    .in_file(path)
                    .help("start the run without --resume"));
            }
            _ => {}
        }
        if occupied { lock(path).map(drop) } else { Ok(()) }
    }

    /// The run directory of a deck, which need not exist: what its `[output] directory` says, else the deck's name beside it.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn place(document: &Document, wanted: Option<&str>) -> Result<PathBuf, InputError> {
        let stem = document.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let joined = document.folder().join(wanted.unwrap_or(&stem));
        let path = match joined.file_name() {
            Some(_) => joined,
            // `.` in a deck inside its own run directory: it needs a name to make a backup from.
            None => std::fs::canonicalize(&joined).unwrap_or(joined),
        };
        Self::check_place(&path)
            .map_err(|error| document.error_behind(&KeyPath::parse("output.directory"), error))?;
        Ok(path)
    }

    /// Says whether nobody writes into a directory.
    ///
    /// # Errors
    /// Another process does, or the directory cannot be used.
    pub fn check_free(path: &Path) -> Result<(), InputError> {
        lock(path).map(drop)
    }

    /// Says whether the directory is there already or could be made, and writes nothing.
    ///
    /// # Errors
    /// Something on the way to it is no directory, or may not be written into.
    pub fn check_place(path: &Path) -> Result<(), InputError> {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let there = whole.ancestors().find_map(|above| Some((above, std::fs::metadata(above).ok()?)));
        match there {
            Some((above, found)) if !found.is_dir() => {
                Err(InputError::new("the run directory cannot be made: this is a file").in_file(above))
            }
            Some((above, found)) if found.permissions().readonly() => {
                Err(InputError::new("the run directory cannot be made: this folder is read-only")
                    .in_file(above))
            }
            _ => Ok(()),
        }
    }

    /// [`RunDirectory::open`], with the resolved deck and the first line of the log in it.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn begin(path: &Path, existing: Existing, deck: &str, head: &str) -> Result<Self, Failure> {
        let held = Self::open(path, existing)?;
        files::replace(&held.path.join("deck.toml"), deck.as_bytes())?;
        held.note(head)?;
        Ok(held)
    }

    /// A line of the log.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn note(&self, text: &str) -> Result<(), RunError> {
        let path = self.path.join(LOCKED);
        let written = Log::open(&path).and_then(|mut log| log.line(text));
        written.map_err(|error| RunError::writing(&path, error))
    }

    /// Creates the directory, or takes over one that exists as `existing` says, and locks it.
    ///
    /// # Errors
    /// As [`RunDirectory::check`], or the disk refuses.
    pub fn open(path: &Path, existing: Existing) -> Result<Self, Failure> {
        Self::check(path, existing)?;
        if existing == Existing::Overwrite && is_occupied(path)? {
            let aside = backup_name(path);
            std::fs::rename(path, &aside).map_err(|error| RunError::writing(&aside, error))?;
        }
        std::fs::create_dir_all(path).map_err(|error| RunError::writing(path, error))?;
        let lock = lock_or_create(path)?;
        for folder in folders_written(path) {
            sweep(&folder);
        }
        Ok(Self { path: path.to_path_buf(), _lock: lock })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// How to go on in a directory of natron's own, whatever an earlier process has left there.
pub(crate) fn existing_for(path: &Path) -> Existing {
    if is_run(path) { Existing::Resume } else { Existing::Refuse }
}

/// Whether a run was ever begun here; it may have been killed before its first restart.
fn is_run(path: &Path) -> bool {
    path.join(LOCKED).is_file() || folders_written(path).any(|folder| folder.join("restart").is_dir())
}

/// The run directory, those of its replicas, and what a run writes below them.
fn folders_written(path: &Path) -> impl Iterator<Item = PathBuf> {
    let own = std::iter::once(path.to_path_buf()).chain(replica_folders(path));
    own.flat_map(|folder| [folder.join("restart"), folder])
}

/// Removes what a killed process had not yet moved into place. Only the holder of the lock may: such a file may else be
/// one that is being written. What cannot be removed stays and harms nobody.
fn sweep(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()).filter(|path| natron_io::is_temporary(path)) {
        let _ = std::fs::remove_file(path);
    }
}

/// The folders of replicas in a run directory, in order.
pub(crate) fn replica_folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_replica = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("replica-"))
    };
    let mut found: Vec<PathBuf> = entries.filter(is_replica).collect();
    found.sort();
    found
}

/// Whether there is something in the way: a file, or a directory that is not empty.
fn is_occupied(path: &Path) -> Result<bool, InputError> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(InputError::new(format!("the run directory cannot be used: {error}")).in_file(path))
        }
    }
}

/// Locks an existing run; a directory without a log is nobody's run and needs no lock.
fn lock(path: &Path) -> Result<Option<File>, InputError> {
    match OpenOptions::new().append(true).open(path.join(LOCKED)) {
        Ok(file) => take(file, path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(InputError::new(format!("cannot write into the run directory: {error}")).in_file(path))
        }
    }
}

fn lock_or_create(path: &Path) -> Result<File, Failure> {
    let file = path.join(LOCKED);
    let opened = OpenOptions::new().append(true).create(true).open(&file);
    Ok(take(opened.map_err(|error| RunError::writing(&file, error))?, path)?)
}

fn take(file: File, path: &Path) -> Result<File, InputError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(InputError::new("another process is writing into the run directory")
                .in_file(path)
                .help("wait for it to end, or choose another [output] directory"))
        }
        // Some network file systems have no locks; the run is worth more than the warning.
        Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// The first `NAME.bak-N` that is free.
fn backup_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    (1..)
        .map(|n: u64| path.with_file_name(format!("{name}.bak-{n}")))
        .find(|candidate| !candidate.exists())
        .expect("some number is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = folder.path().join("run");
        (folder, run)
    }

    #[test]
    fn a_run_is_not_written_over() {
        let (_folder, run) = scratch();
        drop(RunDirectory::open(&run, Existing::Refuse).expect("it is new"));
        let error = RunDirectory::check(&run, Existing::Refuse).expect_err("it exists");
        assert!(error.help.expect("help").contains("--resume"));
    }

    #[test]
    fn overwriting_keeps_the_old_run_under_the_next_free_name() {
        let (folder, run) = scratch();
        for _ in 0..3 {
            drop(RunDirectory::open(&run, Existing::Overwrite).expect("opens"));
        }
        assert!(folder.path().join("run.bak-1/log.txt").exists());
        assert!(folder.path().join("run.bak-2/log.txt").exists());
        assert!(!folder.path().join("run.bak-3").exists());
    }

    #[test]
    fn only_one_process_writes() {
        let (_folder, run) = scratch();
        let held = RunDirectory::open(&run, Existing::Refuse).expect("it is new");
        let error = RunDirectory::check(&run, Existing::Overwrite).expect_err("locked");
        assert!(error.message.contains("another process"), "{}", error.message);
        drop(held);
        RunDirectory::check(&run, Existing::Overwrite).expect("free again");
    }

    #[test]
    fn there_must_be_something_to_resume() {
        let (_folder, run) = scratch();
        let error = RunDirectory::check(&run, Existing::Resume).expect_err("nothing there");
        assert!(error.message.contains("no run to resume"), "{}", error.message);
    }

    #[test]
    fn what_a_killed_process_left_unfinished_is_swept_away() {
        let (_folder, run) = scratch();
        drop(RunDirectory::open(&run, Existing::Refuse).expect("it is new"));
        let restarts = run.join("replica-001/restart");
        std::fs::create_dir_all(&restarts).expect("creates");
        let (left, kept) = (restarts.join(".natron-x1.tmp"), restarts.join("7.restart"));
        for path in [&left, &kept] {
            std::fs::write(path, "x").expect("writes");
        }
        drop(RunDirectory::open(&run, Existing::Resume).expect("it is a run"));
        assert!(!left.exists() && kept.exists());
    }

    #[test]
    fn a_file_in_the_way_is_noticed_early() {
        let (_folder, run) = scratch();
        RunDirectory::check_place(&run.join("deep/down")).expect("it could be made");
        std::fs::write(&run, "").expect("writes");
        let error = RunDirectory::check_place(&run.join("deep/down")).expect_err("a file is no folder");
        assert_eq!(error.file.as_deref(), Some(run.as_path()));
    }

    #[test]
    fn an_empty_directory_is_nobodys_run() {
        let (_folder, run) = scratch();
        std::fs::create_dir(&run).expect("creates");
        RunDirectory::open(&run, Existing::Refuse).expect("it may be used");
    }
}
