//! A chain between two moves, as bytes.

use natron_atoms::{Species, Structure};

use super::record::{Record, Sample, Tally};
use super::reservoir::Reservoir;
use crate::bytes::{Malformed, Reader, Writer};
use crate::quantity::TemperatureK;
use crate::restart::fields::{read_blocks, read_structure, write_blocks, write_structure};
use crate::sealed::{self, SealError};

const MAGIC: &[u8; 8] = b"NATRONGC";
/// The format that is written; all up to it are read.
pub const CHECKPOINT_FORMAT: u64 = 1;

/// All that a chain needs to go on to the same bits, and what it has seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub(super) seed: u64,
    pub(super) replica: u32,
    pub(super) reservoir: Reservoir,
    pub(super) done: u64,
    pub(super) energy_ev: f64,
    pub(super) structure: Structure,
    pub(super) record: Record,
}

/// Why bytes are no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Something else.
    #[error("this is not a checkpoint of a Monte Carlo chain")]
    NotACheckpoint,
    /// Written by a later version.
    #[error("checkpoint format {0} is newer than this version, which reads up to {CHECKPOINT_FORMAT}")]
    Newer(u64),
    /// Cut short, or with a checksum that does not fit.
    #[error("the checkpoint is damaged")]
    Damaged,
}

impl From<SealError> for CheckpointError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Other => Self::NotACheckpoint,
            SealError::Newer { found } => Self::Newer(found),
            SealError::Truncated { .. } | SealError::Damaged => Self::Damaged,
        }
    }
}

impl Checkpoint {
    /// Moves made.
    pub fn moves(&self) -> u64 {
        self.done
    }

    /// What was seen.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The structure at this move.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// With what atoms are exchanged.
    pub fn reservoir(&self) -> Reservoir {
        self.reservoir
    }

    /// What a chain must have in common with this one to go on from it; the name of what it has not.
    pub(super) fn belongs_to(
        &self,
        reservoir: Reservoir,
        (seed, replica): (u64, u32),
    ) -> Result<(), &'static str> {
        let same = [
            (self.seed == seed, "seed"),
            (self.replica == replica, "replica"),
            (self.reservoir.species == reservoir.species, "species"),
            (self.reservoir.temperature == reservoir.temperature, "temperature"),
            (self.reservoir.chemical_potential_ev == reservoir.chemical_potential_ev, "chemical potential"),
        ];
        same.into_iter().find(|(same, _)| !same).map_or(Ok(()), |(_, what)| Err(what))
    }

    /// The checkpoint as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(self.seed);
        w.u64(u64::from(self.replica));
        w.text(self.reservoir.species.symbol());
        w.f64(self.reservoir.temperature.get());
        w.f64(self.reservoir.chemical_potential_ev);
        w.u64(self.done);
        w.f64(self.energy_ev);
        write_structure(&self.structure, &mut w);
        write_record(&self.record, &mut w);
        sealed::seal(MAGIC, CHECKPOINT_FORMAT, &w.0)
    }

    /// The checkpoint in `bytes`.
    ///
    /// # Errors
    /// See [`CheckpointError`]. Nothing is allocated beyond a small multiple of the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (_, payload) = sealed::open(MAGIC, CHECKPOINT_FORMAT, bytes)?;
        let mut reader = Reader(payload);
        let checkpoint = read(&mut reader).map_err(|Malformed| CheckpointError::Damaged)?;
        if reader.0.is_empty() { Ok(checkpoint) } else { Err(CheckpointError::Damaged) }
    }
}

fn read(r: &mut Reader<'_>) -> Result<Checkpoint, Malformed> {
    let (seed, replica) = (r.u64()?, u32::try_from(r.u64()?).map_err(|_| Malformed)?);
    let reservoir = Reservoir {
        species: Species::from_symbol(&r.text()?).ok_or(Malformed)?,
        temperature: TemperatureK::new(r.f64()?).map_err(|_| Malformed)?,
        chemical_potential_ev: r.f64()?,
    };
    let (done, energy_ev) = (r.u64()?, r.f64()?);
    let (structure, record) = (read_structure(r)?, read_record(r)?);
    Ok(Checkpoint { seed, replica, reservoir, done, energy_ev, structure, record })
}

fn write_record(record: &Record, w: &mut Writer) {
    record.tally.tried.iter().chain(&record.tally.accepted).for_each(|&count| w.u64(count));
    w.u64(record.histogram.len() as u64);
    record.histogram.iter().for_each(|&count| w.u64(count));
    write_blocks(&record.atoms, w);
    write_blocks(&record.energy_ev, w);
    w.u64(record.series.len() as u64);
    for sample in &record.series {
        w.u64(sample.moves);
        w.u64(sample.atoms);
        w.f64(sample.energy_ev);
    }
}

fn read_record(r: &mut Reader<'_>) -> Result<Record, Malformed> {
    let mut tally = Tally::default();
    for count in tally.tried.iter_mut().chain(&mut tally.accepted) {
        *count = r.u64()?;
    }
    let bins = r.count(8)?;
    let histogram = (0..bins).map(|_| r.u64()).collect::<Result<_, _>>()?;
    let (atoms, energy_ev) = (read_blocks(r)?, read_blocks(r)?);
    let rows = r.count(24)?;
    let sample = |_| Ok(Sample { moves: r.u64()?, atoms: r.u64()?, energy_ev: r.f64()? });
    let series = (0..rows).map(sample).collect::<Result<_, _>>()?;
    Ok(Record { tally, histogram, atoms, energy_ev, series })
}
