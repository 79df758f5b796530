//! Simulated motion whose diffusion coefficient is known.

use natron_analysis::{Cells, Trajectory};
use natron_atoms::{Cell, Species, Vec3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp, StandardNormal};

/// Frames are this far apart, ps.
pub const SPACING_PS: f64 = 0.02;

fn gauss(rng: &mut ChaCha8Rng) -> Vec3 {
    Vec3::from_fn(|_, _| StandardNormal.sample(rng))
}

/// One atom's positions, A, `[frames]`.
type Walk = Vec<Vec3>;

/// A random walk of D (A^2/ps).
pub fn random_walk(rng: &mut ChaCha8Rng, frames: usize, d_a2_per_ps: f64) -> Walk {
    let step = (2.0 * d_a2_per_ps * SPACING_PS).sqrt();
    let mut here = Vec3::zeros();
    (0..frames)
        .map(|_| {
            here += gauss(rng) * step;
            here
        })
        .collect()
}

/// A walk whose velocity is an Ornstein-Uhlenbeck process of correlation time `tau_ps`:
/// MSD = 6 D [t - tau (1 - exp(-t/tau))]; integrated exactly over frames.
pub fn persistent_walk(rng: &mut ChaCha8Rng, frames: usize, d_a2_per_ps: f64, tau_ps: f64) -> Walk {
    let (x, e) = (SPACING_PS / tau_ps, (-SPACING_PS / tau_ps).exp());
    // Joint Gaussian of velocity and displacement over one step given the velocity before (Gillespie 1996).
    let var_v = d_a2_per_ps / tau_ps * (1.0 - e * e);
    let var_x = d_a2_per_ps * tau_ps * (2.0 * x - 3.0 + 4.0 * e - e * e);
    let cov = d_a2_per_ps * (1.0 - e).powi(2);
    let mut velocity = gauss(rng) * (d_a2_per_ps / tau_ps).sqrt();
    let mut here = Vec3::zeros();
    (0..frames)
        .map(|_| {
            let n1 = gauss(rng);
            let n2 = gauss(rng);
            here += velocity * (tau_ps * (1.0 - e))
                + n1 * (cov / var_v.sqrt())
                + n2 * (var_x - cov * cov / var_v).max(0.0).sqrt();
            velocity = velocity * e + n1 * var_v.sqrt();
            here
        })
        .collect()
}

/// Harmonic cage: an Ornstein-Uhlenbeck position of variance `size_a`^2 per axis and correlation time `tau_ps`.
pub fn caged(rng: &mut ChaCha8Rng, frames: usize, size_a: f64, tau_ps: f64) -> Walk {
    let e = (-SPACING_PS / tau_ps).exp();
    let mut here = gauss(rng) * size_a;
    (0..frames)
        .map(|_| {
            here = here * e + gauss(rng) * (size_a * (1.0 - e * e).sqrt());
            here
        })
        .collect()
}

/// The sum of two motions.
pub fn add(a: Walk, b: &Walk) -> Walk {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// A generator for repeat `repeat` of a test.
pub fn generator(seed: u64, repeat: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(repeat))
}

/// Sodium atoms on the given walks beside one carbon atom at rest, the reference.
pub fn trajectory(walks: &[Walk]) -> Trajectory {
    let frames = walks[0].len();
    let mut species = vec![Species::C];
    species.extend(walks.iter().map(|_| Species::NA));
    let masses = species.iter().map(|s| s.mass_amu()).collect();
    let time_ps = (0..frames).map(|t| t as f64 * SPACING_PS).collect();
    let frame = |t: usize| std::iter::once(Vec3::zeros()).chain(walks.iter().map(|w| w[t])).collect();
    let positions = (0..frames).map(frame).collect();
    Trajectory::new(species, masses, time_ps, positions, Cells::Constant(Cell::open()))
        .expect("a valid trajectory")
}

/// Hops of length `hop_a` on a cubic lattice at `rate_per_ps`; a hop goes back with probability `back`, else in one of the five other
/// directions. Correlations reach one hop, so the correlation factor is (1 + c)/(1 - c) with c the mean cosine of two hops.
pub fn lattice_walk(rng: &mut ChaCha8Rng, frames: usize, hop_a: f64, rate_per_ps: f64, back: f64) -> Walk {
    let mut here = Vec3::zeros();
    let mut last = random_axis(rng);
    let wait = Exp::new(rate_per_ps).expect("a positive rate");
    let mut next_ps: f64 = wait.sample(rng);
    (0..frames)
        .map(|t| {
            while next_ps <= t as f64 * SPACING_PS {
                last = if rng.random_bool(back) { -last } else { other_than(rng, &-last) };
                here += last * hop_a;
                next_ps += wait.sample(rng);
            }
            here
        })
        .collect()
}

/// D of [`lattice_walk`], A^2/ps: f rate hop^2/6.
pub fn lattice_d(hop_a: f64, rate_per_ps: f64, back: f64) -> f64 {
    let cosine = (1.0 - back) / 5.0 - back;
    (1.0 + cosine) / (1.0 - cosine) * rate_per_ps * hop_a * hop_a / 6.0
}

fn random_axis(rng: &mut ChaCha8Rng) -> Vec3 {
    let mut axis = Vec3::zeros();
    axis[rng.random_range(0..3)] = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    axis
}

fn other_than(rng: &mut ChaCha8Rng, not: &Vec3) -> Vec3 {
    loop {
        let axis = random_axis(rng);
        if axis != *not {
            return axis;
        }
    }
}

/// Free with D (A^2/ps) or at rest in a trap, by turns of exponential length with the means `free_ps` and `trapped_ps`, at first in the share
/// of both: D = free D free_ps/(free_ps + trapped_ps). The ends of turns fall on frames.
pub fn trapped_walk(
    rng: &mut ChaCha8Rng,
    frames: usize,
    d_a2_per_ps: f64,
    free_ps: f64,
    trapped_ps: f64,
) -> Walk {
    let step = (2.0 * d_a2_per_ps * SPACING_PS).sqrt();
    let mut free = rng.random_bool(free_ps / (free_ps + trapped_ps));
    let leave = |mean_ps: f64| 1.0 - (-SPACING_PS / mean_ps).exp();
    let mut here = Vec3::zeros();
    (0..frames)
        .map(|_| {
            if free {
                here += gauss(rng) * step;
            }
            if rng.random_bool(leave(if free { free_ps } else { trapped_ps })) {
                free = !free;
            }
            here
        })
        .collect()
}
