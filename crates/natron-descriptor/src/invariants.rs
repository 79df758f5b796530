//! Invariant features of an expanded density and their adjoint.
//!
//! Feature vectors hold one number a channel n; the features of an environment are, in order,
//!
//! | body order | feature | count (of vectors) |
//! |---|---|---|
//! | 2 | A_n00 | 1 |
//! | 3 | p_n,n+d,l = (2l+1)^-1/2 sum_m A_nlm A_(n+d)lm | shifts x (L+1), d = 0 .. shifts-1, n+d modulo 16 |
//! | 4 | sum G A_nl1m1 A_nl2m2 A_nl3m3 | one a coupling |
//!
//! All pairs n n' are spanned up to a change of basis by the trainable radial coefficients, so a few
//! shifts do the work of all 136.

use crate::coupling::Coupling;
use crate::harmonics::{HARMONICS, L_MAX};
use crate::lanes::{CHANNELS, Real, Vector};
use crate::path::Path;

/// Most shifts a model may use.
pub const MAX_SHIFTS: usize = 4;

/// Why there are no such features.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvariantsError {
    /// Too few or too many shifts.
    #[error("{0} channel shifts; between 1 and {MAX_SHIFTS} are possible")]
    Shifts(usize),
    /// These angular momenta do not couple.
    #[error("angular momenta {0:?} do not couple to an invariant: l <= 4, a triangle, an even sum")]
    Coupling([usize; 3]),
}

/// The choice of features.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariants<T> {
    shifts: usize,
    couplings: Vec<Vec<([u8; 3], T)>>,
}

impl<T: Real> Invariants<T> {
    /// Features with `shifts` channel pairs for each l and the given 4-body couplings.
    ///
    /// # Errors
    /// See [`InvariantsError`].
    pub fn new(shifts: usize, couplings: &[[usize; 3]]) -> Result<Self, InvariantsError> {
        if shifts == 0 || shifts > MAX_SHIFTS {
            return Err(InvariantsError::Shifts(shifts));
        }
        let couplings = couplings
            .iter()
            .map(|&l| {
                let coupling = Coupling::new(l).ok_or(InvariantsError::Coupling(l))?;
                let narrow =
                    |m: &crate::coupling::Monomial| (m.index.map(|i| i as u8), T::from_f64(m.coefficient));
                Ok(coupling.monomials.iter().map(narrow).collect())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { shifts, couplings })
    }

    /// Number of feature vectors (of 16 channels each).
    pub fn vectors(&self) -> usize {
        1 + self.shifts * (L_MAX + 1) + self.couplings.len()
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.vectors() * CHANNELS
    }

    /// Degree in the density (1, 2 or 3) of feature vector `k`.
    pub fn degree(&self, k: usize) -> u8 {
        match k {
            0 => 1,
            _ if k <= self.shifts * (L_MAX + 1) => 2,
            _ => 3,
        }
    }

    /// Features of a density.
    ///
    /// Shapes: `density` `[25]`, `features` `[vectors]`, each entry 16 channels.
    #[inline(always)]
    pub fn forward<V: Vector<Scalar = T>, P: Path>(
        &self,
        path: P,
        density: &[V; HARMONICS],
        features: &mut [V],
    ) {
        features[0] = density[0];
        for shift in 0..self.shifts {
            let out = &mut features[1 + shift * (L_MAX + 1)..1 + (shift + 1) * (L_MAX + 1)];
            match shift {
                0 => power_spectrum::<V, P, 0>(path, density, out),
                1 => power_spectrum::<V, P, 1>(path, density, out),
                2 => power_spectrum::<V, P, 2>(path, density, out),
                _ => power_spectrum::<V, P, 3>(path, density, out),
            }
        }
        let start = 1 + self.shifts * (L_MAX + 1);
        for (out, monomials) in features[start..].iter_mut().zip(&self.couplings) {
            let mut sum = V::ZERO;
            for &([a, b, c], coefficient) in monomials {
                let pair =
                    density[usize::from(a)].mul(path, density[usize::from(b)]).scale(path, coefficient);
                sum = pair.mul_add(path, density[usize::from(c)], sum);
            }
            *out = sum;
        }
    }

    /// Gradient with respect to the density of sum_k `weights[k]` . features[k].
    ///
    /// Shapes: `density` `[25]`, `weights` `[vectors]`, result `[25]`. On dual numbers, a density
    /// A + e A' and weights b + e a give (slope) the gradient by A of a . q + b . q' and (value) the
    /// gradient by A' of it, where q' is the derivative of the features along A'.
    #[inline(always)]
    pub fn adjoint<V: Vector<Scalar = T>, P: Path>(
        &self,
        path: P,
        density: &[V; HARMONICS],
        weights: &[V],
    ) -> [V; HARMONICS] {
        let mut gradient = [V::ZERO; HARMONICS];
        gradient[0] = weights[0];
        for shift in 0..self.shifts {
            let weights = &weights[1 + shift * (L_MAX + 1)..1 + (shift + 1) * (L_MAX + 1)];
            match shift {
                0 => power_adjoint::<V, P, 0, 0>(path, density, weights, &mut gradient),
                1 => power_adjoint::<V, P, 1, 15>(path, density, weights, &mut gradient),
                2 => power_adjoint::<V, P, 2, 14>(path, density, weights, &mut gradient),
                _ => power_adjoint::<V, P, 3, 13>(path, density, weights, &mut gradient),
            }
        }
        let start = 1 + self.shifts * (L_MAX + 1);
        for (weight, monomials) in weights[start..].iter().zip(&self.couplings) {
            for &([a, b, c], coefficient) in monomials {
                let (a, b, c) = (usize::from(a), usize::from(b), usize::from(c));
                let weight = weight.scale(path, coefficient);
                let (wa, wb) = (weight.mul(path, density[a]), weight.mul(path, density[b]));
                gradient[c] = wa.mul_add(path, density[b], gradient[c]);
                gradient[b] = wa.mul_add(path, density[c], gradient[b]);
                gradient[a] = wb.mul_add(path, density[c], gradient[a]);
            }
        }
        gradient
    }
}

/// (2l+1)^-1/2.
#[inline(always)]
fn norm<T: Real>(l: usize) -> T {
    T::from_f64(1.0 / ((2 * l + 1) as f64).sqrt())
}

#[inline(always)]
fn power_spectrum<V: Vector, P: Path, const SHIFT: usize>(path: P, density: &[V; HARMONICS], out: &mut [V]) {
    for (l, out) in out.iter_mut().enumerate() {
        let mut sum = V::ZERO;
        for a in &density[l * l..(l + 1) * (l + 1)] {
            sum = a.mul_add(path, a.rotate::<SHIFT, P>(path), sum);
        }
        *out = sum.scale(path, norm(l));
    }
}

#[inline(always)]
fn power_adjoint<V: Vector, P: Path, const SHIFT: usize, const BACK: usize>(
    path: P,
    density: &[V; HARMONICS],
    weights: &[V],
    gradient: &mut [V; HARMONICS],
) {
    for (l, weight) in weights.iter().enumerate() {
        let weight = weight.scale(path, norm(l));
        for lm in l * l..(l + 1) * (l + 1) {
            let there = weight.mul_add(path, density[lm].rotate::<SHIFT, P>(path), gradient[lm]);
            gradient[lm] = there.add(path, weight.mul(path, density[lm]).rotate::<BACK, P>(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Dual, Lanes};
    use crate::path::Portable;
    use rand::{RngExt, SeedableRng};

    const ALL: [[usize; 3]; 9] =
        [[1, 1, 2], [2, 2, 2], [1, 2, 3], [2, 3, 3], [1, 3, 4], [2, 2, 4], [2, 4, 4], [3, 3, 4], [4, 4, 4]];

    fn random<const N: usize>(seed: u64) -> [Lanes<f64>; N] {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        std::array::from_fn(|_| Lanes(std::array::from_fn(|_| rng.random_range(-1.0..1.0))))
    }

    fn forward(invariants: &Invariants<f64>, density: &[Lanes<f64>; HARMONICS]) -> Vec<Lanes<f64>> {
        let mut features = vec![Lanes::ZERO; invariants.vectors()];
        invariants.forward(Portable, density, &mut features);
        features
    }

    fn dot(a: &[Lanes<f64>], b: &[Lanes<f64>]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a.mul(Portable, *b).sum(Portable)).sum()
    }

    fn displaced(
        a: &[Lanes<f64>; HARMONICS],
        b: &[Lanes<f64>; HARMONICS],
        h: f64,
    ) -> [Lanes<f64>; HARMONICS] {
        std::array::from_fn(|k| a[k].add(Portable, b[k].scale(Portable, h)))
    }

    #[test]
    fn adjoint_matches_differences() {
        let invariants = Invariants::<f64>::new(3, &ALL).expect("valid");
        let (density, direction): ([_; HARMONICS], [_; HARMONICS]) = (random(1), random(2));
        let weights: [_; 25] = random(3);
        let weights = &weights[..invariants.vectors()];
        let h = 1e-5;
        let up = forward(&invariants, &displaced(&density, &direction, h));
        let down = forward(&invariants, &displaced(&density, &direction, -h));
        let difference = (dot(&up, weights) - dot(&down, weights)) / (2.0 * h);
        let exact = dot(&invariants.adjoint(Portable, &density, weights), &direction);
        assert!((difference - exact).abs() < 1e-8 * exact.abs(), "{difference} {exact}");
    }

    #[test]
    fn dual_adjoint_is_the_gradient_of_the_directional_derivative() {
        let invariants = Invariants::<f64>::new(2, &ALL).expect("valid");
        let n = invariants.vectors();
        let (density, tangent, probe): ([_; HARMONICS], [_; HARMONICS], [_; HARMONICS]) =
            (random(1), random(2), random(5));
        let (alpha, beta): ([_; 25], [_; 25]) = (random(3), random(4));
        let slope = |density: &[Lanes<f64>; HARMONICS], tangent: &[Lanes<f64>; HARMONICS]| {
            let duals: [_; HARMONICS] =
                std::array::from_fn(|k| Dual { value: density[k], slope: tangent[k] });
            let mut out = vec![Dual::ZERO; n];
            invariants.forward(Portable, &duals, &mut out);
            (0..n)
                .map(|k| {
                    alpha[k].mul(Portable, out[k].value).sum(Portable)
                        + beta[k].mul(Portable, out[k].slope).sum(Portable)
                })
                .sum::<f64>()
        };
        let duals: [_; HARMONICS] = std::array::from_fn(|k| Dual { value: density[k], slope: tangent[k] });
        let weights: Vec<_> = (0..n).map(|k| Dual { value: beta[k], slope: alpha[k] }).collect();
        let gradient = invariants.adjoint(Portable, &duals, &weights);
        let h = 1e-5;
        let by_density = (slope(&displaced(&density, &probe, h), &tangent)
            - slope(&displaced(&density, &probe, -h), &tangent))
            / (2.0 * h);
        let exact: f64 =
            gradient.iter().zip(&probe).map(|(g, p)| g.slope.mul(Portable, *p).sum(Portable)).sum();
        assert!((by_density - exact).abs() < 1e-7 * exact.abs(), "{by_density} {exact}");
        let by_tangent = (slope(&density, &displaced(&tangent, &probe, h))
            - slope(&density, &displaced(&tangent, &probe, -h)))
            / (2.0 * h);
        let exact: f64 =
            gradient.iter().zip(&probe).map(|(g, p)| g.value.mul(Portable, *p).sum(Portable)).sum();
        assert!((by_tangent - exact).abs() < 1e-7 * exact.abs(), "{by_tangent} {exact}");
    }

    #[test]
    fn rotations_and_inversion_change_nothing() {
        let invariants = Invariants::<f64>::new(2, &ALL).expect("valid");
        let points: [[f64; 3]; 5] =
            [[0.3, 0.8, -0.5], [-0.9, 0.1, 0.4], [0.2, -0.7, 0.6], [0.5, 0.5, 0.7], [0.0, 0.3, -1.0]];
        let rotation = nalgebra::Rotation3::from_euler_angles(0.4, -1.1, 2.3);
        let features = |sign: f64, rotate: bool| {
            let mut density = [Lanes::ZERO; HARMONICS];
            for (k, p) in points.iter().enumerate() {
                let v = nalgebra::Vector3::from(*p).normalize() * sign;
                let v = if rotate { rotation * v } else { v };
                let y = crate::harmonics::harmonics([v.x, v.y, v.z]);
                for lm in 0..HARMONICS {
                    let radial = Lanes(std::array::from_fn(|n| ((n + 1) as f64 * (k as f64 + 0.7)).sin()));
                    density[lm] = radial.axpy(Portable, y[lm], density[lm]);
                }
            }
            forward(&invariants, &density)
        };
        let here = features(1.0, false);
        for other in [features(1.0, true), features(-1.0, false)] {
            for (a, b) in here.iter().zip(&other) {
                for n in 0..CHANNELS {
                    assert!((a.0[n] - b.0[n]).abs() < 1e-11 * (1.0 + a.0[n].abs()));
                }
            }
        }
    }

    #[test]
    fn four_body_features_tell_a_three_body_degenerate_pair_apart() {
        // Equal distances to the centre, equal sets of angles: the quadruplets of points at angles
        // {0, a, b, c} on a circle that share all pairwise differences (homometric sets). On a circle of
        // eight steps {0, 1, 3, 4} and {0, 1, 2, 5} have the same differences: Pozdnyakov et al.,
        // 10.1103/PhysRevLett.125.166001.
        let invariants = Invariants::<f64>::new(1, &ALL).expect("valid");
        let features = |steps: [u32; 4]| {
            let mut density = [Lanes::ZERO; HARMONICS];
            for step in steps {
                let phi = std::f64::consts::FRAC_PI_4 * f64::from(step);
                let y = crate::harmonics::harmonics([phi.cos(), phi.sin(), 0.0]);
                for lm in 0..HARMONICS {
                    density[lm] = density[lm].add(Portable, Lanes::splat(y[lm]));
                }
            }
            forward(&invariants, &density)
        };
        let (a, b) = (features([0, 1, 3, 4]), features([0, 1, 2, 5]));
        for k in 0..invariants.vectors() {
            let difference = (a[k].0[0] - b[k].0[0]).abs();
            if invariants.degree(k) < 3 {
                assert!(difference < 1e-12, "three-body feature {k} differs by {difference}");
            }
        }
        let four_body = (0..invariants.vectors()).filter(|&k| invariants.degree(k) == 3);
        let largest = four_body.map(|k| (a[k].0[0] - b[k].0[0]).abs()).fold(0.0, f64::max);
        assert!(largest > 1e-2, "{largest}");
    }
}
