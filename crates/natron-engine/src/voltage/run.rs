//! Running a checked voltage: the metal, then the hosts side by side, then every host at every voltage, then the curves.

use super::isotherm::Isotherm;
use super::metal::Metal;
use super::points::Filled;
use super::summary::Found;
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
        let (mut failures, mut waiting) = (Vec::new(), 0);
        let named =
            results.into_iter().enumerate().map(|(host, result)| (self.host_name(host).into(), result));
        let hosts: Vec<Filled> = sorted(named, &mut failures, &mut waiting);
        let isotherm = self.isotherm(&hosts, &metal, (build, watch), &mut failures, &mut waiting)?;
        let stopped = if waiting > 0 { watch.stop() } else { None };
        let found = Found { metal: &metal, hosts: &hosts, isotherm: isotherm.as_ref(), failures: &failures };
        let outcome = summary::write(self, build, &started_utc, found, stopped, watch)?;
        if failures.is_empty() { Ok(outcome) } else { Err(Failure::Run(failures)) }
    }
}

impl VoltageJob {
    /// Every host that was relaxed at every voltage of the reservoir, where there is one.
    fn isotherm(
        &self,
        hosts: &[Filled],
        metal: &Metal,
        (build, watch): (&Build, &dyn Watch),
        failures: &mut Vec<RunError>,
        waiting: &mut usize,
    ) -> Result<Option<Isotherm>, Failure> {
        let Some(metal) = self.metal_at_temperature(metal.energy.value)? else { return Ok(None) };
        let voltages = self.deck.grand_canonical.iter().flat_map(|table| &table.voltages_v);
        let all = |host: &Filled| (0..voltages.clone().count()).map(|k| (host.number, k)).collect::<Vec<_>>();
        let items: Vec<(usize, usize)> = hosts.iter().flat_map(all).collect();
        let results = replicas::side_by_side(items.len() as u32, rayon::current_num_threads(), |number| {
            if watch.stop().is_some() {
                return Err(Unfinished::Stopped);
            }
            self.take_up(items[number as usize], &metal, build, watch)
        })?;
        let name = |(host, number): (usize, usize)| format!("{}, voltage {number}", self.host_name(host));
        let named = items.iter().map(|item| name(*item)).zip(results);
        Ok(Some(Isotherm { uptakes: sorted(named, failures, waiting), metal }))
    }
}

/// What came to its end; what failed goes to `failures` with its name, what was stopped is counted.
fn sorted<T>(
    results: impl Iterator<Item = (String, Result<T, Unfinished>)>,
    failures: &mut Vec<RunError>,
    waiting: &mut usize,
) -> Vec<T> {
    let mut done = Vec::new();
    for (name, result) in results {
        let named = |error: RunError| RunError { message: format!("{name}: {}", error.message), ..error };
        match result {
            Ok(value) => done.push(value),
            Err(Unfinished::Stopped) => *waiting += 1,
            Err(Unfinished::Failed(errors)) => failures.extend(errors.into_iter().map(named)),
        }
    }
    done
}
