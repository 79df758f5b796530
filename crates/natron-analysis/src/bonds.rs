//! Who is bound to whom by distance: coordination, bond lengths, angles.
//!
//! Two atoms of a species are bound where they are closer than a cutoff. In carbon, atoms with two, three and four neighbours within 1.85 A are
//! called sp, sp2 and sp3; the name is for the number, nothing electronic is asked.

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure, Vec3};

/// The bonds between the atoms of one species.
#[derive(Debug, Clone, PartialEq)]
pub struct Bonds {
    /// Atoms of the structure that belong to the species, `[n]`.
    pub atoms: Vec<usize>,
    /// Bound neighbours of each as (place in `atoms`, image), `[n]`.
    pub neighbours: Vec<Vec<(usize, [i32; 3])>>,
    vectors: Vec<Vec<Vec3>>,
}

/// Mean and standard deviation of a set of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation over the set (divisor n).
    pub sd: f64,
}

impl Spread {
    /// Of values; `None` if there is none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        (!values.is_empty()).then(|| Self { mean, sd: variance.sqrt() })
    }
}

impl Bonds {
    /// The bonds between atoms of `species` closer than `cutoff_a` (A), periodic images included.
    ///
    /// # Errors
    /// Neighbours cannot be found.
    pub fn new(structure: &Structure, species: Species, cutoff_a: f64) -> Result<Self, NeighbourError> {
        let list = NeighbourList::build(structure, cutoff_a, 0.0)?;
        let atoms: Vec<usize> = (0..structure.len()).filter(|&i| structure.species[i] == species).collect();
        let mut place = vec![usize::MAX; structure.len()];
        for (number, &atom) in atoms.iter().enumerate() {
            place[atom] = number;
        }
        let (mut neighbours, mut vectors) = (Vec::new(), Vec::new());
        for &atom in &atoms {
            let near = list.candidates(atom).filter_map(|(index, image)| {
                let to = structure.positions[index] + structure.cell.offset(image);
                let vector = to - structure.positions[atom];
                (place[index] != usize::MAX && vector.norm() < cutoff_a)
                    .then_some(((place[index], image), vector))
            });
            let (who, which): (Vec<_>, Vec<_>) = near.unzip();
            neighbours.push(who);
            vectors.push(which);
        }
        Ok(Self { atoms, neighbours, vectors })
    }

    /// Share of the atoms that have `count` bound neighbours; 0 where there is no atom.
    pub fn share(&self, count: usize) -> f64 {
        let with = self.neighbours.iter().filter(|near| near.len() == count).count();
        with as f64 / self.atoms.len().max(1) as f64
    }

    /// Lengths of all bonds, each from both ends, A.
    pub fn lengths_a(&self) -> Vec<f64> {
        self.vectors.iter().flatten().map(Vec3::norm).collect()
    }

    /// Angles between every two bonds of an atom, degrees.
    pub fn angles_deg(&self) -> Vec<f64> {
        let of_atom = |vectors: &Vec<Vec3>| -> Vec<f64> {
            let pairs = (0..vectors.len()).flat_map(|i| (i + 1..vectors.len()).map(move |j| (i, j)));
            pairs.map(|(i, j)| vectors[i].angle(&vectors[j]).to_degrees()).collect()
        };
        self.vectors.iter().flat_map(of_atom).collect()
    }
}

#[cfg(test)]
mod tests {
    use natron_atoms::Cell;

    use super::*;

    /// A square net of carbon 1.5 A apart, with a sodium atom in one square that must not count.
    #[test]
    fn a_square_net_has_four_neighbours_at_right_angles() {
        let cell = Cell::new([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 9.0]], [true; 3]).expect("a cell");
        let mut positions: Vec<Vec3> =
            (0..4).map(|k| Vec3::new(1.5 * (k / 2) as f64, 1.5 * (k % 2) as f64, 0.0)).collect();
        positions.push(Vec3::new(0.75, 0.75, 0.5));
        let species = [vec![Species::C; 4], vec![Species::NA]].concat();
        let structure = Structure::new(cell, species, positions).expect("a structure");
        let bonds = Bonds::new(&structure, Species::C, 1.8).expect("bonds");
        assert_eq!((bonds.share(4), bonds.share(3)), (1.0, 0.0));
        let lengths = Spread::of(&bonds.lengths_a()).expect("bonds");
        assert!((lengths.mean - 1.5).abs() < 1e-12 && lengths.sd < 1e-12);
        let angles = bonds.angles_deg();
        assert_eq!(angles.len(), 4 * 6);
        let right = angles.iter().filter(|angle| (**angle - 90.0).abs() < 1e-9).count();
        assert_eq!(right, 4 * 4, "the other two are straight");
        assert_eq!(Spread::of(&[]), None);
    }
}
