//! Which runs belong together: those at one temperature.

use std::path::{Path, PathBuf};

use super::source::{Run, nominal_temperature_k, run_folder};

/// Runs at one temperature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// Mean of the runs' temperatures, K, where all have one.
    pub temperature_k: Option<f64>,
    /// Which runs, in the order they were given.
    pub runs: Vec<usize>,
}

impl Group {
    /// All runs, whatever their temperature.
    pub fn of_all(runs: &[Run]) -> Self {
        let members: Vec<usize> = (0..runs.len()).collect();
        Self { temperature_k: mean(runs, &members), runs: members }
    }

    /// Its runs.
    pub fn members<'r>(&self, runs: &'r [Run]) -> Vec<&'r Run> {
        self.runs.iter().map(|&k| &runs[k]).collect()
    }
}

/// Measured temperatures of runs at one temperature may differ by this fraction.
const MEASURED: f64 = 0.05;
/// Temperatures that were asked for differ by this fraction only where they are different.
const ASKED_FOR: f64 = 1e-3;

/// A run's temperature to sort by, and how far those of its group may be from it.
fn key(file: &Path, run: &Run, given: bool) -> Option<(f64, f64)> {
    let measured = run.temperature_k.map(|t| (t, if given { ASKED_FOR } else { MEASURED }));
    if given { measured } else { nominal_temperature_k(file).map(|t| (t, ASKED_FOR)).or(measured) }
}

/// Sorts runs by temperature, rising. Runs of unknown temperature are replicas of each other, and so are those of one run directory.
pub(super) fn groups(files: &[PathBuf], runs: &[Run], given: bool) -> Vec<Group> {
    let keys: Option<Vec<(f64, f64)>> =
        files.iter().zip(runs).map(|(file, run)| key(file, run, given)).collect();
    let all = || vec![Group::of_all(runs)];
    let Some(keys) = keys else { return all() };
    let folder = |k: usize| run_folder(&files[k]);
    if (1..files.len()).all(|k| folder(k).is_some() && folder(k) == folder(0)) {
        return all();
    }
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by(|&i, &j| keys[i].0.total_cmp(&keys[j].0));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for run in order {
        match groups.last_mut() {
            Some(group) if keys[run].0 <= keys[group[0]].0 * (1.0 + keys[run].1) => group.push(run),
            _ => groups.push(vec![run]),
        }
    }
    let sorted = |mut runs: Vec<usize>| {
        runs.sort_unstable();
        runs
    };
    groups
        .into_iter()
        .map(sorted)
        .map(|members| Group { temperature_k: mean(runs, &members), runs: members })
        .collect()
}

fn mean(runs: &[Run], members: &[usize]) -> Option<f64> {
    let temperatures = members.iter().map(|&k| runs[k].temperature_k).collect::<Option<Vec<f64>>>()?;
    Some(temperatures.iter().sum::<f64>() / temperatures.len().max(1) as f64)
}
