//! What the mobile species is exchanged with.

use std::f64::consts::TAU;

use natron_atoms::Species;
use natron_atoms::units::{BOLTZMANN_EV_PER_K, PLANCK_EV_FS, TIME_UNIT_FS};

use crate::quantity::TemperatureK;

/// A reservoir of one species at a temperature and a chemical potential.
///
/// The chemical potential is absolute: on the energy scale of the potential, with the classical momentum part in it. An ideal gas
/// of density rho of atoms of energy e0 has mu = e0 + k_B T ln(rho Lambda^3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reservoir {
    /// What is exchanged.
    pub species: Species,
    /// Temperature of reservoir and system, K.
    pub temperature: TemperatureK,
    /// Chemical potential, eV.
    pub chemical_potential_ev: f64,
}

impl Reservoir {
    /// k_B T, eV.
    pub fn thermal_ev(&self) -> f64 {
        BOLTZMANN_EV_PER_K * self.temperature.get()
    }

    /// ln(exp(beta mu) / Lambda^3), Lambda in A: of an ideal gas of atoms without energy the logarithm of the density in 1/A^3.
    pub fn ln_activity(&self) -> f64 {
        let wavelength = thermal_wavelength_a(self.species.mass_amu(), self.temperature);
        self.chemical_potential_ev / self.thermal_ev() - 3.0 * wavelength.ln()
    }
}

/// Thermal de Broglie wavelength Lambda = h / sqrt(2 pi m k_B T), A.
pub fn thermal_wavelength_a(mass_amu: f64, temperature: TemperatureK) -> f64 {
    let planck = PLANCK_EV_FS / TIME_UNIT_FS;
    planck / (TAU * mass_amu * BOLTZMANN_EV_PER_K * temperature.get()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Argon at 298.15 K and one bar: 16.0 pm, and a chemical potential of -0.4198 eV from the Sackur-Tetrode entropy
    /// (154.845 J/(mol K), NIST-JANAF; mu = h - T s with h = 5/2 k_B T).
    #[test]
    fn argon_has_its_tabulated_entropy() {
        let temperature = TemperatureK::new(298.15).expect("in range");
        let argon = Species::from_symbol("Ar").expect("an element");
        let wavelength = thermal_wavelength_a(argon.mass_amu(), temperature);
        assert!((wavelength - 0.160).abs() < 5e-4, "{wavelength}");
        let thermal_ev = BOLTZMANN_EV_PER_K * 298.15;
        let density_per_a3: f64 = 1e5 * 1e-30 / (1.380_649e-23 * 298.15);
        let entropy_j_per_mol_k = 154.845;
        let mu_ev = 2.5 * thermal_ev - 298.15 * entropy_j_per_mol_k / 96_485.332;
        let reservoir = Reservoir { species: argon, temperature, chemical_potential_ev: mu_ev };
        let found = reservoir.ln_activity();
        assert!((found - density_per_a3.ln()).abs() < 2e-3, "{found} {}", density_per_a3.ln());
    }
}
