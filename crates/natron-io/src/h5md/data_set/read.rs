//! Frames one after the other.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::columns::{Columns, HELP, Span, of_frame};
use super::{ATOMS_AT_ONCE, FRAMES_AT_ONCE};
use crate::h5md::refusal::Refusal;
use crate::{Item, ReadError, SourceFrame};

/// An iterator over the frames of a file; after an error it ends.
pub struct Reader {
    path: PathBuf,
    columns: Columns,
    /// Frames, atoms and bytes of info that have been read.
    frame: usize,
    atom: usize,
    byte: usize,
    /// Atoms and bytes of the frames that come next.
    next: VecDeque<(usize, usize)>,
    ready: VecDeque<SourceFrame>,
    done: bool,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// It is no data set of natron, of a newer format, or damaged.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let columns = Columns::open(path).map_err(|refusal| refusal.of(path))?;
        Ok(Self {
            path: path.to_owned(),
            columns,
            frame: 0,
            atom: 0,
            byte: 0,
            next: VecDeque::new(),
            ready: VecDeque::new(),
            done: false,
        })
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.columns.frames()
    }

    fn read(&mut self) -> Result<Option<SourceFrame>, Refusal> {
        if self.ready.is_empty() {
            self.read_run()?;
        }
        Ok(self.ready.pop_front())
    }

    /// Frames of some ten thousand atoms, or one that is larger.
    fn read_run(&mut self) -> Result<(), Refusal> {
        let first = self.frame + self.ready.len();
        if self.next.is_empty() && first < self.frames() {
            let to = (first + FRAMES_AT_ONCE).min(self.frames());
            let atoms = self.columns.atoms.read_rows::<u32>(first, to)?;
            let bytes = self.columns.info_bytes.read_rows::<u32>(first, to)?;
            self.next = atoms.into_iter().zip(bytes).map(|(a, b)| (a as usize, b as usize)).collect();
        }
        let (mut frames, mut atoms, mut bytes) = (0, 0_usize, 0_usize);
        for (a, b) in &self.next {
            if frames > 0 && atoms.saturating_add(*a) > ATOMS_AT_ONCE {
                break;
            }
            (frames, atoms, bytes) = (frames + 1, atoms.saturating_add(*a), bytes.saturating_add(*b));
        }
        if frames == 0 {
            return Ok(());
        }
        let (last_atom, last_byte) = (self.atom.saturating_add(atoms), self.byte.saturating_add(bytes));
        self.columns.check_counts(last_atom, last_byte)?;
        let span =
            Span { frames: first..first + frames, atoms: self.atom..last_atom, bytes: self.byte..last_byte };
        let run = self.columns.read(&span).map_err(|refusal| self.blame(&span, refusal))?;
        let (mut atom, mut byte) = (0, 0);
        for k in 0..frames {
            let (a, b) = self.next.pop_front().expect("as many were counted above");
            let frame = run
                .frame(k, atom..atom + a, byte..byte + b)
                .map_err(|message| of_frame(first + k, Refusal::new(message, HELP)))?;
            self.ready.push_back(SourceFrame::new(frame, first + k + 1).with_all_missing());
            (atom, byte) = (atom + a, byte + b);
        }
        (self.atom, self.byte) = (last_atom, last_byte);
        Ok(())
    }

    /// Why frames cannot be read together: the first that cannot be read alone, if there is one.
    fn blame(&self, span: &Span, together: Refusal) -> Refusal {
        let (mut atom, mut byte) = (span.atoms.start, span.bytes.start);
        for (number, (a, b)) in span.frames.clone().zip(&self.next) {
            let one = Span { frames: number..number + 1, atoms: atom..atom + a, bytes: byte..byte + b };
            if let Err(alone) = self.columns.read_one(&one) {
                return alone;
            }
            (atom, byte) = (atom + a, byte + b);
        }
        together
    }
}

impl Iterator for Reader {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let outcome = self.read();
        if matches!(outcome, Ok(Some(_))) {
            self.frame += 1;
        } else {
            self.done = true;
        }
        outcome.map(|frame| frame.map(Item::Frame)).map_err(|refusal| refusal.of(&self.path)).transpose()
    }
}
