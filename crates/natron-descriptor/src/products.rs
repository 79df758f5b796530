//! Sums over products of two harmonics of a density, which couplings of any order are made of.

use crate::harmonics::HARMONICS;
use crate::lanes::Vector;
use crate::path::Path;

/// sum_t c_t A_a A_b over the terms (a, b, c).
#[inline(always)]
pub(crate) fn sum_of_products<V: Vector, P: Path>(
    path: P,
    terms: &[(u8, u8, V::Scalar)],
    density: &[V; HARMONICS],
) -> V {
    let mut sum = V::ZERO;
    for &(a, b, coefficient) in terms {
        let product = density[usize::from(a)].mul(path, density[usize::from(b)]);
        sum = product.scale_add(path, coefficient, sum);
    }
    sum
}
