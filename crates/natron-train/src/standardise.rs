//! Mean and spread of the features over the training frames, with the radial functions a training begins with.

use std::sync::Arc;

use natron_descriptor::{CHANNELS, HARMONICS, Invariants};
use natron_potential::{Model, ModelSpec};
use rayon::prelude::*;

use crate::data::{Depth, Prepared, TrainError};
use crate::density;
use crate::frames::Frames;
use crate::graph::raw_features;

/// Frames whose features are held at a time.
const FRAMES_AT_ONCE: usize = 16;

/// Sets mean and spread of the features to those of the frames `reference` of `train`. Sums run over frames and atoms in their
/// order, whichever frames are held.
pub(crate) fn standardise(
    model: &mut Model,
    train: &Frames,
    reference: &[usize],
    invariants: &Invariants<f32>,
) -> Result<(), TrainError> {
    let (species, width) = (model.spec.species.len(), invariants.features());
    let radial: Vec<Vec<f32>> = (0..species).map(|s| radial_of(model, s)).collect();
    let moment = |power: i32, centre: &[Vec<f64>]| -> Result<Vec<Vec<f64>>, TrainError> {
        let mut sums = vec![vec![0.0; width]; species];
        train.batches(reference.iter().copied(), FRAMES_AT_ONCE, Depth::Density, |_, frames| {
            let features: Vec<Vec<Vec<f32>>> =
                frames.par_iter().map(|frame| features_of(frame, &radial, invariants, &model.spec)).collect();
            for (s, rows) in features.iter().flat_map(|frame| frame.iter().enumerate()) {
                for row in rows.chunks_exact(width) {
                    for ((sum, x), centre) in sums[s].iter_mut().zip(row).zip(&centre[s]) {
                        *sum += (f64::from(*x) - centre).powi(power);
                    }
                }
            }
            Ok(())
        })?;
        let atoms = |s: usize| reference.iter().map(|&k| f64::from(train.known()[k].counts[s])).sum::<f64>();
        for (s, sums) in sums.iter_mut().enumerate() {
            let atoms = atoms(s);
            sums.iter_mut().for_each(|sum| *sum /= atoms);
        }
        Ok(sums)
    };
    let means = moment(1, &vec![vec![0.0; width]; species])?;
    let squares = moment(2, &means)?;
    for s in (0..species).filter(|&s| reference.iter().any(|&k| train.known()[k].counts[s] > 0)) {
        for f in 0..width {
            let (mean, spread) = (means[s][f], squares[s][f].sqrt());
            model.mean[s][f] = mean as f32;
            model.spread[s][f] = spread.max(1e-3 * mean.abs()).max(1e-6) as f32;
        }
    }
    Ok(())
}

/// Radial coefficients of a centre species as they multiply the density, `[S K][16]`.
fn radial_of(model: &Model, s: usize) -> Vec<f32> {
    let of_neighbour = |b: usize| {
        let block = &model.radial[model.spec.pair_index(s, b)];
        block.iter().enumerate().map(|(e, c)| c / density::smoothness(e / CHANNELS))
    };
    (0..model.spec.species.len()).flat_map(of_neighbour).collect()
}

/// Features of the atoms of a frame by species, `[S][atoms][features]`, not standardised.
fn features_of(
    frame: &Arc<Prepared>,
    radial: &[Vec<f32>],
    invariants: &Invariants<f32>,
    spec: &ModelSpec,
) -> Vec<Vec<f32>> {
    let columns = spec.species.len() * spec.radial_functions;
    let row = HARMONICS * columns;
    let of_species = |(s, radial): (usize, &Vec<f32>)| {
        let own = frame.numbers.iter().enumerate().filter(|(_, n)| **n == s);
        let density: Vec<f32> =
            own.flat_map(|(atom, _)| &frame.density[atom * row..(atom + 1) * row]).copied().collect();
        if density.is_empty() { Vec::new() } else { raw_features(&density, radial, columns, invariants) }
    };
    radial.iter().enumerate().map(of_species).collect()
}
