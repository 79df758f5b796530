//! A thermostat of any kind, on all atoms or on a group.

use natron_atoms::units::TIME_UNIT_FS;

use super::berendsen::Berendsen;
use super::langevin::Langevin;
use super::nose_hoover::NoseHoover;
use super::reach::Reach;
use super::rescale::Rescale;
use crate::plan::Ensemble;
use crate::random::RandomKey;
use crate::state::State;

/// What a thermostat acts on.
pub(super) struct Bath {
    pub(super) atoms: Reach,
    pub(super) freedom: usize,
    /// Those of the atoms that are not fixed, in order.
    pub(super) movable: Vec<usize>,
    pub(super) key: RandomKey,
}

/// The thermostat.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Thermostat {
    Langevin(Langevin),
    NoseHoover(NoseHoover),
    Rescale(Rescale),
    Berendsen(Berendsen),
}

impl Thermostat {
    /// The thermostat of an ensemble; `None` where the ensemble has none, or none of its own (constant pressure). `timestep` in
    /// internal units.
    pub(super) fn new(ensemble: Ensemble, bath: Bath, timestep: f64, masses_amu: &[f64]) -> Option<Self> {
        let step_ps = timestep * TIME_UNIT_FS * 1e-3;
        Some(match ensemble {
            Ensemble::Langevin { friction, .. } => {
                let decay = (-friction.get() * step_ps).exp();
                Self::Langevin(Langevin::new(decay, masses_amu, bath))
            }
            Ensemble::NoseHoover { temperature, chain } => {
                Self::NoseHoover(NoseHoover::new(chain, temperature, bath, timestep))
            }
            Ensemble::Rescale { relaxation, .. } => {
                Self::Rescale(Rescale::new(relaxation.get() / step_ps, &bath).on(bath.atoms))
            }
            Ensemble::Berendsen { relaxation, .. } => {
                Self::Berendsen(Berendsen::new(relaxation.get() / step_ps, bath))
            }
            _ => return None,
        })
    }

    /// What it does before the first kick; returns the heat taken from it, eV.
    pub(super) fn before(&mut self, thermal: f64, state: &mut State) -> f64 {
        match self {
            Self::NoseHoover(chain) => chain.half_step(thermal, state),
            _ => 0.0,
        }
    }

    /// What it does in the middle of the drift.
    pub(super) fn between(&mut self, thermal: f64, state: &mut State, step: u64) -> f64 {
        match self {
            Self::Langevin(langevin) => langevin.fluctuate(thermal, state, step),
            _ => 0.0,
        }
    }

    /// What it does after the last kick.
    pub(super) fn after(&mut self, thermal: f64, state: &mut State, step: u64) -> f64 {
        match self {
            Self::Langevin(_) => 0.0,
            Self::NoseHoover(chain) => chain.half_step(thermal, state),
            Self::Rescale(rescale) => rescale.apply(thermal, state, step),
            Self::Berendsen(berendsen) => berendsen.apply(thermal, state),
        }
    }

    /// What it remembers.
    pub(super) fn memory(&self) -> &[f64] {
        match self {
            Self::NoseHoover(chain) => chain.velocities(),
            _ => &[],
        }
    }

    /// Takes up a memory of the same length.
    pub(super) fn recall(&mut self, memory: &[f64]) {
        if let Self::NoseHoover(chain) = self {
            chain.set_velocities(memory);
        }
    }
}
