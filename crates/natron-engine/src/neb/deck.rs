//! The deck of `natron neb`.

use natron_dynamics::band::BandSettings;
use natron_dynamics::deck::PotentialDeck;
use serde::{Deserialize, Serialize};

use crate::deck::{OutputTable, Problem};
use crate::potentials;

/// More images than this are a slip of the finger.
const IMAGES_MAX: usize = 200;

/// A deck of `natron neb`, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NebDeck {
    /// Format of this deck.
    pub format: u64,
    /// From where to where.
    pub path: PathTable,
    /// How the images are relaxed.
    #[serde(default)]
    pub band: BandTable,
    /// What energies and forces come from.
    #[serde(default = "potentials::default_choice")]
    pub potential: PotentialDeck,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

/// `[path]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathTable {
    /// File of the start, its last frame.
    pub start: String,
    /// File of the end, its last frame: the same atoms in the same order and cell.
    pub end: String,
    /// Files of structures that the first guess leads through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
    /// Images between the ends.
    #[serde(default = "images")]
    pub images: usize,
    /// Whether the ends are relaxed first.
    #[serde(default = "yes")]
    pub relax_ends: bool,
}

/// `[band]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BandTable {
    /// Springs between the images, eV/A^2.
    #[serde(rename = "spring_eV_per_A2")]
    pub spring_ev_per_a2: f64,
    /// Whether the highest image climbs to the saddle.
    pub climb: bool,
    /// Longest force at the end, eV/A.
    #[serde(rename = "force_max_eV_per_A")]
    pub force_max_ev_per_a: f64,
    /// Steps at most.
    pub max_steps: u64,
}

fn images() -> usize {
    7
}

fn yes() -> bool {
    true
}

impl Default for BandTable {
    fn default() -> Self {
        Self { spring_ev_per_a2: 0.1, climb: true, force_max_ev_per_a: 0.03, max_steps: 1000 }
    }
}

impl BandTable {
    pub(super) fn settings(&self) -> BandSettings {
        BandSettings {
            spring_ev_per_a2: self.spring_ev_per_a2,
            climb: self.climb,
            force_max_ev_per_a: self.force_max_ev_per_a,
            max_steps: self.max_steps,
        }
    }
}

impl NebDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut add = |path: &str, message: String, help: Option<&str>| {
            found.push(Problem { path: path.into(), message, help: help.map(str::to_owned) });
        };
        if self.format != 1 {
            add("format", format!("this natron reads format 1, not {}", self.format), None);
        }
        if !(1..=IMAGES_MAX).contains(&self.path.images) {
            let message = format!("`path.images` must be from 1 to {IMAGES_MAX}, not {}", self.path.images);
            add("path.images", message, None);
        }
        let numbers = [
            ("band.spring_eV_per_A2", self.band.spring_ev_per_a2),
            ("band.force_max_eV_per_A", self.band.force_max_ev_per_a),
        ];
        for (path, value) in numbers {
            if !(value.is_finite() && value > 0.0) {
                add(path, format!("`{path}` must be positive, not {value}"), None);
            }
        }
        if self.potential.name.is_some() == self.potential.file.is_some() {
            let help = "name = \"nac\" for a built-in potential or file = \"my.safetensors\"";
            add("potential", "give exactly one of name and file".into(), Some(help));
        }
        found
    }
}
