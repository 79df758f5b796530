//! How far neighbours are looked for, by species.

use crate::{NeighbourError, Species};

/// Cutoffs by pair of species, A.
///
/// The neighbours of C around C may end earlier than those of Na around Na: most pairs are C-C, and what the list
/// does not hold costs nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Cutoffs {
    species: Vec<Species>,
    /// `[species][species]`, symmetric, A.
    by_pair_a: Vec<f64>,
    /// For pairs with a species that is not listed, A.
    other_a: f64,
}

impl Cutoffs {
    /// One cutoff (A) for all pairs.
    pub fn uniform(cutoff_a: f64) -> Self {
        Self { species: Vec::new(), by_pair_a: Vec::new(), other_a: cutoff_a }
    }

    /// `cutoff_a(a, b)` (A) for pairs of the listed species, the longer one of both orders; the longest of all for
    /// pairs with another species.
    pub fn by_pair(species: &[Species], cutoff_a: impl Fn(Species, Species) -> f64) -> Self {
        let mut by_pair_a = Vec::with_capacity(species.len() * species.len());
        for &a in species {
            by_pair_a.extend(species.iter().map(|&b| cutoff_a(a, b).max(cutoff_a(b, a))));
        }
        let other_a = by_pair_a.iter().copied().fold(0.0, f64::max);
        Self { species: species.to_vec(), by_pair_a, other_a }
    }

    /// The longest, A.
    pub fn longest_a(&self) -> f64 {
        self.by_pair_a.iter().copied().fold(self.other_a, f64::max)
    }

    /// The shortest, A.
    pub fn shortest_a(&self) -> f64 {
        self.by_pair_a.iter().copied().fold(self.other_a, f64::min)
    }

    /// The cutoff of a pair, A.
    pub fn of_pair_a(&self, a: Species, b: Species) -> f64 {
        self.of_kinds_a(self.kind(a), self.kind(b))
    }

    /// How far a pair of kinds is looked for, A; see [`Cutoffs::kind`].
    pub(super) fn of_kinds_a(&self, a: usize, b: usize) -> f64 {
        let listed = self.species.len();
        if a < listed && b < listed { self.by_pair_a[a * listed + b] } else { self.other_a }
    }

    /// The number of a species, the same for all that are not listed.
    pub(super) fn kind(&self, species: Species) -> usize {
        self.species.iter().position(|&s| s == species).unwrap_or(self.species.len())
    }

    /// Number of kinds.
    pub(super) fn kinds(&self) -> usize {
        self.species.len() + 1
    }

    pub(super) fn check(&self, skin_a: f64) -> Result<(), NeighbourError> {
        let good = |cutoff: f64| cutoff >= 0.0 && cutoff.is_finite();
        if let Some(&bad) = self.by_pair_a.iter().chain([&self.other_a]).find(|&&cutoff| !good(cutoff)) {
            return Err(NeighbourError::Cutoff(bad));
        }
        // Some pairs may ignore each other, not all.
        let fits = self.longest_a() > 0.0 && skin_a >= 0.0 && skin_a.is_finite();
        if fits { Ok(()) } else { Err(NeighbourError::Cutoff(self.longest_a())) }
    }
}
