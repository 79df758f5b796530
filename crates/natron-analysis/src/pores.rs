//! Pores: how wide the empty places of a structure are.
//!
//! The pore diameter at a point outside all atoms is that of the largest sphere that contains the point and overlaps no atom (L. D. Gelb,
//! K. E. Gubbins, 10.1021/la9808418). Points and centres of spheres are those of a grid over the cell, so that diameters are exact to
//! a grid spacing, and always from below. The accessible volume is that of the points where the centre of a probe may be.

use natron_atoms::{Cell, Species, Structure, Vec3};

/// Points of the grid beyond this are too many.
const MOST_POINTS: usize = 4_000_000;
/// A sphere wider than this is not looked for: beyond it a cell is empty rather than porous, A.
const WIDEST_A: f64 = 40.0;

/// A sphere that sticks out of a wider one by less than this part of the spacing is left out.
const SLIVER: f64 = 0.1;

/// How the volume of a cell is shared out.
#[derive(Debug, Clone, PartialEq)]
pub struct Pores {
    /// Share of the volume outside all atoms.
    pub void_share: f64,
    /// Share of the volume where the centre of the probe may be.
    pub accessible_share: f64,
    /// Diameter of the largest sphere that fits in, A.
    pub widest_a: f64,
    /// Pore diameter at each point of the void, A, falling; each stands for the same volume.
    pub diameters_a: Vec<f64>,
    /// Distance of the points of the grid, A: the longest of the three.
    pub spacing_a: f64,
}

/// Why there are no pores to speak of.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PoresError {
    /// Pores of a cluster have no volume to be a share of.
    #[error("the cell is not periodic in all three directions")]
    NotPeriodic,
    /// Nothing bounds them.
    #[error("there is no atom")]
    Empty,
    /// The grid is not one.
    #[error("a grid of {points} points is not possible; the limit is 4000000")]
    Grid {
        /// Points it would have.
        points: f64,
    },
}

/// Pores between atoms with `radius_a` (A, by element), on a grid no coarser than `spacing_a`, and the volume for a probe of `probe_a` (A,
/// radius).
///
/// # Errors
/// See [`PoresError`].
pub fn pores(
    structure: &Structure,
    radius_a: impl Fn(Species) -> f64,
    spacing_a: f64,
    probe_a: f64,
) -> Result<Pores, PoresError> {
    let grid = Grid::of(structure, spacing_a)?;
    let room = grid.room(structure, &radius_a);
    let diameters = grid.diameters(&room);
    let share = |count: usize| count as f64 / grid.points() as f64;
    let accessible = room.iter().filter(|room| **room >= probe_a).count();
    let mut diameters_a: Vec<f64> = diameters.into_iter().filter(|d| *d > 0.0).collect();
    diameters_a.sort_by(|a, b| b.total_cmp(a));
    Ok(Pores {
        void_share: share(diameters_a.len()),
        accessible_share: share(accessible),
        widest_a: diameters_a.first().copied().unwrap_or(0.0),
        spacing_a: grid.spacing_a(),
        diameters_a,
    })
}

impl Pores {
    /// Share of the cell's volume in pores of each range of diameters: `bins` of equal width up to `to_a`, wider ones in the last.
    pub fn distribution(&self, to_a: f64, bins: usize) -> Vec<f64> {
        let mut shares = vec![0.0; bins];
        let each = self.void_share / self.diameters_a.len().max(1) as f64;
        for diameter in &self.diameters_a {
            let bin = ((diameter / to_a * bins as f64) as usize).min(bins.saturating_sub(1));
            if let Some(share) = shares.get_mut(bin) {
                *share += each;
            }
        }
        shares
    }
}

/// Points along the three vectors of a cell.
pub(crate) struct Grid<'c> {
    cell: &'c Cell,
    counts: [usize; 3],
}

impl<'c> Grid<'c> {
    /// The grid over the cell of a structure that has pores.
    pub(crate) fn of(structure: &'c Structure, spacing_a: f64) -> Result<Self, PoresError> {
        if structure.cell.periodic() != [true; 3] {
            return Err(PoresError::NotPeriodic);
        }
        if structure.is_empty() {
            return Err(PoresError::Empty);
        }
        Self::new(&structure.cell, spacing_a)
    }

    /// Points along each vector of the cell.
    pub(crate) fn counts(&self) -> [usize; 3] {
        self.counts
    }

    fn new(cell: &'c Cell, spacing_a: f64) -> Result<Self, PoresError> {
        let along = std::array::from_fn(|k| (cell.vector(k).norm() / spacing_a).ceil().max(1.0));
        let points = along.iter().product::<f64>();
        if !(points <= MOST_POINTS as f64 && spacing_a > 0.0) {
            return Err(PoresError::Grid { points });
        }
        Ok(Self { cell, counts: along.map(|count| count as usize) })
    }

    fn points(&self) -> usize {
        self.counts.iter().product()
    }

    fn spacing_a(&self) -> f64 {
        (0..3).map(|k| self.cell.vector(k).norm() / self.counts[k] as f64).fold(0.0, f64::max)
    }

    fn steps(&self, index: usize) -> [usize; 3] {
        let [_, b, c] = self.counts;
        [index / (b * c), index / c % b, index % c]
    }

    fn place(&self, steps: [usize; 3]) -> Vec3 {
        let fractional = Vec3::from_fn(|k, _| steps[k] as f64 / self.counts[k] as f64);
        self.cell.cartesian(&fractional)
    }

    /// Distance (A) of every point from the surface of the next atom, negative inside one.
    pub(crate) fn room(&self, structure: &Structure, radius_a: &impl Fn(Species) -> f64) -> Vec<f64> {
        let mut room = vec![0.5 * WIDEST_A; self.points()];
        let thickest = structure.species.iter().map(|s| radius_a(*s)).fold(0.0, f64::max);
        // From every atom outward as far as it may be the next one.
        let reach = self.empty_reach(structure) + thickest;
        for (species, position) in structure.species.iter().zip(&structure.positions) {
            let radius = radius_a(*species);
            self.around(position, reach, |point, distance| room[point] = room[point].min(distance - radius));
        }
        room
    }

    /// No point is farther than this from the next atom: half the diagonal of the cell, or half of the widest pore.
    fn empty_reach(&self, structure: &Structure) -> f64 {
        let diagonal: f64 = (0..3).map(|k| structure.cell.vector(k).norm()).sum();
        (0.5 * diagonal).min(0.5 * WIDEST_A).min(self.largest_gap(structure))
    }

    /// An upper bound of the distance from any point to the next atom, from a coarse look: the farthest of some points, and
    /// how far any other point is from one of these.
    fn largest_gap(&self, structure: &Structure) -> f64 {
        const LOOKS: usize = 6;
        let corner = |k: usize| {
            let steps = [k / (LOOKS * LOOKS), k / LOOKS % LOOKS, k % LOOKS];
            self.cell.cartesian(&Vec3::from_fn(|i, _| steps[i] as f64 / LOOKS as f64))
        };
        let nearest = |place: Vec3| {
            let ways = structure.positions.iter().map(|p| {
                let fractional = self.cell.fractional(&(p - place));
                self.cell.cartesian(&fractional.map(|f| f - f.round())).norm()
            });
            ways.fold(f64::INFINITY, f64::min)
        };
        let step: f64 = (0..3).map(|k| self.cell.vector(k).norm() / LOOKS as f64).sum();
        (0..LOOKS.pow(3)).map(|k| nearest(corner(k))).fold(0.0, f64::max) + 0.5 * step
    }

    /// Pore diameter of every point, A; 0 inside atoms.
    fn diameters(&self, room: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..room.len()).filter(|&point| room[point] > 0.0).collect();
        order.sort_by(|&a, &b| room[b].total_cmp(&room[a]).then(a.cmp(&b)));
        let mut diameters = vec![0.0; room.len()];
        // How deep each point lies in the deepest of the spheres so far. A sphere that is inside of another adds nothing: most are.
        let mut depth = vec![f64::NEG_INFINITY; room.len()];
        let sliver = SLIVER * self.spacing_a();
        for centre in order {
            if depth[centre] >= room[centre] - sliver {
                continue;
            }
            // From the widest sphere to the narrowest: who has a diameter keeps it.
            let place = self.place(self.steps(centre));
            self.around(&place, room[centre], |point, distance| {
                depth[point] = depth[point].max(room[centre] - distance);
                if diameters[point] == 0.0 && room[point] > 0.0 {
                    diameters[point] = 2.0 * room[centre];
                }
            });
        }
        diameters
    }

    /// Calls `visit` with every point (through all images) no farther than `reach` from a place, and its distance.
    fn around(&self, place: &Vec3, reach: f64, mut visit: impl FnMut(usize, f64)) {
        let middle = self.cell.fractional(place);
        let heights = self.cell.heights_a();
        let range = |k: usize| {
            let n = self.counts[k] as f64;
            let half = reach / heights[k] * n;
            (((middle[k] * n - half).ceil()) as i64, ((middle[k] * n + half).floor()) as i64)
        };
        let ranges: [(i64, i64); 3] = std::array::from_fn(range);
        let wrap = |step: i64, k: usize| step.rem_euclid(self.counts[k] as i64) as usize;
        let step = |k: usize| self.cell.vector(k) / self.counts[k] as f64;
        let (first, second, third) = (step(0), step(1), step(2));
        for a in ranges[0].0..=ranges[0].1 {
            for b in ranges[1].0..=ranges[1].1 {
                let row = first * a as f64 + second * b as f64 - place;
                let start = (wrap(a, 0) * self.counts[1] + wrap(b, 1)) * self.counts[2];
                for c in ranges[2].0..=ranges[2].1 {
                    let squared = (row + third * c as f64).norm_squared();
                    if squared <= reach * reach {
                        visit(start + wrap(c, 2), squared.sqrt());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    fn cube(edge: f64, positions: Vec<Vec3>) -> Structure {
        let cell =
            Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cell");
        Structure::new(cell, vec![Species::C; positions.len()], positions).expect("a structure")
    }

    /// Simple cubic spheres: the widest hole is the middle of the cell, sqrt(3) a - 2 R wide.
    #[test]
    fn holes_of_a_cubic_lattice_have_their_size() {
        let found = pores(&cube(4.0, vec![Vec3::zeros()]), |_| 1.7, 0.1, 1.0).expect("pores");
        assert!((found.widest_a - (4.0 * 3.0_f64.sqrt() - 3.4)).abs() < 1e-9, "{}", found.widest_a);
        let sphere = 4.0 / 3.0 * PI * 1.7_f64.powi(3) / 64.0;
        assert!((found.void_share - (1.0 - sphere)).abs() < 0.005, "{}", found.void_share);
        let wider = 4.0 / 3.0 * PI * 2.0_f64.powi(3) / 64.0;
        // The spheres of radius 2.7 overlap each other; those of radius 2 just touch.
        let touching = pores(&cube(4.0, vec![Vec3::zeros()]), |_| 1.7, 0.1, 0.3).expect("pores");
        assert!((touching.accessible_share - (1.0 - wider)).abs() < 0.01, "{}", touching.accessible_share);
        assert!((found.distribution(4.0, 8).iter().sum::<f64>() - found.void_share).abs() < 1e-12);
    }

    /// Two sheets of atoms 9 A apart, in a skewed cell: a slit 9 - 2 R wide. The grid has a plane in its middle.
    #[test]
    fn a_slit_is_as_wide_as_it_is() {
        let cell = Cell::new([[6.0, 0.0, 0.0], [3.0, 5.2, 0.0], [1.0, 0.5, 9.0]], [true; 3]).expect("a cell");
        let positions: Vec<Vec3> = (0..64)
            .map(|k| cell.cartesian(&Vec3::new(f64::from(k % 8) / 8.0, f64::from(k / 8) / 8.0, 0.0)))
            .collect();
        let slit = Structure::new(cell, vec![Species::C; 64], positions).expect("a structure");
        let found = pores(&slit, |_| 1.7, 0.24, 0.5).expect("pores");
        // Atoms 0.7 A apart make the walls a little rough.
        assert!((found.widest_a - 5.6).abs() < 0.15, "{}", found.widest_a);
        let wide =
            found.diameters_a.iter().filter(|d| **d > 5.0).count() as f64 / found.diameters_a.len() as f64;
        assert!(wide > 0.9, "{wide}");
    }

    #[test]
    fn what_has_no_pores_is_refused() {
        let lone = cube(4.0, vec![Vec3::zeros()]);
        assert_eq!(
            pores(&Structure { cell: Cell::open(), ..lone.clone() }, |_| 1.0, 0.2, 0.0),
            Err(PoresError::NotPeriodic)
        );
        assert_eq!(pores(&cube(4.0, vec![]), |_| 1.0, 0.2, 0.0), Err(PoresError::Empty));
        assert!(matches!(pores(&lone, |_| 1.0, 0.001, 0.0), Err(PoresError::Grid { .. })));
        let full = pores(&lone, |_| 9.0, 0.5, 0.0).expect("pores");
        assert_eq!((full.void_share, full.widest_a, full.diameters_a.len()), (0.0, 0.0, 0));
    }
}
