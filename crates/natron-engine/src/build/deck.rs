//! The build deck.

use natron_build::RecipeProblem;
use natron_build::recipe::{
    GrandCanonicalTable, InsertTable, MonteCarloTable, RelaxTable, StructureTable, VacanciesTable,
};
use natron_dynamics::deck::PotentialDeck;
use serde::{Deserialize, Serialize};

use crate::deck::Problem;
use crate::{metal, potentials};

/// More replicas than this are a slip of the finger.
const REPLICAS_MAX: u32 = 1000;

/// A build deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildDeck {
    /// Format of this deck.
    pub format: u64,
    /// Seed of every random number; needed where there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Independent structures; they differ in their random numbers.
    #[serde(default = "one")]
    pub replicas: u32,
    /// What is made.
    pub structure: StructureTable,
    /// Atoms taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vacancies: Option<VacanciesTable>,
    /// Relaxation of what was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relax: Option<RelaxTable>,
    /// Atoms put into voids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insert: Option<InsertTable>,
    /// Atoms exchanged with a reservoir.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grand_canonical: Option<GrandCanonicalTable>,
    /// How; default where there is a reservoir.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monte_carlo: Option<MonteCarloTable>,
    /// What energies and forces come from.
    #[serde(default = "potentials::default_choice")]
    pub potential: PotentialDeck,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

/// `[output]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputTable {
    /// Run directory, relative to the deck; default: named after the deck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Time between restarts of dynamics, ps.
    pub restart_every_ps: f64,
}

impl Default for OutputTable {
    fn default() -> Self {
        Self { directory: None, restart_every_ps: 5.0 }
    }
}

fn one() -> u32 {
    1
}

impl BuildDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |path: &str, message: String, help: Option<&str>| Problem {
            path: path.into(),
            message,
            help: help.map(str::to_owned),
        };
        let mut found = Vec::new();
        if self.format != 1 {
            found.push(problem("format", format!("this natron reads format 1, not {}", self.format), None));
        }
        if !(1..=REPLICAS_MAX).contains(&self.replicas) {
            let message = format!("replicas must be from 1 to {REPLICAS_MAX}, not {}", self.replicas);
            found.push(problem("replicas", message, None));
        }
        if self.is_random() && self.seed.is_none() {
            let message = "random numbers decide what is built, and the deck has no seed".into();
            found.push(problem(
                "seed",
                message,
                Some("add seed = 1; the same seed gives the same structures"),
            ));
        }
        if !self.is_random() && self.replicas > 1 {
            let message = format!("nothing here is random: {} replicas would be the same", self.replicas);
            found.push(problem("replicas", message, Some("leave replicas out")));
        }
        if self.potential.name.is_some() == self.potential.file.is_some() {
            let help = "name = \"nac\" for a built-in potential or file = \"my.safetensors\"";
            found.push(problem("potential", "give exactly one of name and file".into(), Some(help)));
        }
        if self.monte_carlo.is_some() && self.grand_canonical.is_none() {
            let help = "add [grand_canonical] with temperature_K and voltage_V or chemical_potential_eV";
            let message = "there is no reservoir that moves would exchange atoms with";
            found.push(problem("monte_carlo", message.into(), Some(help)));
        }
        if let Some(table) = &self.grand_canonical
            && table.voltage_v.is_some()
            && metal::usual_edge_a(&table.species).is_none()
        {
            let message = format!("natron does not know the crystal of {}", table.species);
            let help = "give chemical_potential_eV instead of a voltage";
            found.push(problem("grand_canonical.voltage_V", message, Some(help)));
        }
        let every = self.output.restart_every_ps;
        if !(every > 0.0 && every.is_finite()) {
            let message = format!("`output.restart_every_ps` must be above 0, not {every}");
            found.push(problem("output.restart_every_ps", message, None));
        }
        let tables = self.structure.problems().into_iter();
        let tables = tables.chain(self.vacancies.iter().flat_map(VacanciesTable::problems));
        let tables = tables.chain(self.relax.iter().flat_map(RelaxTable::problems));
        let tables = tables.chain(self.insert.iter().flat_map(InsertTable::problems));
        let tables = tables.chain(self.grand_canonical.iter().flat_map(GrandCanonicalTable::problems));
        let tables = tables.chain(self.monte_carlo.iter().flat_map(MonteCarloTable::problems));
        found.extend(tables.map(in_engine));
        found
    }

    /// Whether random numbers decide anything.
    pub fn is_random(&self) -> bool {
        let exchanges = self.insert.is_some() || self.grand_canonical.is_some();
        self.structure.is_random() || self.vacancies.is_some() || exchanges
    }

    /// Whether it takes forces to make the structure.
    pub fn needs_forces(&self) -> bool {
        let melted = matches!(self.structure, StructureTable::Liquid(_) | StructureTable::Amorphous(_));
        melted || self.relax.is_some() || self.insert.is_some() || self.grand_canonical.is_some()
    }
}

fn in_engine(problem: RecipeProblem) -> Problem {
    Problem { path: problem.path, message: problem.message, help: problem.help }
}
