//! How the MSD at one lag covaries with the MSD at another.
//!
//! Displacements that overlap in time share their noise, so the points of an MSD curve are strongly
//! correlated; a straight line fitted as if they were not is inefficient and its error bar is wrong
//! (McCluskey, Coles, Morgan, J. Chem. Theory Comput. 21, 79 (2025), doi:10.1021/acs.jctc.4c01249). For a
//! Gaussian process with stationary increments the covariance follows from the MSD alone. With
//! s the distance of two origins,
//!
//! ```text
//! c(s) = 1/2 [ M(s+n) + M(s-m) - M(s) - M(s+n-m) ]          (covariance of two displacements, summed over d axes)
//! C(n,m) = 1/(K_n K_m) sum_s pairs(s) 2 c(s)^2 / d           (Isserlis; K_n = T - n origins, d = 3)
//! ```
//!
//! with M(t) = M(-t). We use M(t) = intercept + gradient t for t > 0, M(0) = 0: a walk plus vibration in a
//! cage. For intercept 0 this is the random walk of Qian, Sheetz, Elson, Biophys. J. 60, 910 (1991),
//! doi:10.1016/S0006-3495(91)82125-7.

use nalgebra::DMatrix;

/// The model M(t) = intercept + gradient t (t > 0), M(0) = 0; lags counted in frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearMsd {
    /// A^2, at least 0.
    pub intercept_a2: f64,
    /// A^2 per frame, above 0.
    pub gradient_a2: f64,
}

impl LinearMsd {
    /// The MSD at a lag, A^2.
    pub(crate) fn at(&self, lag: i64) -> f64 {
        if lag == 0 { 0.0 } else { self.intercept_a2 + self.gradient_a2 * lag.unsigned_abs() as f64 }
    }

    /// Covariance of two displacements over `n` and `m` frames whose origins lie `s` apart, A^2.
    fn displacements(&self, n: i64, m: i64, s: i64) -> f64 {
        0.5 * (self.at(s + n) + self.at(s - m) - self.at(s) - self.at(s + n - m))
    }

    /// Variance of one atom's MSD at one lag, A^4.
    pub fn variance_at(&self, lag: usize, frames: usize) -> f64 {
        element(self, lag as i64, lag as i64, frames as i64)
    }
}

/// Covariance `[lags, lags]` (A^4) of one atom's MSD at `lags` (frames), averaged over all origins of a run of
/// `frames` frames. Divide by the number of independent atoms for their mean.
pub fn msd_covariance(model: &LinearMsd, lags: &[usize], frames: usize) -> DMatrix<f64> {
    let mut covariance = DMatrix::zeros(lags.len(), lags.len());
    for (i, &n) in lags.iter().enumerate() {
        for (j, &m) in lags.iter().enumerate().take(i + 1) {
            let value = element(model, n as i64, m as i64, frames as i64);
            covariance[(i, j)] = value;
            covariance[(j, i)] = value;
        }
    }
    covariance
}

fn element(model: &LinearMsd, n: i64, m: i64, frames: i64) -> f64 {
    let (origins_n, origins_m) = (frames - n, frames - m);
    // Beyond these distances the displacements neither overlap nor share an end.
    let sum: f64 = (-n..=m)
        .map(|s| {
            let pairs = (origins_n.min(origins_m + s) - s.max(0)).max(0) as f64;
            let c = model.displacements(n, m, s);
            pairs * 2.0 * c * c / 3.0
        })
        .sum();
    sum / (origins_n as f64 * origins_m as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At lag 1 the squared steps of a random walk are independent: variance 2 (d sigma^2)^2 / d / (T-1).
    #[test]
    fn single_steps_are_independent() {
        let model = LinearMsd { intercept_a2: 0.0, gradient_a2: 3.0 };
        let covariance = msd_covariance(&model, &[1], 101);
        assert!((covariance[(0, 0)] - 2.0 * 9.0 / 3.0 / 100.0).abs() < 1e-14);
    }

    /// Qian et al., eq. for n <= K: var = (2/d) (g n)^2 (4 n^2 K + 2 K + n - n^3) / (6 n K^2) for a walk, K = T - n.
    #[test]
    fn variance_of_a_random_walk_is_that_of_qian() {
        let (frames, g) = (200, 0.7);
        let model = LinearMsd { intercept_a2: 0.0, gradient_a2: g };
        for n in [1usize, 2, 5, 40, 100] {
            let k = (frames - n) as f64;
            let x = n as f64;
            let expected =
                2.0 / 3.0 * (g * x).powi(2) * (4.0 * x * x * k + 2.0 * k + x - x.powi(3)) / (6.0 * x * k * k);
            let found = msd_covariance(&model, &[n], frames)[(0, 0)];
            assert!((found / expected - 1.0).abs() < 1e-12, "{n} {found} {expected}");
        }
    }

    /// The matrix against the sum over all pairs of origins, written out.
    #[test]
    fn matrix_equals_the_double_sum() {
        let model = LinearMsd { intercept_a2: 0.4, gradient_a2: 0.9 };
        let (lags, frames) = ([1usize, 3, 7], 23usize);
        let fast = msd_covariance(&model, &lags, frames);
        for (i, &n) in lags.iter().enumerate() {
            for (j, &m) in lags.iter().enumerate() {
                let mut sum = 0.0;
                for k in 0..frames - n {
                    for l in 0..frames - m {
                        let gap = |a: usize, b: usize| model.at(a as i64 - b as i64);
                        let c = 0.5 * (gap(k + n, l) + gap(k, l + m) - gap(k, l) - gap(k + n, l + m));
                        sum += 2.0 * c * c / 3.0;
                    }
                }
                let expected = sum / ((frames - n) * (frames - m)) as f64;
                assert!((fast[(i, j)] - expected).abs() < 1e-12 * expected, "{n} {m}");
            }
        }
    }
}
