//! The neighbours of a block of centres, sixteen side by side.

use std::ops::Range;

use natron_descriptor::{CHANNELS, Lanes, Path, Real, Vector, Wide};

use crate::layout::{Layout, Local};

/// Atoms and pairs as the kernels of one task see them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// Centres and their neighbours.
    pub layout: &'a Layout,
    /// Position of each local and a zero, A.
    pub positions: &'a [[f64; 4]],
}

/// Neighbours of one centre that are within the cutoffs, as a range of columns.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    /// A multiple of sixteen.
    pub start: usize,
    /// Number of neighbours; the columns behind them up to the next multiple of sixteen are padding.
    pub count: usize,
}

/// A pair that may be within reach of a wall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Close {
    /// Which centre of the block.
    pub slot: usize,
    /// Column of the pair.
    pub column: usize,
    /// Squared distance, A^2.
    pub squared: f64,
    /// The neighbour.
    pub neighbour: Local,
}

/// Columns of a block: one entry for each pair of a centre and a neighbour within the cutoff.
#[derive(Debug)]
pub(crate) struct Neighbourhood<T> {
    /// From the centre to the neighbour, A, and a zero.
    pub vector: Vec<[T; 4]>,
    /// Which of the task's locals the neighbour is.
    pub local: Vec<Local>,
    /// R and R'.
    pub radial: Vec<[Lanes<T>; 2]>,
    /// Unit vectors, inverse distances (1/A) and distances (A) of sixteen columns each.
    pub polar: Vec<[Lanes<T>; 5]>,
    /// Where each centre's columns are.
    pub spans: Vec<Span>,
    /// Which of the task's locals each centre is.
    pub own: Vec<Local>,
    /// Pairs below the distance their species were given.
    pub close: Vec<Close>,
}

impl<T: Real> Neighbourhood<T> {
    pub fn new(centres: usize) -> Self {
        Self {
            vector: Vec::new(),
            local: Vec::new(),
            radial: Vec::new(),
            polar: Vec::new(),
            spans: vec![Span::default(); centres],
            own: vec![Local::default(); centres],
            close: Vec::with_capacity(centres),
        }
    }

    /// Lists the neighbours of `centres` within the squared cutoffs (A^2) by neighbour species; pairs nearer than the
    /// squares in `near` are listed as close, too.
    #[inline(always)]
    pub fn gather(&mut self, scene: &Scene<'_>, centres: Range<usize>, cutoff_squared: &[f64], near: &[f64]) {
        self.close.clear();
        let mut start = 0;
        for (slot, centre) in centres.enumerate() {
            let neighbours = scene.layout.neighbours(centre);
            self.own[slot] = scene.layout.own(centre);
            self.reserve(start + neighbours.len() + CHANNELS);
            let count = self.gather_row(scene.positions, slot, neighbours, start, cutoff_squared, near);
            self.spans[slot] = Span { start, count };
            self.pad(start + count);
            start += count.next_multiple_of(CHANNELS);
        }
    }

    #[inline(always)]
    fn gather_row(
        &mut self,
        positions: &[[f64; 4]],
        slot: usize,
        neighbours: &[Local],
        start: usize,
        cutoff_squared: &[f64],
        near: &[f64],
    ) -> usize {
        let here = positions[self.own[slot].number()];
        // One length for both columns: one check of bounds for both.
        let end = start + neighbours.len();
        let (vectors, kept) = (&mut self.vector[start..end], &mut self.local[start..end]);
        let mut at = 0;
        for &local in neighbours {
            let there = positions[local.number()];
            let (mut vector, mut narrow) = ([0.0; 4], [T::ZERO; 4]);
            for k in 0..4 {
                vector[k] = there[k] - here[k];
                narrow[k] = T::from_f64(vector[k]);
            }
            let squared = vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2];
            (vectors[at], kept[at]) = (narrow, local);
            if squared < near[local.species()] {
                self.close.push(Close { slot, column: start + at, squared, neighbour: local });
            }
            // What lies outside is overwritten by the next: no branch to mispredict.
            at += usize::from(squared < cutoff_squared[local.species()]);
        }
        at
    }

    fn reserve(&mut self, columns: usize) {
        if self.local.len() < columns {
            let columns = (2 * columns).next_multiple_of(CHANNELS);
            self.vector.resize(columns, [T::ZERO; 4]);
            self.local.resize(columns, Local::default());
            self.radial.resize(columns, [Lanes::ZERO; 2]);
            self.polar.resize(columns / CHANNELS, [Lanes::ZERO; 5]);
        }
    }

    /// Neighbours at 1 A without radial functions, from column `end` to the next multiple of sixteen.
    #[inline(always)]
    fn pad(&mut self, end: usize) {
        for column in end..end.next_multiple_of(CHANNELS) {
            self.vector[column] = [T::ZERO, T::ZERO, T::ONE, T::ZERO];
            self.radial[column] = [Lanes::ZERO; 2];
        }
    }

    /// The vectors (A) in columns `start .. start + 16`.
    #[inline(always)]
    pub fn vectors<P: Path>(&self, path: P, start: usize) -> [Wide<T, P>; 3] {
        let vectors: &[_; CHANNELS] = self.vector[start..].first_chunk().expect("columns come in sixteens");
        let mut lanes = [[T::ZERO; CHANNELS]; 3];
        for n in 0..CHANNELS {
            for k in 0..3 {
                lanes[k][n] = vectors[n][k];
            }
        }
        [Wide::new(path, lanes[0]), Wide::new(path, lanes[1]), Wide::new(path, lanes[2])]
    }
}
