//! From the gradient by the density, G = dE/dA, to the gradient by every neighbour's position.
//!
//! With H_lm = sum_n G_nlm R_n and S_lm = sum_n G_nlm R'_n for each neighbour,
//! dE/dr = (sum_lm S_lm Y_lm) u + (I - u u^T) (sum_lm H_lm dY_lm/du) / r. Here sixteen neighbours stand side by side: the
//! sums over channels need no horizontal addition.

use natron_descriptor::polynomials::{NORMS, contract};
use natron_descriptor::{CHANNELS, HARMONICS, Lanes, Path, Real, Vector, Wide};

use crate::expansion::project_all;

use super::Gradient;
use super::neighbourhood::Neighbourhood;

/// -sum of gradient x vector: xx, yy, zz, yz, xz, xy, in sixteen partial sums.
pub(super) type Virial<T> = [Lanes<T>; 6];

/// Adds the gradients (eV/A) of one centre's energy by its neighbours' and its own position to those of the locals, and its
/// part of the virial (eV).
///
/// Leaves the norms of the harmonics in `by_density`. The part of a centre in the virial is symmetric because its energy
/// does not change under rotation.
#[inline(always)]
pub(super) fn pair_gradients<T: Real, P: Path>(
    path: P,
    hood: &Neighbourhood<T>,
    slot: usize,
    by_density: &mut [Lanes<T>; HARMONICS],
    gradients: &mut [Gradient],
    virial: &mut Virial<T>,
) {
    for (gradient, norm) in by_density.iter_mut().zip(NORMS) {
        *gradient = gradient.scale(path, T::from_f64(norm));
    }
    let span = hood.spans[slot];
    let end = span.start + span.count;
    let mut own = [0.0; 4];
    for start in (span.start..end).step_by(CHANNELS) {
        let gradient = sixteen(path, hood, start, by_density);
        let [x, y, z, _, distance] = hood.polar[start / CHANNELS].map(|lanes| Wide::new(path, lanes.0));
        let vector = [x * distance, y * distance, z * distance];
        for (k, (a, b)) in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)].into_iter().enumerate() {
            virial[k] = gradient[a].mul_add(-vector[b], Wide::new(path, virial[k].0)).lanes;
        }
        let [x, y, z] = gradient.map(|g| g.lanes.0);
        for (n, &local) in hood.local[start..end.min(start + CHANNELS)].iter().enumerate() {
            let n = n & (CHANNELS - 1);
            let gradient = [x[n].to_f64(), y[n].to_f64(), z[n].to_f64(), 0.0];
            let sum = &mut gradients[local.number()];
            for k in 0..4 {
                sum[k] += gradient[k];
                own[k] += gradient[k];
            }
        }
    }
    let sum = &mut gradients[hood.own[slot].number()];
    for k in 0..4 {
        sum[k] -= own[k];
    }
}

/// The gradients of sixteen columns.
#[inline(always)]
fn sixteen<T: Real, P: Path>(
    path: P,
    hood: &Neighbourhood<T>,
    start: usize,
    by_density: &[Lanes<T>; HARMONICS],
) -> [Wide<T, P>; 3] {
    let radial: &[_; CHANNELS] = hood.radial[start..].first_chunk().expect("columns come in sixteens");
    let (mut values, mut slopes) = ([Lanes::ZERO; CHANNELS], [Lanes::ZERO; CHANNELS]);
    for (n, [value, slope]) in radial.iter().enumerate() {
        (values[n], slopes[n]) = (*value, *slope);
    }
    let (values, slopes) = (Lanes::transpose(path, &values), Lanes::transpose(path, &slopes));
    let (mut turn, mut stretch) = ([Lanes::ZERO; HARMONICS], [Lanes::ZERO; HARMONICS]);
    project_all(path, by_density, &values, &slopes, &mut turn, &mut stretch);
    let [x, y, z, inverse, _] = hood.polar[start / CHANNELS];
    let [x, y, z, inverse] =
        [Wide::new(path, x.0), Wide::new(path, y.0), Wide::new(path, z.0), Wide::new(path, inverse.0)];
    let (stretch, [tx, ty, tz]) = contract(path, [x, y, z], &stretch, &turn);
    let outward = tx.mul_add(x, ty.mul_add(y, tz * z));
    // stretch u + (turn - outward u) / r
    let along = stretch - outward * inverse;
    [tx.mul_add(inverse, along * x), ty.mul_add(inverse, along * y), tz.mul_add(inverse, along * z)]
}
