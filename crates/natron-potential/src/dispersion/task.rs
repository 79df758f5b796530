//! The sums of a few atoms.

use std::ops::Range;

use natron_atoms::Vec3;
use natron_descriptor::CHANNELS;

use super::Dispersion;
use super::coordination::{Weights, weights};
use super::kernel::{Around, Chain, Count, Half, Pairs, Push};
use super::rows::Rows;

/// Below this distance (A) a direction means nothing.
const NO_DISTANCE_A: f64 = 1e-3;

/// What an atom gets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Share {
    /// Half of the energies of its pairs, eV.
    pub energy_ev: f64,
    /// dE/d(its coordination number), eV.
    pub by_coordination_ev: f64,
    /// Force, eV/A.
    pub force: Vec3,
}

/// Some atoms, what is known of them, and buffers.
#[derive(Debug, Default)]
pub struct Task {
    /// Which atoms.
    pub atoms: Range<usize>,
    /// Weights of their references, and the derivatives of those by their coordination numbers.
    pub likeness: Vec<(Weights, Weights)>,
    /// What they get.
    pub shares: Vec<Share>,
    /// Sum of [`Push::strain`], eV.
    pub strain: [f64; 6],
    /// Two atoms at the same place, if there are, and how far they are apart, A.
    pub overlap: Option<(usize, usize, f64)>,
    /// Slopes of what neighbours count, row by row.
    slopes: Vec<[f64; CHANNELS]>,
}

impl Task {
    /// The task of some atoms.
    pub fn new(atoms: Range<usize>) -> Self {
        Self { atoms, ..Self::default() }
    }

    /// Coordination numbers, and how much the atoms are like each reference.
    pub fn count(&mut self, term: &Dispersion, near: &Rows, numbers: &[u8]) {
        self.likeness.clear();
        self.slopes.clear();
        self.overlap = None;
        for atom in self.atoms.clone() {
            let own = usize::from(numbers[atom]);
            let mut coordination = 0.0;
            for other in 0..term.elements().len() {
                let around = Around { atom, rows: near.of(atom, other), all: near };
                let (counting, switch) = (term.pair(own, other).counting, term.near);
                let (count, least) =
                    term.simd.run(Count { counting, switch, around, slopes: &mut self.slopes });
                coordination += count;
                if least < NO_DISTANCE_A * NO_DISTANCE_A {
                    self.overlap.get_or_insert_with(|| overlap(&around));
                }
            }
            self.likeness.push(weights(&term.references[own], coordination));
        }
    }

    /// Energies, forces at constant C6, and the derivatives by coordination numbers. `all`: weights of all atoms.
    pub fn pairs(&mut self, term: &Dispersion, far: &Rows, numbers: &[u8], all: &[Weights]) {
        self.shares.clear();
        self.strain = [0.0; 6];
        for (atom, likeness) in self.atoms.clone().zip(&self.likeness) {
            let own = usize::from(numbers[atom]);
            let mut share = Share::default();
            for other in 0..term.elements().len() {
                let pair = term.pair(own, other);
                let sums = term.simd.run(Pairs {
                    damping: pair.damping,
                    switch: term.far,
                    half: &half(&pair.c6_ev_a6, likeness),
                    references: term.references[other].len(),
                    weights: all,
                    around: Around { atom, rows: far.of(atom, other), all: far },
                });
                share.energy_ev += 0.5 * sums.energy;
                share.by_coordination_ev += sums.by_coordination;
                add(&sums.push, &mut share.force, &mut self.strain);
            }
            self.shares.push(share);
        }
    }

    /// Forces that follow from changing coordination numbers. `all`: dE/d(coordination number) of all atoms, eV.
    pub fn chains(&mut self, term: &Dispersion, near: &Rows, all: &[f64]) {
        let mut slopes = self.slopes.as_slice();
        for (atom, share) in self.atoms.clone().zip(&mut self.shares) {
            for other in 0..term.elements().len() {
                let around = Around { atom, rows: near.of(atom, other), all: near };
                let (these, rest) = slopes.split_at(around.rows.len());
                let own = share.by_coordination_ev;
                let push = term.simd.run(Chain { by_coordination: all, own, around, slopes: these });
                add(&push, &mut share.force, &mut self.strain);
                slopes = rest;
            }
        }
    }
}

/// An atom and the closest of some neighbours, and their distance, A.
#[cold]
fn overlap(around: &Around<'_>) -> (usize, usize, f64) {
    let mut closest = (around.atom, around.atom, f64::INFINITY);
    for row in around.rows {
        let ways = around.all.ways(around.atom, row);
        for (&index, squared) in row.index.iter().zip(ways.squared) {
            if squared.sqrt() < closest.2 {
                closest = (around.atom, index as usize, squared.sqrt());
            }
        }
    }
    closest
}

fn add(push: &Push, force: &mut Vec3, strain: &mut [f64; 6]) {
    *force += Vec3::from(push.force);
    strain.iter_mut().zip(&push.strain).for_each(|(sum, part)| *sum += part);
}

/// The part of an atom in its C6 with atoms of one species. `c6`: `[its references, theirs]`, eV A^6.
fn half(c6: &[Vec<f64>], likeness: &(Weights, Weights)) -> Half {
    let (weights, slopes) = likeness;
    let mut half = Half::default();
    for ((row, weight), slope) in c6.iter().zip(weights).zip(slopes) {
        for (k, &c6) in row.iter().enumerate() {
            half.c6[k] += weight * c6;
            half.slope[k] += slope * c6;
        }
    }
    half
}
