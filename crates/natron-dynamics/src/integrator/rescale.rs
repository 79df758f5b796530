//! Stochastic velocity rescaling (Bussi, Donadio and Parrinello 2007, DOI 10.1063/1.2408420).
//!
//! All velocities are multiplied by one number a, drawn so that the kinetic energy K is that of the canonical ensemble:
//!
//! | equation | here |
//! |---|---|
//! | a^2 = c + (1 - c) K_T (R^2 + S) / (N_f K) + 2 R sqrt(c (1 - c) K_T / (N_f K)) | `Rescale::factor` |
//! | sign of a: that of R + sqrt(c N_f K / ((1 - c) K_T)) | |
//! | c = exp(-dt / tau), K_T = N_f k_B T / 2 | `decay` |
//! | R standard normal, S the sum of N_f - 1 squared ones | |

use super::scale_velocities;
use crate::random::RandomKey;
use crate::state::State;

/// The thermostat.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rescale {
    /// exp(-dt / tau).
    decay: f64,
    freedom: usize,
    key: RandomKey,
}

impl Rescale {
    /// `relaxation` in steps.
    pub(super) fn new(relaxation: f64, freedom: usize, key: RandomKey) -> Self {
        Self { decay: (-1.0 / relaxation).exp(), freedom, key }
    }

    /// Rescales the velocities; returns the heat taken from the bath, eV. Atoms at rest have nothing to rescale.
    pub(super) fn apply(&self, thermal: f64, state: &mut State, step: u64) -> f64 {
        let kinetic = state.kinetic_energy_ev();
        if kinetic == 0.0 {
            return 0.0;
        }
        let factor = self.factor(kinetic, thermal, step);
        scale_velocities(state, factor);
        state.kinetic_energy_ev() - kinetic
    }

    fn factor(&self, kinetic: f64, thermal: f64, step: u64) -> f64 {
        let mut normals = self.key.at_step(step);
        let normal = normals.next_normal();
        let squares = normals.sum_of_squares(self.freedom - 1);
        // (1 - c) K_T / (N_f K)
        let share = (1.0 - self.decay) * 0.5 * thermal / kinetic;
        let square =
            self.decay + share * (normal * normal + squares) + 2.0 * normal * (self.decay * share).sqrt();
        let root = square.max(0.0).sqrt();
        if normal + (self.decay / share).sqrt() < 0.0 { -root } else { root }
    }
}
