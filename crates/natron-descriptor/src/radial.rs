//! The radial basis of one ordered species pair.
//!
//! B_k(r) = T_k(x(r)) f_c(r), k = 0..K-1, with Chebyshev polynomials T_k of a coordinate that is dense
//! where bonds are, x(r) = 2 (s(r) - s(r_c)) / (1 - s(r_c)) - 1, s(r) = 1 / (1 + (r/r_0)^3), and the
//! cutoff f_c(r) = (1 - (r/r_c)^2)^3, which reaches zero with two continuous derivatives.
//!
//! | equation | here |
//! |---|---|
//! | r_c | `cutoff` |
//! | r_0 | `scale` |
//! | B_k, dB_k/dr | `values[k]`, `slopes[k]` |

use crate::lanes::{CHANNELS, Real};
use crate::number::{Number, Wide};
use crate::path::Path;

/// The radial basis of one ordered species pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RadialBasis<T> {
    cutoff: T,
    inverse_cutoff_squared: T,
    inverse_scale_cubed: T,
    x_factor: T,
    x_shift: T,
}

impl<T: Real> RadialBasis<T> {
    /// The basis that ends at `cutoff_a` (A) and is densest around `0.8 scale_a` (A).
    pub fn new(cutoff_a: f64, scale_a: f64) -> Self {
        let end = 1.0 / (1.0 + (cutoff_a / scale_a).powi(3));
        Self {
            cutoff: T::from_f64(cutoff_a),
            inverse_cutoff_squared: T::from_f64(1.0 / (cutoff_a * cutoff_a)),
            inverse_scale_cubed: T::from_f64(scale_a.powi(-3)),
            x_factor: T::from_f64(2.0 / (1.0 - end)),
            x_shift: T::from_f64(-2.0 * end / (1.0 - end) - 1.0),
        }
    }

    /// Where it ends, A.
    #[inline(always)]
    pub fn cutoff(&self) -> T {
        self.cutoff
    }

    /// Fills `values[k]` and `slopes[k]` (1/A) at distance `r` (A), which must be below the cutoff.
    ///
    /// Shapes: both `[K]`, K >= 2.
    #[inline(always)]
    pub fn evaluate(&self, r: T, values: &mut [T], slopes: &mut [T]) {
        self.evaluate_with(T::from_f64, r, values, slopes);
    }

    /// The bases of sixteen pairs side by side.
    #[inline(always)]
    pub fn side_by_side<P: Path>(path: P, bases: &[&Self; CHANNELS]) -> RadialBasis<Wide<T, P>> {
        let mut fields = [[T::ZERO; CHANNELS]; 5];
        for (n, basis) in bases.iter().enumerate() {
            fields[0][n] = basis.cutoff;
            fields[1][n] = basis.inverse_cutoff_squared;
            fields[2][n] = basis.inverse_scale_cubed;
            fields[3][n] = basis.x_factor;
            fields[4][n] = basis.x_shift;
        }
        RadialBasis {
            cutoff: Wide::new(path, fields[0]),
            inverse_cutoff_squared: Wide::new(path, fields[1]),
            inverse_scale_cubed: Wide::new(path, fields[2]),
            x_factor: Wide::new(path, fields[3]),
            x_shift: Wide::new(path, fields[4]),
        }
    }
}

impl<N: Number> RadialBasis<N> {
    /// [`RadialBasis::evaluate`] for any numbers, whose constants `c` makes.
    #[inline(always)]
    pub fn evaluate_with(&self, c: impl Fn(f64) -> N, r: N, values: &mut [N], slopes: &mut [N]) {
        let (zero, one, two, three) = (c(0.0), c(1.0), c(2.0), c(3.0));
        let r2 = r * r;
        let s = one / (one + r2 * r * self.inverse_scale_cubed);
        let ds = -(three * r2 * self.inverse_scale_cubed * s * s);
        let (x, dx) = (self.x_factor * s + self.x_shift, self.x_factor * ds);
        let w = one - r2 * self.inverse_cutoff_squared;
        let cut = w * w * w;
        let dcut = -(three * two * w * w * r * self.inverse_cutoff_squared);
        // T_k and dT_k/dx by their three-term recurrence.
        let (mut t0, mut t1, mut d0, mut d1) = (one, x, zero, one);
        for (value, slope) in values.iter_mut().zip(slopes.iter_mut()) {
            *value = t0 * cut;
            *slope = d0 * dx * cut + t0 * dcut;
            let t2 = two * x * t1 - t0;
            let d2 = two * (t1 + x * d1) - d0;
            (t0, t1, d0, d1) = (t1, t2, d1, d2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(basis: &RadialBasis<f64>, r: f64) -> ([f64; 12], [f64; 12]) {
        let (mut values, mut slopes) = ([0.0; 12], [0.0; 12]);
        basis.evaluate(r, &mut values, &mut slopes);
        (values, slopes)
    }

    #[test]
    fn slopes_match_differences() {
        let basis = RadialBasis::new(5.0, 1.9);
        for step in 4..49 {
            let (r, h) = (0.1 * f64::from(step), 1e-5);
            let (up, down, here) = (at(&basis, r + h).0, at(&basis, r - h).0, at(&basis, r).1);
            for k in 0..12 {
                let difference = (up[k] - down[k]) / (2.0 * h);
                assert!((here[k] - difference).abs() < 1e-6 * (1.0 + difference.abs()), "{k} {r}");
            }
        }
    }

    #[test]
    fn value_slope_and_curvature_vanish_at_the_cutoff() {
        let basis = RadialBasis::new(5.0, 1.9);
        let h = 1e-4;
        let (near, slope) = at(&basis, 5.0 - h);
        let inner = at(&basis, 5.0 - 2.0 * h).1;
        for k in 0..12 {
            assert!(near[k].abs() < 1e-10 && slope[k].abs() < 1e-5, "{k}");
            // The curvature itself falls linearly with the distance to the cutoff.
            assert!(((slope[k] - inner[k]) / h).abs() < 5e-2, "{k}");
        }
        assert!(at(&basis, 4.5).0.iter().all(|v| v.abs() > 1e-6));
    }

    #[test]
    fn the_coordinate_spans_minus_one_to_one() {
        let basis = RadialBasis::new(5.0, 1.9);
        // B_1 / B_0 is the coordinate itself.
        let x = |r| at(&basis, r).0[1] / at(&basis, r).0[0];
        assert!((x(1e-6) - 1.0).abs() < 1e-9 && (x(5.0 - 1e-6) + 1.0).abs() < 1e-5);
        assert!((x(1.0) - x(2.0)) > 0.8);
    }
}
