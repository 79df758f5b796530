//! Where the potential itself is unsure.

use natron_atoms::Species;
use natron_potential::EvaluationError;

use crate::plan::UncertaintyLimits;
use crate::state::{Forces, State};

/// An atom for which the potential's standard deviation is beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    /// Index of the atom, from 0: the one beyond its limit the farthest.
    pub atom: usize,
    /// Its element.
    pub species: Species,
    /// What is uncertain.
    pub of: DoubtOf,
    /// The standard deviation: of an energy in meV, of a force in eV/A.
    pub value: f64,
    /// The limit, in the same unit.
    pub limit: f64,
}

/// What a potential can be unsure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoubtOf {
    /// The energy of an atom.
    AtomEnergy,
    /// The force on an atom (the length of the vector of its components' standard deviations).
    Force,
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { atom, species, value, limit, .. } = self;
        match self.of {
            DoubtOf::AtomEnergy => write!(
                f,
                "the potential knows the energy of atom {atom} ({species}) to {value:.0} meV only, the limit is {limit} meV"
            ),
            DoubtOf::Force => write!(
                f,
                "the potential knows the force on atom {atom} ({species}) to {value:.2} eV/A only, the limit is {limit} eV/A"
            ),
        }
    }
}

/// The atom farthest beyond a limit, energies first; forces are looked at when their step has come.
pub(crate) fn find(
    limits: &UncertaintyLimits,
    state: &State,
    forces: &Forces<'_>,
    step: u64,
) -> Result<Option<Doubt>, EvaluationError> {
    if let (Some(limit), Some(stds)) = (limits.atom_energy_max_mev, &state.evaluation.atom_energy_std_ev) {
        let worst = largest(stds.iter().map(|std| 1e3 * std));
        if let Some(doubt) = beyond(state, worst, DoubtOf::AtomEnergy, limit.get()) {
            return Ok(Some(doubt));
        }
    }
    let Some(limit) = limits.force_max.filter(|_| step.is_multiple_of(limits.force_every.get())) else {
        return Ok(None);
    };
    let stds = forces.force_std_ev_per_a(&state.structure)?.unwrap_or_default();
    Ok(beyond(state, largest(stds.iter().map(|std| std.norm())), DoubtOf::Force, limit.get()))
}

fn largest(values: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    values.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

fn beyond(state: &State, worst: Option<(usize, f64)>, of: DoubtOf, limit: f64) -> Option<Doubt> {
    let (atom, value) = worst.filter(|(_, value)| *value > limit)?;
    Some(Doubt { atom, species: state.structure.species[atom], of, value, limit })
}
