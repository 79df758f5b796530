//! Reading frames, a block at a time.

use std::collections::VecDeque;

use natron_atoms::{Cell, Vec3};

use super::reader::{Reader, Vectors};
use super::refusal::Refusal;
use crate::ReadError;
use crate::unwrap::{Follower, TOO_FAR_HELP};

/// Memory for the frames read at a time, bytes.
const BLOCK: usize = 64 << 20;

/// One frame of a trajectory.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Step of the simulation.
    pub step: u64,
    /// Time, ps.
    pub time_ps: f64,
    /// The cell.
    pub cell: Cell,
    /// Unwrapped positions, A, `[n]`.
    pub positions_a: Vec<Vec3>,
    /// Velocities, A/fs, `[n]`, if the file has them.
    pub velocities_a_per_fs: Option<Vec<Vec3>>,
}

/// The frames of a trajectory in order; ends after the first error.
#[derive(Debug)]
pub struct Frames<'r> {
    reader: &'r Reader,
    ready: VecDeque<Frame>,
    next: usize,
    follower: Option<Follower>,
}

impl<'r> Frames<'r> {
    pub(super) fn new(reader: &'r Reader) -> Self {
        let follow = !reader.unwrapped && reader.image.is_none() && reader.periodic() != [false; 3];
        Self { reader, ready: VecDeque::new(), next: 0, follower: follow.then(Follower::default) }
    }

    /// How many frames to read at a time: whole chunks where the memory allows.
    fn block(&self) -> usize {
        let value = &self.reader.position.element.value;
        let elements =
            1 + usize::from(self.reader.velocity.is_some()) + usize::from(self.reader.image.is_some());
        // Each number is held twice: as read and as part of a frame.
        let frames = (BLOCK / (2 * elements * value.row_bytes()).max(1)).max(1);
        let chunk = value.rows_per_chunk();
        if frames > chunk { frames - frames % chunk } else { frames }
    }

    fn read(&mut self) -> Result<(), Refusal> {
        let reader = self.reader;
        let (from, to) = (self.next, reader.len().min(self.next + self.block()));
        let mut cells = reader.cells.read(from, to)?.into_iter();
        let mut positions = split(&reader.position, from, to)?.into_iter();
        let mut velocities = match &reader.velocity {
            Some(velocity) => split(velocity, from, to)?.into_iter(),
            None => Vec::new().into_iter(),
        };
        let images = match &reader.image {
            Some(image) => image.value.read_rows::<i32>(from, to)?,
            None => Vec::new(),
        };
        let mut images = images.chunks_exact((3 * reader.species().len()).max(1));
        for frame in from..to {
            let (Some(cell), Some(mut positions_a)) = (cells.next(), positions.next()) else { break };
            if !reader.unwrapped
                && let Some(images) = images.next()
            {
                for (position, image) in positions_a.iter_mut().zip(images.chunks_exact(3)) {
                    *position += cell.offset([image[0], image[1], image[2]]);
                }
            }
            if let Some(follower) = &mut self.follower {
                let unwrapped = follower.unwrap(&cell, &mut positions_a);
                unwrapped.map_err(|far| Refusal::new(far.message(frame), TOO_FAR_HELP))?;
            }
            self.ready.push_back(Frame {
                step: reader.steps()[frame],
                time_ps: reader.times_ps()[frame],
                cell,
                positions_a,
                velocities_a_per_fs: velocities.next(),
            });
        }
        self.next = to;
        Ok(())
    }
}

/// The vectors of the frames `from..to`.
fn split(vectors: &Vectors, from: usize, to: usize) -> Result<Vec<Vec<Vec3>>, Refusal> {
    let value = &vectors.element.value;
    let flat = value.read_finite(from, to)?;
    let vector = |v: &[f64]| Vec3::new(v[0], v[1], v[2]) * vectors.factor;
    let atoms = value.shape[1];
    if atoms == 0 {
        return Ok(vec![Vec::new(); to - from]);
    }
    Ok(flat.chunks_exact(3 * atoms).map(|frame| frame.chunks_exact(3).map(vector).collect()).collect())
}

impl Iterator for Frames<'_> {
    type Item = Result<Frame, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty()
            && self.next < self.reader.len()
            && let Err(refusal) = self.read()
        {
            self.next = self.reader.len();
            self.ready.clear();
            return Some(Err(refusal.of(self.reader.path())));
        }
        self.ready.pop_front().map(Ok)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.reader.len() - self.next + self.ready.len()))
    }
}
