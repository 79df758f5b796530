//! Unwrapped positions from wrapped ones.
//!
//! An atom is followed by the nearest image of each step, and whole cells are added to its wrapped position: what comes out are the
//! positions of one periodic lattice, from which neighbours can be found in every frame. What a changing cell then does to atoms far from
//! their first cell is taken out where ways are measured: [`crate::recorder`].

use natron_atoms::{Cell, Vec3};

use crate::trajectory::{Cells, TrajectoryError};

/// Steps longer than this fraction of the cell along a lattice vector are refused. At 0.5 the nearest image is a coin toss;
/// an atom that covers 0.4 of the cell between frames may as well have covered 0.6 the other way round.
pub const LONGEST_STEP: f64 = 0.4;

/// Unwraps `positions_a` (A, `[T][n]`) by nearest image; the first frame is kept as it is.
///
/// # Errors
/// [`TrajectoryError::Ambiguous`] where a step exceeds [`LONGEST_STEP`] of the cell; positions of other lengths than the
/// first frame's.
pub fn unwrap(positions_a: &[Vec<Vec3>], cells: &Cells) -> Result<Vec<Vec<Vec3>>, TrajectoryError> {
    let mut unwrapped: Vec<Vec<Vec3>> = positions_a.first().cloned().into_iter().collect();
    let mut images = vec![[0_i32; 3]; positions_a.first().map_or(0, Vec::len)];
    for (k, pair) in positions_a.windows(2).enumerate() {
        let (frame, expected) = (k + 1, pair[0].len());
        if pair[1].len() != expected {
            return Err(TrajectoryError::Atoms { frame, found: pair[1].len(), expected });
        }
        let (old, cell) = (cells.at(k), cells.at(frame));
        let next = images.iter_mut().enumerate().map(|(atom, image)| {
            let (step, crossed) = nearest(cell, &(pair[1][atom] - pair[0][atom]));
            let fraction = largest_fraction(cell, &step);
            if fraction > LONGEST_STEP {
                return Err(TrajectoryError::Ambiguous { frame, atom, fraction, limit: LONGEST_STEP });
            }
            let before = cell.renumbered(old, *image);
            *image = std::array::from_fn(|k| before[k] - crossed[k]);
            Ok(pair[1][atom] + cell.offset(*image))
        });
        unwrapped.push(next.collect::<Result<Vec<Vec3>, TrajectoryError>>()?);
    }
    Ok(unwrapped)
}

/// The image of a difference (A) whose fractional coordinates lie in -0.5..=0.5 along periodic directions, and how many cells away it was.
fn nearest(cell: &Cell, difference: &Vec3) -> (Vec3, [i32; 3]) {
    let fractional = cell.fractional(difference);
    let whole: [i32; 3] =
        std::array::from_fn(|k| if cell.periodic()[k] { fractional[k].round() as i32 } else { 0 });
    (difference - cell.offset(whole), whole)
}

/// The largest fractional coordinate along a periodic direction: the step over the cell's height there.
fn largest_fraction(cell: &Cell, step: &Vec3) -> f64 {
    let fractional = cell.fractional(step);
    (0..3).filter(|&k| cell.periodic()[k]).map(|k| fractional[k].abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    fn triclinic(scale: f64) -> Cell {
        Cell::new([[8.0 * scale, 0.0, 0.0], [2.5, 7.0 * scale, 0.0], [-1.0, 1.5, 9.0 * scale]], [true; 3])
            .expect("a cell")
    }

    fn walk(frames: usize, step: f64) -> Vec<Vec<Vec3>> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let mut here = vec![Vec3::new(1.0, 2.0, 3.0), Vec3::new(7.0, 6.5, 8.5)];
        (0..frames)
            .map(|_| {
                for p in &mut here {
                    *p += Vec3::from_fn(|_, _| rng.random_range(-step..step));
                }
                here.clone()
            })
            .collect()
    }

    fn wrapped(frames: &[Vec<Vec3>], cell: &Cell) -> Vec<Vec<Vec3>> {
        frames.iter().map(|f| f.iter().map(|p| cell.wrap(p).0).collect()).collect()
    }

    #[test]
    fn a_wrapped_walk_comes_back() {
        let (cell, frames) = (triclinic(1.0), walk(2000, 1.2));
        let back = unwrap(&wrapped(&frames, &cell), &Cells::Constant(cell)).expect("short steps");
        for (a, b) in frames.iter().zip(&back) {
            for (atom, (p, q)) in a.iter().zip(b).enumerate() {
                let shift = frames[0][atom] - back[0][atom];
                assert!((p - q - shift).norm() < 1e-9);
            }
        }
    }

    #[test]
    fn open_directions_are_left_alone() {
        let cell = Cell::new([[5.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 5.0]], [true, true, false])
            .expect("a cell");
        let frames = vec![vec![Vec3::new(4.9, 0.0, 0.0)], vec![Vec3::new(0.1, 0.0, 4.0)]];
        let back = unwrap(&frames, &Cells::Constant(cell)).expect("short periodic steps");
        assert!((back[1][0] - Vec3::new(5.1, 0.0, 4.0)).norm() < 1e-12);
    }

    #[test]
    fn long_steps_are_refused() {
        let (cell, frames) = (triclinic(1.0), walk(200, 4.0));
        let refused = unwrap(&wrapped(&frames, &cell), &Cells::Constant(cell));
        assert!(
            matches!(refused, Err(TrajectoryError::Ambiguous { fraction, .. }) if fraction > LONGEST_STEP)
        );
    }

    /// An atom that runs through a breathing cell: whole cells are added to where it is.
    #[test]
    fn positions_stay_those_of_the_lattice() {
        let cells: Vec<Cell> = (0..400).map(|t| triclinic(1.0 + 0.02 * (0.3 * f64::from(t)).sin())).collect();
        let places: Vec<Vec3> = (0..400).map(|t| Vec3::new(0.09, -0.05, 0.07) * f64::from(t)).collect();
        let wrapped: Vec<Vec<Vec3>> = places.iter().zip(&cells).map(|(p, c)| vec![c.wrap(p).0]).collect();
        let back = unwrap(&wrapped, &Cells::PerFrame(cells)).expect("short steps");
        for (found, place) in back.iter().zip(&places) {
            assert!((found[0] - place).norm() < 1e-9, "{} {place}", found[0]);
        }
    }
}
