//! The posterior of D as kinisi samples it, in closed form.
//!
//! McCluskey, Coles, Morgan, J. Chem. Theory Comput. 21, 79 (2025), doi:10.1021/acs.jctc.4c01249: the observed MSD is taken as a draw from a
//! normal distribution around a line, with the covariance of a random walk measured by independent displacements,
//!
//! ```text
//! n_i  = N (T-1)/i                                 (independent displacements over i frames)
//! v_i  = var |r(k+i) - r(k)|^2 / n_i               (over atoms and origins, observed)
//! C_ij = v_i n_i/n_j,  i <= j
//! ```
//!
//! and flat priors on intercept and gradient, the gradient not below zero. That posterior is a normal distribution cut off at zero, so its
//! mean, width and quantiles need no sampling.

use nalgebra::DMatrix;
use natron_atoms::units::A2_PER_PS_IN_M2_PER_S;
use rayon::prelude::*;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::paths::Paths;
use crate::regression::line_with;

/// The MSD at some lags with the covariance of its model.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Lags, frames, `[m]`.
    pub lags: Vec<usize>,
    /// A^2, `[m]`.
    pub msd_a2: Vec<f64>,
    /// A^4, `[m, m]`.
    pub covariance_a4: DMatrix<f64>,
}

/// Mean and variance (with n - 1) of the squared displacements over `lag` frames of all atoms, A^2 and A^4.
fn moments(paths: &Paths, lag: usize) -> (f64, f64) {
    let of_path = |path: &crate::paths::Path| {
        let mut sums = (0.0, 0.0, 0.0);
        for k in 0..paths.n_frames - lag {
            let square = (path.positions_a.at(k + lag) - path.positions_a.at(k)).norm_squared();
            sums = (sums.0 + 1.0, sums.1 + square, sums.2 + square * square);
        }
        sums
    };
    let sums =
        paths.atoms.iter().map(of_path).fold((0.0, 0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    let mean = sums.1 / sums.0;
    (mean, (sums.2 - sums.0 * mean * mean).max(0.0) / (sums.0 - 1.0).max(1.0))
}

/// The MSD at `lags` (frames, ascending, shorter than the run) and its covariance.
pub fn observe(paths: &Paths, lags: &[usize]) -> Observed {
    let found: Vec<(f64, f64)> = lags.par_iter().map(|&lag| moments(paths, lag)).collect();
    let independent = |i: usize| (paths.atoms.len() * (paths.n_frames - 1)) as f64 / lags[i] as f64;
    let covariance_a4 = DMatrix::from_fn(lags.len(), lags.len(), |i, j| {
        let (first, last) = (i.min(j), i.max(j));
        found[first].1 / independent(last)
    });
    Observed { lags: lags.to_vec(), msd_a2: found.iter().map(|(mean, _)| *mean).collect(), covariance_a4 }
}

/// A posterior of D, m2/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    centre: f64,
    width: f64,
}

impl Observed {
    /// The posterior of D for frames `spacing_ps` apart; None where the curve gives no line.
    pub fn posterior(&self, spacing_ps: f64) -> Option<Posterior> {
        let line = line_with(&self.lags, &self.covariance_a4)?;
        let in_si = A2_PER_PS_IN_M2_PER_S / (6.0 * spacing_ps);
        let (centre, width) =
            (in_si * line.gradient(&self.msd_a2), in_si * line.model_variance.max(0.0).sqrt());
        (width > 0.0 && centre.is_finite()).then_some(Posterior { centre, width })
    }
}

impl Posterior {
    fn standard() -> Normal {
        Normal::new(0.0, 1.0).expect("the standard normal distribution")
    }

    /// Share of the normal distribution above zero.
    fn above_zero(&self) -> f64 {
        Self::standard().cdf(self.centre / self.width).max(f64::MIN_POSITIVE)
    }

    /// Inverse Mills ratio: the density at zero over the share above.
    fn mills(&self) -> f64 {
        Self::standard().pdf(self.centre / self.width) / self.above_zero()
    }

    /// Mean, m2/s.
    pub fn mean_m2_per_s(&self) -> f64 {
        self.centre + self.width * self.mills()
    }

    /// Standard deviation, m2/s.
    pub fn std_m2_per_s(&self) -> f64 {
        let (mills, zero) = (self.mills(), -self.centre / self.width);
        self.width * (1.0 + zero * mills - mills * mills).max(0.0).sqrt()
    }

    /// The value below which D lies with this probability, m2/s.
    pub fn quantile_m2_per_s(&self, probability: f64) -> f64 {
        let from = 1.0 - self.above_zero();
        (self.centre + self.width * Self::standard().inverse_cdf(from + probability * (1.0 - from))).max(0.0)
    }

    /// Probability density at `d_m2_per_s`, s/m2: for pictures.
    pub fn density_s_per_m2(&self, d_m2_per_s: f64) -> f64 {
        if d_m2_per_s < 0.0 {
            return 0.0;
        }
        Self::standard().pdf((d_m2_per_s - self.centre) / self.width) / self.width / self.above_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments and quantiles against sums over the density, far from zero and across it.
    #[test]
    fn the_cut_normal_distribution() {
        for centre in [5.0, 0.3, -1.0] {
            let posterior = Posterior { centre, width: 1.0 };
            let step = 1e-4;
            let grid = (0..150_000).map(|k| (f64::from(k) + 0.5) * step);
            let (mut total, mut first, mut second, mut median) = (0.0, 0.0, 0.0, 0.0);
            for x in grid {
                let weight = posterior.density_s_per_m2(x) * step;
                total += weight;
                first += weight * x;
                second += weight * x * x;
                median = if total < 0.5 { x } else { median };
            }
            assert!((total - 1.0).abs() < 1e-6);
            assert!((posterior.mean_m2_per_s() - first).abs() < 1e-5);
            assert!((posterior.std_m2_per_s() - (second - first * first).sqrt()).abs() < 1e-5);
            assert!((posterior.quantile_m2_per_s(0.5) - median).abs() < 3e-4);
        }
    }
}
