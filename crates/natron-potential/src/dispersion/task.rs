//! The sums of a few atoms.

use std::ops::Range;

use natron_atoms::Vec3;

use super::Dispersion;
use super::coordination::{Weights, weights};
use super::kernel::{Chain, Count, Half, Pairs, Push};
use super::sight::{Block, Seen, Sight};

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
    /// Neighbours of an atom by species.
    seen: Vec<Seen>,
    /// Neighbours that count, of one atom after the other, and where those of each end.
    near: Vec<Block>,
    ends: Vec<usize>,
}

impl Task {
    /// The task of some atoms among which are `kinds` species.
    pub fn new(atoms: Range<usize>, kinds: usize) -> Self {
        Self { atoms, seen: vec![Seen::default(); kinds], ..Self::default() }
    }

    /// Coordination numbers, and how much the atoms are like each reference.
    pub fn count(&mut self, term: &Dispersion, near: &Sight, numbers: &[u8]) {
        self.likeness.clear();
        self.near.clear();
        self.ends.clear();
        self.overlap = None;
        for atom in self.atoms.clone() {
            let own = usize::from(numbers[atom]);
            let closest = near.look(atom, numbers, &mut self.seen);
            self.overlap = self
                .overlap
                .or(closest.filter(|c| c.1 < NO_DISTANCE_A).map(|(other, distance)| (atom, other, distance)));
            let mut coordination = 0.0;
            for (other, seen) in self.seen.iter_mut().enumerate() {
                let (counting, switch) = (term.pair(own, other).counting, term.near);
                let blocks = seen.blocks_mut();
                coordination += term.simd.run(Count { counting, switch, blocks });
                self.near.extend_from_slice(blocks);
            }
            self.ends.push(self.near.len());
            self.likeness.push(weights(&term.references[own], coordination));
        }
    }

    /// Energies, forces at constant C6, and the derivatives by coordination numbers. `all`: weights of all atoms.
    pub fn pairs(&mut self, term: &Dispersion, far: &Sight, numbers: &[u8], all: &[Weights]) {
        self.shares.clear();
        self.strain = [0.0; 6];
        for (atom, likeness) in self.atoms.clone().zip(&self.likeness) {
            let own = usize::from(numbers[atom]);
            far.look(atom, numbers, &mut self.seen);
            let mut share = Share::default();
            for (other, seen) in self.seen.iter().enumerate() {
                let pair = term.pair(own, other);
                let sums = term.simd.run(Pairs {
                    damping: pair.damping,
                    switch: term.far,
                    half: &half(&pair.c6_ev_a6, likeness),
                    references: term.references[other].len(),
                    weights: all,
                    blocks: seen.blocks(),
                });
                share.energy_ev += 0.5 * sums.energy;
                share.by_coordination_ev += sums.by_coordination;
                add(&sums.push, &mut share.force, &mut self.strain);
            }
            self.shares.push(share);
        }
    }

    /// Forces that follow from changing coordination numbers. `all`: dE/d(coordination number) of all atoms, eV.
    pub fn chains(&mut self, term: &Dispersion, all: &[f64]) {
        let mut start = 0;
        for (share, &end) in self.shares.iter_mut().zip(&self.ends) {
            let blocks = &self.near[start..end];
            let push = term.simd.run(Chain { by_coordination: all, own: share.by_coordination_ev, blocks });
            add(&push, &mut share.force, &mut self.strain);
            start = end;
        }
    }
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
