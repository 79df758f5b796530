//! The density in the plain radial basis, and its derivative along a direction.
//!
//! D_i,lm,(b k) = sum over neighbours j of species b of B_k(r_ij) Y_lm(u_ij): A = D c is linear in the
//! trainable coefficients c. Column (b, k) is scaled by the power of two
//! next to 1 / (1 + (k/6)^2), a smoothness prior: equal steps of the optimiser move rough radial functions
//! less, and the scale comes off again without rounding.

use natron_atoms::{Mat3, NeighbourList, Structure, Vec3};
use natron_descriptor::simd::Kernel;
use natron_descriptor::{HARMONICS, Path, RadialBasis, Real, SimdPath, harmonics_with_gradients};
use natron_potential::ModelSpec;

/// A neighbour within its cutoff.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The centre.
    pub centre: u32,
    /// The neighbour.
    pub neighbour: u32,
    /// Species number of the neighbour.
    pub neighbour_species: u32,
    /// Number of the ordered pair of species.
    pub kind: u32,
    /// The way from centre to neighbour, A.
    pub vector: Vec3,
}

/// Scale of basis function `k`, a power of two.
pub fn smoothness(k: usize) -> f32 {
    (-(1.0 + (k as f32 / 6.0).powi(2)).log2().round()).exp2()
}

/// Neighbours within their ordered pair's cutoff.
pub fn pairs(structure: &Structure, list: &NeighbourList, numbers: &[usize], spec: &ModelSpec) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for centre in 0..structure.len() {
        for neighbour in list.neighbours(structure, centre) {
            let kind = spec.pair_index(numbers[centre], numbers[neighbour.index]);
            if neighbour.distance_a < spec.pairs[kind].cutoff_a {
                pairs.push(Pair {
                    centre: centre as u32,
                    neighbour: neighbour.index as u32,
                    neighbour_species: numbers[neighbour.index] as u32,
                    kind: kind as u32,
                    vector: neighbour.vector,
                });
            }
        }
    }
    pairs
}

/// The density. Shape `[atoms][25][S K]`.
pub fn expand<T: Real>(pairs: &[Pair], atoms: usize, spec: &ModelSpec) -> Vec<T> {
    run(pairs, atoms, None, spec)
}

/// How positions and the cell move: displacement of each atom (A) and strain.
#[derive(Debug, Clone, Copy)]
pub struct Direction<'a> {
    /// Displacement of each atom, `[n]`.
    pub atoms: &'a [Vec3],
    /// Strain.
    pub strain: Mat3,
}

/// Derivative of the density along a direction. Shape `[atoms][25][S K]`.
pub fn expand_along<T: Real>(pairs: &[Pair], direction: Direction<'_>, spec: &ModelSpec) -> Vec<T> {
    run(pairs, direction.atoms.len(), Some(direction), spec)
}

fn run<T: Real>(pairs: &[Pair], atoms: usize, direction: Option<Direction<'_>>, spec: &ModelSpec) -> Vec<T> {
    let (terms, columns) = (spec.radial_functions, spec.species.len() * spec.radial_functions);
    let bases: Vec<_> = spec.pairs.iter().map(|pair| RadialBasis::new(pair.cutoff_a, pair.scale_a)).collect();
    let mut out = vec![T::ZERO; atoms * HARMONICS * columns];
    SimdPath::detect().run(Expand { pairs, bases: &bases, terms, columns, out: &mut out, direction });
    out
}

struct Expand<'a, T> {
    pairs: &'a [Pair],
    bases: &'a [RadialBasis<T>],
    terms: usize,
    columns: usize,
    out: &'a mut [T],
    direction: Option<Direction<'a>>,
}

impl<T: Real> Kernel for Expand<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call<P: Path>(self, _: P) {
        let Self { pairs, bases, terms, columns, out, direction } = self;
        let (mut values, mut slopes) = ([T::ZERO; 64], [T::ZERO; 64]);
        let prior: [T; 64] = std::array::from_fn(|k| T::from_f64(f64::from(smoothness(k))));
        for pair in pairs {
            let distance = pair.vector.norm();
            let unit = pair.vector / distance;
            let u = [unit.x, unit.y, unit.z].map(T::from_f64);
            bases[pair.kind as usize].evaluate(
                T::from_f64(distance),
                &mut values[..terms],
                &mut slopes[..terms],
            );
            let (mut y, gradient) = harmonics_with_gradients(u);
            let mut angular = [T::ZERO; HARMONICS];
            if let Some(direction) = direction {
                let (i, j) = (pair.centre as usize, pair.neighbour as usize);
                let velocity = direction.atoms[j] - direction.atoms[i] + direction.strain * pair.vector;
                let radial = unit.dot(&velocity);
                let turn = (velocity - unit * radial) / distance;
                let turn = [turn.x, turn.y, turn.z].map(T::from_f64);
                for lm in 0..HARMONICS {
                    angular[lm] =
                        gradient[0][lm] * turn[0] + gradient[1][lm] * turn[1] + gradient[2][lm] * turn[2];
                    y[lm] = y[lm] * T::from_f64(radial);
                }
            } else {
                // The value itself: no slope, Y as the angular part.
                std::mem::swap(&mut y, &mut angular);
            }
            for k in 0..terms {
                values[k] = values[k] * prior[k];
                slopes[k] = slopes[k] * prior[k];
            }
            let first = pair.centre as usize * HARMONICS * columns + pair.neighbour_species as usize * terms;
            for lm in 0..HARMONICS {
                let row = &mut out[first + lm * columns..first + lm * columns + terms];
                for (entry, (value, slope)) in row.iter_mut().zip(values.iter().zip(&slopes)) {
                    *entry += *value * angular[lm] + *slope * y[lm];
                }
            }
        }
    }
}
