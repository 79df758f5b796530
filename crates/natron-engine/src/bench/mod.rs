//! `natron bench`: how long a full step of dynamics takes, what it goes to, and how others compare.
//!
//! Every figure is that of whole NVE steps of a cell in thermal motion: neighbour lists, forces, integration,
//! bookkeeping.

use std::path::PathBuf;

use natron_dynamics::Simulation;
use natron_potential::Precision;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::potentials::{LoadedPotential, load_potential_in, precision_name};
use crate::{Failure, InputError, RunError};
use cases::Case;
use dynamics::Warm;
use operations::Operations;
use steps::StepTimes;

mod cases;
mod dynamics;
pub mod floor;
pub mod memory;
pub mod operations;
pub mod peers;
pub mod report;
pub mod split;
mod steps;
mod system;

pub use peers::Peer;
pub use report::{BenchReport, BenchResult};

/// The parts of a step are timed for this share of the time that the whole is.
const TIMED_SHARE: f64 = 0.25;

/// What to measure.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Built-in name or file of the potential.
    pub potential: String,
    /// Which arithmetic; `None`: the potential's own, and f64 on one thread for reference.
    pub precision: Option<PrecisionChoice>,
    /// At least so many atoms; `None`: the standard set.
    pub atoms: Option<usize>,
    /// Another structure than Na22C200; it is replicated.
    pub structure: Option<PathBuf>,
    /// Time spent on each measurement, s.
    pub seconds: f64,
    /// Who else is measured, on the first of the systems.
    pub against: Vec<Peer>,
}

/// Which arithmetic to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrecisionChoice {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// One after the other.
    Both,
}

/// The potential in each precision it is measured in.
struct Potentials(Vec<(Precision, LoadedPotential)>);

impl Potentials {
    fn load(options: &BenchOptions) -> Result<Self, InputError> {
        let load = |precision| load_potential_in(&options.potential, precision);
        let first = load(Precision::F32)?;
        if first.spec.is_some() {
            return Ok(Self(vec![(Precision::F32, first), (Precision::F64, load(Precision::F64)?)]));
        }
        let only = if first.precision == "f32" { Precision::F32 } else { Precision::F64 };
        let unwanted = match options.precision {
            Some(PrecisionChoice::F32) => only != Precision::F32,
            Some(PrecisionChoice::F64) => only != Precision::F64,
            Some(PrecisionChoice::Both) => true,
            None => false,
        };
        if unwanted {
            let message = format!("`{}` computes in {} alone", first.name, first.precision);
            return Err(InputError::new(message).help("leave out --precision"));
        }
        Ok(Self(vec![(only, first)]))
    }

    fn only(&self) -> Option<Precision> {
        if self.0.len() == 1 { Some(self.0[0].0) } else { None }
    }

    fn get(&self, precision: Precision) -> &LoadedPotential {
        let found = self.0.iter().find(|(p, _)| *p == precision);
        &found.expect("cases name no other precision than those loaded").1
    }
}

/// Measures full NVE steps.
///
/// # Errors
/// Potential or structure cannot be read or do not fit, a peer is not installed, or the dynamics fails.
pub fn bench(options: &BenchOptions, watch: &mut dyn FnMut(&BenchResult)) -> Result<BenchReport, Failure> {
    let potentials = Potentials::load(options)?;
    let unit = system::unit_cell(options, &potentials.0[0].1)?;
    let peers = options.against.iter().map(|&peer| peers::find(peer)).collect::<Result<Vec<_>, _>>()?;
    let before = memory::Memory::now().map(|memory| memory.resident);
    let threads = rayon::current_num_threads();
    let cases = cases::cases(options, unit.structure.len(), threads, potentials.only());
    let warm = pool(1)?.install(|| Warm::up(potentials.get(cases[0].precision), &unit))?;
    let mut results = Vec::new();
    for case in &cases {
        let result = measure(potentials.get(case.precision), &warm, *case, options.seconds, before)?;
        watch(&result);
        results.push(result);
    }
    let floors = floors(&potentials, &warm, &results)?;
    let potential = potentials.get(cases[0].precision);
    let against =
        pool(1)?.install(|| peers::compare(peers, potential, &warm, cases[0].atoms, options.seconds))?;
    Ok(BenchReport {
        potential: potential.name.clone(),
        sha256: potential.sha256_hex(),
        temperature_k: unit.temperature_k,
        results,
        floors,
        against,
    })
}

fn pool(threads: usize) -> Result<ThreadPool, RunError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| RunError::new(format!("cannot start {threads} threads: {error}")))
}

/// Makes one measurement.
fn measure(
    potential: &LoadedPotential,
    warm: &Warm,
    case: Case,
    seconds: f64,
    resident_before: Option<u64>,
) -> Result<BenchResult, Failure> {
    let rate = warm.rebuilds_per_step;
    let one = |_: usize| -> Result<(Simulation<'_>, StepTimes), Failure> {
        let mut simulation = warm.simulation(potential, case.atoms)?;
        let times = StepTimes::measure(&mut simulation, seconds, rate > 0.0)?;
        Ok((simulation, times))
    };
    let pool = pool(case.threads)?;
    let runs: Vec<_> = pool.install(|| (0..case.replicas).into_par_iter().map(one).collect());
    let mut runs = runs.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    let memory = memory::Memory::now();
    let costs: Vec<_> = runs.iter().map(|(_, times)| times.cost(rate)).collect();
    let atoms = runs[0].0.state().len();
    let steps_per_second: f64 = costs.iter().map(|cost| 1.0 / cost.step_s).sum();
    let spread = costs.iter().map(|cost| cost.spread_s / cost.step_s).fold(0.0, f64::max);
    let us = 1e6 / (steps_per_second * atoms as f64);
    // All replicas go on at the same time, the first tells.
    let timed =
        |(simulation, _): &mut (Simulation<'_>, _)| steps::time_parts(simulation, TIMED_SHARE * seconds);
    let timed: Vec<_> = pool.install(|| runs.par_iter_mut().map(timed).collect());
    let timed = timed.into_iter().next().expect("there is at least one replica")?;
    let split = split::Split::new(&timed, &costs[0], atoms);
    Ok(BenchResult {
        atoms,
        threads: case.threads,
        replicas: case.replicas,
        precision: precision_name(case.precision),
        simd: potential.simd,
        us_per_atom_step: us,
        us_per_atom_step_spread: us * spread,
        split,
        steps: runs.iter().map(|(_, times)| times.len() as u64).sum(),
        list_rebuilds: runs.iter().map(|(_, times)| times.rebuilds()).sum(),
        list_rebuilds_per_step: rate,
        memory,
        resident_before,
    })
}

/// The floor of each precision that was measured on one thread, at the smallest size.
fn floors(
    potentials: &Potentials,
    warm: &Warm,
    results: &[BenchResult],
) -> Result<Vec<floor::Floor>, InputError> {
    let mut floors = Vec::new();
    for (precision, potential) in &potentials.0 {
        let Some(spec) = &potential.spec else { continue };
        let precision = precision_name(*precision);
        let single = |result: &&BenchResult| result.precision == precision && result.threads == 1;
        let Some(result) = results.iter().find(single) else { continue };
        let (structure, _) = warm.block(1);
        let operations = Operations::count(spec, &*potential.potential, &structure)?;
        floors.push(floor::Floor::measure(potential.simd, precision, operations, result.us_per_atom_step));
    }
    Ok(floors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Build;

    fn options(potential: &str, precision: Option<PrecisionChoice>) -> BenchOptions {
        BenchOptions {
            potential: potential.into(),
            precision,
            atoms: Some(1),
            structure: None,
            seconds: 0.05,
            against: Vec::new(),
        }
    }

    #[test]
    fn argon_is_measured() {
        let report = bench(&options("lj-argon", None), &mut |_| {}).expect("it runs");
        let value = report.json(&Build { version: "0".into(), commit: None });
        assert!(value["us_per_atom_step"].as_f64().expect("a number") > 0.0);
        let first = &value["results"][0];
        assert_eq!(first["atoms"], 256);
        assert_eq!(first["precision"], "f64");
        let split = &first["split_us"];
        let parts = ["neighbour_list", "evaluation", "integration"].map(|key| split[key].as_f64());
        let sum: f64 = parts.into_iter().map(|part| part.expect("a number")).sum();
        let whole = first["us_per_atom_step"].as_f64().expect("a number");
        assert!((sum / whole - 1.0).abs() < 1e-9, "{sum} {whole}");
        assert!(value["floor"].as_array().is_some_and(Vec::is_empty) && value["floor_note"].is_string());
        assert!(report.results[0].steps >= 10);
    }

    #[test]
    fn a_potential_without_f32_is_not_measured_in_it() {
        let error = bench(&options("lj-argon", Some(PrecisionChoice::F32)), &mut |_| {});
        let causes = error.expect_err("there is no f32").causes();
        assert!(causes[0].message.contains("f64 alone"), "{}", causes[0].message);
    }
}
