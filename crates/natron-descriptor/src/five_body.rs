//! Five-body features: norms of coupled products.
//!
//! B_LM = sum_m1m2 <l1 m1 l2 m2|L M> A_l1m1 A_l2m2 of one channel, feature = (2L+1)^-1/2 sum_M B_LM^2: the fourth-degree
//! invariants of Drautz, 10.1103/PhysRevB.99.014104, that two couplings of the same factors give.
//!
//! For l1 + l2 + L even, B_LM is the derivative by A_LM of the coupling C of (l1, l2, L) to an invariant
//! ([`crate::coupling`]), over the number of times that L is among l1, l2, L, times sqrt(2L+1).
//!
//! | equation | here |
//! |---|---|
//! | b_M = (2L+1)^-1/4 B_LM | `Component` M: a sum over pairs of harmonics |
//! | dq/dA_x = 2 sum_M b_M db_M/dA_x | `Row` x: a sum over (M, harmonic) |

use crate::coupling::Coupling;
use crate::harmonics::{HARMONICS, L_MAX};
use crate::lanes::{Real, Vector};
use crate::path::Path;
use crate::products::sum_of_products;

/// Why three angular momenta give no five-body feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FiveBodyError {
    /// Too large, or no triangle.
    #[error("they do not couple: each is at most {L_MAX}, and L lies between |l1 - l2| and l1 + l2")]
    NoTriangle,
    /// A product of features that are there.
    #[error(
        "that is a function of two- and three-body features, no new geometry: with L = 0 it is (sum_m A_lm^2)^2, with l1 = 0 or l2 = 0 A_00^2 sum_m A_lm^2, and for l1 = l2 below 3 there is no other invariant of fourth degree"
    )]
    NotNew,
    /// Two equal factors, L odd.
    #[error("it is zero: an odd L is antisymmetric in its factors, which are the same for l1 = l2")]
    Vanishes,
    /// l1 + l2 + L odd.
    #[error(
        "l1 + l2 + L is odd; take an L with an even sum: all but one of the features of odd sums are combinations of those"
    )]
    OddSum,
    /// In the span of those before it.
    #[error(
        "that is a combination of the features of the same l1, l2 before it and a product of three-body ones; at most {0} of l1, l2 can be new"
    )]
    Spanned(usize),
}

/// A feature: a sum of squares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FiveBody<T> {
    components: Vec<Component<T>>,
    rows: Vec<Row<T>>,
}

/// sum_t c_t A_a A_b.
#[derive(Debug, Clone, PartialEq)]
struct Component<T> {
    terms: Vec<(u8, u8, T)>,
}

/// sum_t c_t (weighted component M) A_b, the derivative by one harmonic.
#[derive(Debug, Clone, PartialEq)]
struct Row<T> {
    harmonic: u8,
    terms: Vec<(u8, u8, T)>,
}

/// How many features of l1, l2 there are beyond products of three-body ones. The symmetric squares of both hold every even L up
/// to 2 min(l1, l2) once, which makes min(l1, l2) new invariants (even sums reach two of the three of l = 3 and 4); of four equal
/// factors there are as many as of binary forms of degree 2 l.
pub fn new_features(l1: usize, l2: usize) -> usize {
    match (l1.min(l2), l1 == l2) {
        (1 | 2, true) => 0,
        (3 | 4, true) => 1,
        (least, _) => least.min(2),
    }
}

/// Checks a list of (l1, l2, L): each must be a feature of its own.
///
/// # Errors
/// The first that is none, and why.
pub fn check(list: &[[usize; 3]]) -> Result<(), ([usize; 3], FiveBodyError)> {
    let pair = |l: &[usize; 3]| [l[0].min(l[1]), l[0].max(l[1])];
    for (k, &l) in list.iter().enumerate() {
        problem(l).map_or(Ok(()), |why| Err((l, why)))?;
        let before: Vec<_> = list[..k].iter().filter(|other| pair(other) == pair(&l)).collect();
        let most = new_features(l[0], l[1]);
        if before.len() >= most || before.iter().any(|other| other[2] == l[2]) {
            return Err((l, FiveBodyError::Spanned(most)));
        }
    }
    Ok(())
}

/// What is wrong with (l1, l2, L) by itself.
fn problem([l1, l2, l]: [usize; 3]) -> Option<FiveBodyError> {
    if [l1, l2, l].iter().any(|&l| l > L_MAX) || l > l1 + l2 || l < l1.abs_diff(l2) {
        Some(FiveBodyError::NoTriangle)
    } else if l == 0 || l1 == 0 || l2 == 0 {
        Some(FiveBodyError::NotNew)
    } else if l1 == l2 && l % 2 == 1 {
        Some(FiveBodyError::Vanishes)
    } else if new_features(l1, l2) == 0 {
        Some(FiveBodyError::NotNew)
    } else if (l1 + l2 + l) % 2 == 1 {
        Some(FiveBodyError::OddSum)
    } else {
        None
    }
}

/// Operations on sixteen numbers that the feature of (l1, l2, L) and its adjoint take; 0 where there is none.
pub fn operations(l: [usize; 3]) -> usize {
    let Some(feature) = FiveBody::<f64>::new(l) else { return 0 };
    let sums: usize = feature.components.iter().map(|component| 2 * component.terms.len() + 1).sum();
    2 * sums + 1 + feature.rows.iter().map(|row| 2 * row.terms.len()).sum::<usize>()
}

impl<T: Real> FiveBody<T> {
    /// The feature of (l1, l2, L), which must pass [`check`].
    pub fn new([l1, l2, l]: [usize; 3]) -> Option<Self> {
        let coupling = Coupling::new([l1, l2, l])?;
        let times = [l1, l2, l].iter().filter(|&&other| other == l).count();
        let scale = ((2 * l + 1) as f64).powf(0.25) / times as f64;
        let mut components = Vec::new();
        let mut rows = vec![Vec::new(); HARMONICS];
        for (number, lm) in (l * l..(l + 1) * (l + 1)).enumerate() {
            let mut terms = Vec::new();
            for ([a, b], coefficient) in coupling.monomials.iter().filter_map(|m| m.slope(lm)) {
                let coefficient = coefficient * scale;
                terms.push((a as u8, b as u8, T::from_f64(coefficient)));
                if a == b {
                    rows[a].push((number as u8, a as u8, T::from_f64(2.0 * coefficient)));
                } else {
                    rows[a].push((number as u8, b as u8, T::from_f64(coefficient)));
                    rows[b].push((number as u8, a as u8, T::from_f64(coefficient)));
                }
            }
            components.push(Component { terms });
        }
        let rows = rows.into_iter().enumerate().filter(|(_, terms)| !terms.is_empty());
        let rows = rows.map(|(x, terms)| Row { harmonic: x as u8, terms }).collect();
        Some(Self { components, rows })
    }

    /// sum_M B_LM^2 / sqrt(2L+1).
    #[inline(always)]
    pub fn value<V: Vector<Scalar = T>, P: Path>(&self, path: P, density: &[V; HARMONICS]) -> V {
        let mut value = V::ZERO;
        for component in &self.components {
            let sum = sum_of_products(path, &component.terms, density);
            value = sum.mul_add(path, sum, value);
        }
        value
    }

    /// Adds `weight` times the derivative of the value by each harmonic.
    #[inline(always)]
    pub fn add_slope<V: Vector<Scalar = T>, P: Path>(
        &self,
        path: P,
        density: &[V; HARMONICS],
        weight: V,
        gradient: &mut [V; HARMONICS],
    ) {
        let twice = weight.add(path, weight);
        let mut weighted = [V::ZERO; 2 * L_MAX + 1];
        for (weighted, component) in weighted.iter_mut().zip(&self.components) {
            *weighted = sum_of_products(path, &component.terms, density).mul(path, twice);
        }
        for row in &self.rows {
            let mut sum = gradient[usize::from(row.harmonic)];
            for &(number, b, coefficient) in &row.terms {
                let product = weighted[usize::from(number)].mul(path, density[usize::from(b)]);
                sum = product.scale_add(path, coefficient, sum);
            }
            gradient[usize::from(row.harmonic)] = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::Lanes;
    use crate::path::Portable;
    use rand::{RngExt, SeedableRng};

    fn refusal(list: &[[usize; 3]]) -> Option<FiveBodyError> {
        check(list).err().map(|(_, why)| why)
    }

    #[test]
    fn what_is_no_feature_of_its_own_is_refused_with_the_reason() {
        for l in 1..=4 {
            assert_eq!(refusal(&[[l, l, 0]]), Some(FiveBodyError::NotNew), "the square of p_l");
            assert_eq!(refusal(&[[0, l, l]]), Some(FiveBodyError::NotNew));
            assert_eq!(refusal(&[[l, l, 1]]), Some(FiveBodyError::Vanishes));
        }
        assert_eq!(refusal(&[[1, 1, 2]]), Some(FiveBodyError::NotNew), "a vector has one invariant");
        assert_eq!(refusal(&[[2, 2, 4]]), Some(FiveBodyError::NotNew));
        assert_eq!(refusal(&[[1, 3, 1]]), Some(FiveBodyError::NoTriangle));
        assert_eq!(refusal(&[[1, 4, 5]]), Some(FiveBodyError::NoTriangle));
        assert_eq!(refusal(&[[1, 2, 2]]), Some(FiveBodyError::OddSum));
        assert_eq!(refusal(&[[1, 2, 1], [2, 1, 3]]), Some(FiveBodyError::Spanned(1)));
        assert_eq!(refusal(&[[2, 3, 1], [3, 2, 1]]), Some(FiveBodyError::Spanned(2)));
        assert_eq!(check(&[[2, 3, 1], [3, 3, 2], [2, 3, 3], [1, 2, 3], [4, 4, 4]]), Ok(()));
        let (l, why) = check(&[[2, 3, 1], [3, 3, 0]]).expect_err("L is 0");
        assert!(l == [3, 3, 0] && why.to_string().contains("no new geometry"), "{why}");
    }

    /// Values, and the product of three-body features, at many densities: the rank says how many are independent.
    #[test]
    fn what_is_taken_is_new_and_there_is_no_more() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        let densities: [[Lanes<f64>; HARMONICS]; 2] = std::array::from_fn(|_| {
            std::array::from_fn(|_| Lanes(std::array::from_fn(|_| rng.random_range(-1.0..1.0))))
        });
        let rank = |l1: usize, l2: usize, list: &[usize]| {
            let features: Vec<_> =
                list.iter().map(|&l| FiveBody::<f64>::new([l1, l2, l]).expect("an even sum")).collect();
            let norm = |density: &[Lanes<f64>; HARMONICS], l: usize, n: usize| {
                density[l * l..(l + 1) * (l + 1)].iter().map(|a| a.0[n] * a.0[n]).sum::<f64>()
            };
            let at = |row: usize, column: usize| {
                let (density, n) = (&densities[row / 16], row % 16);
                match column {
                    0 => norm(density, l1, n) * norm(density, l2, n),
                    _ => features[column - 1].value(Portable, density).0[n],
                }
            };
            nalgebra::DMatrix::from_fn(32, 1 + list.len(), at).rank(1e-9)
        };
        for l1 in 1..=4 {
            for l2 in l1..=4 {
                let possible = |l: &usize| (l1 + l2 + l).is_multiple_of(2) && (1..=L_MAX).contains(l);
                let list: Vec<usize> = (l2 - l1..=l1 + l2).filter(possible).collect();
                assert_eq!(rank(l1, l2, &list), 1 + new_features(l1, l2), "{l1} {l2}");
                for l in list {
                    let alone = rank(l1, l2, &[l]) == 2;
                    assert_eq!(check(&[[l1, l2, l]]).is_ok(), alone, "{l1} {l2} {l}");
                }
            }
        }
    }
}
