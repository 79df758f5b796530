//! The fit of one window and how far it can be trusted.
//!
//! The variance of any weighted sum of the MSD (D, the local slope) is the larger of two estimates for independent
//! atoms, that of the model (exact for random walkers, needs no second atom) and that from the scatter between atoms
//! (right for any motion, blind with few atoms), plus what pairs of atoms share ([`crate::collective`]). The larger of
//! two noisy estimates is a little too large on average: intervals err towards too wide. Where the window is not
//! straight (rule 3 of [`crate::window`]) the change of D with the window is added to the error of D.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::collective::excess;
use crate::covariance::{LinearMsd, msd_covariance};
use crate::curves::Curves;
use crate::paths::Paths;
use crate::regression::fit_line;
use crate::window::{Begin, begin};

/// A value with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of the error: infinite where the model gave it.
    pub freedom: f64,
}

impl Measured {
    /// Half-width of the central interval of probability `level` where the distribution is symmetric.
    pub fn half_width(&self, level: f64) -> f64 {
        self.error * quantile(0.5 + 0.5 * level, self.freedom)
    }

    /// The central interval of probability `level` of a positive quantity: symmetric in its logarithm.
    pub fn log_interval(&self, level: f64) -> (f64, f64) {
        let factor = (self.half_width(level) / self.value).exp();
        (self.value / factor, self.value * factor)
    }

    /// The one-sided upper bound at probability `level` of a positive quantity.
    pub fn log_upper(&self, level: f64) -> f64 {
        self.value * (self.error / self.value * quantile(level, self.freedom)).exp()
    }
}

/// Quantile of Student's t; the normal one for infinite `freedom`.
fn quantile(probability: f64, freedom: f64) -> f64 {
    // Student's t with 1e6 degrees of freedom is the normal distribution to seven digits.
    let t = StudentsT::new(0.0, 1.0, freedom.clamp(1.0, 1e6)).expect("the freedom is between 1 and 1e6");
    t.inverse_cdf(probability)
}

/// The fit of the chosen window.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    lags: Vec<usize>,
    /// The model of the MSD that the fit implies.
    pub model: LinearMsd,
    /// A^2.
    pub intercept_a2: f64,
    /// d MSD/dt, A^2 per frame.
    pub gradient: Measured,
    /// d ln MSD/d ln t over the window.
    pub slope: Measured,
    /// MSD at the end of the window, A^2.
    pub last: Measured,
}

impl Estimate {
    /// The window of `curves` by the rule of [`crate::window`], fitted. None where nothing moves or there is no window.
    pub fn new(paths: &Paths, curves: &Curves) -> Option<Self> {
        Self::within(paths, curves, begin(curves, excess(paths, curves))?)
    }

    /// The same for a window that begins where the caller says and ends with the curves.
    pub fn within(paths: &Paths, curves: &Curves, begin: Begin) -> Option<Self> {
        let window = curves.from(begin.first);
        let line = fit_line(&window.lags, &window.mean_a2, window.frames)?;
        let model = LinearMsd::of(&line, &window.mean_a2);
        let covariance = msd_covariance(&model, &window.lags, window.frames);
        let shared = excess(paths, &window);
        let measure = |weights: &[f64], value: f64| {
            let of_model = window.variance_of_model(weights, &covariance);
            let of_atoms = window.variance_between_atoms(weights).unwrap_or(0.0);
            let freedom = if of_model >= of_atoms { f64::INFINITY } else { window.n_atoms() as f64 - 1.0 };
            Measured { value, error: (of_model.max(of_atoms) + shared * of_model).sqrt(), freedom }
        };
        let mut gradient = measure(line.gradient_weights.as_slice(), line.gradient(&window.mean_a2));
        if !begin.straight {
            gradient.error = gradient.error.hypot(change_an_octave_later(&window, gradient.value));
        }
        let (slope_weights, slope) = log_log_slope(&window);
        let mut last_weights = vec![0.0; window.lags.len()];
        *last_weights.last_mut()? = 1.0;
        Some(Self {
            gradient,
            slope: measure(&slope_weights, slope),
            last: measure(&last_weights, *window.mean_a2.last()?),
            intercept_a2: line.intercept(&window.mean_a2),
            model,
            lags: window.lags,
        })
    }

    /// First and last lag of the window, frames.
    pub fn ends(&self) -> (usize, usize) {
        (self.lags[0], self.lags[self.lags.len() - 1])
    }
}

/// How much the gradient changes when the window starts an octave later.
fn change_an_octave_later(window: &Curves, gradient: f64) -> f64 {
    let later = window.lags.iter().take_while(|&&lag| lag < 2 * window.lags[0]).count();
    let later = window.from(later.min(window.lags.len() - 1));
    fit_line(&later.lags, &later.mean_a2, later.frames)
        .map_or(0.0, |line| line.gradient(&later.mean_a2) - gradient)
}

/// Slope of ln MSD against ln t on the ladder, every octave counting alike, and the weights on the MSD that give its
/// deviation to first order: d slope = sum_i u_i dM_i / M_i.
fn log_log_slope(window: &Curves) -> (Vec<f64>, f64) {
    let x: Vec<f64> = window.lags.iter().map(|&lag| (lag as f64).ln()).collect();
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let spread: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
    let u = |i: usize| (x[i] - mean) / spread;
    let slope = (0..x.len()).map(|i| u(i) * window.mean_a2[i].ln()).sum();
    ((0..x.len()).map(|i| u(i) / window.mean_a2[i]).collect(), slope)
}
