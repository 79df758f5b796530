//! The screened nuclear repulsion of Ziegler, Biersack and Littmark: the wall at short distance.
//!
//! V(r) = Z1 Z2 e^2 / (4 pi eps0 r) phi(r / a), phi(x) = sum_k c_k exp(-d_k x),
//! a = 0.46850 A / (Z1^0.23 + Z2^0.23) (The Stopping and Range of Ions in Matter, 1985,
//! 10.1007/978-1-4615-8103-1_3), times a quintic switch to zero between `inner` and `outer`.

use natron_atoms::units::COULOMB_EV_A;
use natron_atoms::{NeighbourList, Species, Structure};
use serde::{Deserialize, Serialize};

use crate::lennard_jones::quintic_switch;
use crate::{Evaluation, EvaluationError, Evaluator, Potential};

/// Where the wall of one unordered species pair fades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZblPair {
    /// Symbols of the pair, in any order.
    pub pair: [String; 2],
    /// Full below this distance, A.
    #[serde(rename = "inner_A")]
    pub inner_a: f64,
    /// Zero above this distance, A.
    #[serde(rename = "outer_A")]
    pub outer_a: f64,
}

/// Repulsive walls for the pairs that have one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Zbl {
    pairs: Vec<(Species, Species, f64, f64)>,
}

impl Zbl {
    /// Walls for `pairs`.
    ///
    /// # Errors
    /// An unknown symbol, or distances that are not 0 < inner < outer.
    pub fn new(pairs: &[ZblPair]) -> Result<Self, String> {
        let parse = |entry: &ZblPair| {
            let species = |s: &str| Species::from_symbol(s).ok_or_else(|| format!("`{s}` is no element"));
            let (inner, outer) = (entry.inner_a, entry.outer_a);
            if !(inner > 0.0 && inner < outer && outer.is_finite()) {
                return Err(format!(
                    "the wall of {:?} needs 0 < inner_A < outer_A, not {inner} and {outer}",
                    entry.pair
                ));
            }
            Ok((species(&entry.pair[0])?, species(&entry.pair[1])?, inner, outer))
        };
        Ok(Self { pairs: pairs.iter().map(parse).collect::<Result<_, _>>()? })
    }

    /// Energy (eV) and its slope (eV/A) of two atoms at distance `r` (A).
    pub fn pair(&self, a: Species, b: Species, r: f64) -> (f64, f64) {
        let range = self.pairs.iter().find(|(p, q, ..)| (*p, *q) == (a, b) || (*q, *p) == (a, b));
        match range {
            Some(&(_, _, inner, outer)) if r < outer => {
                let (energy, slope) = screened(f64::from(a.number()), f64::from(b.number()), r);
                let (switch, switch_slope) = quintic_switch(r, inner, outer);
                (energy * switch, slope * switch + energy * switch_slope)
            }
            _ => (0.0, 0.0),
        }
    }
}

/// The unswitched repulsion (eV) and its slope (eV/A).
fn screened(z1: f64, z2: f64, r: f64) -> (f64, f64) {
    const TERMS: [(f64, f64); 4] =
        [(0.181_75, 3.199_8), (0.509_86, 0.942_29), (0.280_22, 0.402_9), (0.028_171, 0.201_62)];
    let inverse_a = (z1.powf(0.23) + z2.powf(0.23)) / 0.468_50;
    let coulomb = COULOMB_EV_A * z1 * z2 / r;
    let (mut phi, mut slope) = (0.0, 0.0);
    for (c, d) in TERMS {
        let term = c * (-d * inverse_a * r).exp();
        phi += term;
        slope -= d * inverse_a * term;
    }
    (coulomb * phi, coulomb * (slope - phi / r))
}

impl Potential for Zbl {
    fn cutoff_a(&self, a: Species, b: Species) -> f64 {
        let found = self.pairs.iter().find(|(p, q, ..)| (*p, *q) == (a, b) || (*q, *p) == (a, b));
        found.map_or(0.0, |&(.., outer)| outer)
    }

    fn max_cutoff_a(&self) -> f64 {
        self.pairs.iter().map(|&(.., outer)| outer).fold(0.0, f64::max)
    }

    fn species(&self) -> Option<Vec<Species>> {
        None
    }

    fn evaluator(&self) -> Box<dyn Evaluator + '_> {
        Box::new(ZblEvaluator(self))
    }
}

struct ZblEvaluator<'a>(&'a Zbl);

impl Evaluator for ZblEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        let needed = self.0.max_cutoff_a();
        if list.cutoff_a() < needed {
            return Err(EvaluationError::ShortList { list_a: list.cutoff_a(), potential_a: needed });
        }
        out.reset(structure.len());
        for i in 0..structure.len() {
            for neighbour in list.neighbours(structure, i) {
                let j = neighbour.index;
                let (energy, slope) =
                    self.0.pair(structure.species[i], structure.species[j], neighbour.distance_a);
                if energy != 0.0 || slope != 0.0 {
                    out.atom_energies_ev[i] += 0.5 * energy;
                    out.add_pair(
                        i,
                        j,
                        &neighbour.vector,
                        neighbour.vector * (0.5 * slope / neighbour.distance_a),
                    );
                }
            }
        }
        out.energy_ev = out.atom_energies_ev.iter().sum();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_repulsion_matches_the_published_formula() {
        // Two protons at 0.1 A, by hand: a = 0.2342 5 A, x = 0.426 9.
        let x = 0.1 / (0.468_50 / 2.0);
        let phi = 0.181_75 * f64::exp(-3.199_8 * x)
            + 0.509_86 * f64::exp(-0.942_29 * x)
            + 0.280_22 * f64::exp(-0.402_9 * x)
            + 0.028_171 * f64::exp(-0.201_62 * x);
        let (energy, slope) = screened(1.0, 1.0, 0.1);
        assert!((energy - 143.996_454_78 * phi).abs() < 1e-6);
        let h = 1e-6;
        let difference = (screened(1.0, 1.0, 0.1 + h).0 - screened(1.0, 1.0, 0.1 - h).0) / (2.0 * h);
        assert!((slope - difference).abs() < 1e-4 * slope.abs());
    }

    #[test]
    fn wrong_ranges_are_refused() {
        let pair = |inner_a, outer_a| ZblPair { pair: ["C".into(), "Na".into()], inner_a, outer_a };
        assert!(Zbl::new(&[pair(1.0, 0.5)]).is_err());
        assert!(Zbl::new(&[pair(f64::NAN, 0.5)]).is_err());
        assert!(
            Zbl::new(&[ZblPair { pair: ["C".into(), "Xx".into()], inner_a: 0.5, outer_a: 1.0 }]).is_err()
        );
        let wall = Zbl::new(&[pair(0.8, 1.5)]).expect("valid");
        assert_eq!(wall.pair(Species::NA, Species::C, 1.6), (0.0, 0.0));
        assert!(wall.pair(Species::C, Species::NA, 1.4).0 > 0.0);
        assert_eq!(wall.pair(Species::C, Species::C, 0.5), (0.0, 0.0));
    }
}
