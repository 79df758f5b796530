//! Running a checked voltage: the metal, then the hosts side by side, then the curves.

use super::points::Filled;
use super::{VoltageJob, meanings, summary};
use crate::envelope::Build;
use crate::job::{Job, RunOutcome};
use crate::md::{now_utc, replicas};
use crate::run_directory::RunDirectory;
use crate::study::Unfinished;
use crate::watch::Watch;
use crate::{Failure, RunError};

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
        let head = format!("natron {}: {}", build.version, self.about());
        let _held = RunDirectory::begin(&self.directory, self.existing, &self.deck_for_directory(), &head)?;
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
