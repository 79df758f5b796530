//! Regions of space that select atoms.
//!
//! Positions are in the structure's own coordinates. In periodic directions an atom lies in a region if it does after wrapping
//! into the cell or one cell further to either side, so neither the rounding of a wrapped 0.0 nor a region across the
//! boundary needs a thought.

use natron_atoms::{Structure, Vec3};

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// x
    X,
    /// y
    Y,
    /// z
    Z,
}

impl Axis {
    /// All of them with their names in a deck.
    pub const NAMES: [(&'static str, Self); 3] = [("x", Self::X), ("y", Self::Y), ("z", Self::Z)];

    fn index(self) -> usize {
        self as usize
    }
}

/// A part of space; ends belong to it.
#[derive(Debug, Clone, PartialEq)]
pub enum Region {
    /// Between two values of each coordinate, A; infinite where there is no bound.
    Block {
        /// Lower ends.
        from_a: Vec3,
        /// Upper ends.
        to_a: Vec3,
    },
    /// Within a distance of a point.
    Sphere {
        /// The point, A.
        centre_a: Vec3,
        /// The distance, A.
        radius_a: f64,
    },
    /// Within a distance of a line along an axis, between two values of its coordinate.
    Cylinder {
        /// Direction of the line.
        axis: Axis,
        /// A point on it, A.
        centre_a: Vec3,
        /// The distance, A.
        radius_a: f64,
        /// Ends along the axis, A; may be infinite.
        from_a: f64,
        /// See `from_a`.
        to_a: f64,
    },
}

impl Region {
    /// Which atoms lie in it, `[n]`.
    pub fn holds(&self, structure: &Structure) -> Vec<bool> {
        let shifts = shifts(structure);
        let inside = |position: &Vec3| {
            let wrapped = wrap(structure, position);
            shifts.iter().any(|shift| self.contains(&(wrapped + shift)))
        };
        structure.positions.iter().map(inside).collect()
    }

    /// Whether a point lies in it.
    fn contains(&self, point: &Vec3) -> bool {
        match self {
            Self::Block { from_a, to_a } => (0..3).all(|k| from_a[k] <= point[k] && point[k] <= to_a[k]),
            Self::Sphere { centre_a, radius_a } => (point - centre_a).norm() <= *radius_a,
            Self::Cylinder { axis, centre_a, radius_a, from_a, to_a } => {
                let mut away = point - centre_a;
                let along = point[axis.index()];
                away[axis.index()] = 0.0;
                away.norm() <= *radius_a && *from_a <= along && along <= *to_a
            }
        }
    }
}

/// The position inside the cell.
fn wrap(structure: &Structure, position: &Vec3) -> Vec3 {
    let cell = &structure.cell;
    let periodic = cell.periodic();
    if periodic == [false; 3] {
        return *position;
    }
    let mut fraction = cell.rows().transpose().try_inverse().map_or(*position, |inverse| inverse * position);
    let mut shift = Vec3::zeros();
    for k in 0..3 {
        if periodic[k] {
            shift += cell.rows().row(k).transpose() * fraction[k].floor();
            fraction[k] -= fraction[k].floor();
        }
    }
    position - shift
}

/// The vectors to the cells around, the cell itself first.
fn shifts(structure: &Structure) -> Vec<Vec3> {
    let mut shifts = vec![Vec3::zeros()];
    for (k, periodic) in structure.cell.periodic().into_iter().enumerate() {
        if periodic {
            let row: Vec3 = structure.cell.rows().row(k).transpose();
            let further: Vec<Vec3> = shifts.iter().flat_map(|s| [s - row, s + row]).collect();
            shifts.extend(further);
        }
    }
    shifts
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Species};

    use super::*;

    /// Atoms along z in a cell of 10 A, one a rounding error below 0, one a whole cell away.
    fn column(periodic: [bool; 3]) -> Structure {
        let cell =
            Cell::new([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 0.0, 10.0]], periodic).expect("a cell");
        let positions = [-1e-15, 2.0, 5.0, 9.0, 12.0].map(|z| Vec3::new(1.0, 1.0, z)).to_vec();
        Structure::new(cell, vec![Species::C; 5], positions).expect("a structure")
    }

    fn slab(from: f64, to: f64) -> Region {
        let infinity = f64::INFINITY;
        Region::Block {
            from_a: Vec3::new(-infinity, -infinity, from),
            to_a: Vec3::new(infinity, infinity, to),
        }
    }

    #[test]
    fn a_slab_sees_periodic_images_and_its_ends_belong_to_it() {
        assert_eq!(slab(-0.1, 2.0).holds(&column([true; 3])), [true, true, false, false, true]);
        // Across the boundary, from either side of it.
        for (from, to) in [(8.5, 10.5), (-1.5, 0.5)] {
            assert_eq!(slab(from, to).holds(&column([true; 3])), [true, false, false, true, false], "{from}");
        }
        assert_eq!(slab(8.5, 12.5).holds(&column([true, true, false])), [false, false, false, true, true]);
    }

    #[test]
    fn spheres_and_cylinders_measure_distances() {
        let sphere = Region::Sphere { centre_a: Vec3::new(1.0, 1.0, 9.9), radius_a: 1.0 };
        assert_eq!(sphere.holds(&column([true; 3])), [true, false, false, true, false]);
        assert_eq!(sphere.holds(&column([false; 3])), [false, false, false, true, false]);
        let rod = |centre: [f64; 2], axis, from_a, to_a| Region::Cylinder {
            axis,
            centre_a: Vec3::new(centre[0], centre[1], 5.0),
            radius_a: 0.5,
            from_a,
            to_a,
        };
        let whole = (f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(rod([1.3, 1.3], Axis::Z, whole.0, whole.1).holds(&column([true; 3])), [true; 5]);
        assert_eq!(rod([1.4, 1.4], Axis::Z, whole.0, whole.1).holds(&column([true; 3])), [false; 5]);
        assert_eq!(
            rod([1.0, 1.0], Axis::Z, 4.0, 6.0).holds(&column([false; 3])),
            [false, false, true, false, false]
        );
        assert_eq!(
            rod([0.0, 1.0], Axis::X, 0.0, 2.0).holds(&column([false; 3])),
            [false, false, true, false, false]
        );
    }

    /// In a sheared cell the image below lies to the side.
    #[test]
    fn a_sheared_cell_is_wrapped_along_its_own_edges() {
        let cell =
            Cell::new([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0], [4.0, 0.0, 10.0]], [true; 3]).expect("a cell");
        let structure =
            Structure::new(cell, vec![Species::C], vec![Vec3::new(5.0, 0.0, 11.0)]).expect("one atom");
        let at = |x: f64| Region::Sphere { centre_a: Vec3::new(x, 0.0, 1.0), radius_a: 0.1 };
        assert_eq!(at(1.0).holds(&structure), [true]);
        assert_eq!(at(5.0).holds(&structure), [false]);
    }
}
