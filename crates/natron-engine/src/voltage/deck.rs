//! The voltage deck.

use natron_build::recipe::{InsertTable, MonteCarloTable};
use natron_dynamics::deck::PotentialDeck;
use serde::{Deserialize, Serialize};

use super::grand_canonical::ReservoirTable;
use crate::deck::{OutputTable, Problem};
use crate::{metal, potentials};

/// More hosts than this are a slip of the finger.
const HOSTS_MAX: usize = 1000;
/// Edges of cubes that a metal may have, A.
const EDGE_A: std::ops::RangeInclusive<f64> = 1.5..=10.0;

/// A voltage deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoltageDeck {
    /// Format of this deck.
    pub format: u64,
    /// Seed of every random number.
    pub seed: u64,
    /// What is filled.
    pub host: HostTable,
    /// With what and how far; `insert.atoms` are the points of the curve.
    pub insert: InsertTable,
    /// At which voltages hosts are filled from a reservoir.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grand_canonical: Option<ReservoirTable>,
    /// How; default where there is a reservoir.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monte_carlo: Option<MonteCarloTable>,
    /// What the voltage is measured against.
    #[serde(default)]
    pub metal: MetalTable,
    /// What the steps of the curve are.
    #[serde(default)]
    pub curve: CurveTable,
    /// What energies and forces come from.
    #[serde(default = "potentials::default_choice")]
    pub potential: PotentialDeck,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

/// `[host]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostTable {
    /// Files of hosts, the last frame of each.
    pub structures: Vec<String>,
}

/// `[metal]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetalTable {
    /// Edge of a body-centred cube that the relaxation starts from, A.
    #[serde(rename = "edge_A", skip_serializing_if = "Option::is_none")]
    pub edge_a: Option<f64>,
    /// File of another crystal, the last frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structure: Option<String>,
}

/// `[curve]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CurveTable {
    /// Steps along the lower convex hull of the energies of each host, beside those between successive fillings.
    pub convex_hull: bool,
}

impl VoltageDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut add = |path: &str, message: String, help: Option<&str>| {
            found.push(Problem { path: path.into(), message, help: help.map(str::to_owned) });
        };
        if self.format != 1 {
            add("format", format!("this natron reads format 1, not {}", self.format), None);
        }
        let hosts = self.host.structures.len();
        if !(1..=HOSTS_MAX).contains(&hosts) {
            let message = format!("`host.structures` must name from 1 to {HOSTS_MAX} files, not {hosts}");
            add("host.structures", message, None);
        }
        match (self.metal.edge_a, &self.metal.structure) {
            (Some(_), Some(_)) => {
                add("metal", "give edge_A or structure, not both".into(), None);
            }
            (Some(edge), None) if !EDGE_A.contains(&edge) => {
                let message = format!("`metal.edge_A` must be from 1.5 to 10 A, not {edge}");
                add("metal.edge_A", message, None);
            }
            (None, None) if metal::usual_edge_a(&self.insert.species).is_none() => {
                let message = format!("natron does not know the crystal of {}", self.insert.species);
                let help =
                    "add [metal] edge_A = 4.2 for a body-centred cube, or structure = \"metal.extxyz\"";
                add("insert.species", message, Some(help));
            }
            _ => {}
        }
        if self.insert.pressure_gpa.is_some_and(|pressure| pressure != 0.0) {
            let message = "a voltage from energies alone is one at no pressure".into();
            add("insert.pressure_GPa", message, Some("leave pressure_GPa out"));
        }
        if self.potential.name.is_some() == self.potential.file.is_some() {
            let help = "name = \"nac\" for a built-in potential or file = \"my.safetensors\"";
            add("potential", "give exactly one of name and file".into(), Some(help));
        }
        if self.monte_carlo.is_some() && self.grand_canonical.is_none() {
            let help = "add [grand_canonical] with temperature_K and voltages_V";
            let message = "there is no reservoir that moves would exchange atoms with";
            add("monte_carlo", message.into(), Some(help));
        }
        found.extend(self.grand_canonical.iter().flat_map(ReservoirTable::problems));
        let tables = self.insert.problems().into_iter();
        let tables = tables.chain(self.monte_carlo.iter().flat_map(MonteCarloTable::problems));
        found.extend(tables.map(|p| Problem { path: p.path, message: p.message, help: p.help }));
        found
    }
}
