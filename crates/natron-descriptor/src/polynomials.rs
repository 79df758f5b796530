//! The polynomials behind the harmonics, on sixteen unit vectors at once: Y_lm = NORMS[lm] P_lm.
//!
//! Kernels sum over neighbours with P_lm and apply the norms once for each atom. Functions of the three Cartesian
//! components of a unit vector; index lm as in [`crate::harmonics`].

use crate::harmonics::HARMONICS;
use crate::lanes::{Lanes, Real};
use crate::number::Wide;
use crate::path::Path;

/// Y_lm / P_lm.
#[rustfmt::skip]
pub const NORMS: [f64; HARMONICS] = [
    0.282_094_791_773_878_14,
    0.488_602_511_902_919_9, 0.488_602_511_902_919_9, 0.488_602_511_902_919_9,
    1.092_548_430_592_079_2, 1.092_548_430_592_079_2, 0.315_391_565_252_520_05, 1.092_548_430_592_079_2, 0.546_274_215_296_039_6,
    0.590_043_589_926_643_5, 2.890_611_442_640_554, 0.457_045_799_464_465_8, 0.373_176_332_590_115_4,
    0.457_045_799_464_465_8, 1.445_305_721_320_277, 0.590_043_589_926_643_5,
    2.503_342_941_796_705, 1.770_130_769_779_930_4, 0.946_174_695_757_560_1, 0.669_046_543_557_289_2, 0.105_785_546_915_204_3,
    0.669_046_543_557_289_2, 0.473_087_347_878_780_04, 1.770_130_769_779_930_4, 0.625_835_735_449_176_1,
];

/// What both functions share: products and factors of the components.
struct Parts<N> {
    one: N,
    xy: N,
    yz: N,
    xz: N,
    /// x^2 - y^2.
    d: N,
    z2: N,
    /// 5 z^2 - 1.
    z5: N,
    /// 7 z^2 - 1.
    z71: N,
    /// 7 z^2 - 3.
    z73: N,
    /// x (x^2 - 3 y^2).
    x3: N,
    /// y (3 x^2 - y^2).
    y3: N,
}

impl<T: Real, P: Path> Parts<Wide<T, P>> {
    #[inline(always)]
    fn new(c: impl Fn(f64) -> Wide<T, P>, [x, y, z]: [Wide<T, P>; 3]) -> Self {
        let (x2, y2, z2) = (x * x, y * y, z * z);
        let (three, seven) = (c(3.0), c(7.0));
        Self {
            one: c(1.0),
            xy: x * y,
            yz: y * z,
            xz: x * z,
            d: x2 - y2,
            z2,
            z5: z2.mul_add(c(5.0), c(-1.0)),
            z71: z2.mul_add(seven, c(-1.0)),
            z73: z2.mul_add(seven, c(-3.0)),
            x3: x * y2.mul_add(c(-3.0), x2),
            y3: y * (x2 * three - y2),
        }
    }
}

/// P_lm at unit vectors.
///
/// Shapes: `u` `[3]`, result `[25]`, each entry sixteen vectors.
#[inline(always)]
#[rustfmt::skip]
pub fn polynomials<T: Real, P: Path>(path: P, u: [Wide<T, P>; 3]) -> [Wide<T, P>; HARMONICS] {
    let c = |x| Wide::splat(path, T::from_f64(x));
    let [x, y, z] = u;
    let Parts { one, xy, yz, xz, d, z2, z5, z71, z73, x3, y3 } = Parts::new(c, u);
    let z4 = z2.mul_add(c(35.0), c(-30.0));
    [
        one,
        y, z, x,
        xy, yz, z2.mul_add(c(3.0), c(-1.0)), xz, d,
        y3, xy * z, y * z5, z * z2.mul_add(c(5.0), c(-3.0)), x * z5, z * d, x3,
        xy * d, z * y3, xy * z71, yz * z73, z2.mul_add(z4, c(3.0)), xz * z73, d * z71, z * x3, x * x3 - y * y3,
    ]
}

/// sum_lm `stretch[lm]` P_lm and the gradient of sum_lm `turn[lm]` P_lm by the three components.
///
/// Shapes: `u` `[3]`, `stretch` and `turn` `[25]`, result a number and `[3]`, each entry sixteen vectors.
#[inline(always)]
pub fn contract<T: Real, P: Path>(
    path: P,
    u: [Wide<T, P>; 3],
    stretch: &[Lanes<T>; HARMONICS],
    turn: &[Lanes<T>; HARMONICS],
) -> (Wide<T, P>, [Wide<T, P>; 3]) {
    let values = polynomials(path, u);
    let mut sum = Wide::new(path, stretch[0].0);
    for lm in 1..HARMONICS {
        sum = values[lm].mul_add(Wide::new(path, stretch[lm].0), sum);
    }
    (sum, gradient(path, u, turn))
}

#[inline(always)]
fn gradient<T: Real, P: Path>(path: P, u: [Wide<T, P>; 3], turn: &[Lanes<T>; HARMONICS]) -> [Wide<T, P>; 3] {
    let c = |x| Wide::splat(path, T::from_f64(x));
    let mut h = [u[0]; HARMONICS];
    for (h, turn) in h.iter_mut().zip(turn) {
        *h = Wide::new(path, turn.0);
    }
    let [x, y, z] = u;
    let Parts { xy, yz, xz, d, z2, z5, z71, z73, x3, y3, .. } = Parts::new(c, u);
    let (two, three, four, six) = (c(2.0), c(3.0), c(4.0), c(6.0));
    let (xyz, d3) = (xy * z, d * three);
    let (xy6, xyz6, zd3, zz73) = (xy * six, xyz * six, z * d3, z * z73);
    // 2 x and 2 y times what P_8 = d, P_14 = z d and P_22 = (7 z^2 - 1) d have in common.
    let across = h[22].mul_add(z71, h[14].mul_add(z, h[8]));
    let by_x = h[4].mul_add(y, h[3]);
    let by_x = h[7].mul_add(z, by_x);
    let by_x = across.mul_add(two * x, by_x);
    let by_x = h[9].mul_add(xy6, by_x);
    let by_x = h[10].mul_add(yz, by_x);
    let by_x = h[13].mul_add(z5, by_x);
    let by_x = h[15].mul_add(d3, by_x);
    let by_x = h[16].mul_add(y3, by_x);
    let by_x = h[17].mul_add(xyz6, by_x);
    let by_x = h[18].mul_add(y * z71, by_x);
    let by_x = h[21].mul_add(zz73, by_x);
    let by_x = h[23].mul_add(zd3, by_x);
    let by_x = h[24].mul_add(four * x3, by_x);
    let by_y = h[4].mul_add(x, h[1]);
    let by_y = h[5].mul_add(z, by_y);
    let by_y = across.mul_add(c(-2.0) * y, by_y);
    let by_y = h[9].mul_add(d3, by_y);
    let by_y = h[10].mul_add(xz, by_y);
    let by_y = h[11].mul_add(z5, by_y);
    let by_y = by_y - h[15] * xy6;
    let by_y = h[16].mul_add(x3, by_y);
    let by_y = h[17].mul_add(zd3, by_y);
    let by_y = h[18].mul_add(x * z71, by_y);
    let by_y = h[19].mul_add(zz73, by_y);
    let by_y = by_y - h[23] * xyz6;
    let by_y = by_y - h[24] * (four * y3);
    let (z21, ten, fourteen) = (z2.mul_add(c(21.0), c(-3.0)), c(10.0), c(14.0));
    let by_z = h[5].mul_add(y, h[2]);
    let by_z = h[6].mul_add(six * z, by_z);
    let by_z = h[7].mul_add(x, by_z);
    let by_z = h[10].mul_add(xy, by_z);
    let by_z = h[11].mul_add(ten * yz, by_z);
    let by_z = h[12].mul_add(z2.mul_add(c(15.0), c(-3.0)), by_z);
    let by_z = h[13].mul_add(ten * xz, by_z);
    let by_z = h[14].mul_add(d, by_z);
    let by_z = h[17].mul_add(y3, by_z);
    let by_z = h[18].mul_add(fourteen * xyz, by_z);
    let by_z = h[19].mul_add(y * z21, by_z);
    let by_z = h[20].mul_add(z * z2.mul_add(c(140.0), c(-60.0)), by_z);
    let by_z = h[21].mul_add(x * z21, by_z);
    let by_z = h[22].mul_add(fourteen * z * d, by_z);
    let by_z = h[23].mul_add(x3, by_z);
    [by_x, by_y, by_z]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::CHANNELS;
    use crate::simd::Kernel;
    use crate::{SimdPath, harmonics_with_gradients};

    struct Errors;

    impl Kernel for Errors {
        type Output = [f64; 2];
        /// Largest differences of values and of contractions from the harmonics one by one.
        #[inline(always)]
        fn call<P: Path>(self, path: P) -> [f64; 2] {
            let wide = |f: &dyn Fn(f64) -> f64| Wide::new(path, std::array::from_fn(|n| f(n as f64)));
            let point = |n: f64| {
                let (theta, phi) = (0.2 + 0.17 * n, 1.0 + 2.3 * n);
                [theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()]
            };
            let u: [_; 3] = std::array::from_fn(|k| wide(&|n| point(n)[k]));
            let weight = |lm: usize, n: f64| (1.3 * lm as f64 + 0.7 * n).sin();
            let (stretch, turn): ([_; HARMONICS], [_; HARMONICS]) = (
                std::array::from_fn(|lm| wide(&|n| weight(lm, n))),
                std::array::from_fn(|lm| wide(&|n| weight(lm + 31, n))),
            );
            let values = polynomials(path, u);
            let (sum, gradient) = contract(path, u, &stretch.map(|w| w.lanes), &turn.map(|w| w.lanes));
            let mut errors = [0.0f64; 2];
            for n in 0..CHANNELS {
                let (y, dy) = harmonics_with_gradients(point(n as f64));
                let mut expected = [0.0; 4];
                for lm in 0..HARMONICS {
                    errors[0] = errors[0].max((values[lm].lanes.0[n] * NORMS[lm] - y[lm]).abs());
                    expected[0] += weight(lm, n as f64) * y[lm] / NORMS[lm];
                    for k in 0..3 {
                        expected[1 + k] += weight(lm + 31, n as f64) * dy[k][lm] / NORMS[lm];
                    }
                }
                errors[1] = errors[1].max((sum.lanes.0[n] - expected[0]).abs());
                for k in 0..3 {
                    errors[1] = errors[1].max((gradient[k].lanes.0[n] - expected[1 + k]).abs());
                }
            }
            errors
        }
    }

    #[test]
    fn polynomials_and_norms_are_the_harmonics() {
        for path in [SimdPath::Avx512, SimdPath::Avx2, SimdPath::Portable] {
            let [value, contraction] = path.run(Errors);
            assert!(value < 1e-14 && contraction < 1e-12, "{value} {contraction} on {}", path.name());
        }
    }
}
