//! A short fit of an ensemble's members to the likelihood of force errors.
//!
//! Members drawn from the curvature of the loss spread as the data allow; they do not know which errors the layers below
//! leave. Here they move, all at once, until errors e of the training forces are likely under normal distributions with the members' variances v:
//! the mean of (ln v + e^2 / v) / 2 falls (the likelihood of Kellner and Ceriotti, Mach. Learn.: Sci. Technol. 5, 035006 (2024),
//! DOI 10.1088/2632-2153/ad594a, for members that move without their mean). The fit ends where the validation forces say so, and
//! leaves the members as they were if none of it helps there.

use nalgebra::DMatrix;

/// Looks at the held-out data; each is a pass over the fitted ones.
const PASSES: usize = 40;
/// Passes without a better look after which the fit ends.
const PATIENCE: usize = 6;
/// Data a step.
const BATCH: usize = 384;
/// Step of Adam; the members are standard normal numbers at first.
const STEP: f64 = 0.01;

/// Data as they see the members: spread of datum d = row d times members.
pub(crate) struct Spreads {
    /// `[data, weights]`.
    rows: DMatrix<f64>,
    errors: Vec<f64>,
}

impl Spreads {
    /// Rows and errors of the same data.
    pub fn new(rows: DMatrix<f64>, errors: Vec<f64>) -> Self {
        Self { rows, errors }
    }

    fn variances(&self, members: &DMatrix<f64>) -> impl Iterator<Item = (f64, f64)> {
        let spread = &self.rows * members;
        let variances: Vec<f64> =
            spread.row_iter().map(|row| row.norm_squared() / members.ncols() as f64).collect();
        variances.into_iter().zip(self.errors.iter().copied())
    }
}

/// Mean of ln v + ln f with the factor f = <e^2 / v> that suits the variances best: twice the negative logarithm of the likelihood of a datum, but for
/// constants. Takes (variance, error).
pub(crate) fn surprise(data: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut count, mut logarithms, mut ratios) = (0.0, 0.0, 0.0);
    for (variance, error) in data.filter(|(variance, _)| *variance > 0.0) {
        count += 1.0;
        logarithms += variance.ln();
        ratios += error * error / variance;
    }
    if count > 0.0 { logarithms / count + (ratios / count).ln() } else { f64::INFINITY }
}

/// Members `[weights, members]` that make the errors of `fitted` likely, as far as those of `held_out` become likelier too.
pub(crate) fn fit(start: DMatrix<f64>, fitted: &[Spreads], held_out: &[Spreads]) -> DMatrix<f64> {
    let look = |members: &DMatrix<f64>| surprise(held_out.iter().flat_map(|data| data.variances(members)));
    let mut members = start.clone() * scale_of(fitted, &start);
    let (mut best, mut best_look, mut since) = (start.clone(), look(&start), 0);
    let mut adam = Adam::new(&members);
    for _ in 0..PASSES {
        for data in fitted {
            for first in (0..data.errors.len()).step_by(BATCH) {
                let count = BATCH.min(data.errors.len() - first);
                let slope = slope(data, first, count, &members);
                adam.step(&mut members, &slope);
            }
        }
        let found = look(&members);
        if found < best_look {
            (best, best_look, since) = (members.clone(), found, 0);
        } else {
            since += 1;
            if since >= PATIENCE {
                break;
            }
        }
    }
    best
}

/// The factor that makes the errors of some data as large as their deviations.
fn scale_of(data: &[Spreads], members: &DMatrix<f64>) -> f64 {
    let ratios: Vec<f64> = data
        .iter()
        .flat_map(|d| d.variances(members))
        .filter(|(v, _)| *v > 0.0)
        .map(|(v, e)| e * e / v)
        .collect();
    let mean = ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
    if mean > 0.0 && mean.is_finite() { mean.sqrt() } else { 1.0 }
}

/// Derivative of the mean of (ln v + e^2 / v) / 2 over some data by the members.
fn slope(data: &Spreads, first: usize, count: usize, members: &DMatrix<f64>) -> DMatrix<f64> {
    let rows = data.rows.rows(first, count);
    let mut spread = rows * members;
    let columns = members.ncols() as f64;
    for (mut row, error) in spread.row_iter_mut().zip(&data.errors[first..]) {
        let variance = row.norm_squared() / columns;
        // The factor of 2 of the square and the half of the loss cancel.
        let weight = if variance > 0.0 { (1.0 - error * error / variance) / variance } else { 0.0 };
        row *= weight / (columns * count as f64);
    }
    rows.tr_mul(&spread)
}

/// Adam (Kingma and Ba, arXiv 1412.6980).
struct Adam {
    mean: DMatrix<f64>,
    square: DMatrix<f64>,
    step: i32,
    size: f64,
}

impl Adam {
    fn new(members: &DMatrix<f64>) -> Self {
        let zeros = DMatrix::zeros(members.nrows(), members.ncols());
        let size = STEP * (members.norm_squared() / members.len() as f64).sqrt();
        Self { mean: zeros.clone(), square: zeros, step: 0, size }
    }

    fn step(&mut self, members: &mut DMatrix<f64>, slope: &DMatrix<f64>) {
        self.step += 1;
        let (keep_mean, keep_square) = (1.0 - 0.9_f64.powi(self.step), 1.0 - 0.999_f64.powi(self.step));
        for (((x, g), mean), square) in
            members.iter_mut().zip(slope.iter()).zip(self.mean.iter_mut()).zip(self.square.iter_mut())
        {
            *mean = 0.9 * *mean + 0.1 * g;
            *square = 0.999 * *square + 0.001 * g * g;
            *x -= self.size * (*mean / keep_mean) / ((*square / keep_square).sqrt() + 1e-12);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between -1 and 1 without a pattern.
    fn number(k: usize) -> f64 {
        (12.9898 * (k + 1) as f64).sin() * 43_758.545_3 % 1.0
    }

    /// Data of two weights; the errors come almost from the first alone.
    fn data(count: usize, offset: usize) -> Spreads {
        let rows = DMatrix::from_fn(count, 2, |d, w| number(7 * (d + offset) + 3 * w));
        let errors = (0..count).map(|d| {
            let along =
                |w: usize, size: f64| size * rows[(d, w)] * 1.7 * number(11 * (d + offset) + 5 * w + 2);
            along(0, 1.0) + along(1, 0.1)
        });
        let errors = errors.collect();
        Spreads::new(rows, errors)
    }

    fn start() -> DMatrix<f64> {
        DMatrix::from_fn(2, 8, |w, m| number(100 + 2 * m + w))
    }

    #[test]
    fn the_slope_is_that_of_the_likelihood() {
        let (data, members) = (data(30, 0), start());
        let loss = |members: &DMatrix<f64>| {
            data.variances(members).map(|(v, e)| 0.5 * (v.ln() + e * e / v)).sum::<f64>() / 30.0
        };
        let slope = slope(&data, 0, 30, &members);
        for place in [(0, 0), (1, 3), (0, 7)] {
            let moved = |by: f64| {
                let mut moved = members.clone();
                moved[place] += by;
                loss(&moved)
            };
            let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            assert!((difference - slope[place]).abs() < 1e-6 * (1.0 + difference.abs()), "{difference}");
        }
    }

    #[test]
    fn members_learn_which_direction_errs() {
        let (fitted, held_out) = (data(3000, 0), data(1500, 5000));
        let fitted = [fitted];
        let before = surprise(held_out.variances(&start()));
        let members = fit(start(), &fitted, &[held_out]);
        let size = |w: usize| members.row(w).norm();
        assert!(size(0) > 4.0 * size(1), "{} {}", size(0), size(1));
        let after = surprise(data(1500, 5000).variances(&members));
        assert!(after < before - 0.2, "{before} to {after}");
    }

    #[test]
    fn what_does_not_help_held_out_data_is_not_done() {
        let fitted = [data(500, 0)];
        // Held out, the errors come from the second weight.
        let mut other = data(500, 900);
        other.rows.swap_columns(0, 1);
        let members = fit(start(), &fitted, &[other]);
        assert_eq!(members, start());
    }
}
