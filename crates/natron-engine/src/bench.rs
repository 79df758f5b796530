//! `natron bench`: how long a full step of dynamics takes.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use natron_atoms::{Cell, Species, Structure, Vec3};
use natron_dynamics::plan::{Dynamics, Ensemble, MaxSteps, Minimise, Stage, StageKind};
use natron_dynamics::quantity::{ForceEvPerA, LengthA, TemperatureK, TimestepFs};
use natron_dynamics::{Limits, Moment, Observer, ObserverError, PotentialTag, RunPlan, Simulation};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::envelope::Build;
use crate::new_deck::EXAMPLE_STRUCTURE;
use crate::potentials::{LoadedPotential, load_potential};
use crate::{Failure, InputError, RunError, files};

/// What is measured first is not counted: caches and clocks settle.
const WARM_UP: Duration = Duration::from_millis(300);
/// The measurement is cut into so many parts, whose median is the result.
const PARTS: usize = 5;
/// Temperature of the measured dynamics, K.
const TEMPERATURE_K: f64 = 300.0;

/// What to measure.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Built-in name or file of the potential.
    pub potential: String,
    /// At least so many atoms; `None`: the standard set.
    pub atoms: Option<usize>,
    /// Another structure than Na22C200; it is replicated.
    pub structure: Option<PathBuf>,
    /// Time spent on each measurement.
    pub seconds: f64,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchResult {
    /// Atoms of one replica.
    pub atoms: usize,
    /// Threads that share the work.
    pub threads: usize,
    /// Replicas that run at the same time.
    pub replicas: usize,
    /// Wall time for each atom and step, all replicas together, us: the median of five parts.
    pub us_per_atom_step: f64,
    /// Half the distance between the second and the fourth of the five, us.
    pub us_per_atom_step_spread: f64,
    /// Steps measured, all replicas together.
    pub steps: u64,
    /// Neighbour lists built meanwhile.
    pub list_rebuilds: u64,
}

/// All measurements.
#[derive(Debug, Clone)]
pub struct BenchReport {
    /// Name of the potential.
    pub potential: String,
    /// SHA-256 of the potential.
    pub sha256: String,
    /// Instructions of its kernel.
    pub simd: &'static str,
    /// Its arithmetic.
    pub precision: &'static str,
    /// The measurements; the first is the headline.
    pub results: Vec<BenchResult>,
}

/// Measures full NVE steps: forces, neighbour lists, integration, bookkeeping.
///
/// # Errors
/// Potential or structure cannot be read or do not fit, or the dynamics fails.
pub fn bench(options: &BenchOptions, report: &mut dyn FnMut(&BenchResult)) -> Result<BenchReport, Failure> {
    let potential = load_potential(&options.potential)?;
    let unit = unit_cell(options, &potential)?;
    let threads = rayon::current_num_threads();
    let mut results = Vec::new();
    for (atoms, threads, replicas) in cases(options, unit.len(), threads) {
        let structure = replicate(&unit, atoms);
        let result = measure(&potential, &structure, threads, replicas, options.seconds)?;
        report(&result);
        results.push(result);
    }
    Ok(BenchReport {
        sha256: potential.sha256_hex(),
        potential: potential.name,
        simd: potential.simd,
        precision: potential.precision,
        results,
    })
}

/// Atoms, threads and replicas of each measurement.
fn cases(options: &BenchOptions, unit: usize, threads: usize) -> Vec<(usize, usize, usize)> {
    if let Some(atoms) = options.atoms {
        return vec![(atoms, threads, 1)];
    }
    let mut cases = vec![(unit, threads, 1)];
    if threads > 1 {
        cases.push((unit, 1, 1));
        cases.push((unit, threads, threads));
    }
    cases.push((8 * unit, threads, 1));
    cases
}

/// The structure that is replicated: Na22C200, argon for a potential that knows nothing else, or the user's.
fn unit_cell(options: &BenchOptions, potential: &LoadedPotential) -> Result<Structure, InputError> {
    let structure = match &options.structure {
        Some(file) => {
            let mut frames = files::read_frames(file)?;
            frames.pop().ok_or_else(|| InputError::new("the file holds no frame").in_file(file))?.structure
        }
        None if potential.knows(&[Species::NA, Species::C]) => files::example_structure(EXAMPLE_STRUCTURE),
        None => argon(),
    };
    crate::structure::check(&structure, potential).map_err(|error| {
        let error = InputError::new(error);
        match &options.structure {
            Some(file) => error.in_file(file),
            None => error.help("give a structure that the potential knows: --structure FILE"),
        }
    })?;
    Ok(structure)
}

/// 256 atoms of solid argon, a = 5.26 A.
fn argon() -> Structure {
    let edge = 5.26;
    let argon = Species::from_symbol("Ar").expect("argon is an element");
    let basis = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    let rows = [[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]];
    let cell = Cell::new(rows, [true; 3]).expect("a cube is a cell");
    let positions = basis.iter().map(|b| Vec3::from(*b) * edge).collect();
    let unit = Structure::new(cell, vec![argon; 4], positions).expect("four atoms");
    replicate(&unit, 256)
}

/// The smallest block of cells, as close to a cube as it gets, with at least `atoms` atoms.
fn replicate(unit: &Structure, atoms: usize) -> Structure {
    let cells = atoms.div_ceil(unit.len()).max(1);
    let mut counts = [1usize; 3];
    while counts.iter().product::<usize>() < cells {
        let smallest = (0..3).min_by_key(|&k| counts[k]).expect("three directions");
        counts[smallest] += 1;
    }
    let rows = unit.cell.rows();
    let scaled: [[f64; 3]; 3] =
        std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)] * counts[i] as f64));
    let cell = Cell::new(scaled, unit.cell.periodic()).expect("a multiple of a cell is a cell");
    let mut species = Vec::new();
    let mut positions = Vec::new();
    for a in 0..counts[0] {
        for b in 0..counts[1] {
            for c in 0..counts[2] {
                let offset = unit.cell.offset([a as i32, b as i32, c as i32]);
                species.extend_from_slice(&unit.species);
                positions.extend(unit.positions.iter().map(|position| position + offset));
            }
        }
    }
    Structure::new(cell, species, positions).expect("finite positions stay finite")
}

/// Relax a little, so that the dynamics is that of matter, then NVE for as long as it is watched.
fn plan() -> RunPlan {
    let ok = "the bench's constants are in range";
    let every = NonZeroU64::new(1_000_000).expect("not zero");
    let relax = Minimise { force_max: ForceEvPerA::new(0.1).expect(ok), max_steps: MaxSteps::Stop(100) };
    let run = Dynamics {
        steps: 1_000_000_000,
        timestep: TimestepFs::new(1.0).expect(ok),
        ensemble: Ensemble::Nve,
        initial_temperature: Some(TemperatureK::new(TEMPERATURE_K).expect(ok)),
        thermo_every: every,
        trajectory_every: None,
        restart_every: every,
    };
    let stages = vec![
        Stage { name: "relax".into(), kind: StageKind::Minimise(relax) },
        Stage { name: "run".into(), kind: StageKind::Dynamics(run) },
    ];
    RunPlan { seed: 1, stages, limits: Limits::default(), skin: LengthA::new(1.0).expect(ok) }
}

/// When each step was done.
#[derive(Default)]
struct Stopwatch {
    done: Vec<Instant>,
}

impl Observer for Stopwatch {
    fn on_step(&mut self, at: Moment) -> Result<(), ObserverError> {
        if at.stage == 1 {
            self.done.push(Instant::now());
        }
        Ok(())
    }
}

fn measure(
    potential: &LoadedPotential,
    structure: &Structure,
    threads: usize,
    replicas: usize,
    seconds: f64,
) -> Result<BenchResult, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| RunError::new(format!("cannot start {threads} threads: {error}")))?;
    let runs: Vec<Result<(Vec<f64>, u64), Failure>> = pool.install(|| {
        (0..replicas)
            .into_par_iter()
            .map(|replica| one_run(potential, structure, replica as u32, seconds))
            .collect()
    });
    let runs = runs.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    let atoms = structure.len();
    let mut parts: Vec<f64> = (0..PARTS)
        .map(|part| {
            let steps_per_second: f64 = runs.iter().map(|(times, _)| 1.0 / part_mean(times, part)).sum();
            1e6 / (steps_per_second * atoms as f64)
        })
        .collect();
    parts.sort_by(f64::total_cmp);
    Ok(BenchResult {
        atoms,
        threads,
        replicas,
        us_per_atom_step: parts[PARTS / 2],
        us_per_atom_step_spread: 0.5 * (parts[3] - parts[1]),
        steps: runs.iter().map(|(times, _)| times.len() as u64).sum(),
        list_rebuilds: runs.iter().map(|(_, rebuilds)| rebuilds).sum(),
    })
}

/// Mean time of a step in one of the parts, s.
fn part_mean(times: &[f64], part: usize) -> f64 {
    let length = times.len() / PARTS;
    times[part * length..(part + 1) * length].iter().sum::<f64>() / length as f64
}

/// The time of every step after the warm-up, s.
fn one_run(
    potential: &LoadedPotential,
    structure: &Structure,
    replica: u32,
    seconds: f64,
) -> Result<(Vec<f64>, u64), Failure> {
    let tag = PotentialTag { sha256: potential.sha256, kernel: potential.kernel() };
    let mut simulation =
        Simulation::new(&plan(), replica, structure.clone(), None, &*potential.potential, tag)
            .map_err(|error| RunError::new(error.to_string()))?;
    let mut watch = Stopwatch::default();
    let failed =
        |error: natron_dynamics::RunError| RunError::new(format!("the measured dynamics failed: {error}"));
    // Relaxation and warm-up, until the first steps of dynamics have taken their time.
    while watch.done.len() < 3 || watch.done[watch.done.len() - 1] - watch.done[0] < WARM_UP {
        simulation.run(&mut watch, &|| true).map_err(failed)?;
    }
    let rebuilds = simulation.list_rebuilds();
    watch.done.clear();
    let started = Instant::now();
    let enough = Duration::from_secs_f64(seconds);
    let steps = std::cell::Cell::new(0usize);
    let stop = || {
        steps.set(steps.get() + 1);
        started.elapsed() >= enough && steps.get() >= 2 * PARTS
    };
    simulation.run(&mut watch, &stop).map_err(failed)?;
    let mut before = started;
    let times = watch.done.iter().map(|&done| {
        let time = (done - before).as_secs_f64();
        before = done;
        time
    });
    Ok((times.collect(), simulation.list_rebuilds() - rebuilds))
}

impl BenchResult {
    /// Steps in a second, all replicas together.
    pub fn steps_per_second(&self) -> f64 {
        1e6 / (self.us_per_atom_step * self.atoms as f64)
    }

    fn json(&self, report: &BenchReport) -> Value {
        json!({
            "atoms": self.atoms,
            "threads": self.threads,
            "replicas": self.replicas,
            "precision": report.precision,
            "simd": report.simd,
            "potential": report.potential,
            "us_per_atom_step": self.us_per_atom_step,
            "us_per_atom_step_spread": self.us_per_atom_step_spread,
            "steps_per_second": self.steps_per_second(),
            "steps": self.steps,
            "list_rebuilds": self.list_rebuilds,
        })
    }
}

impl BenchReport {
    /// The JSON of the CONTRACT.
    pub fn json(&self, build: &Build) -> Value {
        let first = &self.results[0];
        let mut map = build.envelope("bench");
        map.insert("us_per_atom_step".into(), first.us_per_atom_step.into());
        map.insert("atoms".into(), first.atoms.into());
        map.insert("threads".into(), first.threads.into());
        map.insert("potential".into(), self.potential.clone().into());
        map.insert("potential_sha256".into(), self.sha256.clone().into());
        map.insert("machine".into(), machine());
        map.insert("results".into(), self.results.iter().map(|result| result.json(self)).collect());
        map.into()
    }
}

/// What the measurement was made on.
fn machine() -> Value {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cpu = model.map(|(_, name)| name.trim().to_string());
    let note = cpu.is_none().then_some("this system does not say");
    let mut value = json!({
        "cpu": cpu,
        "os": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
        "threads_available": std::thread::available_parallelism().map_or(1, usize::from),
    });
    if let Some(note) = note {
        value["cpu_note"] = note.into();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replication_keeps_the_density_and_gives_enough_atoms() {
        let unit = argon();
        for atoms in [1, 257, 1000, 3000] {
            let block = replicate(&unit, atoms);
            assert!(block.len() >= atoms);
            let density = |s: &Structure| s.len() as f64 / s.cell.volume_a3();
            assert!((density(&block) / density(&unit) - 1.0).abs() < 1e-12);
        }
        assert_eq!(replicate(&unit, 8 * 256).len(), 8 * 256);
    }

    #[test]
    fn argon_is_measured() {
        let options =
            BenchOptions { potential: "lj-argon".into(), atoms: Some(256), structure: None, seconds: 0.05 };
        let report = bench(&options, &mut |_| {}).expect("it runs");
        let value = report.json(&Build { version: "0".into(), commit: None });
        assert!(value["us_per_atom_step"].as_f64().expect("a number") > 0.0);
        assert_eq!(value["results"][0]["atoms"], 256);
        assert!(report.results[0].steps >= 10);
    }
}
