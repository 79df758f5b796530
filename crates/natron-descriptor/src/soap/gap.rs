//! GAP's radial functions: equispaced Gaussians as wide as the atoms', to which the density is fitted.
//!
//! The centres r_a = a h, a = 0..n_max - 1, h = (cutoff + sigma sqrt(2 . 10 ln 10)) / n_max, alpha = 1 / (2 sigma^2). The l-th
//! part of a Gaussian at distance r is taken at the centres, f_al = exp(-alpha (r - r_a)^2) times the scaled modified
//! spherical Bessel function of x = 2 alpha r r_a; the coefficients b that let the Gaussians go through these values
//! solve C b = f, C_aa' = exp(-alpha (r_a - r_a')^2), and c = L^T b belongs to the orthonormalised functions, S = L L^T
//! being their overlaps, S_aa' = int_0^inf r^2 exp(-alpha (r - r_a)^2) exp(-alpha (r - r_a')^2) dr
//! (S. De, A. P. Bartok, G. Csanyi, M. Ceriotti, 10.1039/C6CP00415F, for the expansion; the GAP code for the functions).
//! Each neighbour counts with a factor that falls from 1 to 0 over the last 0.5 A before the cutoff.

use std::f64::consts::PI;

use nalgebra::DMatrix;

use super::SoapSettings;
use super::linear::independent;

/// Over which length the cutoff function falls, A: `cutoff_transition_width`.
const TRANSITION_A: f64 = 0.5;
/// Decimals to which the functions should describe a Gaussian at the cutoff: `basis_error_exponent`.
const DECIMALS: f64 = 10.0;

/// The functions and the way from values at their centres to coefficients.
#[derive(Debug, Clone)]
pub(super) struct SpacedGaussians {
    n_max: usize,
    l_max: usize,
    alpha: f64,
    cutoff_a: f64,
    centres_a: Vec<f64>,
    /// C^-1 L, `[a][n]`.
    transform: Vec<f64>,
}

impl SpacedGaussians {
    /// `None` where they are linearly dependent.
    pub fn new(settings: &SoapSettings) -> Option<Self> {
        let SoapSettings { cutoff_a, n_max, l_max, sigma_a, .. } = *settings;
        let alpha = 0.5 / (sigma_a * sigma_a);
        let spacing = (cutoff_a + sigma_a * (2.0 * DECIMALS * 10.0_f64.ln()).sqrt()) / n_max as f64;
        let centres_a: Vec<f64> = (0..n_max).map(|a| spacing * a as f64).collect();
        let collocation =
            DMatrix::from_fn(n_max, n_max, |a, b| (-alpha * (centres_a[a] - centres_a[b]).powi(2)).exp());
        let overlap = DMatrix::from_fn(n_max, n_max, |a, b| overlap(alpha, centres_a[a], centres_a[b]));
        if !independent(&collocation) || !independent(&overlap) {
            return None;
        }
        let lower = overlap.cholesky()?.unpack();
        let transform = collocation.cholesky()?.solve(&lower);
        let transform = transform.transpose().as_slice().to_vec();
        Some(Self { n_max, l_max, alpha, cutoff_a, centres_a, transform })
    }

    /// Radial parts of a neighbour at distance `r` (A), to be multiplied by its harmonics.
    ///
    /// Shapes: `out` `[l][n]`.
    pub fn fill(&self, r: f64, work: &mut Vec<f64>, out: &mut [f64]) {
        out.fill(0.0);
        work.resize(self.l_max + 1, 0.0);
        let fade = fade(r, self.cutoff_a);
        for (a, &centre) in self.centres_a.iter().enumerate() {
            scaled_bessel(2.0 * self.alpha * r * centre, work);
            let gaussian = fade * (-self.alpha * (r - centre).powi(2)).exp();
            for (value, row) in work.iter().zip(out.chunks_exact_mut(self.n_max)) {
                for (to, t) in row.iter_mut().zip(&self.transform[a * self.n_max..(a + 1) * self.n_max]) {
                    *to += gaussian * value * t;
                }
            }
        }
    }
}

/// The cutoff function of a neighbour.
fn fade(r: f64, cutoff_a: f64) -> f64 {
    let inner = cutoff_a - TRANSITION_A;
    match r {
        _ if r <= inner => 1.0,
        _ if r >= cutoff_a => 0.0,
        _ => 0.5 * (1.0 + (PI * (r - inner) / TRANSITION_A).cos()),
    }
}

/// int_0^inf r^2 exp(-alpha (r - a)^2 - alpha (r - b)^2) dr, by completing the square about m = (a + b) / 2:
/// exp(-alpha (a - b)^2 / 2) [m exp(-2 alpha m^2) / (4 alpha) + (m^2 + 1 / (4 alpha)) sqrt(pi / (8 alpha)) (1 + erf(sqrt(2 alpha) m))].
fn overlap(alpha: f64, a: f64, b: f64) -> f64 {
    let m = 0.5 * (a + b);
    let tail = m * (-2.0 * alpha * m * m).exp() / (4.0 * alpha);
    let bulk = (m * m + 0.25 / alpha) * (PI / (8.0 * alpha)).sqrt() * (1.0 + erf((2.0 * alpha).sqrt() * m));
    (-0.5 * alpha * (a - b).powi(2)).exp() * (tail + bulk)
}

/// The error function, to rounding: its series below 3, the continued fraction of its complement above.
fn erf(x: f64) -> f64 {
    if x < 3.0 {
        // 2 x / sqrt(pi) exp(-x^2) sum_k (2 x^2)^k / (2 k + 1)!! has positive terms only.
        let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
        while term > 1e-17 * sum {
            term *= 2.0 * x * x / (2.0 * k + 1.0);
            sum += term;
            k += 1.0;
        }
        return 2.0 * x / PI.sqrt() * (-x * x).exp() * sum;
    }
    let fraction = (1..=60).rev().fold(x, |f, k| x + 0.5 * f64::from(k) / f);
    1.0 - (-x * x).exp() / (PI.sqrt() * fraction)
}

/// exp(-x) i_l(x) for l = 0, 1, ...: modified spherical Bessel functions of the first kind, scaled.
///
/// Downward recurrence from far above (Miller): upward loses every digit where x is small.
fn scaled_bessel(x: f64, out: &mut [f64]) {
    if x < 1e-12 {
        out.fill(0.0);
        out[0] = 1.0;
        return;
    }
    let start = out.len() + 24 + (2.0 * x.sqrt()) as usize * 4;
    let (mut above, mut here) = (0.0, 1e-280);
    for l in (0..start).rev() {
        // i_l-1 = i_l+1 + (2 l + 1) / x i_l, with here = i_l on entry of each turn.
        if l < out.len() {
            out[l] = here;
        }
        if l == 0 {
            break;
        }
        (above, here) = (here, above + (2 * l + 1) as f64 / x * here);
        if here > 1e250 {
            here *= 1e-250;
            above *= 1e-250;
            out.iter_mut().skip(l).for_each(|value| *value *= 1e-250);
        }
    }
    // exp(-x) sinh(x) / x.
    let exact = -(-2.0 * x).exp_m1() / (2.0 * x);
    let factor = exact / out[0];
    out.iter_mut().for_each(|value| *value *= factor);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bessel_functions_have_their_closed_forms() {
        for x in [1e-6_f64, 0.3, 2.0, 17.0, 300.0] {
            let mut found = [0.0; 13];
            scaled_bessel(x, &mut found);
            let sinh = -(-2.0 * x).exp_m1() / 2.0;
            let cosh = (1.0 + (-2.0 * x).exp()) / 2.0;
            assert!((found[0] - sinh / x).abs() < 1e-15 * found[0].max(1e-3), "{x}");
            // i_1 = cosh x / x - sinh x / x^2; below 0.1 its first terms, where the difference loses digits.
            let first = if x < 0.1 { x / 3.0 * (-x).exp() } else { cosh / x - sinh / (x * x) };
            assert!((found[1] - first).abs() < 1e-12 * first, "{x}: {} {first}", found[1]);
            for l in 1..12 {
                let recurrence = found[l - 1] - (2 * l + 1) as f64 / x * found[l];
                assert!((recurrence - found[l + 1]).abs() <= 1e-12 * found[l - 1].max(1e-290), "{x} {l}");
            }
        }
    }

    #[test]
    fn the_error_function_is_that_of_the_tables() {
        for (x, expected) in [
            (0.0, 0.0),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (2.5, 0.999_593_047_982_555),
            (2.999_999, 0.999_977_909_364_5),
            (3.5, 0.999_999_256_901_627_7),
            (9.0, 1.0),
        ] {
            assert!((erf(x) - expected).abs() < 1e-12, "{x}: {}", erf(x));
        }
    }

    #[test]
    fn overlaps_are_the_integrals() {
        for (a, b) in [(0.0, 0.0), (0.0, 0.7), (0.9, 0.4), (3.0, 3.5)] {
            let (alpha, steps) = (2.0, 20_000);
            let h = 10.0 / f64::from(steps);
            let f = |r: f64| r * r * (-alpha * (r - a).powi(2) - alpha * (r - b).powi(2)).exp();
            let simpson: f64 = (0..steps / 2)
                .map(|k| {
                    let r = 2.0 * f64::from(k) * h;
                    h / 3.0 * (f(r) + 4.0 * f(r + h) + f(r + 2.0 * h))
                })
                .sum();
            assert!((overlap(alpha, a, b) - simpson).abs() < 1e-12, "{a} {b}");
        }
    }
}
