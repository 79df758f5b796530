//! Velocities in thermal equilibrium.

use natron_atoms::Vec3;
use natron_atoms::units::BOLTZMANN_EV_PER_K;

use crate::quantity::TemperatureK;
use crate::random::Normals;

/// Fills `velocities` (internal units, A sqrt(eV/amu)/A) from the Maxwell-Boltzmann distribution at
/// `temperature`, variance k_B T / m in each direction, and puts the centre of mass to rest.
///
/// They are not scaled to the temperature: the kinetic energy is a draw as well, with 3 N - 3 degrees of freedom.
pub fn draw(velocities: &mut [Vec3], masses_amu: &[f64], temperature: TemperatureK, normals: Normals) {
    draw_each(velocities, masses_amu, temperature, normals);
    rest_centre_of_mass(velocities, masses_amu);
}

/// As [`draw`], with the centre of mass where it was drawn: 3 N degrees of freedom.
pub fn draw_each(
    velocities: &mut [Vec3],
    masses_amu: &[f64],
    temperature: TemperatureK,
    mut normals: Normals,
) {
    let thermal = BOLTZMANN_EV_PER_K * temperature.get();
    for (velocity, mass) in velocities.iter_mut().zip(masses_amu) {
        *velocity = normals.next_vector() * (thermal / mass).sqrt();
    }
}

/// Total momentum, amu times internal velocity.
pub fn momentum(velocities: &[Vec3], masses_amu: &[f64]) -> Vec3 {
    velocities.iter().zip(masses_amu).map(|(v, &m)| v * m).sum()
}

/// Takes the velocity of the centre of mass from every atom. A single atom keeps its velocity.
pub fn rest_centre_of_mass(velocities: &mut [Vec3], masses_amu: &[f64]) {
    if velocities.len() < 2 {
        return;
    }
    let drift = momentum(velocities, masses_amu) / masses_amu.iter().sum::<f64>();
    for velocity in velocities {
        *velocity -= drift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, RandomKey};

    /// 2000 draws of 20 atoms of two masses: mean kinetic energy against (3 N - 3)/2 k_B T. The energy of one draw has
    /// a relative variance of 2 / (3 N - 3); the bound is 4.5 standard errors (false alarm 7e-6).
    #[test]
    fn kinetic_energy_counts_the_resting_centre_of_mass() {
        let masses: Vec<f64> = (0..20).map(|i| if i % 2 == 0 { 22.99 } else { 12.011 }).collect();
        let temperature = TemperatureK::new(600.0).expect("in range");
        let key = RandomKey::new(1, 0, 0, Purpose::Velocities);
        let mut velocities = vec![Vec3::zeros(); masses.len()];
        let (mut sum, draws) = (0.0, 2000);
        for step in 0..draws {
            draw(&mut velocities, &masses, temperature, key.at_step(step));
            assert!(momentum(&velocities, &masses).norm() < 1e-12);
            sum += velocities.iter().zip(&masses).map(|(v, m)| 0.5 * m * v.norm_squared()).sum::<f64>();
        }
        let freedom = 3.0 * masses.len() as f64 - 3.0;
        let expected = 0.5 * freedom * BOLTZMANN_EV_PER_K * temperature.get();
        let deviation = (sum / draws as f64 / expected - 1.0) / (2.0 / freedom / draws as f64).sqrt();
        assert!(deviation.abs() < 4.5, "{deviation:.2} standard errors");
    }
}
