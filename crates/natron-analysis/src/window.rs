//! Which part of the MSD is fitted.
//!
//! The rule, in full. Lags run over a ladder of six per octave.
//!
//! 1. The window ends at half of the run; with fewer than 10 atoms at two fifths of it.
//! 2. It may start at any lag from a tenth of the run to a quarter of its end. Among those it starts at the earliest from which on,
//!    at every later candidate,
//!    a. the local slope over the next octave, log2(MSD(2t)/MSD(t)), is 1 within 0.1 plus two standard errors, and
//!    b. D fitted from here and D fitted from there agree within three standard errors of their difference: the
//!    curve is straight as far as the data can tell (Lepski's rule of adaptive estimation, Theory Probab. Appl.
//!    35, 454 (1991), doi:10.1137/1135065).
//! 3. If there is none, it starts at the last candidate, and counts as not straight: what is left is the most diffusive
//!    part there is, its slope decides the verdict, and if D is given after all, its error is widened by how much
//!    D changes when the window starts an octave later.
//!
//! Why not earlier than a tenth of the run: few atoms cannot show that they remember. A window from the first lag that did not
//! contradict a straight line held the D of 4 hopping ions with a correlation factor of 0.56 in 37 % of its 95 % intervals
//! (docs/decisions/0016).

use nalgebra::DMatrix;

use crate::covariance::{LinearMsd, msd_covariance};
use crate::curves::Curves;
use crate::regression::{Line, fit_line, line_with};

/// The window ends at this part of the run where there are many atoms ...
const MOST_ATOMS_END: (usize, usize) = (1, 2);
/// ... and at this where there are fewer.
const FEW_ATOMS_END: (usize, usize) = (2, 5);
/// This many are many.
const MANY_ATOMS: usize = 10;
/// The window spans at least this factor in lag.
const LEAST_RATIO: usize = 4;
/// No window starts before this fraction of the run.
const EARLIEST: usize = 10;
/// Allowed departure of the local slope from 1 where a window may start.
const SLOPE_TOLERANCE: f64 = 0.1;
/// ... plus this many standard errors.
const SLOPE_ERRORS: f64 = 2.0;
/// Agreement demanded of D from different starts, in standard errors of the difference.
const STRAIGHT_ERRORS: f64 = 3.0;

/// The last lag (frames) of the window of a run of `frames` frames with `atoms` mobile atoms (replicas together).
pub fn last_lag(frames: usize, atoms: usize) -> usize {
    let (most, least) = (MOST_ATOMS_END, FEW_ATOMS_END);
    let (numerator, denominator) = if atoms >= MANY_ATOMS { most } else { least };
    frames.saturating_sub(1) * numerator / denominator
}

/// Where the window starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin {
    /// Index into the curves' lags; the window ends with the last of them.
    pub first: usize,
    /// Whether the curve is straight from there on (rule 2), or this is what was left (rule 3).
    pub straight: bool,
}

/// Where the window of `curves` starts; `shared` is [`crate::collective::excess`]. None where the curve is too short for any window or nothing moves.
pub fn begin(curves: &Curves, shared: f64) -> Option<Begin> {
    let last = *curves.lags.last()?;
    let candidates = curves.lags.iter().take_while(|&&lag| lag * LEAST_RATIO <= last).count();
    let latest = candidates.checked_sub(1)?;
    let earliest = curves.lags.iter().position(|&lag| lag * EARLIEST >= curves.frames - 1)?.min(latest);
    let tail = fit_line(&curves.lags[latest..], &curves.mean_a2[latest..], curves.frames)?;
    let model = LinearMsd::of(&tail, &curves.mean_a2[latest..]);
    let covariance = msd_covariance(&model, &curves.lags, curves.frames) * (1.0 + shared);
    let starts: Option<Vec<Start>> = (0..candidates).map(|i| Start::new(curves, &covariance, i)).collect();
    let starts = starts?;
    let mut chosen = Begin { first: latest, straight: false };
    for i in (earliest..candidates).rev() {
        if !starts[i].slope_near_one {
            break;
        }
        if starts[i + 1..].iter().all(|later| starts[i].agrees_with(later, curves, &covariance)) {
            chosen = Begin { first: i, straight: true };
        }
    }
    Some(chosen)
}

/// What is known of a window that would start at one lag.
struct Start {
    /// Weights of the gradient on the whole ladder (0 before the start).
    weights: Vec<f64>,
    gradient: f64,
    slope_near_one: bool,
}

impl Start {
    fn new(curves: &Curves, covariance: &DMatrix<f64>, index: usize) -> Option<Self> {
        let rest = curves.lags.len() - index;
        let line: Line =
            line_with(&curves.lags[index..], &covariance.view((index, index), (rest, rest)).into_owned())?;
        let mut weights = vec![0.0; index];
        weights.extend(line.gradient_weights.iter());
        let gradient = line.gradient(&curves.mean_a2[index..]);
        Some(Self { weights, gradient, slope_near_one: octave_slope_near_one(curves, covariance, index) })
    }

    fn agrees_with(&self, later: &Self, curves: &Curves, covariance: &DMatrix<f64>) -> bool {
        let difference: Vec<f64> = self.weights.iter().zip(&later.weights).map(|(a, b)| a - b).collect();
        let variance = larger_variance(curves, &difference, covariance);
        (self.gradient - later.gradient).abs() <= STRAIGHT_ERRORS * variance.sqrt()
    }
}

fn larger_variance(curves: &Curves, weights: &[f64], covariance: &DMatrix<f64>) -> f64 {
    curves.variance_of_model(weights, covariance).max(curves.variance_between_atoms(weights).unwrap_or(0.0))
}

fn octave_slope_near_one(curves: &Curves, covariance: &DMatrix<f64>, index: usize) -> bool {
    let target = 2 * curves.lags[index];
    let above = curves.lags.iter().position(|&lag| lag >= target).unwrap_or(curves.lags.len() - 1);
    let (low, high) = (curves.mean_a2[index], curves.mean_a2[above]);
    if low <= 0.0 || high <= 0.0 {
        return false;
    }
    let octaves = (curves.lags[above] as f64 / curves.lags[index] as f64).ln();
    let slope = (high / low).ln() / octaves;
    let mut weights = vec![0.0; curves.lags.len()];
    weights[index] = -1.0 / (low * octaves);
    weights[above] = 1.0 / (high * octaves);
    let error = larger_variance(curves, &weights, covariance).sqrt();
    (slope - 1.0).abs() <= SLOPE_TOLERANCE + SLOPE_ERRORS * error
}
