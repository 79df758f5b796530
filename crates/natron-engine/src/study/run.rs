//! Running a checked study: structures first, then every run of the grid as cores become free.

use std::path::PathBuf;

use super::point::{Point, Unfinished, is_finished};
use super::{StudyJob, meanings, summary};
use crate::build::BuildJob;
use crate::envelope::Build;
use crate::job::{Job, JobOptions, RunOutcome};
use crate::md::{now_utc, replicas};
use crate::run_directory::{RunDirectory, existing_for};
use crate::watch::{Progress, Watch};
use crate::{Failure, RunError, files};

impl Job for StudyJob {
    fn command(&self) -> &'static str {
        "study"
    }

    fn about(&self) -> String {
        let list = |values: Vec<String>| values.join(", ");
        format!(
            "{} at x = {} and {} K, {} replica(s): {} runs of {} ps with potential {} into {}",
            self.mobile,
            list(self.deck.insert.atoms.iter().map(usize::to_string).collect()),
            list(self.deck.grid.temperature_k.iter().map(f64::to_string).collect()),
            self.deck.grid.replicas,
            self.items().len(),
            self.deck.run.production_ps,
            self.potential.name,
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        meanings::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        let head = format!("natron {}: {}", build.version, self.about());
        let _held = RunDirectory::begin(&self.directory, self.existing, &self.deck_for_directory(), &head)?;
        if let Some(stopped) = self.build_structures(build, watch)? {
            return Ok(stopped);
        }
        let mut failures: Vec<RunError> = Vec::new();
        match self.run_voltage(build, watch) {
            Ok(None) => {}
            Ok(Some(outcome)) => return Ok(summary::stopped(self, build, "voltage", outcome)),
            // What fails there leaves the runs alone.
            Err(Failure::Run(errors)) => failures.extend(errors),
            Err(failure) => return Err(failure),
        }
        let (items, threads) = (self.items(), rayon::current_num_threads());
        self.announce(watch);
        let results = replicas::side_by_side(items.len() as u32, threads, |number| {
            if watch.stop().is_some() {
                return Err(Unfinished::Stopped);
            }
            let item = items[number as usize];
            let result = self.run_item(item, build, watch);
            if let Err(Unfinished::Failed(errors)) = &result {
                let why = errors.first().map_or("", |error| error.message.as_str());
                watch.warning(&format!("{}: {why}", self.name_of(item)));
            }
            result
        })?;
        let (mut points, mut waiting): (Vec<Point>, usize) = (Vec::new(), 0);
        for (result, item) in results.into_iter().zip(&items) {
            match result {
                Ok(point) => points.push(point),
                Err(Unfinished::Stopped) => waiting += 1,
                Err(Unfinished::Failed(errors)) => failures.extend(errors.into_iter().map(|error| {
                    RunError { message: format!("{}: {}", self.name_of(*item), error.message), ..error }
                })),
            }
        }
        let stopped = if waiting > 0 { watch.stop() } else { None };
        let outcome = summary::write(self, (build, watch), &started_utc, &points, &mut failures, stopped)?;
        if failures.is_empty() { Ok(outcome) } else { Err(Failure::Run(failures)) }
    }
}

impl StudyJob {
    /// Fills the host, unless that is done; what to return where it was stopped.
    fn build_structures(&self, build: &Build, watch: &dyn Watch) -> Result<Option<RunOutcome>, Failure> {
        let directory: PathBuf = self.directory.join("structures");
        if is_finished(&directory) {
            return Ok(None);
        }
        let deck = self.directory.join("structures.toml");
        let text = toml::to_string(&self.structures()).expect("a deck of natron's own can be written");
        files::replace(&deck, text.as_bytes())?;
        let existing = existing_for(&directory);
        let job = BuildJob::prepare(&JobOptions { deck, overrides: Vec::new(), existing })?;
        watch.info(&format!("structures: {}", job.about()));
        let outcome = job.run(build, watch)?;
        match outcome.stopped {
            None => Ok(None),
            _ => Ok(Some(summary::stopped(self, build, "structures", outcome))),
        }
    }

    /// Tells the watch of all runs, so that those that wait for a core count as well.
    fn announce(&self, watch: &dyn Watch) {
        let (before, production) = self.steps_of_run();
        let steps_total = before + production;
        for item in self.items() {
            let done = is_finished(&self.folder(item).join(format!("replica-{:03}", item.replica)));
            watch.progress(&Progress {
                replica: item.number,
                stage: "waiting".into(),
                steps_done: if done { steps_total } else { 0 },
                steps_total,
                state: None,
                ns_per_day: None,
                time_left: None,
            });
        }
    }
}
