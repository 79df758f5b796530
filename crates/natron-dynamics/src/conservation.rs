//! Energy conservation as a test that can fail: part of the contract every potential passes.
//!
//! Velocity Verlet conserves a shadow energy that differs from the true one by terms of order dt^2, so with
//! forces that are the gradient of the energy the fluctuation of the total energy falls fourfold when the
//! step halves, and its trend is zero. Forces that are no gradient, a kink at the cutoff or a step too long break
//! one or the other. (Leimkuhler and Matthews, Molecular Dynamics, chapter 3; DOI 10.1007/978-3-319-16375-8.)

use natron_atoms::{Structure, Vec3};
use natron_potential::Potential;

use crate::cast::Cast;
use crate::integrator::Integrator;
use crate::plan::{Dynamics, Ensemble};
use crate::quantity::{FrictionPerPs, LengthA, TemperatureK, TimestepFs};
use crate::random::{Purpose, RandomKey};
use crate::state::{Forces, State, StepError};
use crate::trend::Trend;
use crate::velocities;

/// How the test is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Temperature of the start.
    pub temperature: TemperatureK,
    /// The longer of the two steps.
    pub timestep: TimestepFs,
    /// Step of the Langevin dynamics before; it is not what is tested.
    pub equilibration_timestep: TimestepFs,
    /// Number of its steps.
    pub equilibration_steps: u64,
    /// Length of each measured run, in longer steps.
    pub steps: u64,
    /// Skin of the neighbour list.
    pub skin: LengthA,
    /// Seed of the start.
    pub seed: u64,
}

/// What the two runs gave. Energies in meV per atom, times in ps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conservation {
    /// RMS fluctuation of the total energy about its trend with the full step.
    pub fluctuation_mev_per_atom: f64,
    /// The same with half the step.
    pub fluctuation_half_mev_per_atom: f64,
    /// Trend of the total energy with the full step, meV per atom and ps.
    pub drift_mev_per_atom_ps: f64,
    /// Its standard error.
    pub drift_err_mev_per_atom_ps: f64,
    /// Length of a run, ps.
    pub duration_ps: f64,
}

impl Conservation {
    /// How often the fluctuation of half the step fits into that of the full one; 4 for a second-order integrator.
    pub fn ratio(&self) -> f64 {
        self.fluctuation_mev_per_atom / self.fluctuation_half_mev_per_atom
    }

    /// `Err` with the reason unless the ratio is 4.0 +- 0.4 and the trend zero within 3 standard errors.
    ///
    /// # Errors
    /// The values that are out of bounds, in words.
    pub fn check(&self) -> Result<(), String> {
        let ratio = self.ratio();
        // Asked this way round, NaN is out of bounds.
        let within = |value: f64, limit: f64| value.abs() <= limit;
        if !within(ratio - 4.0, 0.4) {
            return Err(format!(
                "the fluctuation falls {ratio:.2} fold when the step halves, not 4.0 +- 0.4"
            ));
        }
        if !within(self.drift_mev_per_atom_ps, 3.0 * self.drift_err_mev_per_atom_ps) {
            return Err(format!(
                "the total energy drifts by {:.3e} +- {:.3e} meV/atom/ps",
                self.drift_mev_per_atom_ps, self.drift_err_mev_per_atom_ps
            ));
        }
        Ok(())
    }
}

/// Runs `structure` in NVE twice from one thermal start, with the step of `conditions` and with half of it.
///
/// # Errors
/// A step cannot be made: the potential refuses or an atom moves more than 1 A in a step.
pub fn nve_conservation(
    potential: &dyn Potential,
    structure: &Structure,
    conditions: &Conditions,
) -> Result<Conservation, StepError> {
    let (start, velocities) = equilibrate(potential, structure, conditions)?;
    let half = TimestepFs::new(0.5 * conditions.timestep.get()).expect("half a timestep is one");
    let run = |timestep, steps| nve(potential, &start, &velocities, timestep, steps, conditions.skin);
    let full_trend = run(conditions.timestep, conditions.steps)?;
    let half_trend = run(half, 2 * conditions.steps)?;
    let per_atom = 1e3 / structure.len() as f64;
    let per_ps = per_atom / (conditions.timestep.get() * 1e-3);
    let fluctuation = |trend: &Trend| trend.fluctuation().unwrap_or(f64::NAN) * per_atom;
    let slope = full_trend.slope();
    Ok(Conservation {
        fluctuation_mev_per_atom: fluctuation(&full_trend),
        fluctuation_half_mev_per_atom: fluctuation(&half_trend),
        drift_mev_per_atom_ps: slope.map_or(f64::NAN, |s| s.value * per_ps),
        drift_err_mev_per_atom_ps: slope.and_then(|s| s.error).map_or(f64::NAN, |e| e * per_ps),
        duration_ps: conditions.steps as f64 * conditions.timestep.get() * 1e-3,
    })
}

/// Positions and velocities after a spell of Langevin dynamics, the centre of mass at rest.
fn equilibrate(
    potential: &dyn Potential,
    structure: &Structure,
    conditions: &Conditions,
) -> Result<(Structure, Vec<Vec3>), StepError> {
    let mut forces = Forces::new(potential, structure, conditions.skin)?;
    let mut state = State::new(structure.clone(), vec![Vec3::zeros(); structure.len()], &mut forces)?;
    let normals = RandomKey::new(conditions.seed, 0, 0, Purpose::Velocities).at_step(0);
    velocities::draw(&mut state.velocities, &state.masses_amu, conditions.temperature, normals);
    let friction = FrictionPerPs::new(5.0).expect("in range");
    let ensemble = Ensemble::Langevin { temperature: conditions.temperature.into(), friction };
    let key = RandomKey::new(conditions.seed, 0, 0, Purpose::Thermostat);
    let mut integrator = integrator(conditions.equilibration_timestep, ensemble, &state, key);
    for step in 0..conditions.equilibration_steps {
        integrator.step(&mut state, &mut forces, step)?;
    }
    velocities::rest_centre_of_mass(&mut state.velocities, &state.masses_amu);
    Ok((state.structure, state.velocities))
}

/// The total energy over `steps` steps of NVE.
fn nve(
    potential: &dyn Potential,
    start: &Structure,
    velocities: &[Vec3],
    timestep: TimestepFs,
    steps: u64,
    skin: LengthA,
) -> Result<Trend, StepError> {
    let mut forces = Forces::new(potential, start, skin)?;
    let mut state = State::new(start.clone(), velocities.to_vec(), &mut forces)?;
    let key = RandomKey::new(0, 0, 0, Purpose::Thermostat);
    let mut integrator = integrator(timestep, Ensemble::Nve, &state, key);
    let mut trend = Trend::default();
    for step in 0..steps {
        integrator.step(&mut state, &mut forces, step)?;
        trend.push(state.total_energy_ev());
    }
    Ok(trend)
}

fn integrator(timestep: TimestepFs, ensemble: Ensemble, state: &State, key: RandomKey) -> Integrator {
    let stage = Dynamics::new(0, timestep, ensemble);
    let cast = Cast::plain(state.len(), ensemble.conserves_momentum());
    let way_max = LengthA::new(1.0).expect("in range");
    Integrator::new(&stage, &cast, way_max, &state.masses_amu, key)
}
