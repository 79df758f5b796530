//! Hosts filled from a reservoir, each at each voltage a `natron build` of its own that begins at the relaxed empty host.

use natron_build::random::{Purpose, Stream};
use natron_build::recipe::{FromFile, GrandCanonicalTable, MonteCarloTable, StructureTable};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::VoltageJob;
use super::metal::last_structure;
use crate::build::{BuildDeck, BuildJob, BuildOutput, HOST, exchanged};
use crate::deck::Problem;
use crate::envelope::Build;
use crate::job::{Job, JobOptions};
use crate::metal::{ChemicalPotential, FILE};
use crate::run_directory::existing_for;
use crate::study::{OneOf, Unfinished, is_finished};
use crate::watch::Watch;
use crate::{RunError, files};

/// More voltages than this are a slip of the finger.
const VOLTAGES_MAX: usize = 1000;

/// `[grand_canonical]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservoirTable {
    /// Temperature, K.
    #[serde(rename = "temperature_K")]
    pub temperature_k: f64,
    /// Voltages against the metal, V.
    #[serde(rename = "voltages_V")]
    pub voltages_v: Vec<f64>,
}

impl ReservoirTable {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |key: &str, message: String| Problem {
            path: format!("grand_canonical.{key}"),
            message,
            help: None,
        };
        let mut found = Vec::new();
        if !(1.0..=20_000.0).contains(&self.temperature_k) {
            let text = format!("must be from 1 to 20000 K, not {}", self.temperature_k);
            found.push(problem("temperature_K", format!("`grand_canonical.temperature_K` {text}")));
        }
        if !(1..=VOLTAGES_MAX).contains(&self.voltages_v.len()) {
            let text = format!("must name from 1 to {VOLTAGES_MAX} voltages, not {}", self.voltages_v.len());
            found.push(problem("voltages_V", format!("`grand_canonical.voltages_V` {text}")));
        }
        if let Some(voltage) = self.voltages_v.iter().find(|voltage| !(-20.0..=20.0).contains(*voltage)) {
            let text = format!("must be from -20 to 20 V, not {voltage}");
            found.push(problem("voltages_V", format!("`grand_canonical.voltages_V` {text}")));
        }
        found
    }
}

/// What one host takes up at one voltage.
pub(super) struct Uptake {
    pub(super) host: usize,
    pub(super) voltage_v: f64,
    pub(super) chemical_potential_ev: f64,
    /// Mean number of atoms in the cell, and its standard error where the chain is long enough for one.
    pub(super) atoms: f64,
    pub(super) atoms_error: Option<f64>,
    /// As [`natron_dynamics::monte_carlo::Record::trend`].
    pub(super) trend: Option<(f64, f64)>,
    /// Warnings of the chain.
    pub(super) warnings: Vec<String>,
}

impl VoltageJob {
    /// What an atom of the metal costs at the temperature of the reservoir, where there is one.
    pub(super) fn metal_at_temperature(&self, energy_ev: f64) -> Result<Option<ChemicalPotential>, RunError> {
        let Some(table) = &self.deck.grand_canonical else { return Ok(None) };
        let metal = last_structure(&self.directory.join(FILE))?;
        let potential = &*self.potential.potential;
        ChemicalPotential::of(&metal, energy_ev, potential, table.temperature_k).map(Some)
    }

    /// Fills a relaxed host at one of the voltages, or what is left of that.
    pub(super) fn take_up(
        &self,
        (host, number): (usize, usize),
        metal: &ChemicalPotential,
        build: &Build,
        watch: &dyn Watch,
    ) -> Result<Uptake, Unfinished> {
        let table = self.deck.grand_canonical.as_ref().expect("there is a reservoir");
        let voltage_v = table.voltages_v[number];
        let chemical_potential_ev = metal.at_voltage_ev(voltage_v);
        let name = format!("grand-canonical-{host:03}-{number:02}");
        let directory = self.directory.join(&name);
        if !is_finished(&directory) {
            let deck = self.exchange_deck((host, number), chemical_potential_ev, &name);
            let file = self.directory.join(format!("{name}.toml"));
            let text = toml::to_string(&deck).expect("a deck of natron's own can be written");
            files::replace(&file, text.as_bytes())?;
            let existing = existing_for(&directory);
            let job = BuildJob::prepare(&JobOptions { deck: file, overrides: Vec::new(), existing })?;
            let steps_total = self.deck.monte_carlo.as_ref().map_or(0, MonteCarloTable::total);
            let one = OneOf {
                watch,
                number: host * table.voltages_v.len() + number,
                name: format!("host {host}, {voltage_v} V"),
                steps_before: 0,
                steps_total,
            };
            if job.run(build, &one)?.stopped.is_some() {
                return Err(Unfinished::Stopped);
            }
        }
        let lost = || RunError::new(format!("the chain of {name} was lost"));
        let chain = exchanged(&directory)?.ok_or_else(lost)?;
        let record = chain.record();
        Ok(Uptake {
            host,
            voltage_v,
            chemical_potential_ev,
            atoms: record.mean().ok_or_else(lost)?,
            atoms_error: record.mean_error(),
            trend: record.trend(),
            warnings: warnings_of(&directory.join("summary.json")),
        })
    }

    fn exchange_deck(
        &self,
        (host, number): (usize, usize),
        chemical_potential_ev: f64,
        name: &str,
    ) -> BuildDeck {
        let table = self.deck.grand_canonical.as_ref().expect("there is a reservoir");
        let item = ((host as u64) << 32) | number as u64;
        // TOML has no whole numbers of 64 bits without sign.
        let seed = Stream::new(self.deck.seed, 0, Purpose::Chains, item).bits() >> 1;
        let start = self.folder(host).join(HOST);
        BuildDeck {
            format: 1,
            seed: Some(seed),
            replicas: 1,
            structure: StructureTable::File(FromFile {
                file: files::relative(&start, &self.directory),
                frame: None,
            }),
            vacancies: None,
            relax: None,
            insert: None,
            grand_canonical: Some(GrandCanonicalTable {
                species: self.deck.insert.species.clone(),
                temperature_k: table.temperature_k,
                chemical_potential_ev: Some(chemical_potential_ev),
                voltage_v: None,
            }),
            monte_carlo: self.deck.monte_carlo.clone(),
            potential: self.potential_in(&self.directory),
            output: BuildOutput { directory: Some(name.into()), ..BuildOutput::default() },
        }
    }
}

/// The warnings of a build.
fn warnings_of(summary: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(summary).unwrap_or_default();
    let summary: Value = serde_json::from_str(&text).unwrap_or_default();
    let all = summary["warnings"].as_array().into_iter().flatten();
    all.filter_map(Value::as_str).filter(|text| text.starts_with("replica ")).map(str::to_owned).collect()
}
