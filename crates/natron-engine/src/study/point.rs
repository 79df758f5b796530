//! One run of the grid: equilibrate until the energy has settled, then measure.

use std::path::{Path, PathBuf};

use natron_analysis::equilibration;
use natron_atoms::Frame;
use natron_dynamics::MdDeck;
use serde_json::Value;

use super::StudyJob;
use super::job::Item;
use super::watch::OneOf;
use crate::envelope::Build;
use crate::job::{Job, JobOptions};
use crate::md::{MdJob, explain, thermo_file};
use crate::run_directory::existing_for;
use crate::watch::Watch;
use crate::{Failure, RunError, files};

/// A run that came to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) item: Item,
    /// The run directory of the production.
    pub(super) directory: PathBuf,
    /// How long it was equilibrated, ps.
    pub(super) equilibrated_ps: f64,
    /// Whether the energy had settled in at most half of that.
    pub(super) settled: bool,
    /// Mean temperature of the production, K.
    pub(super) temperature_mean_k: Option<f64>,
}

/// How a run ended.
pub(crate) enum Unfinished {
    Stopped,
    Failed(Vec<RunError>),
}

impl From<Failure> for Unfinished {
    fn from(failure: Failure) -> Self {
        let error = |cause: crate::InputError| RunError {
            message: cause.message,
            file: cause.file,
            help: cause.help,
        };
        Self::Failed(failure.causes().into_iter().map(error).collect())
    }
}

impl From<RunError> for Unfinished {
    fn from(error: RunError) -> Self {
        Self::Failed(vec![error])
    }
}

impl StudyJob {
    /// Steps of a run, if its equilibration is never prolonged.
    pub(super) fn steps_of_run(&self) -> (u64, u64) {
        let steps = |time_ps: f64| (time_ps * 1e3 / self.deck.run.timestep_fs).round() as u64;
        (steps(self.deck.run.equilibrate_ps), steps(self.deck.run.production_ps))
    }

    /// What a run is called.
    pub(super) fn name_of(&self, item: Item) -> String {
        format!("x = {}, {} K, replica {}", item.x, item.temperature_k, item.replica)
    }

    /// Runs an item, or what is left of it.
    pub(super) fn run_item(&self, item: Item, build: &Build, watch: &dyn Watch) -> Result<Point, Unfinished> {
        let folder = self.folder(item);
        std::fs::create_dir_all(&folder).map_err(|error| RunError::writing(&folder, error))?;
        let (before, production) = self.steps_of_run();
        let one = |steps_before| OneOf {
            watch,
            number: item.number,
            name: self.name_of(item),
            steps_before,
            steps_total: before + production,
        };
        let start = folder.join(format!("start-{:03}.extxyz", item.replica));
        if !start.exists() {
            let last = self.equilibrate(item, build, &one(0))?;
            files::write_frames(&start, &[last])?;
        }
        let (equilibrated_ps, settled) = self.judged(item)?;
        let directory = folder.join(format!("replica-{:03}", item.replica));
        if !is_finished(&directory) {
            let deck = folder.join(format!("replica-{:03}.toml", item.replica));
            run_md(&self.production(item), &deck, &directory, build, &one(before))?;
        }
        let temperature_mean_k = summary_of(&directory)["temperature_K_mean"].as_f64();
        Ok(Point { item, directory, equilibrated_ps, settled, temperature_mean_k })
    }

    /// Prolongs the equilibration until the energy has settled or the time is up; its last frame.
    fn equilibrate(&self, item: Item, build: &Build, watch: &OneOf<'_>) -> Result<Frame, Unfinished> {
        let (folder, run) = (self.folder(item), &self.deck.run);
        let deck_file = folder.join(format!("equilibrate-{:03}.toml", item.replica));
        let directory = folder.join(format!("equilibrate-{:03}", item.replica));
        let mut duration_ps = duration_of(&deck_file).unwrap_or(run.equilibrate_ps);
        loop {
            let deck = self.equilibration(item, duration_ps);
            let job = run_md(&deck, &deck_file, &directory, build, watch)?;
            let (_, settled) = self.judged(item)?;
            let longer_ps = (2.0 * duration_ps).min(run.equilibrate_max_ps);
            if settled || longer_ps <= duration_ps {
                return job.last_frame().map_err(|error| Unfinished::from(Failure::from(error)));
            }
            duration_ps = longer_ps;
        }
    }

    /// How long an item was equilibrated and whether its energy settled.
    fn judged(&self, item: Item) -> Result<(f64, bool), RunError> {
        let path = self.folder(item).join(format!("equilibrate-{:03}/thermo.csv", item.replica));
        let trace = thermo_file::trace(&path)
            .map_err(|error| RunError::new(format!("{}: {error}", path.display())))?;
        let rows = trace.stage.iter().zip(&trace.potential_energy_ev).zip(&trace.time_ps);
        let (energies, times): (Vec<f64>, Vec<f64>) = rows
            .filter(|((stage, _), _)| *stage == "equilibrate")
            .map(|((_, energy), time)| (*energy, *time))
            .unzip();
        let settled = equilibration(&energies).is_some_and(|found| found.is_reached(energies.len()));
        let spent_ps = times.last().zip(times.first()).map_or(0.0, |(last, first)| last - first);
        Ok((spent_ps, settled))
    }
}

/// Writes a deck and runs it, from where an earlier call has left it.
fn run_md(
    deck: &MdDeck,
    file: &Path,
    directory: &Path,
    build: &Build,
    watch: &OneOf<'_>,
) -> Result<MdJob, Unfinished> {
    files::replace(file, explain::to_toml(deck).as_bytes())?;
    let existing = existing_for(directory);
    let job = MdJob::prepare(&JobOptions { deck: file.into(), overrides: Vec::new(), existing })?;
    let outcome = job.run(build, watch)?;
    match outcome.stopped {
        Some(_) => Err(Unfinished::Stopped),
        None => Ok(job),
    }
}

/// The duration that an earlier call has come to.
fn duration_of(deck: &Path) -> Option<f64> {
    let deck: MdDeck = toml::from_str(&std::fs::read_to_string(deck).ok()?).ok()?;
    deck.stages.last()?.duration_ps
}

/// The summary of a run directory; null where there is none.
pub(super) fn summary_of(directory: &Path) -> Value {
    let text = std::fs::read_to_string(directory.join("summary.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Whether the run in a directory came to its end.
pub(crate) fn is_finished(directory: &Path) -> bool {
    summary_of(directory)["finished"] == true
}
