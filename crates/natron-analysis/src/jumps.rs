//! Jumps of single atoms from one place to another.
//!
//! Around a frame t the path is cut into the n frames before (A) and the n frames from it on (B);
//!
//! ```text
//! p(t) = sqrt( < (r_A - <r>_B)^2 > < (r_B - <r>_A)^2 > )                                      (A^2)
//! ```
//!
//! is as large as the square of the way between the two where an atom goes from one place to another and stays, and as large as
//! its vibrations where it does neither (R. Candelier, O. Dauchot, G. Biroli, 10.1103/PhysRevLett.102.088001). A jump is a
//! maximum of p above a threshold, one for each excursion above it; its vector is <r>_B - <r>_A.

use natron_atoms::Vec3;
use rayon::prelude::*;

use crate::paths::Paths;

/// One jump.
#[derive(Debug, Clone, PartialEq)]
pub struct Jump {
    /// Which path.
    pub atom: usize,
    /// First frame at the new place.
    pub frame: usize,
    /// From the old place to the new one, A.
    pub way_a: Vec3,
}

/// The jumps of all paths, path by path, in time.
///
/// `window` frames on each side should be longer than a vibration and shorter than a stay; `threshold_a` (A) should lie between the
/// amplitude of vibrations and the distance of sites.
pub fn jumps(paths: &Paths, window: usize, threshold_a: f64) -> Vec<Jump> {
    let of = |(atom, path): (usize, &crate::paths::Path)| {
        of_path(atom, &path.positions_a.to_vec(paths.n_frames), window, threshold_a)
    };
    paths.atoms.par_iter().enumerate().flat_map_iter(of).collect()
}

/// Jumps for each atom and ps of the paths; `None` without a path or with a single frame.
pub fn jump_rate_per_ps(paths: &Paths, jumps: &[Jump]) -> Option<f64> {
    let time_ps = paths.spacing_ps * paths.n_frames.saturating_sub(1) as f64 * paths.atoms.len() as f64;
    (time_ps > 0.0).then(|| jumps.len() as f64 / time_ps)
}

fn of_path(atom: usize, path: &[Vec3], window: usize, threshold_a: f64) -> Vec<Jump> {
    if window == 0 || path.len() < 2 * window {
        return Vec::new();
    }
    let mut found = Vec::new();
    // The highest place of the excursion above the threshold that is under way.
    let mut best: Option<(f64, Jump)> = None;
    for frame in window..=path.len() - window {
        let (before, after) = (&path[frame - window..frame], &path[frame..frame + window]);
        let (from, to) = (mean(before), mean(after));
        let p = (spread(before, &to) * spread(after, &from)).sqrt();
        if p < threshold_a * threshold_a {
            found.extend(best.take().map(|(_, jump)| jump));
        } else if best.as_ref().is_none_or(|(highest, _)| p > *highest) {
            best = Some((p, Jump { atom, frame, way_a: to - from }));
        }
    }
    found.extend(best.map(|(_, jump)| jump));
    found
}

fn mean(points: &[Vec3]) -> Vec3 {
    points.iter().sum::<Vec3>() / points.len() as f64
}

/// Mean square distance from a point, A^2.
fn spread(points: &[Vec3], from: &Vec3) -> f64 {
    points.iter().map(|p| (p - from).norm_squared()).sum::<f64>() / points.len() as f64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::paths::Path;
    use crate::track::Track;

    fn paths_of(path: Vec<Vec3>) -> Paths {
        let n_frames = path.len();
        let path = Path { replica: 0, positions_a: Arc::new(Track::from(path)) };
        Paths { spacing_ps: 0.02, n_frames, atoms: vec![path] }
    }

    /// Vibrations of 0.15 A about sites along x; each site is left at the frame given.
    fn hopping(leaves: &[usize], frames: usize) -> Vec<Vec3> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
        let place = |t: usize| 2.5 * leaves.iter().filter(|&&leave| t >= leave).count() as f64;
        (0..frames)
            .map(|t| Vec3::x() * place(t) + Vec3::from_fn(|_, _| rng.random_range(-0.26..0.26)))
            .collect()
    }

    #[test]
    fn each_jump_is_found_once_where_it_is() {
        let leaves = [120, 200, 333, 390];
        let paths = paths_of(hopping(&leaves, 500));
        let found = jumps(&paths, 20, 1.0);
        assert_eq!(found.iter().map(|jump| jump.frame).collect::<Vec<_>>(), leaves);
        for jump in &found {
            assert!((jump.way_a - Vec3::x() * 2.5).norm() < 0.2, "{jump:?}");
        }
        assert!((jump_rate_per_ps(&paths, &found).expect("a time") - 4.0 / (499.0 * 0.02)).abs() < 1e-12);
    }

    #[test]
    fn vibrations_and_short_paths_have_none() {
        assert_eq!(jumps(&paths_of(hopping(&[], 500)), 20, 1.0), []);
        assert_eq!(jumps(&paths_of(hopping(&[5], 30)), 20, 1.0), []);
        assert_eq!(jumps(&paths_of(hopping(&[5], 30)), 0, 1.0), []);
    }

    /// A visit of three frames to a place 2.5 A away is no jump: the atom does not stay.
    #[test]
    fn an_excursion_is_no_jump() {
        let mut path = hopping(&[], 200);
        path[100..103].iter_mut().for_each(|p| p.x += 2.5);
        assert_eq!(jumps(&paths_of(path), 20, 1.2), []);
    }
}
