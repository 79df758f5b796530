//! The tables as they are written.

use serde::{Deserialize, Serialize};

use crate::Stacking;

/// `[structure]`: what is made, by `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StructureTable {
    /// Stacked layers in register.
    Graphite(Graphite),
    /// Stacked layers out of register.
    Turbostratic(Turbostratic),
    /// Two walls of graphite with room between them.
    SlitPore(SlitPore),
    /// Diamond.
    Diamond(Diamond),
    /// A body-centred cubic metal.
    Bcc(BodyCentred),
    /// A melt at a temperature.
    Liquid(Liquid),
    /// Melt, anneal, quench.
    Amorphous(Amorphous),
    /// A structure that is there already.
    File(FromFile),
}

/// `kind = "graphite"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphite {
    /// Two-atom cells along a1 and a2.
    pub repeat: [usize; 2],
    /// Number of layers.
    pub layers: usize,
    /// AA, AB or ABC.
    #[serde(default)]
    pub stacking: Stacking,
    /// Distance between layers, A.
    #[serde(rename = "spacing_A", default = "spacing")]
    pub spacing_a: f64,
    /// C-C bond, A.
    #[serde(rename = "bond_A", default = "bond")]
    pub bond_a: f64,
}

/// `kind = "turbostratic"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turbostratic {
    /// (m, n): the first edge of a layer is m a1 + n a2 in one orientation, n a1 + m a2 in the other.
    pub supercell: [usize; 2],
    /// Number of layers.
    pub layers: usize,
    /// Distance between layers, A.
    #[serde(rename = "spacing_A", default = "turbostratic_spacing")]
    pub spacing_a: f64,
    /// C-C bond, A.
    #[serde(rename = "bond_A", default = "bond")]
    pub bond_a: f64,
}

/// `kind = "slit-pore"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlitPore {
    /// Distance between the planes of atoms on both sides of the pore, A.
    #[serde(rename = "width_A")]
    pub width_a: f64,
    /// Two-atom cells along a1 and a2.
    pub repeat: [usize; 2],
    /// Layers of the wall between a pore and its image.
    pub layers: usize,
    /// AA, AB or ABC.
    #[serde(default)]
    pub stacking: Stacking,
    /// Distance between layers, A.
    #[serde(rename = "spacing_A", default = "spacing")]
    pub spacing_a: f64,
    /// C-C bond, A.
    #[serde(rename = "bond_A", default = "bond")]
    pub bond_a: f64,
}

/// `kind = "diamond"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diamond {
    /// Cubes of 8 atoms along each edge.
    pub repeat: [usize; 3],
    /// Edge of the cube, A.
    #[serde(rename = "edge_A", default = "diamond_edge")]
    pub edge_a: f64,
}

/// `kind = "bcc"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyCentred {
    /// Cubes of 2 atoms along each edge.
    pub repeat: [usize; 3],
    /// Element.
    #[serde(default = "sodium")]
    pub species: String,
    /// Edge of the cube, A.
    #[serde(rename = "edge_A", default = "sodium_edge")]
    pub edge_a: f64,
}

/// `kind = "liquid"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liquid {
    /// Number of atoms.
    pub atoms: usize,
    /// Element.
    #[serde(default = "sodium")]
    pub species: String,
    /// Density; the cell is a cube and stays.
    #[serde(default = "liquid_sodium")]
    pub density_g_per_cm3: f64,
    /// Temperature, K.
    #[serde(rename = "temperature_K", default = "thousand")]
    pub temperature_k: f64,
    /// How long it is stirred, ps.
    #[serde(default = "ten")]
    pub duration_ps: f64,
    /// Step, fs.
    #[serde(default = "one")]
    pub timestep_fs: f64,
    /// Friction of the thermostat, 1/ps.
    #[serde(default = "five")]
    pub friction_per_ps: f64,
}

/// `kind = "amorphous"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amorphous {
    /// Number of atoms.
    pub atoms: usize,
    /// Density; the cell is a cube and stays.
    pub density_g_per_cm3: f64,
    /// Element.
    #[serde(default = "carbon")]
    pub species: String,
    /// Temperature of the melt, K.
    #[serde(rename = "melt_K", default = "melt")]
    pub melt_k: f64,
    /// How long it stays there, ps.
    #[serde(default = "five")]
    pub melt_ps: f64,
    /// From the melt to the anneal, ps.
    #[serde(default = "five")]
    pub cool_ps: f64,
    /// Temperature of the anneal, K.
    #[serde(rename = "anneal_K", default = "anneal")]
    pub anneal_k: f64,
    /// How long it stays there, ps.
    #[serde(default = "hundred")]
    pub anneal_ps: f64,
    /// From the anneal to the end, ps.
    #[serde(default = "ten")]
    pub quench_ps: f64,
    /// Temperature at the end, before the last relaxation, K.
    #[serde(rename = "final_K", default = "room")]
    pub final_k: f64,
    /// Step, fs.
    #[serde(default = "half")]
    pub timestep_fs: f64,
    /// Friction of the thermostat, 1/ps.
    #[serde(default = "five")]
    pub friction_per_ps: f64,
    /// Longest force after the last relaxation, eV/A.
    #[serde(rename = "force_max_eV_per_A", default = "gentle")]
    pub force_max_ev_per_a: f64,
}

/// `kind = "file"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromFile {
    /// Structure file, relative to the deck.
    pub file: String,
    /// Its frame from 0; default: the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
}

/// `[vacancies]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VacanciesTable {
    /// Atoms that are taken away.
    pub count: usize,
    /// Least distance between two of them, A.
    #[serde(rename = "distance_min_A", default = "apart")]
    pub distance_min_a: f64,
}

/// `[relax]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaxTable {
    /// Longest force at the end, eV/A.
    #[serde(rename = "force_max_eV_per_A", default = "gentle")]
    pub force_max_ev_per_a: f64,
    /// Steps at most.
    #[serde(default = "many")]
    pub max_steps: u64,
    /// What of the cell is relaxed as well; default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// The pressure the cell is relaxed to, GPa.
    #[serde(rename = "pressure_GPa", default, skip_serializing_if = "Option::is_none")]
    pub pressure_gpa: Option<f64>,
}

/// `[insert]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertTable {
    /// Numbers of atoms that are wanted, rising; a structure of each is written.
    pub atoms: Vec<usize>,
    /// Element.
    #[serde(default = "sodium")]
    pub species: String,
    /// Atoms inserted at once, at most.
    #[serde(default = "four")]
    pub step: usize,
    /// Placements of which the one of lowest energy is kept.
    #[serde(default = "trials")]
    pub trials: usize,
    /// Least distance from other elements when an atom is placed, A.
    #[serde(rename = "host_distance_min_A", default = "from_host")]
    pub host_distance_min_a: f64,
    /// Least distance from its own element, A.
    #[serde(rename = "own_distance_min_A", default = "from_own")]
    pub own_distance_min_a: f64,
    /// Temperature of the dynamics after each step, K.
    #[serde(rename = "temperature_K", default = "warm")]
    pub temperature_k: f64,
    /// How long it lasts, ps; 0: none.
    #[serde(default = "one")]
    pub relax_ps: f64,
    /// Its step, fs.
    #[serde(default = "one")]
    pub timestep_fs: f64,
    /// Longest force at the end of each step, eV/A.
    #[serde(rename = "force_max_eV_per_A", default = "gentle")]
    pub force_max_ev_per_a: f64,
    /// What of the cell follows the pressure; default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
    /// That pressure, GPa.
    #[serde(rename = "pressure_GPa", default, skip_serializing_if = "Option::is_none")]
    pub pressure_gpa: Option<f64>,
}

macro_rules! defaults {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(fn $name() -> $type { $value })*
    };
}

defaults! {
    spacing: f64 = 3.35;
    turbostratic_spacing: f64 = 3.44;
    bond: f64 = 1.42;
    diamond_edge: f64 = 3.567;
    sodium: String = "Na".into();
    carbon: String = "C".into();
    sodium_edge: f64 = 4.2;
    liquid_sodium: f64 = 0.83;
    thousand: f64 = 1000.0;
    hundred: f64 = 100.0;
    ten: f64 = 10.0;
    five: f64 = 5.0;
    one: f64 = 1.0;
    half: f64 = 0.5;
    melt: f64 = 6000.0;
    anneal: f64 = 3500.0;
    room: f64 = 300.0;
    warm: f64 = 600.0;
    gentle: f64 = 0.05;
    many: u64 = 5000;
    apart: f64 = 3.0;
    four: usize = 4;
    trials: usize = 16;
    from_host: f64 = 2.3;
    from_own: f64 = 2.8;
}
