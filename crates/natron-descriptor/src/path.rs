//! The operations on sixteen channels, as explicit vector instructions of each path.
//!
//! Written as loops over `[T; 16]` they would be unrolled to scalars first and then vectorised along
//! whatever loop surrounds them, with gathers. A path is a value, and one of a vector path exists only
//! after the processor was asked: no function here is unsafe.

use crate::lanes::{CHANNELS, Real};

/// Sixteen numbers, one a channel.
type Sixteen<T> = [T; CHANNELS];

/// Operations on sixteen numbers of type `T`. Results differ between paths in the last bits (fused
/// multiply-add or not), never within one.
pub trait Operations<T: Real>: Copy {
    /// The same number sixteen times.
    #[inline(always)]
    fn splat(self, x: T) -> Sixteen<T> {
        [x; CHANNELS]
    }

    /// a + b.
    fn add(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T>;

    /// a - b.
    fn sub(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T>;

    /// a / b.
    fn div(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T>;

    /// a b.
    fn mul(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T>;

    /// a b + c, in one rounding if the path has an instruction for it.
    fn mul_add(self, a: Sixteen<T>, b: Sixteen<T>, c: Sixteen<T>) -> Sixteen<T>;

    /// Number n of the result is number (n + SHIFT) mod 16.
    #[inline(always)]
    fn rotate<const SHIFT: usize>(self, a: Sixteen<T>) -> Sixteen<T> {
        std::array::from_fn(|n| a[(n + SHIFT) % CHANNELS])
    }

    /// a_n + a_(n+8), then the same by fours: what is left of a sum, in the same order on every path.
    fn quarter(self, a: Sixteen<T>) -> [T; 4];
}

/// What the kernels are compiled for: operations in f32 and in f64.
pub trait Path: Operations<f32> + Operations<f64> {}

impl<P: Operations<f32> + Operations<f64>> Path for P {}

/// Plain loops, without fused multiply-add.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

impl<T: Real> Operations<T> for Portable {
    #[inline(always)]
    fn add(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T> {
        std::array::from_fn(|n| a[n] + b[n])
    }

    #[inline(always)]
    fn sub(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T> {
        std::array::from_fn(|n| a[n] - b[n])
    }

    #[inline(always)]
    fn div(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T> {
        std::array::from_fn(|n| a[n] / b[n])
    }

    #[inline(always)]
    fn mul(self, a: Sixteen<T>, b: Sixteen<T>) -> Sixteen<T> {
        std::array::from_fn(|n| a[n] * b[n])
    }

    #[inline(always)]
    fn mul_add(self, a: Sixteen<T>, b: Sixteen<T>, c: Sixteen<T>) -> Sixteen<T> {
        std::array::from_fn(|n| a[n] * b[n] + c[n])
    }

    #[inline(always)]
    fn quarter(self, a: Sixteen<T>) -> [T; 4] {
        let half: [T; 8] = std::array::from_fn(|n| a[n] + a[n + 8]);
        std::array::from_fn(|n| half[n] + half[n + 4])
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Wide256, Wide512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use pulp::x86::{V3, V4};
    use pulp::{cast, f32x4, f32x8, f32x16, f64x4, f64x8};

    use super::{Operations, Sixteen};

    /// 512-bit vectors with fused multiply-add.
    #[derive(Clone, Copy)]
    pub(crate) struct Wide512(pub V4);

    /// 256-bit vectors with fused multiply-add.
    #[derive(Clone, Copy)]
    pub(crate) struct Wide256(pub V3);

    /// Elementwise operations on the registers that sixteen numbers fill.
    macro_rules! elementwise {
        ($number:ty, $pieces:ty, [$($piece:literal),*], $splat:ident, $add:ident, $sub:ident, $div:ident, $mul:ident, $mul_add:ident) => {
            #[inline(always)]
            fn splat(self, x: $number) -> Sixteen<$number> {
                cast([$({ let _ = $piece; self.0.$splat(x) }),*])
            }

            #[inline(always)]
            fn add(self, a: Sixteen<$number>, b: Sixteen<$number>) -> Sixteen<$number> {
                let (a, b): ($pieces, $pieces) = (cast(a), cast(b));
                cast([$(self.0.$add(a[$piece], b[$piece])),*])
            }

            #[inline(always)]
            fn sub(self, a: Sixteen<$number>, b: Sixteen<$number>) -> Sixteen<$number> {
                let (a, b): ($pieces, $pieces) = (cast(a), cast(b));
                cast([$(self.0.$sub(a[$piece], b[$piece])),*])
            }

            #[inline(always)]
            fn div(self, a: Sixteen<$number>, b: Sixteen<$number>) -> Sixteen<$number> {
                let (a, b): ($pieces, $pieces) = (cast(a), cast(b));
                cast([$(self.0.$div(a[$piece], b[$piece])),*])
            }

            #[inline(always)]
            fn mul(self, a: Sixteen<$number>, b: Sixteen<$number>) -> Sixteen<$number> {
                let (a, b): ($pieces, $pieces) = (cast(a), cast(b));
                cast([$(self.0.$mul(a[$piece], b[$piece])),*])
            }

            #[inline(always)]
            fn mul_add(
                self,
                a: Sixteen<$number>,
                b: Sixteen<$number>,
                c: Sixteen<$number>,
            ) -> Sixteen<$number> {
                let (a, b, c): ($pieces, $pieces, $pieces) = (cast(a), cast(b), cast(c));
                cast([$(self.0.$mul_add(a[$piece], b[$piece], c[$piece])),*])
            }
        };
    }

    /// Where rotated numbers come from: `(n + SHIFT) % N` for n = 0 .. N-1.
    struct Source<const SHIFT: usize>;

    impl<const SHIFT: usize> Source<SHIFT> {
        const OF_SIXTEEN: [u32; 16] = {
            let (mut source, mut n) = ([0; 16], 0);
            while n < 16 {
                source[n] = ((n + SHIFT) % 16) as u32;
                n += 1;
            }
            source
        };
        const OF_SIXTEEN_WIDE: [u64; 16] = {
            let (mut source, mut n) = ([0; 16], 0);
            while n < 16 {
                source[n] = ((n + SHIFT) % 16) as u64;
                n += 1;
            }
            source
        };
        const OF_EIGHT: [u32; 8] = {
            let (mut source, mut n) = ([0; 8], 0);
            while n < 8 {
                source[n] = ((n + SHIFT) % 8) as u32;
                n += 1;
            }
            source
        };
        /// All ones where the first eight rotated numbers come from the last eight.
        const FROM_LAST: [u32; 8] = {
            let (mut mask, mut n) = ([0; 8], 0);
            while n < 8 {
                mask[n] = if (n + SHIFT) % 16 < 8 { 0 } else { u32::MAX };
                n += 1;
            }
            mask
        };
    }

    impl Operations<f32> for Wide512 {
        elementwise!(
            f32,
            [f32x16; 1],
            [0],
            splat_f32x16,
            add_f32x16,
            sub_f32x16,
            div_f32x16,
            mul_f32x16,
            mul_add_f32x16
        );

        #[inline(always)]
        fn rotate<const SHIFT: usize>(self, a: Sixteen<f32>) -> Sixteen<f32> {
            if SHIFT == 0 {
                return a;
            }
            cast(self.0.avx512f._mm512_permutexvar_ps(cast(Source::<SHIFT>::OF_SIXTEEN), cast(a)))
        }

        #[inline(always)]
        fn quarter(self, a: Sixteen<f32>) -> [f32; 4] {
            Wide256(*self.0).quarter(a)
        }
    }

    impl Operations<f64> for Wide512 {
        elementwise!(
            f64,
            [f64x8; 2],
            [0, 1],
            splat_f64x8,
            add_f64x8,
            sub_f64x8,
            div_f64x8,
            mul_f64x8,
            mul_add_f64x8
        );

        #[inline(always)]
        fn rotate<const SHIFT: usize>(self, a: Sixteen<f64>) -> Sixteen<f64> {
            if SHIFT == 0 {
                return a;
            }
            let [first, last]: [f64x8; 2] = cast(a);
            let [low, high]: [[u64; 8]; 2] = cast(Source::<SHIFT>::OF_SIXTEEN_WIDE);
            let pick = self.0.avx512f;
            cast([
                pick._mm512_permutex2var_pd(cast(first), cast(low), cast(last)),
                pick._mm512_permutex2var_pd(cast(first), cast(high), cast(last)),
            ])
        }

        #[inline(always)]
        fn quarter(self, a: Sixteen<f64>) -> [f64; 4] {
            let [first, last]: [f64x8; 2] = cast(a);
            let [first, last]: [f64x4; 2] = cast(self.0.add_f64x8(first, last));
            cast(self.0.add_f64x4(first, last))
        }
    }

    impl Operations<f32> for Wide256 {
        elementwise!(
            f32,
            [f32x8; 2],
            [0, 1],
            splat_f32x8,
            add_f32x8,
            sub_f32x8,
            div_f32x8,
            mul_f32x8,
            mul_add_f32x8
        );

        #[inline(always)]
        fn rotate<const SHIFT: usize>(self, a: Sixteen<f32>) -> Sixteen<f32> {
            if SHIFT == 0 {
                return a;
            }
            let [first, last]: [f32x8; 2] = cast(a);
            let turn = |half: f32x8| {
                self.0.avx2._mm256_permutevar8x32_ps(cast(half), cast(Source::<SHIFT>::OF_EIGHT))
            };
            let (first, last, mask) = (turn(first), turn(last), cast(Source::<SHIFT>::FROM_LAST));
            cast([
                self.0.avx._mm256_blendv_ps(first, last, mask),
                self.0.avx._mm256_blendv_ps(last, first, mask),
            ])
        }

        #[inline(always)]
        fn quarter(self, a: Sixteen<f32>) -> [f32; 4] {
            let [first, last]: [f32x8; 2] = cast(a);
            let [first, last]: [f32x4; 2] = cast(self.0.add_f32x8(first, last));
            cast(self.0.add_f32x4(first, last))
        }
    }

    impl Operations<f64> for Wide256 {
        elementwise!(
            f64,
            [f64x4; 4],
            [0, 1, 2, 3],
            splat_f64x4,
            add_f64x4,
            sub_f64x4,
            div_f64x4,
            mul_f64x4,
            mul_add_f64x4
        );

        #[inline(always)]
        fn quarter(self, a: Sixteen<f64>) -> [f64; 4] {
            let [a, b, c, d]: [f64x4; 4] = cast(a);
            cast(self.0.add_f64x4(self.0.add_f64x4(a, c), self.0.add_f64x4(b, d)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SimdPath;
    use crate::simd::Kernel;

    /// Every operation on the same small integers, for which fused multiply-add rounds as separate
    /// operations do: paths must agree bit by bit.
    struct Everything<T>(std::marker::PhantomData<T>);

    impl<T: Real> Kernel for Everything<T> {
        type Output = Vec<Vec<T>>;
        #[inline(always)]
        fn call<P: Path>(self, path: P) -> Vec<Vec<T>> {
            let of = |f: fn(f64) -> f64| std::array::from_fn(|n| T::from_f64(f(n as f64)));
            let (a, b, c) = (of(|n| n - 5.0), of(|n| 7.0 - n * n), of(|n| 3.0 * n));
            let on = T::operations(path);
            vec![
                on.splat(a[3]).to_vec(),
                on.add(a, b).to_vec(),
                on.mul(a, b).to_vec(),
                on.mul_add(a, b, c).to_vec(),
                on.rotate::<0>(b).to_vec(),
                on.rotate::<1>(b).to_vec(),
                on.rotate::<3>(b).to_vec(),
                on.rotate::<8>(b).to_vec(),
                on.rotate::<13>(b).to_vec(),
                on.rotate::<15>(b).to_vec(),
                on.quarter(b).to_vec(),
                on.sub(a, b).to_vec(),
                on.div(a, c.map(|c| c + T::ONE)).to_vec(),
            ]
        }
    }

    fn check<T: Real>() {
        let portable = SimdPath::Portable.run(Everything(std::marker::PhantomData::<T>));
        assert_eq!(portable[3][2], T::from_f64(-3.0 * 3.0 + 6.0));
        assert_eq!(portable[6][15], T::from_f64(7.0 - 4.0));
        for path in [SimdPath::Avx512, SimdPath::Avx2] {
            assert_eq!(path.run(Everything(std::marker::PhantomData::<T>)), portable, "{}", path.name());
        }
    }

    #[test]
    fn every_path_does_the_same_operations() {
        check::<f32>();
        check::<f64>();
    }
}
