//! Which moves there are, and how often each is tried.

use natron_atoms::units::BOLTZMANN_EV_PER_K;

use super::cavities::Clearance;
use crate::quantity::{LengthA, TimestepFs};

/// A kind of move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveKind {
    /// One more atom from the reservoir.
    Insertion,
    /// One atom back to it.
    Deletion,
    /// One mobile atom elsewhere.
    Displacement,
    /// All atoms along a stretch of dynamics.
    Hybrid,
}

impl MoveKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Insertion, Self::Deletion, Self::Displacement, Self::Hybrid];

    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Insertion => "insertion",
            Self::Deletion => "deletion",
            Self::Displacement => "displacement",
            Self::Hybrid => "hybrid",
        }
    }
}

/// Relative frequencies of moves, not negative, not all zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Insertions and deletions together; each is half of it, which the acceptance rules count on.
    pub exchange: f64,
    /// Displacements of single atoms.
    pub displacement: f64,
    /// Hybrid moves.
    pub hybrid: f64,
}

impl Weights {
    /// The kind of move that a number drawn from (0, 1] stands for.
    pub fn kind(&self, drawn: f64) -> MoveKind {
        let mut left = drawn * (self.exchange + self.displacement + self.hybrid);
        let shares = [0.5 * self.exchange, 0.5 * self.exchange, self.displacement, self.hybrid];
        let mut last = MoveKind::Insertion;
        for (kind, share) in MoveKind::ALL.into_iter().zip(shares).filter(|(_, share)| *share > 0.0) {
            if left <= share {
                return kind;
            }
            (left, last) = (left - share, kind);
        }
        last
    }
}

/// The dynamics of a hybrid move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HybridSteps {
    /// How many.
    pub steps: u64,
    /// How long each is.
    pub timestep: TimestepFs,
}

/// Everything about moves that does not change while they are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moves {
    /// How often each is tried.
    pub weights: Weights,
    /// Longest displacement of a single atom along each axis.
    pub displacement_max: LengthA,
    /// The dynamics of hybrid moves.
    pub hybrid: HybridSteps,
    /// Atoms are thrown into cavities; `None`: anywhere.
    pub cavities: Option<Clearance>,
}

/// 1 / (k_B T), 1/eV.
pub(super) fn beta_per_ev(temperature_k: f64) -> f64 {
    1.0 / (BOLTZMANN_EV_PER_K * temperature_k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_share() {
        let weights = Weights { exchange: 2.0, displacement: 1.0, hybrid: 1.0 };
        let count = |kind| (1..=1000).filter(|k| weights.kind(f64::from(*k) / 1000.0) == kind).count();
        assert_eq!(MoveKind::ALL.map(count), [250, 250, 250, 250]);
        let rigid = Weights { exchange: 1.0, displacement: 0.0, hybrid: 0.0 };
        assert_eq!(rigid.kind(1.0), MoveKind::Deletion);
        assert_eq!(rigid.kind(1e-300), MoveKind::Insertion);
    }
}
