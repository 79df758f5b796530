//! How many operations the kernel of a neural potential does for an atom: counted from its shapes.
//!
//! The unit is one operation on sixteen numbers: a multiply-add, product or sum. With P neighbours of an atom within
//! each pair's own cutoff, K radial functions, H = 25 harmonics, S channel shifts, L + 1 = 5 angular momenta and a
//! network of layers n -> m:
//!
//! | part | operations for an atom | why |
//! |---|---|---|
//! | radial | P 10, in f64 P (2K + (6K + 20) / 16) | R and R' from a table of quintics, by Horner's rule; in f64 by the formula |
//! | harmonics | P 183 / 16 | distance 8, polynomials 32 there and again 32 back, sums with them 24, their gradient 70, force and virial 17: of sixteen pairs at once |
//! | expansion | P H | A_lm += R Y_lm |
//! | projection | P 2 H | sum_n R_n G_nlm and the same of R' |
//! | invariants | 2 H + S 30 + 30 + (S - 1) 80 + couplings | norms; power spectra, and back, where a channel by itself costs less |
//! | of a coupling | 2 per monomial, 1 per harmonic; back 2 per monomial and harmonic in it, 1 per harmonic | products are collected by what they share |
//! | of a five-body feature | 2 per term of each B_M and 1 per M, there and back; 2 per term of a derivative by a harmonic | sums of squares of sums |
//! | network | sum of n ceil(m / 16) + m ceil(n / 16) | forward and back |
//!
//! Gathering pairs, transposing, SiLU, walls, dispersion, sums of forces and the step itself are left out: a floor, not a prediction.

use std::collections::BTreeSet;

use natron_atoms::{NeighbourList, Structure};
use natron_descriptor::{CHANNELS, Coupling, HARMONICS, L_MAX};
use natron_potential::{ModelSpec, Potential, Precision};

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
    /// From the density's gradient back to each neighbour's radial functions.
    pub projection: f64,
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
        precision: Precision,
        structure: &Structure,
    ) -> Result<Self, InputError> {
        Ok(Self::for_neighbours(spec, precision, mean_neighbours(potential, structure)?))
    }

    fn for_neighbours(spec: &ModelSpec, precision: Precision, neighbours: f64) -> Self {
        let (lanes, harmonics) = (CHANNELS as f64, HARMONICS as f64);
        let functions = spec.radial_functions as f64;
        let radial = match precision {
            Precision::F32 => 10.0,
            Precision::F64 => 2.0 * functions + (6.0 * functions + 20.0) / lanes,
        };
        let power = |weight: f64| (L_MAX + 1) as f64 + weight * harmonics;
        let shifts = spec.channel_shifts as f64;
        let spectra = shifts * power(1.0) + power(1.0) + (shifts - 1.0) * power(3.0);
        let couplings = spec.couplings.iter().filter_map(|&l| Coupling::new(l)).map(|c| of_coupling(&c));
        let five_body = spec.five_body.iter().map(|&l| natron_descriptor::five_body::operations(l));
        let many_body = couplings.chain(five_body).sum::<usize>();
        let layer = |(inputs, outputs): (usize, usize)| {
            inputs * outputs.div_ceil(CHANNELS) + outputs * inputs.div_ceil(CHANNELS)
        };
        Self {
            neighbours,
            radial: neighbours * radial,
            harmonics: neighbours * OF_SIXTEEN_PAIRS / lanes,
            expansion: neighbours * harmonics,
            projection: neighbours * 2.0 * harmonics,
            invariants: 2.0 * harmonics + spectra + many_body as f64,
            network: spec.layer_shapes().into_iter().map(layer).sum::<usize>() as f64,
        }
    }

    /// All of them.
    pub fn total(&self) -> f64 {
        self.radial + self.harmonics + self.expansion + self.projection + self.invariants + self.network
    }
}

/// What sixteen pairs need beside radial functions, expansion and projection.
const OF_SIXTEEN_PAIRS: f64 = 183.0;

/// A coupling and its adjoint.
fn of_coupling(coupling: &Coupling) -> usize {
    let distinct = |index: [usize; 3]| BTreeSet::from(index);
    let last: BTreeSet<usize> = coupling.monomials.iter().map(|monomial| monomial.index[2]).collect();
    let all: BTreeSet<usize> = coupling.monomials.iter().flat_map(|monomial| monomial.index).collect();
    let slopes: usize = coupling.monomials.iter().map(|monomial| distinct(monomial.index).len()).sum();
    2 * coupling.monomials.len() + last.len() + 2 * slopes + all.len()
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
            five_body: Vec::new(),
            hidden: vec![64],
            residual: false,
            walls: Vec::new(),
            dispersion: None,
        }
    }

    #[test]
    fn the_count_is_that_of_the_shapes() {
        let count = Operations::for_neighbours(&spec(), Precision::F32, 16.0);
        assert_eq!((count.radial, count.harmonics), (160.0, 183.0));
        assert_eq!((count.expansion, count.projection), (400.0, 800.0));
        // 1 1 2: x y, y z, x z with a harmonic each, x x and y y with x^2 - y^2, x x, y y and z z with 3 z^2 - 1: of the
        // eight monomials three have three distinct harmonics and five have two; five harmonics stand last, of eight.
        let couplings = 2 * 8 + 5 + 2 * (3 * 3 + 5 * 2) + 8;
        assert_eq!(count.invariants, 50.0 + 30.0 + 30.0 + couplings as f64);
        // 112 features: 112 * 4 + 64 * 7 for the hidden layer, 64 + 4 for the output.
        assert_eq!(count.network, 448.0 + 448.0 + 64.0 + 4.0);
        // B_x of A_1 and A_2 holds y and z once and x itself twice, as B_y does in its way; B_z holds z itself once: 11 terms of
        // two distinct harmonics each, in three sums.
        let five_body = ModelSpec { five_body: vec![[1, 2, 1]], ..spec() };
        let more = Operations::for_neighbours(&five_body, Precision::F32, 16.0).invariants - count.invariants;
        assert_eq!(more, (2 * (2 * 11 + 3) + 1 + 2 * 22) as f64);
        let double = Operations::for_neighbours(&spec(), Precision::F64, 16.0);
        assert_eq!(double.radial, 16.0 * 32.0 + 116.0);
    }

    #[test]
    fn neighbours_are_counted_within_their_own_cutoff() {
        let argon = load_potential("lj-argon").expect("built in");
        // Neighbour shells of fcc within 8.5 A = 2.285 nearest distances: 12 + 6 + 24 + 12 + 24.
        let crystal = super::super::system::argon();
        assert_eq!(mean_neighbours(&*argon.potential, &crystal).expect("a list"), 78.0);
    }
}
