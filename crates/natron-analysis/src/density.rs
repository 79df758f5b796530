//! The density of a sample by Gaussian kernels.
//!
//! ```text
//! f(x) = 1/(n h sqrt(2 pi)) sum_i exp(-(x - x_i)^2/(2 h^2))
//!
//! Scott      h = s n^(-1/5)                  10.1002/9780470316849
//! Silverman  h = (4/3)^(1/5) s n^(-1/5)      10.1201/9781315140919
//! ```
//!
//! with s the standard deviation of the sample (n - 1 degrees of freedom). Both rules are best for a normal distribution and too wide for one
//! with several peaks; both take the values as independent, which atoms of one cell are not: h is then rather too small.

use serde::{Deserialize, Serialize};

/// How wide the kernels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Scott's.
    Scott,
    /// Silverman's normal reference rule.
    Silverman,
}

impl Rule {
    /// Its name in decks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scott => "scott",
            Self::Silverman => "silverman",
        }
    }

    /// The bandwidth as a formula.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Scott => "s n^(-1/5)",
            Self::Silverman => "(4/3)^(1/5) s n^(-1/5)",
        }
    }

    /// Bandwidth for a sample; `None` where it has no spread.
    pub fn bandwidth(self, sample: &[f64]) -> Option<f64> {
        let n = sample.len() as f64;
        let factor = match self {
            Self::Scott => 1.0,
            Self::Silverman => (4.0_f64 / 3.0).powf(0.2),
        };
        let width = factor * standard_deviation(sample)? * n.powf(-0.2);
        (width > 0.0 && width.is_finite()).then_some(width)
    }
}

/// Standard deviation with n - 1 degrees of freedom; `None` below two values.
pub fn standard_deviation(sample: &[f64]) -> Option<f64> {
    if sample.len() < 2 {
        return None;
    }
    let mean = mean(sample)?;
    let squares: f64 = sample.iter().map(|x| (x - mean).powi(2)).sum();
    Some((squares / (sample.len() - 1) as f64).sqrt())
}

/// The mean; `None` of nothing.
pub fn mean(sample: &[f64]) -> Option<f64> {
    (!sample.is_empty()).then(|| sample.iter().sum::<f64>() / sample.len() as f64)
}

/// Density of a sample at each of `at`, in 1 / unit of the sample; `bandwidth` must be positive.
pub fn kernel_density(sample: &[f64], bandwidth: f64, at: &[f64]) -> Vec<f64> {
    let norm = 1.0 / (sample.len() as f64 * bandwidth * (2.0 * std::f64::consts::PI).sqrt());
    let density = |x: &f64| {
        let kernel = |centre: &f64| (-0.5 * ((x - centre) / bandwidth).powi(2)).exp();
        norm * sample.iter().map(kernel).sum::<f64>()
    };
    at.iter().map(density).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 1, 2, 4 have s = 1.5275, n^(-1/5) = 0.80274.
    #[test]
    fn the_rules_by_hand() {
        let sample = [1.0, 2.0, 4.0];
        let scott = Rule::Scott.bandwidth(&sample).expect("a spread");
        assert!((scott - 1.527_525_23 * 0.802_741_56).abs() < 1e-7, "{scott}");
        let silverman = Rule::Silverman.bandwidth(&sample).expect("a spread");
        assert!((silverman / scott - 1.059_223_84).abs() < 1e-8);
        for flat in [&[][..], &[1.0], &[2.0, 2.0]] {
            assert_eq!(Rule::Scott.bandwidth(flat), None);
        }
    }

    #[test]
    fn one_kernel_is_a_normal_distribution_and_all_hold_one() {
        let density = kernel_density(&[0.5], 0.2, &[0.5, 0.7]);
        assert!((density[0] - 1.994_711_402).abs() < 1e-8, "{density:?}");
        assert!((density[1] / density[0] - (-0.5_f64).exp()).abs() < 1e-12);
        let at: Vec<f64> = (0..4000).map(|k| -10.0 + 0.005 * f64::from(k)).collect();
        let whole: f64 = kernel_density(&[-1.0, 0.3, 0.4, 2.0], 0.3, &at).iter().sum::<f64>() * 0.005;
        assert!((whole - 1.0).abs() < 1e-9, "{whole}");
    }
}
