//! Classical multidimensional scaling: points in the plane whose distances are as near as can be to given ones.
//!
//! B = -1/2 J D^(2) J (J centres rows and columns) has eigenvalues l_k and vectors v_k; coordinate k of point i is
//! sqrt(l_k) v_ik (W. S. Torgerson, 10.1007/BF02288916). A point that was not among them goes where its distances d to them
//! say: y_k = v_k . (mean of D^(2) - d^(2)) / (2 sqrt(l_k)) (landmark MDS, V. de Silva, J. B. Tenenbaum, Stanford, 2004);
//! for a point that was, that is its own place.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// A plane and the landmarks that span it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// Eigenvalues of B, falling: how much of the squared distances each dimension holds.
    pub eigenvalues: Vec<f64>,
    /// v_k / sqrt(l_k) of the two dimensions, `[k][landmark]`.
    axes: [DVector<f64>; 2],
    /// Mean of each column of the squared distances.
    means: DVector<f64>,
}

impl Scaling {
    /// Of landmarks whose squared distances are `squared` (symmetric, `[m][m]`). Where less than two dimensions are needed,
    /// the other coordinates are zero. Each axis points so that its largest coordinate (the first of equals) is positive.
    ///
    /// # Panics
    /// `squared` is not square or empty.
    pub fn new(squared: &DMatrix<f64>) -> Self {
        let m = squared.nrows();
        assert!(m > 0 && squared.ncols() == m, "squared distances are a square matrix");
        let means = squared.row_mean().transpose();
        let total = means.mean();
        let b = DMatrix::from_fn(m, m, |i, j| -0.5 * (squared[(i, j)] - means[i] - means[j] + total));
        let eigen = SymmetricEigen::new(b);
        let mut order: Vec<usize> = (0..m).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let eigenvalues: Vec<f64> = order.iter().map(|&k| eigen.eigenvalues[k]).collect();
        // Rounding leaves eigenvalues of this size where there is no dimension.
        let least = 1e-12 * m as f64 * eigenvalues[0].abs();
        let axis = |k: usize| match order.get(k) {
            Some(&column) if eigenvalues[k] > least => {
                let vector = eigen.eigenvectors.column(column);
                let largest =
                    vector.iter().fold(0.0_f64, |a, b| if b.abs() > a.abs() * (1.0 + 1e-9) { *b } else { a });
                vector * (largest.signum() / eigenvalues[k].sqrt())
            }
            _ => DVector::zeros(m),
        };
        Self { axes: [axis(0), axis(1)], eigenvalues, means }
    }

    /// Where a point lies whose squared distances to the landmarks are given.
    pub fn place(&self, squared: &[f64]) -> [f64; 2] {
        std::array::from_fn(|k| {
            let parts = self.axes[k].iter().zip(self.means.iter()).zip(squared);
            0.5 * parts.map(|((v, mean), d)| v * (mean - d)).sum::<f64>()
        })
    }

    /// The part of the squared distances that the two dimensions hold: their eigenvalues over the sum of the positive ones.
    pub fn share(&self) -> f64 {
        let positive: f64 = self.eigenvalues.iter().filter(|value| **value > 0.0).sum();
        let two: f64 = self.eigenvalues.iter().take(2).filter(|value| **value > 0.0).sum();
        if positive > 0.0 { two / positive } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: usize) -> Vec<[f64; 3]> {
        (0..count)
            .map(|k| {
                let t = k as f64;
                [(1.7 * t).sin() * 3.0, (2.9 * t).cos(), 0.01 * (4.3 * t).sin()]
            })
            .collect()
    }

    fn squared(a: &[f64; 3], b: &[f64; 3], dimensions: usize) -> f64 {
        (0..dimensions).map(|k| (a[k] - b[k]).powi(2)).sum()
    }

    #[test]
    fn points_of_a_plane_keep_their_distances() {
        let points = points(40);
        let scaling = Scaling::new(&DMatrix::from_fn(25, 25, |i, j| squared(&points[i], &points[j], 2)));
        assert!((scaling.share() - 1.0).abs() < 1e-12);
        // Landmarks and others alike.
        let places: Vec<[f64; 2]> = points
            .iter()
            .map(|p| scaling.place(&points[..25].iter().map(|q| squared(p, q, 2)).collect::<Vec<_>>()))
            .collect();
        for i in 0..40 {
            for j in 0..40 {
                let found = (0..2).map(|k| (places[i][k] - places[j][k]).powi(2)).sum::<f64>();
                assert!((found - squared(&points[i], &points[j], 2)).abs() < 1e-9, "{i} {j}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_into_the_plane_is_counted() {
        let points = points(30);
        let scaling = Scaling::new(&DMatrix::from_fn(30, 30, |i, j| squared(&points[i], &points[j], 3)));
        assert!(scaling.share() < 1.0 && scaling.share() > 0.99);
        assert!(scaling.eigenvalues[2] > 1e-4 && scaling.eigenvalues[3].abs() < 1e-9);
        // Three corners of equal distance share it out evenly over two dimensions.
        let corners = Scaling::new(&DMatrix::from_fn(3, 3, |i, j| if i == j { 0.0 } else { 1.0 }));
        assert!((corners.eigenvalues[0] - 0.5).abs() < 1e-12 && (corners.eigenvalues[1] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn one_place_and_one_line_are_no_trouble() {
        assert_eq!(Scaling::new(&DMatrix::zeros(1, 1)).place(&[0.0]), [0.0, 0.0]);
        assert_eq!(Scaling::new(&DMatrix::zeros(4, 4)).share(), 1.0);
        let line = Scaling::new(&DMatrix::from_fn(5, 5, |i, j| (i as f64 - j as f64).powi(2)));
        let place = line.place(&[16.0, 9.0, 4.0, 1.0, 0.0]);
        assert!((place[0].abs() - 2.0).abs() < 1e-12 && place[1] == 0.0, "{place:?}");
    }
}
