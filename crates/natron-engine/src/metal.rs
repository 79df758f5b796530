//! The metal that voltages are measured against: relaxed with the potential, and what an atom of it costs at a temperature.

use natron_atoms::units::BOLTZMANN_EV_PER_K;
use natron_atoms::{Species, Structure};
use natron_build::relax::{self, Relaxation};
use natron_build::{BuildError, lattice};
use natron_dynamics::phonons::Vibrations;
use natron_dynamics::plan::Coupling;
use natron_dynamics::quantity::{LengthA, TemperatureK};
use natron_potential::Potential;
use serde_json::{Value, json};

use crate::RunError;

/// Its file in a run directory.
pub(crate) const FILE: &str = "metal.extxyz";
/// Cubes along each edge of the crystal that is relaxed.
const REPEAT: usize = 3;
/// Longest force at the end, eV/A, and steps at most.
const FORCE_MAX_EV_PER_A: f64 = 1e-3;
const STEPS_MAX: u64 = 2000;
/// How far atoms are moved to find their vibrations, A.
const VIBRATION_STEP_A: f64 = 0.03;

/// Edges of body-centred cubes (A) at room temperature, where relaxations start: CRC Handbook, crystal structures of the elements.
const EDGES_A: [(&str, f64); 3] = [("Li", 3.51), ("Na", 4.29), ("K", 5.33)];

/// Where the relaxation of a metal starts unless the deck says otherwise, A.
pub(crate) fn usual_edge_a(symbol: &str) -> Option<f64> {
    EDGES_A.iter().find(|(known, _)| *known == symbol).map(|(_, edge)| *edge)
}

/// A body-centred crystal with cubes of this edge (A), from where its relaxation starts.
pub(crate) fn body_centred(species: Species, edge_a: f64) -> Result<Structure, BuildError> {
    lattice::body_centred(species, edge_a, [REPEAT; 3])
}

/// A crystal with its cell at rest.
pub(crate) fn relaxed(
    start: Structure,
    coupling: Coupling,
    seed: u64,
    potential: &dyn Potential,
    stop: &dyn Fn() -> bool,
) -> Result<Structure, BuildError> {
    let relaxation = Relaxation {
        force_max_ev_per_a: FORCE_MAX_EV_PER_A,
        max_steps: STEPS_MAX,
        dynamics: None,
        cell: Some((coupling, 0.0)),
    };
    Ok(relax::run(&relaxation.plan(seed)?, 0, start, potential, stop)?.structure)
}

/// What an atom of the metal costs at a temperature, eV: mu = E + F, E at rest, F of classical harmonic vibrations in the relaxed cell,
/// at no pressure.
pub(crate) struct ChemicalPotential {
    pub(crate) temperature_k: f64,
    /// Energy of an atom at rest, eV.
    pub(crate) energy_ev: f64,
    /// Free energy of its vibrations, momenta included, eV.
    pub(crate) vibration_ev: f64,
    /// The same by quantum mechanics, eV.
    pub(crate) vibration_quantum_ev: f64,
    /// Modes along which the energy of the relaxed crystal falls, and all of them.
    pub(crate) falling: (usize, usize),
}

impl ChemicalPotential {
    /// Of a relaxed crystal whose atoms have this energy (eV).
    pub(crate) fn of(
        metal: &Structure,
        energy_ev: f64,
        potential: &dyn Potential,
        temperature_k: f64,
    ) -> Result<Self, RunError> {
        let step = LengthA::new(VIBRATION_STEP_A).expect("the step is in range");
        let temperature =
            TemperatureK::new(temperature_k).map_err(|error| RunError::new(error.to_string()))?;
        let vibrations = Vibrations::of_crystal(potential, metal, step)
            .map_err(|error| RunError::new(format!("the vibrations of the metal: {error}")))?;
        Ok(Self {
            temperature_k,
            energy_ev,
            vibration_ev: vibrations.classical_ev(temperature),
            vibration_quantum_ev: vibrations.quantum_ev(temperature),
            falling: (vibrations.falling, vibrations.falling + vibrations.quanta_ev.len()),
        })
    }

    /// mu, eV.
    pub(crate) fn value_ev(&self) -> f64 {
        self.energy_ev + self.vibration_ev
    }

    /// That of a host at a voltage (V) against the metal, eV.
    pub(crate) fn at_voltage_ev(&self, voltage_v: f64) -> f64 {
        self.value_ev() - voltage_v
    }

    /// What to know about it: a crystal that only heat keeps.
    pub(crate) fn warning(&self) -> Option<String> {
        let (falling, all) = self.falling;
        // A soft mode has about a third of the mean frequency.
        let thermal_mev = 1e3 * BOLTZMANN_EV_PER_K * self.temperature_k;
        let unsure_mev = 3.0 * thermal_mev * falling as f64 / all as f64;
        (falling > 0).then(|| {
            format!(
                "{falling} of {all} vibrations of the relaxed metal fall with this potential: they count like the mean of the others, which makes its chemical potential unsure by some {unsure_mev:.0} meV"
            )
        })
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "temperature_K": self.temperature_k,
            "chemical_potential_eV": self.value_ev(),
            "energy_eV_per_atom": self.energy_ev,
            "vibration_eV_per_atom": self.vibration_ev,
            "vibration_quantum_eV_per_atom": self.vibration_quantum_ev,
            "vibrations_falling": self.falling.0,
            "vibrations": self.falling.1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The metal of `nac` at room temperature. Harmonic sodium has a Debye temperature of about 150 K (Kittel), so that classically
    /// F = 3 k_B T (ln(theta / T) - 1/3) = -80 meV at 300 K; quantum mechanics adds 3/40 k_B T (theta / T)^2, half a meV.
    #[test]
    fn sodium_has_the_vibrations_of_a_soft_metal() {
        let loaded = crate::potentials::load_built_in("nac").expect("it is built in");
        let potential = &*loaded.potential;
        let start = body_centred(Species::NA, 4.29).expect("a crystal");
        let metal = relaxed(start, Coupling::Isotropic, 1, potential, &|| false).expect("it comes to rest");
        let evaluation = crate::build::evaluated(&metal, &loaded).expect("an energy");
        let energy_ev = evaluation.energy_ev / metal.len() as f64;
        let found = ChemicalPotential::of(&metal, energy_ev, potential, 300.0).expect("vibrations");
        assert!((-0.13..-0.04).contains(&found.vibration_ev), "{}", found.json());
        let quantum = found.vibration_quantum_ev - found.vibration_ev;
        assert!((1e-5..2e-3).contains(&quantum), "{}", found.json());
        assert!((found.at_voltage_ev(0.5) - (energy_ev + found.vibration_ev - 0.5)).abs() < 1e-12);
    }
}
