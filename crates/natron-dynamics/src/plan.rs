//! What a run does, checked and in steps: the value a [`Simulation`](crate::Simulation) is made from.

use std::num::NonZeroU64;

use natron_atoms::Species;

use crate::groups::Group;
use crate::quantity::{
    EnergyMevPerAtom, ForceEvPerA, LengthA, PressureGpa, StressGpa, TemperatureK, TimestepFs,
};

mod ensemble;
mod output;

pub use ensemble::{Barostat, Chain, Coupling, Ensemble, Piston, Ramp, caveats};
pub use output::{OutputGroup, OutputPlan, Recorded, TrajectoryPrecision};

/// A whole MD deck after [`MdDeck::validate`](crate::MdDeck::validate).
#[derive(Debug, Clone, PartialEq)]
pub struct MdPlan {
    /// Structure file as the deck writes it (relative to the deck).
    pub structure: String,
    /// Frame of the file from 0; `None` is the last.
    pub frame: Option<usize>,
    /// Which potential.
    pub potential: PotentialChoice,
    /// Run directory as the deck writes it; `None` is `./<deck stem>`.
    pub directory: Option<String>,
    /// How many independent runs; they differ in their random numbers.
    pub replicas: u32,
    /// Species whose diffusion is reported.
    pub mobile: Vec<Species>,
    /// Species whose drift is removed first; empty is the whole system.
    pub reference: Vec<Species>,
    /// What goes to the trajectory.
    pub output: OutputPlan,
    /// The dynamics itself.
    pub run: RunPlan,
}

impl RunPlan {
    /// Each stage that goes to the trajectory, by its name.
    pub fn recorded(&self) -> impl Iterator<Item = (&str, &Dynamics)> {
        self.stages.iter().filter_map(|stage| match &stage.kind {
            StageKind::Dynamics(dynamics) if dynamics.trajectory_every.is_some() => {
                Some((stage.name.as_str(), dynamics))
            }
            _ => None,
        })
    }
}

/// Where the potential comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PotentialChoice {
    /// A name natron carries with it.
    BuiltIn(String),
    /// A file as the deck writes it (relative to the deck).
    File(String),
}

/// What the dynamics needs to know; no file names.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// Seed of every random number.
    pub seed: u64,
    /// Named groups of atoms, each of which may be made of those before.
    pub groups: Vec<Group>,
    /// Stages in order; not empty.
    pub stages: Vec<Stage>,
    /// When a run counts as gone wrong.
    pub limits: Limits,
    /// Verlet skin of the neighbour list, A.
    pub skin: LengthA,
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its name, unique in the run.
    pub name: String,
    /// What it does.
    pub kind: StageKind,
}

/// What a stage does.
#[derive(Debug, Clone, PartialEq)]
pub enum StageKind {
    /// Relax the positions, or positions and cell.
    Minimise(Minimise),
    /// Integrate the equations of motion.
    Dynamics(Dynamics),
}

/// Relaxation of positions, and of the cell where it says so, until no force is larger than `force_max`.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimise {
    /// Longest force allowed at the end.
    pub force_max: ForceEvPerA,
    /// At most this many steps; where the user named the number, reaching it is not an error.
    pub max_steps: MaxSteps,
    /// Groups whose atoms stay where they are.
    pub fixed: Vec<String>,
    /// How it goes downhill.
    pub method: Relaxation,
    /// What of the cell is relaxed as well, if anything.
    pub cell: Option<CellTarget>,
}

impl Minimise {
    /// The relaxation of all atoms in a fixed cell, by FIRE.
    pub fn new(force_max: ForceEvPerA, max_steps: MaxSteps) -> Self {
        Self { force_max, max_steps, fixed: Vec::new(), method: Relaxation::Fire, cell: None }
    }
}

/// A method of minimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relaxation {
    /// The fast inertial relaxation engine: robust far from the minimum.
    Fire,
    /// A quasi-Newton method: fewer steps near it.
    Lbfgs,
}

impl Relaxation {
    /// All of them with their names in a deck.
    pub const NAMES: [(&'static str, Self); 2] = [("fire", Self::Fire), ("lbfgs", Self::Lbfgs)];
}

/// Relaxation of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellTarget {
    /// What of it may change.
    pub coupling: Coupling,
    /// The pressure wanted.
    pub pressure: PressureGpa,
    /// How far any component of the stress that the cell may follow may be from it at the end.
    pub stress_max: StressGpa,
}

/// How many steps a minimisation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxSteps {
    /// Stop there, converged or not.
    Stop(u64),
    /// Not to have converged by then is an error.
    Fail(u64),
}

impl MaxSteps {
    /// The number of steps.
    pub fn get(self) -> u64 {
        match self {
            Self::Stop(n) | Self::Fail(n) => n,
        }
    }
}

/// Integration over a fixed number of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamics {
    /// Number of steps.
    pub steps: u64,
    /// Length of a step.
    pub timestep: TimestepFs,
    /// What is held constant.
    pub ensemble: Ensemble,
    /// Groups with a thermostat of their own; they share no atom, and the ensemble of the rest is NVE.
    pub thermostats: Vec<GroupThermostat>,
    /// Groups whose atoms stay where they are; none where the cell moves.
    pub fixed: Vec<String>,
    /// Groups whose total momentum is kept zero: their centre of mass rests. None where the cell moves.
    pub zero_momentum: Vec<String>,
    /// Draw velocities at this temperature when the stage starts.
    pub initial_temperature: Option<TemperatureK>,
    /// Steps between rows of the thermo log.
    pub thermo_every: NonZeroU64,
    /// Steps between frames of the trajectory; `None`: the stage is not recorded.
    pub trajectory_every: Option<NonZeroU64>,
    /// Steps between restarts.
    pub restart_every: NonZeroU64,
}

/// A thermostat that acts on one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupThermostat {
    /// Name of the group.
    pub group: String,
    /// One of the NVT ensembles.
    pub ensemble: Ensemble,
}

impl Dynamics {
    /// So many steps of all atoms that write nothing.
    pub fn new(steps: u64, timestep: TimestepFs, ensemble: Ensemble) -> Self {
        Self {
            steps,
            timestep,
            ensemble,
            thermostats: Vec::new(),
            fixed: Vec::new(),
            zero_momentum: Vec::new(),
            initial_temperature: None,
            thermo_every: NonZeroU64::MAX,
            trajectory_every: None,
            restart_every: NonZeroU64::MAX,
        }
    }

    /// What is held constant, in words: the ensemble, `thermostat of GROUP = ...` for each group with one, `fixed = ...` and
    /// `zero_momentum = ...`.
    pub fn conditions(&self) -> String {
        let mut text = self.ensemble.to_string();
        for thermostat in &self.thermostats {
            text += &format!("; thermostat of {} = {}", thermostat.group, thermostat.ensemble);
        }
        for (key, groups) in [("fixed", &self.fixed), ("zero_momentum", &self.zero_momentum)] {
            if !groups.is_empty() {
                text += &format!("; {key} = {}", groups.join(", "));
            }
        }
        text
    }

    /// Simulated time after `steps` steps of a stage that began at `start_ps`, ps: a product, so that no sum of
    /// roundings builds up.
    pub fn time_ps(&self, start_ps: f64, steps: u64) -> f64 {
        start_ps + steps as f64 * self.timestep.get() * 1e-3
    }
}

/// Bounds of a healthy run; beyond one of them it stops with an [`Instability`](crate::Instability).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest force on an atom during dynamics.
    pub force_max: ForceEvPerA,
    /// Highest instantaneous temperature.
    pub temperature_max: TemperatureK,
    /// Longest way of an atom in one step.
    pub displacement_max: LengthA,
    /// Largest change of the total energy since the start of an NVE stage.
    pub energy_change_max: EnergyMevPerAtom,
}

impl Default for Limits {
    /// 200 eV/A, 10 000 K, 0.5 A per step, 50 meV per atom.
    fn default() -> Self {
        let in_range = "the defaults are in range";
        Self {
            force_max: ForceEvPerA::new(200.0).expect(in_range),
            temperature_max: TemperatureK::new(10_000.0).expect(in_range),
            displacement_max: LengthA::new(0.5).expect(in_range),
            energy_change_max: EnergyMevPerAtom::new(50.0).expect(in_range),
        }
    }
}
