//! One step of the equations of motion.
//!
//! | equation | here |
//! |---|---|
//! | v += F dt / (2 m) (B) | `State::kick` |
//! | x += v dt (A) | `State::drift` |
//! | v = c v + sqrt((1 - c^2) k_B T / m) R, c = exp(-gamma dt) (O) | `Langevin::fluctuate` |

use natron_atoms::units::{BOLTZMANN_EV_PER_K, TIME_UNIT_FS};

use crate::plan::{Dynamics, Ensemble};
use crate::quantity::LengthA;
use crate::random::RandomKey;
use crate::state::{Forces, State, StepError};

/// A time step of a fixed length.
#[derive(Debug, Clone, PartialEq)]
pub struct Integrator {
    /// Step, internal units.
    timestep: f64,
    way_max_a: f64,
    thermostat: Option<Langevin>,
}

impl Integrator {
    /// The integrator of a stage; `key` gives the thermostat its random numbers.
    pub fn new(stage: &Dynamics, way_max: LengthA, masses_amu: &[f64], key: RandomKey) -> Self {
        let timestep = stage.timestep.get() / TIME_UNIT_FS;
        let thermostat = match stage.ensemble {
            Ensemble::Nve => None,
            Ensemble::Langevin { temperature, friction } => {
                let decay = (-friction.get() * stage.timestep.get() * 1e-3).exp();
                let thermal = BOLTZMANN_EV_PER_K * temperature.get() * (1.0 - decay * decay);
                let spread = masses_amu.iter().map(|mass| (thermal / mass).sqrt()).collect();
                Some(Langevin { decay, spread, key })
            }
        };
        Self { timestep, way_max_a: way_max.get(), thermostat }
    }

    /// Step number `step` (the thermostat's key). Returns the heat taken from the thermostat, eV.
    ///
    /// # Errors
    /// An atom moves too far, or the forces cannot be had.
    pub fn step(&mut self, state: &mut State, forces: &mut Forces<'_>, step: u64) -> Result<f64, StepError> {
        match &self.thermostat {
            None => self.verlet(state, forces),
            Some(thermostat) => self.baoab(thermostat, state, forces, step),
        }
    }

    /// Velocity Verlet, BAB (Swope et al. 1982, DOI 10.1063/1.442716).
    fn verlet(&self, state: &mut State, forces: &mut Forces<'_>) -> Result<f64, StepError> {
        state.kick(0.5 * self.timestep);
        state.drift(self.timestep, self.way_max_a)?;
        state.refresh(forces)?;
        state.kick(0.5 * self.timestep);
        Ok(0.0)
    }

    /// BAOAB (Leimkuhler and Matthews 2013, DOI 10.1093/amrx/abs010): of the splittings of Langevin
    /// dynamics the one whose positions are sampled best; exact for <x^2> of a harmonic oscillator.
    fn baoab(
        &self,
        thermostat: &Langevin,
        state: &mut State,
        forces: &mut Forces<'_>,
        step: u64,
    ) -> Result<f64, StepError> {
        state.kick(0.5 * self.timestep);
        state.drift(0.5 * self.timestep, 0.5 * self.way_max_a)?;
        let heat_ev = thermostat.fluctuate(state, step);
        state.drift(0.5 * self.timestep, 0.5 * self.way_max_a)?;
        state.refresh(forces)?;
        state.kick(0.5 * self.timestep);
        Ok(heat_ev)
    }
}

/// The exact solution of the Ornstein-Uhlenbeck process over one step.
#[derive(Debug, Clone, PartialEq)]
struct Langevin {
    /// exp(-gamma dt).
    decay: f64,
    /// sqrt((1 - decay^2) k_B T / m), internal velocity, `[n]`.
    spread: Vec<f64>,
    key: RandomKey,
}

impl Langevin {
    /// Draws the velocities anew in part; returns the kinetic energy gained, eV.
    fn fluctuate(&self, state: &mut State, step: u64) -> f64 {
        let before = state.kinetic_energy_ev();
        let mut normals = self.key.at_step(step);
        for (velocity, &spread) in state.velocities.iter_mut().zip(&self.spread) {
            *velocity = *velocity * self.decay + normals.next_vector() * spread;
        }
        state.kinetic_energy_ev() - before
    }
}
