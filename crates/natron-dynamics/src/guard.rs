//! When a run counts as gone wrong.

use natron_atoms::{NeighbourError, Species, Structure, Vec3};
use natron_potential::EvaluationError;

use crate::plan::Limits;
use crate::state::{State, StepError};

/// A run that must stop, with all that is needed to see why. The frame is the last one the forces or the
/// displacement were judged at.
#[derive(Debug, Clone, PartialEq)]
pub struct Instability {
    /// Name of the stage.
    pub stage: String,
    /// Steps since the start of the run, the failed one included.
    pub step: u64,
    /// Simulated time of the last good step, ps.
    pub time_ps: f64,
    /// What went beyond which limit.
    pub breach: Breach,
    /// The frame: cell, species, positions (A).
    pub structure: Structure,
    /// Velocities, A/fs, `[n]`.
    pub velocities_a_per_fs: Vec<Vec3>,
    /// Forces, eV/A, `[n]`; may hold NaN.
    pub forces_ev_per_a: Vec<Vec3>,
}

impl std::error::Error for Instability {}

impl std::fmt::Display for Instability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stage {}, step {} ({:.4} ps): {}", self.stage, self.step, self.time_ps, self.breach)
    }
}

/// A limit and what went beyond it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Breach {
    /// A force is too long.
    #[error(
        "the force on atom {atom} ({species}) is {value_ev_per_a:.3} eV/A, the limit is {limit_ev_per_a}"
    )]
    Force {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its element.
        species: Species,
        /// The force, eV/A.
        value_ev_per_a: f64,
        /// The limit, eV/A.
        limit_ev_per_a: f64,
    },
    /// An atom would move too far in one step.
    #[error("atom {atom} ({species}) would move {value_a:.3} A in one step, the limit is {limit_a}")]
    Displacement {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its element.
        species: Species,
        /// The way, A.
        value_a: f64,
        /// The limit, A.
        limit_a: f64,
    },
    /// It is too hot.
    #[error(
        "the temperature is {value_k:.0} K, the limit is {limit_k}; the fastest atom is {atom} ({species})"
    )]
    Temperature {
        /// Index of the atom with the highest kinetic energy.
        atom: usize,
        /// Its element.
        species: Species,
        /// The temperature, K.
        value_k: f64,
        /// The limit, K.
        limit_k: f64,
    },
    /// The total energy of an NVE stage is not conserved.
    #[error(
        "the total energy has changed by {value_mev_per_atom:.3} meV/atom since the stage began, the limit is \
         {limit_mev_per_atom}; the longest force is on atom {atom} ({species})"
    )]
    EnergyChange {
        /// Index of the atom with the longest force.
        atom: usize,
        /// Its element.
        species: Species,
        /// The change, meV per atom.
        value_mev_per_atom: f64,
        /// The limit, meV per atom.
        limit_mev_per_atom: f64,
    },
    /// The cell would change too much in one step.
    #[error(
        "the cell would change by {:.1} % in one step; is the start far from the pressure wanted, or \
         pressure_relaxation_ps short?",
        100.0 * value
    )]
    Strain {
        /// Largest component of the strain.
        value: f64,
    },
    /// The potential has no value for the frame (NaN, overlap).
    #[error("{error}{}", at_species(*.atom, *.species))]
    Evaluation {
        /// The potential's words.
        error: EvaluationError,
        /// The atom in question, if it names one.
        atom: Option<usize>,
        /// Its element.
        species: Option<Species>,
    },
    /// The neighbour list could not be built.
    #[error("the neighbour list: {0}")]
    Neighbour(NeighbourError),
}

fn at_species(atom: Option<usize>, species: Option<Species>) -> String {
    match (atom, species) {
        (Some(atom), Some(species)) => format!(" (atom {atom} is {species})"),
        _ => String::new(),
    }
}

impl Breach {
    /// The atom in question, from 0, where there is one.
    pub fn atom(&self) -> Option<usize> {
        match self {
            Self::Force { atom, .. }
            | Self::Displacement { atom, .. }
            | Self::Temperature { atom, .. }
            | Self::EnergyChange { atom, .. } => Some(*atom),
            Self::Evaluation { atom, .. } => *atom,
            Self::Neighbour(NeighbourError::NotFinite { atom } | NeighbourError::TooFar { atom }) => {
                Some(*atom)
            }
            Self::Neighbour(_) | Self::Strain { .. } => None,
        }
    }

    /// A step that could not be made.
    pub(crate) fn of_step(error: StepError, structure: &Structure, limits: &Limits) -> Self {
        match error {
            StepError::Displacement { atom, way_a, way_max_a } => {
                // Some integrators move atoms in two halves of a step; the limit is one of the whole.
                let limit_a = limits.displacement_max.get();
                let value_a = way_a * limit_a / way_max_a;
                Self::Displacement { atom, species: structure.species[atom], value_a, limit_a }
            }
            StepError::Strain { strain } => Self::Strain { value: strain },
            StepError::Neighbour(error) => Self::Neighbour(error),
            StepError::Evaluation(error) => {
                let atom = match error {
                    EvaluationError::NotFinite { atom } | EvaluationError::UnknownSpecies { atom, .. } => {
                        Some(atom)
                    }
                    EvaluationError::Overlap { first, .. } => Some(first),
                    _ => None,
                };
                Self::Evaluation { error, atom, species: atom.map(|atom| structure.species[atom]) }
            }
        }
    }
}

/// Judges a state of a dynamics stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Guard {
    pub(crate) limits: Limits,
    /// Total energy at the start of the stage where it should stay, eV.
    pub(crate) conserved_from_ev: Option<f64>,
    pub(crate) freedom: usize,
}

impl Guard {
    /// `Err` with the first limit that is broken.
    pub(crate) fn check(&self, state: &State, kinetic_ev: f64) -> Result<(), Breach> {
        let species = |atom: usize| state.structure.species[atom];
        let limit = self.limits.force_max.get();
        let (atom, force) = state.longest_force();
        if !within(force, limit) {
            return Err(Breach::Force {
                atom,
                species: species(atom),
                value_ev_per_a: force,
                limit_ev_per_a: limit,
            });
        }
        let temperature = crate::thermo::temperature_k(kinetic_ev, self.freedom);
        let limit = self.limits.temperature_max.get();
        if !within(temperature, limit) {
            let atom = fastest(state);
            return Err(Breach::Temperature {
                atom,
                species: species(atom),
                value_k: temperature,
                limit_k: limit,
            });
        }
        let Some(start) = self.conserved_from_ev else { return Ok(()) };
        let change = (state.evaluation.energy_ev + kinetic_ev - start) * 1e3 / state.len() as f64;
        let limit = self.limits.energy_change_max.get();
        if !within(change.abs(), limit) {
            return Err(Breach::EnergyChange {
                atom,
                species: species(atom),
                value_mev_per_atom: change,
                limit_mev_per_atom: limit,
            });
        }
        Ok(())
    }
}

/// Whether a limit holds; NaN is within none.
fn within(value: f64, limit: f64) -> bool {
    value <= limit
}

/// The atom with the highest kinetic energy.
fn fastest(state: &State) -> usize {
    let energy = |atom: usize| state.masses_amu[atom] * state.velocities[atom].norm_squared();
    (0..state.len()).max_by(|&a, &b| energy(a).total_cmp(&energy(b))).unwrap_or(0)
}
