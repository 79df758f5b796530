//! What a core can do at best: chains of multiply-adds that never leave the registers. The measure kernels are held
//! against.

use crate::lanes::{Lanes, Real, Vector};
use crate::path::Path;
use crate::simd::{Kernel, SimdPath};

/// Numbers of independent chains there are loops for: few registers want few, long latencies many.
pub const CHAINS: [usize; 4] = [4, 6, 8, 12];

/// Does `rounds` times `chains` multiply-adds of sixteen f32 lanes (`chains` one of [`CHAINS`], else the next lower
/// or the lowest) and returns a number that depends on all of them.
///
/// Not generic, so that it is compiled here, with this crate's optimisation, and nowhere else.
#[inline(never)]
pub fn multiply_adds_f32(path: SimdPath, chains: usize, rounds: u64) -> f32 {
    multiply_adds(path, chains, rounds)
}

/// [`multiply_adds_f32`] in f64.
#[inline(never)]
pub fn multiply_adds_f64(path: SimdPath, chains: usize, rounds: u64) -> f64 {
    multiply_adds(path, chains, rounds)
}

fn multiply_adds<T: Real>(path: SimdPath, chains: usize, rounds: u64) -> T {
    // Towards 0.001 / (1 - 0.999) = 1: neither overflow nor denormal numbers, which would cost extra.
    let (factor, term) = std::hint::black_box((T::from_f64(0.999), T::from_f64(0.001)));
    match chains {
        12.. => path.run(Chains::<T, 12> { factor, term, rounds }),
        8.. => path.run(Chains::<T, 8> { factor, term, rounds }),
        6.. => path.run(Chains::<T, 6> { factor, term, rounds }),
        _ => path.run(Chains::<T, 4> { factor, term, rounds }),
    }
}

struct Chains<T, const N: usize> {
    factor: T,
    term: T,
    rounds: u64,
}

impl<T: Real, const N: usize> Kernel for Chains<T, N> {
    type Output = T;

    #[inline(always)]
    fn call<P: Path>(self, path: P) -> T {
        let (factor, term) = (Lanes::splat(self.factor), Lanes::splat(self.term));
        let mut chains: [Lanes<T>; N] = std::array::from_fn(|n| Lanes::splat(T::from_f64(n as f64)));
        for _ in 0..self.rounds {
            for chain in &mut chains {
                *chain = chain.mul_add(path, factor, term);
            }
        }
        chains.iter().fold(Lanes::ZERO, |sum, chain| chain.add(path, sum)).sum(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chain that starts at n is at 1 + (n - 1) 0.999^rounds.
    #[test]
    fn every_multiply_add_is_done() {
        for path in [SimdPath::Avx512, SimdPath::Avx2, SimdPath::Portable] {
            for chains in CHAINS {
                let expected: f64 =
                    (0..chains).map(|n| 16.0 * (1.0 + (n as f64 - 1.0) * 0.999f64.powi(500))).sum();
                let wide = multiply_adds_f64(path, chains, 500);
                assert!((wide - expected).abs() < 1e-10 * expected, "{wide} {expected}");
                let narrow = f64::from(multiply_adds_f32(path, chains, 500));
                assert!((narrow - expected).abs() < 1e-4 * expected, "{narrow} {expected}");
            }
        }
    }
}
