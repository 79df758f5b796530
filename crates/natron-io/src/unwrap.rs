//! Positions that were put back into the cell, made continuous.

use natron_atoms::{Cell, Vec3};

/// A jump of more than this part of the cell between two frames may have been one the other way round.
const LONGEST_STEP: f64 = 0.4;

/// Follows atoms by their nearest images from frame to frame; in changing and flipping cells too.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    /// The cell of the frame before.
    cell: Option<Cell>,
    /// Positions in the frame before, as stored there, A.
    before: Vec<Vec3>,
    /// Whole cells each atom has gone since the first frame.
    images: Vec<[i32; 3]>,
}

/// An atom goes so far between two frames that its way is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TooFar {
    /// Which atom, from 0.
    pub atom: usize,
    /// How far along a lattice vector, in units of it, by the shorter way.
    pub fraction: f64,
}

impl TooFar {
    /// What to say of it.
    pub fn message(&self, frame: usize) -> String {
        let Self { atom, fraction } = self;
        format!(
            "atom {atom} (from 0) goes {fraction:.2} of the cell, nearly half of it, before frame {frame} (from 0), and the \
             file does not say through which walls: which way it went is not known"
        )
    }
}

/// What to do about [`TooFar`].
pub(crate) const TOO_FAR_HELP: &str = "write image flags or unwrapped positions, or frames more often";

impl Follower {
    /// Moves the positions (A) of the next frame to where the atoms have gone: whole cells are added, nothing else.
    pub fn unwrap(&mut self, cell: &Cell, positions_a: &mut [Vec3]) -> Result<(), TooFar> {
        let Some(old) = self.cell.take().filter(|_| self.before.len() == positions_a.len()) else {
            self.images = vec![[0; 3]; positions_a.len()];
            self.before = positions_a.to_vec();
            self.cell = Some(cell.clone());
            return Ok(());
        };
        let changed = old != *cell;
        // A step shorter than this passes no wall, whatever its direction.
        let heights = cell.heights_a();
        let repeating = (0..3).filter(|&k| cell.periodic()[k]).map(|k| heights[k]);
        let short = LONGEST_STEP * repeating.fold(f64::INFINITY, f64::min);
        let atoms = self.before.iter_mut().zip(&mut self.images).zip(positions_a).enumerate();
        for (atom, ((before, image), position)) in atoms {
            let step = *position - *before;
            if changed {
                *image = cell.renumbered(&old, *image);
            }
            if step.norm_squared() > short * short {
                let step = cell.fractional(&step);
                for k in (0..3).filter(|&k| cell.periodic()[k]) {
                    let fraction = (step[k] - step[k].round()).abs();
                    if fraction > LONGEST_STEP {
                        return Err(TooFar { atom, fraction });
                    }
                    image[k] -= step[k].round() as i32;
                }
            }
            *before = *position;
            if *image != [0; 3] {
                *position += cell.offset(*image);
            }
        }
        self.cell = Some(cell.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atom_that_runs_through_the_cell_is_followed() {
        let cell = Cell::new([[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.5, 6.0]], [true; 3]).expect("a cell");
        let speed = Vec3::new(1.1, -0.9, 1.3);
        let mut follower = Follower::default();
        for frame in 0..40 {
            let there = Vec3::new(0.5, 0.5, 0.5) + speed * f64::from(frame);
            let mut stored = [cell.wrap(&there).0];
            follower.unwrap(&cell, &mut stored).expect("short steps");
            // The first frame is where the atom starts, wrapped or not.
            assert!((stored[0] - there).norm() < 1e-12, "{frame}: {} {there}", stored[0]);
        }
    }

    /// A cell under shear, flipped back by a whole vector now and then: an atom at rest stays at rest.
    #[test]
    fn a_cell_that_flips_moves_nothing() {
        let mut follower = Follower::default();
        let there = Vec3::new(0.5, 0.5, 25.0);
        for frame in 0..60 {
            let lean = 0.2 * f64::from(frame);
            let lean = lean - 4.0 * (lean / 4.0).round();
            let cell =
                Cell::new([[4.0, 0.0, 0.0], [0.0, 5.0, 0.0], [lean, 0.0, 6.0]], [true; 3]).expect("a cell");
            let mut stored = [cell.wrap(&there).0];
            let first = stored[0];
            follower.unwrap(&cell, &mut stored).expect("no step");
            let whole = cell.fractional(&(stored[0] - first));
            assert!(whole.iter().all(|x| (x - x.round()).abs() < 1e-9), "whole cells are added");
            // The height is not sheared.
            assert!((stored[0].z - 1.0).abs() < 1e-9, "{frame}: {}", stored[0]);
        }
    }

    #[test]
    fn a_step_of_half_a_cell_is_refused_where_the_cell_repeats() {
        for (periodic, refused) in [([true; 3], true), ([false, true, true], false)] {
            let cell =
                Cell::new([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]], periodic).expect("a cell");
            let mut follower = Follower::default();
            follower.unwrap(&cell, &mut [Vec3::zeros()]).expect("the first frame");
            assert_eq!(follower.unwrap(&cell, &mut [Vec3::new(2.0, 0.0, 0.0)]).is_err(), refused);
        }
    }
}
