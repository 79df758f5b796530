//! Sixteen radial channels side by side: the arithmetic every kernel is written in.

use std::marker::PhantomData;

use crate::path::{Operations, Path};

/// Radial channels of an environment, and lanes of every vector: one AVX-512 register of f32.
pub const CHANNELS: usize = 16;

/// A floating-point type of the kernels: f32 for speed, f64 as reference.
pub trait Real:
    Copy
    + Send
    + Sync
    + PartialOrd
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Whether a table is as exact as the arithmetic: then kernels use one for radial functions.
    const TABULATED: bool;
    /// From f64, rounded.
    fn from_f64(x: f64) -> Self;
    /// To f64, exact.
    fn to_f64(self) -> f64;
    /// A path as what it does with sixteen of them.
    type On<P: Path>: Operations<Self>;
    /// What a path does with sixteen of them.
    fn operations<P: Path>(path: P) -> Self::On<P>;
    /// Square root.
    fn root(self) -> Self;
    /// The whole number below, for numbers from zero to 2^31.
    fn floor_index(self) -> usize;
    /// x / (1 + exp(-x)) and its derivative.
    fn silu(self) -> (Self, Self);
}

impl Real for f64 {
    type On<P: Path> = P;
    const TABULATED: bool = false;
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn operations<P: Path>(path: P) -> P {
        path
    }
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn floor_index(self) -> usize {
        self as i32 as usize
    }
    #[inline(always)]
    fn silu(self) -> (Self, Self) {
        let s = 1.0 / (1.0 + (-self).exp());
        (self * s, s * (1.0 + self * (1.0 - s)))
    }
}

impl Real for f32 {
    type On<P: Path> = P;
    const TABULATED: bool = true;
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn operations<P: Path>(path: P) -> P {
        path
    }
    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn floor_index(self) -> usize {
        self as i32 as usize
    }
    #[inline(always)]
    fn silu(self) -> (Self, Self) {
        let s = 1.0 / (1.0 + exp_f32(-self));
        (self * s, s * (1.0 + self * (1.0 - s)))
    }
}

/// exp(x) in f32 without branches, so that loops over it vectorise; relative error below 3e-7 on
/// [-87, 87], clamped outside. Cody-Waite reduction by ln 2 and a degree-6 Taylor polynomial on
/// [-ln 2 / 2, ln 2 / 2].
#[inline(always)]
fn exp_f32(x: f32) -> f32 {
    let x = if x > 87.0 { 87.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer.
    let shifter = 12_582_912.0f32;
    let shifted = x * std::f32::consts::LOG2_E + shifter;
    let k = shifted - shifter;
    let r = (x - k * 0.693_359_4) + k * 2.121_944_4e-4;
    let p = 1.0
        + r * (1.0
            + r * (0.5 + r * (0.166_666_67 + r * (0.041_666_67 + r * (0.008_333_34 + r * 0.001_388_89)))));
    // The lowest bits of the shifted number are k in two's complement: made the exponent of 2^k.
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// A vector of channels: plain ([`Lanes`]) or with a derivative along one direction ([`Dual`]).
pub trait Vector: Copy + Send + Sync {
    /// Its scalar type.
    type Scalar: Real;
    /// All zeros.
    const ZERO: Self;
    /// Whether it is sixteen numbers and nothing more.
    const PLAIN: bool;
    /// Sum by channel.
    fn add<P: Path>(self, path: P, other: Self) -> Self;
    /// Product by channel.
    fn mul<P: Path>(self, path: P, other: Self) -> Self;
    /// `self * other + acc` by channel.
    fn mul_add<P: Path>(self, path: P, other: Self, acc: Self) -> Self;
    /// Product with a constant.
    fn scale<P: Path>(self, path: P, factor: Self::Scalar) -> Self;
    /// `self * factor + acc` with a constant factor.
    fn scale_add<P: Path>(self, path: P, factor: Self::Scalar, acc: Self) -> Self;
    /// Channel n of the result is channel (n + SHIFT) mod 16.
    fn rotate<const SHIFT: usize, P: Path>(self, path: P) -> Self;
}

/// What is known of numbers `T` on a path `P` when it is compiled. In `if const { ... }` the branch that a path does not take is not compiled
/// for it; with everything inlined, that is most of the code.
#[derive(Debug)]
pub struct Fit<T, P>(PhantomData<(T, P)>);

impl<T: Real, P: Path> Fit<T, P> {
    /// Vectors of sixteen numbers that the registers hold, see [`Operations::REGISTERS`].
    pub const REGISTERS: usize = <T::On<P> as Operations<T>>::REGISTERS;
}

/// Sixteen numbers, one a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<T>(pub [T; CHANNELS]);

impl<T: Real> Lanes<T> {
    /// The same number in every channel.
    #[inline(always)]
    pub fn splat(x: T) -> Self {
        Self([x; CHANNELS])
    }

    /// `self * factor + acc` by channel.
    #[inline(always)]
    pub fn axpy<P: Path>(self, path: P, factor: T, acc: Self) -> Self {
        let on = T::operations(path);
        Self(on.mul_add(self.0, on.splat(factor), acc.0))
    }

    /// Number j of row i of the result is number i of row j.
    #[inline(always)]
    pub fn transpose<P: Path>(path: P, rows: &[Self; CHANNELS]) -> [Self; CHANNELS] {
        let mut plain = [[T::ZERO; CHANNELS]; CHANNELS];
        for (plain, row) in plain.iter_mut().zip(rows) {
            *plain = row.0;
        }
        let mut columns = [Self::ZERO; CHANNELS];
        let transposed = T::operations(path).transpose(&plain);
        for n in 0..CHANNELS {
            columns[n].0 = transposed[n];
        }
        columns
    }

    /// Sum over the channels, by halves, so that the order is the same on every path.
    #[inline(always)]
    pub fn sum<P: Path>(self, path: P) -> T {
        let [a, b, c, d] = T::operations(path).quarter(self.0);
        (a + c) + (b + d)
    }
}

impl<T: Real> Vector for Lanes<T> {
    type Scalar = T;
    const ZERO: Self = Self([T::ZERO; CHANNELS]);
    const PLAIN: bool = true;
    #[inline(always)]
    fn add<P: Path>(self, path: P, other: Self) -> Self {
        Self(T::operations(path).add(self.0, other.0))
    }
    #[inline(always)]
    fn mul<P: Path>(self, path: P, other: Self) -> Self {
        Self(T::operations(path).mul(self.0, other.0))
    }
    #[inline(always)]
    fn mul_add<P: Path>(self, path: P, other: Self, acc: Self) -> Self {
        Self(T::operations(path).mul_add(self.0, other.0, acc.0))
    }
    #[inline(always)]
    fn scale<P: Path>(self, path: P, factor: T) -> Self {
        let on = T::operations(path);
        Self(on.mul(self.0, on.splat(factor)))
    }
    #[inline(always)]
    fn scale_add<P: Path>(self, path: P, factor: T, acc: Self) -> Self {
        self.axpy(path, factor, acc)
    }
    #[inline(always)]
    fn rotate<const SHIFT: usize, P: Path>(self, path: P) -> Self {
        Self(T::operations(path).rotate::<SHIFT>(self.0))
    }
}

/// Sixteen dual numbers: values, and their derivatives along one direction.
///
/// Running the adjoint of a function on duals gives the gradient of its directional derivative: what a
/// loss on forces needs (the same code, no second derivatives by hand).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<T> {
    /// Values.
    pub value: Lanes<T>,
    /// Derivatives.
    pub slope: Lanes<T>,
}

impl<T: Real> Vector for Dual<T> {
    type Scalar = T;
    const ZERO: Self = Self { value: Lanes::ZERO, slope: Lanes::ZERO };
    const PLAIN: bool = false;
    #[inline(always)]
    fn add<P: Path>(self, path: P, other: Self) -> Self {
        Self { value: self.value.add(path, other.value), slope: self.slope.add(path, other.slope) }
    }
    #[inline(always)]
    fn mul<P: Path>(self, path: P, other: Self) -> Self {
        let slope = self.slope.mul(path, other.value);
        Self { value: self.value.mul(path, other.value), slope: self.value.mul_add(path, other.slope, slope) }
    }
    #[inline(always)]
    fn mul_add<P: Path>(self, path: P, other: Self, acc: Self) -> Self {
        let slope = self.slope.mul_add(path, other.value, acc.slope);
        Self {
            value: self.value.mul_add(path, other.value, acc.value),
            slope: self.value.mul_add(path, other.slope, slope),
        }
    }
    #[inline(always)]
    fn scale<P: Path>(self, path: P, factor: T) -> Self {
        Self { value: self.value.scale(path, factor), slope: self.slope.scale(path, factor) }
    }
    #[inline(always)]
    fn scale_add<P: Path>(self, path: P, factor: T, acc: Self) -> Self {
        Self {
            value: self.value.axpy(path, factor, acc.value),
            slope: self.slope.axpy(path, factor, acc.slope),
        }
    }
    #[inline(always)]
    fn rotate<const SHIFT: usize, P: Path>(self, path: P) -> Self {
        Self { value: self.value.rotate::<SHIFT, P>(path), slope: self.slope.rotate::<SHIFT, P>(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Portable;

    #[test]
    fn fast_exponential_is_accurate() {
        for k in -8600..=8600 {
            let x = k as f32 * 0.01;
            let (fast, exact) = (f64::from(exp_f32(x)), f64::from(x).exp());
            assert!((fast / exact - 1.0).abs() < 3e-7, "{x}: {fast} {exact}");
        }
        assert!(exp_f32(1e9).is_finite() && exp_f32(-1e9) >= 0.0);
    }

    #[test]
    fn silu_derivative_matches_differences() {
        for k in -40..=40 {
            let x = f64::from(k) * 0.25;
            let h = 1e-5;
            let difference = ((x + h).silu().0 - (x - h).silu().0) / (2.0 * h);
            assert!((x.silu().1 - difference).abs() < 1e-9);
            assert!((f64::from((x as f32).silu().1) - difference).abs() < 1e-5);
        }
    }

    #[test]
    fn rotation_and_sum_act_on_channels() {
        let v = Lanes(std::array::from_fn(|n| n as f64));
        assert_eq!(v.rotate::<3, _>(Portable).0[15], 2.0);
        assert_eq!(v.sum(Portable), 120.0);
    }
}
