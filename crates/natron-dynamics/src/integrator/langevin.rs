//! Langevin dynamics in the splitting BAOAB (Leimkuhler and Matthews 2013, DOI 10.1093/amrx/abs010).
//!
//! Of the splittings it is the one whose positions are sampled best; exact for <x^2> of a harmonic oscillator.
//! Every direction of every atom has a friction of its own, so the total momentum is not conserved and all 3 N
//! degrees of freedom hold k_B T / 2. Fixed atoms and atoms of other groups are left alone.
//!
//! | equation | here |
//! |---|---|
//! | v = c v + sqrt((1 - c^2) k_B T / m) R, c = exp(-gamma dt) (O) | `Langevin::fluctuate` |

use super::thermostat::Bath;
use crate::random::RandomKey;
use crate::state::State;

/// The exact solution of the Ornstein-Uhlenbeck process over one step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Langevin {
    /// exp(-gamma dt).
    decay: f64,
    /// In rising order.
    atoms: Vec<usize>,
    /// Of these atoms.
    masses_amu: Vec<f64>,
    /// sqrt((1 - decay^2) k_B T / m), internal velocity, of these atoms, for this k_B T (eV).
    spread: Vec<f64>,
    spread_for: f64,
    key: RandomKey,
}

impl Langevin {
    /// `masses_amu` are those of all atoms.
    pub(super) fn new(decay: f64, masses_amu: &[f64], bath: Bath) -> Self {
        let masses_amu: Vec<f64> = bath.movable.iter().map(|&atom| masses_amu[atom]).collect();
        let spread = vec![0.0; masses_amu.len()];
        Self { decay, atoms: bath.movable, masses_amu, spread, spread_for: 0.0, key: bath.key }
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
    pub(super) fn fluctuate(&mut self, thermal: f64, state: &mut State, step: u64) -> f64 {
        self.set_thermal(thermal);
        let before = state.kinetic_energy_of_ev(&self.atoms);
        let mut normals = self.key.at_step(step);
        let mut next = 0;
        for (&atom, &spread) in self.atoms.iter().zip(&self.spread) {
            if atom != next {
                normals.seek(atom);
            }
            next = atom + 1;
            let velocity = &mut state.velocities[atom];
            *velocity = *velocity * self.decay + normals.next_vector() * spread;
        }
        state.rest_groups();
        state.kinetic_energy_of_ev(&self.atoms) - before
    }
}
