//! Formulas of one neighbour, for one neighbour or for sixteen at once.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::lanes::{CHANNELS, Lanes, Real};
use crate::path::{Operations, Path};

/// What the radial basis and the harmonics are written in: a number, or sixteen side by side.
pub trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
}

impl<N> Number for N where
    N: Copy + Add<Output = N> + Sub<Output = N> + Mul<Output = N> + Div<Output = N> + Neg<Output = N>
{
}

/// Sixteen numbers that know the path to compute on. Every operation rounds as it does on one number.
#[derive(Debug, Clone, Copy)]
pub struct Wide<T, P> {
    /// The numbers.
    pub lanes: Lanes<T>,
    path: P,
}

impl<T: Real, P: Path> Wide<T, P> {
    /// These numbers.
    #[inline(always)]
    pub fn new(path: P, numbers: [T; CHANNELS]) -> Self {
        Self { lanes: Lanes(numbers), path }
    }

    /// The same number sixteen times.
    #[inline(always)]
    pub fn splat(path: P, number: T) -> Self {
        Self::new(path, T::operations(path).splat(number))
    }

    /// `self * factor + acc`, in one rounding if the path has an instruction for it.
    #[inline(always)]
    pub fn mul_add(self, factor: Self, acc: Self) -> Self {
        Self::new(self.path, T::operations(self.path).mul_add(self.lanes.0, factor.lanes.0, acc.lanes.0))
    }

    /// Square roots.
    #[inline(always)]
    pub fn sqrt(self) -> Self {
        Self::new(self.path, T::operations(self.path).sqrt(self.lanes.0))
    }
}

/// Operators by their name.
macro_rules! operator {
    ($($operator:ident $name:ident),*) => {
        $(impl<T: Real, P: Path> $operator for Wide<T, P> {
            type Output = Self;
            #[inline(always)]
            fn $name(self, other: Self) -> Self {
                Self::new(self.path, T::operations(self.path).$name(self.lanes.0, other.lanes.0))
            }
        })*
    };
}

operator!(Add add, Sub sub, Mul mul, Div div);

impl<T: Real, P: Path> Neg for Wide<T, P> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self * Self::splat(self.path, -T::ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Kernel;
    use crate::{RadialBasis, SimdPath, harmonics_of, harmonics_with_gradients};

    const TERMS: usize = 6;

    /// Largest difference between sixteen pairs at once and one by one.
    struct Difference;

    impl Kernel for Difference {
        type Output = f64;
        #[inline(always)]
        fn call<P: Path>(self, path: P) -> f64 {
            let of = |f: fn(f64) -> f64| std::array::from_fn(|n| f(n as f64));
            let (x, y, z, r) = (of(f64::sin), of(f64::cos), of(|n| 0.3 - 0.1 * n), of(|n| 1.0 + 0.2 * n));
            let bases: [_; CHANNELS] = std::array::from_fn(|n| RadialBasis::new(5.0 + n as f64, 1.7));
            let constant = |c| Wide::splat(path, c);
            let unit = [x, y, z].map(|numbers| Wide::new(path, numbers));
            let (value, gradient) = harmonics_of(constant, unit);
            let (mut values, mut slopes) = ([constant(0.0); TERMS], [constant(0.0); TERMS]);
            let wide = RadialBasis::side_by_side(path, &std::array::from_fn(|n| &bases[n]));
            wide.evaluate_with(constant, Wide::new(path, r), &mut values, &mut slopes);
            let mut largest = 0.0f64;
            for n in 0..CHANNELS {
                let (one, one_gradient) = harmonics_with_gradients([x[n], y[n], z[n]]);
                let (mut one_values, mut one_slopes) = ([0.0; TERMS], [0.0; TERMS]);
                bases[n].evaluate(r[n], &mut one_values, &mut one_slopes);
                let at = |wide: &Wide<f64, P>, one: &f64| (wide.lanes.0[n] - one).abs();
                let angular = value.iter().chain(gradient.iter().flatten());
                let radial = values.iter().chain(&slopes);
                let ones =
                    one.iter().chain(one_gradient.iter().flatten()).chain(&one_values).chain(&one_slopes);
                largest = angular.chain(radial).zip(ones).map(|(a, b)| at(a, b)).fold(largest, f64::max);
            }
            largest
        }
    }

    #[test]
    fn sixteen_at_once_round_as_one_by_one() {
        for path in [SimdPath::Avx512, SimdPath::Avx2, SimdPath::Portable] {
            assert_eq!(path.run(Difference), 0.0, "{}", path.name());
        }
    }
}
