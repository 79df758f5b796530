//! How often values occur: a probability density in bins of equal width.

/// A density over a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Middles of the bins, `[bins]`, in the values' unit.
    pub at: Vec<f64>,
    /// Share of all values per unit, `[bins]`: integrates to the share of values in the range.
    pub density: Vec<f64>,
}

impl Histogram {
    /// Of `values` in `bins` bins from `from` to `to`; `None` without a value or a bin.
    pub fn of(values: &[f64], from: f64, to: f64, bins: usize) -> Option<Self> {
        if values.is_empty() || bins == 0 {
            return None;
        }
        let width = (to - from) / bins as f64;
        let mut density = vec![0.0; bins];
        for value in values {
            let bin = ((value - from) / width).floor();
            // The end belongs to the last bin: an angle of 180 degrees is one.
            let bin = if *value == to { bins as f64 - 1.0 } else { bin };
            if bin >= 0.0 && bin < bins as f64 {
                density[bin as usize] += 1.0 / (values.len() as f64 * width);
            }
        }
        Some(Self { at: (0..bins).map(|k| from + (k as f64 + 0.5) * width).collect(), density })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_integrates_to_the_share_in_range() {
        let found = Histogram::of(&[0.0, 0.5, 1.5, 2.0, 7.0], 0.0, 2.0, 2).expect("values");
        assert_eq!(found.at, [0.5, 1.5]);
        assert_eq!(found.density, [0.4, 0.4]);
        assert_eq!(Histogram::of(&[], 0.0, 1.0, 3), None);
        assert_eq!(Histogram::of(&[1.0], 0.0, 1.0, 0), None);
    }
}
