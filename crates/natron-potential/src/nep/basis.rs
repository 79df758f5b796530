//! Chebyshev functions of the distance.
//!
//! f_k(r) = (T_k(x) + 1) / 2 f_c(r), x = 2 (r / r_c - 1)^2 - 1, f_c(r) = (1 + cos(pi r / r_c)) / 2; f_0 = f_c
//! (Fan et al., J. Chem. Phys. 157, 114801 (2022), 10.1063/5.0106617, equations 5 to 7).

use std::f64::consts::PI;

/// Values and slopes (1/A) at `r` (A), inside `cutoff_a`.
///
/// Shapes: `values` and `slopes` of equal length.
#[inline(always)]
pub(super) fn chebyshev(r: f64, cutoff_a: f64, values: &mut [f64], slopes: &mut [f64]) {
    let (sine, cosine) = (PI * r / cutoff_a).sin_cos();
    let (fade, fade_slope) = (0.5 * (1.0 + cosine), -0.5 * PI / cutoff_a * sine);
    let left = r / cutoff_a - 1.0;
    let (x, x_slope) = (2.0 * left * left - 1.0, 4.0 * left / cutoff_a);
    let (mut t, mut t_next) = (1.0, x);
    let (mut dt, mut dt_next) = (0.0, 1.0);
    for (value, slope) in values.iter_mut().zip(slopes) {
        let half = 0.5 * (t + 1.0);
        *value = half * fade;
        *slope = 0.5 * dt * x_slope * fade + half * fade_slope;
        (t, t_next) = (t_next, 2.0 * x * t_next - t);
        // From the values before: T'_k+1 = 2 T_k + 2 x T'_k - T'_k-1.
        (dt, dt_next) = (dt_next, 2.0 * t + 2.0 * x * dt_next - dt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_cosines_of_multiples() {
        let (cutoff, r) = (5.0_f64, 1.9_f64);
        let x: f64 = 2.0 * (r / cutoff - 1.0_f64).powi(2) - 1.0;
        let fade = 0.5 * (1.0 + (PI * r / cutoff).cos());
        let (mut values, mut slopes) = ([0.0; 14], [0.0; 14]);
        let (mut up, mut down, mut unused) = ([0.0; 14], [0.0; 14], [0.0; 14]);
        chebyshev(r, cutoff, &mut values, &mut slopes);
        chebyshev(r + 1e-6, cutoff, &mut up, &mut unused);
        chebyshev(r - 1e-6, cutoff, &mut down, &mut unused);
        for k in 0..14 {
            let exact = 0.5 * ((k as f64 * x.acos()).cos() + 1.0) * fade;
            assert!((values[k] - exact).abs() < 1e-13, "{k}");
            assert!((slopes[k] - (up[k] - down[k]) / 2e-6).abs() < 1e-7, "{k}");
        }
    }
}
