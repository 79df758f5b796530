//! Weak coupling to a bath (Berendsen et al. 1984, DOI 10.1063/1.448118): quick and smooth, and no ensemble.
//!
//! The velocities are multiplied by sqrt(1 + dt/tau (T_0/T - 1)). The kinetic energy fluctuates too little, and what is
//! measured from its fluctuations is wrong, so it is for preparation alone.

use super::reach::Reach;
use super::thermostat::Bath;
use crate::state::State;

/// The thermostat.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Berendsen {
    /// dt / tau, at most 1: then the temperature is set.
    rate: f64,
    freedom: usize,
    atoms: Reach,
}

impl Berendsen {
    /// `relaxation` in steps.
    pub(super) fn new(relaxation: f64, bath: Bath) -> Self {
        Self { rate: (1.0 / relaxation).min(1.0), freedom: bath.freedom, atoms: bath.atoms }
    }

    /// Rescales the velocities; returns the heat taken from the bath, eV. Atoms at rest have nothing to rescale.
    pub(super) fn apply(&self, thermal: f64, state: &mut State) -> f64 {
        let kinetic = self.atoms.kinetic_energy_ev(state);
        if kinetic == 0.0 {
            return 0.0;
        }
        let wanted = 0.5 * self.freedom as f64 * thermal;
        self.atoms.scale_velocities(state, (1.0 + self.rate * (wanted / kinetic - 1.0)).sqrt());
        self.atoms.kinetic_energy_ev(state) - kinetic
    }
}
