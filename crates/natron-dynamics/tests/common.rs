//! Potentials, structures and an observer that tests share.

use natron_atoms::{Cell, NeighbourList, Species, Structure, Vec3};
use natron_dynamics::cast::Cast;
use natron_dynamics::integrator::Integrator;
use natron_dynamics::plan::{
    Barostat, Chain, Coupling, Dynamics, Ensemble, Piston, RunPlan, Stage, StageKind,
};
use natron_dynamics::quantity::{
    CompressibilityPerGpa, FrictionPerPs, LengthA, PressureGpa, TemperatureK, TimePs, TimestepFs,
};
use natron_dynamics::random::{Purpose, RandomKey};
use natron_dynamics::state::{Forces, State};
use natron_dynamics::velocities;
use natron_dynamics::{
    Limits, Observer, ObserverError, PotentialTag, Restart, Simulation, StageSummary, ThermoRow,
    TrajectoryFrame,
};
use natron_potential::{Evaluation, EvaluationError, Evaluator, LennardJones, Potential};
use rayon::prelude::*;
use std::num::NonZeroU64;

/// Argon: epsilon 119.8 K k_B, sigma 3.405 A.
pub fn argon(cutoff_a: f64) -> LennardJones {
    LennardJones { epsilon_ev: 0.010_323, sigma_a: 3.405, cutoff_a }
}

pub fn symbol(symbol: &str) -> Species {
    Species::from_symbol(symbol).expect("an element")
}

/// A face-centred cubic crystal of `cells`^3 cubes of edge `edge_a`.
pub fn fcc(species: Species, edge_a: f64, cells: usize) -> Structure {
    let basis = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
    let mut positions = Vec::new();
    for (i, j, k) in triples(cells) {
        for b in basis {
            positions.push(Vec3::new(i as f64 + b[0], j as f64 + b[1], k as f64 + b[2]) * edge_a);
        }
    }
    let edge = edge_a * cells as f64;
    let cell = Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cell");
    Structure::new(cell, vec![species; positions.len()], positions).expect("a structure")
}

fn triples(n: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..n * n * n).map(move |m| (m / (n * n), m / n % n, m % n))
}

/// The icosahedron of 13 atoms with edge about `edge_a`, isolated.
pub fn icosahedron(edge_a: f64) -> Structure {
    let golden = 0.5 * (1.0 + 5.0_f64.sqrt());
    let mut positions = vec![Vec3::zeros()];
    for a in [-1.0, 1.0] {
        for b in [-golden, golden] {
            for v in [Vec3::new(0.0, a, b), Vec3::new(a, b, 0.0), Vec3::new(b, 0.0, a)] {
                positions.push(v * (0.5 * edge_a));
            }
        }
    }
    Structure::new(Cell::open(), vec![symbol("Ar"); 13], positions).expect("a structure")
}

/// Fills an evaluation.
pub type Fill = dyn Fn(&Structure, &mut Evaluation) -> Result<(), EvaluationError> + Send + Sync;

/// Atoms in a field, or on sites, without anything that a neighbour list would be needed for.
pub struct Field(pub Box<Fill>);

impl Potential for Field {
    fn cutoff_a(&self, _a: Species, _b: Species) -> f64 {
        0.1
    }
    fn max_cutoff_a(&self) -> f64 {
        0.1
    }
    fn species(&self) -> Option<Vec<Species>> {
        None
    }
    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(FieldEvaluator(self))
    }
}

struct FieldEvaluator<'a>(&'a Field);

impl Evaluator for FieldEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        _list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        out.reset(structure.len());
        (self.0.0)(structure, out)?;
        out.energy_ev = out.atom_energies_ev.iter().sum();
        Ok(())
    }
}

/// Every atom on a spring (eV/A^2) of its own: 3 N harmonic oscillators with <x^2> = k_B T / k each.
pub fn einstein(sites: Vec<Vec3>, spring: f64) -> Field {
    Field(Box::new(move |structure, out| {
        for (i, (position, site)) in structure.positions.iter().zip(&sites).enumerate() {
            let away = position - site;
            out.atom_energies_ev[i] = 0.5 * spring * away.norm_squared();
            out.forces[i] = away * -spring;
        }
        Ok(())
    }))
}

/// Lennard-Jones with atoms evaluated in parallel, each by one thread, sums in the order of atoms.
pub struct Parallel(pub LennardJones);

impl Potential for Parallel {
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        self.0.cutoff_a(a, b)
    }
    fn max_cutoff_a(&self) -> f64 {
        self.0.max_cutoff_a()
    }
    fn species(&self) -> Option<Vec<Species>> {
        None
    }
    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(ParallelEvaluator(&self.0))
    }
}

struct ParallelEvaluator<'a>(&'a LennardJones);

impl Evaluator for ParallelEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        out.reset(structure.len());
        let cutoff = self.0.cutoff_a;
        let pair = |r: f64| {
            let (s6, r3) = ((self.0.sigma_a / r).powi(6), (1.0 - (r / cutoff).powi(2)).powi(3));
            let (energy, slope) = (s6 * s6 - s6, (6.0 * s6 - 12.0 * s6 * s6) / r);
            let cut = -6.0 * r / cutoff.powi(2) * (1.0 - (r / cutoff).powi(2)).powi(2);
            (4.0 * self.0.epsilon_ev * energy * r3, 4.0 * self.0.epsilon_ev * (slope * r3 + energy * cut))
        };
        out.forces.par_iter_mut().zip(&mut out.atom_energies_ev).enumerate().for_each(
            |(i, (force, energy))| {
                for n in list.neighbours(structure, i).filter(|n| n.distance_a < cutoff) {
                    let (e, slope) = pair(n.distance_a);
                    *energy += 0.5 * e;
                    *force += n.vector * (slope / n.distance_a);
                }
            },
        );
        out.energy_ev = out.atom_energies_ev.iter().sum();
        Ok(())
    }
}

pub fn temperature(k: f64) -> TemperatureK {
    TemperatureK::new(k).expect("in range")
}

pub fn nve() -> Ensemble {
    Ensemble::Nve
}

pub fn langevin(temperature_k: f64, friction_per_ps: f64) -> Ensemble {
    let friction = FrictionPerPs::new(friction_per_ps).expect("in range");
    Ensemble::Langevin { temperature: temperature(temperature_k).into(), friction }
}

pub fn picoseconds(ps: f64) -> TimePs {
    TimePs::new(ps).expect("in range")
}

pub fn nose_hoover(temperature_k: f64, relaxation_ps: f64) -> Ensemble {
    let chain = Chain { relaxation: picoseconds(relaxation_ps), length: 3, weights: 3 };
    Ensemble::NoseHoover { temperature: temperature(temperature_k).into(), chain }
}

pub fn rescale(temperature_k: f64, relaxation_ps: f64) -> Ensemble {
    let relaxation = picoseconds(relaxation_ps);
    Ensemble::Rescale { temperature: temperature(temperature_k).into(), relaxation }
}

pub fn berendsen(temperature_k: f64, relaxation_ps: f64) -> Ensemble {
    let relaxation = picoseconds(relaxation_ps);
    Ensemble::Berendsen { temperature: temperature(temperature_k).into(), relaxation }
}

/// Temperature and pressure by rescaling, 0.1 ps and 0.3 ps, for a compressibility that is about right.
pub fn npt(temperature_k: f64, pressure_gpa: f64, compressibility: f64, coupling: Coupling) -> Ensemble {
    Ensemble::NptRescale {
        temperature: temperature(temperature_k).into(),
        relaxation: picoseconds(0.1),
        barostat: Barostat {
            pressure: PressureGpa::new(pressure_gpa).expect("in range").into(),
            relaxation: picoseconds(0.3),
            compressibility: CompressibilityPerGpa::new(compressibility).expect("in range"),
            coupling,
        },
    }
}

/// An extended system, chains of 0.1 ps, a cell of this relaxation time.
pub fn mttk(temperature_k: f64, pressure_gpa: f64, relaxation_ps: f64, coupling: Coupling) -> Ensemble {
    Ensemble::NptMttk {
        temperature: temperature(temperature_k).into(),
        chain: Chain { relaxation: picoseconds(0.1), length: 3, weights: 3 },
        piston: Piston {
            pressure: PressureGpa::new(pressure_gpa).expect("in range").into(),
            relaxation: picoseconds(relaxation_ps),
            coupling,
        },
    }
}

/// Runs an ensemble for some steps from velocities at its temperature and hands the state to `look` after each.
pub fn sample(
    potential: &dyn Potential,
    structure: &Structure,
    (ensemble, timestep_fs): (Ensemble, f64),
    steps: u64,
    mut look: impl FnMut(u64, &State),
) {
    let skin = LengthA::new(1.0).expect("in range");
    let mut forces = Forces::new(potential, structure, skin).expect("a list");
    let still = vec![Vec3::zeros(); structure.len()];
    let mut state = State::new(structure.clone(), still, &mut forces).expect("a state");
    let kelvin = ensemble.temperature().expect("a thermostat").from;
    let normals = RandomKey::new(9, 0, 0, Purpose::Velocities).at_step(0);
    velocities::draw(&mut state.velocities, &state.masses_amu, kelvin, normals);
    let StageKind::Dynamics(stage) = dynamics("", steps, timestep_fs, ensemble).kind else {
        unreachable!("a dynamics stage")
    };
    let key = RandomKey::new(9, 0, 0, Purpose::Thermostat);
    let way_max = LengthA::new(1.0).expect("in range");
    let cast = Cast::plain(structure.len(), ensemble.conserves_momentum());
    let mut integrator = Integrator::new(&stage, &cast, way_max, &state.masses_amu, key);
    for step in 0..steps {
        integrator.step(&mut state, &mut forces, step).expect("stable");
        look(step, &state);
    }
}

/// A dynamics stage that writes a row and a frame every 10 steps and a restart at its end.
pub fn dynamics(name: &str, steps: u64, timestep_fs: f64, ensemble: Ensemble) -> Stage {
    let every = |n: u64| NonZeroU64::new(n).expect("positive");
    Stage {
        name: name.to_owned(),
        kind: StageKind::Dynamics(Dynamics {
            thermo_every: every(10),
            trajectory_every: Some(every(10)),
            restart_every: every(1_000_000),
            ..Dynamics::new(steps, TimestepFs::new(timestep_fs).expect("in range"), ensemble)
        }),
    }
}

/// The same with velocities drawn at the start.
pub fn drawn(mut stage: Stage, temperature_k: f64) -> Stage {
    if let StageKind::Dynamics(dynamics) = &mut stage.kind {
        dynamics.initial_temperature = Some(temperature(temperature_k));
    }
    stage
}

pub fn plan(seed: u64, stages: Vec<Stage>) -> RunPlan {
    RunPlan {
        seed,
        groups: Vec::new(),
        stages,
        limits: Limits::default(),
        skin: LengthA::new(1.0).expect("in range"),
    }
}

pub fn simulation<'p>(plan: &RunPlan, structure: &Structure, potential: &'p dyn Potential) -> Simulation<'p> {
    Simulation::new(plan, 0, structure.clone(), None, potential, PotentialTag::default()).expect("a start")
}

/// Writes everything down.
#[derive(Debug, Default, PartialEq)]
pub struct Recorder {
    pub rows: Vec<String>,
    pub frames: Vec<(u64, Vec<Vec3>, Vec<Vec3>)>,
    pub restarts: Vec<Restart>,
    pub summaries: Vec<StageSummary>,
    pub events: Vec<String>,
}

impl Observer for Recorder {
    fn on_thermo(&mut self, row: &ThermoRow<'_>) -> Result<(), ObserverError> {
        self.events.push(format!("row {}", row.step));
        self.rows.push(row.csv());
        Ok(())
    }
    fn on_frame(&mut self, frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        self.events.push(format!("frame {}", frame.at.step));
        let positions = frame.structure.positions.clone();
        self.frames.push((frame.at.step, positions, frame.velocities_a_per_fs.to_vec()));
        Ok(())
    }
    fn on_restart(&mut self, restart: &Restart) -> Result<(), ObserverError> {
        self.events.push(format!("restart {}", restart.step()));
        self.restarts.push(restart.clone());
        Ok(())
    }
    fn on_stage_end(&mut self, summary: &StageSummary) -> Result<(), ObserverError> {
        self.events.push(format!("end {}", summary.name));
        self.summaries.push(summary.clone());
        Ok(())
    }
}

/// The column of a thermo row by its name in the header.
pub fn column(row: &str, name: &str) -> f64 {
    let index = ThermoRow::HEADER.split(',').position(|key| key == name).expect("a column");
    row.split(',').nth(index).expect("a field").parse().expect("a number")
}
