//! The search for large cells: atoms in bins, and around each atom only the bins within reach.

use super::problem::{Problem, extent};
use super::rows::Rows;
use super::{NeighbourError, Workspace};
use crate::Vec3;

/// Bins per reach: finer bins fit the ball better, coarser ones hold longer runs.
const BINS_PER_REACH: f64 = 2.0;

/// Atoms in bins, in the order of the bins. A bin is a small copy of the cell (or, along open
/// directions, of the atoms' extent).
#[derive(Debug, Clone, Default)]
pub(super) struct Bins {
    /// Bins along each direction.
    count: [usize; 3],
    /// How many bins the reach spans along each direction.
    span: [i64; 3],
    /// Start of each bin in the arrays below, and the end of the last.
    first: Vec<usize>,
    /// Which atom.
    atom: Vec<u32>,
    /// Its position moved into the cell, A.
    wrapped: Vec<Vec3>,
    /// Bin and home image of each atom, in the order of the structure.
    bin: Vec<[u32; 3]>,
    home: Vec<[i32; 3]>,
}

impl Bins {
    fn number(&self, bin: [u32; 3]) -> usize {
        let [a, b, c] = bin.map(|k| k as usize);
        (a * self.count[1] + b) * self.count[2] + c
    }

    /// Sorts the atoms of `problem` into bins.
    fn fill(&mut self, problem: &Problem<'_>, fractional: &[Vec3]) {
        let ranges: [(f64, f64); 3] =
            std::array::from_fn(|k| if problem.periodic[k] { (0.0, 1.0) } else { extent(fractional, k) });
        let lengths: [f64; 3] = std::array::from_fn(|k| problem.heights_a[k] * (ranges[k].1 - ranges[k].0));
        self.count = bin_counts(lengths, problem.search_a, fractional.len());
        self.span = std::array::from_fn(|k| span(lengths[k], self.count[k], problem));
        let count = self.count;
        self.home.clear();
        self.home.extend(
            fractional
                .iter()
                .map(|f| std::array::from_fn(|k| if problem.periodic[k] { f[k].floor() as i32 } else { 0 })),
        );
        self.bin.clear();
        self.bin.extend(fractional.iter().zip(&self.home).map(|(f, home)| {
            std::array::from_fn(|k| {
                let along = (f[k] - f64::from(home[k]) - ranges[k].0) / (ranges[k].1 - ranges[k].0);
                // An extent of zero gives NaN, which casts to 0: the only bin.
                ((along * count[k] as f64) as u32).min(count[k] as u32 - 1)
            })
        }));
        self.order(problem);
    }

    /// Counting sort of the atoms by bin.
    fn order(&mut self, problem: &Problem<'_>) {
        self.first.clear();
        self.first.resize(self.count.iter().product::<usize>() + 1, 0);
        for &bin in &self.bin {
            let number = self.number(bin);
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
            let number = self.number(self.bin[i]) + 1;
            self.first[number] -= 1;
            let at = self.first[number];
            self.atom[at] = i as u32;
            self.wrapped[at] = position - problem.structure.cell.offset(self.home[i]);
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

fn span(length_a: f64, count: usize, problem: &Problem<'_>) -> i64 {
    if count == 1 && length_a == 0.0 {
        return 0;
    }
    // Safe in i64: along a periodic direction the images are limited, along an open one the bins bound it.
    (problem.search_a * count as f64 / length_a).ceil() as i64
}

/// Fills `rows`, sorted by (index, image).
pub(super) fn search(
    problem: &Problem<'_>,
    work: &mut Workspace,
    rows: &mut Rows,
) -> Result<(), NeighbourError> {
    work.bins.fill(problem, &work.fractional);
    work.found.clear();
    for i in 0..problem.structure.len() {
        around(problem, &work.bins, i, &mut work.found);
        problem.check_row(work.found.end_row())?;
    }
    work.found.sort_into(rows, &mut work.cursor);
    Ok(())
}

/// Adds the neighbours of atom `i`, in the order of the bins.
fn around(problem: &Problem<'_>, bins: &Bins, i: usize, found: &mut Rows) {
    let centre = bins.bin[i].map(i64::from);
    let cell = &problem.structure.cell;
    let here = problem.structure.positions[i] - cell.offset(bins.home[i]);
    let search_squared = problem.search_a * problem.search_a;
    for (x, a) in bins_along(bins, problem, centre, 0) {
        for (y, b) in bins_along(bins, problem, centre, 1) {
            for (run, c) in runs_along(bins, problem, centre) {
                let line = (x * bins.count[1] + y) * bins.count[2];
                let atoms = bins.first[line + run.0]..bins.first[line + run.1];
                // From an atom of this run, in image (a, b, c), back to the centre.
                let shift = cell.offset([a, b, c]) - here;
                for (wrapped, &atom) in bins.wrapped[atoms.clone()].iter().zip(&bins.atom[atoms]) {
                    if (wrapped + shift).norm_squared() < search_squared {
                        let j = atom as usize;
                        let (from, to) = (bins.home[i], bins.home[j]);
                        let image = [a - to[0] + from[0], b - to[1] + from[1], c - to[2] + from[2]];
                        if problem.near(i, j, image) {
                            found.push(j, image);
                        }
                    }
                }
            }
        }
    }
}

/// The bins within reach of `centre` along direction `k`: (bin, image it is seen in).
fn bins_along(
    bins: &Bins,
    problem: &Problem<'_>,
    centre: [i64; 3],
    k: usize,
) -> impl Iterator<Item = (usize, i32)> + use<> {
    let (low, high) = window(bins, problem, centre, k);
    let count = bins.count[k] as i64;
    (low..=high).map(move |at| (at.rem_euclid(count) as usize, at.div_euclid(count) as i32))
}

/// The same along the last direction, where the bins of one image are one run in memory: (from..to, image).
fn runs_along(
    bins: &Bins,
    problem: &Problem<'_>,
    centre: [i64; 3],
) -> impl Iterator<Item = ((usize, usize), i32)> + use<> {
    let (low, high) = window(bins, problem, centre, 2);
    let count = bins.count[2] as i64;
    (low.div_euclid(count)..=high.div_euclid(count)).map(move |image| {
        let start = image * count;
        (((low - start).max(0) as usize, (high - start + 1).min(count) as usize), image as i32)
    })
}

fn window(bins: &Bins, problem: &Problem<'_>, centre: [i64; 3], k: usize) -> (i64, i64) {
    let last = bins.count[k] as i64 - 1;
    if problem.periodic[k] {
        (centre[k] - bins.span[k], centre[k] + bins.span[k])
    } else {
        (centre[k].saturating_sub(bins.span[k]).max(0), centre[k].saturating_add(bins.span[k]).min(last))
    }
}
