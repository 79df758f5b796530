//! Radial functions of one ordered species pair as a table.
//!
//! Polynomials of degree 5 on equal intervals, which agree with the function and its slope at both ends and in the
//! middle: energies and forces are continuous at the knots. The slope that the table gives is the derivative
//! of the value that it gives, so that forces are the gradient of the tabulated energy.

use crate::lanes::{CHANNELS, Lanes, Real, Vector};
use crate::path::Path;

/// Coefficients of one interval: c_0 .. c_5 of sum_d c_d t^d, t from 0 to 1.
const TERMS: usize = 6;

/// Sixteen functions of a distance.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialTable<T> {
    intervals_per_a: T,
    intervals: Vec<[Lanes<T>; TERMS]>,
}

impl<T: Real> RadialTable<T> {
    /// A table of `function` (values and slopes, 1/A) from 0 to `cutoff_a` (A) in so many equal intervals.
    pub fn new(
        cutoff_a: f64,
        intervals: usize,
        function: impl Fn(f64) -> ([f64; CHANNELS], [f64; CHANNELS]),
    ) -> Self {
        let step_a = cutoff_a / intervals as f64;
        let interval = |k: usize| {
            let at = |t: f64| function((k as f64 + t) * step_a);
            let (start, middle, end) = (at(0.0), at(0.5), at(1.0));
            let mut terms = [Lanes::ZERO; TERMS];
            for n in 0..CHANNELS {
                let values = [start.0[n], middle.0[n], end.0[n]];
                let slopes = [start.1[n], middle.1[n], end.1[n]].map(|slope| slope * step_a);
                for (terms, c) in terms.iter_mut().zip(interpolate(values, slopes)) {
                    terms.0[n] = T::from_f64(c);
                }
            }
            terms
        };
        Self {
            intervals_per_a: T::from_f64(intervals as f64 / cutoff_a),
            intervals: (0..intervals).map(interval).collect(),
        }
    }

    /// Values and slopes (1/A) at a distance (A) between zero and the cutoff.
    #[inline(always)]
    pub fn evaluate<P: Path>(&self, path: P, distance_a: T) -> [Lanes<T>; 2] {
        let place = distance_a * self.intervals_per_a;
        // Rounding may put a distance just below the cutoff on it.
        let k = place.floor_index().min(self.intervals.len() - 1);
        let t = place - T::from_f64(k as f64);
        let [terms @ .., c5] = &self.intervals[k];
        // Horner's rule for the value, and beside it for the derivative.
        let (mut value, mut slope) = (c5.axpy(path, t, terms[4]), *c5);
        for term in terms[..4].iter().rev() {
            slope = slope.axpy(path, t, value);
            value = value.axpy(path, t, *term);
        }
        [value, slope.scale(path, self.intervals_per_a)]
    }
}

/// The polynomial of degree 5 on [0, 1] with these values and slopes at 0, 1/2 and 1.
fn interpolate(values: [f64; 3], slopes: [f64; 3]) -> [f64; TERMS] {
    let (c0, c1) = (values[0], slopes[0]);
    // What is left for t^2 .. t^5: value and slope at the end, value and slope in the middle.
    let (a, b) = (values[2] - c0 - c1, slopes[2] - c1);
    let (c, d) = (values[1] - c0 - 0.5 * c1, slopes[1] - c1);
    [
        c0,
        c1,
        7.0 * a - b + 16.0 * c - 8.0 * d,
        -34.0 * a + 5.0 * b - 32.0 * c + 32.0 * d,
        52.0 * a - 8.0 * b + 16.0 * c - 40.0 * d,
        -24.0 * a + 4.0 * b + 16.0 * d,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Portable;

    #[test]
    fn a_polynomial_of_degree_five_is_interpolated_exactly() {
        let p = |t: f64| 1.0 - 2.0 * t + 0.5 * t.powi(2) + 3.0 * t.powi(3) - t.powi(4) + 0.25 * t.powi(5);
        let d = |t: f64| -2.0 + t + 9.0 * t.powi(2) - 4.0 * t.powi(3) + 1.25 * t.powi(4);
        let points = [0.0, 0.5, 1.0];
        let terms = interpolate(points.map(p), points.map(d));
        for (term, expected) in terms.iter().zip([1.0, -2.0, 0.5, 3.0, -1.0, 0.25]) {
            assert!((term - expected).abs() < 1e-12, "{terms:?}");
        }
    }

    fn waves(r: f64) -> ([f64; CHANNELS], [f64; CHANNELS]) {
        let k = |n: usize| 0.8 * (n + 1) as f64;
        (std::array::from_fn(|n| (k(n) * r).sin()), std::array::from_fn(|n| k(n) * (k(n) * r).cos()))
    }

    #[test]
    fn oscillating_functions_are_met_in_value_and_slope() {
        let table = RadialTable::<f64>::new(5.0, 256, waves);
        // (k h)^6 / 720 times the largest of (t (t - 1/2) (t - 1))^2 and of its slope over h, for k = 12.8, h = 5 / 256.
        for step in 1..5000 {
            let r = f64::from(step) * 1e-3;
            let ([value, slope], exact) = (table.evaluate(Portable, r), waves(r));
            for n in 0..CHANNELS {
                assert!((value.0[n] - exact.0[n]).abs() < 1e-9, "{n} {r}");
                assert!((slope.0[n] - exact.1[n]).abs() < 3e-7, "{n} {r}");
            }
        }
    }

    #[test]
    fn knots_are_smooth_and_the_end_is_inside() {
        let table = RadialTable::<f64>::new(5.0, 64, waves);
        for knot in 1..64 {
            let (r, h) = (5.0 / 64.0 * f64::from(knot), 1e-9);
            let (below, above) = (table.evaluate(Portable, r - h), table.evaluate(Portable, r + h));
            for n in 0..CHANNELS {
                // Twice h times slope (at most 13) and curvature (at most 164).
                assert!((below[0].0[n] - above[0].0[n]).abs() < 3e-8);
                assert!((below[1].0[n] - above[1].0[n]).abs() < 4e-7);
            }
        }
        assert!((table.evaluate(Portable, 5.0)[0].0[0] - 4.0f64.sin()).abs() < 1e-9);
    }
}
