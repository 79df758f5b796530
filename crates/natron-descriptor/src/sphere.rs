//! Real spherical harmonics up to any l, with Cartesian gradients.
//!
//! The same functions, order and normalisation as [`crate::harmonics()`], which unrolls them up to l = 4: index
//! lm = l^2 + l + m, m < 0 with sin |m| phi, m > 0 with cos m phi, without the Condon-Shortley phase. With the unit
//! vector (x, y, z) and (x + i y)^m = c_m + i s_m they are
//!
//! Y_lm = N_lm Q_lm(z) {c_m, s_m},  Q_lm = d^m P_l / dz^m,  N_lm^2 = (2 l + 1) / (4 pi) (l - |m|)! / (l + |m|)! (2 if m)
//!
//! with the three-term recurrences of the associated Legendre functions (Abramowitz and Stegun, 8.5.3) less their factor
//! (1 - z^2)^(m/2), so that the poles are no special places. dQ_lm/dz = Q_l,m+1 gives the gradients.

use std::f64::consts::PI;

/// The harmonics up to one l.
#[derive(Debug, Clone)]
pub struct Sphere {
    l_max: usize,
    /// N_lm, `[l][m]`, m = 0..=l, rows of l_max + 1.
    norms: Vec<f64>,
}

/// Gradients of the polynomials by x, y and z.
pub type Gradients<'a> = [&'a mut [f64]; 3];

/// The highest l a [`Sphere`] takes: beyond, the factorials of its norms overflow nothing yet, but nobody needs it.
pub const SPHERE_L_MAX: usize = 30;

impl Sphere {
    /// Harmonics up to `l_max`.
    ///
    /// # Panics
    /// `l_max` is above [`SPHERE_L_MAX`].
    pub fn new(l_max: usize) -> Self {
        assert!(l_max <= SPHERE_L_MAX, "harmonics are made up to l = {SPHERE_L_MAX}");
        let stride = l_max + 1;
        let mut norms = vec![0.0; stride * stride];
        for l in 0..=l_max {
            for m in 0..=l {
                let ratio: f64 = (l - m + 1..=l + m).map(|k| k as f64).product();
                let twice = if m == 0 { 1.0 } else { 2.0 };
                norms[l * stride + m] = (twice * (2 * l + 1) as f64 / (4.0 * PI * ratio)).sqrt();
            }
        }
        Self { l_max, norms }
    }

    /// How many there are: (l_max + 1)^2.
    pub fn count(&self) -> usize {
        (self.l_max + 1) * (self.l_max + 1)
    }

    /// The highest l.
    pub fn l_max(&self) -> usize {
        self.l_max
    }

    /// Values at the unit vector `u`.
    ///
    /// Shapes: `u` `[3]`, `values` at least `[(l_max + 1)^2]`.
    #[inline]
    pub fn values(&self, u: [f64; 3], values: &mut [f64]) {
        self.fill::<false>(u, values, [&mut [], &mut [], &mut []]);
    }

    /// Values and the (unprojected) gradients of the polynomials: dY/dr = (I - u u^T) g / |r|.
    ///
    /// Shapes: `u` `[3]`, `values` and each of `gradients` at least `[(l_max + 1)^2]`.
    #[inline(always)]
    pub fn values_with_gradients(&self, u: [f64; 3], values: &mut [f64], gradients: Gradients<'_>) {
        self.fill::<true>(u, values, gradients);
    }

    #[inline(always)]
    fn fill<const GRADIENTS: bool>(&self, u: [f64; 3], values: &mut [f64], gradients: Gradients<'_>) {
        let [x, y, z] = u;
        let [gx, gy, gz] = gradients;
        let stride = self.l_max + 1;
        // c and s of m and of m - 1.
        let (mut cos, mut sin, mut cos_before, mut sin_before) = (1.0, 0.0, 0.0, 0.0);
        let mut diagonal = 1.0;
        for m in 0..=self.l_max {
            // Q of this m and of the next, at l - 1 and l - 2.
            let (mut one, mut two, mut next_one, mut next_two) = (0.0, 0.0, 0.0, 0.0);
            let above = diagonal * (2 * m + 1) as f64;
            for l in m..=self.l_max {
                let q = if l == m { diagonal } else { recur(l, m, z, one, two) };
                let next = match l {
                    _ if !GRADIENTS || l == m => 0.0,
                    _ if l == m + 1 => above,
                    _ => recur(l, m + 1, z, next_one, next_two),
                };
                (two, one, next_two, next_one) = (one, q, next_one, next);
                let norm = self.norms[l * stride + m];
                let (middle, value) = (l * l + l, norm * q);
                values[middle + m] = value * cos;
                if m > 0 {
                    values[middle - m] = value * sin;
                }
                if GRADIENTS {
                    let (slope, order) = (norm * next, value * m as f64);
                    gx[middle + m] = order * cos_before;
                    gy[middle + m] = -order * sin_before;
                    gz[middle + m] = slope * cos;
                    if m > 0 {
                        gx[middle - m] = order * sin_before;
                        gy[middle - m] = order * cos_before;
                        gz[middle - m] = slope * sin;
                    }
                }
            }
            (cos_before, sin_before) = (cos, sin);
            (cos, sin) = (x * cos - y * sin, x * sin + y * cos);
            diagonal = above;
        }
    }
}

/// Q_lm from Q_l-1,m and Q_l-2,m.
#[inline(always)]
fn recur(l: usize, m: usize, z: f64, one: f64, two: f64) -> f64 {
    ((2 * l - 1) as f64 * z * one - (l + m - 1) as f64 * two) / (l - m) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harmonics::{HARMONICS, L_MAX, harmonics_with_gradients};

    const POINTS: [[f64; 3]; 4] =
        [[0.6, 0.0, 0.8], [-0.36, 0.48, -0.8], [0.0, 0.0, 1.0], [2.0 / 3.0, -2.0 / 3.0, 1.0 / 3.0]];

    /// Values and gradients, with room for them.
    fn all(sphere: &Sphere, u: [f64; 3]) -> (Vec<f64>, [Vec<f64>; 3]) {
        let mut values = vec![0.0; sphere.count()];
        let mut gradients: [Vec<f64>; 3] = std::array::from_fn(|_| vec![0.0; sphere.count()]);
        let [gx, gy, gz] = &mut gradients;
        sphere.values_with_gradients(u, &mut values, [gx, gy, gz]);
        (values, gradients)
    }

    #[test]
    fn the_unrolled_ones_are_the_same() {
        let sphere = Sphere::new(L_MAX);
        for u in POINTS {
            let (values, gradients) = all(&sphere, u);
            let (expected, expected_gradients) = harmonics_with_gradients(u);
            // The two write z^2 differently (as 1 - x^2 - y^2 or not), so only the tangential part has to agree.
            let radial = |g: &dyn Fn(usize) -> f64| (0..3).map(|k| g(k) * u[k]).sum::<f64>();
            for lm in 0..HARMONICS {
                assert!((values[lm] - expected[lm]).abs() < 1e-13, "{lm}");
                let (along, expected_along) =
                    (radial(&|k| gradients[k][lm]), radial(&|k| expected_gradients[k][lm]));
                for k in 0..3 {
                    let (a, b) =
                        (gradients[k][lm] - along * u[k], expected_gradients[k][lm] - expected_along * u[k]);
                    assert!((a - b).abs() < 1e-12, "{lm} {k}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn high_ones_obey_the_addition_theorem() {
        let sphere = Sphere::new(12);
        let mut plain = vec![0.0; sphere.count()];
        for (u, v) in POINTS.iter().zip(&POINTS[1..]) {
            let (a, b) = (all(&sphere, *u).0, all(&sphere, *v).0);
            sphere.values(*u, &mut plain);
            assert_eq!(a, plain);
            let cosine: f64 = (0..3).map(|k| u[k] * v[k]).sum();
            let (mut p, mut before) = (1.0, 0.0);
            for l in 0..=12 {
                let sum: f64 = (l * l..(l + 1) * (l + 1)).map(|lm| a[lm] * b[lm]).sum();
                assert!((sum - (2 * l + 1) as f64 / (4.0 * PI) * p).abs() < 1e-12, "l = {l}");
                (p, before) = (((2 * l + 1) as f64 * cosine * p - l as f64 * before) / (l + 1) as f64, p);
            }
        }
    }

    #[test]
    fn gradients_of_high_ones_match_differences_along_the_sphere() {
        let sphere = Sphere::new(9);
        let at = |theta: f64, phi: f64| [theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()];
        for (theta, phi) in [(0.3_f64, 0.2_f64), (1.1, 2.0), (2.5, -1.3)] {
            let h = 1e-6;
            let gradients = all(&sphere, at(theta, phi)).1;
            let (up, down) = (all(&sphere, at(theta + h, phi)).0, all(&sphere, at(theta - h, phi)).0);
            let (east, west) = (all(&sphere, at(theta, phi + h)).0, all(&sphere, at(theta, phi - h)).0);
            let south = [theta.cos() * phi.cos(), theta.cos() * phi.sin(), -theta.sin()];
            let round = [-theta.sin() * phi.sin(), theta.sin() * phi.cos(), 0.0];
            for lm in 0..sphere.count() {
                let along = |d: [f64; 3]| (0..3).map(|k| gradients[k][lm] * d[k]).sum::<f64>();
                assert!((along(south) - (up[lm] - down[lm]) / (2.0 * h)).abs() < 1e-7, "{lm}");
                assert!((along(round) - (east[lm] - west[lm]) / (2.0 * h)).abs() < 1e-7, "{lm}");
            }
        }
    }
}
