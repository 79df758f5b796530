//! A shallow ensemble from the curvature of the loss: how far last layers may move before the training data object.
//!
//! Energies and forces are linear in the weights w of the last layers. With the errors that the loss forgives as standard
//! deviations, the training data leave w with the covariance (sum_d g_d g_d^T / s_d^2 + prior)^-1, where g_d is the
//! derivative of datum d by w: the last-layer approximation of Bigi, Chong, Ceriotti and Grasselli, Mach. Learn.: Sci.
//! Technol. 5, 045018 (2024), DOI 10.1088/2632-2153/ad805f. Members of the ensemble are drawn from it; one factor, fitted to the forces
//! of the validation frames, stands for what the last layer does not know of the layers below.

use nalgebra::{Cholesky, DMatrix, DVector};
use natron_atoms::Vec3;
use natron_potential::{Evaluation, Model, NeuralPotential, Potential, Precision};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use crate::data::{Prepared, TrainError};
use crate::settings::LossSettings;

/// Members of the ensemble: two vectors of sixteen, and a standard deviation to 12 %.
pub const MEMBERS: usize = 32;
/// Widths of the prior that are tried, as parts of the mean curvature.
const PRIORS: [f64; 6] = [1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2];
/// Frames whose derivatives are held at a time.
const CHUNK: usize = 64;

/// Derivatives of data by the weights of the last layers, one datum a row.
struct Derivatives {
    /// `[data, weights]`.
    rows: DMatrix<f64>,
    /// What error of each datum the loss counts 1.
    scales: Vec<f64>,
    /// Error of each datum.
    errors: Vec<f64>,
}

/// The model with an ensemble, and the factor from the spread of its members to standard deviations of force components.
///
/// # Errors
/// A frame cannot be evaluated.
pub(crate) fn shallow(
    model: &Model,
    train: &[Prepared],
    valid: &[Prepared],
    loss: &LossSettings,
    seed: u64,
) -> Result<(Model, f64), TrainError> {
    let weights = model.spec.species.len() * model.spec.last_width();
    let mut curvature = DMatrix::zeros(weights, weights);
    for frames in train.chunks(CHUNK) {
        let mut data = derivatives(model, frames, loss, true)?;
        for (mut row, scale) in data.rows.row_iter_mut().zip(&data.scales) {
            row /= *scale;
        }
        curvature += data.rows.tr_mul(&data.rows);
    }
    let mut held_out = Vec::new();
    for frames in valid.chunks(CHUNK) {
        held_out.push(derivatives(model, frames, loss, false)?);
    }
    let posterior = best_posterior(&curvature, &held_out);
    let mut with_members = model.clone();
    with_members.ensemble = draw(&posterior, model, seed);
    let factor = calibrate(&with_members, &held_out);
    Ok((with_members, factor))
}

/// Curvature and prior, factorised: of the priors the one under which the validation forces are most likely, each with the
/// factor that suits it.
fn best_posterior(curvature: &DMatrix<f64>, held_out: &[Derivatives]) -> Cholesky<f64, nalgebra::Dyn> {
    let weights = curvature.nrows();
    let mean = (curvature.trace() / weights as f64).max(f64::MIN_POSITIVE);
    let with_prior = |prior: f64| {
        let matrix = curvature + DMatrix::identity(weights, weights) * (mean * prior);
        Cholesky::new(matrix)
    };
    let surprise = |posterior: &Cholesky<f64, nalgebra::Dyn>| {
        let variances = held_out.iter().flat_map(|data| {
            let solved = posterior.l().solve_lower_triangular(&data.rows.transpose());
            let squares = solved.map(|m| m.column_iter().map(|c| c.norm_squared()).collect::<Vec<_>>());
            squares.unwrap_or_default().into_iter().zip(data.errors.iter().copied()).collect::<Vec<_>>()
        });
        let variances: Vec<(f64, f64)> = variances.filter(|(variance, _)| *variance > 0.0).collect();
        let count = variances.len().max(1) as f64;
        let factor = variances.iter().map(|(v, e)| e * e / v).sum::<f64>() / count;
        variances.iter().map(|(v, _)| v.ln()).sum::<f64>() / count + factor.ln()
    };
    PRIORS
        .into_iter()
        .filter_map(with_prior)
        .min_by(|a, b| surprise(a).total_cmp(&surprise(b)))
        .or_else(|| with_prior(1.0))
        .expect("a curvature with as much prior is positive definite")
}

/// Members drawn from the posterior, by species.
fn draw(posterior: &Cholesky<f64, nalgebra::Dyn>, model: &Model, seed: u64) -> Vec<Vec<f32>> {
    let (width, species) = (model.spec.last_width(), model.spec.species.len());
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::MAX);
    let mut ensemble = vec![Vec::with_capacity(MEMBERS * width); species];
    let upper = posterior.l().transpose();
    for _ in 0..MEMBERS {
        let normals = DVector::from_fn(species * width, |_, _| rng.sample::<f64, _>(StandardNormal));
        let member =
            upper.solve_upper_triangular(&normals).expect("a factor of Cholesky has no zero on its diagonal");
        for (rows, part) in ensemble.iter_mut().zip(member.as_slice().chunks(width)) {
            rows.extend(part.iter().map(|x| *x as f32));
        }
    }
    ensemble
}

/// The factor that makes the root-mean-square of error over standard deviation 1.
fn calibrate(model: &Model, held_out: &[Derivatives]) -> f64 {
    let width = model.spec.last_width();
    let weights = model.ensemble.len() * width;
    let members = DMatrix::from_fn(weights, MEMBERS, |w, m| {
        f64::from(model.ensemble[w / width][m * width + w % width])
    });
    let mut squares = Vec::new();
    for data in held_out {
        let spread = &data.rows * &members;
        for (row, error) in spread.row_iter().zip(&data.errors) {
            let variance = row.norm_squared() / MEMBERS as f64;
            if variance > 0.0 {
                squares.push(error * error / variance);
            }
        }
    }
    let mean = squares.iter().sum::<f64>() / squares.len().max(1) as f64;
    if mean > 0.0 && mean.is_finite() { mean.sqrt() } else { 1.0 }
}

/// Derivatives of the forces of some frames, and of their energies if those count.
fn derivatives(
    model: &Model,
    frames: &[Prepared],
    loss: &LossSettings,
    energies: bool,
) -> Result<Derivatives, TrainError> {
    let (width, species) = (model.spec.last_width(), model.spec.species.len());
    let values = evaluate(model, frames)?;
    let (mut scales, mut errors) = (Vec::new(), Vec::new());
    let energy_weight = loss.energy_weight.max(loss.energy_weight_final);
    for (frame, values) in frames.iter().zip(&values) {
        let sample = &frame.sample;
        for (force, reference) in values.forces.iter().zip(&sample.forces) {
            let scale = loss.force_floor_ev_per_a.hypot(loss.force_relative * reference.norm());
            scales.extend([scale; 3]);
            errors.extend((force - reference).iter());
        }
        if energies {
            let floor = sample.forces.len() as f64 * loss.energy_floor_ev_per_atom;
            scales.push(floor / energy_weight.sqrt().max(1e-6));
            errors.push(values.energy_ev - sample.energy_ev);
        }
    }
    let columns = (0..species * width)
        .into_par_iter()
        .map(|weight| {
            let mut unit = vec![vec![0.0; width]; species];
            unit[weight / width][weight % width] = 1.0;
            let values = evaluate(&model.with_last_layer(&unit), frames)?;
            let forces =
                |v: &Evaluation| v.forces.iter().flat_map(|f: &Vec3| [f.x, f.y, f.z]).collect::<Vec<_>>();
            let data = values.iter().flat_map(|v| {
                forces(v).into_iter().chain(energies.then_some(v.energy_ev)).collect::<Vec<_>>()
            });
            Ok(DVector::from_iterator(scales.len(), data))
        })
        .collect::<Result<Vec<_>, TrainError>>()?;
    Ok(Derivatives { rows: DMatrix::from_columns(&columns), scales, errors })
}

fn evaluate(model: &Model, frames: &[Prepared]) -> Result<Vec<Evaluation>, TrainError> {
    let potential = NeuralPotential::new(model.clone(), Precision::F32)?;
    let mut evaluator = potential.evaluator();
    let one = |(k, frame): (usize, &Prepared)| {
        let mut out = Evaluation::zeros(frame.sample.structure.len());
        let done = evaluator.evaluate(&frame.sample.structure, &frame.list, &mut out);
        done.map(|()| out).map_err(|source| TrainError::Evaluation { frame: k, source })
    };
    frames.iter().enumerate().map(one).collect()
}
