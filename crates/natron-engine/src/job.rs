//! What `md` and `train` have in common: a deck is checked, explained, run in a directory, resumed.

use std::path::PathBuf;

use serde_json::Value;

use crate::Failure;
use crate::deck::Override;
use crate::envelope::Build;
use crate::run_directory::Existing;
use crate::watch::{Stop, Watch};

/// What to run.
#[derive(Debug, Clone)]
pub struct JobOptions {
    /// The deck.
    pub deck: PathBuf,
    /// `--set`, in the order given.
    pub overrides: Vec<Override>,
    /// What to do with a run directory that exists.
    pub existing: Existing,
}

/// A checked deck with everything it refers to.
pub trait Job {
    /// The command it belongs to: `md`, `train`.
    fn command(&self) -> &'static str;

    /// What will be done, in one line.
    fn about(&self) -> String;

    /// What is in order and may still not be what was meant.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it will need, where that can be said beforehand.
    fn estimate(&self) -> Option<Estimate> {
        None
    }

    /// The resolved deck with what every value means.
    fn explain(&self) -> String;

    /// Runs it and writes the run directory.
    ///
    /// # Errors
    /// The directory may not be used or the restart does not fit (nothing was written), or the run failed.
    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure>;
}

/// What a run will need.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// In one line.
    pub text: String,
    /// The same as an object.
    pub json: Value,
}

/// What a run that did not fail leaves behind.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    /// The content of summary.json, and of `--json`.
    pub summary: Value,
    /// The result as a table of text.
    pub table: String,
    /// Files for a reader, the best first.
    pub reports: Vec<PathBuf>,
    /// What stopped it before its end; it can be resumed.
    pub stopped: Option<Stop>,
}
