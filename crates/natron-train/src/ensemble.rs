//! A shallow ensemble from the curvature of the loss: how far last layers may move before the training data object.
//!
//! Energies and forces are linear in the weights w of the last layers. With the errors that the loss forgives as standard
//! deviations, the training data leave w with the covariance (sum_d g_d g_d^T / s_d^2 + prior)^-1, where g_d is the
//! derivative of datum d by w: the last-layer approximation of Bigi, Chong, Ceriotti and Grasselli, Mach. Learn.: Sci.
//! Technol. 5, 045018 (2024), DOI 10.1088/2632-2153/ad805f. Members of the ensemble are drawn from it, and moved so that the errors of
//! the training forces become likely ([`crate::likelihood`]); two factors, fitted to the forces and to the energies of the
//! validation frames, stand for what the last layer does not know of the layers below.

use std::sync::Arc;

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use natron_atoms::Vec3;
use natron_potential::{Evaluation, Model, NeuralPotential, Potential, Precision, UncertaintyFactors};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use crate::data::{Depth, Prepared, TrainError};
use crate::frames::Frames;
use crate::likelihood::{self, Spreads};
use crate::settings::LossSettings;

/// Members of the ensemble: two vectors of sixteen, and a standard deviation to 12 %.
pub const MEMBERS: usize = 32;
/// Widths of the prior that are tried, as parts of the mean curvature.
const PRIORS: [f64; 6] = [1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2];
/// Frames whose derivatives are held at a time.
const CHUNK: usize = 64;
/// Shares of the forces and of the energies that the factors leave out, those of the most surprising errors: one frame with atoms
/// that nearly touch would else speak for all. Energies are few, so the share of one must be larger.
const LEFT_OUT_OF_FORCES: f64 = 0.01;
const LEFT_OUT_OF_ENERGIES: f64 = 1.0 / 16.0;
/// Frames whose forces the members are fitted to, at most.
const FITTED_FRAMES: usize = 512;
/// Validation frames that the prior is chosen on and the fit is looked at with, at most.
const HELD_OUT_FRAMES: usize = 1024;

/// Derivatives of some frames by the weights of the last layers.
struct Derivatives {
    /// Force components.
    forces: Data,
    /// Energies.
    energies: Data,
}

/// Data of one kind, one a row.
struct Data {
    /// Derivatives, `[data, weights]`.
    rows: DMatrix<f64>,
    /// What error of each the loss counts 1.
    scales: Vec<f64>,
    /// Error of each.
    errors: Vec<f64>,
}

impl Data {
    fn new(scales: Vec<f64>, errors: Vec<f64>, columns: &[DVector<f64>]) -> Self {
        Self { rows: DMatrix::from_columns(columns), scales, errors }
    }

    /// Sum of g g^T / s^2.
    fn curvature(&self) -> DMatrix<f64> {
        let mut scaled = self.rows.clone();
        for (mut row, scale) in scaled.row_iter_mut().zip(&self.scales) {
            row /= *scale;
        }
        scaled.tr_mul(&scaled)
    }

    /// Variance of each under members, and its error.
    fn variances(&self, members: &DMatrix<f64>) -> Vec<(f64, f64)> {
        let spread = &self.rows * members;
        let variance = |row: nalgebra::MatrixView<'_, f64, nalgebra::U1, Dyn, nalgebra::U1, Dyn>| {
            row.norm_squared() / members.ncols() as f64
        };
        spread.row_iter().map(variance).zip(self.errors.iter().copied()).collect()
    }
}

/// The model with an ensemble, and the factors from the spread of its members to standard deviations.
///
/// # Errors
/// A frame cannot be read or evaluated.
pub(crate) fn shallow(
    model: &Model,
    train: &Frames,
    valid: &Frames,
    loss: &LossSettings,
    seed: u64,
) -> Result<(Model, UncertaintyFactors), TrainError> {
    let weights = model.spec.species.len() * model.spec.last_width();
    let mut curvature = DMatrix::zeros(weights, weights);
    let mut fitted = Vec::new();
    let reference = train.reference();
    let (mut chunk, every) = (0, reference.len().div_ceil(FITTED_FRAMES));
    train.batches(reference, CHUNK, Depth::List, |_, frames| {
        let data = derivatives(model, frames, loss)?;
        curvature += data.forces.curvature() + data.energies.curvature();
        if chunk % every == 0 {
            fitted.push(data.forces);
        }
        chunk += 1;
        Ok(())
    })?;
    let (mut forces, mut energies) = (Vec::new(), Vec::new());
    let (kept, others) = held_out_frames(valid.len());
    valid.batches(kept, CHUNK, Depth::List, |_, frames| {
        let data = derivatives(model, frames, loss)?;
        forces.push(data.forces);
        energies.push(data.energies);
        Ok(())
    })?;
    let posterior = best_posterior(&curvature, &forces);
    let whitened = |data: &[Data]| {
        data.iter().map(|data| Spreads::new(whiten(&data.rows, &posterior), data.errors.clone())).collect()
    };
    let (fitted, held_out): (Vec<_>, Vec<_>) = (whitened(&fitted), whitened(&forces));
    let normals = likelihood::fit(normals(weights, seed), &fitted, &held_out);
    let members = posterior
        .l()
        .transpose()
        .solve_upper_triangular(&normals)
        .expect("a factor of Cholesky has no zero on its diagonal");
    let mut with_members = model.clone();
    with_members.ensemble = stored(&members, model);
    // The members as they are kept, in single precision.
    let width = model.spec.last_width();
    let members = DMatrix::from_fn(weights, MEMBERS, |w, m| {
        f64::from(with_members.ensemble[w / width][m * width + w % width])
    });
    let variances = |data: &[Data]| data.iter().flat_map(|data| data.variances(&members)).collect::<Vec<_>>();
    let (mut of_forces, mut of_energies) = (variances(&forces), variances(&energies));
    valid.batches(others, CHUNK, Depth::List, |_, frames| {
        let data = derivatives(model, frames, loss)?;
        of_forces.extend(data.forces.variances(&members));
        of_energies.extend(data.energies.variances(&members));
        Ok(())
    })?;
    let factors = UncertaintyFactors {
        forces: factor(&of_forces, LEFT_OUT_OF_FORCES),
        energies: factor(&of_energies, LEFT_OUT_OF_ENERGIES),
    };
    Ok((with_members, factors))
}

/// Numbers of the validation frames whose derivatives are held, whole chunks spread over all of them, and of the others.
fn held_out_frames(frames: usize) -> (Vec<usize>, Vec<usize>) {
    let every = frames.div_ceil(HELD_OUT_FRAMES).max(1);
    (0..frames).partition(|k| (k / CHUNK).is_multiple_of(every))
}

/// Curvature and prior, factorised: of the priors the one under which the validation forces are most likely, each with the
/// factor that suits it.
fn best_posterior(curvature: &DMatrix<f64>, held_out: &[Data]) -> Cholesky<f64, Dyn> {
    let weights = curvature.nrows();
    let mean = (curvature.trace() / weights as f64).max(f64::MIN_POSITIVE);
    let with_prior = |prior: f64| {
        let matrix = curvature + DMatrix::identity(weights, weights) * (mean * prior);
        Cholesky::new(matrix)
    };
    let surprise = |posterior: &Cholesky<f64, Dyn>| {
        likelihood::surprise(held_out.iter().flat_map(|data| {
            let rows = whiten(&data.rows, posterior);
            let variances: Vec<f64> = rows.row_iter().map(|row| row.norm_squared()).collect();
            variances.into_iter().zip(data.errors.iter().copied())
        }))
    };
    PRIORS
        .into_iter()
        .filter_map(with_prior)
        .min_by(|a, b| surprise(a).total_cmp(&surprise(b)))
        .or_else(|| with_prior(1.0))
        .expect("a curvature with as much prior is positive definite")
}

/// Rows in units of the posterior: the square of a row's norm is its variance.
fn whiten(rows: &DMatrix<f64>, posterior: &Cholesky<f64, Dyn>) -> DMatrix<f64> {
    let solved = posterior.l().solve_lower_triangular(&rows.transpose());
    solved.expect("a factor of Cholesky has no zero on its diagonal").transpose()
}

/// Standard normal numbers, `[weights, members]`.
fn normals(weights: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::MAX);
    DMatrix::from_fn(weights, MEMBERS, |_, _| rng.sample::<f64, _>(StandardNormal))
}

/// Members as a model keeps them, by species.
fn stored(members: &DMatrix<f64>, model: &Model) -> Vec<Vec<f32>> {
    let width = model.spec.last_width();
    let mut ensemble = vec![Vec::with_capacity(MEMBERS * width); model.spec.species.len()];
    for member in members.column_iter() {
        for (rows, part) in ensemble.iter_mut().zip(member.as_slice().chunks(width)) {
            rows.extend(part.iter().map(|x| *x as f32));
        }
    }
    ensemble
}

/// The factor that makes the root mean square of error over standard deviation 1, a share of the ratios, the largest, left out on
/// both sides of the comparison. `data` are variances and errors.
fn factor(data: &[(f64, f64)], left_out: f64) -> f64 {
    let known = data.iter().filter(|(variance, _)| *variance > 0.0);
    let mut squares: Vec<f64> = known.map(|(variance, error)| error * error / variance).collect();
    squares.sort_by(f64::total_cmp);
    let all = squares.len();
    squares.truncate(all - (left_out * all as f64) as usize);
    let tails = (all - squares.len()) as f64 / all.max(1) as f64;
    let mean = squares.iter().sum::<f64>() / squares.len().max(1) as f64 / variance_without(tails);
    if mean > 0.0 && mean.is_finite() { mean.sqrt() } else { 1.0 }
}

/// The variance of a standard normal distribution without the share `tails` of it that is farthest from zero.
fn variance_without(tails: f64) -> f64 {
    let normal = Normal::standard();
    match tails > 0.0 {
        true => {
            let end = normal.inverse_cdf(1.0 - 0.5 * tails);
            1.0 - 2.0 * end * normal.pdf(end) / (1.0 - tails)
        }
        false => 1.0,
    }
}

/// Derivatives of the forces and energies of some frames.
fn derivatives(
    model: &Model,
    frames: &[Arc<Prepared>],
    loss: &LossSettings,
) -> Result<Derivatives, TrainError> {
    let (width, species) = (model.spec.last_width(), model.spec.species.len());
    let energy_weight = loss.energy_weight.max(loss.energy_weight_final);
    let (mut force_scales, mut force_errors) = (Vec::new(), Vec::new());
    let (mut energy_scales, mut energy_errors) = (Vec::new(), Vec::new());
    for (frame, values) in frames.iter().zip(&evaluate(model, frames)?) {
        let sample = &frame.sample;
        for (force, reference) in values.forces.iter().zip(&sample.forces) {
            let scale = loss.force_floor_ev_per_a.hypot(loss.force_relative * reference.norm());
            force_scales.extend([scale; 3]);
            force_errors.extend((force - reference).iter());
        }
        let floor = sample.forces.len() as f64 * loss.energy_floor_ev_per_atom;
        energy_scales.push(floor / energy_weight.sqrt().max(1e-6));
        energy_errors.push(values.energy_ev - sample.energy_ev);
    }
    let columns = (0..species * width)
        .into_par_iter()
        .map(|weight| {
            let mut unit = vec![vec![0.0; width]; species];
            unit[weight / width][weight % width] = 1.0;
            let values = evaluate(&model.with_last_layer(&unit), frames)?;
            let components =
                |v: &Evaluation| v.forces.iter().flat_map(|f: &Vec3| [f.x, f.y, f.z]).collect::<Vec<_>>();
            let forces = DVector::from_iterator(force_errors.len(), values.iter().flat_map(components));
            let energies = DVector::from_iterator(energy_errors.len(), values.iter().map(|v| v.energy_ev));
            Ok((forces, energies))
        })
        .collect::<Result<Vec<_>, TrainError>>()?;
    let (forces, energies): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    Ok(Derivatives {
        forces: Data::new(force_scales, force_errors, &forces),
        energies: Data::new(energy_scales, energy_errors, &energies),
    })
}

fn evaluate(model: &Model, frames: &[Arc<Prepared>]) -> Result<Vec<Evaluation>, TrainError> {
    let potential = NeuralPotential::new(model.without_dispersion(), Precision::F32)?;
    let mut evaluator = potential.evaluator();
    let one = |frame: &Arc<Prepared>| {
        let mut out = Evaluation::zeros(frame.sample.structure.len());
        let done = evaluator.evaluate(&frame.sample.structure, &frame.list, &mut out);
        let name = || frame.sample.name.clone();
        done.map(|()| out).map_err(|source| TrainError::Evaluation { frame: name(), source })
    };
    frames.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_validation_frames_are_held_in_part() {
        assert_eq!(held_out_frames(1000), ((0..1000).collect(), vec![]));
        let (kept, others) = held_out_frames(2100);
        assert!(kept.len() <= HELD_OUT_FRAMES && kept.len() + others.len() == 2100, "{}", kept.len());
        assert!(kept.contains(&0) && kept.contains(&63) && others.contains(&64) && kept.last() > Some(&1900));
    }

    #[test]
    fn the_factor_is_that_of_normal_errors_whatever_one_of_them_does() {
        let normal = Normal::standard();
        for (count, left_out) in [(1000, LEFT_OUT_OF_FORCES), (20, LEFT_OUT_OF_ENERGIES), (200, 0.2)] {
            let quantile = |k: u32| normal.inverse_cdf((f64::from(k) + 0.5) / f64::from(count));
            let mut data: Vec<(f64, f64)> = (0..count).map(|k| (0.25, 1.5 * 0.5 * quantile(k))).collect();
            let found = factor(&data, left_out);
            assert!((found / 1.5 - 1.0).abs() < 0.04, "{found} of {count}");
            data[count as usize - 1].1 = 1e3;
            let found = factor(&data, left_out);
            assert!((found / 1.5 - 1.0).abs() < 0.04, "{found} of {count} with an outlier");
        }
        // Few data count as they are.
        assert!((factor(&[(1.0, 2.0), (4.0, -4.0)], LEFT_OUT_OF_ENERGIES) - 2.0).abs() < 1e-12);
    }
}
