//! A frame as a point: the mean over its atoms, element by element, of the power spectrum of their surroundings.
//!
//! c_{s n lm} = sum_j B_n(r_ij) Y_lm(r_ij) over neighbours of element s, p_{s s' n l} = sum_m c_{s n lm} c_{s' n lm} / (2 l + 1):
//! SOAP (doi:10.1103/PhysRevB.87.184115) with the same radial function on both sides. Distances between points are Euclidean,
//! each power spectrum compressed by its square root, so that close contacts do not outweigh everything.

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure};
use natron_descriptor::{HARMONICS, L_MAX, RadialBasis, harmonics};

/// Reach of the surroundings, A.
const CUTOFF_A: f64 = 5.0;
/// The basis is densest around 0.8 of this, A.
const SCALE_A: f64 = 2.5;
/// Radial functions.
const RADIAL: usize = 6;

/// What turns structures of some elements into points.
#[derive(Debug, Clone)]
pub(crate) struct Describer {
    species: Vec<Species>,
    basis: RadialBasis<f64>,
}

impl Describer {
    /// For these elements, sorted.
    pub fn new(species: Vec<Species>) -> Self {
        Self { species, basis: RadialBasis::new(CUTOFF_A, SCALE_A) }
    }

    fn pairs(&self) -> usize {
        self.species.len() * (self.species.len() + 1) / 2
    }

    /// Numbers of a power spectrum.
    fn width(&self) -> usize {
        self.pairs() * RADIAL * (L_MAX + 1)
    }

    /// The point of a structure.
    ///
    /// Shapes: `[elements * (pairs * RADIAL * (L_MAX + 1))]`.
    ///
    /// # Errors
    /// There is no neighbour list.
    pub fn point(&self, structure: &Structure) -> Result<Vec<f64>, NeighbourError> {
        let list = NeighbourList::build(structure, CUTOFF_A, 0.0)?;
        let width = self.width();
        let mut sums = vec![0.0; self.species.len() * width];
        for i in 0..structure.len() {
            let spectrum = self.spectrum(structure, &list, i);
            let own = self.place(structure.species[i]) * width;
            sums[own..own + width].iter_mut().zip(spectrum).for_each(|(sum, p)| *sum += p);
        }
        let atoms = structure.len().max(1) as f64;
        // By element and atom: a frame with twice the sodium is another point.
        Ok(sums.into_iter().map(|sum| sum / atoms).collect())
    }

    fn place(&self, species: Species) -> usize {
        self.species.binary_search(&species).expect("the describer knows every element of its frames")
    }

    fn spectrum(&self, structure: &Structure, list: &NeighbourList, i: usize) -> Vec<f64> {
        let mut density = vec![[[0.0; HARMONICS]; RADIAL]; self.species.len()];
        let (mut values, mut slopes) = ([0.0; RADIAL], [0.0; RADIAL]);
        for neighbour in list.neighbours(structure, i) {
            self.basis.evaluate(neighbour.distance_a, &mut values, &mut slopes);
            let unit = neighbour.vector / neighbour.distance_a;
            let y = harmonics([unit.x, unit.y, unit.z]);
            let own = &mut density[self.place(structure.species[neighbour.index])];
            for (row, value) in own.iter_mut().zip(&values) {
                row.iter_mut().zip(&y).for_each(|(c, y)| *c += value * y);
            }
        }
        let mut spectrum = Vec::with_capacity(self.width());
        for a in 0..self.species.len() {
            for b in a..self.species.len() {
                for (left, right) in density[a].iter().zip(&density[b]) {
                    for l in 0..=L_MAX {
                        let lm = l * l..(l + 1) * (l + 1);
                        let p: f64 = left[lm.clone()].iter().zip(&right[lm]).map(|(x, y)| x * y).sum();
                        spectrum.push(p.signum() * (p.abs() / (2 * l + 1) as f64).sqrt());
                    }
                }
            }
        }
        spectrum
    }
}

/// Square of the distance of two points.
pub(super) fn distance_squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Vec3};

    use super::*;

    fn structure(shift: Vec3, swap: bool) -> Structure {
        let cell = Cell::new([[6.0, 0.0, 0.0], [1.0, 7.0, 0.0], [0.0, 2.0, 8.0]], [true; 3]).expect("a cell");
        let mut atoms = vec![
            (Species::NA, Vec3::new(0.0, 0.0, 0.0)),
            (Species::C, Vec3::new(1.9, 0.4, 0.2)),
            (Species::C, Vec3::new(3.0, 4.0, 5.0)),
        ];
        if swap {
            atoms.swap(0, 2);
        }
        let (species, positions) = atoms.into_iter().map(|(s, p)| (s, p + shift)).unzip();
        Structure::new(cell, species, positions).expect("fits")
    }

    #[test]
    fn shifting_and_renumbering_change_nothing_and_moving_does() {
        let describer = Describer::new(vec![Species::C, Species::NA]);
        let point = |s: &Structure| describer.point(s).expect("a list");
        let first = point(&structure(Vec3::zeros(), false));
        assert_eq!(first.len(), 2 * 3 * RADIAL * (L_MAX + 1));
        let again = point(&structure(Vec3::new(9.0, -3.0, 0.7), true));
        assert!(distance_squared(&first, &again) < 1e-20);
        let mut moved = structure(Vec3::zeros(), false);
        moved.positions[1].x += 0.1;
        assert!(distance_squared(&first, &point(&moved)) > 1e-5);
    }

    #[test]
    fn turning_changes_nothing() {
        let describer = Describer::new(vec![Species::C, Species::NA]);
        let plain = structure(Vec3::zeros(), false);
        let turn = nalgebra::Rotation3::from_euler_angles(0.3, -0.8, 1.9);
        let rows = std::array::from_fn(|k| <[f64; 3]>::from(turn * plain.cell.vector(k)));
        let cell = Cell::new(rows, [true; 3]).expect("a cell");
        let positions = plain.positions.iter().map(|p| turn * p).collect();
        let turned = Structure::new(cell, plain.species.clone(), positions).expect("fits");
        let [a, b] = [&plain, &turned].map(|s| describer.point(s).expect("a list"));
        // The square root turns rounding of 1e-16 at a zero of p into 1e-8.
        assert!(distance_squared(&a, &b) < 1e-12, "{}", distance_squared(&a, &b));
    }
}
