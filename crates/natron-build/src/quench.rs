//! Disordered structures by melt, anneal and quench, as stages of dynamics.

use std::num::NonZeroU64;

use natron_dynamics::RunPlan;
use natron_dynamics::plan::{Dynamics, Ensemble, Limits, MaxSteps, Minimise, Ramp, Stage, StageKind};
use natron_dynamics::quantity::{
    ForceEvPerA, FrictionPerPs, LengthA, QuantityError, TemperatureK, TimestepFs,
};

/// Force at which thrown atoms may be heated, eV/A, and the steps spent on it at most.
const START: (f64, u64) = (2.0, 500);
/// The limit of the temperature is at least this, K.
const HEAT_OF_START_K: f64 = 30_000.0;
/// Verlet skin, A.
const SKIN_A: f64 = 1.0;

/// One leg of a schedule: from one temperature to another within a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// What messages call it.
    pub name: &'static str,
    /// At its start, K.
    pub from_k: f64,
    /// At its end, K.
    pub to_k: f64,
    /// How long it takes, ps.
    pub duration_ps: f64,
}

/// A whole schedule with Langevin dynamics in a fixed cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// In order; legs without duration are left out.
    pub legs: Vec<Leg>,
    /// Step, fs.
    pub timestep_fs: f64,
    /// Friction, 1/ps.
    pub friction_per_ps: f64,
    /// Longest force after the relaxation at the end, eV/A; `None`: no relaxation.
    pub force_max_ev_per_a: Option<f64>,
    /// Time between restarts, ps.
    pub restart_every_ps: f64,
}

impl Schedule {
    /// Its stages as a plan: relax what was thrown, the legs, relax.
    ///
    /// # Errors
    /// A number is out of the range of its quantity.
    pub fn plan(&self, seed: u64) -> Result<RunPlan, QuantityError> {
        let minimise = |name: &str, force_max: f64, steps: u64| -> Result<Stage, QuantityError> {
            let minimise = Minimise::new(ForceEvPerA::new(force_max)?, MaxSteps::Stop(steps));
            Ok(Stage { name: name.into(), kind: StageKind::Minimise(minimise) })
        };
        let mut stages = vec![minimise("start", START.0, START.1)?];
        for leg in self.legs.iter().filter(|leg| leg.duration_ps > 0.0) {
            stages.push(self.stage(leg)?);
        }
        if let Some(force_max) = self.force_max_ev_per_a {
            stages.push(minimise("rest", force_max, 5000)?);
        }
        let skin = LengthA::new(SKIN_A)?;
        let hottest = self.legs.iter().flat_map(|leg| [leg.from_k, leg.to_k]).fold(0.0, f64::max);
        // Thrown atoms fall into bonds and are far too hot until the thermostat has their heat.
        let temperature_max = TemperatureK::new((5.0 * hottest).max(HEAT_OF_START_K))?;
        let limits = Limits { temperature_max, ..Limits::default() };
        Ok(RunPlan { seed, groups: Vec::new(), stages, limits, skin })
    }

    fn stage(&self, leg: &Leg) -> Result<Stage, QuantityError> {
        let temperature = Ramp { from: TemperatureK::new(leg.from_k)?, to: TemperatureK::new(leg.to_k)? };
        let friction = FrictionPerPs::new(self.friction_per_ps)?;
        let steps = |time_ps: f64| (time_ps * 1e3 / self.timestep_fs).round().max(1.0) as u64;
        let mut dynamics = Dynamics::new(
            steps(leg.duration_ps),
            TimestepFs::new(self.timestep_fs)?,
            Ensemble::Langevin { temperature, friction },
        );
        dynamics.restart_every = NonZeroU64::new(steps(self.restart_every_ps)).expect("at least one step");
        Ok(Stage { name: leg.name.into(), kind: StageKind::Dynamics(dynamics) })
    }
}
