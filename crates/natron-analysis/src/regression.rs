//! The straight line through an MSD curve whose points are correlated.

use nalgebra::{Cholesky, DMatrix, DVector};

use crate::covariance::{LinearMsd, msd_covariance};

/// A generalised least-squares line as linear functionals of the curve: gradient = weights . MSD.
///
/// Keeping the weights makes the error honest: whatever the covariance really is, the estimate of each atom and
/// each stretch of time is the same weighted sum, and their scatter can be read off.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Lags, frames, `[m]`.
    pub lags: Vec<usize>,
    /// What multiplies the MSD at each lag to give the gradient, 1/frame, `[m]`.
    pub gradient_weights: DVector<f64>,
    /// The same for the intercept, `[m]`.
    pub intercept_weights: DVector<f64>,
    /// Variance of the gradient of one independent atom under the model, (A^2/frame)^2.
    pub model_variance: f64,
}

impl Line {
    /// Gradient (A^2 per frame) of a curve given at [`Line::lags`].
    pub fn gradient(&self, msd_a2: &[f64]) -> f64 {
        dot(&self.gradient_weights, msd_a2)
    }

    /// Intercept (A^2) of a curve given at [`Line::lags`].
    pub fn intercept(&self, msd_a2: &[f64]) -> f64 {
        dot(&self.intercept_weights, msd_a2)
    }
}

fn dot(weights: &DVector<f64>, values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(w, v)| w * v).sum()
}

/// Times the covariance and the line are made consistent with each other; the third changes D by under 1e-3 of its error.
const ITERATIONS: usize = 3;
/// Relative addition to the diagonal that keeps the factorisation safe from rounding.
const RIDGE: f64 = 1e-9;

/// The line through `msd_a2` (A^2) at `lags` (frames) of a run of `frames` frames, weighted by the inverse of the
/// covariance that the line itself implies ([`msd_covariance`]), found by iteration from a fit in relative errors.
///
/// None where the curve gives no line: fewer than three lags, or nothing moves.
pub fn fit_line(lags: &[usize], msd_a2: &[f64], frames: usize) -> Option<Line> {
    let last = *msd_a2.last()?;
    if lags.len() < 3 || last <= 0.0 || !last.is_finite() {
        return None;
    }
    let relative = DMatrix::from_diagonal(&DVector::from_iterator(
        lags.len(),
        msd_a2.iter().map(|m| m.max(1e-12 * last).powi(2)),
    ));
    let mut line = line_with(lags, &relative)?;
    for _ in 0..ITERATIONS {
        line = line_with(lags, &msd_covariance(&LinearMsd::of(&line, msd_a2), lags, frames))?;
    }
    Some(line)
}

impl LinearMsd {
    /// The model of a fitted line, kept inside what the covariance is defined for: a persistent walk has a negative
    /// intercept, a caged one may come out with a gradient of zero or below.
    pub fn of(line: &Line, msd_a2: &[f64]) -> Self {
        let (last_lag, last_a2) = (line.lags[line.lags.len() - 1] as f64, msd_a2[msd_a2.len() - 1]);
        Self {
            intercept_a2: line.intercept(msd_a2).max(0.0),
            gradient_a2: line.gradient(msd_a2).max(1e-3 * last_a2 / last_lag),
        }
    }
}

/// The line for a given `covariance` (A^4, `[m, m]`) of the curve at `lags`: W = (X^T C^-1 X)^-1 X^T C^-1 with the
/// design X = [1, lag] (Aitken). None where the covariance is not positive definite.
pub fn line_with(lags: &[usize], covariance: &DMatrix<f64>) -> Option<Line> {
    let x: Vec<f64> = lags.iter().map(|&lag| lag as f64).collect();
    let weights = aitken(&x, covariance)?;
    let gradient_weights = weights.row(1).transpose();
    let model_variance = (gradient_weights.transpose() * covariance * &gradient_weights)[(0, 0)];
    Some(Line {
        lags: lags.to_vec(),
        intercept_weights: weights.row(0).transpose(),
        gradient_weights,
        model_variance,
    })
}

/// What multiplies the values at `x` to give intercept and gradient, `[2, m]`, of the line with the least variance.
pub(crate) fn aitken(x: &[f64], covariance: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let mut safe = covariance.clone();
    for i in 0..x.len() {
        safe[(i, i)] *= 1.0 + RIDGE;
    }
    let design = DMatrix::from_fn(x.len(), 2, |i, j| if j == 0 { 1.0 } else { x[i] });
    let whitened = Cholesky::new(safe)?.solve(&design);
    Some((design.transpose() * &whitened).try_inverse()? * whitened.transpose())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msd::geometric_lags;

    #[test]
    fn an_exact_line_is_found_exactly() {
        let lags = geometric_lags(2, 100, 6);
        let msd: Vec<f64> = lags.iter().map(|&l| 0.8 + 0.05 * l as f64).collect();
        let line = fit_line(&lags, &msd, 401).expect("a line");
        assert!((line.gradient(&msd) - 0.05).abs() < 1e-9);
        assert!((line.intercept(&msd) - 0.8).abs() < 1e-7);
    }

    #[test]
    fn no_motion_is_no_line() {
        assert!(fit_line(&[1, 2, 4, 8], &[0.0; 4], 100).is_none());
        assert!(fit_line(&[1, 2], &[1.0, 2.0], 100).is_none());
    }
}
