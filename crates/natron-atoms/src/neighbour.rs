//! Neighbour lists: who lies within a cutoff of whom, through all periodic images.

use crate::{Structure, Vec3};

/// A full neighbour list (both i->j and j->i) in compressed rows, with a Verlet skin.
///
/// It holds every pair closer than `cutoff + skin` when it was built; distances are computed from
/// current positions when asked, and those beyond the cutoff are left out then.
#[derive(Debug, Clone)]
pub struct NeighbourList {
    cutoff_a: f64,
    skin_a: f64,
    first: Vec<usize>,
    index: Vec<u32>,
    image: Vec<[i32; 3]>,
    built_for: Structure,
}

/// One neighbour of a centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Index of the neighbour atom.
    pub index: usize,
    /// Which image of it: cell offsets to add.
    pub image: [i32; 3],
    /// From the centre to the neighbour, A.
    pub vector: Vec3,
    /// Its length, A.
    pub distance_a: f64,
}

/// Why there is no list.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NeighbourError {
    /// The cutoff is not a positive number.
    #[error("the cutoff must be positive and finite, not {0} A")]
    Cutoff(f64),
    /// A position is NaN or infinite.
    #[error("the position of atom {atom} is not finite")]
    NotFinite {
        /// Index of the atom, from 0.
        atom: usize,
    },
    /// More periodic images than any sensible cell needs.
    #[error("the cutoff reaches {images} images of the cell; the limit is 1000000")]
    TooManyImages {
        /// How many.
        images: u64,
    },
    /// More atoms per volume than matter has.
    #[error("{density_per_a3} atoms per cubic angstrom; the limit is 1")]
    TooDense {
        /// Atoms per A^3.
        density_per_a3: f64,
    },
}

impl NeighbourList {
    /// The list of `structure` for pairs closer than `cutoff_a` (A), good until an atom has moved `skin_a / 2`.
    ///
    /// # Errors
    /// See [`NeighbourError`].
    pub fn build(structure: &Structure, cutoff_a: f64, skin_a: f64) -> Result<Self, NeighbourError> {
        if !(cutoff_a > 0.0 && cutoff_a.is_finite() && skin_a >= 0.0 && skin_a.is_finite()) {
            return Err(NeighbourError::Cutoff(cutoff_a));
        }
        let mut list = Self {
            cutoff_a,
            skin_a,
            first: Vec::new(),
            index: Vec::new(),
            image: Vec::new(),
            built_for: structure.clone(),
        };
        list.rebuild(structure)?;
        Ok(list)
    }

    /// Brings the list up to date with `structure`; returns whether it was rebuilt.
    ///
    /// # Errors
    /// See [`NeighbourError`].
    pub fn update(&mut self, structure: &Structure) -> Result<bool, NeighbourError> {
        let stale = self.is_stale(structure);
        if stale {
            self.rebuild(structure)?;
        }
        Ok(stale)
    }

    /// Whether an atom moved more than half the skin, or the cell or the species changed, since the last build.
    pub fn is_stale(&self, structure: &Structure) -> bool {
        let built = &self.built_for;
        let limit = (0.5 * self.skin_a).powi(2);
        built.cell != structure.cell
            || built.species != structure.species
            || !built.positions.iter().zip(&structure.positions).all(|(a, b)| (a - b).norm_squared() <= limit)
    }

    fn rebuild(&mut self, structure: &Structure) -> Result<(), NeighbourError> {
        if let Some(atom) = structure.positions.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(NeighbourError::NotFinite { atom });
        }
        let reach = self.cutoff_a + self.skin_a;
        let cell = &structure.cell;
        let (heights, periodic) = (cell.heights_a(), cell.periodic());
        let fractional: Vec<Vec3> = structure.positions.iter().map(|p| cell.fractional(p)).collect();
        self.first.clear();
        self.index.clear();
        self.image.clear();
        self.first.push(0);
        for (i, here) in fractional.iter().enumerate() {
            for (j, there) in fractional.iter().enumerate() {
                let range: [(i32, i32); 3] = std::array::from_fn(|k| {
                    if !periodic[k] {
                        return (0, 0);
                    }
                    let (gap, width) = (there[k] - here[k], reach / heights[k]);
                    ((-width - gap).ceil() as i32, (width - gap).floor() as i32)
                });
                for a in range[0].0..=range[0].1 {
                    for b in range[1].0..=range[1].1 {
                        for c in range[2].0..=range[2].1 {
                            if i == j && [a, b, c] == [0, 0, 0] {
                                continue;
                            }
                            let vector =
                                structure.positions[j] - structure.positions[i] + cell.offset([a, b, c]);
                            if vector.norm_squared() < reach * reach {
                                self.index.push(j as u32);
                                self.image.push([a, b, c]);
                            }
                        }
                    }
                }
            }
            self.first.push(self.index.len());
        }
        self.built_for.clone_from(structure);
        Ok(())
    }

    /// Cutoff, A.
    pub fn cutoff_a(&self) -> f64 {
        self.cutoff_a
    }

    /// Skin, A.
    pub fn skin_a(&self) -> f64 {
        self.skin_a
    }

    /// Number of atoms the list was built for.
    pub fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// Whether it was built for no atom.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pairs stored for atom `i`, skin included: (atom, image), in a fixed order.
    pub fn candidates(&self, i: usize) -> impl ExactSizeIterator<Item = (usize, [i32; 3])> + '_ {
        let row = self.first[i]..self.first[i + 1];
        self.index[row.clone()].iter().zip(&self.image[row]).map(|(&j, &image)| (j as usize, image))
    }

    /// Neighbours of atom `i` within the cutoff at the current positions of `structure`.
    pub fn neighbours<'a>(
        &'a self,
        structure: &'a Structure,
        i: usize,
    ) -> impl Iterator<Item = Neighbour> + 'a {
        let here = structure.positions[i];
        self.candidates(i).filter_map(move |(index, image)| {
            let vector = structure.positions[index] - here + structure.cell.offset(image);
            let distance_a = vector.norm();
            (distance_a < self.cutoff_a).then_some(Neighbour { index, image, vector, distance_a })
        })
    }

    /// The positions the list was built for (restart needs them to rebuild the same list).
    pub fn built_for(&self) -> &Structure {
        &self.built_for
    }
}
