//! Running a checked voltage: the metal, then the hosts side by side, then the curves.

use super::points::Filled;
use super::{VoltageJob, meanings, summary};
use crate::envelope::Build;
use crate::job::{Job, RunOutcome};
use crate::md::log::Log;
use crate::md::{now_utc, replicas};
use crate::run_directory::RunDirectory;
use crate::study::Unfinished;
use crate::watch::Watch;
use crate::{Failure, RunError, files};

impl Job for VoltageJob {
    fn command(&self) -> &'static str {
        "voltage"
    }

    fn about(&self) -> String {
        let fillings: Vec<String> = self.deck.insert.atoms.iter().map(usize::to_string).collect();
        format!(
            "{} {} atoms in {} host(s) of {} with potential {} into {}",
            fillings.join(", "),
            self.mobile,
            self.hosts(),
            self.formula,
            self.potential.name,
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        meanings::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        RunDirectory::check(&self.directory, self.existing)?;
        let _held = RunDirectory::open(&self.directory, self.existing)?;
        files::replace(&self.directory.join("deck.toml"), self.deck_for_directory().as_bytes())?;
        self.note(&format!("natron {}: {}", build.version, self.about()))?;
        let metal = match self.metal(watch) {
            Ok(metal) => metal,
            Err(Unfinished::Stopped) => return Ok(summary::stopped(self, build, watch.stop())),
            Err(Unfinished::Failed(errors)) => return Err(Failure::Run(errors)),
        };
        let threads = rayon::current_num_threads();
        let results = replicas::side_by_side(self.hosts() as u32, threads, |number| {
            if watch.stop().is_some() {
                return Err(Unfinished::Stopped);
            }
            self.fill(number as usize, build, watch)?;
            Ok(self.filled(number as usize, &metal)?)
        })?;
        let (mut hosts, mut failures, mut waiting): (Vec<Filled>, Vec<RunError>, usize) =
            (Vec::new(), Vec::new(), 0);
        for (number, result) in results.into_iter().enumerate() {
            let named = |error: RunError| RunError {
                message: format!("{}: {}", self.host_name(number), error.message),
                ..error
            };
            match result {
                Ok(host) => hosts.push(host),
                Err(Unfinished::Stopped) => waiting += 1,
                Err(Unfinished::Failed(errors)) => failures.extend(errors.into_iter().map(named)),
            }
        }
        let stopped = if waiting > 0 { watch.stop() } else { None };
        let outcome = summary::write(self, build, &started_utc, &metal, &hosts, &failures, stopped, watch)?;
        if failures.is_empty() { Ok(outcome) } else { Err(Failure::Run(failures)) }
    }
}

impl VoltageJob {
    fn note(&self, text: &str) -> Result<(), RunError> {
        let path = self.directory.join("log.txt");
        let written = Log::open(&path).and_then(|mut log| log.line(text));
        written.map_err(|error| RunError::writing(&path, error))
    }
}
