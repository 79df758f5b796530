//! Real spherical harmonics up to l = 4 on the unit sphere, orthonormal, with Cartesian gradients.
//!
//! Index lm = l^2 + l + m, m = -l..l; m < 0 goes with sin |m| phi, m > 0 with cos m phi, without the
//! Condon-Shortley phase. They are written as polynomials of the unit vector u = r/|r|; the gradient is
//! that of the polynomial, to be projected: dY/dr = (I - u u^T) g / |r|.

use crate::lanes::Real;
use crate::number::Number;

/// Highest angular momentum.
pub const L_MAX: usize = 4;
/// Number of harmonics up to [`L_MAX`].
pub const HARMONICS: usize = (L_MAX + 1) * (L_MAX + 1);

/// Values at a unit vector.
///
/// Shapes: `u` `[3]`, result `[25]`.
#[inline(always)]
pub fn harmonics<T: Real>(u: [T; 3]) -> [T; HARMONICS] {
    harmonics_with_gradients(u).0
}

/// Values at a unit vector and the (unprojected) polynomial gradients.
///
/// Shapes: `u` `[3]`, values `[25]`, gradients `[3][25]`.
#[inline(always)]
pub fn harmonics_with_gradients<T: Real>(u: [T; 3]) -> ([T; HARMONICS], [[T; HARMONICS]; 3]) {
    harmonics_of(T::from_f64, u)
}

/// The same for any numbers, whose constants `c` makes.
#[inline(always)]
#[rustfmt::skip]
pub fn harmonics_of<N: Number>(c: impl Fn(f64) -> N, u: [N; 3]) -> ([N; HARMONICS], [[N; HARMONICS]; 3]) {
    let [x, y, z] = u;
    let one = c(1.0);
    let (x2, y2, z2) = (x * x, y * y, z * z);
    let (two, three, four) = (c(2.0), c(3.0), c(4.0));
    let o = c(0.0);
    // sqrt(prefactor / pi) constants, by (l, |m|).
    let c00 = c(0.282_094_791_773_878_14);
    let c1 = c(0.488_602_511_902_919_9);
    let (c22, c20, c2e) = (c(1.092_548_430_592_079_2), c(0.315_391_565_252_520_05), c(0.546_274_215_296_039_6));
    let (c33, c32, c31) = (c(0.590_043_589_926_643_5), c(2.890_611_442_640_554), c(0.457_045_799_464_465_8));
    let (c30, c3e) = (c(0.373_176_332_590_115_4), c(1.445_305_721_320_277));
    let (c44, c43, c42) = (c(2.503_342_941_796_705), c(1.770_130_769_779_930_4), c(0.946_174_695_757_560_1));
    let (c41, c40) = (c(0.669_046_543_557_289_2), c(0.105_785_546_915_204_3));
    let (c4d, c4e) = (c(0.473_087_347_878_780_04), c(0.625_835_735_449_176_1));

    let xy = x * y;
    let d = x2 - y2;
    let z5 = c(5.0) * z2 - one;
    let z71 = c(7.0) * z2 - one;
    let z73 = c(7.0) * z2 - three;
    let (y3, x3) = (three * x2 - y2, x2 - three * y2);
    let (ten, fourteen) = (c(10.0), c(14.0));
    let values = [
        c00,
        c1 * y, c1 * z, c1 * x,
        c22 * xy, c22 * y * z, c20 * (three * z2 - one), c22 * x * z, c2e * d,
        c33 * y * y3, c32 * xy * z, c31 * y * z5, c30 * z * (c(5.0) * z2 - three), c31 * x * z5, c3e * z * d, c33 * x * x3,
        c44 * xy * d, c43 * y * z * y3, c42 * xy * z71, c41 * y * z * z73,
        c40 * (z2 * (c(35.0) * z2 - c(30.0)) + three),
        c41 * x * z * z73, c4d * d * z71, c43 * x * z * x3, c4e * (x2 * x3 - y2 * y3),
    ];
    let six = c(6.0);
    let gx = [
        o,
        o, o, c1,
        c22 * y, o, o, c22 * z, c2e * two * x,
        c33 * six * xy, c32 * y * z, o, o, c31 * z5, c3e * two * x * z, c33 * three * d,
        c44 * y * (three * x2 - y2), c43 * six * xy * z, c42 * y * z71, o,
        o,
        c41 * z * z73, c4d * two * x * z71, c43 * three * z * d, c4e * four * x * x3,
    ];
    let gy = [
        o,
        c1, o, o,
        c22 * x, c22 * z, o, o, -(c2e * two * y),
        c33 * three * d, c32 * x * z, c31 * z5, o, o, -(c3e * two * y * z), -(c33 * six * xy),
        c44 * x * (x2 - three * y2), c43 * three * z * d, c42 * x * z71, c41 * z * z73,
        o,
        o, -(c4d * two * y * z71), -(c43 * six * xy * z), -(c4e * four * y * y3),
    ];
    let gz = [
        o,
        o, c1, o,
        o, c22 * y, c20 * six * z, c22 * x, o,
        o, c32 * xy, c31 * ten * y * z, c30 * (c(15.0) * z2 - three), c31 * ten * x * z, c3e * d, o,
        o, c43 * y * y3, c42 * fourteen * xy * z, c41 * y * (c(21.0) * z2 - three),
        c40 * z * (c(140.0) * z2 - c(60.0)),
        c41 * x * (c(21.0) * z2 - three), c4d * fourteen * d * z, c43 * x * x3, o,
    ];
    (values, [gx, gy, gz])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(theta: f64, phi: f64) -> [f64; 3] {
        [theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()]
    }

    #[test]
    fn orthonormal_on_the_sphere() {
        let mut overlap = vec![[0.0; HARMONICS]; HARMONICS];
        for (weight, u) in crate::coupling::sphere_quadrature(12) {
            let y = harmonics(u);
            for (row, a) in overlap.iter_mut().zip(y) {
                for (entry, b) in row.iter_mut().zip(y) {
                    *entry += weight * a * b;
                }
            }
        }
        for (i, row) in overlap.iter().enumerate() {
            for (j, entry) in row.iter().enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((entry - expected).abs() < 1e-12, "{i} {j} {entry}");
            }
        }
    }

    #[test]
    fn gradients_match_differences_along_the_sphere() {
        for (theta, phi) in [(0.3, 0.2), (1.1, 2.0), (2.5, -1.3), (1.6, 4.0)] {
            let h = 1e-6;
            let gradient = harmonics_with_gradients(unit(theta, phi)).1;
            let up = harmonics(unit(theta + h, phi));
            let down = harmonics(unit(theta - h, phi));
            let along = [theta.cos() * f64::cos(phi), theta.cos() * f64::sin(phi), -f64::sin(theta)];
            for lm in 0..HARMONICS {
                let exact: f64 = (0..3).map(|k| gradient[k][lm] * along[k]).sum();
                assert!((exact - (up[lm] - down[lm]) / (2.0 * h)).abs() < 1e-8, "{lm}");
            }
            let up = harmonics(unit(theta, phi + h));
            let down = harmonics(unit(theta, phi - h));
            let along = [-theta.sin() * f64::sin(phi), theta.sin() * f64::cos(phi), 0.0];
            for lm in 0..HARMONICS {
                let exact: f64 = (0..3).map(|k| gradient[k][lm] * along[k]).sum();
                assert!((exact - (up[lm] - down[lm]) / (2.0 * h)).abs() < 1e-8, "{lm}");
            }
        }
    }

    #[test]
    fn parity_is_even_or_odd_by_l() {
        let u = unit(0.7, 1.9);
        let (there, back) = (harmonics(u), harmonics([-u[0], -u[1], -u[2]]));
        for l in 0..=L_MAX {
            for lm in l * l..(l + 1) * (l + 1) {
                let sign = if l % 2 == 0 { 1.0 } else { -1.0 };
                assert!((there[lm] - sign * back[lm]).abs() < 1e-14);
            }
        }
    }
}
