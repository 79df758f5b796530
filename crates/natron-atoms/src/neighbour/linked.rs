//! The search for large cells: atoms in bins, and around each atom only the bins within reach.

use super::NeighbourError;
use super::images::Images;
use super::problem::{Problem, extent};
use super::rows::Rows;
use crate::Vec3;

/// Bins per reach: finer bins fit the ball better, coarser ones hold longer runs.
const BINS_PER_REACH: f64 = 3.0;

/// Atoms in bins, in the order of the bins. A bin is a small copy of the cell (or, along open
/// directions, of the atoms' extent).
#[derive(Debug, Clone, Default)]
pub(super) struct Bins {
    /// Bins along each direction.
    count: [usize; 3],
    /// The reach along each direction, in bins.
    reach: [f64; 3],
    /// Start of each bin in the arrays below, and the end of the last.
    first: Vec<usize>,
    /// Which atom.
    atom: Vec<u32>,
    /// Its position moved into the cell, A.
    wrapped: Vec<Vec3>,
    /// Where each atom is, in bins; in the order of the structure.
    place: Vec<[f64; 3]>,
}

impl Bins {
    /// The number of the bin that holds a place; rounding may put an atom on the far edge.
    fn number(&self, place: [f64; 3]) -> usize {
        let [a, b, c] = std::array::from_fn(|k| (place[k] as usize).min(self.count[k] - 1));
        (a * self.count[1] + b) * self.count[2] + c
    }

    /// Sorts the atoms of `problem` into bins.
    fn fill(&mut self, problem: &Problem<'_>, home: &[[i32; 3]]) {
        let fractional = &problem.known.fractional;
        let ranges: [(f64, f64); 3] =
            std::array::from_fn(|k| if problem.periodic[k] { (0.0, 1.0) } else { extent(fractional, k) });
        let extents = ranges.map(|(low, high)| high - low);
        let lengths: [f64; 3] = std::array::from_fn(|k| problem.heights_a[k] * extents[k]);
        self.count = bin_counts(lengths, problem.search_a, fractional.len());
        let scale: [f64; 3] = std::array::from_fn(|k| {
            // One bin may have no extent (a flat cluster): then all atoms are at 0.
            if self.count[k] == 1 && !problem.periodic[k] { 0.0 } else { self.count[k] as f64 / extents[k] }
        });
        self.reach = std::array::from_fn(|k| problem.search_a * scale[k] / problem.heights_a[k]);
        let place = |(f, home): (&Vec3, &[i32; 3])| {
            std::array::from_fn(|k| (f[k] - f64::from(home[k]) - ranges[k].0) * scale[k])
        };
        self.place.clear();
        self.place.extend(fractional.iter().zip(home).map(place));
        self.order(problem, home);
    }

    /// Counting sort of the atoms by bin.
    fn order(&mut self, problem: &Problem<'_>, home: &[[i32; 3]]) {
        self.first.clear();
        self.first.resize(self.count.iter().product::<usize>() + 1, 0);
        for &place in &self.place {
            let number = self.number(place);
            self.first[number + 1] += 1;
        }
        for number in 1..self.first.len() {
            self.first[number] += self.first[number - 1];
        }
        let positions = &problem.structure.positions;
        self.atom.clear();
        self.atom.resize(positions.len(), 0);
        self.wrapped.clear();
        self.wrapped.resize(positions.len(), Vec3::zeros());
        // Filling from the back leaves `first` at the starts.
        for (i, position) in positions.iter().enumerate().rev() {
            let number = self.number(self.place[i]) + 1;
            self.first[number] -= 1;
            let at = self.first[number];
            self.atom[at] = i as u32;
            self.wrapped[at] = position - problem.structure.cell.offset(home[i]);
        }
        // Bin b was counted down at b + 1: shift the starts into place.
        self.first.remove(0);
        self.first.push(positions.len());
    }
}

/// As many bins as the reach asks for, but no more than about four per atom.
fn bin_counts(lengths_a: [f64; 3], search_a: f64, atoms: usize) -> [usize; 3] {
    let limit = (4 * atoms).max(1) as f64;
    let wanted = |k: usize| (BINS_PER_REACH * lengths_a[k] / search_a).floor().clamp(1.0, limit);
    let mut counts: [f64; 3] = std::array::from_fn(wanted);
    while counts.iter().product::<f64>() > limit {
        let most = if counts[0] >= counts[1] { 0 } else { 1 };
        let most = if counts[2] > counts[most] { 2 } else { most };
        counts[most] = (0.5 * counts[most]).floor();
    }
    counts.map(|n| n as usize)
}

/// Fills `rows`, sorted by (index, image).
pub(super) fn search(
    problem: &Problem<'_>,
    images: &Images,
    bins: &mut Bins,
    found: &mut Rows,
    cursor: &mut Vec<usize>,
    rows: &mut Rows,
) -> Result<(), NeighbourError> {
    bins.fill(problem, &images.home);
    found.clear();
    for i in 0..problem.structure.len() {
        around(problem, images, bins, i, found);
        problem.check_row(found.end_row())?;
    }
    found.sort_into(images.last(), rows, cursor);
    Ok(())
}

/// Adds the neighbours of atom `i`, in the order of the bins.
fn around(problem: &Problem<'_>, images: &Images, bins: &Bins, i: usize, found: &mut Rows) {
    let cell = &problem.structure.cell;
    let home = &images.home;
    let here = problem.structure.positions[i] - cell.offset(home[i]);
    let windows: [(i64, i64); 3] = std::array::from_fn(|k| window(problem, bins, i, k));
    for (x, a) in bins_along(bins, windows, 0) {
        for (y, b) in bins_along(bins, windows, 1) {
            for (run, c) in runs_along(bins, windows) {
                let line = (x * bins.count[1] + y) * bins.count[2];
                let atoms = bins.first[line + run.start]..bins.first[line + run.end];
                // From the centre to an atom of this run in image (a, b, c), less the atom's own position.
                let shift = cell.offset([a, b, c]) - here;
                let number = images.number([a, b, c]);
                for (wrapped, &atom) in bins.wrapped[atoms.clone()].iter().zip(&bins.atom[atoms]) {
                    let distance_squared = (wrapped + shift).norm_squared();
                    if distance_squared < problem.search_squared {
                        let j = atom as usize;
                        let image = std::array::from_fn(|k| [a, b, c][k] - home[j][k] + home[i][k]);
                        if problem.near(i, j, image, distance_squared) {
                            found.push(j, number);
                        }
                    }
                }
            }
        }
    }
}

/// The bins within reach of atom `i` along direction `k`; outside 0..count in other images of the cell.
fn window(problem: &Problem<'_>, bins: &Bins, i: usize, k: usize) -> (i64, i64) {
    let (place, reach, last) = (bins.place[i][k], bins.reach[k], bins.count[k] as i64 - 1);
    // One bin more where the window ends on an edge: atoms are binned with rounding.
    let low = (place - reach - 1e-6).floor() as i64;
    let high = (place + reach + 1e-6).floor() as i64;
    if problem.periodic[k] { (low, high) } else { (low.clamp(0, last), high.clamp(0, last)) }
}

/// The bins of a window along direction `k`: (bin, image it is seen in).
fn bins_along(bins: &Bins, windows: [(i64, i64); 3], k: usize) -> impl Iterator<Item = (usize, i32)> + use<> {
    let count = bins.count[k] as i64;
    (windows[k].0..=windows[k].1).map(move |at| (at.rem_euclid(count) as usize, at.div_euclid(count) as i32))
}

/// The same along the last direction, where the bins of one image are one run in memory.
fn runs_along(
    bins: &Bins,
    windows: [(i64, i64); 3],
) -> impl Iterator<Item = (std::ops::Range<usize>, i32)> + use<> {
    let ((low, high), count) = (windows[2], bins.count[2] as i64);
    (low.div_euclid(count)..=high.div_euclid(count)).map(move |image| {
        let start = image * count;
        ((low - start).max(0) as usize..(high - start + 1).min(count) as usize, image as i32)
    })
}
