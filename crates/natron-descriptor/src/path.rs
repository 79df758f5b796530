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
    /// How many times sixteen numbers the processor's vector registers hold: what a loop may keep in hand.
    const REGISTERS: usize;

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

    /// Square roots.
    fn sqrt(self, a: Sixteen<T>) -> Sixteen<T>;

    /// Number j of row i of the result is number i of row j.
    #[inline(always)]
    fn transpose(self, rows: &[Sixteen<T>; CHANNELS]) -> [Sixteen<T>; CHANNELS] {
        std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
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
    const REGISTERS: usize = 4;

    #[inline(always)]
    fn sqrt(self, a: Sixteen<T>) -> Sixteen<T> {
        a.map(T::root)
    }

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
        ($number:ty, $pieces:ty, [$($piece:literal),*], $splat:ident, $add:ident, $sub:ident, $div:ident, $mul:ident, $mul_add:ident, $sqrt:ident) => {
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

            #[inline(always)]
            fn sqrt(self, a: Sixteen<$number>) -> Sixteen<$number> {
                let a: $pieces = cast(a);
                cast([$($sqrt(self, a[$piece])),*])
            }
        };
    }

    #[inline(always)]
    fn sqrt_f32x16(path: Wide512, a: f32x16) -> f32x16 {
        cast(path.0.avx512f._mm512_sqrt_ps(cast(a)))
    }

    #[inline(always)]
    fn sqrt_f64x8(path: Wide512, a: f64x8) -> f64x8 {
        cast(path.0.avx512f._mm512_sqrt_pd(cast(a)))
    }

    #[inline(always)]
    fn sqrt_f32x8(path: Wide256, a: f32x8) -> f32x8 {
        cast(path.0.avx._mm256_sqrt_ps(cast(a)))
    }

    #[inline(always)]
    fn sqrt_f64x4(path: Wide256, a: f64x4) -> f64x4 {
        cast(path.0.avx._mm256_sqrt_pd(cast(a)))
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
        const REGISTERS: usize = 32;

        elementwise!(
            f32,
            [f32x16; 1],
            [0],
            splat_f32x16,
            add_f32x16,
            sub_f32x16,
            div_f32x16,
            mul_f32x16,
            mul_add_f32x16,
            sqrt_f32x16
        );

        #[inline(always)]
        fn rotate<const SHIFT: usize>(self, a: Sixteen<f32>) -> Sixteen<f32> {
            if SHIFT == 0 {
                return a;
            }
            cast(self.0.avx512f._mm512_permutexvar_ps(cast(Source::<SHIFT>::OF_SIXTEEN), cast(a)))
        }

        /// In pairs of rows, in quarters of four, then quarters between registers, twice. (Loops: closures of this size are
        /// not inlined, and outside the kernel every instruction would be a call.)
        #[inline(always)]
        fn transpose(self, rows: &[Sixteen<f32>; 16]) -> [Sixteen<f32>; 16] {
            let on = self.0.avx512f;
            let (mut pairs, mut fours) = ([on._mm512_setzero_ps(); 16], [on._mm512_setzero_ps(); 16]);
            for n in (0..16).step_by(2) {
                let (a, b) = (cast(rows[n]), cast(rows[n + 1]));
                pairs[n] = on._mm512_unpacklo_ps(a, b);
                pairs[n + 1] = on._mm512_unpackhi_ps(a, b);
            }
            // Number 4 g + k holds, in each quarter q, numbers 4 q + k of rows 4 g .. 4 g + 3.
            for n in (0..16).step_by(4) {
                for k in 0..2 {
                    let (a, b) = (cast(pairs[n + k]), cast(pairs[n + 2 + k]));
                    fours[n + 2 * k] = cast(on._mm512_unpacklo_pd(a, b));
                    fours[n + 2 * k + 1] = cast(on._mm512_unpackhi_pd(a, b));
                }
            }
            // Quarters (0, 2) and (1, 3) of two groups of rows.
            let halves = &mut pairs;
            for side in [0, 8] {
                for k in 0..4 {
                    let (a, b) = (fours[side + k], fours[side + 4 + k]);
                    halves[side + k] = on._mm512_shuffle_f32x4::<0x88>(a, b);
                    halves[side + 4 + k] = on._mm512_shuffle_f32x4::<0xdd>(a, b);
                }
            }
            let mut columns = [[0.0; 16]; 16];
            for n in 0..8 {
                columns[n] = cast(on._mm512_shuffle_f32x4::<0x88>(halves[n], halves[8 + n]));
                columns[8 + n] = cast(on._mm512_shuffle_f32x4::<0xdd>(halves[n], halves[8 + n]));
            }
            columns
        }

        #[inline(always)]
        fn quarter(self, a: Sixteen<f32>) -> [f32; 4] {
            Wide256(*self.0).quarter(a)
        }
    }

    impl Operations<f64> for Wide512 {
        const REGISTERS: usize = 16;

        elementwise!(
            f64,
            [f64x8; 2],
            [0, 1],
            splat_f64x8,
            add_f64x8,
            sub_f64x8,
            div_f64x8,
            mul_f64x8,
            mul_add_f64x8,
            sqrt_f64x8
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
        const REGISTERS: usize = 8;

        elementwise!(
            f32,
            [f32x8; 2],
            [0, 1],
            splat_f32x8,
            add_f32x8,
            sub_f32x8,
            div_f32x8,
            mul_f32x8,
            mul_add_f32x8,
            sqrt_f32x8
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

        /// Four blocks of eight by eight.
        #[inline(always)]
        fn transpose(self, rows: &[Sixteen<f32>; 16]) -> [Sixteen<f32>; 16] {
            let mut columns = [[0.0; 16]; 16];
            for (row, half) in [(0, 0), (8, 0), (0, 1), (8, 1)] {
                let mut block = [self.0.splat_f32x8(0.0); 8];
                for n in 0..8 {
                    let halves: [f32x8; 2] = cast(rows[row + n]);
                    block[n] = halves[half];
                }
                let block = self.transpose_eight(block);
                for n in 0..8 {
                    let column: [f32; 8] = cast(block[n]);
                    columns[8 * half + n][row..row + 8].copy_from_slice(&column);
                }
            }
            columns
        }

        #[inline(always)]
        fn quarter(self, a: Sixteen<f32>) -> [f32; 4] {
            let [first, last]: [f32x8; 2] = cast(a);
            let [first, last]: [f32x4; 2] = cast(self.0.add_f32x8(first, last));
            cast(self.0.add_f32x4(first, last))
        }
    }

    impl Wide256 {
        #[inline(always)]
        fn transpose_eight(self, rows: [f32x8; 8]) -> [f32x8; 8] {
            let on = self.0.avx;
            let (mut pairs, mut fours) = (rows, rows);
            for n in (0..8).step_by(2) {
                let (a, b) = (cast(rows[n]), cast(rows[n + 1]));
                pairs[n] = cast(on._mm256_unpacklo_ps(a, b));
                pairs[n + 1] = cast(on._mm256_unpackhi_ps(a, b));
            }
            for n in [0, 4] {
                for k in 0..2 {
                    let (a, b) = (cast(pairs[n + k]), cast(pairs[n + 2 + k]));
                    fours[n + 2 * k] = cast(on._mm256_unpacklo_pd(a, b));
                    fours[n + 2 * k + 1] = cast(on._mm256_unpackhi_pd(a, b));
                }
            }
            for n in 0..4 {
                let (a, b) = (cast(fours[n]), cast(fours[4 + n]));
                pairs[n] = cast(on._mm256_permute2f128_ps::<0x20>(a, b));
                pairs[4 + n] = cast(on._mm256_permute2f128_ps::<0x31>(a, b));
            }
            pairs
        }
    }

    impl Operations<f64> for Wide256 {
        const REGISTERS: usize = 4;

        elementwise!(
            f64,
            [f64x4; 4],
            [0, 1, 2, 3],
            splat_f64x4,
            add_f64x4,
            sub_f64x4,
            div_f64x4,
            mul_f64x4,
            mul_add_f64x4,
            sqrt_f64x4
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
                on.sqrt(c).to_vec(),
                on.transpose(&std::array::from_fn(|i| {
                    std::array::from_fn(|j| T::from_f64((100 * i + j) as f64))
                }))
                .concat(),
            ]
        }
    }

    fn check<T: Real>() {
        let portable = SimdPath::Portable.run(Everything(std::marker::PhantomData::<T>));
        assert_eq!(portable[3][2], T::from_f64(-3.0 * 3.0 + 6.0));
        assert_eq!(portable[6][15], T::from_f64(7.0 - 4.0));
        let transposed = &portable[portable.len() - 1];
        assert_eq!((transposed[3], transposed[16 * 5 + 9]), (T::from_f64(300.0), T::from_f64(905.0)));
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
