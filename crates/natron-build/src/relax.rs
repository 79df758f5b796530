//! Relaxation, and the energy that comes with it.

use natron_atoms::Structure;
use natron_dynamics::plan::{
    Barostat, CellTarget, Coupling, Dynamics, Ensemble, Limits, MaxSteps, Minimise, Stage, StageKind,
};
use natron_dynamics::quantity::{
    CompressibilityPerGpa, ForceEvPerA, FrictionPerPs, LengthA, PressureGpa, QuantityError, StressGpa,
    TemperatureK, TimePs, TimestepFs,
};
use natron_dynamics::{Outcome, PotentialTag, RunPlan, Simulation};
use natron_potential::Potential;

use crate::BuildError;

/// Verlet skin, A.
const SKIN_A: f64 = 1.0;
/// How far the stress of a relaxed cell may be from the pressure, GPa.
const STRESS_MAX_GPA: f64 = 0.05;
/// What the barostat takes the compressibility to be, 1/GPa: that of soft carbon hosts within a factor of three.
const COMPRESSIBILITY_PER_GPA: f64 = 0.05;

/// A structure at rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxed {
    /// The structure.
    pub structure: Structure,
    /// Its energy, eV.
    pub energy_ev: f64,
}

/// What happens to a structure after something was changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relaxation {
    /// Longest force at the end, eV/A.
    pub force_max_ev_per_a: f64,
    /// Steps of each minimisation at most.
    pub max_steps: u64,
    /// Dynamics before the minimisation.
    pub dynamics: Option<Shaking>,
    /// What of the cell follows a pressure, GPa, if anything.
    pub cell: Option<(Coupling, f64)>,
}

/// A stretch of dynamics at a temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shaking {
    /// Temperature, K.
    pub temperature_k: f64,
    /// How long, ps.
    pub duration_ps: f64,
    /// Step, fs.
    pub timestep_fs: f64,
}

impl Relaxation {
    /// Its stages as a plan.
    ///
    /// # Errors
    /// A number is out of the range of its quantity.
    pub fn plan(&self, seed: u64) -> Result<RunPlan, QuantityError> {
        let mut stages = Vec::new();
        if let Some(shaking) = self.dynamics.filter(|shaking| shaking.duration_ps > 0.0) {
            stages.push(stage("settle", StageKind::Minimise(self.minimise(None)?)));
            stages.push(stage("shake", StageKind::Dynamics(self.dynamics(&shaking)?)));
        }
        let cell = self.cell.map(|(coupling, pressure_gpa)| -> Result<CellTarget, QuantityError> {
            Ok(CellTarget {
                coupling,
                pressure: PressureGpa::new(pressure_gpa)?,
                stress_max: StressGpa::new(STRESS_MAX_GPA)?,
            })
        });
        stages.push(stage("rest", StageKind::Minimise(self.minimise(cell.transpose()?)?)));
        let skin = LengthA::new(SKIN_A)?;
        Ok(RunPlan { seed, groups: Vec::new(), stages, limits: Limits::default(), skin })
    }

    fn minimise(&self, cell: Option<CellTarget>) -> Result<Minimise, QuantityError> {
        let force_max = ForceEvPerA::new(self.force_max_ev_per_a)?;
        Ok(Minimise { cell, ..Minimise::new(force_max, MaxSteps::Stop(self.max_steps)) })
    }

    fn dynamics(&self, shaking: &Shaking) -> Result<Dynamics, QuantityError> {
        let temperature = TemperatureK::new(shaking.temperature_k)?;
        let ensemble = match self.cell {
            None => {
                Ensemble::Langevin { temperature: temperature.into(), friction: FrictionPerPs::new(5.0)? }
            }
            Some((coupling, pressure_gpa)) => Ensemble::NptRescale {
                temperature: temperature.into(),
                relaxation: TimePs::new(0.1)?,
                barostat: Barostat {
                    pressure: PressureGpa::new(pressure_gpa)?.into(),
                    relaxation: TimePs::new(1.0)?,
                    compressibility: CompressibilityPerGpa::new(COMPRESSIBILITY_PER_GPA)?,
                    coupling,
                },
            },
        };
        let steps = (shaking.duration_ps * 1e3 / shaking.timestep_fs).round().max(1.0) as u64;
        let timestep = TimestepFs::new(shaking.timestep_fs)?;
        Ok(Dynamics { initial_temperature: Some(temperature), ..Dynamics::new(steps, timestep, ensemble) })
    }
}

fn stage(name: &str, kind: StageKind) -> Stage {
    Stage { name: name.into(), kind }
}

/// Runs a plan from a structure to its end.
///
/// # Errors
/// It cannot start, fails, or is told to stop.
pub fn run(
    plan: &RunPlan,
    replica: u32,
    structure: Structure,
    potential: &dyn Potential,
    stop: &dyn Fn() -> bool,
) -> Result<Relaxed, BuildError> {
    let mut simulation = Simulation::new(plan, replica, structure, None, potential, PotentialTag::default())?;
    match simulation.run(&mut (), stop)? {
        Outcome::Finished => Ok(relaxed(&simulation)),
        Outcome::Stopped => Err(BuildError::Stopped),
    }
}

/// The present state of a run.
pub fn relaxed(simulation: &Simulation<'_>) -> Relaxed {
    let state = simulation.state();
    Relaxed { structure: state.structure.clone(), energy_ev: state.evaluation.energy_ev }
}
