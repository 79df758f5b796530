//! Coordination numbers, and how much an atom is like each reference system of its element.

use natron_descriptor::{CHANNELS, Path, Wide};

use super::reference::MAX_REFERENCES;

/// k1 and k2 of the counting function, k3 of the weights (10.1063/1.3382344).
const STEEPNESS: f64 = 16.0;
const RADIUS_SCALE: f64 = 4.0 / 3.0;
const WEIGHT_STEEPNESS: f64 = 4.0;

/// Counts neighbours of one element around another: 1 / (1 + exp(-k1 (k2 (R_a + R_b) / r - 1))).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counting {
    /// k2 (R_a + R_b), A.
    radius_a: f64,
}

impl Counting {
    /// With the covalent radii (A) of both.
    pub fn new(first_a: f64, second_a: f64) -> Self {
        Self { radius_a: RADIUS_SCALE * (first_a + second_a) }
    }

    /// The counts at squared distances (A^2), and their derivatives by those (1/A^2).
    #[inline(always)]
    pub fn at<P: Path>(&self, path: P, squared: &[f64; CHANNELS]) -> (Wide<f64, P>, Wide<f64, P>) {
        let squared = Wide::new(path, *squared);
        let one = Wide::splat(path, 1.0);
        let inverse = one / squared.sqrt();
        let ratio = Wide::splat(path, STEEPNESS * self.radius_a) * inverse;
        let power = exponential(path, Wide::splat(path, STEEPNESS) - ratio);
        let count = one / (one + power);
        // d ratio / d r^2 = -ratio / (2 r^2)
        let slope = Wide::splat(path, -0.5) * ratio * inverse * inverse * (count * (one - count));
        (count, slope)
    }
}

/// exp(x) for x up to some hundreds, to a few units in the last place; about 1e-304 below -700. Cody and Waite: x = k ln 2 + r with
/// |r| <= ln 2 / 2, a series in r, and k into the exponent.
#[inline(always)]
fn exponential<P: Path>(path: P, x: Wide<f64, P>) -> Wide<f64, P> {
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    /// Adding it rounds to a whole number and leaves that in the last bits.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    const TERMS: usize = 13;
    let mut clamped = x.lanes.0;
    for x in &mut clamped {
        *x = x.clamp(-700.0, 700.0);
    }
    let x = Wide::new(path, clamped);
    let rounder = Wide::splat(path, ROUNDER);
    let shifted = x * Wide::splat(path, std::f64::consts::LOG2_E) + rounder;
    let whole = shifted - rounder;
    let rest = x - whole * Wide::splat(path, LN_2_HIGH) - whole * Wide::splat(path, LN_2_LOW);
    let mut sum = Wide::splat(path, 1.0);
    for n in (1..=TERMS).rev() {
        sum = sum * (rest * Wide::splat(path, 1.0 / n as f64)) + Wide::splat(path, 1.0);
    }
    let mut power = [0.0; CHANNELS];
    for (power, shifted) in power.iter_mut().zip(&shifted.lanes.0) {
        *power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    }
    sum * Wide::new(path, power)
}

/// Weights of the reference systems of an atom; zero where its element has no more.
pub type Weights = [f64; MAX_REFERENCES];

/// Weights exp(-k3 (n - n_a)^2) / sum of an atom with coordination number n, for references with the numbers n_a, and
/// their derivatives by n.
pub fn weights(references: &[f64], coordination: f64) -> (Weights, Weights) {
    let (mut weights, mut slopes) = ([0.0; MAX_REFERENCES], [0.0; MAX_REFERENCES]);
    let exponent = |reference: f64| -WEIGHT_STEEPNESS * (coordination - reference).powi(2);
    // Divided by the largest of them: far from all references the nearest one is left, where all would be rounded to zero.
    let largest = references.iter().map(|&n| exponent(n)).fold(f64::NEG_INFINITY, f64::max);
    for (weight, &reference) in weights.iter_mut().zip(references) {
        *weight = (exponent(reference) - largest).exp();
    }
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    let slope = |reference: f64| -2.0 * WEIGHT_STEEPNESS * (coordination - reference);
    let mean: f64 = weights.iter().zip(references).map(|(weight, &n)| weight * slope(n)).sum();
    for ((out, weight), &reference) in slopes.iter_mut().zip(&weights).zip(references) {
        *out = weight * (slope(reference) - mean);
    }
    (weights, slopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use natron_descriptor::SimdPath;
    use natron_descriptor::simd::Kernel;

    struct Exponentials([f64; CHANNELS]);

    impl Kernel for Exponentials {
        type Output = [f64; CHANNELS];
        #[inline(always)]
        fn call<P: Path>(self, path: P) -> [f64; CHANNELS] {
            exponential(path, Wide::new(path, self.0)).lanes.0
        }
    }

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for path in [SimdPath::Avx512, SimdPath::Avx2, SimdPath::Portable] {
            for k in 0..200 {
                let x = std::array::from_fn(|lane| -60.0 + 0.38 * f64::from(k) + 0.0237 * lane as f64);
                for (found, x) in path.run(Exponentials(x)).into_iter().zip(x) {
                    assert!(
                        (found / x.exp() - 1.0).abs() < 1e-15,
                        "{}: exp({x}) is not {found}",
                        path.name()
                    );
                }
            }
            let ends = path.run(Exponentials([-1e9; CHANNELS]));
            assert!(ends[0] > 0.0 && ends[0] < 1e-300);
        }
    }

    #[test]
    fn weights_sum_to_one_and_their_slopes_are_differences() {
        let references = [0.0, 0.9868, 1.9985, 2.9987, 3.9844];
        let h = 1e-6;
        for coordination in [0.0, 0.4, 1.6, 3.1, 5.0, 40.0] {
            let (here, slopes) = weights(&references, coordination);
            let (up, down) =
                (weights(&references, coordination + h).0, weights(&references, coordination - h).0);
            assert!((here.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            for k in 0..MAX_REFERENCES {
                assert!((slopes[k] - (up[k] - down[k]) / (2.0 * h)).abs() < 1e-8, "{coordination} {k}");
            }
        }
        assert_eq!(weights(&references, 40.0).0[4], 1.0);
    }
}
