//! Unwrapped positions from wrapped ones.
//!
//! Each step is the nearest image of the difference of two wrapped frames, summed up in Cartesian coordinates: the
//! toroidal-view-preserving scheme of von Bulow, Bullerjahn, Hummer, J. Chem. Phys. 153, 021101 (2020),
//! doi:10.1063/5.0008316, which, unlike image counters, stays right for diffusion when the cell fluctuates.

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
    for (k, pair) in positions_a.windows(2).enumerate() {
        let (frame, expected) = (k + 1, pair[0].len());
        if pair[1].len() != expected {
            return Err(TrajectoryError::Atoms { frame, found: pair[1].len(), expected });
        }
        let step = |atom: usize| {
            let step = nearest(cells.at(frame), &(pair[1][atom] - pair[0][atom]));
            let fraction = largest_fraction(cells.at(frame), &step);
            if fraction > LONGEST_STEP {
                return Err(TrajectoryError::Ambiguous { frame, atom, fraction, limit: LONGEST_STEP });
            }
            Ok(unwrapped[k][atom] + step)
        };
        let next = (0..expected).map(step).collect::<Result<Vec<Vec3>, TrajectoryError>>()?;
        unwrapped.push(next);
    }
    Ok(unwrapped)
}

/// The image of a difference (A) whose fractional coordinates lie in -0.5..=0.5 along periodic directions.
fn nearest(cell: &Cell, difference: &Vec3) -> Vec3 {
    let fractional = cell.fractional(difference);
    let whole = Vec3::from_fn(|k, _| if cell.periodic()[k] { fractional[k].round() } else { 0.0 });
    difference - cell.cartesian(&whole)
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

    /// An atom at rest in the middle of a breathing cell, wrapped by each frame's own cell: its unwrapped steps are its true ones.
    #[test]
    fn a_breathing_cell_adds_no_motion() {
        let frames: Vec<Vec<Vec3>> =
            (0..400).map(|t| vec![Vec3::new(0.05 * f64::from(t), 1.0, 1.0)]).collect();
        let cells: Vec<Cell> = (0..400)
            .map(|t| {
                let edge = 10.0 + 0.02 * (0.3 * f64::from(t)).sin();
                Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]], [true; 3]).expect("a cell")
            })
            .collect();
        let wrapped: Vec<Vec<Vec3>> = frames.iter().zip(&cells).map(|(f, c)| vec![c.wrap(&f[0]).0]).collect();
        let back = unwrap(&wrapped, &Cells::PerFrame(cells)).expect("short steps");
        assert!((back[399][0] - frames[399][0]).norm() < 0.05, "{}", back[399][0]);
    }
}
