//! Small dense matrices of radial functions.

use nalgebra::{DMatrix, SymmetricEigen};

/// Eigenvalues below this part of the largest one mean functions that are not independent in f64.
const RANK: f64 = 1e-13;

/// matrix^(-1/2) of a symmetric positive definite matrix, the orthonormalisation of Loewdin; `None` where it is not.
pub(super) fn inverse_root(matrix: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let eigen = SymmetricEigen::new(matrix);
    if !have_full_rank(eigen.eigenvalues.as_slice()) {
        return None;
    }
    let roots = eigen.eigenvalues.map(|value| 1.0 / value.sqrt());
    Some(&eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose())
}

/// Whether functions with these overlaps (or values at each other's centres) are independent.
pub(super) fn independent(matrix: &DMatrix<f64>) -> bool {
    have_full_rank(matrix.symmetric_eigenvalues().as_slice())
}

fn have_full_rank(eigenvalues: &[f64]) -> bool {
    let largest = eigenvalues.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    eigenvalues.iter().all(|value| *value > RANK * largest)
}
