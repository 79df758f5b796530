//! From the neighbours of a centre to its density: A_nlm = sum_j R_n(r_ij) Y_lm(u_ij).

use natron_descriptor::polynomials::{NORMS, polynomials};
use natron_descriptor::{CHANNELS, HARMONICS, Lanes, Path, Real, Vector, Wide};

use crate::expansion::accumulate_all;

use super::neighbourhood::{Neighbourhood, Span};
use super::radial::Radial;

/// Fills the density of one centre. Leaves R, R', unit vectors, inverse distances and distances behind.
#[inline(always)]
pub(super) fn density<T: Real, P: Path>(
    path: P,
    hood: &mut Neighbourhood<T>,
    span: Span,
    radial: &[Radial<T>],
    density: &mut [Lanes<T>; HARMONICS],
) {
    density.fill(Lanes::ZERO);
    let end = span.start + span.count;
    for start in (span.start..end).step_by(CHANNELS) {
        let [x, y, z] = hood.vectors(path, start);
        let distance = x.mul_add(x, y.mul_add(y, z * z)).sqrt();
        let inverse = Wide::splat(path, T::ONE) / distance;
        let unit = [x * inverse, y * inverse, z * inverse];
        hood.polar[start / CHANNELS] =
            [unit[0].lanes, unit[1].lanes, unit[2].lanes, inverse.lanes, distance.lanes];
        let polynomials = polynomials(path, unit);
        let mut harmonics = [Lanes::ZERO; HARMONICS];
        for lm in 0..HARMONICS {
            harmonics[lm] = polynomials[lm].lanes;
        }
        let columns = start..end.min(start + CHANNELS);
        for (n, column) in columns.clone().enumerate() {
            let species = hood.local[column].species();
            hood.radial[column] = radial[species].evaluate(path, distance.lanes.0[n & (CHANNELS - 1)]);
        }
        accumulate_all(path, &hood.radial[columns], &harmonics, density);
    }
    for (density, norm) in density.iter_mut().zip(NORMS) {
        *density = density.scale(path, T::from_f64(norm));
    }
}
