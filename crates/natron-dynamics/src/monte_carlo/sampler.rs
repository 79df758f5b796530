//! The chain of structures.

use natron_atoms::{NeighbourError, Structure};
use natron_potential::Potential;

use super::cavities::Cavities;
use super::checkpoint::Checkpoint;
use super::energy::Energies;
use super::moves::{MoveKind, Moves, beta_per_ev};
use super::record::{Record, Sample};
use super::reservoir::Reservoir;
use crate::random::{Normals, Purpose, RandomKey};
use crate::state::StepError;

/// Why a chain cannot begin or go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MonteCarloError {
    /// There is no volume to exchange atoms with.
    #[error("atoms are exchanged in cells that are periodic in all directions only")]
    OpenCell,
    /// The temperature is zero.
    #[error("Monte Carlo needs a temperature above 0 K")]
    Cold,
    /// The first structure has no energy.
    #[error("the structure at the start is impossible: two atoms overlap")]
    ImpossibleStart,
    /// A checkpoint is that of another chain.
    #[error("the checkpoint is that of another {0}")]
    OtherChain(&'static str),
    /// The potential refuses.
    #[error(transparent)]
    Step(#[from] StepError),
}

impl From<NeighbourError> for MonteCarloError {
    fn from(error: NeighbourError) -> Self {
        Self::Step(error.into())
    }
}

/// A chain in the grand-canonical ensemble: mobile atoms come and go, the others stay and move.
pub struct GrandCanonical<'p> {
    pub(super) potential: &'p dyn Potential,
    pub(super) reservoir: Reservoir,
    pub(super) moves: Moves,
    pub(super) seed: u64,
    pub(super) replica: u32,
    pub(super) energies: Energies<'p>,
    pub(super) structure: Structure,
    pub(super) energy_ev: f64,
    /// Which atoms are mobile, rising.
    pub(super) mobile: Vec<usize>,
    /// Those of `structure`; `None` once it has changed.
    pub(super) cavities: Option<Cavities>,
    /// Moves made.
    pub(super) done: u64,
    pub(super) record: Record,
}

impl<'p> GrandCanonical<'p> {
    /// A chain that begins at a structure, which may hold mobile atoms already. Random numbers are keyed by (`seed`, `replica`).
    ///
    /// # Errors
    /// See [`MonteCarloError`].
    pub fn new(
        structure: Structure,
        reservoir: Reservoir,
        moves: Moves,
        potential: &'p dyn Potential,
        (seed, replica): (u64, u32),
    ) -> Result<Self, MonteCarloError> {
        let mut chain = Self::at(structure, reservoir, moves, potential, (seed, replica))?;
        chain.energy_ev = chain.energies.of(&chain.structure)?.ok_or(MonteCarloError::ImpossibleStart)?;
        Ok(chain)
    }

    /// The chain of a checkpoint, which goes on as if it had never been interrupted.
    ///
    /// # Errors
    /// It is that of another seed, replica or reservoir; see [`MonteCarloError`].
    pub fn resume(
        checkpoint: &Checkpoint,
        reservoir: Reservoir,
        moves: Moves,
        potential: &'p dyn Potential,
        (seed, replica): (u64, u32),
    ) -> Result<Self, MonteCarloError> {
        checkpoint.belongs_to(reservoir, (seed, replica)).map_err(MonteCarloError::OtherChain)?;
        let mut chain = Self::at(checkpoint.structure.clone(), reservoir, moves, potential, (seed, replica))?;
        chain.energy_ev = checkpoint.energy_ev;
        chain.done = checkpoint.done;
        chain.record = checkpoint.record.clone();
        Ok(chain)
    }

    fn at(
        structure: Structure,
        reservoir: Reservoir,
        moves: Moves,
        potential: &'p dyn Potential,
        (seed, replica): (u64, u32),
    ) -> Result<Self, MonteCarloError> {
        if structure.cell.periodic() != [true; 3] {
            return Err(MonteCarloError::OpenCell);
        }
        if reservoir.temperature.get() <= 0.0 {
            return Err(MonteCarloError::Cold);
        }
        let is_mobile = |atom: &usize| structure.species[*atom] == reservoir.species;
        Ok(Self {
            potential,
            reservoir,
            moves,
            seed,
            replica,
            energies: Energies::new(potential, &structure)?,
            energy_ev: 0.0,
            mobile: (0..structure.len()).filter(is_mobile).collect(),
            cavities: None,
            done: 0,
            record: Record::default(),
            structure,
        })
    }

    /// Makes one move; what kind, and whether it was accepted.
    ///
    /// # Errors
    /// The potential refuses a structure that is not merely impossible.
    pub fn step(&mut self) -> Result<(MoveKind, bool), MonteCarloError> {
        let mut lots = self.lots();
        let kind = self.moves.weights.kind(lots.uniform());
        let accepted = match kind {
            MoveKind::Insertion => self.insertion(&mut lots),
            MoveKind::Deletion => self.deletion(&mut lots),
            MoveKind::Displacement => self.displacement(&mut lots),
            MoveKind::Hybrid => self.hybrid(&mut lots),
        }?;
        self.done += 1;
        self.record.tally.count(kind, accepted);
        Ok((kind, accepted))
    }

    /// Goes on until `moves` are made, those before included. Moves beyond `equilibration` enter the statistics, every
    /// `record_every`-th the series.
    ///
    /// # Errors
    /// As [`GrandCanonical::step`].
    pub fn advance(
        &mut self,
        moves: u64,
        equilibration: u64,
        record_every: u64,
    ) -> Result<(), MonteCarloError> {
        if self.done == 0 && self.record.series.is_empty() {
            self.record.series.push(self.sample());
        }
        while self.done < moves {
            self.step()?;
            let sample = self.sample();
            if self.done > equilibration {
                self.record.push(sample);
            }
            if self.done.is_multiple_of(record_every.max(1)) {
                self.record.series.push(sample);
            }
        }
        Ok(())
    }

    /// The chain as it stands.
    pub fn sample(&self) -> Sample {
        Sample { moves: self.done, atoms: self.mobile.len() as u64, energy_ev: self.energy_ev }
    }

    /// The structure as it stands, mobile atoms that came at its end.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// What was seen so far.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// All that it takes to go on to the same bits.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            seed: self.seed,
            replica: self.replica,
            reservoir: self.reservoir,
            done: self.done,
            energy_ev: self.energy_ev,
            structure: self.structure.clone(),
            record: self.record.clone(),
        }
    }

    /// The numbers of the present move.
    fn lots(&self) -> Normals {
        RandomKey::new(self.seed, self.replica, 0, Purpose::MonteCarlo).at_step(self.done)
    }

    /// An energy times 1 / (k_B T).
    pub(super) fn beta(&self, energy_ev: f64) -> f64 {
        energy_ev * beta_per_ev(self.reservoir.temperature.get())
    }

    /// Takes over a trial.
    pub(super) fn accept(&mut self, trial: Structure, energy_ev: f64) {
        self.structure = trial;
        self.energy_ev = energy_ev;
    }

    /// The cavities of the present structure, where there is a bias.
    pub(super) fn find_cavities(&mut self) {
        if let (None, Some(clearance)) = (&self.cavities, self.moves.cavities) {
            self.cavities = Some(Cavities::of(&self.structure, self.reservoir.species, clearance));
        }
    }
}
