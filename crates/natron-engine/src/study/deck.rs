//! The study deck.

use natron_build::recipe::InsertTable;
use natron_dynamics::deck::PotentialDeck;
use serde::{Deserialize, Serialize};

use super::panels::{ChargesPanel, EnvironmentsTable, MapPanel, TrustTable, VoltagePanel};
use crate::build::BuildOutput;
use crate::deck::Problem;
use crate::potentials;

/// More runs than this are a slip of the finger.
const RUNS_MAX: usize = 10_000;

/// A study deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyDeck {
    /// Format of this deck.
    pub format: u64,
    /// Seed of every random number.
    pub seed: u64,
    /// What is filled.
    pub host: HostTable,
    /// With what and how far; `insert.atoms` are the fillings of the study.
    pub insert: InsertTable,
    /// Temperatures and replicas.
    pub grid: GridTable,
    /// The dynamics of each run.
    #[serde(default)]
    pub run: RunTable,
    /// The voltage of the host, and of others beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage: Option<VoltagePanel>,
    /// Frames in which charges, the map and what can be trusted are looked at.
    #[serde(default)]
    pub environments: EnvironmentsTable,
    /// Charges of the atoms in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charges: Option<ChargesPanel>,
    /// A map of the environments in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<MapPanel>,
    /// What is marked as not to be trusted.
    #[serde(default)]
    pub trust: TrustTable,
    /// What energies and forces come from.
    #[serde(default = "potentials::default_choice")]
    pub potential: PotentialDeck,
    /// Where the results go.
    #[serde(default)]
    pub output: BuildOutput,
}

/// `[host]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostTable {
    /// Structure file, relative to the deck.
    pub structure: String,
    /// Its frame from 0; default: the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
}

/// `[grid]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridTable {
    /// Temperatures, K.
    #[serde(rename = "temperature_K")]
    pub temperature_k: Vec<f64>,
    /// Independent runs of each filling and temperature.
    #[serde(default = "one")]
    pub replicas: u32,
}

/// `[run]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunTable {
    /// Step, fs.
    pub timestep_fs: f64,
    /// Langevin dynamics before anything is judged, ps.
    pub equilibrate_ps: f64,
    /// It is doubled until the energy has settled, at most up to this, ps.
    pub equilibrate_max_ps: f64,
    /// Friction of its thermostat, 1/ps.
    pub friction_per_ps: f64,
    /// Dynamics in nve from which D is measured, ps.
    pub production_ps: f64,
    /// Time between frames of it, fs.
    pub trajectory_every_fs: f64,
}

impl Default for RunTable {
    fn default() -> Self {
        Self {
            timestep_fs: 1.0,
            equilibrate_ps: 10.0,
            equilibrate_max_ps: 80.0,
            friction_per_ps: 2.0,
            production_ps: 100.0,
            trajectory_every_fs: 50.0,
        }
    }
}

fn one() -> u32 {
    1
}

impl StudyDeck {
    /// Everything that is out of range. What a run makes of the numbers is checked with the deck of the run.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut add = |path: &str, message: String, help: Option<&str>| {
            found.push(Problem { path: path.into(), message, help: help.map(str::to_owned) });
        };
        if self.format != 1 {
            add("format", format!("this natron reads format 1, not {}", self.format), None);
        }
        if self.host.structure.is_empty() {
            add("host.structure", "the name of the structure file is empty".into(), None);
        }
        let temperatures = &self.grid.temperature_k;
        if temperatures.is_empty() {
            add("grid.temperature_K", "`grid.temperature_K` names no temperature".into(), None);
        }
        if let Some(bad) = temperatures.iter().find(|t| !(1.0..=5000.0).contains(*t)) {
            add("grid.temperature_K", format!("a temperature must be from 1 to 5000 K, not {bad}"), None);
        }
        if temperatures.windows(2).any(|pair| pair[0] >= pair[1]) {
            add("grid.temperature_K", "`grid.temperature_K` must rise".into(), None);
        }
        let runs = self.insert.atoms.len() * temperatures.len() * self.grid.replicas as usize;
        if self.grid.replicas == 0 || runs > RUNS_MAX {
            let message = format!("{runs} runs: there must be from 1 to {RUNS_MAX}");
            add("grid.replicas", message, None);
        }
        for (key, value) in [
            ("timestep_fs", self.run.timestep_fs),
            ("equilibrate_ps", self.run.equilibrate_ps),
            ("friction_per_ps", self.run.friction_per_ps),
            ("production_ps", self.run.production_ps),
            ("trajectory_every_fs", self.run.trajectory_every_fs),
        ] {
            if !(value > 0.0 && value.is_finite()) {
                add(&format!("run.{key}"), format!("`run.{key}` must be above 0, not {value}"), None);
            }
        }
        if self.run.equilibrate_max_ps < self.run.equilibrate_ps {
            let message = format!(
                "the longest equilibration ({} ps) is shorter than the first ({} ps)",
                self.run.equilibrate_max_ps, self.run.equilibrate_ps
            );
            add("run.equilibrate_max_ps", message, None);
        }
        if self.potential.name.is_some() == self.potential.file.is_some() {
            let help = "name = \"nac\" for a built-in potential or file = \"my.safetensors\"";
            add("potential", "give exactly one of name and file".into(), Some(help));
        }
        let every = self.output.restart_every_ps;
        if !(every > 0.0 && every.is_finite()) {
            let message = format!("`output.restart_every_ps` must be above 0, not {every}");
            add("output.restart_every_ps", message, None);
        }
        found.extend(super::panels::problems(self));
        let tables = self.insert.problems().into_iter();
        found.extend(tables.map(|p| Problem { path: p.path, message: p.message, help: p.help }));
        found
    }
}
