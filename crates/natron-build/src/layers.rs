//! Honeycomb layers stacked along z: graphite, turbostratic stacks, slit pores.
//!
//! A layer's lattice vectors a1 and a2 have the length a = sqrt(3) b and enclose 60 degrees; its two atoms lie at 0 and (a1 + a2) / 3.
//! A supercell is an integer matrix of the two. For a twist the supercells (m, n) and (n, m), whose first
//! vectors have the same length, are turned onto each other; the angle between the layers follows
//! cos(theta) = (m^2 + 4 m n + n^2) / (2 (m^2 + m n + n^2)) (Lopes dos Santos et al., Phys. Rev. Lett. 99, 256802,
//! DOI 10.1103/PhysRevLett.99.256802).

use natron_atoms::{Cell, Species, Structure, Vec3};
use serde::{Deserialize, Serialize};

use crate::BuildError;
use crate::random::{Purpose, Stream};

/// How layers follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Stacking {
    /// Atom above atom.
    #[serde(rename = "AA")]
    Aa,
    /// Every other layer is shifted by one bond: graphite.
    #[default]
    #[serde(rename = "AB")]
    Ab,
    /// Each layer is shifted by one more bond: rhombohedral graphite.
    #[serde(rename = "ABC")]
    Abc,
}

impl Stacking {
    /// After how many layers it repeats.
    pub fn period(self) -> usize {
        match self {
            Self::Aa => 1,
            Self::Ab => 2,
            Self::Abc => 3,
        }
    }
}

/// One periodic honeycomb layer with its first edge along x.
#[derive(Debug, Clone, PartialEq)]
struct Plane {
    /// Edges as rows, A.
    edges: [[f64; 2]; 2],
    /// Atoms, A.
    atoms: Vec<[f64; 2]>,
    /// The vector from an atom to the one it is bound to, (a1 + a2) / 3, A.
    bond: [f64; 2],
}

/// Where a layer lies.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    z_a: f64,
    shift_a: [f64; 2],
}

impl Plane {
    /// The layer whose edges are rows of `matrix` times (a1, a2), turned so that the first lies along x. The determinant
    /// must be above 0.
    fn new(bond_a: f64, matrix: [[i64; 2]; 2]) -> Self {
        let a = bond_a * 3.0_f64.sqrt();
        let (a1, a2) = ([a, 0.0], [0.5 * a, 0.5 * 3.0_f64.sqrt() * a]);
        let combine = |u: f64, v: f64| [u * a1[0] + v * a2[0], u * a1[1] + v * a2[1]];
        let first = combine(matrix[0][0] as f64, matrix[0][1] as f64);
        let length = first[0].hypot(first[1]);
        let (cos, sin) = (first[0] / length, -first[1] / length);
        let turn = |p: [f64; 2]| [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1]];
        let edges = matrix.map(|row| turn(combine(row[0] as f64, row[1] as f64)));
        let atoms = cells_inside(matrix)
            .into_iter()
            .flat_map(|[u, v]| {
                let (u, v) = (u as f64, v as f64);
                [turn(combine(u, v)), turn(combine(u + 1.0 / 3.0, v + 1.0 / 3.0))]
            })
            .collect();
        Self { edges, atoms, bond: turn(combine(1.0 / 3.0, 1.0 / 3.0)) }
    }
}

/// The lattice points within one supercell: (u, v) = (s, t) matrix with 0 <= s, t < 1, decided in whole numbers.
fn cells_inside(matrix: [[i64; 2]; 2]) -> Vec<[i64; 2]> {
    let [[a, b], [c, d]] = matrix;
    let determinant = a * d - b * c;
    let reach = a.abs() + b.abs() + c.abs() + d.abs();
    let mut found = Vec::new();
    for u in -reach..=reach {
        for v in -reach..=reach {
            // s and t times the determinant.
            let (s, t) = (u * d - v * c, v * a - u * b);
            if (0..determinant).contains(&s) && (0..determinant).contains(&t) {
                found.push([u, v]);
            }
        }
    }
    found
}

/// Layers above each other in a cell of a height; all planes have the same edges.
fn stack(layers: &[(&Plane, Place)], height_a: f64) -> Result<Structure, BuildError> {
    let edges = layers[0].0.edges;
    let rows = [[edges[0][0], edges[0][1], 0.0], [edges[1][0], edges[1][1], 0.0], [0.0, 0.0, height_a]];
    let cell = Cell::new(rows, [true; 3])?;
    let mut positions = Vec::new();
    for (plane, place) in layers {
        let [dx, dy] = place.shift_a;
        let at = |atom: &[f64; 2]| cell.wrap(&Vec3::new(atom[0] + dx, atom[1] + dy, place.z_a)).0;
        positions.extend(plane.atoms.iter().map(at));
    }
    Ok(Structure::new(cell, vec![Species::C; positions.len()], positions)?)
}

/// Layers of one orientation, stacked from z = 0 at `spacing_a`, in a cell of a height.
fn aligned(
    bond_a: f64,
    repeat: [usize; 2],
    layers: usize,
    spacing_a: f64,
    stacking: Stacking,
    height_a: f64,
) -> Result<Structure, BuildError> {
    let plane = Plane::new(bond_a, [[repeat[0] as i64, 0], [0, repeat[1] as i64]]);
    let place = |k: usize| {
        let bonds = (k % stacking.period()) as f64;
        let shift_a = plane.bond.map(|x| x * bonds);
        (&plane, Place { z_a: k as f64 * spacing_a, shift_a })
    };
    stack(&(0..layers).map(place).collect::<Vec<_>>(), height_a)
}

/// Graphite: `layers` layers of 2 `repeat[0]` `repeat[1]` atoms, `spacing_a` apart. The number of layers should be a multiple of
/// the stacking's period.
///
/// # Errors
/// The cell has no volume.
pub fn graphite(
    bond_a: f64,
    repeat: [usize; 2],
    layers: usize,
    spacing_a: f64,
    stacking: Stacking,
) -> Result<Structure, BuildError> {
    aligned(bond_a, repeat, layers, spacing_a, stacking, layers as f64 * spacing_a)
}

/// A slit between walls of graphite: as [`graphite`], with `width_a` between the planes of the atoms on both sides of it.
///
/// # Errors
/// The cell has no volume.
pub fn slit_pore(
    bond_a: f64,
    repeat: [usize; 2],
    layers: usize,
    spacing_a: f64,
    stacking: Stacking,
    width_a: f64,
) -> Result<Structure, BuildError> {
    let height_a = (layers - 1) as f64 * spacing_a + width_a;
    aligned(bond_a, repeat, layers, spacing_a, stacking, height_a)
}

/// A turbostratic stack: each layer has a shift of its own and, where `supercell` (m, n) has two different numbers above
/// 0, one of the two orientations that fit the cell, by lot. A layer has 2 (m^2 + m n + n^2) atoms.
///
/// # Errors
/// The cell has no volume.
pub fn turbostratic(
    bond_a: f64,
    supercell: [usize; 2],
    layers: usize,
    spacing_a: f64,
    (seed, replica): (u64, u32),
) -> Result<Structure, BuildError> {
    let [m, n] = supercell.map(|x| x as i64);
    let planes = [[m, n], [n, m]].map(|[m, n]| Plane::new(bond_a, [[m, n], [-n, m + n]]));
    let edges = planes[0].edges;
    let place = |k: usize| {
        let mut stream = Stream::new(seed, replica, Purpose::Layers, k as u64);
        let plane = &planes[stream.below(2)];
        let (s, t) = (stream.uniform(), stream.uniform());
        let shift_a = std::array::from_fn(|axis| s * edges[0][axis] + t * edges[1][axis]);
        (plane, Place { z_a: k as f64 * spacing_a, shift_a })
    };
    stack(&(0..layers).map(place).collect::<Vec<_>>(), layers as f64 * spacing_a)
}

/// The angle between the two orientations of a supercell (m, n), degrees.
pub fn twist_degrees(supercell: [usize; 2]) -> f64 {
    let [m, n] = supercell.map(|x| x as f64);
    let cos = (m * m + 4.0 * m * n + n * n) / (2.0 * (m * m + m * n + n * n));
    cos.clamp(-1.0, 1.0).acos().to_degrees()
}
