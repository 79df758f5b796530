//! One step of the equations of motion: velocity Verlet with what holds temperature and pressure around it.
//!
//! | equation | here |
//! |---|---|
//! | v += F dt / (2 m) (B) | `State::kick` |
//! | x += v dt (A) | `State::drift` |
//!
//! Each ensemble is a file of its own. All of them say how much energy the system took from their reservoirs in a step, so
//! that the total energy less all of it is what the whole conserves.

use natron_atoms::units::{BOLTZMANN_EV_PER_K, TIME_UNIT_FS};

use crate::plan::{Dynamics, Ensemble, Ramp};
use crate::quantity::{LengthA, TimePs};
use crate::random::RandomKey;
use crate::state::{Forces, State, StepError};
use crate::thermo::degrees_of_freedom;

mod berendsen;
mod langevin;
mod nose_hoover;
mod npt_rescale;
mod rescale;

use berendsen::Berendsen;
use langevin::Langevin;
use nose_hoover::NoseHoover;
use npt_rescale::NptRescale;
use rescale::Rescale;

/// A time step of a fixed length.
#[derive(Debug, Clone, PartialEq)]
pub struct Integrator {
    /// Steps of the stage, for ramps.
    steps: u64,
    motion: Motion,
    /// Target temperature, K.
    temperature_k: Ramp<f64>,
    method: Method,
}

/// Velocity Verlet's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Motion {
    /// Step, internal units.
    timestep: f64,
    way_max_a: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Method {
    Verlet,
    Langevin(Langevin),
    NoseHoover(NoseHoover),
    Rescale(Rescale),
    Berendsen(Berendsen),
    NptRescale(Box<NptRescale>),
}

impl Integrator {
    /// The integrator of a stage; `key` gives the thermostat its random numbers.
    pub fn new(stage: &Dynamics, way_max: LengthA, masses_amu: &[f64], key: RandomKey) -> Self {
        let timestep = stage.timestep.get() / TIME_UNIT_FS;
        let freedom = degrees_of_freedom(masses_amu.len(), stage.ensemble.conserves_momentum());
        let temperature_k = stage.ensemble.temperature().map_or(Ramp::from(0.0), |ramp| ramp.numbers());
        let steps_of = |time: TimePs| time.get() * 1e3 / stage.timestep.get();
        let method = match stage.ensemble {
            Ensemble::Nve => Method::Verlet,
            Ensemble::Langevin { friction, .. } => {
                let decay = (-friction.get() * stage.timestep.get() * 1e-3).exp();
                Method::Langevin(Langevin::new(decay, masses_amu, key))
            }
            Ensemble::NoseHoover { chain, .. } => {
                // Fixed masses, also while the temperature changes.
                let thermal = BOLTZMANN_EV_PER_K * 0.5 * (temperature_k.from + temperature_k.to);
                Method::NoseHoover(NoseHoover::new(chain, thermal, freedom, timestep))
            }
            Ensemble::Rescale { relaxation, .. } => {
                Method::Rescale(Rescale::new(steps_of(relaxation), freedom, key))
            }
            Ensemble::Berendsen { relaxation, .. } => {
                Method::Berendsen(Berendsen::new(steps_of(relaxation), freedom))
            }
            Ensemble::NptRescale { relaxation, barostat, .. } => {
                let thermostat = Rescale::new(steps_of(relaxation), freedom, key);
                Method::NptRescale(Box::new(NptRescale::new(
                    thermostat,
                    barostat,
                    timestep,
                    masses_amu.len(),
                    key,
                )))
            }
        };
        Self {
            steps: stage.steps,
            motion: Motion { timestep, way_max_a: way_max.get() },
            temperature_k,
            method,
        }
    }

    /// Step number `step` (the key of random numbers). Returns the energy taken from the reservoirs, eV.
    ///
    /// # Errors
    /// An atom moves or the cell changes too far, or the forces cannot be had.
    pub fn step(&mut self, state: &mut State, forces: &mut Forces<'_>, step: u64) -> Result<f64, StepError> {
        let thermal = BOLTZMANN_EV_PER_K * self.temperature_k.at(step, self.steps);
        let motion = self.motion;
        match &mut self.method {
            Method::Verlet => motion.verlet(state, forces).map(|()| 0.0),
            Method::Langevin(langevin) => langevin.step(motion, thermal, state, forces, step),
            Method::NoseHoover(chain) => {
                let before = chain.half_step(thermal, state);
                motion.verlet(state, forces)?;
                Ok(before + chain.half_step(thermal, state))
            }
            Method::Rescale(rescale) => {
                motion.verlet(state, forces)?;
                Ok(rescale.apply(thermal, state, step))
            }
            Method::Berendsen(berendsen) => {
                motion.verlet(state, forces)?;
                Ok(berendsen.apply(thermal, state))
            }
            Method::NptRescale(npt) => npt.step(motion, (thermal, self.steps), state, forces, step),
        }
    }

    /// What the ensemble remembers beside the atoms and the cell, for a restart: the velocities of a chain.
    pub(crate) fn memory(&self) -> &[f64] {
        match &self.method {
            Method::NoseHoover(chain) => chain.velocities(),
            _ => &[],
        }
    }

    /// Takes up what [`Integrator::memory`] gave; `false` if it is that of another ensemble.
    pub(crate) fn recall(&mut self, memory: &[f64]) -> bool {
        match &mut self.method {
            Method::NoseHoover(chain) => chain.set_velocities(memory),
            _ => memory.is_empty(),
        }
    }
}

impl Motion {
    /// Velocity Verlet, BAB (Swope et al. 1982, DOI 10.1063/1.442716).
    fn verlet(self, state: &mut State, forces: &mut Forces<'_>) -> Result<(), StepError> {
        state.kick(0.5 * self.timestep);
        state.drift(self.timestep, self.way_max_a)?;
        state.refresh(forces)?;
        state.kick(0.5 * self.timestep);
        Ok(())
    }
}

/// Multiplies all velocities.
fn scale_velocities(state: &mut State, factor: f64) {
    state.velocities.iter_mut().for_each(|velocity| *velocity *= factor);
}
