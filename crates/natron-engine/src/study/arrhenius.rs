//! Activation energies: ln D = ln D0 - E_a / (k T), by least squares weighted with the errors of ln D.

use natron_atoms::units::BOLTZMANN_EV_PER_K;

/// D at a temperature with its standard error, m2/s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) temperature_k: f64,
    pub(super) d: f64,
    pub(super) error: f64,
}

/// A fitted line and its covariance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arrhenius {
    /// Activation energy, eV, and its standard error.
    pub(super) energy_ev: f64,
    pub(super) energy_err_ev: f64,
    /// Natural logarithm of D0 / (m2/s), and its standard error.
    pub(super) ln_d0: f64,
    pub(super) ln_d0_err: f64,
    covariance: f64,
    /// Sum of the squares of the weighted residuals per degree of freedom; none with two points.
    pub(super) chi_squared: Option<f64>,
}

impl Arrhenius {
    /// The line through at least two temperatures; errors are those of the points, not of their scatter.
    pub(super) fn fit(points: &[Measured]) -> Option<Self> {
        let good = |p: &&Measured| p.d > 0.0 && p.error > 0.0 && p.error.is_finite();
        let points: Vec<&Measured> = points.iter().filter(good).collect();
        let lowest = points.iter().map(|p| p.temperature_k).fold(f64::INFINITY, f64::min);
        let highest = points.iter().map(|p| p.temperature_k).fold(0.0, f64::max);
        if points.len() < 2 || highest <= lowest {
            return None;
        }
        // y = a + b x, x = -1 / (k T): b is the activation energy.
        let (mut s, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let line = |p: &Measured| {
            let (x, y) = (-1.0 / (BOLTZMANN_EV_PER_K * p.temperature_k), p.d.ln());
            (x, y, (p.d / p.error).powi(2))
        };
        for (x, y, weight) in points.iter().map(|p| line(p)) {
            s += weight;
            sx += weight * x;
            sy += weight * y;
            sxx += weight * x * x;
            sxy += weight * x * y;
        }
        let determinant = s * sxx - sx * sx;
        let (ln_d0, energy_ev) = ((sxx * sy - sx * sxy) / determinant, (s * sxy - sx * sy) / determinant);
        let squares: f64 = points
            .iter()
            .map(|p| line(p))
            .map(|(x, y, weight)| weight * (y - ln_d0 - energy_ev * x).powi(2))
            .sum();
        Some(Self {
            energy_ev,
            energy_err_ev: (s / determinant).sqrt(),
            ln_d0,
            ln_d0_err: (sxx / determinant).sqrt(),
            covariance: -sx / determinant,
            chi_squared: (points.len() > 2).then(|| squares / (points.len() - 2) as f64),
        })
    }

    /// ln D at a temperature, and its standard error.
    pub(super) fn ln_d(&self, temperature_k: f64) -> (f64, f64) {
        let x = -1.0 / (BOLTZMANN_EV_PER_K * temperature_k);
        let variance = self.ln_d0_err.powi(2) + 2.0 * x * self.covariance + (x * self.energy_err_ev).powi(2);
        (self.ln_d0 + self.energy_ev * x, variance.max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(temperature_k: f64, energy_ev: f64, d0: f64) -> f64 {
        d0 * (-energy_ev / (BOLTZMANN_EV_PER_K * temperature_k)).exp()
    }

    #[test]
    fn exact_points_give_the_line_back() {
        let points = [600.0, 800.0, 1000.0].map(|temperature_k| {
            let d = at(temperature_k, 0.25, 3e-8);
            Measured { temperature_k, d, error: 0.1 * d }
        });
        let fit = Arrhenius::fit(&points).expect("three points");
        assert!((fit.energy_ev - 0.25).abs() < 1e-9 && (fit.ln_d0 - 3e-8_f64.ln()).abs() < 1e-8);
        assert!(fit.chi_squared.expect("three points") < 1e-12);
        let (ln_d, error) = fit.ln_d(300.0);
        assert!((ln_d - at(300.0, 0.25, 3e-8).ln()).abs() < 1e-8);
        assert!(error > fit.ln_d(800.0).1, "extrapolation is less certain");
        assert_eq!(Arrhenius::fit(&points[..1]), None);
        assert_eq!(Arrhenius::fit(&[points[0], points[0]]), None, "one temperature has no slope");
    }

    /// 400 studies with normal errors of 20 %: energies scatter as the errors say (5 standard errors of a standard deviation).
    #[test]
    fn the_error_is_the_scatter_of_repeated_studies() {
        let mut stream = natron_build::random::Stream::new(1, 0, natron_build::random::Purpose::Voids, 0);
        let mut normal = || (0..12).map(|_| stream.uniform()).sum::<f64>() - 6.0;
        let pulls: Vec<f64> = (0..400)
            .map(|_| {
                let points = [600.0, 700.0, 800.0, 1000.0].map(|temperature_k| {
                    let d = at(temperature_k, 0.25, 3e-8) * (0.2 * normal()).exp();
                    Measured { temperature_k, d, error: 0.2 * d }
                });
                let fit = Arrhenius::fit(&points).expect("four points");
                (fit.energy_ev - 0.25) / fit.energy_err_ev
            })
            .collect();
        let mean = pulls.iter().sum::<f64>() / 400.0;
        let sd = (pulls.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
        assert!(mean.abs() < 0.25 && (sd - 1.0).abs() < 0.18, "{mean} {sd}");
    }
}
