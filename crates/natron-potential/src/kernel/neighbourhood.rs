//! The neighbours of a block of centres, sixteen side by side.

use natron_atoms::{NeighbourList, Vec3};
use natron_descriptor::{CHANNELS, Lanes, Path, Real, Vector, Wide};

/// Atoms and pairs as the kernels see them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// The pairs.
    pub list: &'a NeighbourList,
    /// [`NeighbourList::homed`] of every atom, A, `[n]`.
    pub homed: &'a [Vec3],
    /// Species number of every atom, `[n]`.
    pub numbers: &'a [u8],
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
    pub neighbour: u32,
}

/// Columns of a block: one entry for each pair of a centre and a neighbour within the cutoff.
#[derive(Debug)]
pub(crate) struct Neighbourhood<T> {
    /// From the centre to the neighbour, A.
    pub vector: [Vec<T>; 3],
    /// Species number of the neighbour.
    pub number: Vec<u8>,
    /// Which pair of the centre's row it is.
    pub place: Vec<u32>,
    /// R and R'.
    pub radial: Vec<[Lanes<T>; 2]>,
    /// Unit vectors and inverse distances (1/A) of sixteen columns each.
    pub polar: Vec<[Lanes<T>; 4]>,
    /// Where each centre's columns are.
    pub spans: Vec<Span>,
    /// Pairs below the distance their species were given.
    pub close: Vec<Close>,
}

impl<T: Real> Neighbourhood<T> {
    pub fn new(centres: usize) -> Self {
        Self {
            vector: [Vec::new(), Vec::new(), Vec::new()],
            number: Vec::new(),
            place: Vec::new(),
            radial: Vec::new(),
            polar: Vec::new(),
            spans: vec![Span::default(); centres],
            close: Vec::with_capacity(centres),
        }
    }

    /// Lists the neighbours of `centres` within the squared cutoffs (A^2) by neighbour species; pairs nearer than the
    /// squares in `near` are listed as close, too.
    #[inline(always)]
    pub fn gather(&mut self, scene: &Scene<'_>, centres: &[u32], cutoff_squared: &[f64], near: &[f64]) {
        self.close.clear();
        let mut start = 0;
        for (slot, &centre) in centres.iter().enumerate() {
            let row = scene.list.rows(centre as usize);
            self.reserve(start + row.0.len() + CHANNELS);
            let count = self.gather_row(scene, slot, centre as usize, start, cutoff_squared, near);
            self.spans[slot] = Span { start, count };
            self.pad(start + count);
            start += count.next_multiple_of(CHANNELS);
        }
    }

    #[inline(always)]
    fn gather_row(
        &mut self,
        scene: &Scene<'_>,
        slot: usize,
        centre: usize,
        start: usize,
        cutoff_squared: &[f64],
        near: &[f64],
    ) -> usize {
        let (indices, images) = scene.list.rows(centre);
        let (offsets, here) = (scene.list.offsets(), scene.homed[centre]);
        let [x, y, z] = &mut self.vector;
        // One length for all columns: one check of bounds for all.
        let end = start + indices.len();
        let (x, y, z) = (&mut x[start..end], &mut y[start..end], &mut z[start..end]);
        let (number, place) = (&mut self.number[start..end], &mut self.place[start..end]);
        let mut at = 0;
        for (k, (&index, &image)) in indices.iter().zip(images).enumerate() {
            let vector = scene.homed[index as usize] + offsets[image as usize] - here;
            let squared = vector.norm_squared();
            let species = scene.numbers[index as usize];
            (x[at], y[at], z[at]) = (T::from_f64(vector.x), T::from_f64(vector.y), T::from_f64(vector.z));
            (number[at], place[at]) = (species, k as u32);
            if squared < near[usize::from(species)] {
                self.close.push(Close { slot, column: start + at, squared, neighbour: index });
            }
            // What lies outside is overwritten by the next: no branch to mispredict.
            at += usize::from(squared < cutoff_squared[usize::from(species)]);
        }
        at
    }

    fn reserve(&mut self, columns: usize) {
        if self.number.len() < columns {
            let columns = (2 * columns).next_multiple_of(CHANNELS);
            self.vector.iter_mut().for_each(|vector| vector.resize(columns, T::ZERO));
            self.number.resize(columns, 0);
            self.place.resize(columns, 0);
            self.radial.resize(columns, [Lanes::ZERO; 2]);
            self.polar.resize(columns / CHANNELS, [Lanes::ZERO; 4]);
        }
    }

    /// Neighbours at 1 A without radial functions, from column `end` to the next multiple of sixteen.
    #[inline(always)]
    fn pad(&mut self, end: usize) {
        for column in end..end.next_multiple_of(CHANNELS) {
            for (k, vector) in self.vector.iter_mut().enumerate() {
                vector[column] = if k == 2 { T::ONE } else { T::ZERO };
            }
            self.radial[column] = [Lanes::ZERO; 2];
        }
    }

    /// The vectors (A) in columns `start .. start + 16`.
    #[inline(always)]
    pub fn vectors<P: Path>(&self, path: P, start: usize) -> [Wide<T, P>; 3] {
        let column = |k: usize| *self.vector[k][start..].first_chunk().expect("columns come in sixteens");
        std::array::from_fn(|k| Wide::new(path, column(k)))
    }
}
