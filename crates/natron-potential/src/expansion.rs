//! The two sums over pairs and channels: the density from the neighbours, and back from its gradient to each neighbour.

use natron_descriptor::{CHANNELS, Fit, HARMONICS, Lanes, Path, Real, Vector};

/// density += sum_j R(j) P(j) over up to sixteen neighbours, as many harmonics at a time as registers hold.
///
/// Shapes: `radial` `[neighbours]` of R and R' (which is not read) in sixteen channels, `harmonics` `[lm]` of sixteen neighbours,
/// `density` `[lm]` of sixteen channels.
#[inline(always)]
pub fn accumulate_all<T: Real, P: Path>(
    path: P,
    radial: &[[Lanes<T>; 2]],
    harmonics: &[Lanes<T>; HARMONICS],
    density: &mut [Lanes<T>; HARMONICS],
) {
    if const { Fit::<T, P>::REGISTERS >= 32 } {
        accumulate::<T, P, HARMONICS>(path, radial, harmonics, density);
    } else {
        accumulate::<T, P, 5>(path, radial, harmonics, density);
    }
}

/// `TILE` divides the number of harmonics.
#[inline(always)]
fn accumulate<T: Real, P: Path, const TILE: usize>(
    path: P,
    radial: &[[Lanes<T>; 2]],
    harmonics: &[Lanes<T>; HARMONICS],
    density: &mut [Lanes<T>; HARMONICS],
) {
    let tiles = harmonics.as_chunks::<TILE>().0.iter().zip(density.as_chunks_mut::<TILE>().0);
    for (harmonics, density) in tiles {
        let mut sums = *density;
        for (n, [value, _]) in radial.iter().enumerate() {
            for (sum, harmonic) in sums.iter_mut().zip(harmonics) {
                *sum = value.axpy(path, harmonic.0[n & (CHANNELS - 1)], *sum);
            }
        }
        *density = sums;
    }
}

/// H_lm = sum_n G_nlm R_n (`turn`) and S_lm = sum_n G_nlm R'_n (`stretch`) of sixteen neighbours, as many harmonics at a time
/// as registers hold.
///
/// Shapes: `by_density` `[lm]` of sixteen channels, `values` and `slopes` `[channels]`, `turn` and `stretch` `[lm]`, each of
/// sixteen neighbours.
#[inline(always)]
pub fn project_all<T: Real, P: Path>(
    path: P,
    by_density: &[Lanes<T>; HARMONICS],
    values: &[Lanes<T>; CHANNELS],
    slopes: &[Lanes<T>; CHANNELS],
    turn: &mut [Lanes<T>; HARMONICS],
    stretch: &mut [Lanes<T>; HARMONICS],
) {
    if const { Fit::<T, P>::REGISTERS >= 32 } {
        project::<T, P, 13>(path, by_density, values, slopes, turn, stretch, 0);
        project::<T, P, 12>(path, by_density, values, slopes, turn, stretch, 13);
    } else if const { Fit::<T, P>::REGISTERS >= 8 } {
        for first in (0..HARMONICS).step_by(5) {
            project::<T, P, 5>(path, by_density, values, slopes, turn, stretch, first);
        }
    } else {
        for first in 0..HARMONICS {
            project::<T, P, 1>(path, by_density, values, slopes, turn, stretch, first);
        }
    }
}

/// H and S of harmonics `first .. first + TILE`.
#[inline(always)]
fn project<T: Real, P: Path, const TILE: usize>(
    path: P,
    by_density: &[Lanes<T>; HARMONICS],
    values: &[Lanes<T>; CHANNELS],
    slopes: &[Lanes<T>; CHANNELS],
    turn: &mut [Lanes<T>; HARMONICS],
    stretch: &mut [Lanes<T>; HARMONICS],
    first: usize,
) {
    let by_density: &[_; TILE] = by_density[first..].first_chunk().expect("a tile of the harmonics");
    let (mut h, mut s) = ([Lanes::ZERO; TILE], [Lanes::ZERO; TILE]);
    for n in 0..CHANNELS {
        for k in 0..TILE {
            let gradient = by_density[k].0[n];
            h[k] = values[n].axpy(path, gradient, h[k]);
            s[k] = slopes[n].axpy(path, gradient, s[k]);
        }
    }
    turn[first..first + TILE].copy_from_slice(&h);
    stretch[first..first + TILE].copy_from_slice(&s);
}
