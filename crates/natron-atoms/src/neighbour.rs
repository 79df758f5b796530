//! Neighbour lists: who lies within a cutoff of whom, through all periodic images.
//!
//! Small cells are searched pair by pair ([`direct`]), large ones by linked cells ([`linked`]); both give the
//! same list in the same order, rows sorted by (index, image). All buffers are kept between builds.

mod curve;
mod cutoffs;
mod direct;
mod images;
mod linked;
mod problem;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Cell, Mat3, Structure, Vec3};
pub use cutoffs::Cutoffs;
use images::Images;
use problem::{Known, Problem};
use rows::Rows;

/// A full neighbour list (both i->j and j->i) in compressed rows, with a Verlet skin.
///
/// It holds every pair closer than `cutoff + skin` when it was built; distances are computed from
/// current positions when asked, and those beyond the cutoff are left out then.
#[derive(Debug, Clone)]
pub struct NeighbourList {
    cutoffs: Cutoffs,
    skin_a: f64,
    rows: Rows,
    images: Images,
    /// Atoms along a space-filling curve.
    order: Vec<u32>,
    version: u64,
    built_for: Structure,
    /// The cell the rows' offsets hold for; it may have changed a little since the build.
    placed_in: Cell,
    work: Workspace,
}

/// Distinguishes builds.
static VERSIONS: AtomicU64 = AtomicU64::new(1);

/// Buffers of the searches, kept so that a rebuild allocates nothing.
#[derive(Debug, Clone, Default)]
struct Workspace {
    known: Known,
    bins: linked::Bins,
    found: Vec<Rows>,
    cursor: Vec<usize>,
    keys: Vec<u64>,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Algorithm {
    Direct,
    Linked,
}

/// Below this many atoms the direct search is as fast (measured at the density of carbon, reach 6 and 8 A).
const LINKED_FROM_ATOMS: usize = 64;

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
    /// The cutoff is not a positive number, or the skin a negative one.
    #[error("the cutoff must be positive and finite and the skin not negative, not {0} A")]
    Cutoff(f64),
    /// A position is NaN or infinite.
    #[error("the position of atom {atom} is not finite")]
    NotFinite {
        /// Index of the atom, from 0.
        atom: usize,
    },
    /// A position is so many cells away that its place in the cell is rounded off.
    #[error("atom {atom} is more than 1000000 cells away from the cell")]
    TooFar {
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
        Self::build_by_pair(structure, Cutoffs::uniform(cutoff_a), skin_a)
    }

    /// The same with a cutoff of its own for each pair of species.
    ///
    /// # Errors
    /// See [`NeighbourError`].
    pub fn build_by_pair(
        structure: &Structure,
        cutoffs: Cutoffs,
        skin_a: f64,
    ) -> Result<Self, NeighbourError> {
        cutoffs.check(skin_a)?;
        let mut list = Self {
            cutoffs,
            skin_a,
            rows: Rows::default(),
            images: Images::default(),
            order: Vec::new(),
            version: 0,
            built_for: structure.clone(),
            placed_in: structure.cell.clone(),
            work: Workspace::default(),
        };
        list.rebuild(structure)?;
        Ok(list)
    }

    /// Brings the list up to date with `structure`; returns whether it was rebuilt.
    ///
    /// # Errors
    /// See [`NeighbourError`]; the list is then empty and stale.
    pub fn update(&mut self, structure: &Structure) -> Result<bool, NeighbourError> {
        let stale = self.is_stale(structure);
        if stale {
            self.rebuild(structure)?;
        } else if self.placed_in != structure.cell {
            self.images.place(&structure.cell);
            self.placed_in.clone_from(&structure.cell);
        }
        Ok(stale)
    }

    /// Builds the list anew for `structure`, whatever has moved, with another skin (A). Buffers are kept.
    ///
    /// # Errors
    /// See [`NeighbourError`]; the list is then empty and stale.
    pub fn renew(&mut self, structure: &Structure, skin_a: f64) -> Result<(), NeighbourError> {
        self.cutoffs.check(skin_a)?;
        self.skin_a = skin_a;
        self.rebuild(structure)
    }

    /// Whether a pair closer than the cutoff may be missing: the species or the periodic directions changed, an
    /// atom moved more than half the skin, or atoms and cell together used it up.
    ///
    /// Where the cell changed by D (v' = D^T v for vectors that follow it) and atoms moved by at most u beside
    /// that, a pair that was beyond the reach is still beyond sigma_min(D) reach - 2 u.
    pub fn is_stale(&self, structure: &Structure) -> bool {
        let built = &self.built_for;
        if built.species != structure.species || built.positions.len() != structure.positions.len() {
            return true;
        }
        let pairs = built.positions.iter().zip(&structure.positions);
        if built.cell == structure.cell {
            let limit = (0.5 * self.skin_a).powi(2);
            return !pairs.fold(true, |fresh, (a, b)| fresh & ((a - b).norm_squared() <= limit));
        }
        if built.cell.periodic() != structure.cell.periodic() {
            return true;
        }
        let deformation: Mat3 = built.cell.inverse() * structure.cell.rows();
        let shortest = deformation.singular_values().min();
        let left = |cutoff_a: f64| 0.5 * (shortest * (cutoff_a + self.skin_a) - cutoff_a);
        let limit = left(self.cutoffs.longest_a()).min(left(self.cutoffs.shortest_a()));
        !(limit >= 0.0
            && pairs.fold(true, |fresh, (a, b)| {
                fresh & ((deformation.tr_mul(a) - b).norm_squared() <= limit * limit)
            }))
    }

    fn rebuild(&mut self, structure: &Structure) -> Result<(), NeighbourError> {
        let large = structure.len() >= LINKED_FROM_ATOMS;
        self.rebuild_with(structure, if large { Algorithm::Linked } else { Algorithm::Direct })
    }

    fn rebuild_with(&mut self, structure: &Structure, algorithm: Algorithm) -> Result<(), NeighbourError> {
        let outcome = self.search(structure, algorithm);
        self.version = VERSIONS.fetch_add(1, Ordering::Relaxed);
        self.built_for.cell.clone_from(&structure.cell);
        self.placed_in.clone_from(&structure.cell);
        if outcome.is_err() {
            self.rows.clear();
            self.order.clear();
            self.built_for.species.clear();
            self.built_for.positions.clear();
            return outcome;
        }
        self.images.place(&structure.cell);
        self.built_for.species.clone_from(&structure.species);
        self.built_for.positions.clone_from(&structure.positions);
        Ok(())
    }

    fn search(&mut self, structure: &Structure, algorithm: Algorithm) -> Result<(), NeighbourError> {
        let Self { cutoffs, skin_a, rows, images, order, work, .. } = self;
        let problem = Problem::new(structure, cutoffs, *skin_a, &mut work.known)?;
        images.set(problem.search_a, problem.heights_a, problem.periodic, &problem.known.fractional);
        match algorithm {
            Algorithm::Direct => direct::search(&problem, images, rows)?,
            Algorithm::Linked => {
                linked::search(&problem, images, &mut work.bins, &mut work.found, &mut work.cursor, rows)?;
            }
        }
        curve::sort(&problem, &images.home, &mut work.keys, order);
        Ok(())
    }

    /// The longest cutoff, A.
    pub fn cutoff_a(&self) -> f64 {
        self.cutoffs.longest_a()
    }

    /// The cutoffs by pair of species.
    pub fn cutoffs(&self) -> &Cutoffs {
        &self.cutoffs
    }

    /// Skin, A.
    pub fn skin_a(&self) -> f64 {
        self.skin_a
    }

    /// Number of atoms the list was built for.
    pub fn len(&self) -> usize {
        self.rows.first.len() - 1
    }

    /// Whether it was built for no atom.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pairs stored for atom `i`, skin included: (atom, image), sorted.
    pub fn candidates(&self, i: usize) -> impl ExactSizeIterator<Item = (usize, [i32; 3])> + '_ {
        let (index, image) = self.rows(i);
        index.iter().zip(image).map(move |(&j, &number)| {
            let j = j as usize;
            (j, self.images.between(i, j, number))
        })
    }

    /// Pairs stored for atom `i`, skin included, as slices of equal length: atoms, and numbers of images. From atom
    /// `i` to the neighbour it is `homed[index] + offsets[image] - homed[i]` with [`NeighbourList::homed`] and
    /// [`NeighbourList::offsets`]. Sorted by (index, image).
    #[inline]
    pub fn rows(&self, i: usize) -> (&[u32], &[u32]) {
        let row = self.row(i);
        (&self.rows.index[row.clone()], &self.rows.image[row])
    }

    /// Offset (A) of each image that [`NeighbourList::rows`] numbers, in the cell of the last
    /// [`NeighbourList::update`]. Opposite images stand symmetrically about the middle, which is the cell itself.
    pub fn offsets(&self) -> &[Vec3] {
        &self.images.offset
    }

    /// The position (A) of atom `i` moved by whole cells into the cell it was in when the list was built.
    #[inline]
    pub fn homed(&self, structure: &Structure, i: usize) -> Vec3 {
        match self.images.home[i] {
            [0, 0, 0] => structure.positions[i],
            home => structure.positions[i] - structure.cell.offset(home),
        }
    }

    /// The atoms along a space-filling curve at the time of the build: those that follow each other are close in space
    /// (and their rows in the processor's caches).
    pub fn spatial_order(&self) -> &[u32] {
        &self.order
    }

    /// Changes with every build, of this list or any other.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where the pairs of atom `i` lie among all [`NeighbourList::pairs`].
    #[inline]
    pub fn row(&self, i: usize) -> std::ops::Range<usize> {
        self.rows.first[i]..self.rows.first[i + 1]
    }

    /// Number of pairs stored (each seen from both ends), skin included.
    pub fn pairs(&self) -> usize {
        self.rows.index.len()
    }

    /// Neighbours of atom `i` within the cutoffs at the current positions of `structure`.
    pub fn neighbours<'a>(
        &'a self,
        structure: &'a Structure,
        i: usize,
    ) -> impl Iterator<Item = Neighbour> + 'a {
        let here = structure.positions[i];
        self.candidates(i).filter_map(move |(index, image)| {
            let vector = structure.positions[index] - here + structure.cell.offset(image);
            let distance_a = vector.norm();
            (distance_a < self.cutoffs.of_pair_a(structure.species[i], structure.species[index]))
                .then_some(Neighbour { index, image, vector, distance_a })
        })
    }

    /// The positions the list was built for (restart needs them to rebuild the same list).
    pub fn built_for(&self) -> &Structure {
        &self.built_for
    }
}
