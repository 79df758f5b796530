//! Random numbers that depend on nothing but their key.
//!
//! As in natron-dynamics the key of a ChaCha8 stream is (seed, replica, 0, purpose) and the item its nonce; purposes start at 100,
//! where those of dynamics end, so that no stream is used twice.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Two streams for two purposes must never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Shifts and turns of layers.
    Layers = 100,
    /// Which atoms are taken away.
    Vacancies = 101,
    /// Where atoms start before a melt.
    Packing = 102,
    /// Where atoms are inserted.
    Voids = 103,
    /// Seeds of the dynamics between insertions.
    Dynamics = 104,
    /// Settings of trainings that are tried.
    Settings = 105,
    /// Seeds of Monte Carlo chains.
    Chains = 106,
}

/// Uniform numbers of one item of one purpose.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of an item.
    pub fn new(seed: u64, replica: u32, purpose: Purpose, item: u64) -> Self {
        let words = [seed, u64::from(replica), 0, purpose as u64];
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(item);
        Self(generator)
    }

    /// A number in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 0.5_f64.powi(53)
    }

    /// A whole number below `count`, which must not be 0; its bias is below `count` / 2^64.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_key_matters() {
        let first = |seed, replica, purpose, item| Stream::new(seed, replica, purpose, item).bits();
        let base = first(1, 0, Purpose::Layers, 0);
        assert_eq!(base, first(1, 0, Purpose::Layers, 0));
        for other in [
            first(2, 0, Purpose::Layers, 0),
            first(1, 1, Purpose::Layers, 0),
            first(1, 0, Purpose::Voids, 0),
            first(1, 0, Purpose::Layers, 1),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn numbers_below_a_bound_reach_all_of_it() {
        let mut stream = Stream::new(7, 0, Purpose::Voids, 0);
        let mut seen = [0; 5];
        for _ in 0..1000 {
            seen[stream.below(5)] += 1;
        }
        // 200 +- 12.6 each: five standard deviations.
        assert!(seen.iter().all(|&n| (137..=263).contains(&n)), "{seen:?}");
        assert!((0..1000).all(|_| (0.0..1.0).contains(&stream.uniform())));
    }
}
