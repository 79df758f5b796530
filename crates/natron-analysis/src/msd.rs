//! Mean squared displacements over all time origins.
//!
//! For a path r(k), k = 0..T, and a lag of n frames,
//!
//! ```text
//! MSD(n) = 1/(T-n) sum_k |r(k+n) - r(k)|^2
//!        = 1/(T-n) [ sum_k |r(k+n)|^2 + |r(k)|^2 ] - 2 A(n)/(T-n),   A(n) = sum_k r(k+n).r(k)
//! ```
//!
//! The first sum is two cumulative sums, and the autocorrelation A is one FFT pair of the path padded to
//! 2T (Wiener-Khinchin): O(T log T) for all lags, the algorithm of nMOLDYN (Kneller et al., Comput. Phys.
//! Commun. 91, 191 (1995), doi:10.1016/0010-4655(95)00048-K; Calandrini et al., Collection SFN 12, 201
//! (2011), doi:10.1051/sfn/201112010).

use std::cell::RefCell;
use std::sync::Arc;

use natron_atoms::{Mat3, Vec3};
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// The MSD of one path at every lag, A^2, `[T]` (entry 0 is 0), by FFT.
///
/// Positions are taken relative to their mean first: the identity subtracts large sums, and the centred ones
/// are as small as they can be.
pub fn msd_fft(positions_a: &[Vec3]) -> Vec<f64> {
    let frames = positions_a.len();
    if frames == 0 {
        return Vec::new();
    }
    let mean = positions_a.iter().sum::<Vec3>() / frames as f64;
    let centred: Vec<Vec3> = positions_a.iter().map(|p| p - mean).collect();
    let correlation = autocorrelation(&centred);
    let mut squares = 2.0 * centred.iter().map(Vec3::norm_squared).sum::<f64>();
    let mut msd = Vec::with_capacity(frames);
    for lag in 0..frames {
        if lag > 0 {
            squares -= centred[lag - 1].norm_squared() + centred[frames - lag].norm_squared();
        }
        let value = (squares - 2.0 * correlation[lag]) / (frames - lag) as f64;
        msd.push(if lag == 0 { 0.0 } else { value.max(0.0) });
    }
    msd
}

/// Transforms of real series of a length, there and back. Each thread keeps its plans: the next path has the same length.
fn transforms(length: usize) -> (Arc<dyn RealToComplex<f64>>, Arc<dyn ComplexToReal<f64>>) {
    thread_local! {
        static PLANNER: RefCell<RealFftPlanner<f64>> = RefCell::new(RealFftPlanner::new());
    }
    PLANNER.with_borrow_mut(|planner| (planner.plan_fft_forward(length), planner.plan_fft_inverse(length)))
}

/// `sum_k r(k+n) . r(k)` for n = 0..T.
pub(crate) fn autocorrelation(positions: &[Vec3]) -> Vec<f64> {
    let frames = positions.len();
    let padded = (2 * frames).next_power_of_two();
    let (forward, backward) = transforms(padded);
    let (mut real, mut spectrum) = (forward.make_input_vec(), forward.make_output_vec());
    let mut power = vec![0.0; spectrum.len()];
    for axis in 0..3 {
        real.fill(0.0);
        for (slot, position) in real.iter_mut().zip(positions) {
            *slot = position[axis];
        }
        forward.process(&mut real, &mut spectrum).expect("the buffers were made by this plan");
        for (sum, value) in power.iter_mut().zip(&spectrum) {
            *sum += value.norm_sqr();
        }
    }
    for (value, sum) in spectrum.iter_mut().zip(&power) {
        *value = (*sum).into();
    }
    backward.process(&mut spectrum, &mut real).expect("the power spectrum is real at both ends");
    real.iter().take(frames).map(|x| x / padded as f64).collect()
}

/// Products of the displacement's components, `1/(T-n) sum_k dr_a dr_b` with dr = r(k+n) - r(k), at every lag, A^2, `[T]`; their trace
/// is [`msd_fft`].
pub fn products_fft(positions_a: &[Vec3]) -> Vec<Mat3> {
    let frames = positions_a.len();
    if frames == 0 {
        return Vec::new();
    }
    let mean = positions_a.iter().sum::<Vec3>() / frames as f64;
    let centred: Vec<Vec3> = positions_a.iter().map(|p| p - mean).collect();
    let correlation = correlations(&centred);
    let mut squares = 2.0 * centred.iter().map(|p| p * p.transpose()).sum::<Mat3>();
    let mut products = Vec::with_capacity(frames);
    for lag in 0..frames {
        if lag > 0 {
            let (first, last) = (centred[lag - 1], centred[frames - lag]);
            squares -= first * first.transpose() + last * last.transpose();
        }
        let value = (squares - 2.0 * correlation[lag]) / (frames - lag) as f64;
        products.push(if lag == 0 { Mat3::zeros() } else { value });
    }
    products
}

/// `1/2 sum_k r_a(k+n) r_b(k) + r_b(k+n) r_a(k)` for n = 0..T.
fn correlations(vectors: &[Vec3]) -> Vec<Mat3> {
    let frames = vectors.len();
    let padded = (2 * frames).next_power_of_two();
    let (forward, backward) = transforms(padded);
    let mut real = forward.make_input_vec();
    let spectra: Vec<_> = (0..3)
        .map(|axis| {
            let mut spectrum = forward.make_output_vec();
            real.fill(0.0);
            for (slot, vector) in real.iter_mut().zip(vectors) {
                *slot = vector[axis];
            }
            forward.process(&mut real, &mut spectrum).expect("the buffers were made by this plan");
            spectrum
        })
        .collect();
    let mut correlations = vec![Mat3::zeros(); frames];
    let mut product = forward.make_output_vec();
    for a in 0..3 {
        for b in 0..=a {
            // The real part of the cross spectrum belongs to the symmetric part of the correlation.
            for ((slot, x), y) in product.iter_mut().zip(&spectra[a]).zip(&spectra[b]) {
                *slot = (x.re * y.re + x.im * y.im).into();
            }
            backward.process(&mut product, &mut real).expect("a real spectrum has a real correlation");
            for (matrix, value) in correlations.iter_mut().zip(&real) {
                matrix[(a, b)] = value / padded as f64;
                matrix[(b, a)] = matrix[(a, b)];
            }
        }
    }
    correlations
}

/// The MSD of one path at one lag by the direct sum, A^2: what [`msd_fft`] is tested against.
pub fn msd_direct(positions_a: &[Vec3], lag: usize) -> f64 {
    let origins = positions_a.len().saturating_sub(lag);
    if origins == 0 {
        return 0.0;
    }
    (0..origins).map(|k| (positions_a[k + lag] - positions_a[k]).norm_squared()).sum::<f64>() / origins as f64
}

/// About `per_octave` whole lags per factor of two from `first` to `last`, both included, ascending.
pub fn geometric_lags(first: usize, last: usize, per_octave: usize) -> Vec<usize> {
    if first == 0 || last < first {
        return Vec::new();
    }
    let octaves = (last as f64 / first as f64).log2();
    let steps = (octaves * per_octave as f64).ceil().max(1.0) as usize;
    let lag = |i: usize| (first as f64 * 2f64.powf(octaves * i as f64 / steps as f64)).round() as usize;
    let mut lags: Vec<usize> = (0..=steps).map(lag).collect();
    lags.dedup();
    lags
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};

    fn walk(frames: usize, offset: f64) -> Vec<Vec3> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let mut here = Vec3::new(offset, -offset, 2.0 * offset);
        (0..frames)
            .map(|_| {
                here += Vec3::from_fn(|_, _| StandardNormal.sample(&mut rng));
                here
            })
            .collect()
    }

    #[test]
    fn fft_equals_the_direct_sum() {
        for frames in [1, 2, 3, 17, 64, 501] {
            let path = walk(frames, 0.0);
            let fast = msd_fft(&path);
            assert_eq!(fast.len(), frames);
            for (lag, value) in fast.iter().enumerate() {
                let direct = msd_direct(&path, lag);
                let scale = direct.max(1.0);
                assert!(
                    (value - direct).abs() < 1e-11 * scale * frames as f64,
                    "{frames} {lag} {value} {direct}"
                );
            }
        }
    }

    #[test]
    fn products_equal_the_direct_sum() {
        let path = walk(90, 5.0);
        let products = products_fft(&path);
        for lag in [1, 2, 17, 89] {
            let origins = path.len() - lag;
            let step = |k: usize| path[k + lag] - path[k];
            let direct = (0..origins).map(|k| step(k) * step(k).transpose()).sum::<Mat3>() / origins as f64;
            assert!((products[lag] - direct).norm() < 1e-10 * direct.norm(), "{lag}");
        }
    }

    #[test]
    fn a_far_origin_costs_no_digits() {
        let (near, far) = (msd_fft(&walk(300, 0.0)), msd_fft(&walk(300, 1e6)));
        for (a, b) in near.iter().zip(&far) {
            assert!((a - b).abs() < 1e-7 * a.max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn ballistic_motion_is_exact() {
        let path: Vec<Vec3> = (0..50).map(|k| Vec3::new(0.3, -0.1, 0.2) * f64::from(k)).collect();
        for (lag, value) in msd_fft(&path).iter().enumerate() {
            assert!((value - 0.14 * (lag * lag) as f64).abs() < 1e-9, "{lag} {value}");
        }
    }

    #[test]
    fn lags_are_ascending_and_keep_both_ends() {
        let lags = geometric_lags(1, 250, 6);
        assert_eq!((lags[0], lags[lags.len() - 1]), (1, 250));
        assert!(lags.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(geometric_lags(5, 5, 6), vec![5]);
        assert!(geometric_lags(6, 5, 6).is_empty());
    }
}
