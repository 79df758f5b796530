//! Everything a run needs to go on bit for bit, as bytes.
//!
//! Layout, little endian: the 8 bytes `NATRONRS`, format number (u64), length of the payload (u64), payload, SHA-256
//! of all before it (32 bytes). Forces are not in it: the list is rebuilt at the positions it had last been
//! built at, so they are computed again in the same order to the same bits.

use natron_atoms::{Cell, Structure, Vec3};

use crate::bytes::{Malformed, Reader, Writer};
use crate::groups::Groups;
use crate::progress::Progress;
use crate::sealed::{self, SealError};

pub(crate) mod fields;

const MAGIC: &[u8; 8] = b"NATRONRS";
/// The restart format this version writes; it reads all up to it.
///
/// 1: without the volume, the memory of thermostats and the cell of the list; 2: with them; 3: with groups, their temperatures
/// and the memory of minimisers.
pub const FORMAT: u64 = 3;

/// Which potential computed the forces, and by which code path: for saying whether a restart goes on bit for bit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PotentialTag {
    /// SHA-256 of the potential file.
    pub sha256: [u8; 32],
    /// Name of the code path whose last bits may differ, such as `avx2 f32`.
    pub kernel: String,
}

/// A run between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    pub(crate) seed: u64,
    pub(crate) replica: u32,
    pub(crate) tag: PotentialTag,
    pub(crate) structure: Structure,
    /// Internal units, `[n]`.
    pub(crate) velocities: Vec<Vec3>,
    /// Positions the neighbour list was last built at, A, `[n]`.
    pub(crate) list_positions: Vec<Vec3>,
    /// The cell it was built for.
    pub(crate) list_cell: Cell,
    pub(crate) skin_a: f64,
    /// Potential energy, eV: equal to the last bit if the forces will be.
    pub(crate) energy_ev: f64,
    /// Who belongs to which group.
    pub(crate) groups: Groups,
    /// What the thermostat remembers.
    pub(crate) memory: Vec<f64>,
    /// What the minimiser remembers, in its stage.
    pub(crate) relaxation: Vec<f64>,
    pub(crate) progress: Progress,
}

/// Why bytes are no restart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestartError {
    /// Something else.
    #[error("this is not a natron restart")]
    NotARestart,
    /// Written by a later version.
    #[error("restart format {found} is newer than this version, which reads up to {FORMAT}")]
    Newer {
        /// Its format.
        found: u64,
    },
    /// The end is missing.
    #[error("the restart is truncated: {found} bytes of {expected}")]
    Truncated {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// The checksum does not fit.
    #[error("the restart is damaged: its checksum does not fit its content")]
    Damaged,
    /// The checksum fits, the content makes no sense.
    #[error("the restart holds impossible values")]
    Impossible,
}

impl From<SealError> for RestartError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Other => Self::NotARestart,
            SealError::Newer { found } => Self::Newer { found },
            SealError::Truncated { found, expected } => Self::Truncated { found, expected },
            SealError::Damaged => Self::Damaged,
        }
    }
}

impl Restart {
    /// The restart as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut payload = Writer::default();
        fields::write(self, &mut payload);
        sealed::seal(MAGIC, FORMAT, &payload.0)
    }

    /// The restart in `bytes`.
    ///
    /// # Errors
    /// See [`RestartError`]. Nothing is allocated beyond a small multiple of the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RestartError> {
        let (format, payload) = sealed::open(MAGIC, FORMAT, bytes)?;
        let mut reader = Reader(payload);
        let restart = fields::read(&mut reader, format).map_err(|Malformed| RestartError::Impossible)?;
        if reader.0.is_empty() { Ok(restart) } else { Err(RestartError::Impossible) }
    }

    /// Steps done since the start of the run.
    pub fn step(&self) -> u64 {
        self.progress.step
    }

    /// Simulated time, ps.
    pub fn time_ps(&self) -> f64 {
        self.progress.time_ps
    }

    /// Name of the stage it was written in.
    pub fn stage(&self) -> &str {
        &self.progress.stage_name
    }

    /// Seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Which replica, from 0.
    pub fn replica(&self) -> u32 {
        self.replica
    }

    /// Which potential.
    pub fn tag(&self) -> &PotentialTag {
        &self.tag
    }

    /// How many rows of the thermo log belong before it: a log that is to go on is cut to so many.
    pub fn thermo_rows(&self) -> u64 {
        self.progress.rows
    }

    /// How many frames of the trajectory belong before it: a trajectory that is to go on is cut to so many.
    pub fn trajectory_frames(&self) -> u64 {
        self.progress.frames
    }

    /// Atoms and unwrapped positions.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }
}

#[cfg(test)]
mod tests;
