//! D from velocities: a check that shares nothing with the MSD but the atoms.
//!
//! ```text
//! D = 1/3 int_0^t <v(0) . v(s)> ds,   C(n) = 1/(T-n) sum_k v(k+n) . v(k)      (Green, Kubo)
//! ```
//!
//! by the trapezoidal rule, cut at the lag t where the window of the MSD begins: the integral up to t is 1/6 of the slope of the MSD at t, so
//! where the MSD is straight the integral has reached its plateau, and what follows would add noise alone. The error is the scatter between
//! atoms.

use natron_atoms::Vec3;
use rayon::prelude::*;

use crate::estimate::quantile;
use crate::msd::autocorrelation;
use crate::value::Value;

/// A^2/fs in m2/s.
const A2_PER_FS_IN_M2_PER_S: f64 = 1e-5;
/// The velocity must be remembered from one frame to the next, or the integral is a sum of unrelated numbers.
const LEAST_MEMORY: f64 = 0.5;

/// D (m2/s) from velocities (A/fs) `[N][T]` of atoms, frames `spacing_ps` apart, with the integral cut at `cut` frames.
///
/// # Errors
/// In words: a single atom has no scatter, or the frames are too far apart.
pub fn green_kubo(velocities_a_per_fs: &[Vec<Vec3>], spacing_ps: f64, cut: usize) -> Result<Value, String> {
    let n = velocities_a_per_fs.len();
    if n < 2 {
        return Err("a single atom: there is no scatter to tell the error by".into());
    }
    let of_atom = |velocities: &Vec<Vec3>| -> (f64, f64, f64) {
        let frames = velocities.len();
        let sums = autocorrelation(velocities);
        let c = |lag: usize| sums[lag] / (frames - lag) as f64;
        let last = cut.min(frames - 1);
        let inner: f64 = (1..last).map(c).sum();
        (c(0), if frames > 1 { c(1) } else { 0.0 }, inner + 0.5 * (c(0) + c(last)))
    };
    let atoms: Vec<(f64, f64, f64)> = velocities_a_per_fs.par_iter().map(of_atom).collect();
    let mean = |value: fn(&(f64, f64, f64)) -> f64| atoms.iter().map(value).sum::<f64>() / n as f64;
    let memory = mean(|a| a.1) / mean(|a| a.0);
    if memory.is_nan() || memory < LEAST_MEMORY {
        return Err(format!(
            "the frames are too far apart: from one to the next the velocity keeps {memory:.2} of its square, and {LEAST_MEMORY} are needed"
        ));
    }
    let integral = mean(|a| a.2);
    let scatter = atoms.iter().map(|a| (a.2 - integral).powi(2)).sum::<f64>() / (n * (n - 1)) as f64;
    let in_si = A2_PER_FS_IN_M2_PER_S * 1e3 * spacing_ps / 3.0;
    let half = scatter.sqrt() * quantile(0.84, (n - 1) as f64);
    Ok(Value { value: in_si * integral, err: in_si * half })
}
