//! Points that cover a box evenly however few there are: Halton's sequence, shifted by a seed.
//!
//! Halton, Numerische Mathematik 2, 84 (1960), DOI 10.1007/BF01386213; the random shift is that of Cranley and Patterson, DOI 10.1137/0713071.

use natron_build::random::{Purpose, Stream};

use super::deck::Parameter;

/// Bases, one a dimension; beyond these, dimensions share bases with another shift.
const PRIMES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// Coordinate `dimension` of point `number`, in [0, 1).
pub(super) fn coordinate(seed: u64, dimension: usize, number: u64) -> f64 {
    let base = PRIMES[dimension % PRIMES.len()];
    let (mut rest, mut part, mut sum) = (number + 1, 1.0, 0.0);
    while rest > 0 {
        part /= base as f64;
        sum += part * (rest % base) as f64;
        rest /= base;
    }
    let shift = Stream::new(seed, 0, Purpose::Settings, dimension as u64).uniform();
    (sum + shift).fract()
}

impl Parameter {
    /// The value at `x` in [0, 1), as TOML.
    pub(super) fn at(&self, x: f64) -> String {
        let (Some(low), Some(high)) = (self.low, self.high) else {
            let k = (x * self.choices.len() as f64) as usize;
            return self.choices[k.min(self.choices.len() - 1)].to_string();
        };
        // A whole number owns the half on both sides of it, so that the ends come as often as the others.
        let (low, high) = if self.whole { (low - 0.499, high + 0.499) } else { (low, high) };
        let value = if self.log && low > 0.0 { low * (high / low).powf(x) } else { low + x * (high - low) };
        if self.whole { format!("{}", value.round() as i64) } else { format!("{value:e}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(text: &str) -> Parameter {
        toml::from_str(text).expect("a parameter")
    }

    #[test]
    fn few_points_cover_the_box() {
        for dimension in 0..4 {
            let points: Vec<f64> = (0..27).map(|k| coordinate(3, dimension, k)).collect();
            for part in 0..4 {
                let range = 0.25 * f64::from(part)..0.25 * f64::from(part + 1);
                let inside = points.iter().filter(|x| range.contains(*x)).count();
                assert!((4..=10).contains(&inside), "{inside} of 27 in {range:?} of dimension {dimension}");
            }
        }
        assert_ne!(coordinate(3, 0, 0), coordinate(4, 0, 0));
        assert_ne!(coordinate(3, 0, 0), coordinate(3, 12, 0));
    }

    #[test]
    fn values_are_in_their_range() {
        let log = parameter("path = \"a\"\nlow = 1e-4\nhigh = 1e-2\nlog = true");
        assert_eq!(log.at(0.5).parse::<f64>().map(|x| (x - 1e-3).abs() < 1e-9), Ok(true));
        let whole = parameter("path = \"a\"\nlow = 2\nhigh = 4\nwhole = true");
        let values: Vec<String> = [0.0, 0.3, 0.4, 0.6, 0.7, 0.999].iter().map(|x| whole.at(*x)).collect();
        assert_eq!(values, ["2", "2", "3", "3", "4", "4"]);
        let choices = parameter("path = \"a\"\nchoices = [[8], [16, 16]]");
        assert_eq!((choices.at(0.0), choices.at(0.99)), ("[8]".into(), "[16, 16]".into()));
    }
}
