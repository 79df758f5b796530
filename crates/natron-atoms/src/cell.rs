//! The simulation cell: three lattice vectors, each periodic or not.

use crate::{Mat3, Vec3};

/// A triclinic cell whose rows are the lattice vectors a, b, c in A. Directions that are not
/// periodic keep their vector (it frames the fractional coordinates) but have no images.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    rows: Mat3,
    inverse: Mat3,
    periodic: [bool; 3],
}

/// Why three vectors are no cell.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CellError {
    /// An entry is NaN or infinite.
    #[error("the cell has an entry that is not finite")]
    NotFinite,
    /// The three vectors do not span a volume.
    #[error("the cell has zero volume ({volume_a3} A^3)")]
    ZeroVolume {
        /// The volume found, A^3.
        volume_a3: f64,
    },
}

impl Cell {
    /// A cell from its lattice vectors (rows, A) and which of them repeat.
    ///
    /// # Errors
    /// An entry that is not finite, or |det| below 1e-6 of the product of the lengths.
    pub fn new(rows: [[f64; 3]; 3], periodic: [bool; 3]) -> Result<Self, CellError> {
        let rows = Mat3::from_fn(|i, j| rows[i][j]);
        if rows.iter().any(|x| !x.is_finite()) {
            return Err(CellError::NotFinite);
        }
        let volume = rows.determinant().abs();
        let lengths: f64 = (0..3).map(|i| rows.row(i).norm()).product();
        match rows.try_inverse() {
            Some(inverse) if volume > 1e-6 * lengths && volume > 0.0 => Ok(Self { rows, inverse, periodic }),
            _ => Err(CellError::ZeroVolume { volume_a3: volume }),
        }
    }

    /// A cell for an isolated cluster: unit vectors, no periodic direction.
    pub fn open() -> Self {
        Self { rows: Mat3::identity(), inverse: Mat3::identity(), periodic: [false; 3] }
    }

    /// The lattice vectors as rows, A.
    pub fn rows(&self) -> &Mat3 {
        &self.rows
    }

    /// The inverse of [`Cell::rows`], 1/A: fractional = cartesian^T inverse.
    pub fn inverse(&self) -> &Mat3 {
        &self.inverse
    }

    /// Lattice vector `k` (0, 1, 2), A.
    pub fn vector(&self, k: usize) -> Vec3 {
        self.rows.row(k).transpose()
    }

    /// Which directions repeat.
    pub fn periodic(&self) -> [bool; 3] {
        self.periodic
    }

    /// Volume spanned by the three vectors, A^3.
    pub fn volume_a3(&self) -> f64 {
        self.rows.determinant().abs()
    }

    /// Distances between opposite faces, A: how thick the cell is along each reciprocal direction.
    pub fn heights_a(&self) -> [f64; 3] {
        std::array::from_fn(|k| 1.0 / self.inverse.column(k).norm())
    }

    /// Fractional coordinates of a Cartesian point (A).
    pub fn fractional(&self, point: &Vec3) -> Vec3 {
        self.inverse.tr_mul(point)
    }

    /// Cartesian coordinates (A) of a fractional point.
    pub fn cartesian(&self, fractional: &Vec3) -> Vec3 {
        self.rows.tr_mul(fractional)
    }

    /// The point moved into the cell along its periodic directions, and the image it came from:
    /// `point = wrapped + image . rows`.
    pub fn wrap(&self, point: &Vec3) -> (Vec3, [i32; 3]) {
        let fractional = self.fractional(point);
        let image: [i32; 3] =
            std::array::from_fn(|k| if self.periodic[k] { fractional[k].floor() as i32 } else { 0 });
        (point - self.offset(image), image)
    }

    /// The number of an image of `before`, counted in the vectors of this cell. Programs that shear a cell replace its vectors
    /// by whole sums of them (LAMMPS: a box flip) when it leans too far; a lattice point then has another number. Where the
    /// vectors only changed a little, the number stays.
    pub fn renumbered(&self, before: &Self, image: [i32; 3]) -> [i32; 3] {
        let change = (self.rows * before.inverse).map(f64::round);
        if change == Mat3::identity() {
            return image;
        }
        // n L = n' L' with L' = M L: n' = n M^-1, whole where det M = +-1.
        match change.try_inverse() {
            Some(inverse) if (change.determinant().abs() - 1.0).abs() < 0.5 => {
                let image = Vec3::from(image.map(f64::from));
                let renumbered = inverse.tr_mul(&image);
                std::array::from_fn(|k| renumbered[k].round() as i32)
            }
            _ => image,
        }
    }

    /// The Cartesian offset (A) of a cell image.
    pub fn offset(&self, image: [i32; 3]) -> Vec3 {
        self.rows.tr_mul(&Vec3::new(f64::from(image[0]), f64::from(image[1]), f64::from(image[2])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// c leans by one a more: the same lattice, other numbers.
    #[test]
    fn a_flipped_cell_renumbers_its_images() {
        let cell = |lean: f64| Cell::new([[5.0, 0.0, 0.0], [0.3, 6.0, 0.0], [lean, -0.2, 7.0]], [true; 3]);
        let (before, after) = (cell(2.6).expect("a cell"), cell(-2.4).expect("a cell"));
        for image in [[0, 0, 0], [1, 2, 3], [-4, 0, 2]] {
            let found = after.renumbered(&before, image);
            assert!((after.offset(found) - before.offset(image)).norm() < 1e-12, "{image:?} {found:?}");
            assert_eq!(cell(2.61).expect("a cell").renumbered(&before, image), image);
        }
    }
}
