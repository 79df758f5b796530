//! Tortuosity: how much longer than straight the shortest ways through the pores are.
//!
//! The geometric tortuosity along a direction is the mean length of the shortest ways through the accessible volume from one face of the cell to the
//! opposite one, over their distance (B. Ghanbarian, A. G. Hunt, R. P. Ewing, M. Sahimi, 10.2136/sssaj2012.0435). It is a property of the
//! framework alone. Ways go from point to point of a grid, to all 26 points around; sideways they may pass through the walls of the cell. A way
//! that is straight but for the grid's directions is found too long by up to a tenth.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use natron_atoms::{Species, Structure, Vec3};

use crate::pores::{Grid, PoresError};

/// Ways across a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Tortuosity {
    /// Mean length of ways over the distance of the faces, for each of the three pairs; `None` where no way leads through.
    pub along: [Option<f64>; 3],
    /// Share of the accessible points of a face from which a way leads through.
    pub open: [f64; 3],
}

impl Tortuosity {
    /// Mean over the directions that are open; `None` where none is.
    pub fn mean(&self) -> Option<f64> {
        let open: Vec<f64> = self.along.into_iter().flatten().collect();
        (!open.is_empty()).then(|| open.iter().sum::<f64>() / open.len() as f64)
    }
}

/// Tortuosity of the volume where the centre of a probe of `probe_a` (A, radius) may be between atoms with `radius_a` (A, by element), on a grid no
/// coarser than `spacing_a`.
///
/// # Errors
/// As [`crate::pores::pores`].
pub fn tortuosity(
    structure: &Structure,
    radius_a: impl Fn(Species) -> f64,
    spacing_a: f64,
    probe_a: f64,
) -> Result<Tortuosity, PoresError> {
    let grid = Grid::of(structure, spacing_a)?;
    let free: Vec<bool> = grid.room(structure, &radius_a).into_iter().map(|room| room >= probe_a).collect();
    let across = [0, 1, 2].map(|axis| Slab::new(&grid, structure, &free, axis).cross());
    Ok(Tortuosity { along: across.map(|(mean, _)| mean), open: across.map(|(_, open)| open) })
}

/// The cell from one face to the other, both included: one more layer than the grid has.
struct Slab<'g> {
    free: &'g [bool],
    counts: [usize; 3],
    axis: usize,
    /// Steps to the points around, and their lengths, A.
    steps: Vec<([i64; 3], f64)>,
    height_a: f64,
}

/// A point that is under way to, nearest first.
#[derive(PartialEq)]
struct Ahead {
    length_a: f64,
    place: usize,
}

impl Eq for Ahead {}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> Ordering {
        // A binary heap gives the largest first.
        other.length_a.total_cmp(&self.length_a).then(other.place.cmp(&self.place))
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<'g> Slab<'g> {
    fn new(grid: &Grid<'_>, structure: &Structure, free: &'g [bool], axis: usize) -> Self {
        let counts = grid.counts();
        let around =
            (0..27_i64).map(|k| [k / 9 - 1, k / 3 % 3 - 1, k % 3 - 1]).filter(|step| *step != [0; 3]);
        let length = |step: [i64; 3]| {
            let way: Vec3 =
                (0..3).map(|k| structure.cell.vector(k) * (step[k] as f64 / counts[k] as f64)).sum();
            way.norm()
        };
        Self {
            free,
            counts,
            axis,
            steps: around.map(|step| (step, length(step))).collect(),
            height_a: structure.cell.heights_a()[axis],
        }
    }

    fn layers(&self) -> usize {
        self.counts[self.axis] + 1
    }

    /// Where the steps from the faces lead to: place in the slab of the point at these steps.
    fn place(&self, at: [usize; 3]) -> usize {
        let mut counts = self.counts;
        counts[self.axis] += 1;
        (at[0] * counts[1] + at[1]) * counts[2] + at[2]
    }

    fn steps_of(&self, place: usize) -> [usize; 3] {
        let mut counts = self.counts;
        counts[self.axis] += 1;
        [place / (counts[1] * counts[2]), place / counts[2] % counts[1], place % counts[2]]
    }

    fn is_free(&self, at: [usize; 3]) -> bool {
        let [_, b, c] = self.counts;
        let at: [usize; 3] = std::array::from_fn(|k| at[k] % self.counts[k]);
        self.free[(at[0] * b + at[1]) * c + at[2]]
    }

    /// The point a step away; `None` outside the slab. The other two directions are periodic.
    fn beside(&self, at: [usize; 3], step: [i64; 3]) -> Option<[usize; 3]> {
        let along = at[self.axis] as i64 + step[self.axis];
        (along >= 0 && along < self.layers() as i64).then(|| {
            std::array::from_fn(|k| {
                let moved = at[k] as i64 + step[k];
                if k == self.axis { moved as usize } else { moved.rem_euclid(self.counts[k] as i64) as usize }
            })
        })
    }

    fn face(&self, layer: usize) -> Vec<[usize; 3]> {
        let (u, v) = ((self.axis + 1) % 3, (self.axis + 2) % 3);
        let points = (0..self.counts[u]).flat_map(|i| (0..self.counts[v]).map(move |j| (i, j)));
        let at = |(i, j)| {
            let mut at = [0; 3];
            (at[self.axis], at[u], at[v]) = (layer, i, j);
            at
        };
        points.map(at).filter(|at| self.is_free(*at)).collect()
    }

    /// Mean shortest way from a face to the other over their distance, and from which share of the face there is one (Dijkstra from all
    /// points of the far face at once).
    fn cross(&self) -> (Option<f64>, f64) {
        let points = self.free.len() / self.counts[self.axis] * self.layers();
        let mut lengths = vec![f64::INFINITY; points];
        let mut ahead = BinaryHeap::new();
        for at in self.face(self.layers() - 1) {
            let place = self.place(at);
            lengths[place] = 0.0;
            ahead.push(Ahead { length_a: 0.0, place });
        }
        while let Some(Ahead { length_a, place }) = ahead.pop() {
            if length_a > lengths[place] {
                continue;
            }
            let at = self.steps_of(place);
            for &(step, step_a) in &self.steps {
                let Some(next) = self.beside(at, step).filter(|next| self.is_free(*next)) else { continue };
                let (next, length_a) = (self.place(next), length_a + step_a);
                if length_a < lengths[next] {
                    lengths[next] = length_a;
                    ahead.push(Ahead { length_a, place: next });
                }
            }
        }
        let near = self.face(0);
        let through: Vec<f64> =
            near.iter().map(|at| lengths[self.place(*at)]).filter(|length| length.is_finite()).collect();
        let mean = through.iter().sum::<f64>() / through.len() as f64 / self.height_a;
        ((!through.is_empty()).then_some(mean), through.len() as f64 / near.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use natron_atoms::Cell;

    use super::*;

    fn of(edges: [f64; 3], places: &[[f64; 3]], radius_a: f64) -> Tortuosity {
        let cell = Cell::new([[edges[0], 0.0, 0.0], [0.0, edges[1], 0.0], [0.0, 0.0, edges[2]]], [true; 3])
            .expect("a cell");
        let positions = places.iter().map(|p| Vec3::from(*p)).collect();
        let structure = Structure::new(cell, vec![Species::C; places.len()], positions).expect("a structure");
        tortuosity(&structure, |_| radius_a, 0.25, 0.5).expect("ways")
    }

    #[test]
    fn an_almost_empty_cell_is_straight() {
        let found = of([6.0, 7.0, 8.0], &[[0.1, 0.1, 0.1]], 0.1);
        for (mean, open) in found.along.iter().zip(found.open) {
            let mean = mean.expect("open");
            assert!((1.0..1.05).contains(&mean) && open == 1.0, "{found:?}");
        }
    }

    /// A wall of atoms across x closes it and leaves the other two directions straight.
    #[test]
    fn a_wall_closes_one_direction() {
        let wall: Vec<[f64; 3]> = (0..64).map(|k| [3.0, f64::from(k % 8), f64::from(k / 8)]).collect();
        let found = of([6.0, 8.0, 8.0], &wall, 0.9);
        assert_eq!((found.along[0], found.open[0]), (None, 0.0));
        assert!(found.along[1].is_some_and(|mean| (mean - 1.0).abs() < 1e-9), "{found:?}");
        assert!(found.mean().is_some_and(|mean| (mean - 1.0).abs() < 1e-9));
    }

    /// Two walls across x, 6 A apart, each with one open row along z, 8 A from each other sideways (16 A periodic): behind the first wall
    /// every way must go 8 A aside. From the faces, 3 A before the first wall, it takes 3 A + (6 A and 8 A aside) + 3 A at the least;
    /// the shortest over diagonal steps has 6 sqrt(2) + 2 for the middle part.
    #[test]
    fn a_detour_has_its_length() {
        let mut places = Vec::new();
        for k in 0..16 {
            for z in 0..2 {
                if k != 2 {
                    places.push([3.0, f64::from(k), f64::from(z)]);
                }
                if k != 10 {
                    places.push([9.0, f64::from(k), f64::from(z)]);
                }
            }
        }
        let found = of([12.0, 16.0, 2.0], &places, 0.4);
        let mean = found.along[0].expect("open");
        // Entries opposite to the first gap have 6 + 6 sqrt(2) + 2 = 16.5 A; those elsewhere come from up to 8 A aside.
        assert!((16.0 / 12.0..20.0 / 12.0).contains(&mean), "{mean}");
        assert_eq!(found.open[0], 1.0);
    }
}
