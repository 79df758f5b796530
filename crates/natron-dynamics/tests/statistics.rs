//! Whether a sample is of a distribution, and whether two are of one ensemble.

/// Prints what was measured, for docs/validation.md: `cargo nextest run -p natron-dynamics --no-capture`.
#[allow(clippy::print_stderr)]
pub fn measured(what: &str) {
    eprintln!("measured: {what}");
}

/// The Kolmogorov-Smirnov distance between a sample and a distribution function, times the root of the sample's size.
/// Beyond 1.95 once in a thousand samples of the distribution (independent, many).
pub fn kolmogorov_smirnov(sample: &[f64], distribution: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let gap = |(k, x): (usize, &f64)| {
        let below = distribution(*x);
        (below - k as f64 / n).max((k as f64 + 1.0) / n - below)
    };
    sorted.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}

/// Correlation of each value with the next, times the root of the sample's size: a standard normal if there is none.
pub fn lag_one(sample: &[f64]) -> f64 {
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let products: f64 = sample.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let squares: f64 = sample.iter().map(|x| (x - mean).powi(2)).sum();
    products / squares * n.sqrt()
}

/// Shirts' check (2013, DOI 10.1021/ct300688p): samples of x from two states of one ensemble are as probable as
/// exp(slope x) times each other, whatever the system. The slope of most likelihood (logistic regression by Newton's method) and
/// its standard error from the curvature.
pub fn log_ratio_slope(first: &[f64], second: &[f64]) -> (f64, f64) {
    let n = (first.len() + second.len()) as f64;
    let all = || first.iter().map(|x| (x, 0.0)).chain(second.iter().map(|x| (x, 1.0)));
    let mean = all().map(|(x, _)| x).sum::<f64>() / n;
    let spread = (all().map(|(x, _)| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let (mut offset, mut slope) = (0.0, 0.0);
    let mut error = f64::NAN;
    for _ in 0..50 {
        // Gradient and curvature of the likelihood in offset and slope.
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, label) in all() {
            let z = (x - mean) / spread;
            let second = 1.0 / (1.0 + f64::exp(-(offset + slope * z)));
            let weight = second * (1.0 - second);
            g0 += label - second;
            g1 += (label - second) * z;
            h00 += weight;
            h01 += weight * z;
            h11 += weight * z * z;
        }
        let determinant = h00 * h11 - h01 * h01;
        offset += (h11 * g0 - h01 * g1) / determinant;
        slope += (h00 * g1 - h01 * g0) / determinant;
        error = (h00 / determinant).sqrt();
    }
    (slope / spread, error / spread)
}

mod tests {
    use natron_dynamics::random::{Purpose, RandomKey};

    use super::*;

    fn normals(seed: u64, count: usize) -> Vec<f64> {
        let mut normals = RandomKey::new(seed, 0, 0, Purpose::Velocities).at_step(0);
        (0..count).map(|_| normals.next_vector().x).collect()
    }

    #[test]
    fn the_distance_is_large_where_the_distribution_is_another() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let sample = normals(1, 1000);
        let normal = |mean, spread| Normal::new(mean, spread).expect("a distribution");
        assert!(kolmogorov_smirnov(&sample, |x| normal(0.0, 1.0).cdf(x)) < 1.95);
        assert!(kolmogorov_smirnov(&sample, |x| normal(0.2, 1.0).cdf(x)) > 1.95);
        assert!(kolmogorov_smirnov(&sample, |x| normal(0.0, 1.3).cdf(x)) > 1.95);
        let walk: Vec<f64> = sample.windows(2).map(|pair| pair[0] + 0.3 * pair[1]).collect();
        assert!(lag_one(&sample).abs() < 3.0 && lag_one(&walk) > 5.0);
    }

    /// Normal samples with means 0 and 1: the logarithm of their ratio has slope 1.
    #[test]
    fn the_slope_of_two_normals_is_their_distance() {
        let (first, second) = (normals(2, 2000), normals(3, 2000));
        let second: Vec<f64> = second.iter().map(|x| x + 1.0).collect();
        let (slope, error) = log_ratio_slope(&first, &second);
        assert!((slope - 1.0).abs() < 4.0 * error && error < 0.06, "{slope} +- {error}");
    }
}
