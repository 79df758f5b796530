//! A long correlated series condensed into few block means while it grows.

/// Blocks kept before neighbours are merged in pairs.
const MAX_BLOCKS: usize = 64;
/// Fewer blocks than this say nothing about an error.
const MIN_BLOCKS: usize = 8;

/// Means over consecutive blocks of equal length; between 32 and 64 of them once the series is long.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    pub(crate) means: Vec<f64>,
    /// Samples in a block.
    pub(crate) length: u64,
    /// Sum and number of samples of the block that is not full yet.
    pub(crate) open_sum: f64,
    pub(crate) open_count: u64,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { means: Vec::with_capacity(MAX_BLOCKS), length: 1, open_sum: 0.0, open_count: 0 }
    }
}

impl Blocks {
    /// Adds a sample.
    pub fn push(&mut self, value: f64) {
        self.open_sum += value;
        self.open_count += 1;
        if self.open_count == self.length {
            self.means.push(self.open_sum / self.length as f64);
            (self.open_sum, self.open_count) = (0.0, 0);
            if self.means.len() == MAX_BLOCKS {
                self.merge();
            }
        }
    }

    fn merge(&mut self) {
        for k in 0..MAX_BLOCKS / 2 {
            self.means[k] = 0.5 * (self.means[2 * k] + self.means[2 * k + 1]);
        }
        self.means.truncate(MAX_BLOCKS / 2);
        self.length *= 2;
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.means.len() as u64 * self.length + self.open_count
    }

    /// Mean of all samples; `None` without one.
    pub fn mean(&self) -> Option<f64> {
        let full: f64 = self.means.iter().sum::<f64>() * self.length as f64;
        (self.count() > 0).then(|| (full + self.open_sum) / self.count() as f64)
    }

    /// Standard error of the mean, from the scatter of the block means, which are taken as a first-order
    /// autoregressive process; `None` with fewer than 8 blocks.
    pub fn mean_error(&self) -> Option<f64> {
        let blocks = self.means.len();
        if blocks < MIN_BLOCKS {
            return None;
        }
        let mean = self.means.iter().sum::<f64>() / blocks as f64;
        let residuals = self.means.iter().map(|m| m - mean);
        let squares: f64 = residuals.clone().map(|r| r * r).sum();
        let variance = squares / (blocks - 1) as f64;
        Some((variance / blocks as f64 * inflation(residuals)).sqrt())
    }

    /// Least-squares slope through the block means against the sample index, per sample, and its standard error
    /// from their residuals, corrected as in [`Blocks::mean_error`]; `None` with fewer than 8 blocks.
    pub fn slope(&self) -> Option<(f64, f64)> {
        let blocks = self.means.len();
        if blocks < MIN_BLOCKS {
            return None;
        }
        let mean = self.means.iter().sum::<f64>() / blocks as f64;
        let middle = 0.5 * (blocks - 1) as f64;
        let squares: f64 = (0..blocks).map(|k| (k as f64 - middle).powi(2)).sum();
        let product: f64 = self.means.iter().enumerate().map(|(k, m)| (k as f64 - middle) * (m - mean)).sum();
        let slope = product / squares;
        let residuals = self.means.iter().enumerate().map(|(k, m)| m - mean - slope * (k as f64 - middle));
        let scatter = residuals.clone().map(|r| r * r).sum::<f64>() / (blocks - 2) as f64;
        let error = (scatter / squares * inflation(residuals)).sqrt();
        let samples = self.length as f64;
        Some((slope / samples, error / samples))
    }
}

/// (1 + rho) / (1 - rho) with rho the lag-1 autocorrelation of the residuals, where it is positive: how much a
/// variance grows because neighbouring blocks are not independent.
fn inflation(residuals: impl Iterator<Item = f64> + Clone) -> f64 {
    let squares: f64 = residuals.clone().map(|r| r * r).sum();
    let products: f64 = residuals.clone().zip(residuals.skip(1)).map(|(a, b)| a * b).sum();
    if squares == 0.0 {
        return 1.0;
    }
    let rho = (products / squares).clamp(0.0, 0.9);
    (1.0 + rho) / (1.0 - rho)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, RandomKey};

    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let mut normals = RandomKey::new(seed, 0, 0, Purpose::Velocities).at_step(0);
        (0..count).map(|_| normals.next_vector().x).collect()
    }

    fn blocks_of(values: impl IntoIterator<Item = f64>) -> Blocks {
        let mut blocks = Blocks::default();
        values.into_iter().for_each(|v| blocks.push(v));
        blocks
    }

    #[test]
    fn the_mean_is_that_of_all_samples() {
        for count in [1, 7, 64, 65, 1000, 4097] {
            let values = noise(3, count);
            let blocks = blocks_of(values.iter().copied());
            assert_eq!(blocks.count(), count as u64);
            let mean = values.iter().sum::<f64>() / count as f64;
            assert!((blocks.mean().expect("samples") - mean).abs() < 1e-12);
        }
        assert_eq!(Blocks::default().mean(), None);
        assert_eq!(blocks_of(noise(3, 7)).mean_error(), None);
    }

    #[test]
    fn the_slope_of_a_line_is_found() {
        let (slope, error) = blocks_of((0..5000).map(|k| 4.0 + 0.25 * k as f64)).slope().expect("blocks");
        assert!((slope - 0.25).abs() < 1e-12 && error < 1e-12, "{slope} {error}");
    }

    /// Of 400 series the claimed errors of mean and slope must cover the truth as often as they say: beyond one error
    /// 32 % of the time, within [25 %, 40 %] (3 binomial standard errors plus the Student tail of 30 blocks), for white noise
    /// and for noise correlated over 50 samples. Beyond three: at most 2.5 %.
    #[test]
    fn errors_are_as_large_as_they_claim() {
        for memory in [0.0_f64, (-1.0_f64 / 50.0).exp()] {
            let mut outside = [0.0; 4];
            let series = 400;
            for seed in 0..series {
                let mut value = 0.0;
                let blocks = blocks_of(noise(seed, 6000).into_iter().map(|x| {
                    value = memory * value + (1.0 - memory * memory).sqrt() * x;
                    value
                }));
                let (slope, slope_error) = blocks.slope().expect("blocks");
                let mean_ratio =
                    (blocks.mean().expect("samples") / blocks.mean_error().expect("blocks")).abs();
                let slope_ratio = (slope / slope_error).abs();
                let counts = [mean_ratio > 1.0, mean_ratio > 3.0, slope_ratio > 1.0, slope_ratio > 3.0];
                for (sum, hit) in outside.iter_mut().zip(counts) {
                    *sum += f64::from(u8::from(hit)) / series as f64;
                }
            }
            assert!((0.25..0.40).contains(&outside[0]) && (0.25..0.40).contains(&outside[2]), "{outside:?}");
            assert!(outside[1] <= 0.025 && outside[3] <= 0.025, "{outside:?}");
        }
    }
}
