//! dscribe's radial functions: Gaussian type orbitals, orthonormalised for each l.
//!
//! g_nl(r) = sum_n' beta_nn'l r^l exp(-alpha_n'l r^2). The exponents let the n-th primitive fall to 1e-3 at the n-th of
//! n_max distances spaced evenly from 1 A to the cutoff: alpha_nl = -ln(1e-3 / a_n^l) / a_n^2; beta_l = S_l^(-1/2) with
//! the overlaps S_nn' = Gamma(l + 3/2) / 2 (alpha_n + alpha_n')^(-l - 3/2) (Himanen et al., 10.1016/j.cpc.2019.106949).
//!
//! r^l Y_lm is harmonic, so its product with two Gaussians integrates to its value at their common centre:
//! int r^l Y_lm exp(-alpha r^2) exp(-eta |r - R|^2) d^3r
//!   = (pi / (alpha + eta))^(3/2) exp(-alpha eta R^2 / (alpha + eta)) (eta R / (alpha + eta))^l Y_lm(R), eta = 1 / (2 sigma^2).

use std::f64::consts::PI;

use nalgebra::DMatrix;

use super::SoapSettings;
use super::linear::inverse_root;

/// The functions of all l.
#[derive(Debug, Clone)]
pub(super) struct GaussianOrbitals {
    n_max: usize,
    eta: f64,
    /// `[l][n]`, 1/A^2.
    alphas: Vec<f64>,
    /// `[l][n][n']`.
    betas: Vec<f64>,
}

impl GaussianOrbitals {
    /// `None` where they are linearly dependent.
    pub fn new(settings: &SoapSettings) -> Option<Self> {
        let SoapSettings { cutoff_a, n_max, l_max, sigma_a, .. } = *settings;
        let (mut alphas, mut betas) = (Vec::new(), Vec::new());
        // Gamma(l + 3/2), from Gamma(3/2) = sqrt(pi) / 2.
        let mut gamma = 0.5 * PI.sqrt();
        for l in 0..=l_max {
            let of_l: Vec<f64> = (0..n_max)
                .map(|n| {
                    let a = 1.0 + (cutoff_a - 1.0) * n as f64 / (n_max - 1).max(1) as f64;
                    -(1e-3 / a.powi(l as i32)).ln() / (a * a)
                })
                .collect();
            let power = -(l as f64) - 1.5;
            let overlap =
                DMatrix::from_fn(n_max, n_max, |n, m| 0.5 * gamma * (of_l[n] + of_l[m]).powf(power));
            let beta = inverse_root(overlap)?;
            alphas.extend(of_l);
            betas.extend((0..n_max).flat_map(|n| beta.row(n).iter().copied().collect::<Vec<_>>()));
            gamma *= l as f64 + 1.5;
        }
        Some(Self { n_max, eta: 0.5 / (sigma_a * sigma_a), alphas, betas })
    }

    /// Radial parts of a neighbour at distance `r` (A), to be multiplied by its harmonics.
    ///
    /// Shapes: `out` `[l][n]`.
    pub fn fill(&self, r: f64, out: &mut [f64]) {
        let n_max = self.n_max;
        for (l, row) in out.chunks_exact_mut(n_max).enumerate() {
            row.fill(0.0);
            for m in 0..n_max {
                let alpha = self.alphas[l * n_max + m];
                let sum = alpha + self.eta;
                let primitive = (PI / sum).powf(1.5)
                    * (-alpha * self.eta * r * r / sum).exp()
                    * (self.eta * r / sum).powi(l as i32);
                for (n, value) in row.iter_mut().enumerate() {
                    *value += self.betas[(l * n_max + n) * n_max + m] * primitive;
                }
            }
        }
    }
}
