//! Descriptors of one radial function's density: sums over its harmonics that no rotation changes.
//!
//! Three-body: sum_m A_lm^2. Four-body (l = 2, 2, 2): the contraction of three A_2m with the Wigner 3j symbol is, but for
//! a factor, the determinant of the traceless tensor Q = sum_j g(r_j) (u u^T - 1/3). Five-body (1, 1, 1, 1):
//! 7/15 (sum_m A_1m^2)^2. (Fan et al., 10.1063/5.0106617, equations 8 to 11.)

use std::f64::consts::PI;

/// Where the harmonics of l = 1 and 2 lie in a row that starts with l = 1.
const L1: std::ops::Range<usize> = 0..3;
const L2: usize = 3;

/// Factors of the (2, 2, 2) descriptor.
#[derive(Debug, Clone, Copy)]
pub(super) struct FourBody {
    determinant: f64,
    /// From A_2m to the entries of the tensor: of xy, yz and xz; of 3 z^2 - 1; of x^2 - y^2.
    mixed: f64,
    axial: f64,
    planar: f64,
}

impl FourBody {
    pub fn new() -> Self {
        let axial = (5.0 / (16.0 * PI)).sqrt();
        Self {
            determinant: -108.0 * axial.powi(3) * (2.0_f64 / 35.0).sqrt(),
            mixed: 1.0 / (axial * 12.0_f64.sqrt()),
            axial: 1.0 / axial,
            planar: 1.0 / (axial * 3.0_f64.sqrt()),
        }
    }

    /// The descriptor of the harmonics `a`, from l = 1 on.
    #[inline(always)]
    pub fn value(&self, a: &[f64]) -> f64 {
        let [xy, yz, axial, xz, planar] = self.entries(a);
        let determinant = axial.powi(3) / 108.0 - axial * (planar * planar / 12.0 + xy * xy / 3.0)
            + 2.0 * xy * xz * yz
            + axial * (xz * xz + yz * yz) / 6.0
            + 0.5 * planar * (xz * xz - yz * yz);
        self.determinant * determinant
    }

    /// Adds `weight` times the gradient of [`FourBody::value`] to `adjoint`.
    #[inline(always)]
    pub fn add_gradient(&self, a: &[f64], weight: f64, adjoint: &mut [f64]) {
        let [xy, yz, axial, xz, planar] = self.entries(a);
        let weight = weight * self.determinant;
        let gradient = [
            self.mixed * (2.0 * xz * yz - 2.0 / 3.0 * axial * xy),
            self.mixed * (2.0 * xy * xz + axial * yz / 3.0 - planar * yz),
            self.axial
                * (axial * axial / 36.0 - planar * planar / 12.0 - xy * xy / 3.0 + (xz * xz + yz * yz) / 6.0),
            self.mixed * (2.0 * xy * yz + axial * xz / 3.0 + planar * xz),
            self.planar * (0.5 * (xz * xz - yz * yz) - axial * planar / 6.0),
        ];
        for (to, g) in adjoint[L2..L2 + 5].iter_mut().zip(gradient) {
            *to += weight * g;
        }
    }

    /// Q_xy, Q_yz, 3 Q_zz, Q_xz, Q_xx - Q_yy.
    #[inline(always)]
    fn entries(&self, a: &[f64]) -> [f64; 5] {
        [
            self.mixed * a[L2],
            self.mixed * a[L2 + 1],
            self.axial * a[L2 + 2],
            self.mixed * a[L2 + 3],
            self.planar * a[L2 + 4],
        ]
    }
}

/// The (1, 1, 1, 1) descriptor.
#[inline(always)]
pub(super) fn five_body(a: &[f64]) -> f64 {
    let square: f64 = a[L1].iter().map(|x| x * x).sum();
    7.0 / 15.0 * square * square
}

/// Adds `weight` times the gradient of [`five_body`] to `adjoint`.
#[inline(always)]
pub(super) fn add_five_body_gradient(a: &[f64], weight: f64, adjoint: &mut [f64]) {
    let square: f64 = a[L1].iter().map(|x| x * x).sum();
    for (to, x) in adjoint[L1].iter_mut().zip(&a[L1]) {
        *to += weight * 28.0 / 15.0 * square * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 8] = [0.3, -0.7, 0.45, 0.2, -0.4, 0.9, 0.35, -0.6];

    #[test]
    fn gradients_match_differences() {
        let four = FourBody::new();
        for k in 0..8 {
            let h = 1e-5;
            let mut moved = A;
            let mut at = |step: f64| {
                moved[k] = A[k] + step;
                (four.value(&moved), five_body(&moved))
            };
            let (up, down) = (at(h), at(-h));
            let (mut of_four, mut of_five) = ([0.0; 8], [0.0; 8]);
            four.add_gradient(&A, 1.0, &mut of_four);
            add_five_body_gradient(&A, 1.0, &mut of_five);
            assert!((of_four[k] - (up.0 - down.0) / (2.0 * h)).abs() < 1e-8, "four, {k}");
            assert!((of_five[k] - (up.1 - down.1) / (2.0 * h)).abs() < 1e-8, "five, {k}");
        }
    }

    #[test]
    fn one_neighbour_gives_the_published_constants() {
        // Along z only m = 0 is there: A_20 = 2 sqrt(5/(16 pi)); the 3j symbol of (2 2 2; 0 0 0) is -sqrt(2/35).
        let mut a = [0.0; 8];
        a[5] = 2.0 * (5.0 / (16.0 * PI)).sqrt();
        let expected = -(2.0_f64 / 35.0).sqrt() * a[5].powi(3);
        assert!((FourBody::new().value(&a) - expected).abs() < 1e-14);
    }
}
