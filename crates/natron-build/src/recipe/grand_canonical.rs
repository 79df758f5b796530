//! Atoms from a reservoir: `[grand_canonical]` says which, `[monte_carlo]` how.

use natron_dynamics::monte_carlo::{Clearance, HybridSteps, Moves, Reservoir, Weights};
use natron_dynamics::quantity::{LengthA, QuantityError, TemperatureK, TimestepFs};
use serde::{Deserialize, Serialize};

use super::{RecipeProblem, check::Checks, element};

/// More moves than this are a slip of the finger.
const MOVES_MAX: u64 = 1_000_000_000;
/// More rows than this no one reads.
const ROWS_MAX: u64 = 1_000_000;

/// `[grand_canonical]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrandCanonicalTable {
    /// Element that is exchanged with the reservoir.
    #[serde(default = "sodium")]
    pub species: String,
    /// Temperature, K.
    #[serde(rename = "temperature_K")]
    pub temperature_k: f64,
    /// Chemical potential on the energy scale of the potential, eV.
    #[serde(rename = "chemical_potential_eV", default, skip_serializing_if = "Option::is_none")]
    pub chemical_potential_ev: Option<f64>,
    /// Instead of it a voltage against the body-centred metal, V.
    #[serde(rename = "voltage_V", default, skip_serializing_if = "Option::is_none")]
    pub voltage_v: Option<f64>,
}

/// `[monte_carlo]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonteCarloTable {
    /// Moves that count.
    pub moves: u64,
    /// Moves before them.
    pub equilibration_moves: u64,
    /// Moves between rows of moves.csv.
    pub record_every_moves: u64,
    /// Moves between checkpoints.
    pub checkpoint_every_moves: u64,
    /// How often insertions and deletions are tried, relative to the others.
    pub exchange_weight: f64,
    /// How often displacements of one atom are tried.
    pub displacement_weight: f64,
    /// How often dynamics of all atoms are tried.
    pub hybrid_weight: f64,
    /// Longest displacement along each axis, A.
    #[serde(rename = "displacement_max_A")]
    pub displacement_max_a: f64,
    /// Steps of dynamics in a hybrid move.
    pub hybrid_steps: u64,
    /// Their length, fs.
    pub hybrid_timestep_fs: f64,
    /// Whether atoms are thrown into cavities alone.
    pub cavity_bias: bool,
    /// Least distance of a cavity from other elements, A.
    #[serde(rename = "host_distance_min_A")]
    pub host_distance_min_a: f64,
    /// Least distance from its own element, A.
    #[serde(rename = "own_distance_min_A")]
    pub own_distance_min_a: f64,
    /// Grid on which cavities are looked for, A.
    #[serde(rename = "grid_A")]
    pub grid_a: f64,
}

impl Default for MonteCarloTable {
    fn default() -> Self {
        Self {
            moves: 20_000,
            equilibration_moves: 5000,
            record_every_moves: 10,
            checkpoint_every_moves: 500,
            exchange_weight: 0.6,
            displacement_weight: 0.3,
            hybrid_weight: 0.1,
            displacement_max_a: 0.5,
            hybrid_steps: 10,
            hybrid_timestep_fs: 1.0,
            cavity_bias: true,
            host_distance_min_a: 2.0,
            own_distance_min_a: 2.5,
            grid_a: 0.4,
        }
    }
}

fn sodium() -> String {
    "Na".into()
}

impl GrandCanonicalTable {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RecipeProblem> {
        let mut checks = Checks::new("grand_canonical");
        checks.species(&self.species);
        checks.within("temperature_K", self.temperature_k, 1.0, 20_000.0, "K");
        match (self.chemical_potential_ev, self.voltage_v) {
            (Some(mu), None) => checks.within("chemical_potential_eV", mu, -1e6, 1e6, "eV"),
            (None, Some(voltage)) => checks.within("voltage_V", voltage, -20.0, 20.0, "V"),
            _ => checks.add_with_help(
                "chemical_potential_eV",
                "give exactly one of chemical_potential_eV and voltage_V".into(),
                "voltage_V = 0.1 for a voltage against the metal of the potential".into(),
            ),
        }
        checks.found
    }

    /// The reservoir with a chemical potential, eV: that of the table, or what its voltage stands for.
    ///
    /// # Errors
    /// The temperature is out of range.
    pub fn reservoir(&self, chemical_potential_ev: f64) -> Result<Reservoir, QuantityError> {
        let temperature = TemperatureK::new(self.temperature_k)?;
        Ok(Reservoir { species: element(&self.species), temperature, chemical_potential_ev })
    }
}

impl MonteCarloTable {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RecipeProblem> {
        let mut checks = Checks::new("monte_carlo");
        checks.whole("moves", self.moves, 1, MOVES_MAX);
        checks.whole("equilibration_moves", self.equilibration_moves, 0, MOVES_MAX);
        checks.whole("record_every_moves", self.record_every_moves, 1, MOVES_MAX);
        checks.whole("checkpoint_every_moves", self.checkpoint_every_moves, 1, MOVES_MAX);
        checks.whole("hybrid_steps", self.hybrid_steps, 1, 1_000_000);
        let weights = [
            ("exchange_weight", self.exchange_weight),
            ("displacement_weight", self.displacement_weight),
            ("hybrid_weight", self.hybrid_weight),
        ];
        for (key, weight) in weights {
            checks.within(key, weight, 0.0, 1e6, "");
        }
        if self.exchange_weight == 0.0 {
            checks.add("exchange_weight", "without exchanges the number of atoms cannot change".into());
        }
        checks.within("displacement_max_A", self.displacement_max_a, 0.001, 100.0, "A");
        checks.within("hybrid_timestep_fs", self.hybrid_timestep_fs, 0.01, 10.0, "fs");
        checks.within("host_distance_min_A", self.host_distance_min_a, 0.5, 10.0, "A");
        checks.within("own_distance_min_A", self.own_distance_min_a, 0.5, 10.0, "A");
        checks.within("grid_A", self.grid_a, 0.1, 2.0, "A");
        if self.total() / self.record_every_moves.max(1) > ROWS_MAX {
            checks.add("record_every_moves", format!("more than {ROWS_MAX} rows would be written"));
        }
        checks.found
    }

    /// All moves, those of the equilibration included.
    pub fn total(&self) -> u64 {
        self.equilibration_moves.saturating_add(self.moves)
    }

    /// What they mean.
    ///
    /// # Errors
    /// A number is out of the range of its quantity.
    pub fn meant(&self) -> Result<Moves, QuantityError> {
        let clearance = Clearance {
            host_a: self.host_distance_min_a,
            own_a: self.own_distance_min_a,
            grid_a: self.grid_a,
        };
        Ok(Moves {
            weights: Weights {
                exchange: self.exchange_weight,
                displacement: self.displacement_weight,
                hybrid: self.hybrid_weight,
            },
            displacement_max: LengthA::new(self.displacement_max_a)?,
            hybrid: HybridSteps {
                steps: self.hybrid_steps,
                timestep: TimestepFs::new(self.hybrid_timestep_fs)?,
            },
            cavities: self.cavity_bias.then_some(clearance),
        })
    }
}
