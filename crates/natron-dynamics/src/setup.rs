//! What must be true of a structure before anything moves.

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure, Vec3};
use natron_potential::Potential;

use crate::deck::DeckProblem;
use crate::plan::{Ensemble, RunPlan, Stage, StageKind};
use crate::restart::PotentialTag;
use crate::state::StepError;

/// Atoms closer than this are a mistake in the input, A.
pub const OVERLAP_A: f64 = 0.3;

/// Why a run cannot start: the input is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SetupError {
    /// There is nothing to simulate.
    #[error("the structure has no atom")]
    NoAtom,
    /// There is nothing to do.
    #[error("the run has no stage")]
    NoStage,
    /// The potential was not made for an element of the structure.
    #[error("atom {atom} is {species}, which the potential does not know (it knows {known})")]
    UnknownSpecies {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its element.
        species: Species,
        /// Symbols the potential knows.
        known: String,
    },
    /// Two atoms lie in one place.
    #[error(
        "atoms {first} ({first_species}) and {second} ({second_species}) are {distance_a:.3} A apart; closer than \
         {OVERLAP_A} A is an error of the structure"
    )]
    Overlap {
        /// Index of one atom, from 0.
        first: usize,
        /// Its element.
        first_species: Species,
        /// Index of the other (the same atom, if it meets its own image).
        second: usize,
        /// Its element.
        second_species: Species,
        /// Distance, A.
        distance_a: f64,
    },
    /// Velocities do not fit the structure.
    #[error("{velocities} velocities for {atoms} atoms")]
    Velocities {
        /// Velocities given.
        velocities: usize,
        /// Atoms.
        atoms: usize,
    },
    /// A velocity is NaN or infinite.
    #[error("the velocity of atom {atom} is not finite")]
    VelocityNotFinite {
        /// Index of the atom, from 0.
        atom: usize,
    },
    /// Nothing sets the atoms of an NVE stage in motion.
    #[error(
        "stage {stage} starts in nve and there are no velocities; give its ensemble initial_temperature_K \
         (0 to start from rest) or put an nvt stage before it"
    )]
    NoVelocities {
        /// Name of the stage.
        stage: String,
    },
    /// A barostat has nothing to act on.
    #[error("stage {stage} holds the pressure, and the cell is not periodic in all three directions")]
    NotPeriodic {
        /// Name of the stage.
        stage: String,
    },
    /// The deck and the structure do not fit together, where neither is at fault alone.
    #[error("{0}")]
    Deck(#[from] DeckProblem),
    /// The start has no neighbour list, energy or forces.
    #[error("the structure cannot be evaluated: {0}")]
    Step(#[from] StepError),
}

impl From<NeighbourError> for SetupError {
    fn from(error: NeighbourError) -> Self {
        Self::Step(error.into())
    }
}

/// Why a restart does not belong to a run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ResumeError {
    /// The deck's seed is another.
    #[error("the restart was written with seed {restart}, the deck says {deck}")]
    Seed {
        /// Seed of the restart.
        restart: u64,
        /// Seed of the deck.
        deck: u64,
    },
    /// The potential is another.
    #[error("the restart was written with another potential (SHA-256 {})", hex(.0))]
    Potential([u8; 32]),
    /// The deck's stages are others.
    #[error(
        "the restart stands at step {step} of stage `{stage}` (number {number}), which the deck does not have"
    )]
    Stage {
        /// Name of the stage.
        stage: String,
        /// Its number, from 1.
        number: usize,
        /// Step in it.
        step: u64,
    },
    /// The stage's ensemble is another.
    #[error("the restart was written in stage `{0}` with another ensemble, or another length of its chain")]
    Ensemble(String),
    /// The groups are others.
    #[error("the restart was written with the groups [{restart}], the deck has [{deck}]")]
    Groups {
        /// Names in the restart.
        restart: String,
        /// Names in the deck.
        deck: String,
    },
    /// The deck asks of the groups what they cannot do.
    #[error("{0}")]
    Deck(#[from] DeckProblem),
    /// The skin is another, so the sums would be in another order.
    #[error("the restart was written with a neighbour skin of {restart} A, the deck says {deck} A")]
    Skin {
        /// Skin of the restart, A.
        restart: f64,
        /// Skin of the deck, A.
        deck: f64,
    },
    /// The frame cannot be evaluated.
    #[error("the restart cannot be evaluated: {0}")]
    Step(#[from] StepError),
}

impl From<NeighbourError> for ResumeError {
    fn from(error: NeighbourError) -> Self {
        Self::Step(error.into())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Checks what can be checked without forces.
pub(crate) fn check_structure(structure: &Structure, potential: &dyn Potential) -> Result<(), SetupError> {
    if structure.is_empty() {
        return Err(SetupError::NoAtom);
    }
    if let Some(known) = potential.species() {
        let unknown = structure.species.iter().position(|s| !known.contains(s));
        if let Some(atom) = unknown {
            let known: Vec<&str> = known.iter().map(|s| s.symbol()).collect();
            let species = structure.species[atom];
            return Err(SetupError::UnknownSpecies { atom, species, known: known.join(", ") });
        }
    }
    check_overlap(structure)
}

/// Reach of the search for overlaps, A: long enough for the list's own check of the density to see single bonds.
const SEARCH_A: f64 = 2.0;

/// Refuses atoms closer than [`OVERLAP_A`], periodic images included.
///
/// # Errors
/// [`SetupError::Overlap`] with the closest such pair, or the neighbour search fails.
pub fn check_overlap(structure: &Structure) -> Result<(), SetupError> {
    let list = NeighbourList::build(structure, SEARCH_A, 0.0)?;
    let pairs = (0..structure.len())
        .flat_map(|first| list.neighbours(structure, first).map(move |n| (first, n.index, n.distance_a)));
    match pairs.filter(|pair| pair.2 < OVERLAP_A).min_by(|a, b| a.2.total_cmp(&b.2)) {
        None => Ok(()),
        Some((first, second, distance_a)) => Err(SetupError::Overlap {
            first,
            first_species: structure.species[first],
            second,
            second_species: structure.species[second],
            distance_a,
        }),
    }
}

/// Checks the velocities of the file, A/fs, if it has any.
pub(crate) fn check_velocities(velocities: Option<&[Vec3]>, atoms: usize) -> Result<(), SetupError> {
    let Some(velocities) = velocities else { return Ok(()) };
    if velocities.len() != atoms {
        return Err(SetupError::Velocities { velocities: velocities.len(), atoms });
    }
    match velocities.iter().position(|v| v.iter().any(|x| !x.is_finite())) {
        Some(atom) => Err(SetupError::VelocityNotFinite { atom }),
        None => Ok(()),
    }
}

/// Checks that there is a cell where a stage moves it.
pub(crate) fn check_cell(plan: &RunPlan, structure: &Structure) -> Result<(), SetupError> {
    let moves = |stage: &&Stage| match &stage.kind {
        StageKind::Dynamics(dynamics) => dynamics.ensemble.moves_cell(),
        StageKind::Minimise(minimise) => minimise.cell.is_some(),
    };
    match plan.stages.iter().find(moves) {
        Some(stage) if structure.cell.periodic() != [true; 3] => {
            Err(SetupError::NotPeriodic { stage: stage.name.clone() })
        }
        _ => Ok(()),
    }
}

/// Checks that something sets the atoms in motion before NVE does nothing with them.
pub(crate) fn check_start(plan: &RunPlan, velocities_given: bool) -> Result<(), SetupError> {
    let kind = |stage: &Stage| matches!(stage.kind, StageKind::Dynamics(_));
    let Some(first) = plan.stages.iter().position(kind) else {
        return if plan.stages.is_empty() { Err(SetupError::NoStage) } else { Ok(()) };
    };
    let stage = &plan.stages[first];
    match &stage.kind {
        StageKind::Dynamics(d)
            if d.ensemble == Ensemble::Nve
                && d.initial_temperature.is_none()
                && !(velocities_given && first == 0) =>
        {
            Err(SetupError::NoVelocities { stage: stage.name.clone() })
        }
        _ => Ok(()),
    }
}

/// Whether `restart`'s potential is this one.
pub(crate) fn check_tag(restart: &PotentialTag, now: &PotentialTag) -> Result<(), ResumeError> {
    if restart.sha256 == now.sha256 { Ok(()) } else { Err(ResumeError::Potential(restart.sha256)) }
}
