//! A chain of Nose-Hoover thermostats (Martyna, Klein and Tuckerman 1992, DOI 10.1063/1.463940), integrated as by
//! Martyna, Tuckerman, Tobias and Klein 1996, DOI 10.1080/00268979600100761: half a step of the chain, velocity Verlet, half a
//! step of the chain, each half in Suzuki-Yoshida pieces w_k dt/2.
//!
//! | equation | here |
//! |---|---|
//! | Q_1 = N_f k_B T tau^2, Q_j = k_B T tau^2 | `masses` |
//! | G_1 = (2 K - N_f k_B T) / Q_1, G_j = (Q_(j-1) u_(j-1)^2 - k_B T) / Q_j | `Thermostats::push` |
//! | u_j' = G_j - u_j u_(j+1) | |
//! | v' = F/m - u_1 v | |
//! | conserved: E + sum Q_j u_j^2 / 2 + k_B T (N_f eta_1 + eta_2 + ...), eta_j' = u_j | returned as changes |

use natron_atoms::units::BOLTZMANN_EV_PER_K;

use super::chain::Thermostats;
use super::reach::Reach;
use super::thermostat::Bath;
use crate::plan::{Chain, Ramp};
use crate::quantity::TemperatureK;
use crate::state::State;

/// The thermostats and the atoms they act on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NoseHoover {
    chain: Thermostats,
    atoms: Reach,
}

impl NoseHoover {
    /// `timestep` in internal units.
    pub(super) fn new(chain: Chain, temperature: Ramp<TemperatureK>, bath: Bath, timestep: f64) -> Self {
        // Fixed masses, also while the temperature changes.
        let thermal = BOLTZMANN_EV_PER_K * 0.5 * (temperature.from.get() + temperature.to.get());
        Self { chain: Thermostats::new(chain, thermal, bath.freedom, timestep), atoms: bath.atoms }
    }

    pub(super) fn velocities(&self) -> &[f64] {
        self.chain.velocities()
    }

    pub(super) fn set_velocities(&mut self, velocities: &[f64]) {
        self.chain.set_velocities(velocities);
    }

    /// Half a step of the chain; returns the energy that the system took from it, eV.
    pub(super) fn half_step(&mut self, thermal: f64, state: &mut State) -> f64 {
        let (factor, taken) = self.chain.half_step(thermal, 2.0 * self.atoms.kinetic_energy_ev(state));
        self.atoms.scale_velocities(state, factor);
        taken
    }
}
