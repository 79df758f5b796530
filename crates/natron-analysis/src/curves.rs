//! The MSD of every atom at a ladder of lags, and how far any weighted sum of it can be trusted.

use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::msd::{geometric_lags, msd_fft};
use crate::paths::Paths;

/// MSD per atom at chosen lags.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Lags, frames, ascending, `[m]`.
    pub lags: Vec<usize>,
    /// Frames of the run.
    pub frames: usize,
    /// MSD of each atom over all its origins, A^2, `[N][m]`.
    pub atoms_a2: Vec<Vec<f64>>,
    /// Mean over the atoms, A^2, `[m]`.
    pub mean_a2: Vec<f64>,
}

impl Curves {
    /// The curves at about `per_octave` lags per factor of two, from one frame to `last` frames.
    pub fn new(paths: &Paths, last: usize, per_octave: usize) -> Self {
        Self::at(paths, geometric_lags(1, last.min(paths.n_frames.saturating_sub(1)), per_octave))
    }

    /// The curves at these `lags` (frames, ascending, shorter than the run).
    pub fn at(paths: &Paths, lags: Vec<usize>) -> Self {
        let atoms_a2: Vec<Vec<f64>> = paths
            .atoms
            .par_iter()
            .map(|path| {
                let msd = msd_fft(&path.positions_a.to_vec(paths.n_frames));
                lags.iter().map(|&lag| msd[lag]).collect()
            })
            .collect();
        let mean_a2 = (0..lags.len())
            .map(|i| atoms_a2.iter().map(|atom| atom[i]).sum::<f64>() / atoms_a2.len() as f64)
            .collect();
        Self { lags, frames: paths.n_frames, atoms_a2, mean_a2 }
    }

    /// The curves without the lags before index `first`.
    pub fn from(&self, first: usize) -> Self {
        Self {
            lags: self.lags[first..].to_vec(),
            frames: self.frames,
            atoms_a2: self.atoms_a2.iter().map(|atom| atom[first..].to_vec()).collect(),
            mean_a2: self.mean_a2[first..].to_vec(),
        }
    }

    /// Number of atoms, all replicas together.
    pub fn n_atoms(&self) -> usize {
        self.atoms_a2.len()
    }

    /// Variance of `weights . mean_a2` from the scatter between atoms; None for a single atom.
    pub fn variance_between_atoms(&self, weights: &[f64]) -> Option<f64> {
        let n = self.n_atoms() as f64;
        let value = |curve: &[f64]| curve.iter().zip(weights).map(|(m, w)| m * w).sum::<f64>();
        let mean = value(&self.mean_a2);
        let sum: f64 = self.atoms_a2.iter().map(|atom| (value(atom) - mean).powi(2)).sum();
        (n > 1.0).then(|| sum / (n * (n - 1.0)))
    }

    /// Variance of `weights . mean_a2` if the atoms were independent with covariance `covariance` each.
    pub fn variance_of_model(&self, weights: &[f64], covariance: &DMatrix<f64>) -> f64 {
        let mut sum = 0.0;
        for (i, a) in weights.iter().enumerate() {
            for (j, b) in weights.iter().enumerate() {
                sum += a * b * covariance[(i, j)];
            }
        }
        sum.max(0.0) / self.n_atoms() as f64
    }
}
