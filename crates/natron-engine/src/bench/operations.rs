//! How many operations the kernel of a neural potential does for an atom: counted from its shapes.
//!
//! The unit is one operation on sixteen numbers: a multiply-add, product or sum. With P neighbours of an atom within
//! each pair's own cutoff, K radial functions, H = 25 harmonics, S channel shifts, L + 1 = 5 angular momenta, M
//! monomials over all couplings and a network of layers n -> m:
//!
//! | part | operations for an atom | why |
//! |---|---|---|
//! | radial | P (2K + (6K + 20) / 16) | R and R' by channel; their Chebyshev recurrence, sixteen pairs at once |
//! | harmonics | P (8 H / 16) | Y and its gradient, about two operations a number, sixteen pairs at once |
//! | expansion | P H | A_lm += R Y_lm |
//! | contraction | P (4 H + 8) | G.Y and G.dY in three directions, by R' and R, and four sums over channels |
//! | invariants | S (6 (L+1) + 4 H) + 9 M | 1 + 3 operations a harmonic and shift, 3 + 6 a monomial, scaling by l |
//! | network | sum of n ceil(m / 16) + m ceil(n / 16) | forward and back |
//!
//! Gathering pairs, SiLU, walls, sums of forces and the step itself are left out: a floor, not a prediction.

use natron_atoms::{NeighbourList, Structure};
use natron_descriptor::{CHANNELS, Coupling, HARMONICS, L_MAX};
use natron_potential::{ModelSpec, Potential};

use crate::InputError;

/// Operations on sixteen numbers, per atom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Operations {
    /// Neighbours within each pair's own cutoff, mean over atoms.
    pub neighbours: f64,
    /// Radial functions and their slopes.
    pub radial: f64,
    /// Spherical harmonics and their gradients.
    pub harmonics: f64,
    /// Expansion of the density.
    pub expansion: f64,
    /// From the density's gradient to forces.
    pub contraction: f64,
    /// Features and their adjoint.
    pub invariants: f64,
    /// Network, forward and back.
    pub network: f64,
}

impl Operations {
    /// Counted for a structure.
    pub(super) fn count(
        spec: &ModelSpec,
        potential: &dyn Potential,
        structure: &Structure,
    ) -> Result<Self, InputError> {
        Ok(Self::for_neighbours(spec, mean_neighbours(potential, structure)?))
    }

    fn for_neighbours(spec: &ModelSpec, neighbours: f64) -> Self {
        let (lanes, harmonics) = (CHANNELS as f64, HARMONICS as f64);
        let functions = spec.radial_functions as f64;
        let shifts = spec.channel_shifts as f64;
        let couplings = spec.couplings.iter().filter_map(|&l| Coupling::new(l));
        let monomials: usize = couplings.map(|coupling| coupling.monomials.len()).sum();
        let layer = |(inputs, outputs): (usize, usize)| {
            inputs * outputs.div_ceil(CHANNELS) + outputs * inputs.div_ceil(CHANNELS)
        };
        Self {
            neighbours,
            radial: neighbours * (2.0 * functions + (6.0 * functions + 20.0) / lanes),
            harmonics: neighbours * 8.0 * harmonics / lanes,
            expansion: neighbours * harmonics,
            contraction: neighbours * (4.0 * harmonics + 8.0),
            invariants: shifts * (6.0 * (L_MAX + 1) as f64 + 4.0 * harmonics) + 9.0 * monomials as f64,
            network: spec.layer_shapes().into_iter().map(layer).sum::<usize>() as f64,
        }
    }

    /// All of them.
    pub fn total(&self) -> f64 {
        self.radial + self.harmonics + self.expansion + self.contraction + self.invariants + self.network
    }
}

/// Neighbours of an atom within each pair's own cutoff.
fn mean_neighbours(potential: &dyn Potential, structure: &Structure) -> Result<f64, InputError> {
    let list = NeighbourList::build(structure, potential.max_cutoff_a(), 0.0)
        .map_err(|error| InputError::new(error.to_string()))?;
    let within = |centre: usize| {
        let reach = |other: usize| potential.cutoff_a(structure.species[centre], structure.species[other]);
        list.neighbours(structure, centre).filter(|n| n.distance_a < reach(n.index)).count()
    };
    Ok((0..structure.len()).map(within).sum::<usize>() as f64 / structure.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials::load_potential;

    fn spec() -> ModelSpec {
        ModelSpec {
            species: vec!["C".into()],
            pairs: Vec::new(),
            radial_functions: 16,
            channel_shifts: 1,
            couplings: vec![[1, 1, 2]],
            hidden: vec![64],
            walls: Vec::new(),
        }
    }

    #[test]
    fn the_count_is_that_of_the_shapes() {
        let count = Operations::for_neighbours(&spec(), 10.0);
        assert_eq!(count.radial, 10.0 * (32.0 + 116.0 / 16.0));
        assert_eq!(count.expansion, 250.0);
        assert_eq!(count.contraction, 1080.0);
        // 1 1 2 has eight monomials.
        assert_eq!(count.invariants, 130.0 + 72.0);
        // 112 features: 112 * 4 + 64 * 7 for the hidden layer, 64 + 4 for the output.
        assert_eq!(count.network, 448.0 + 448.0 + 64.0 + 4.0);
    }

    #[test]
    fn neighbours_are_counted_within_their_own_cutoff() {
        let argon = load_potential("lj-argon").expect("built in");
        // Neighbour shells of fcc within 8.5 A = 2.285 nearest distances: 12 + 6 + 24 + 12 + 24.
        let crystal = super::super::system::argon();
        assert_eq!(mean_neighbours(&*argon.potential, &crystal).expect("a list"), 78.0);
    }
}
