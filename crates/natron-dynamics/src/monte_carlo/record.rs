//! What a chain has seen.

use super::moves::MoveKind;
use crate::blocks::Blocks;

/// Attempts and acceptances of each kind of move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Attempts, in the order of [`MoveKind::ALL`].
    pub tried: [u64; 4],
    /// Of these accepted.
    pub accepted: [u64; 4],
}

impl Tally {
    pub(super) fn count(&mut self, kind: MoveKind, accepted: bool) {
        self.tried[kind as usize] += 1;
        self.accepted[kind as usize] += u64::from(accepted);
    }

    /// The share of attempts of a kind that was accepted; `None` without an attempt.
    pub fn share(&self, kind: MoveKind) -> Option<f64> {
        let tried = self.tried[kind as usize];
        (tried > 0).then(|| self.accepted[kind as usize] as f64 / tried as f64)
    }
}

/// The chain after one of its moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Moves made.
    pub moves: u64,
    /// Mobile atoms.
    pub atoms: u64,
    /// Potential energy, eV.
    pub energy_ev: f64,
}

/// Statistics over all moves after equilibration, with a series over all of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Of every move, those of the equilibration included.
    pub tally: Tally,
    /// Moves by the number of mobile atoms after them.
    pub histogram: Vec<u64>,
    /// Means of the number of mobile atoms; their errors know that neighbouring moves are alike.
    pub atoms: Blocks,
    /// Means of the energy, eV.
    pub energy_ev: Blocks,
    /// The chain at intervals, its start first, equilibration included.
    pub series: Vec<Sample>,
}

impl Record {
    pub(super) fn push(&mut self, sample: Sample) {
        let atoms = sample.atoms as usize;
        if self.histogram.len() <= atoms {
            self.histogram.resize(atoms + 1, 0);
        }
        self.histogram[atoms] += 1;
        self.atoms.push(sample.atoms as f64);
        self.energy_ev.push(sample.energy_ev);
    }

    /// Mean number of mobile atoms, exact over all moves; `None` without a move.
    pub fn mean(&self) -> Option<f64> {
        self.moment(0.0, 1)
    }

    /// Variance of the number of mobile atoms.
    pub fn variance(&self) -> Option<f64> {
        self.mean().and_then(|mean| self.moment(mean, 2))
    }

    /// Standard error of [`Record::mean`], from block means with their correlation; `None` for a chain too short to say.
    pub fn mean_error(&self) -> Option<f64> {
        self.atoms.mean_error()
    }

    /// By how much the number of atoms still moves from the start of the statistics to their end, along a straight line, and the standard
    /// error of that.
    pub fn trend(&self) -> Option<(f64, f64)> {
        let moves = self.atoms.count() as f64;
        self.atoms.slope().map(|(slope, error)| (slope * moves, error * moves))
    }

    fn moment(&self, about: f64, power: i32) -> Option<f64> {
        let total: u64 = self.histogram.iter().sum();
        let terms =
            self.histogram.iter().enumerate().map(|(n, &k)| k as f64 * (n as f64 - about).powi(power));
        (total > 0).then(|| terms.sum::<f64>() / total as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_histogram() {
        let mut record = Record::default();
        assert_eq!((record.mean(), record.variance()), (None, None));
        for (moves, atoms) in [2, 2, 3, 5].into_iter().enumerate() {
            record.push(Sample { moves: moves as u64, atoms, energy_ev: 0.0 });
        }
        assert_eq!((record.mean(), record.variance()), (Some(3.0), Some(1.5)));
        assert_eq!(record.histogram, [0, 0, 2, 1, 0, 1]);
        let mut tally = Tally::default();
        tally.count(MoveKind::Hybrid, true);
        tally.count(MoveKind::Hybrid, false);
        assert_eq!((tally.share(MoveKind::Hybrid), tally.share(MoveKind::Deletion)), (Some(0.5), None));
    }
}
