//! Invariant features of an expanded density and their adjoint.
//!
//! Feature vectors hold one number a channel n; the features of an environment are, in order,
//!
//! | body order | feature | count (of vectors) |
//! |---|---|---|
//! | 2 | A_n00 | 1 |
//! | 3 | p_n,n+d,l = (2l+1)^-1/2 sum_m A_nlm A_(n+d)lm | shifts x (L+1), d = 0 .. shifts-1, n+d modulo 16 |
//! | 4 | sum G A_nl1m1 A_nl2m2 A_nl3m3 | one a coupling |
//! | 5 | (2L+1)^-1/2 sum_M B_nLM^2, B two A coupled to L ([`crate::five_body`]) | one a (l1, l2, L) |
//!
//! All pairs n n' are spanned up to a change of basis by the trainable radial coefficients, so a few
//! shifts do the work of all 136.

use crate::coupling::Coupling;
use crate::five_body::{self, FiveBody, FiveBodyError};
use crate::harmonics::{HARMONICS, L_MAX};
use crate::lanes::{CHANNELS, Real, Vector};
use crate::path::Path;
use crate::products::sum_of_products;
use crate::unrolled;

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
    /// These angular momenta give no five-body feature of their own.
    #[error("five-body feature {0:?} (l1, l2, L): {1}")]
    FiveBody([usize; 3], FiveBodyError),
}

/// The choice of features.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariants<T> {
    shifts: usize,
    couplings: Vec<Code<T>>,
    five_body: Vec<FiveBody<T>>,
}

/// How a coupling is computed.
#[derive(Debug, Clone, PartialEq)]
struct Code<T> {
    /// Its number among those with code of their own, which is used where it pays.
    unrolled: Option<usize>,
    /// From a table.
    products: Products<T>,
}

impl<T: Real> Code<T> {
    fn new(l: [usize; 3]) -> Option<Self> {
        let mut sorted = l;
        sorted.sort_unstable();
        let unrolled = unrolled::KNOWN.iter().position(|&known| known == sorted);
        Some(Self { unrolled, products: Products::new(&Coupling::new(l)?) })
    }

    #[inline(always)]
    fn value<V: Vector<Scalar = T>, P: Path>(&self, path: P, density: &[V; HARMONICS]) -> V {
        if const { unrolled::pays::<V, P>() }
            && let Some(number) = self.unrolled
        {
            return unrolled::value(path, number, density);
        }
        self.products.value(path, density)
    }

    #[inline(always)]
    fn add_slope<V: Vector<Scalar = T>, P: Path>(
        &self,
        path: P,
        density: &[V; HARMONICS],
        weight: V,
        gradient: &mut [V; HARMONICS],
    ) {
        if const { unrolled::pays::<V, P>() }
            && let Some(number) = self.unrolled
        {
            return unrolled::add_slope(path, number, density, weight, gradient);
        }
        self.products.add_slope(path, density, weight, gradient);
    }
}

/// A coupling sum_t c_t A_a A_b A_x, collected by one factor, so that sums stay in registers.
#[derive(Debug, Clone, PartialEq)]
struct Products<T> {
    /// The coupling itself: each monomial once, under its last harmonic x.
    value: Vec<Collected<T>>,
    /// Its derivative by A_x for each harmonic x.
    slope: Vec<Collected<T>>,
}

/// sum_t c_t A_a A_b, which belongs to harmonic x.
#[derive(Debug, Clone, PartialEq)]
struct Collected<T> {
    harmonic: u8,
    terms: Vec<(u8, u8, T)>,
}

impl<T: Real> Products<T> {
    fn new(coupling: &Coupling) -> Self {
        let (mut value, mut slope) = (vec![Vec::new(); HARMONICS], vec![Vec::new(); HARMONICS]);
        for monomial in &coupling.monomials {
            let ([a, b, c], coefficient) = (monomial.index, monomial.coefficient);
            value[c].push((a as u8, b as u8, T::from_f64(coefficient)));
            let distinct = [Some(a), (b != a).then_some(b), (c != b).then_some(c)];
            for x in distinct.into_iter().flatten() {
                if let Some(([a, b], coefficient)) = monomial.slope(x) {
                    slope[x].push((a as u8, b as u8, T::from_f64(coefficient)));
                }
            }
        }
        let collect = |by_harmonic: Vec<Vec<(u8, u8, T)>>| {
            let collected = by_harmonic.into_iter().enumerate();
            let collected = collected.map(|(x, terms)| Collected { harmonic: x as u8, terms });
            collected.filter(|collected| !collected.terms.is_empty()).collect()
        };
        Self { value: collect(value), slope: collect(slope) }
    }

    #[inline(always)]
    fn value<V: Vector<Scalar = T>, P: Path>(&self, path: P, density: &[V; HARMONICS]) -> V {
        let mut value = V::ZERO;
        for collected in &self.value {
            let harmonic = density[usize::from(collected.harmonic)];
            value = sum_of_products(path, &collected.terms, density).mul_add(path, harmonic, value);
        }
        value
    }

    #[inline(always)]
    fn add_slope<V: Vector<Scalar = T>, P: Path>(
        &self,
        path: P,
        density: &[V; HARMONICS],
        weight: V,
        gradient: &mut [V; HARMONICS],
    ) {
        for collected in &self.slope {
            let gradient = &mut gradient[usize::from(collected.harmonic)];
            *gradient = sum_of_products(path, &collected.terms, density).mul_add(path, weight, *gradient);
        }
    }
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
            .map(|&l| Code::new(l).ok_or(InvariantsError::Coupling(l)))
            .collect::<Result<_, _>>()?;
        Ok(Self { shifts, couplings, five_body: Vec::new() })
    }

    /// The same with a five-body feature for each (l1, l2, L).
    ///
    /// # Errors
    /// One of them is no feature of its own, see [`FiveBodyError`].
    pub fn with_five_body(mut self, list: &[[usize; 3]]) -> Result<Self, InvariantsError> {
        five_body::check(list).map_err(|(l, why)| InvariantsError::FiveBody(l, why))?;
        self.five_body = list.iter().filter_map(|&l| FiveBody::new(l)).collect();
        Ok(self)
    }

    /// Number of feature vectors (of 16 channels each).
    pub fn vectors(&self) -> usize {
        self.first_five_body() + self.five_body.len()
    }

    fn first_coupling(&self) -> usize {
        1 + self.shifts * (L_MAX + 1)
    }

    fn first_five_body(&self) -> usize {
        self.first_coupling() + self.couplings.len()
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.vectors() * CHANNELS
    }

    /// Degree in the density (1, 2, 3 or 4) of feature vector `k`.
    pub fn degree(&self, k: usize) -> u8 {
        match k {
            0 => 1,
            _ if k < self.first_coupling() => 2,
            _ if k < self.first_five_body() => 3,
            _ => 4,
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
        for (out, coupling) in features[self.first_coupling()..].iter_mut().zip(&self.couplings) {
            *out = coupling.value(path, density);
        }
        for (out, feature) in features[self.first_five_body()..].iter_mut().zip(&self.five_body) {
            *out = feature.value(path, density);
        }
    }

    /// Gradient with respect to the density of sum_k `weights[k]` . features[k].
    ///
    /// Shapes: `density` and `gradient` `[25]`, `weights` `[vectors]`. On dual numbers, a density A + e A' and weights
    /// b + e a give (slope) the gradient by A of a . q + b . q' and (value) the gradient by A' of it, where q' is
    /// the derivative of the features along A'.
    #[inline(always)]
    pub fn adjoint<V: Vector<Scalar = T>, P: Path>(
        &self,
        path: P,
        density: &[V; HARMONICS],
        weights: &[V],
        gradient: &mut [V; HARMONICS],
    ) {
        gradient.fill(V::ZERO);
        gradient[0] = weights[0];
        for shift in 0..self.shifts {
            let weights = &weights[1 + shift * (L_MAX + 1)..1 + (shift + 1) * (L_MAX + 1)];
            match shift {
                0 => norm_adjoint(path, density, weights, gradient),
                1 => power_adjoint::<V, P, 1, 15>(path, density, weights, gradient),
                2 => power_adjoint::<V, P, 2, 14>(path, density, weights, gradient),
                _ => power_adjoint::<V, P, 3, 13>(path, density, weights, gradient),
            }
        }
        for (&weight, coupling) in weights[self.first_coupling()..].iter().zip(&self.couplings) {
            coupling.add_slope(path, density, weight, gradient);
        }
        for (&weight, feature) in weights[self.first_five_body()..].iter().zip(&self.five_body) {
            feature.add_slope(path, density, weight, gradient);
        }
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

/// [`power_adjoint`] of channels with themselves.
#[inline(always)]
fn norm_adjoint<V: Vector, P: Path>(
    path: P,
    density: &[V; HARMONICS],
    weights: &[V],
    gradient: &mut [V; HARMONICS],
) {
    for (l, weight) in weights.iter().enumerate() {
        let weight = weight.scale(path, norm::<V::Scalar>(l) + norm(l));
        for lm in l * l..(l + 1) * (l + 1) {
            gradient[lm] = weight.mul_add(path, density[lm], gradient[lm]);
        }
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

    fn all(shifts: usize) -> Invariants<f64> {
        let five_body = [[1, 2, 3], [4, 1, 3], [2, 3, 3], [2, 4, 4], [3, 3, 2], [4, 3, 1], [4, 4, 4]];
        Invariants::new(shifts, &ALL).and_then(|i| i.with_five_body(&five_body)).expect("valid")
    }

    fn random<const N: usize>(seed: u64) -> [Lanes<f64>; N] {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        std::array::from_fn(|_| Lanes(std::array::from_fn(|_| rng.random_range(-1.0..1.0))))
    }

    fn forward(invariants: &Invariants<f64>, density: &[Lanes<f64>; HARMONICS]) -> Vec<Lanes<f64>> {
        let mut features = vec![Lanes::ZERO; invariants.vectors()];
        invariants.forward(Portable, density, &mut features);
        features
    }

    fn adjoint<V: Vector<Scalar = f64>>(
        invariants: &Invariants<f64>,
        density: &[V; HARMONICS],
        weights: &[V],
    ) -> [V; HARMONICS] {
        let mut gradient = [V::ZERO; HARMONICS];
        invariants.adjoint(Portable, density, weights, &mut gradient);
        gradient
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
        let invariants = all(3);
        let (density, direction): ([_; HARMONICS], [_; HARMONICS]) = (random(1), random(2));
        let weights: [_; 32] = random(3);
        let weights = &weights[..invariants.vectors()];
        let h = 1e-5;
        let up = forward(&invariants, &displaced(&density, &direction, h));
        let down = forward(&invariants, &displaced(&density, &direction, -h));
        let difference = (dot(&up, weights) - dot(&down, weights)) / (2.0 * h);
        let exact = dot(&adjoint(&invariants, &density, weights), &direction);
        assert!((difference - exact).abs() < 1e-8 * exact.abs(), "{difference} {exact}");
    }

    #[test]
    fn dual_adjoint_is_the_gradient_of_the_directional_derivative() {
        let invariants = all(2);
        let n = invariants.vectors();
        let (density, tangent, probe): ([_; HARMONICS], [_; HARMONICS], [_; HARMONICS]) =
            (random(1), random(2), random(5));
        let (alpha, beta): ([_; 32], [_; 32]) = (random(3), random(4));
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
        let gradient = adjoint(&invariants, &duals, &weights);
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
    fn couplings_without_code_of_their_own_are_read_from_a_table() {
        // With l = 0, and in another order.
        let couplings = [[0, 2, 2], [0, 0, 0], [3, 2, 1]];
        let invariants = Invariants::<f64>::new(1, &couplings).expect("valid");
        let (density, direction): ([_; HARMONICS], [_; HARMONICS]) = (random(1), random(2));
        let features = forward(&invariants, &density);
        let sorted = forward(&Invariants::new(1, &[[1, 2, 3]]).expect("valid"), &density);
        for n in 0..CHANNELS {
            assert!((features[8].0[n] - sorted[6].0[n]).abs() < 1e-12);
            let square: f64 = (4..9).map(|lm| density[lm].0[n].powi(2)).sum();
            let expected = density[0].0[n] * square / 5.0f64.sqrt();
            assert!((features[6].0[n].abs() - expected.abs()).abs() < 1e-12);
            assert!((features[7].0[n] - density[0].0[n].powi(3)).abs() < 1e-12);
        }
        let weights: [_; 9] = random(3);
        let h = 1e-5;
        let up = forward(&invariants, &displaced(&density, &direction, h));
        let down = forward(&invariants, &displaced(&density, &direction, -h));
        let difference = (dot(&up, &weights) - dot(&down, &weights)) / (2.0 * h);
        let exact = dot(&adjoint(&invariants, &density, &weights), &direction);
        assert!((difference - exact).abs() < 1e-8 * exact.abs(), "{difference} {exact}");
    }

    #[test]
    fn rotations_and_inversion_change_nothing() {
        let invariants = all(2);
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
