//! The fit of one window and how far it can be trusted.
//!
//! The variance of any weighted sum of the MSD (D, the local slope) has two estimates for N independent atoms: V_m of the
//! model, exact for random walkers, and V_a from the scatter between atoms, right for any motion and noisy with few. It is
//!
//! ```text
//! max( V_m, [ (N-1) V_a + 5 V_m ] / (N+4) )
//! ```
//!
//! plus what pairs of atoms share ([`crate::collective`]), with Student's t of N + 4 degrees of freedom where the second term is the larger.
//! Where the window is not straight (rule 3 of [`crate::window`]) the change of D with the window is added to the error of D.
//! How often such intervals hold the truth: tests/suite/calibration.rs.

use nalgebra::DMatrix;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::collective::excess;
use crate::covariance::{LinearMsd, msd_covariance};
use crate::curves::Curves;
use crate::paths::Paths;
use crate::regression::{Line, aitken, fit_line};
use crate::window::{Begin, begin};

/// The model's variance counts like one from the scatter of this many atoms, plus one.
const MODEL_FREEDOM: f64 = 5.0;

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
    /// A mean over `atoms` atoms whose variance is `of_model` if they are independent random walkers, `of_atoms` by their scatter.
    fn of(value: f64, of_model: f64, of_atoms: Option<f64>, atoms: usize, shared: f64) -> Self {
        let own = atoms as f64 - 1.0;
        let mixed =
            of_atoms.map(|of_atoms| (own * of_atoms + MODEL_FREEDOM * of_model) / (own + MODEL_FREEDOM));
        let (variance, freedom) = match mixed {
            Some(mixed) if mixed > of_model => (mixed, own + MODEL_FREEDOM),
            _ => (of_model, f64::INFINITY),
        };
        Self { value, error: (variance + shared * of_model).sqrt(), freedom }
    }

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
pub(crate) fn quantile(probability: f64, freedom: f64) -> f64 {
    // Student's t with 1e6 degrees of freedom is the normal distribution to seven digits.
    let t = StudentsT::new(0.0, 1.0, freedom.clamp(1.0, 1e6)).expect("the freedom is between 1 and 1e6");
    t.inverse_cdf(probability)
}

/// The fit of the chosen window.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The curves in the window.
    pub window: Curves,
    /// The fitted line.
    pub line: Line,
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
    /// Covariance of one atom's MSD at the lags of the window, A^4.
    covariance: DMatrix<f64>,
    /// [`excess`] of the window.
    shared: f64,
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
            let of_atoms = window.variance_between_atoms(weights);
            Measured::of(value, of_model, of_atoms, window.n_atoms(), shared)
        };
        let mut gradient = measure(line.gradient_weights.as_slice(), line.gradient(&window.mean_a2));
        if !begin.straight {
            gradient.error = gradient.error.hypot(change_an_octave_later(&window, gradient.value));
        }
        let (slope_weights, slope) = log_log_slope(&window, &model, &covariance)?;
        let mut last_weights = vec![0.0; window.lags.len()];
        *last_weights.last_mut()? = 1.0;
        Some(Self {
            gradient,
            slope: measure(&slope_weights, slope),
            last: measure(&last_weights, *window.mean_a2.last()?),
            intercept_a2: line.intercept(&window.mean_a2),
            model,
            line,
            covariance,
            shared,
            window,
        })
    }

    /// A weighted sum of the curve in the window with its error.
    pub fn measure(&self, weights: &[f64]) -> Measured {
        let value = self.window.mean_a2.iter().zip(weights).map(|(m, w)| m * w).sum();
        let of_model = self.window.variance_of_model(weights, &self.covariance);
        let of_atoms = self.window.variance_between_atoms(weights);
        Measured::of(value, of_model, of_atoms, self.window.n_atoms(), self.shared)
    }

    /// The fitted line at a lag (frames), A^2, with its error.
    pub fn line_at(&self, lag_frames: f64) -> Measured {
        let weights = &self.line.intercept_weights + lag_frames * &self.line.gradient_weights;
        self.measure(weights.as_slice())
    }

    /// A mean over the atoms of the window, whose variance for independent random walkers is `of_model`, with its error.
    pub fn mean_of(&self, atoms: &[f64], of_model: f64) -> Measured {
        let n = atoms.len() as f64;
        let mean = atoms.iter().sum::<f64>() / n;
        let scatter = atoms.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n * (n - 1.0));
        Measured::of(mean, of_model, (n > 1.0).then_some(scatter), atoms.len(), self.shared)
    }

    /// The gradient of the line through the window by plain least squares, every lag counting alike, as if points of the curve were
    /// independent: a check. Its error is an honest one all the same, for the weights are known.
    pub fn plain_gradient(&self) -> Measured {
        let lags: Vec<f64> = self.window.lags.iter().map(|&lag| lag as f64).collect();
        // The ladder stands for all lags between its rungs: each rung weighs as much as the lags nearest to it.
        let last = lags.len() - 1;
        let weight = |i: usize| 0.5 * (lags[(i + 1).min(last)] - lags[i.saturating_sub(1)]);
        let total: f64 = (0..=last).map(weight).sum();
        let mean = (0..=last).map(|i| weight(i) * lags[i]).sum::<f64>() / total;
        let spread: f64 = (0..=last).map(|i| weight(i) * (lags[i] - mean).powi(2)).sum();
        let weights: Vec<f64> = (0..=last).map(|i| weight(i) * (lags[i] - mean) / spread).collect();
        self.measure(&weights)
    }

    /// Variance of the gradient (A^2 per frame)^2 for independent random walkers.
    pub fn model_variance(&self) -> f64 {
        self.window.variance_of_model(self.line.gradient_weights.as_slice(), &self.covariance)
    }

    /// First and last lag of the window, frames.
    pub fn ends(&self) -> (usize, usize) {
        (self.window.lags[0], self.window.lags[self.window.lags.len() - 1])
    }
}

/// How much the gradient changes when the window starts an octave later.
fn change_an_octave_later(window: &Curves, gradient: f64) -> f64 {
    let later = window.lags.iter().take_while(|&&lag| lag < 2 * window.lags[0]).count();
    let later = window.from(later.min(window.lags.len() - 1));
    fit_line(&later.lags, &later.mean_a2, later.frames)
        .map_or(0.0, |line| line.gradient(&later.mean_a2) - gradient)
}

/// Slope of ln MSD against ln t with the least variance under the model, and the weights on the MSD that give its deviation to first
/// order: d slope = sum_i u_i dM_i / M_i.
fn log_log_slope(window: &Curves, model: &LinearMsd, covariance: &DMatrix<f64>) -> Option<(Vec<f64>, f64)> {
    let msd = &window.mean_a2;
    if msd.iter().any(|m| *m <= 0.0) {
        return None;
    }
    let x: Vec<f64> = window.lags.iter().map(|&lag| (lag as f64).ln()).collect();
    // Relative to the fitted curve: relative to the observed one, points that came out high would count for more.
    let fitted: Vec<f64> = window.lags.iter().map(|&lag| model.at(lag as i64)).collect();
    let relative = DMatrix::from_fn(x.len(), x.len(), |i, j| covariance[(i, j)] / (fitted[i] * fitted[j]));
    let u = aitken(&x, &relative)?;
    let slope = (0..x.len()).map(|i| u[(1, i)] * msd[i].ln()).sum();
    Some(((0..x.len()).map(|i| u[(1, i)] / msd[i]).collect(), slope))
}
