//! Random numbers that depend on nothing but their key.
//!
//! The stream of a (seed, replica, stage, purpose) is a ChaCha8 key, the step its nonce, and every atom owns
//! eight 32-bit words of it, so a number can be had without drawing those before it: neither a restart
//! nor the order of evaluation changes a bit.

use natron_atoms::Vec3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Two streams for two purposes must never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Velocities at the start of a stage.
    Velocities = 1,
    /// The thermostat of a step: the Ornstein-Uhlenbeck part of a Langevin step, atom by atom, or the few numbers of a
    /// stochastic rescaling.
    Thermostat = 2,
    /// The barostat of a step.
    Barostat = 3,
    /// What a Monte Carlo move is, where it leads, and whether it is accepted.
    MonteCarlo = 4,
    /// Velocities at the start of a hybrid Monte Carlo move.
    MonteCarloVelocities = 5,
}

/// The key of a family of streams, one for each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomKey([u8; 32]);

impl RandomKey {
    /// The key of a purpose in a stage of a replica.
    pub fn new(seed: u64, replica: u32, stage: usize, purpose: Purpose) -> Self {
        let words = [seed, u64::from(replica), stage as u64, purpose as u64];
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(key)
    }

    /// The key of another purpose in the same stage of the same replica.
    #[must_use]
    pub fn for_purpose(&self, purpose: Purpose) -> Self {
        let mut key = self.0;
        key[24..].copy_from_slice(&(purpose as u64).to_le_bytes());
        Self(key)
    }

    /// The key of the same purpose for the thermostat of one group of several.
    #[must_use]
    pub fn for_group(&self, group: usize) -> Self {
        let mut key = self.0;
        key[28..].copy_from_slice(&(group as u32 + 1).to_le_bytes());
        Self(key)
    }

    /// The normals of one step, atom after atom from the first.
    pub fn at_step(&self, step: u64) -> Normals {
        let mut generator = ChaCha8Rng::from_seed(self.0);
        generator.set_stream(step);
        Normals { generator }
    }
}

/// Independent standard normal vectors, one for each atom in order.
#[derive(Debug, Clone)]
pub struct Normals {
    generator: ChaCha8Rng,
}

impl Normals {
    /// Words of the stream that belong to one atom.
    const WORDS_PER_ATOM: u128 = 8;

    /// Goes to `atom`, whose vector comes next.
    pub fn seek(&mut self, atom: usize) {
        self.generator.set_word_pos(atom as u128 * Self::WORDS_PER_ATOM);
    }

    /// Three independent standard normals (Box and Muller, DOI 10.1214/aoms/1177706645: a fixed number of
    /// words for each atom, which rejection methods do not have).
    pub fn next_vector(&mut self) -> Vec3 {
        let (x, y) = self.pair();
        let (z, _) = self.pair();
        Vec3::new(x, y, z)
    }

    /// A uniform number in (0, 1], so that its logarithm is finite.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.generator.next_u64() >> 11) + 1) as f64 * (0.5_f64).powi(53)
    }

    /// One standard normal, from numbers that a vector would also take.
    pub fn next_normal(&mut self) -> f64 {
        self.pair().0
    }

    /// The sum of the squares of `count` standard normals, twice a gamma variate of shape count / 2 (Marsaglia and Tsang
    /// 2000, DOI 10.1145/358407.358414). It takes as many numbers as it rejects, so it must be the last of a step.
    pub fn sum_of_squares(mut self, count: usize) -> f64 {
        if count < 2 {
            return (0..count).map(|_| self.next_normal().powi(2)).sum();
        }
        let shift = 0.5 * count as f64 - 1.0 / 3.0;
        let slope = 1.0 / (9.0 * shift).sqrt();
        loop {
            let x = self.next_normal();
            let v = (1.0 + slope * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + shift * (1.0 - v + v.ln()) {
                return 2.0 * shift * v;
            }
        }
    }

    fn pair(&mut self) -> (f64, f64) {
        let uniform = self.uniform();
        let angle = (self.generator.next_u64() >> 11) as f64 * (0.5_f64).powi(53) * std::f64::consts::TAU;
        let radius = (-2.0 * uniform.ln()).sqrt();
        (radius * angle.cos(), radius * angle.sin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atom_has_its_numbers_whoever_is_asked_before() {
        let key = RandomKey::new(7, 3, 1, Purpose::Thermostat);
        let mut in_order = key.at_step(11);
        let vectors: Vec<Vec3> = (0..40).map(|_| in_order.next_vector()).collect();
        for atom in [39, 0, 17, 16, 15] {
            let mut alone = key.at_step(11);
            alone.seek(atom);
            assert_eq!(alone.next_vector(), vectors[atom], "atom {atom}");
        }
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let first = |key: RandomKey, step| key.at_step(step).next_vector();
        let base = first(RandomKey::new(1, 0, 0, Purpose::Velocities), 0);
        let others = [
            first(RandomKey::new(2, 0, 0, Purpose::Velocities), 0),
            first(RandomKey::new(1, 1, 0, Purpose::Velocities), 0),
            first(RandomKey::new(1, 0, 1, Purpose::Velocities), 0),
            first(RandomKey::new(1, 0, 0, Purpose::Thermostat), 0),
            first(RandomKey::new(1, 0, 0, Purpose::Velocities), 1),
            first(RandomKey::new(1, 0, 0, Purpose::Velocities).for_purpose(Purpose::Barostat), 0),
            first(RandomKey::new(1, 0, 0, Purpose::Velocities).for_group(0), 0),
            first(RandomKey::new(1, 0, 0, Purpose::Velocities).for_group(1), 0),
        ];
        for other in others {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_key_of_another_purpose_is_the_key_of_that_purpose() {
        let key = RandomKey::new(9, 8, 7, Purpose::Thermostat);
        assert_eq!(key.for_purpose(Purpose::Barostat), RandomKey::new(9, 8, 7, Purpose::Barostat));
    }

    /// Mean n and variance 2 n of chi squared, 50 000 draws each; 5 standard errors (of the variance: with kurtosis
    /// 3 + 12/n).
    #[test]
    fn sums_of_squares_are_chi_squared() {
        let key = RandomKey::new(5, 0, 0, Purpose::Thermostat);
        for count in [1, 2, 3, 8, 665] {
            let (n, draws) = (count as f64, 50_000);
            let values: Vec<f64> = (0..draws).map(|step| key.at_step(step).sum_of_squares(count)).collect();
            let mean = values.iter().sum::<f64>() / draws as f64;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws as f64;
            let off = (mean - n) / (2.0 * n / draws as f64).sqrt();
            assert!(off.abs() < 5.0, "{count}: the mean is {off:.1} standard errors off");
            let off = (variance / (2.0 * n) - 1.0) / ((2.0 + 12.0 / n) / draws as f64).sqrt();
            assert!(off.abs() < 5.0, "{count}: the variance is {off:.1} standard errors off");
        }
    }

    /// Moments of 300 000 normals. Each bound is 5 standard errors: a false alarm once in 1.7 million seeds.
    #[test]
    fn normals_are_normal() {
        let mut normals = RandomKey::new(5, 0, 0, Purpose::Velocities).at_step(0);
        let values: Vec<f64> = (0..100_000).flat_map(|_| <[f64; 3]>::from(normals.next_vector())).collect();
        let moment = |k: i32| values.iter().map(|x| x.powi(k)).sum::<f64>() / values.len() as f64;
        let root = (values.len() as f64).sqrt();
        // Variances of x, x^2, x^3, x^4 for a standard normal: 1, 2, 15, 96.
        for (k, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0_f64)] {
            let deviation = (moment(k) - expected) / (variance.sqrt() / root);
            assert!(deviation.abs() < 5.0, "moment {k} is {deviation:.1} standard errors off");
        }
    }
}
