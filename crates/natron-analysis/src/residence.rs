//! How long atoms stay beside each other.
//!
//! ```text
//! S(t) = < pairs that are neighbours at t0 and at every frame up to t0 + t > / < pairs that are neighbours at t0 >
//! ```
//!
//! with absences of no more than a tolerance forgiven (R. W. Impey, P. A. Madden, I. R. McDonald, 10.1021/j150643a008). The residence
//! time is the integral of S; where S has not decayed by the end, what is there is a lower bound.

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure};

use crate::Trajectory;

/// Survival of neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Residence {
    /// Lags, ps, from 0 on.
    pub time_ps: Vec<f64>,
    /// S(t), 1 at the beginning.
    pub survival: Vec<f64>,
    /// Integral of S over the lags (trapezoids), ps.
    pub time_inside_ps: f64,
    /// Whether S has fallen below 1/e: else the integral is a lower bound.
    pub decayed: bool,
}

/// Survival of the neighbours of species `other` closer than `cutoff_a` (A) to atoms of species `centre`, for lags up to `lags` frames.
/// Absences of at most `tolerance` frames between two presences do not count. `None` where there is never a neighbour, or a single frame.
///
/// # Errors
/// A frame in which neighbours cannot be found.
pub fn residence(
    trajectory: &Trajectory,
    centre: Species,
    other: Species,
    cutoff_a: f64,
    tolerance: usize,
    lags: usize,
) -> Result<Option<Residence>, NeighbourError> {
    let Some(spacing_ps) = trajectory.spacing_ps() else { return Ok(None) };
    let lags = lags.min(trajectory.n_frames() - 1);
    let (mut alive, mut begun) = (vec![0.0; lags + 1], vec![0.0; lags + 1]);
    for stays in presences(trajectory, centre, other, cutoff_a)? {
        for (from, to) in joined(&stays, tolerance) {
            count(from, to, trajectory.n_frames(), &mut alive, &mut begun);
        }
    }
    if begun[0] == 0.0 {
        return Ok(None);
    }
    let survival: Vec<f64> =
        alive.iter().zip(&begun).map(|(a, b)| if *b > 0.0 { a / b } else { 0.0 }).collect();
    let time_inside_ps = survival.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]) * spacing_ps).sum();
    Ok(Some(Residence {
        time_ps: (0..=lags).map(|lag| lag as f64 * spacing_ps).collect(),
        time_inside_ps,
        decayed: survival.iter().any(|s| *s < (-1.0_f64).exp()),
        survival,
    }))
}

/// Frames in which each pair is together, rising, for every pair that ever is. An atom and two images of another are one pair.
fn presences(
    trajectory: &Trajectory,
    centre: Species,
    other: Species,
    cutoff_a: f64,
) -> Result<Vec<Vec<usize>>, NeighbourError> {
    let mut pairs: std::collections::BTreeMap<(usize, usize), Vec<usize>> = std::collections::BTreeMap::new();
    let species = trajectory.species();
    let mut structure = Structure {
        cell: trajectory.cells().at(0).clone(),
        species: species.to_vec(),
        positions: trajectory.positions_a()[0].clone(),
    };
    for (frame, positions) in trajectory.positions_a().iter().enumerate() {
        structure.cell.clone_from(trajectory.cells().at(frame));
        structure.positions.clone_from(positions);
        let list = NeighbourList::build(&structure, cutoff_a, 0.0)?;
        for i in (0..species.len()).filter(|&i| species[i] == centre) {
            for near in list.neighbours(&structure, i).filter(|n| species[n.index] == other) {
                let frames = pairs.entry((i, near.index)).or_default();
                if frames.last() != Some(&frame) {
                    frames.push(frame);
                }
            }
        }
    }
    Ok(pairs.into_values().collect())
}

/// Unbroken stays (first frame, last frame), gaps of at most `tolerance` frames bridged.
fn joined(frames: &[usize], tolerance: usize) -> Vec<(usize, usize)> {
    let mut stays: Vec<(usize, usize)> = Vec::new();
    for &frame in frames {
        match stays.last_mut() {
            Some((_, last)) if frame - *last <= tolerance + 1 => *last = frame,
            _ => stays.push((frame, frame)),
        }
    }
    stays
}

/// A stay as seen from each of its frames as an origin: at which lags it lasts, and at which one could have looked.
fn count(from: usize, to: usize, frames: usize, alive: &mut [f64], begun: &mut [f64]) {
    for origin in from..=to {
        let looked = (frames - 1 - origin).min(begun.len() - 1);
        begun[..=looked].iter_mut().for_each(|b| *b += 1.0);
        let lasts = (to - origin).min(alive.len() - 1);
        alive[..=lasts].iter_mut().for_each(|a| *a += 1.0);
    }
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Vec3};
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::Cells;

    /// A pair that is together (2 A) where `together` says so, else 5 A apart.
    fn pair(together: &[bool]) -> Trajectory {
        let cell =
            Cell::new([[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]], [true; 3]).expect("a cell");
        let frame = |near: &bool| vec![Vec3::zeros(), Vec3::x() * if *near { 2.0 } else { 5.0 }];
        let positions: Vec<Vec<Vec3>> = together.iter().map(frame).collect();
        let times = (0..together.len()).map(|t| 0.5 * t as f64).collect();
        Trajectory::new(
            vec![Species::NA, Species::C],
            vec![23.0, 12.0],
            times,
            positions,
            Cells::Constant(cell),
        )
        .expect("valid")
    }

    fn survival(together: &[bool], tolerance: usize) -> Vec<f64> {
        let found = residence(&pair(together), Species::NA, Species::C, 3.0, tolerance, 3).expect("lists");
        found.expect("a neighbour").survival
    }

    #[test]
    fn stays_are_counted_from_every_frame() {
        // Origins at frames 0, 1, 2 (stay of three, then gone) and 6, 7 (to the end, unseen beyond).
        let together = [true, true, true, false, false, false, true, true];
        assert_eq!(survival(&together, 0), [1.0, 3.0 / 4.0, 1.0 / 3.0, 0.0]);
        // An absence of three frames is bridged by a tolerance of three: one stay of eight frames.
        assert_eq!(survival(&together, 3), [1.0; 4]);
    }

    /// Each frame the pair stays with probability 0.9 and, once parted, meets again with 0.3: S(n) = 0.9^n; 20 000 frames, some 15 000
    /// origins correlated over ten frames know it to 0.02.
    #[test]
    fn random_partings_decay_exponentially() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut now = true;
        let together: Vec<bool> = (0..20_000)
            .map(|_| {
                now = if now { rng.random_bool(0.9) } else { rng.random_bool(0.3) };
                now
            })
            .collect();
        let found = residence(&pair(&together), Species::NA, Species::C, 3.0, 0, 60)
            .expect("lists")
            .expect("a neighbour");
        for n in 0..20 {
            assert!((found.survival[n] - 0.9_f64.powi(n as i32)).abs() < 0.04, "{n}: {}", found.survival[n]);
        }
        // Trapezoids of 0.9^n with a step of 0.5 ps: 0.5 (1 / 0.1 - 0.5) = 4.75 ps.
        assert!(found.decayed && (found.time_inside_ps - 4.75).abs() < 0.4, "{}", found.time_inside_ps);
    }

    #[test]
    fn no_neighbour_no_time() {
        assert_eq!(residence(&pair(&[false; 5]), Species::NA, Species::C, 3.0, 0, 3).expect("lists"), None);
        let lower = residence(&pair(&[true; 5]), Species::NA, Species::C, 3.0, 0, 9)
            .expect("lists")
            .expect("a neighbour");
        assert!(!lower.decayed && lower.survival == [1.0; 5] && lower.time_inside_ps == 2.0);
    }
}
