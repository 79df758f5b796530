//! Do the atoms move together? How much less N atoms say than N independent ones.
//!
//! With f the correlation between the displacements of two atoms, the squared displacements of Gaussian motion correlate by
//! f^2 (Isserlis), and the variance of the mean over N atoms is that of independent atoms times 1 + (N-1) f^2. f comes from
//! the displacement of all atoms together, whose MSD is the ingredient of the collective (charge) diffusion coefficient:
//!
//! ```text
//! f(n) = [ MSD_sum(n) - sum_a MSD_a(n) ] / [ (N-1) sum_a MSD_a(n) ],      MSD_sum: of sum_a r_a
//! ```
//!
//! averaged over the lags of the window. This takes all pairs as alike; a few atoms that move as a cluster among many that do
//! not are seen less. (Resampling blocks of time would need no such assumption, but in a window that reaches half the run there
//! are two blocks to resample: measured on walks of which half the motion is shared, its 68 % interval covered 41 %.)

use natron_atoms::Vec3;

use crate::curves::Curves;
use crate::msd::msd_fft;
use crate::paths::{Path, Paths};

/// (N-1) f^2: what to add to 1 to get the factor on the variance of a mean over atoms; the mean over the replicas,
/// which are independent of each other.
pub fn excess(paths: &Paths, curves: &Curves) -> f64 {
    let replicas = paths.atoms.iter().map(|p| p.replica + 1).max().unwrap_or(0);
    let of_replica = |replica: usize| {
        let members: Vec<usize> =
            (0..paths.atoms.len()).filter(|&a| paths.atoms[a].replica == replica).collect();
        if members.len() < 2 { 0.0 } else { excess_of_one(paths, curves, &members) }
    };
    (0..replicas).map(of_replica).sum::<f64>() / replicas.max(1) as f64
}

fn excess_of_one(paths: &Paths, curves: &Curves, members: &[usize]) -> f64 {
    let together = msd_fft(&sum_of(members.iter().map(|&a| &paths.atoms[a]), paths.n_frames));
    let pairs = (members.len() - 1) as f64;
    let correlation = |(i, &lag): (usize, &usize)| {
        let alone: f64 = members.iter().map(|&a| curves.atoms_a2[a][i]).sum();
        if alone > 0.0 { (together[lag] - alone) / (pairs * alone) } else { 0.0 }
    };
    let mean = curves.lags.iter().enumerate().map(correlation).sum::<f64>() / curves.lags.len() as f64;
    pairs * mean * mean
}

/// The sum of the ways of some atoms, A, `[T]`.
pub(crate) fn sum_of<'a>(paths: impl Iterator<Item = &'a Path>, frames: usize) -> Vec<Vec3> {
    let mut sum = vec![Vec3::zeros(); frames];
    for path in paths {
        for (frame, total) in sum.iter_mut().enumerate() {
            *total += path.positions_a.at(frame);
        }
    }
    sum
}
