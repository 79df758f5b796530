//! Running a checked build: replicas side by side, one report.

use super::make::{Maker, Unmade};
use super::{BuildJob, meanings, summary};
use crate::Failure;
use crate::envelope::Build;
use crate::job::{Job, RunOutcome};
use crate::md::recorder::replica_directory;
use crate::md::{now_utc, replicas};
use crate::run_directory::RunDirectory;
use crate::watch::Watch;

impl Job for BuildJob {
    fn command(&self) -> &'static str {
        "build"
    }

    fn about(&self) -> String {
        let replicas = match self.deck.replicas {
            1 => String::new(),
            n => format!("{n} times "),
        };
        let filling = self.deck.insert.as_ref().map_or_else(String::new, |insert| {
            let counts: Vec<String> = insert.atoms.iter().map(usize::to_string).collect();
            format!(", filled with {} {}", counts.join(", "), insert.species)
        });
        let exchange = self.deck.grand_canonical.as_ref().map_or_else(String::new, |table| {
            let at = match (table.voltage_v, table.chemical_potential_ev) {
                (Some(voltage), _) => format!("{voltage} V"),
                (None, mu) => format!("a chemical potential of {} eV", mu.unwrap_or_default()),
            };
            format!(", {} exchanged at {at} and {} K", table.species, table.temperature_k)
        });
        let potential = match self.deck.needs_forces() {
            true => format!(" with potential {}", self.potential.name),
            false => String::new(),
        };
        format!(
            "{replicas}{}{filling}{exchange}{potential} into {}",
            meanings::kind_of(&self.deck.structure),
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        meanings::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        let deck = self.deck_for_directory();
        let _held = RunDirectory::begin(&self.directory, self.existing, &deck, &self.log_head(build))?;
        let exchange = match self.exchange(watch) {
            Ok(exchange) => exchange,
            Err(Unmade::Stopped) => return Ok(summary::stopped(self, build, watch.stop())),
            Err(Unmade::Failed(error)) => return Err(error.into()),
        };
        let reservoir = exchange.as_ref().map(|exchange| exchange.reservoir);
        let (count, threads) = (self.deck.replicas, rayon::current_num_threads());
        let results = replicas::side_by_side(count, threads, |number| {
            if watch.stop().is_some() {
                return Err(Unmade::Stopped);
            }
            let directory = replica_directory(&self.directory, number, count);
            let mut maker = Maker::new(self, number, directory, reservoir, watch)?;
            maker.make()
        })?;
        summary::write(self, build, &started_utc, results, exchange.as_ref(), watch)
    }
}

impl BuildJob {
    /// What the log begins with: all that a build depends on.
    fn log_head(&self, build: &Build) -> String {
        format!(
            "natron {} ({}): {}; seed {}, potential SHA-256 {}, {}",
            build.version,
            build.commit.as_deref().unwrap_or("no commit"),
            crate::job::Job::about(self),
            self.seed,
            self.potential.sha256_hex(),
            self.potential.kernel(),
        )
    }
}
