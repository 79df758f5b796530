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

use super::reach::Reach;
use super::thermostat::Bath;
use crate::random::RandomKey;
use crate::state::State;

/// The thermostat.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rescale {
    /// exp(-dt / tau).
    decay: f64,
    freedom: usize,
    atoms: Reach,
    key: RandomKey,
}

impl Rescale {
    /// A thermostat of all atoms; `relaxation` in steps.
    pub(super) fn new(relaxation: f64, bath: &Bath) -> Self {
        Self { decay: (-1.0 / relaxation).exp(), freedom: bath.freedom, atoms: Reach::All, key: bath.key }
    }

    /// The same on these atoms.
    pub(super) fn on(self, atoms: Reach) -> Self {
        Self { atoms, ..self }
    }

    /// Rescales the velocities; returns the heat taken from the bath, eV. Atoms at rest have nothing to rescale.
    pub(super) fn apply(&self, thermal: f64, state: &mut State, step: u64) -> f64 {
        let kinetic = self.atoms.kinetic_energy_ev(state);
        if kinetic == 0.0 {
            return 0.0;
        }
        let factor = self.factor(kinetic, thermal, step);
        self.atoms.scale_velocities(state, factor);
        self.atoms.kinetic_energy_ev(state) - kinetic
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
