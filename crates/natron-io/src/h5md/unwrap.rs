//! Positions of other programs, which put atoms back into the cell, made continuous.

use natron_atoms::{Cell, Vec3};

use super::refusal::Refusal;

/// A jump of more than this part of the cell between two frames may have been one the other way round.
const LONGEST_STEP: f64 = 0.4;

/// Follows atoms by their nearest images from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// Fractional coordinates in the frame before, as stored there.
    before: Vec<Vec3>,
    /// Whole cells each atom has gone since the first frame.
    images: Vec<[i32; 3]>,
}

impl Follower {
    /// Moves the positions of the next frame to where the atoms have gone.
    pub fn unwrap(&mut self, cell: &Cell, positions_a: &mut [Vec3], frame: usize) -> Result<(), Refusal> {
        let fractional: Vec<Vec3> = positions_a.iter().map(|p| cell.fractional(p)).collect();
        if self.before.len() != fractional.len() {
            self.images = vec![[0; 3]; fractional.len()];
            self.before = fractional;
            return Ok(());
        }
        let atoms = fractional.iter().zip(&self.before).zip(&mut self.images).zip(positions_a).enumerate();
        for (atom, (((now, before), image), position)) in atoms {
            for k in (0..3).filter(|&k| cell.periodic()[k]) {
                let step = now[k] - before[k];
                if (step - step.round()).abs() > LONGEST_STEP {
                    return Err(too_far(atom, frame));
                }
                image[k] -= step.round() as i32;
            }
            *position += cell.offset(*image);
        }
        self.before = fractional;
        Ok(())
    }
}

fn too_far(atom: usize, frame: usize) -> Refusal {
    Refusal::new(
        format!(
            "the file has no `image`, and atom {atom} (from 0) goes nearly half a cell before frame {frame}: which \
             way it went is not known"
        ),
        "write `image` along with `position`, or frames more often",
    )
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
            follower.unwrap(&cell, &mut stored, 0).expect("short steps");
            // The first frame is where the atom starts, wrapped or not.
            assert!((stored[0] - there).norm() < 1e-12, "{frame}: {} {there}", stored[0]);
        }
    }

    #[test]
    fn a_step_of_half_a_cell_is_refused_where_the_cell_repeats() {
        for (periodic, refused) in [([true; 3], true), ([false, true, true], false)] {
            let cell =
                Cell::new([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]], periodic).expect("a cell");
            let mut follower = Follower::default();
            follower.unwrap(&cell, &mut [Vec3::zeros()], 0).expect("the first frame");
            assert_eq!(follower.unwrap(&cell, &mut [Vec3::new(2.0, 0.0, 0.0)], 1).is_err(), refused);
        }
    }
}
