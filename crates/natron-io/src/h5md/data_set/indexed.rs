//! Frames by their number.

use std::path::{Path, PathBuf};

use natron_atoms::Frame;

use super::columns::{Columns, Span};
use crate::ReadError;
use crate::h5md::refusal::Refusal;

/// A file whose frames are read one at a time, in any order and from any thread.
pub struct Indexed {
    path: PathBuf,
    columns: Columns,
    /// Atoms and bytes of `info` before each frame, and of all of them.
    before: Vec<(usize, usize)>,
}

impl Indexed {
    /// Opens a file. It stays open: what replaces it later is not seen.
    ///
    /// # Errors
    /// It is no data set of natron, of a newer format, or damaged.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let columns = Columns::open(path).map_err(|refusal| refusal.of(path))?;
        let before = before(&columns).map_err(|refusal| refusal.of(path))?;
        Ok(Self { path: path.to_owned(), columns, before })
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.columns.frames()
    }

    /// Whether every frame has a free energy.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn all_have_free_energies(&self) -> Result<bool, ReadError> {
        self.columns.all_have_free_energies().map_err(|refusal| refusal.of(&self.path))
    }

    /// The frame of a number from 0.
    ///
    /// # Errors
    /// It is damaged: the message names its number.
    ///
    /// # Panics
    /// There is no frame of that number.
    pub fn read(&self, number: usize) -> Result<Frame, ReadError> {
        let (from, to) = (self.before[number], self.before[number + 1]);
        let span = Span { frames: number..number + 1, atoms: from.0..to.0, bytes: from.1..to.1 };
        self.columns.read_one(&span).map_err(|refusal| refusal.of(&self.path))
    }
}

fn before(columns: &Columns) -> Result<Vec<(usize, usize)>, Refusal> {
    let frames = columns.frames();
    let atoms = columns.atoms.read_rows::<u32>(0, frames)?;
    let bytes = columns.info_bytes.read_rows::<u32>(0, frames)?;
    let (mut atom, mut byte) = (0_usize, 0_usize);
    let mut before = Vec::with_capacity(frames + 1);
    before.push((0, 0));
    for (a, b) in atoms.into_iter().zip(bytes) {
        (atom, byte) = (atom.saturating_add(a as usize), byte.saturating_add(b as usize));
        before.push((atom, byte));
    }
    columns.check_counts(atom, byte)?;
    Ok(before)
}
