//! Drift and fluctuation of an energy that should be constant, from a running series.

use crate::blocks::Blocks;

/// Running least squares of a series against its index (Welford's update), with its block means.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trend {
    /// First sample; everything else is relative to it, so that no digit is lost to a large offset.
    pub(crate) origin: f64,
    pub(crate) count: u64,
    pub(crate) mean: f64,
    /// Sum of (y - mean)^2.
    pub(crate) squares: f64,
    /// Sum of (index - its mean)(y - mean).
    pub(crate) products: f64,
    pub(crate) blocks: Blocks,
}

/// A slope with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// Least-squares slope.
    pub value: f64,
    /// Its standard error, corrected for correlation by blocks; `None` with fewer than 8 blocks.
    pub error: Option<f64>,
}

impl Trend {
    /// Adds the next sample.
    pub fn push(&mut self, value: f64) {
        if self.count == 0 {
            self.origin = value;
        }
        let y = value - self.origin;
        let before = self.count as f64;
        self.count += 1;
        let index_off = before - 0.5 * (before - 1.0).max(0.0);
        let off = y - self.mean;
        self.mean += off / (before + 1.0);
        self.squares += off * (y - self.mean);
        self.products += index_off * (y - self.mean);
        self.blocks.push(y);
    }

    /// Number of samples.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Mean of all samples; `None` without one.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.origin + self.mean)
    }

    /// Slope per sample; `None` with fewer than two samples.
    pub fn slope(&self) -> Option<Slope> {
        let value = self.products / self.index_squares()?;
        Some(Slope { value, error: self.blocks.slope().map(|(_, error)| error) })
    }

    /// Root mean square of the deviation from the least-squares line; `None` with fewer than three samples.
    pub fn fluctuation(&self) -> Option<f64> {
        if self.count < 3 {
            return None;
        }
        let about_line = self.squares - self.products * self.products / self.index_squares()?;
        Some((about_line.max(0.0) / self.count as f64).sqrt())
    }

    /// Sum of (index - its mean)^2 = n (n^2 - 1) / 12.
    fn index_squares(&self) -> Option<f64> {
        let n = self.count as f64;
        (self.count > 1).then(|| n * (n * n - 1.0) / 12.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against sums over the whole series, on a line with a wave on a large offset.
    #[test]
    fn the_running_fit_is_the_fit() {
        let values: Vec<f64> =
            (0..777).map(|k| -1234.5 + 3e-6 * f64::from(k) + 2e-4 * (0.7 * f64::from(k)).sin()).collect();
        let mut trend = Trend::default();
        values.iter().for_each(|&v| trend.push(v));
        let n = values.len() as f64;
        let (x_mean, y_mean) = (0.5 * (n - 1.0), values.iter().sum::<f64>() / n);
        let products: f64 = values.iter().enumerate().map(|(k, v)| (k as f64 - x_mean) * (v - y_mean)).sum();
        let slope = products / (n * (n * n - 1.0) / 12.0);
        let rms = (values
            .iter()
            .enumerate()
            .map(|(k, v)| (v - y_mean - slope * (k as f64 - x_mean)).powi(2))
            .sum::<f64>()
            / n)
            .sqrt();
        let found = trend.slope().expect("samples");
        assert!((found.value - slope).abs() < 1e-13, "{} {slope}", found.value);
        assert!((trend.fluctuation().expect("samples") - rms).abs() < 1e-12);
        assert!((trend.mean().expect("samples") - y_mean).abs() < 1e-10);
        // The wave is 1.4e-4 RMS; the line alone would be 6.7e-4 from end to end.
        assert!((rms / (2e-4 / 2.0_f64.sqrt()) - 1.0).abs() < 0.02, "{rms}");
    }

    #[test]
    fn too_short_a_series_says_nothing() {
        let mut trend = Trend::default();
        assert_eq!((trend.mean(), trend.slope(), trend.fluctuation()), (None, None, None));
        trend.push(1.0);
        assert_eq!((trend.mean(), trend.slope()), (Some(1.0), None));
    }
}
