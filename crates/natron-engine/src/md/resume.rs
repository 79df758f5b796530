//! Where each replica of a run begins, found and checked before anything is written.

use std::path::Path;

use natron_dynamics::{Restart, Simulation};

use super::recorder::replica_directory;
use super::run::TRAJECTORY;
use super::thermo_file::end_of_row;
use super::{MdJob, restarts};
use crate::run_directory::{Existing, replica_folders};
use crate::{Failure, InputError, trajectory};

/// Where a replica begins.
pub(super) enum Start {
    /// At the beginning.
    Anew,
    /// At its newest restart.
    From(Box<Restart>),
    /// Nowhere: all its steps are done and its results are written.
    Finished(Box<Restart>),
}

impl MdJob {
    /// Where each replica begins, each restart checked against the deck.
    pub(super) fn starts(&self) -> Result<Vec<Start>, Failure> {
        let replicas = self.plan.replicas;
        if self.existing != Existing::Resume {
            return Ok((0..replicas).map(|_| Start::Anew).collect());
        }
        self.check_replicas()?;
        Ok((0..replicas).map(|replica| self.start(replica)).collect::<Result<Vec<_>, _>>()?)
    }

    /// A run may get more replicas, not fewer: their results would lie beside those of the others and not be of them.
    fn check_replicas(&self) -> Result<(), InputError> {
        let wanted = self.plan.replicas as usize;
        let (found, fits) = match replica_folders(&self.directory).len() {
            // Killed before its first file: it may become anything.
            0 if !restarts::exist(&self.directory) => return Ok(()),
            0 => (1, wanted == 1),
            // Only several replicas have folders, and a run that was killed early has not made all of them.
            folders => (folders, 1 < wanted && folders <= wanted),
        };
        if fits {
            return Ok(());
        }
        let message = format!("the run to resume has {found} replica(s), the deck says {wanted}");
        Err(InputError::new(message)
            .in_file(&self.directory)
            .help("a run of several replicas may get more of them; for fewer, start anew in another [output] directory"))
    }

    fn start(&self, replica: u32) -> Result<Start, InputError> {
        let directory = replica_directory(&self.directory, replica, self.plan.replicas);
        // A run writes a restart before its first step, so that one without has not begun: it was killed that early, or its
        // replica had no thread yet. Where there are rows, somebody has taken the restarts away.
        let begun = end_of_row(&directory.join("thermo.csv"), 1).is_ok();
        if !restarts::exist(&directory) && (self.plan.replicas > 1 || !begun) {
            return Ok(Start::Anew);
        }
        let restart = restarts::newest(&directory)?;
        let simulation = self.resume(&restart).map_err(|error| error.in_file(directory.join("restart")))?;
        let complete = self.plan.replicas > 1 && simulation.is_finished() && has_results(&directory);
        drop(simulation);
        self.check_files(&directory, &restart)?;
        let restart = Box::new(restart);
        Ok(if complete { Start::Finished(restart) } else { Start::From(restart) })
    }

    /// The files that go on must reach as far as the restart.
    fn check_files(&self, directory: &Path, restart: &Restart) -> Result<(), InputError> {
        let thermo = directory.join("thermo.csv");
        end_of_row(&thermo, restart.thermo_rows()).map_err(|error| {
            InputError::new(format!("the thermo log cannot go on: {error}")).in_file(&thermo)
        })?;
        match self.is_recorded() {
            true => trajectory::check_resume(
                &directory.join(TRAJECTORY),
                restart.trajectory_frames(),
                &self.plan.output,
                &self.trajectory_options(),
            ),
            false => Ok(()),
        }
    }

    /// The run that goes on from a restart.
    pub(super) fn resume(&self, restart: &Restart) -> Result<Simulation<'_>, InputError> {
        let potential = &*self.potential.potential;
        Simulation::resume(&self.plan.run, restart, potential, self.tag()).map_err(|error| {
            InputError::new(error.to_string())
                .help("--resume needs the seed, potential and stages of the run; durations may grow")
        })
    }
}

/// Whether a replica's summary says that it came to its end.
fn has_results(directory: &Path) -> bool {
    let text = std::fs::read_to_string(directory.join("summary.json")).unwrap_or_default();
    serde_json::from_str(&text).is_ok_and(|summary: serde_json::Value| summary["finished"] == true)
}
