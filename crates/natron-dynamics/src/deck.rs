//! The MD deck as a user writes it, in the spelling of its TOML file.
//!
//! These types take what is written and nothing else; [`MdDeck::validate`] checks every value and all
//! choices, and reports all problems at once. `force_max_eV_per_A` and the like keep their spelling by `rename`.

use serde::{Deserialize, Serialize};

mod check;
mod ensemble;
mod group;
mod indices;
mod output;
mod ramp;
mod spelling;
mod stage;
mod validate;

pub use check::DeckProblem;
pub use group::{GroupDeck, RegionDeck};
pub use indices::IndexDeck;
pub use output::OutputGroupDeck;
pub use ramp::{Ends, RampDeck};
pub use spelling::closest;

use check::Problems;

/// The deck format this version reads.
pub const FORMAT: i64 = 1;

/// A whole deck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MdDeck {
    /// Format number, 1.
    pub format: i64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Number of independent runs, default 1.
    #[serde(default = "one")]
    pub replicas: u32,
    /// What is simulated.
    pub system: SystemDeck,
    /// With which potential.
    pub potential: PotentialDeck,
    /// Where results go and how often.
    #[serde(default)]
    pub output: OutputDeck,
    /// What is reported.
    #[serde(default)]
    pub analysis: AnalysisDeck,
    /// When a run counts as gone wrong.
    #[serde(default, skip_serializing_if = "LimitsDeck::is_default")]
    pub limits: LimitsDeck,
    /// How unsure the potential may be.
    #[serde(default, skip_serializing_if = "UncertaintyDeck::is_default")]
    pub uncertainty: UncertaintyDeck,
    /// Neighbour list.
    #[serde(default, skip_serializing_if = "NeighbourDeck::is_default")]
    pub neighbour: NeighbourDeck,
    /// Named groups of atoms, in order.
    #[serde(default, rename = "group", skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupDeck>,
    /// The stages, in order.
    #[serde(default, rename = "stage")]
    pub stages: Vec<StageDeck>,
}

fn one() -> u32 {
    1
}

/// `[system]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemDeck {
    /// Structure file, relative to the deck.
    pub structure: String,
    /// Its frame from 0; default: the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    /// Groups that stay where they are in every stage that does not say otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
}

/// `[potential]`: exactly one of `name` and `file`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PotentialDeck {
    /// A built-in name; with `/` in it or ending in `.safetensors`, a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A file, relative to the deck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// `[output]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputDeck {
    /// Run directory, relative to the deck; default `./<deck stem>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Time between frames of recorded stages, fs; default 20.
    pub trajectory_every_fs: f64,
    /// Time between rows of thermo.csv, fs; default 20.
    pub thermo_every_fs: f64,
    /// Time between restarts, ps; default 5.
    pub restart_every_ps: f64,
    /// How positions, velocities and forces are stored: `f32` or `f64` (default).
    pub trajectory_precision: String,
    /// Whether velocities go to the trajectory; default true.
    pub trajectory_velocities: bool,
    /// Whether forces do; default false.
    pub trajectory_forces: bool,
    /// Some of the atoms, recorded once more in groups of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trajectory_groups: Vec<OutputGroupDeck>,
}

impl Default for OutputDeck {
    fn default() -> Self {
        Self {
            directory: None,
            trajectory_every_fs: 20.0,
            thermo_every_fs: 20.0,
            restart_every_ps: 5.0,
            trajectory_precision: "f64".into(),
            trajectory_velocities: true,
            trajectory_forces: false,
            trajectory_groups: Vec::new(),
        }
    }
}

/// `[analysis]`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnalysisDeck {
    /// Symbols of the species whose diffusion is reported.
    pub mobile: Vec<String>,
    /// Symbols of the species whose drift is removed; empty: the whole system.
    pub reference: Vec<String>,
}

/// `[uncertainty]`: what happens where the potential is unsure; nothing is watched without a limit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UncertaintyDeck {
    /// `stop`, `warn` or `collect`; default: stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Largest standard deviation of the energy of an atom, meV.
    #[serde(rename = "atom_energy_std_max_meV", skip_serializing_if = "Option::is_none")]
    pub atom_energy_std_max_mev: Option<f64>,
    /// Largest standard deviation of the force on an atom, eV/A.
    #[serde(rename = "force_std_max_eV_per_A", skip_serializing_if = "Option::is_none")]
    pub force_std_max_ev_per_a: Option<f64>,
    /// Steps between looks at forces; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_every_steps: Option<u64>,
    /// Least number of steps between frames that are collected; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect_every_steps: Option<u64>,
}

/// `[limits]`: every key has a default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsDeck {
    /// Longest force on an atom during dynamics, eV/A; default 200.
    #[serde(rename = "force_max_eV_per_A", skip_serializing_if = "Option::is_none")]
    pub force_max_ev_per_a: Option<f64>,
    /// Highest temperature, K; default 10 000.
    #[serde(rename = "temperature_max_K", skip_serializing_if = "Option::is_none")]
    pub temperature_max_k: Option<f64>,
    /// Longest way of an atom in one step, A; default 0.5.
    #[serde(rename = "displacement_max_A", skip_serializing_if = "Option::is_none")]
    pub displacement_max_a: Option<f64>,
    /// Largest change of the total energy since the start of an NVE stage, meV per atom; default 50.
    #[serde(rename = "energy_change_max_meV_per_atom", skip_serializing_if = "Option::is_none")]
    pub energy_change_max_mev_per_atom: Option<f64>,
}

impl UncertaintyDeck {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl LimitsDeck {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `[neighbour]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeighbourDeck {
    /// Verlet skin, A; default 1. It changes the speed and, in the last bits, the order of sums.
    #[serde(rename = "skin_A")]
    pub skin_a: f64,
}

impl Default for NeighbourDeck {
    fn default() -> Self {
        Self { skin_a: 1.0 }
    }
}

impl NeighbourDeck {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// `[[stage]]`: which keys belong to which `kind` is for [`MdDeck::validate`] to say, so that serde's
/// errors keep their place in the file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageDeck {
    /// Unique name: letters, digits, `-`, `_`.
    pub name: String,
    /// `minimise` or `dynamics`.
    pub kind: String,
    /// minimise: longest force at the end, eV/A.
    #[serde(default, rename = "force_max_eV_per_A", skip_serializing_if = "Option::is_none")]
    pub force_max_ev_per_a: Option<f64>,
    /// minimise: stop there, converged or not. Default: 10 000, and not to converge is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// minimise: `fire` (default) or `lbfgs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// minimise: what of the cell is relaxed as well; default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// minimise with `cell`: the pressure wanted, GPa; default 0.
    #[serde(default, rename = "pressure_GPa", skip_serializing_if = "Option::is_none")]
    pub pressure_gpa: Option<f64>,
    /// minimise with `cell`: how far the stress may be from it at the end, GPa; default 0.05.
    #[serde(default, rename = "stress_max_GPa", skip_serializing_if = "Option::is_none")]
    pub stress_max_gpa: Option<f64>,
    /// dynamics: simulated time, ps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ps: Option<f64>,
    /// dynamics: step, fs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestep_fs: Option<f64>,
    /// dynamics: what is held constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<EnsembleDeck>,
    /// Groups that stay where they are; default: those of `[system]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Vec<String>>,
    /// dynamics: groups whose total momentum is kept zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_momentum: Option<Vec<String>>,
    /// dynamics in nve: thermostats of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thermostats: Option<Vec<EnsembleDeck>>,
    /// dynamics: whether it goes to the trajectory; where no stage says so, the last one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<bool>,
}

/// `ensemble = { kind = ... }`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EnsembleDeck {
    /// Which one.
    pub kind: String,
    /// In `thermostats`: the group it acts on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Target temperature, K.
    #[serde(default, rename = "temperature_K", skip_serializing_if = "Option::is_none")]
    pub temperature_k: Option<RampDeck>,
    /// Friction, 1/ps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friction_per_ps: Option<f64>,
    /// Relaxation time of the temperature, ps; default 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relaxation_ps: Option<f64>,
    /// Thermostats in a Nose-Hoover chain; default 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_length: Option<u64>,
    /// Suzuki-Yoshida weights in a step of the chain: 1, 3 (default), 5 or 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suzuki_yoshida: Option<u64>,
    /// Target pressure, GPa.
    #[serde(default, rename = "pressure_GPa", skip_serializing_if = "Option::is_none")]
    pub pressure_gpa: Option<RampDeck>,
    /// Relaxation time of the pressure, ps; default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure_relaxation_ps: Option<f64>,
    /// Estimate of the compressibility, 1/GPa; default 0.05.
    #[serde(default, rename = "compressibility_per_GPa", skip_serializing_if = "Option::is_none")]
    pub compressibility_per_gpa: Option<f64>,
    /// What of the cell may change: isotropic (default), anisotropic or triclinic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupling: Option<String>,
    /// First dynamics stage: draw velocities at this temperature, K.
    #[serde(default, rename = "initial_temperature_K", skip_serializing_if = "Option::is_none")]
    pub initial_temperature_k: Option<f64>,
    /// Keys that no ensemble knows, kept so that the check can name them beside the others.
    #[serde(flatten)]
    pub other: std::collections::BTreeMap<String, serde_json::Value>,
}

impl EnsembleDeck {
    /// The keys that only some ensembles have, and whether they are set.
    fn set(&self) -> [(&'static str, bool); 10] {
        [
            ("group", self.group.is_some()),
            ("temperature_K", self.temperature_k.is_some()),
            ("friction_per_ps", self.friction_per_ps.is_some()),
            ("relaxation_ps", self.relaxation_ps.is_some()),
            ("chain_length", self.chain_length.is_some()),
            ("suzuki_yoshida", self.suzuki_yoshida.is_some()),
            ("pressure_GPa", self.pressure_gpa.is_some()),
            ("pressure_relaxation_ps", self.pressure_relaxation_ps.is_some()),
            ("compressibility_per_GPa", self.compressibility_per_gpa.is_some()),
            ("coupling", self.coupling.is_some()),
        ]
    }
}

/// Adds a problem for every key in `keys` that is set but belongs to another kind.
fn misplaced(keys: &[(&str, bool)], path: &str, kind: &str, problems: &mut Problems) {
    for (key, _) in keys.iter().filter(|(_, set)| *set) {
        problems.add(format!("{path}.{key}"), format!("`{key}` does not belong to {kind}"));
    }
}
