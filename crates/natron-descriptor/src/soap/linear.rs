//! Small dense matrices of radial functions.

use nalgebra::{DMatrix, SymmetricEigen};

/// Eigenvalues below this part of the largest one mean functions that are not independent in f64.
const RANK: f64 = 1e-13;

/// matrix^(-1/2) of a symmetric positive definite matrix, the orthonormalisation of Loewdin; `None` where it is not.
pub(super) fn inverse_root(matrix: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let eigen = SymmetricEigen::new(matrix);
    let largest = eigen.eigenvalues.amax();
    if eigen.eigenvalues.iter().any(|value| *value <= RANK * largest) {
        return None;
    }
    let roots = eigen.eigenvalues.map(|value| 1.0 / value.sqrt());
    Some(&eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose())
}
