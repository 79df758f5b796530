//! One axis: the data range, its scale and its marks.

use crate::ticks::{Ticks, linear, logarithmic};

/// A range of data mapped to 0..1.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    log: bool,
}

impl Axis {
    /// An axis that holds all `values` it can show (finite; positive where `log`) with a little room around them.
    pub fn around(values: impl Iterator<Item = f64>, log: bool) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|v| drawable(*v, log)) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = if log { (0.1, 10.0) } else { (0.0, 1.0) };
        }
        if log { Self::padded_log(low, high) } else { Self::padded_linear(low, high) }
    }

    fn padded_linear(low: f64, high: f64) -> Self {
        let span = high - low;
        // A flat series gets a range that shows it as flat.
        let flat = span <= (1e-9 * high.abs().max(low.abs())).max(1.0 / LARGEST);
        let room = if flat { (0.1 * high.abs()).max(1e-12) } else { 0.04 * span };
        // An axis that begins at zero does not show negative values it does not hold.
        let below = if low >= 0.0 && low < 0.2 * span { low } else { room };
        Self { low: low - below, high: high + room, log: false }
    }

    fn padded_log(low: f64, high: f64) -> Self {
        let room = (high / low).powf(0.04).max(1.15);
        Self { low: low / room, high: high * room, log: true }
    }

    /// The ends of the axis.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Where `value` lies, 0 at the low and 1 at the high end; None where it cannot be shown at all.
    pub fn position(&self, value: f64) -> Option<f64> {
        if !drawable(value, self.log) {
            return None;
        }
        Some(if self.log {
            // Ratios of the ends may overflow, differences of their logarithms do not.
            (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        })
    }

    /// Like [`Axis::position`], with what lies off the logarithmic scale at its low end.
    pub fn clamped(&self, value: f64) -> Option<f64> {
        if self.log && value <= 0.0 { Some(-1.0) } else { self.position(value) }
    }

    /// Marks, about `target` of them.
    pub fn ticks(&self, target: usize) -> Ticks {
        if self.log { logarithmic(self.low, self.high, target) } else { linear(self.low, self.high, target) }
    }
}

/// Values beyond this would overflow the arithmetic of an axis.
const LARGEST: f64 = 1e150;

fn drawable(value: f64, log: bool) -> bool {
    value.abs() < LARGEST && (!log || value > 1.0 / LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_run_from_zero_to_one() {
        let axis = Axis::around([1.0, 100.0].into_iter(), true);
        let (low, high) = axis.ends();
        assert_eq!((axis.position(low), axis.position(high)), (Some(0.0), Some(1.0)));
        assert!((axis.position(10.0).expect("positive") - 0.5).abs() < 1e-12);
        assert_eq!((axis.position(-1.0), axis.position(f64::NAN)), (None, None));
    }

    #[test]
    fn ranges_whose_ratio_overflows_have_positions() {
        let axis = Axis::around([1.4e-150, 4.2e147].into_iter(), true);
        let at = |value: f64| axis.position(value).expect("inside");
        assert!(at(1.4e-150) > 0.0 && at(4.2e147) < 1.0 && (at(0.1) - 0.5).abs() < 0.01, "{}", at(0.1));
    }

    #[test]
    fn flat_and_empty_data_have_a_range() {
        for values in [vec![], vec![3.0], vec![0.0, 0.0], vec![f64::NAN], vec![f64::MAX, f64::MIN]] {
            for log in [false, true] {
                let (low, high) = Axis::around(values.iter().copied(), log).ends();
                assert!(low < high && low.is_finite() && high.is_finite(), "{values:?} {log}");
            }
        }
    }
}
