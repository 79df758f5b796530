//! Where there is room for one more atom: points of a grid that keep their distance from all atoms.
//!
//! In a dense host a point thrown anywhere lands on an atom. Thrown into the cavities alone, with their volume instead of the cell's in
//! both acceptance rules, the same ensemble is sampled (Mezei 1980, DOI 10.1080/00268978000101971). The grid is fixed in the cell; an
//! atom that stands outside all cavities of the others cannot be taken away, because it could not have been put there.

use natron_atoms::{Cell, Species, Structure, Vec3};

/// How far a cavity is from atoms, and how finely they are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clearance {
    /// Least distance of a grid point from atoms of other species, A.
    pub host_a: f64,
    /// Least distance from atoms of the mobile species, A.
    pub own_a: f64,
    /// Longest edge of a box of the grid, A.
    pub grid_a: f64,
}

/// The boxes of a grid with how many atoms cover the centre of each. A box that none covers is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Cavities {
    cell: Cell,
    counts: [usize; 3],
    covered: Vec<u16>,
    open: usize,
}

impl Cavities {
    /// The cavities of a structure that is periodic in all directions, for atoms of `species`.
    pub fn of(structure: &Structure, species: Species, clearance: Clearance) -> Self {
        let cell = structure.cell.clone();
        let heights = cell.heights_a();
        let counts: [usize; 3] =
            std::array::from_fn(|k| (heights[k] / clearance.grid_a).ceil().max(1.0) as usize);
        let boxes = counts.iter().product();
        let mut cavities = Self { cell, counts, covered: vec![0; boxes], open: boxes };
        for (other, position) in structure.species.iter().zip(&structure.positions) {
            let radius_a = if *other == species { clearance.own_a } else { clearance.host_a };
            cavities.cover(position, radius_a);
        }
        cavities
    }

    /// Number of open boxes.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Volume of all open boxes, A^3.
    pub fn volume_a3(&self) -> f64 {
        self.cell.volume_a3() * self.open as f64 / self.covered.len() as f64
    }

    /// Whether a point (A) lies in an open box.
    pub fn is_open(&self, point: &Vec3) -> bool {
        let fractional = self.cell.fractional(point);
        let at = |k: usize| {
            let inside = fractional[k] - fractional[k].floor();
            ((inside * self.counts[k] as f64) as usize).min(self.counts[k] - 1)
        };
        self.covered[self.number([at(0), at(1), at(2)])] == 0
    }

    /// A point (A) of the cavities: in the open box that `chosen` (0 to 1) of all open ones come before, `inside` (0 to 1 each)
    /// along its edges; `None` where no box is open.
    pub fn point(&self, chosen: f64, inside: [f64; 3]) -> Option<Vec3> {
        let rank = ((chosen * self.open as f64) as usize).min(self.open.checked_sub(1)?);
        let open = self.covered.iter().enumerate().filter(|(_, count)| **count == 0);
        let (number, _) = open.into_iter().nth(rank)?;
        let [_, b, c] = self.counts;
        let place = [number / (b * c), number / c % b, number % c];
        let fractional: [f64; 3] =
            std::array::from_fn(|k| (place[k] as f64 + inside[k]) / self.counts[k] as f64);
        Some(self.cell.cartesian(&Vec3::from(fractional)))
    }

    /// An atom comes to a point (A) and closes the boxes whose centres are nearer than `radius_a`.
    pub fn cover(&mut self, point: &Vec3, radius_a: f64) {
        self.each_within(point, radius_a, |covered, open| {
            *open -= usize::from(*covered == 0);
            *covered += 1;
        });
    }

    /// That atom goes.
    pub fn uncover(&mut self, point: &Vec3, radius_a: f64) {
        self.each_within(point, radius_a, |covered, open| {
            *covered -= 1;
            *open += usize::from(*covered == 0);
        });
    }

    fn number(&self, [i, j, k]: [usize; 3]) -> usize {
        (i * self.counts[1] + j) * self.counts[2] + k
    }

    /// Calls `change` for each box, every periodic image for itself, whose centre is nearer to a point than `radius_a`.
    fn each_within(&mut self, point: &Vec3, radius_a: f64, change: impl Fn(&mut u16, &mut usize)) {
        let home = self.cell.wrap(point).0;
        let (fractional, heights) = (self.cell.fractional(&home), self.cell.heights_a());
        let range = |k: usize| {
            let (count, reach) = (self.counts[k] as f64, radius_a / heights[k]);
            let end = |edge: f64| (edge * count - 0.5).floor() as i64;
            end(fractional[k] - reach) + 1..=end(fractional[k] + reach)
        };
        let (ranges, counts) = ([range(0), range(1), range(2)], self.counts);
        let step = |k: usize| self.cell.vector(k) / counts[k] as f64;
        let (steps, squared) = ([step(0), step(1), step(2)], radius_a * radius_a);
        let first = (steps[0] + steps[1] + steps[2]) * 0.5 - home;
        let wrapped = |index: i64, k: usize| index.rem_euclid(counts[k] as i64) as usize;
        for i in ranges[0].clone() {
            for j in ranges[1].clone() {
                let row = first + steps[0] * i as f64 + steps[1] * j as f64;
                for k in ranges[2].clone() {
                    if (row + steps[2] * k as f64).norm_squared() < squared {
                        let number = self.number([wrapped(i, 0), wrapped(j, 1), wrapped(k, 2)]);
                        change(&mut self.covered[number], &mut self.open);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, RandomKey};

    const CLEARANCE: Clearance = Clearance { host_a: 2.1, own_a: 1.4, grid_a: 0.5 };

    /// A leaning cell with three atoms, one of them outside it.
    fn leaning() -> Structure {
        let cell =
            Cell::new([[6.0, 0.0, 0.0], [2.5, 5.0, 0.0], [-1.0, 0.7, 4.5]], [true; 3]).expect("a cell");
        let positions = vec![Vec3::new(0.2, 0.1, 0.3), Vec3::new(3.0, 2.0, 2.0), Vec3::new(-7.0, 9.0, 1.0)];
        Structure::new(cell, vec![Species::C, Species::NA, Species::C], positions).expect("a structure")
    }

    /// Every box against the distances to all atoms and their images.
    #[test]
    fn open_boxes_are_those_far_from_every_image_of_every_atom() {
        let structure = leaning();
        let cavities = Cavities::of(&structure, Species::NA, CLEARANCE);
        let [a, b, c] = cavities.counts;
        let mut open = 0;
        for number in 0..a * b * c {
            let place = [number / (b * c), number / c % b, number % c];
            let f: [f64; 3] = std::array::from_fn(|k| (place[k] as f64 + 0.5) / cavities.counts[k] as f64);
            let centre = structure.cell.cartesian(&Vec3::from(f));
            let is_free = |atom: usize| {
                let least = if structure.species[atom] == Species::NA { 1.4 } else { 2.1 };
                let images = (0..11 * 11 * 11).map(|m| [m / 121 - 5, m / 11 % 11 - 5, m % 11 - 5]);
                images.into_iter().all(|image| {
                    (structure.positions[atom] + structure.cell.offset(image) - centre).norm() >= least
                })
            };
            let free = (0..3).all(is_free);
            assert_eq!(cavities.is_open(&centre), free, "box {place:?}");
            open += usize::from(free);
        }
        assert_eq!(cavities.open(), open);
        assert!(open > 20 && open < a * b * c - 20, "{open} of {}", a * b * c);
        let share = open as f64 / (a * b * c) as f64;
        assert!((cavities.volume_a3() / structure.cell.volume_a3() - share).abs() < 1e-12);
    }

    #[test]
    fn an_atom_that_came_and_went_leaves_nothing_behind() {
        let mut cavities = Cavities::of(&leaning(), Species::NA, CLEARANCE);
        let before = cavities.clone();
        let point = Vec3::new(4.0, 4.5, -0.4);
        cavities.cover(&point, 7.5);
        assert_ne!(cavities, before);
        cavities.uncover(&point, 7.5);
        assert_eq!(cavities, before);
    }

    #[test]
    fn points_lie_in_open_boxes_and_reach_them_all() {
        let cavities = Cavities::of(&leaning(), Species::NA, CLEARANCE);
        let mut lots = RandomKey::new(3, 0, 0, Purpose::MonteCarlo).at_step(0);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..40 * cavities.open() {
            let chosen = lots.uniform();
            let inside = [lots.uniform(), lots.uniform(), lots.uniform()].map(|x| x * (1.0 - 1e-12));
            let point = cavities.point(chosen, inside).expect("there is room");
            assert!(cavities.is_open(&point), "{point}");
            let f = cavities.cell.fractional(&point);
            seen.insert([0, 1, 2].map(|k| (f[k] * cavities.counts[k] as f64).floor() as i64));
        }
        // 40 throws for each box: a box is missed once in e^40.
        assert_eq!(seen.len(), cavities.open());
    }
}
