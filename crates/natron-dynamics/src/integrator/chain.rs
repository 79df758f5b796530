//! The thermostats of a Nose-Hoover chain, whatever they act on: half a step in Suzuki-Yoshida pieces w_k dt/2.
//!
//! Equations and sources stand in `nose_hoover`.

use natron_atoms::units::TIME_UNIT_FS;

use crate::plan::Chain;

/// The thermostats.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thermostats {
    freedom: f64,
    /// eV times internal time squared.
    masses: Vec<f64>,
    /// u, 1 / internal time.
    velocities: Vec<f64>,
    /// Lengths of the pieces of half a step, internal time.
    pieces: Vec<f64>,
}

impl Thermostats {
    /// `thermal` is k_B T, eV; `timestep` in internal units.
    pub(super) fn new(chain: Chain, thermal: f64, freedom: usize, timestep: f64) -> Self {
        let tau = chain.relaxation.get() * 1e3 / TIME_UNIT_FS;
        let freedom = freedom as f64;
        let mut masses = vec![thermal * tau * tau; chain.length];
        masses[0] *= freedom;
        let pieces = weights(chain.weights).iter().map(|weight| 0.5 * timestep * weight).collect();
        Self { freedom, velocities: vec![0.0; chain.length], masses, pieces }
    }

    pub(super) fn velocities(&self) -> &[f64] {
        &self.velocities
    }

    /// Takes up velocities, as many as there are thermostats.
    pub(super) fn set_velocities(&mut self, velocities: &[f64]) {
        self.velocities.copy_from_slice(velocities);
    }

    /// Half a step of the chain on something of twice this kinetic energy (eV): the factor of its velocities and the energy
    /// that it took from the chain, eV.
    pub(super) fn half_step(&mut self, thermal: f64, mut twice_kinetic: f64) -> (f64, f64) {
        let before = self.kinetic_ev();
        let (mut factor, mut work) = (1.0, 0.0);
        for piece in 0..self.pieces.len() {
            let time = self.pieces[piece];
            for j in (0..self.masses.len()).rev() {
                self.push(j, twice_kinetic, thermal, 0.5 * time);
            }
            let scale = (-time * self.velocities[0]).exp();
            factor *= scale;
            twice_kinetic *= scale * scale;
            work += thermal
                * time
                * (self.freedom * self.velocities[0] + self.velocities[1..].iter().sum::<f64>());
            for j in 0..self.masses.len() {
                self.push(j, twice_kinetic, thermal, 0.5 * time);
            }
        }
        (factor, before - self.kinetic_ev() - work)
    }

    /// Moves the velocity of thermostat `j` by `time`, the force in the middle of two halves of the drag.
    fn push(&mut self, j: usize, twice_kinetic: f64, thermal: f64, time: f64) {
        let excess = match j {
            0 => twice_kinetic - self.freedom * thermal,
            _ => self.masses[j - 1] * self.velocities[j - 1].powi(2) - thermal,
        };
        let drag = self.velocities.get(j + 1).map_or(1.0, |next| (-0.5 * time * next).exp());
        self.velocities[j] = self.velocities[j] * drag * drag + time * drag * excess / self.masses[j];
    }

    /// Kinetic energy of the thermostats, eV.
    fn kinetic_ev(&self) -> f64 {
        self.masses
            .iter()
            .zip(&self.velocities)
            .map(|(mass, velocity)| 0.5 * mass * velocity * velocity)
            .sum()
    }
}

/// Suzuki's and Yoshida's weights, which sum to 1 (DOI 10.1016/0375-9601(90)90092-3): fourth order with three and five of
/// them, sixth with seven.
fn weights(count: usize) -> Vec<f64> {
    let outer = |count: usize, power: f64| 1.0 / (count as f64 - 1.0 - (count as f64 - 1.0).powf(power));
    let symmetric = |outer: &[f64]| {
        let middle = 1.0 - 2.0 * outer.iter().sum::<f64>();
        outer.iter().copied().chain([middle]).chain(outer.iter().rev().copied()).collect()
    };
    match count {
        1 => vec![1.0],
        3 => symmetric(&[outer(3, 1.0 / 3.0)]),
        5 => symmetric(&[outer(5, 1.0 / 3.0); 2]),
        _ => symmetric(&[0.784_513_610_477_560, 0.235_573_213_359_357, -1.177_679_984_178_87]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conditions of order: sum w = 1, sum w^3 = 0 from the fourth on, sum w^5 = 0 in the sixth.
    #[test]
    fn weights_satisfy_the_conditions_of_their_order() {
        let power = |count, power| weights(count).iter().map(|w| w.powi(power)).sum::<f64>();
        for count in [1, 3, 5, 7] {
            assert_eq!(weights(count).len(), count);
            assert!((power(count, 1) - 1.0).abs() < 1e-14, "{count}");
        }
        for count in [3, 5, 7] {
            assert!(power(count, 3).abs() < 1e-12, "{count}: {}", power(count, 3));
        }
        assert!(power(7, 5).abs() < 1e-12 && power(5, 5).abs() > 1e-3);
    }
}
