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
