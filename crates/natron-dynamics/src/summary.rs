//! What a finished stage amounts to.

use serde::Serialize;

use crate::blocks::Blocks;
use crate::plan::Dynamics;
use crate::trend::Trend;

/// A completed stage, in the spelling of `stages[]` of summary.json.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageSummary {
    /// Its name.
    pub name: String,
    /// Steps taken.
    pub steps: u64,
    /// Simulated time at its end, since the start of the run, ps.
    pub end_ps: f64,
    /// What it did.
    #[serde(flatten)]
    pub result: StageResult,
}

/// What a stage gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum StageResult {
    /// A minimisation.
    Minimise {
        /// Whether every force (and the stress) is below what was asked.
        converged: bool,
        /// Longest force left, eV/A.
        #[serde(rename = "force_max_eV_per_A")]
        force_max_ev_per_a: f64,
        /// Potential energy reached, eV.
        #[serde(rename = "potential_energy_eV")]
        potential_energy_ev: f64,
        /// Where the cell was relaxed: the largest component of the stress beside the pressure wanted, GPa.
        #[serde(rename = "stress_left_GPa", skip_serializing_if = "Option::is_none")]
        stress_left_gpa: Option<f64>,
        /// Where the cell was relaxed: the volume reached, A^3.
        #[serde(rename = "volume_A3", skip_serializing_if = "Option::is_none")]
        volume_a3: Option<f64>,
    },
    /// Dynamics.
    Dynamics(DynamicsSummary),
}

/// Averages of a dynamics stage over every step; errors are standard errors corrected for correlation by
/// blocks, `None` where a stage is too short for them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DynamicsSummary {
    /// As the deck names it.
    pub ensemble: String,
    /// Mean temperature, K.
    #[serde(rename = "temperature_K_mean")]
    pub temperature_mean_k: f64,
    /// Its error, K.
    #[serde(rename = "temperature_K_err")]
    pub temperature_err_k: Option<f64>,
    /// Mean pressure, GPa; `None` unless the cell is periodic in all directions.
    #[serde(rename = "pressure_GPa_mean")]
    pub pressure_mean_gpa: Option<f64>,
    /// Its error, GPa.
    #[serde(rename = "pressure_GPa_err")]
    pub pressure_err_gpa: Option<f64>,
    /// Mean volume, A^3, where the cell moves.
    #[serde(rename = "volume_A3_mean", skip_serializing_if = "Option::is_none")]
    pub volume_mean_a3: Option<f64>,
    /// Its error, A^3.
    #[serde(rename = "volume_A3_err", skip_serializing_if = "Option::is_none")]
    pub volume_err_a3: Option<f64>,
    /// Mean potential energy, eV.
    #[serde(rename = "potential_energy_eV_mean")]
    pub potential_energy_mean_ev: f64,
    /// Least-squares slope of the conserved energy (in NVE: the total energy), meV per atom and ps.
    #[serde(rename = "energy_drift_meV_per_atom_ps")]
    pub energy_drift_mev_per_atom_ps: Option<f64>,
    /// Its error.
    #[serde(rename = "energy_drift_err_meV_per_atom_ps")]
    pub energy_drift_err_mev_per_atom_ps: Option<f64>,
    /// Root mean square of the conserved energy about that line, meV per atom.
    #[serde(rename = "energy_fluctuation_meV_per_atom")]
    pub energy_fluctuation_mev_per_atom: Option<f64>,
    /// The groups with thermostats of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thermostats: Vec<ThermostatSummary>,
}

/// What the thermostat of a group did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThermostatSummary {
    /// Name of the group.
    pub group: String,
    /// As the deck names it.
    pub kind: String,
    /// Mean temperature of the group's movable atoms, K.
    #[serde(rename = "temperature_K_mean")]
    pub temperature_mean_k: f64,
    /// Its error, K.
    #[serde(rename = "temperature_K_err")]
    pub temperature_err_k: Option<f64>,
}

/// The sums a dynamics stage carries along; part of the restart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Averages {
    pub(crate) temperature_k: Blocks,
    pub(crate) pressure_gpa: Blocks,
    pub(crate) potential_energy_ev: Blocks,
    /// Of stages whose cell moves.
    pub(crate) volume_a3: Blocks,
    pub(crate) conserved_ev: Trend,
    /// Temperature of each group with a thermostat of its own.
    pub(crate) groups_k: Vec<Blocks>,
}

impl Averages {
    /// The averages of `atoms` atoms in a stage.
    pub(crate) fn summary(&self, stage: &Dynamics, atoms: usize) -> DynamicsSummary {
        let timestep_fs = stage.timestep.get();
        let per_atom = 1e3 / atoms as f64;
        let per_ps = per_atom / (timestep_fs * 1e-3);
        let slope = self.conserved_ev.slope();
        DynamicsSummary {
            ensemble: stage.ensemble.name().to_owned(),
            temperature_mean_k: self.temperature_k.mean().unwrap_or(0.0),
            temperature_err_k: self.temperature_k.mean_error(),
            pressure_mean_gpa: self.pressure_gpa.mean(),
            pressure_err_gpa: self.pressure_gpa.mean_error(),
            volume_mean_a3: self.volume_a3.mean(),
            volume_err_a3: self.volume_a3.mean_error(),
            potential_energy_mean_ev: self.potential_energy_ev.mean().unwrap_or(0.0),
            energy_drift_mev_per_atom_ps: slope.map(|s| s.value * per_ps),
            energy_drift_err_mev_per_atom_ps: slope.and_then(|s| s.error).map(|e| e * per_ps),
            energy_fluctuation_mev_per_atom: self.conserved_ev.fluctuation().map(|f| f * per_atom),
            thermostats: (stage.thermostats.iter().zip(&self.groups_k))
                .map(|(thermostat, temperature)| ThermostatSummary {
                    group: thermostat.group.clone(),
                    kind: thermostat.ensemble.name().to_owned(),
                    temperature_mean_k: temperature.mean().unwrap_or(0.0),
                    temperature_err_k: temperature.mean_error(),
                })
                .collect(),
        }
    }
}
