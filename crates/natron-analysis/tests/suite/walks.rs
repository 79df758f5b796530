//! Simulated motion whose diffusion coefficient is known.

use natron_analysis::{Cells, Trajectory};
use natron_atoms::{Cell, Species, Vec3};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

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
