//! Which atoms a thermostat acts on.

use crate::state::State;

/// All atoms, or some.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reach {
    All,
    Some(Vec<usize>),
}

impl Reach {
    /// Their kinetic energy, eV.
    pub(super) fn kinetic_energy_ev(&self, state: &State) -> f64 {
        match self {
            Self::All => state.kinetic_energy_ev(),
            Self::Some(atoms) => state.kinetic_energy_of_ev(atoms),
        }
    }

    /// Multiplies their velocities.
    pub(super) fn scale_velocities(&self, state: &mut State, factor: f64) {
        match self {
            Self::All => state.velocities.iter_mut().for_each(|velocity| *velocity *= factor),
            Self::Some(atoms) => atoms.iter().for_each(|&atom| state.velocities[atom] *= factor),
        }
    }
}
