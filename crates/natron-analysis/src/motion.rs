//! How single atoms move: the distribution of displacements, and how far it is from that of diffusion.
//!
//! ```text
//! G_s(r, t)  probability density of |r_i(t0+t) - r_i(t0)| = r, over atoms and origins        (1/A)
//! G_d(r, t)  density of other atoms at t0 + t at distance r from where an atom was at t0, over the mean density
//! a_2(t) = 3 <dr^4> / (5 <dr^2>^2) - 1      0 where displacements are Gaussian
//! ```
//!
//! L. Van Hove, 10.1103/PhysRev.95.249; A. Rahman, 10.1103/PhysRev.136.A405 for a_2. Atoms that wait and jump give G_s a second
//! peak and a_2 a maximum.

use natron_atoms::{Cell, Species, Vec3};
use rayon::prelude::*;

use crate::paths::Paths;
use crate::{RdfError, Trajectory};

/// A function of distance in shells of equal width.
#[derive(Debug, Clone, PartialEq)]
pub struct Shells {
    /// Middles of the shells, A, `[bins]`.
    pub r_a: Vec<f64>,
    /// Values, `[bins]`.
    pub values: Vec<f64>,
}

impl Shells {
    fn new(r_max_a: f64, values: Vec<f64>) -> Self {
        let width = r_max_a / values.len() as f64;
        Self { r_a: (0..values.len()).map(|k| (k as f64 + 0.5) * width).collect(), values }
    }
}

/// Displacements of all atoms over `lag` frames, from all origins.
fn displacements(paths: &Paths, lag: usize) -> impl Iterator<Item = Vec3> + '_ {
    let origins = paths.n_frames.saturating_sub(lag);
    paths.atoms.iter().flat_map(move |path| {
        (0..origins).map(move |origin| path.positions_a.at(origin + lag) - path.positions_a.at(origin))
    })
}

/// a_2 of the displacements over each of `lags` (frames); NaN where nothing moves or the lag is too long.
pub fn non_gaussian(paths: &Paths, lags: &[usize]) -> Vec<f64> {
    let of = |&lag: &usize| {
        let (mut second, mut fourth, mut count) = (0.0, 0.0, 0.0);
        for square in displacements(paths, lag).map(|d| d.norm_squared()) {
            second += square;
            fourth += square * square;
            count += 1.0;
        }
        3.0 * fourth * count / (5.0 * second * second) - 1.0
    };
    lags.par_iter().map(of).collect()
}

/// G_s over `lag` frames up to `r_max_a` in `bins` shells, 1/A: integrates to the share of displacements below `r_max_a`.
/// `None` without a shell, or where no path is as long as the lag.
pub fn van_hove_self(paths: &Paths, lag: usize, r_max_a: f64, bins: usize) -> Option<Shells> {
    let mut counts = vec![0.0; bins];
    let mut total = 0.0;
    for length in displacements(paths, lag).map(|d| d.norm()) {
        total += 1.0;
        if let Some(count) = counts.get_mut((length / r_max_a * bins as f64) as usize) {
            *count += 1.0;
        }
    }
    let width = r_max_a / bins as f64;
    counts.iter_mut().for_each(|count| *count /= total * width);
    (bins > 0 && total > 0.0).then(|| Shells::new(r_max_a, counts))
}

/// G_d over `lag` frames of the atoms of `species` up to `r_max_a`, at most half of the thinnest the cell ever is: 1 far away, for a
/// lag of 0 the radial distribution, with a peak at 0 where an atom takes the place of another.
///
/// # Errors
/// No frame as late as the lag, no shell, a cell that is not periodic or too thin, or fewer than two such atoms.
pub fn van_hove_distinct(
    trajectory: &Trajectory,
    species: Species,
    lag: usize,
    r_max_a: f64,
    bins: usize,
) -> Result<Shells, RdfError> {
    let atoms = trajectory.select(&[species]);
    let origins = trajectory.n_frames().saturating_sub(lag);
    if origins == 0 || bins == 0 {
        return Err(RdfError::Nothing);
    }
    if atoms.len() < 2 {
        return Err(RdfError::NoAtom { frame: 0, species: species.symbol() });
    }
    let thin = |frame: &usize| {
        let cell = trajectory.cells().at(*frame);
        cell.periodic() != [true; 3] || cell.heights_a().iter().any(|height| 2.0 * r_max_a > *height)
    };
    if let Some(frame) = (0..origins).find(thin) {
        return Err(RdfError::NotPeriodic { frame });
    }
    let of_origin = |origin: usize| {
        let (then, now) = (&trajectory.positions_a()[origin], &trajectory.positions_a()[origin + lag]);
        let pick = |positions: &[Vec3]| atoms.iter().map(|&i| positions[i]).collect::<Vec<_>>();
        distinct(trajectory.cells().at(origin), &pick(then), &pick(now), r_max_a, bins)
    };
    let all: Vec<Vec<f64>> = (0..origins).into_par_iter().map(of_origin).collect();
    Ok(Shells::new(r_max_a, mean(&all)))
}

/// G_d of the atoms of `paths` in a cell that rests, from at most about `most` origins, evenly spaced; pairs are of one replica.
///
/// # Errors
/// As [`van_hove_distinct`].
pub fn van_hove_distinct_of_paths(
    paths: &Paths,
    cell: &Cell,
    lag: usize,
    (r_max_a, bins): (f64, usize),
    most: usize,
) -> Result<Shells, RdfError> {
    let origins = paths.n_frames.saturating_sub(lag);
    if origins == 0 || bins == 0 {
        return Err(RdfError::Nothing);
    }
    if cell.periodic() != [true; 3] || cell.heights_a().iter().any(|height| 2.0 * r_max_a > *height) {
        return Err(RdfError::NotPeriodic { frame: 0 });
    }
    let replicas = paths.atoms.iter().map(|path| path.replica + 1).max().unwrap_or(0);
    let members =
        |replica: usize| -> Vec<_> { paths.atoms.iter().filter(|path| path.replica == replica).collect() };
    let stride = (origins * replicas).div_ceil(most.max(1)).max(1);
    let mut all: Vec<Vec<f64>> = Vec::new();
    for members in (0..replicas).map(members).filter(|members| members.len() > 1) {
        let at = |frame: usize| members.iter().map(|path| path.positions_a.at(frame)).collect::<Vec<_>>();
        let of_origin = |k: usize| distinct(cell, &at(k * stride), &at(k * stride + lag), r_max_a, bins);
        all.par_extend((0..origins.div_ceil(stride)).into_par_iter().map(of_origin));
    }
    if all.is_empty() {
        return Err(RdfError::Nothing);
    }
    Ok(Shells::new(r_max_a, mean(&all)))
}

/// Density of other atoms `now` around where each atom was `then`, over their mean density.
fn distinct(cell: &Cell, then: &[Vec3], now: &[Vec3], r_max_a: f64, bins: usize) -> Vec<f64> {
    let mut g = vec![0.0; bins];
    for (i, was) in then.iter().enumerate() {
        for (_, is) in now.iter().enumerate().filter(|(j, _)| *j != i) {
            let shell = (nearest(cell, &(is - was)).norm() / r_max_a * bins as f64) as usize;
            if let Some(count) = g.get_mut(shell) {
                *count += 1.0;
            }
        }
    }
    let (n, width) = (then.len() as f64, r_max_a / bins as f64);
    let density = n * (n - 1.0) / cell.volume_a3();
    for (k, value) in g.iter_mut().enumerate() {
        let shell = ((k + 1) as f64).powi(3) - (k as f64).powi(3);
        *value /= density * 4.0 / 3.0 * std::f64::consts::PI * width.powi(3) * shell;
    }
    g
}

/// In order, so that the sum does not depend on the threads.
fn mean(all: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; all.first().map_or(0, Vec::len)];
    for values in all {
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / all.len() as f64);
    }
    sum
}

/// The image of a way that is the shortest, if that is shorter than half the cell's thinnest height.
fn nearest(cell: &Cell, way: &Vec3) -> Vec3 {
    let fractional = cell.fractional(way);
    cell.cartesian(&fractional.map(|f| f - f.round()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::paths::Path;
    use crate::track::Track;
    use crate::{Cells, radial_distribution};

    fn gaussian(rng: &mut rand_chacha::ChaCha8Rng) -> f64 {
        (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
    }

    fn paths(positions: impl Fn(usize, &mut rand_chacha::ChaCha8Rng) -> Vec<Vec3>) -> Paths {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        let mut one = |k| Path { replica: 0, positions_a: Arc::new(Track::from(positions(k, &mut rng))) };
        let atoms: Vec<Path> = (0..50).map(&mut one).collect();
        Paths { spacing_ps: 0.1, n_frames: atoms[0].positions_a.len(), atoms }
    }

    /// Sums of twelve uniform numbers over many steps are Gaussian: a_2 of 12 steps is -0.1/12; 50 000 displacements know it
    /// to 0.01 (their fourth powers scatter by about 1.6 of the mean, correlated over a lag).
    #[test]
    fn random_walks_are_gaussian() {
        let walks = paths(|_, rng| {
            let mut place = Vec3::zeros();
            (0..1000)
                .map(|_| {
                    place += Vec3::from_fn(|_, _| 0.1 * gaussian(rng));
                    place
                })
                .collect()
        });
        for a2 in non_gaussian(&walks, &[4, 12]) {
            assert!(a2.abs() < 0.04, "{a2}");
        }
        // The Maxwell form 4 pi r^2 (2 pi s)^(-3/2) exp(-r^2 / 2 s), s = 12 steps of variance 0.01.
        let g = van_hove_self(&walks, 12, 2.0, 20).expect("displacements");
        for (r, found) in g.r_a.iter().zip(&g.values) {
            let s: f64 = 0.12;
            let expected = 4.0
                * std::f64::consts::PI
                * r
                * r
                * (2.0 * std::f64::consts::PI * s).powf(-1.5)
                * (-r * r / (2.0 * s)).exp();
            assert!((found - expected).abs() < 0.06, "{r}: {found} {expected}");
        }
    }

    #[test]
    fn one_jump_of_one_atom_is_seen() {
        let jump =
            paths(|k, _| (0..10).map(|t| Vec3::x() * if k == 0 && t > 4 { 2.45 } else { 0.0 }).collect());
        // One of 50 atoms moves by 2.45 A over a lag of 9 frames: 3 <r^4> / 5 <r^2>^2 = 30.
        assert!((non_gaussian(&jump, &[9])[0] - 29.0).abs() < 1e-9);
        let g = van_hove_self(&jump, 9, 3.0, 30).expect("displacements");
        assert!((g.values[24] - 0.02 / 0.1).abs() < 1e-9 && (g.values[0] - 0.98 / 0.1).abs() < 1e-9);
        assert_eq!(van_hove_self(&jump, 10, 3.0, 30), None);
    }

    fn random_gas(frames: usize) -> Trajectory {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(9);
        let cell =
            Cell::new([[9.0, 0.0, 0.0], [2.0, 10.0, 0.0], [-1.0, 1.5, 9.5]], [true; 3]).expect("a cell");
        let frame = |_| (0..40).map(|_| cell.cartesian(&Vec3::from_fn(|_, _| rng.random()))).collect();
        let positions: Vec<Vec<Vec3>> = (0..frames).map(frame).collect();
        let times = (0..frames).map(|t| t as f64).collect();
        Trajectory::new(vec![Species::NA; 40], vec![23.0; 40], times, positions, Cells::Constant(cell))
            .expect("a trajectory")
    }

    #[test]
    fn at_no_lag_it_is_the_radial_distribution() {
        let gas = random_gas(3);
        let frames: Vec<natron_atoms::Structure> = gas
            .positions_a()
            .iter()
            .map(|p| {
                natron_atoms::Structure::new(gas.cells().at(0).clone(), gas.species().to_vec(), p.clone())
                    .expect("fits")
            })
            .collect();
        let expected = radial_distribution(&frames, Species::NA, Species::NA, 4.0, 16).expect("g(r)");
        let found = van_hove_distinct(&gas, Species::NA, 0, 4.0, 16).expect("G_d");
        for (a, b) in found.values.iter().zip(&expected.g) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        // Frames that know nothing of each other: no structure (1 560 pairs a frame, 40 origins; 1 000 in the last shells).
        let later = van_hove_distinct(&random_gas(41), Species::NA, 1, 4.0, 4).expect("G_d");
        assert!((later.values[3] - 1.0).abs() < 0.06, "{:?}", later.values);
    }

    #[test]
    fn paths_give_the_same_as_the_trajectory() {
        let gas = random_gas(9);
        let way = |k: usize| Track::from(gas.positions_a().iter().map(|frame| frame[k]).collect::<Vec<_>>());
        let atoms = (0..40).map(|k| Path { replica: 0, positions_a: Arc::new(way(k)) }).collect();
        let paths = Paths { spacing_ps: 1.0, n_frames: 9, atoms };
        let cell = gas.cells().at(0);
        let found = van_hove_distinct_of_paths(&paths, cell, 2, (4.0, 16), 100).expect("G_d");
        let expected = van_hove_distinct(&gas, Species::NA, 2, 4.0, 16).expect("G_d");
        assert!(found.values.iter().zip(&expected.values).all(|(a, b)| (a - b).abs() < 1e-12));
        let fewer = van_hove_distinct_of_paths(&paths, cell, 2, (4.0, 16), 3).expect("G_d");
        assert_ne!(fewer, found);
        assert!(van_hove_distinct_of_paths(&paths, cell, 9, (4.0, 16), 3).is_err());
        assert!(van_hove_distinct_of_paths(&paths, cell, 2, (6.0, 16), 3).is_err());
        let one = Paths { atoms: paths.atoms[..1].to_vec(), ..paths };
        assert!(van_hove_distinct_of_paths(&one, cell, 2, (4.0, 16), 3).is_err());
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let gas = random_gas(3);
        assert!(van_hove_distinct(&gas, Species::NA, 3, 4.0, 4).is_err());
        assert!(van_hove_distinct(&gas, Species::NA, 0, 6.0, 4).is_err(), "half a height is less");
        assert!(van_hove_distinct(&gas, Species::C, 0, 4.0, 4).is_err());
    }
}
