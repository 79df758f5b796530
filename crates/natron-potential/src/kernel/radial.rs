//! Radial functions of one ordered species pair: R_n(r) = sum_k c_kn B_k(r).

use natron_descriptor::{CHANNELS, Lanes, Path, RadialBasis, RadialTable, Real, Vector};

use crate::model::MAX_RADIAL;

/// Intervals of a table: its forces differ from those of the formula by less than f32 rounds.
const INTERVALS: usize = 128;

/// As a table in f32, by the formula in f64.
#[derive(Debug, Clone)]
pub(crate) enum Radial<T> {
    /// See [`RadialTable`].
    Table(RadialTable<T>),
    /// The formula.
    Formula(Formula<T>),
}

/// The basis and its coefficients, `[terms]`.
#[derive(Debug, Clone)]
pub(crate) struct Formula<T> {
    basis: RadialBasis<T>,
    coefficients: Vec<Lanes<T>>,
}

impl<T: Real> Formula<T> {
    fn new(cutoff_a: f64, scale_a: f64, coefficients: &[[f32; CHANNELS]]) -> Self {
        let row = |row: &[f32; CHANNELS]| Lanes(row.map(|c| T::from_f64(f64::from(c))));
        Self {
            basis: RadialBasis::new(cutoff_a, scale_a),
            coefficients: coefficients.iter().map(row).collect(),
        }
    }

    #[inline(always)]
    fn evaluate<P: Path>(&self, path: P, distance_a: T) -> [Lanes<T>; 2] {
        let (mut values, mut slopes) = ([T::ZERO; MAX_RADIAL], [T::ZERO; MAX_RADIAL]);
        let terms = self.coefficients.len();
        let (values, slopes) = (&mut values[..terms], &mut slopes[..terms]);
        self.basis.evaluate(distance_a, values, slopes);
        let (mut value, mut slope) = (Lanes::ZERO, Lanes::ZERO);
        for (row, (v, s)) in self.coefficients.iter().zip(values.iter().zip(slopes.iter())) {
            value = row.axpy(path, *v, value);
            slope = row.axpy(path, *s, slope);
        }
        [value, slope]
    }
}

impl<T: Real> Radial<T> {
    /// From the model's numbers.
    pub fn new(cutoff_a: f64, scale_a: f64, coefficients: &[[f32; CHANNELS]]) -> Self {
        if !T::TABULATED {
            return Self::Formula(Formula::new(cutoff_a, scale_a, coefficients));
        }
        let exact = Formula::<f64>::new(cutoff_a, scale_a, coefficients);
        Self::Table(RadialTable::new(cutoff_a, INTERVALS, |r| {
            let [value, slope] = exact.evaluate(natron_descriptor::Portable, r);
            (value.0, slope.0)
        }))
    }

    /// R and R' (1/A) at a distance (A) below the cutoff.
    #[inline(always)]
    pub fn evaluate<P: Path>(&self, path: P, distance_a: T) -> [Lanes<T>; 2] {
        match self {
            Self::Table(table) => table.evaluate(path, distance_a),
            Self::Formula(formula) => formula.evaluate(path, distance_a),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use natron_descriptor::Portable;

    /// The roughest functions a model has: single Chebyshev terms. What is left is the rounding of the distance itself in
    /// f32, 1e-7 r, times slopes (up to 20 1/A) and curvatures (up to 400 1/A^2).
    #[test]
    fn the_table_is_the_formula() {
        let mut coefficients = [[0.0f32; CHANNELS]; 12];
        for (k, row) in coefficients.iter_mut().enumerate() {
            row[k] = 1.0;
        }
        for (cutoff_a, scale_a) in [(5.0, 1.8), (5.5, 2.8), (6.5, 3.6)] {
            let table = Radial::<f32>::new(cutoff_a, scale_a, &coefficients);
            let formula = Radial::<f64>::new(cutoff_a, scale_a, &coefficients);
            for step in 1..2000 {
                let r = 0.8 + (cutoff_a - 0.8) * f64::from(step) / 2000.0;
                let fast = table.evaluate(Portable, r as f32);
                let exact = formula.evaluate(Portable, f64::from(r as f32));
                for n in 0..CHANNELS {
                    let value = f64::from(fast[0].0[n]) - exact[0].0[n];
                    let slope = f64::from(fast[1].0[n]) - exact[1].0[n];
                    assert!(value.abs() < 2e-6, "{n} at {r}: {value}");
                    assert!(slope.abs() < 1e-5 * (1.0 + exact[1].0[n].abs()), "{n} at {r}: {slope}");
                }
            }
        }
    }
}
