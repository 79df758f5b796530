//! Langevin dynamics in the splitting BAOAB (Leimkuhler and Matthews 2013, DOI 10.1093/amrx/abs010).
//!
//! Of the splittings it is the one whose positions are sampled best; exact for <x^2> of a harmonic oscillator.
//! Every direction of every atom has a friction of its own, so the total momentum is not conserved and all 3 N
//! degrees of freedom hold k_B T / 2.
//!
//! | equation | here |
//! |---|---|
//! | v = c v + sqrt((1 - c^2) k_B T / m) R, c = exp(-gamma dt) (O) | `Langevin::fluctuate` |

use super::Motion;
use crate::random::RandomKey;
use crate::state::{Forces, State, StepError};

/// The exact solution of the Ornstein-Uhlenbeck process over one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Langevin {
    /// exp(-gamma dt).
    decay: f64,
    masses_amu: Vec<f64>,
    /// sqrt((1 - decay^2) k_B T / m), internal velocity, `[n]`, for this k_B T (eV).
    spread: Vec<f64>,
    spread_for: f64,
    key: RandomKey,
}

impl Langevin {
    pub(super) fn new(decay: f64, masses_amu: &[f64], key: RandomKey) -> Self {
        let spread = vec![0.0; masses_amu.len()];
        Self { decay, masses_amu: masses_amu.to_vec(), spread, spread_for: 0.0, key }
    }

    /// One step; returns the heat taken from the bath, eV.
    pub(super) fn step(
        &mut self,
        motion: Motion,
        thermal: f64,
        state: &mut State,
        forces: &mut Forces<'_>,
        step: u64,
    ) -> Result<f64, StepError> {
        let (half, way_max_a) = (0.5 * motion.timestep, 0.5 * motion.way_max_a);
        self.set_thermal(thermal);
        state.kick(half);
        state.drift(half, way_max_a)?;
        let heat_ev = self.fluctuate(state, step);
        state.drift(half, way_max_a)?;
        state.refresh(forces)?;
        state.kick(half);
        Ok(heat_ev)
    }

    fn set_thermal(&mut self, thermal: f64) {
        if thermal == self.spread_for {
            return;
        }
        self.spread_for = thermal;
        let variance = thermal * (1.0 - self.decay * self.decay);
        for (spread, mass) in self.spread.iter_mut().zip(&self.masses_amu) {
            *spread = (variance / mass).sqrt();
        }
    }

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
