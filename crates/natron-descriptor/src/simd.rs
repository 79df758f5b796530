//! Which instructions the kernels run with, chosen once at run time.

use crate::path::{Path, Portable};
#[cfg(target_arch = "x86_64")]
use crate::path::{Wide256, Wide512};

/// An instruction set the kernels are compiled for. Results differ between paths in the last bits
/// (fused multiply-add or not), never within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimdPath {
    /// 512-bit vectors with fused multiply-add.
    Avx512,
    /// 256-bit vectors with fused multiply-add.
    Avx2,
    /// Whatever the compiler's baseline has.
    Portable,
}

impl SimdPath {
    /// The best path of this processor.
    pub fn detect() -> Self {
        match pulp::Arch::new() {
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V4(_) => Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            pulp::Arch::V3(_) => Self::Avx2,
            _ => Self::Portable,
        }
    }

    /// Whether this processor can run the path.
    pub fn is_available(self) -> bool {
        match (self, Self::detect()) {
            (Self::Portable, _) | (_, Self::Avx512) => true,
            (path, best) => path == best,
        }
    }

    /// Its name in decks, JSON and restarts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }

    /// The path of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Avx512, Self::Avx2, Self::Portable].into_iter().find(|path| path.name() == name)
    }

    /// Runs `kernel` compiled for this path; a path the processor lacks falls back to the portable one.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        {
            if self == Self::Avx512
                && let Some(simd) = pulp::x86::V4::try_new()
            {
                return simd.vectorize(On(Wide512(simd), kernel));
            }
            if self == Self::Avx2
                && let Some(simd) = pulp::x86::V3::try_new()
            {
                return simd.vectorize(On(Wide256(simd), kernel));
            }
        }
        kernel.call(Portable)
    }
}

/// A piece of work that is compiled once for each path; mark `call` with `#[inline(always)]`.
pub trait Kernel {
    /// What it returns.
    type Output;
    /// Does the work with the operations of `path`.
    fn call<P: Path>(self, path: P) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
struct On<P, K>(P, K);

#[cfg(target_arch = "x86_64")]
impl<P: Path, K: Kernel> pulp::NullaryFnOnce for On<P, K> {
    type Output = K::Output;
    #[inline(always)]
    fn call(self) -> K::Output {
        self.1.call(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Product(f64, f64);
    impl Kernel for Product {
        type Output = f64;
        #[inline(always)]
        fn call<P: Path>(self, _: P) -> f64 {
            self.0 * self.1
        }
    }

    #[test]
    fn every_available_path_runs() {
        for path in [SimdPath::Avx512, SimdPath::Avx2, SimdPath::Portable] {
            assert_eq!(path.run(Product(3.0, 4.0)), 12.0);
            assert_eq!(SimdPath::from_name(path.name()), Some(path));
        }
        assert!(SimdPath::detect().is_available());
    }
}
