//! How fast the atoms diffuse in each direction.
//!
//! ```text
//! D_ab = 1/2 d/dt < [r_a(t) - r_a(0)] [r_b(t) - r_b(0)] >
//! ```
//!
//! over the window and with the weights of the scalar fit, so that D = (D_xx + D_yy + D_zz)/3 holds exactly. The variance for random walkers
//! is Isserlis' once more: with V that of the gradient G of the MSD and G_ab the gradients of the products, var G_ab = V/6 (G_aa G_bb +
//! G_ab^2)/(G/3)^2.

use nalgebra::SymmetricEigen;
use natron_atoms::units::A2_PER_PS_IN_M2_PER_S;
use natron_atoms::{Mat3, Vec3};
use rayon::prelude::*;

use crate::estimate::{Estimate, Measured};
use crate::msd::products_fft;
use crate::paths::Paths;

/// A diffusion tensor with its errors (68 % half-widths), m2/s.
#[derive(Debug, Clone, PartialEq)]
pub struct DiffusionTensor {
    /// In Cartesian axes.
    pub d_m2_per_s: Mat3,
    /// Error of each component.
    pub err_m2_per_s: Mat3,
    /// Eigenvalues, descending. Noise drives those of an isotropic tensor apart, by about their errors.
    pub eigenvalues_m2_per_s: [f64; 3],
    /// Their errors to first order.
    pub eigenvalue_errs_m2_per_s: [f64; 3],
    /// Their directions, unit vectors.
    pub eigenvectors: [[f64; 3]; 3],
}

/// The tensor of the paths that `estimate` was made from.
pub fn diffusion_tensor(paths: &Paths, estimate: &Estimate) -> DiffusionTensor {
    let weights = estimate.line.gradient_weights.as_slice();
    let lags = &estimate.window.lags;
    let atoms: Vec<Mat3> = paths
        .atoms
        .par_iter()
        .map(|path| {
            let products = products_fft(&path.positions_a.to_vec(paths.n_frames));
            lags.iter().zip(weights).map(|(&lag, weight)| products[lag] * *weight).sum()
        })
        .collect();
    let mean = atoms.iter().sum::<Mat3>() / atoms.len() as f64;
    let in_si = A2_PER_PS_IN_M2_PER_S / (2.0 * paths.spacing_ps);
    // Along two directions u and v the gradient is u.G.v.
    let measure = |u: &Vec3, v: &Vec3| -> Measured {
        let along = |g: &Mat3| (u.transpose() * g * v)[(0, 0)];
        let values: Vec<f64> = atoms.iter().map(along).collect();
        let third = mean.trace() / 3.0;
        let squares =
            (u.transpose() * mean * u)[(0, 0)] * (v.transpose() * mean * v)[(0, 0)] + along(&mean).powi(2);
        estimate.mean_of(&values, estimate.model_variance() / 6.0 * squares.max(0.0) / third.powi(2))
    };
    let axis = |k: usize| Vec3::ith(k, 1.0);
    let eigen = SymmetricEigen::new(mean);
    let mut order = [0, 1, 2];
    order.sort_by(|&i, &j| eigen.eigenvalues[j].total_cmp(&eigen.eigenvalues[i]));
    let vectors = order.map(|k| eigen.eigenvectors.column(k).into_owned());
    DiffusionTensor {
        d_m2_per_s: mean * in_si,
        err_m2_per_s: Mat3::from_fn(|i, j| in_si * measure(&axis(i), &axis(j)).half_width(0.68)),
        eigenvalues_m2_per_s: order.map(|k| in_si * eigen.eigenvalues[k]),
        eigenvalue_errs_m2_per_s: vectors.map(|v| in_si * measure(&v, &v).half_width(0.68)),
        eigenvectors: vectors.map(<[f64; 3]>::from),
    }
}
