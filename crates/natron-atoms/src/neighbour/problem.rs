//! What every search needs to know about a structure, checked.

use super::{Cutoffs, NeighbourError};
use crate::{Cell, Structure, Vec3};

/// No sensible cell needs more images than this.
const MAX_IMAGES: f64 = 1e6;
/// Matter has about 0.2 atoms per A^3 at most (diamond 0.18, hydrogen under pressure 0.5).
const MAX_DENSITY_PER_A3: f64 = 1.0;
/// Cells between an atom and the home cell; far beyond any diffusion, and safe in i32 and in f64.
const MAX_CELLS_AWAY: f64 = 1e6;

/// How near is near, for one pair of kinds, A^2.
#[derive(Debug, Clone, Copy)]
struct Near {
    /// The square of the reach: pairs closer than that are neighbours.
    reach_squared: f64,
    /// The square of reach plus the rounding error of coordinates.
    search_squared: f64,
    /// The square of reach less the rounding error.
    sure_squared: f64,
}

impl Near {
    fn new(reach_a: f64, rounding_a: f64) -> Self {
        Self {
            reach_squared: reach_a * reach_a,
            search_squared: (reach_a + rounding_a).powi(2),
            sure_squared: (reach_a - rounding_a).max(0.0).powi(2),
        }
    }
}

/// What was found out about the atoms and their species, buffers kept between builds.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub fractional: Vec<Vec3>,
    /// Kind of each atom, see [`Cutoffs::kind`].
    kind: Vec<u8>,
    /// `[kind][kind]`.
    near: Vec<Near>,
}

/// A structure and how far to look. Everything in it was checked.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub structure: &'a Structure,
    pub known: &'a Known,
    /// The longest reach, A.
    reach_a: f64,
    /// It plus the rounding error of coordinates, A: what a search has to cover.
    pub search_a: f64,
    /// Its square, A^2.
    pub search_squared: f64,
    kinds: usize,
    pub heights_a: [f64; 3],
    pub periodic: [bool; 3],
    max_row: usize,
}

impl<'a> Problem<'a> {
    /// Checks the structure and fills `known`.
    pub fn new(
        structure: &'a Structure,
        cutoffs: &Cutoffs,
        skin_a: f64,
        known: &'a mut Known,
    ) -> Result<Self, NeighbourError> {
        let reach_a = cutoffs.longest_a() + skin_a;
        let fractional = &mut known.fractional;
        let cell = &structure.cell;
        let (heights_a, periodic) = (cell.heights_a(), cell.periodic());
        if let Some(atom) = structure.positions.iter().position(|p| p.iter().any(|x| !x.is_finite())) {
            return Err(NeighbourError::NotFinite { atom });
        }
        fractional.clear();
        fractional.extend(structure.positions.iter().map(|p| cell.fractional(p)));
        let away = |f: &Vec3| (0..3).any(|k| periodic[k] && f[k].abs() > MAX_CELLS_AWAY);
        if let Some(atom) = fractional.iter().position(away) {
            return Err(NeighbourError::TooFar { atom });
        }
        let largest = structure.positions.iter().fold(0.0_f64, |m, p| m.max(p.amax()));
        let rounding = 1e-9 * (reach_a + largest);
        check_images(reach_a, heights_a, periodic)?;
        check_density(cell, reach_a, fractional)?;
        let kinds = cutoffs.kinds();
        known.kind.clear();
        known.kind.extend(structure.species.iter().map(|&species| cutoffs.kind(species) as u8));
        known.near.clear();
        known.near.extend(
            (0..kinds * kinds)
                .map(|k| Near::new(cutoffs.of_kinds_a(k / kinds, k % kinds) + skin_a, rounding)),
        );
        let ball_a3 = 4.0 / 3.0 * std::f64::consts::PI * reach_a.powi(3);
        let max_row = (MAX_DENSITY_PER_A3 * ball_a3).max(64.0) as usize;
        let search_a = reach_a + rounding;
        Ok(Self {
            structure,
            known,
            reach_a,
            search_a,
            search_squared: search_a * search_a,
            kinds,
            heights_a,
            periodic,
            max_row,
        })
    }

    /// The one test of nearness, for a pair whose distance some search knows up to rounding. Doubtful cases are
    /// settled here, on one arithmetic, so that the list does not depend on the search; and it is antisymmetric
    /// in floating point, so that the list is symmetric.
    #[inline]
    pub fn near(&self, i: usize, j: usize, image: [i32; 3], distance_squared: f64) -> bool {
        if i == j && image == [0, 0, 0] {
            return false;
        }
        let kind = &self.known.kind;
        let near = &self.known.near[usize::from(kind[i]) * self.kinds + usize::from(kind[j])];
        distance_squared < near.sure_squared
            || (distance_squared < near.search_squared && self.exactly_near(i, j, image, near))
    }

    #[cold]
    fn exactly_near(&self, i: usize, j: usize, image: [i32; 3], near: &Near) -> bool {
        let positions = &self.structure.positions;
        let vector = positions[j] - positions[i] + self.structure.cell.offset(image);
        vector.norm_squared() < near.reach_squared
    }

    /// Refuses a row longer than a ball of matter holds: atoms piled up in a corner of a large cell.
    pub fn check_row(&self, length: usize) -> Result<(), NeighbourError> {
        if length <= self.max_row {
            return Ok(());
        }
        let ball_a3 = 4.0 / 3.0 * std::f64::consts::PI * self.reach_a.powi(3);
        Err(NeighbourError::TooDense { density_per_a3: length as f64 / ball_a3 })
    }
}

fn check_images(reach_a: f64, heights_a: [f64; 3], periodic: [bool; 3]) -> Result<(), NeighbourError> {
    let per_direction =
        |k: usize| if periodic[k] { 2.0 * (reach_a / heights_a[k]).ceil() + 1.0 } else { 1.0 };
    let images: f64 = (0..3).map(per_direction).product();
    if images > MAX_IMAGES {
        return Err(NeighbourError::TooManyImages { images: images as u64 });
    }
    Ok(())
}

/// An atom takes at least this much room along an open direction, A: with a short reach, two bonded atoms are no crowd.
const ROOM_A: f64 = 2.0;

/// Atoms over the volume they occupy; along an open direction that is their extent plus the reach.
fn check_density(cell: &Cell, reach_a: f64, fractional: &[Vec3]) -> Result<(), NeighbourError> {
    let heights_a = cell.heights_a();
    let stretch = |k: usize| {
        if cell.periodic()[k] {
            return 1.0;
        }
        let (low, high) = extent(fractional, k);
        high - low + reach_a.max(ROOM_A) / heights_a[k]
    };
    let volume_a3: f64 = cell.volume_a3() * (0..3).map(stretch).product::<f64>();
    let density_per_a3 = fractional.len() as f64 / volume_a3;
    if density_per_a3 > MAX_DENSITY_PER_A3 {
        return Err(NeighbourError::TooDense { density_per_a3 });
    }
    Ok(())
}

/// The smallest and the largest fractional coordinate along direction `k`; (0, 0) of no atoms.
pub(super) fn extent(fractional: &[Vec3], k: usize) -> (f64, f64) {
    let low = fractional.iter().fold(f64::INFINITY, |m, f| m.min(f[k]));
    let high = fractional.iter().fold(f64::NEG_INFINITY, |m, f| m.max(f[k]));
    if low <= high { (low, high) } else { (0.0, 0.0) }
}
