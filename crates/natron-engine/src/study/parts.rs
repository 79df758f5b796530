//! Voltage, charges and map of a study: each an ordinary deck in the study's directory, run into a directory of its own.

use std::path::{Path, PathBuf};

use super::StudyJob;
use super::environments::{DISPLACEMENT, FORCE_STD};
use super::job::Item;
use super::point::is_finished;
use crate::charges::{ChargesDeck, ChargesJob, ChargesTable, DensityTable};
use crate::deck::{Document, KeyPath, OutputTable};
use crate::envelope::Build;
use crate::job::{Job, JobOptions, RunOutcome};
use crate::map::MapJob;
use crate::run_directory::{Existing, existing_for};
use crate::voltage::{CurveTable, HostTable, MetalTable, VoltageDeck, VoltageJob};
use crate::watch::Watch;
use crate::{Failure, InputError, RunError, charges, files};

/// Directories, and decks beside them.
pub(super) const VOLTAGE: &str = "voltage";
pub(super) const CHARGES: &str = "charges";
pub(super) const MAP: &str = "map";

fn output(name: &str) -> OutputTable {
    OutputTable { directory: Some(name.into()) }
}

impl StudyJob {
    /// That voltage and charges could be made.
    pub(super) fn check_panels(&self, document: &Document) -> Result<(), Failure> {
        // What is wrong has its place in the user's deck, not in one that natron would write.
        let behind = |key: &str, failure: Failure| {
            let first = failure.causes().into_iter().next();
            let why = first.unwrap_or_else(|| InputError::new("it cannot be made"));
            let error = document.error_on(&KeyPath::parse(key), why.message);
            Failure::from(InputError { help: why.help, ..error })
        };
        if let Some(deck) = self.voltage_deck(&document.folder()) {
            let text = toml::to_string(&deck).expect("a deck of natron's own can be written");
            let place = document.folder().join("voltage.toml");
            let hosts = match self.deck.voltage.as_ref().is_some_and(|table| !table.hosts.is_empty()) {
                true => "voltage.hosts",
                false => "voltage",
            };
            Document::parse(&place, text, &[])
                .map_err(Failure::from)
                .and_then(|deck| VoltageJob::of(&deck, Existing::Refuse))
                .map_err(|failure| behind(hosts, failure))?;
        }
        if self.deck.charges.is_some() {
            let key = if self.head_file.is_some() { "charges.head" } else { "charges" };
            charges::head::check(self.potential_words(), self.head_file.as_deref())
                .map_err(|error| behind(key, error.into()))?;
        }
        Ok(())
    }

    /// The voltage as a deck in a folder.
    fn voltage_deck(&self, folder: &Path) -> Option<VoltageDeck> {
        let table = self.deck.voltage.as_ref()?;
        let mut insert = self.deck.insert.clone();
        if !table.atoms.is_empty() {
            insert.atoms.clone_from(&table.atoms);
        }
        Some(VoltageDeck {
            format: 1,
            seed: self.deck.seed,
            host: HostTable {
                structures: self.voltage_hosts.iter().map(|file| files::relative(file, folder)).collect(),
            },
            insert,
            grand_canonical: None,
            monte_carlo: None,
            metal: MetalTable::default(),
            curve: CurveTable::default(),
            potential: self.potential_in(folder),
            output: output(VOLTAGE),
        })
    }

    /// Computes the voltage, unless that is done; what to return where it was stopped.
    pub(super) fn run_voltage(
        &self,
        build: &Build,
        watch: &dyn Watch,
    ) -> Result<Option<RunOutcome>, Failure> {
        let Some(deck) = self.voltage_deck(&self.directory) else { return Ok(None) };
        let directory = self.directory.join(VOLTAGE);
        let text = toml::to_string(&deck).expect("a deck of natron's own can be written");
        let before = std::fs::read_to_string(self.directory.join(format!("{VOLTAGE}.toml")));
        // Of another deck, as after `--resume` with another table, nothing is kept.
        let deck = match before.is_ok_and(|before| before == text) {
            true if is_finished(&directory) => return Ok(None),
            true => self.written(VOLTAGE, &text)?,
            false => self.written_anew(VOLTAGE, &text)?,
        };
        let existing = existing_for(&directory);
        let job = VoltageJob::prepare(&JobOptions { deck, overrides: Vec::new(), existing })?;
        watch.info(&format!("voltage: {}", job.about()));
        let outcome = job.run(build, watch)?;
        Ok(outcome.stopped.is_some().then_some(outcome))
    }

    /// Charges and map of the environments, made anew from the files that are there.
    pub(super) fn run_charges_and_map(
        &self,
        files_of_cells: &[PathBuf],
        build: &Build,
        watch: &dyn Watch,
    ) -> Result<(), Failure> {
        let mut structures: Vec<String> =
            files_of_cells.iter().map(|file| files::relative(file, &self.directory)).collect();
        if structures.is_empty() {
            return Ok(());
        }
        let mut columns = vec![DISPLACEMENT.to_string()];
        if self.potential.potential.knows_uncertainty() {
            columns.push(FORCE_STD.into());
        }
        if self.deck.charges.is_some() {
            let text = toml::to_string(&self.charges_deck(structures))
                .expect("a deck of natron's own can be written");
            let deck = self.written_anew(CHARGES, &text)?;
            run_quietly(&ChargesJob::prepare(&fresh(deck))?, build, watch)?;
            structures = vec![format!("{CHARGES}/charges.extxyz")];
            columns.insert(0, "charges".into());
        }
        if let Some(table) = &self.deck.map {
            let mut deck = table.deck(self.mobile.symbol());
            (deck.structures, deck.map.columns, deck.output) = (structures, columns, output(MAP));
            let text = toml::to_string(&deck).expect("a deck of natron's own can be written");
            let deck = self.written_anew(MAP, &text)?;
            run_quietly(&MapJob::prepare(&fresh(deck))?, build, watch)?;
        }
        Ok(())
    }

    fn charges_deck(&self, structures: Vec<String>) -> ChargesDeck {
        let head = self.head_file.as_ref().map(|file| files::relative(file, &self.directory));
        ChargesDeck {
            format: 1,
            structures,
            every: 1,
            mobile: vec![self.mobile.symbol().into()],
            potential: self.potential_in(&self.directory),
            charges: ChargesTable { head, ..ChargesTable::default() },
            fit: None,
            // Fillings are those of the grid: none is put together with another.
            density: DensityTable { x_step: 1.0, ..DensityTable::default() },
            output: output(CHARGES),
        }
    }

    /// The temperature of charges and map, K.
    pub(super) fn environments_k(&self) -> f64 {
        let lowest = self.deck.grid.temperature_k.first().copied();
        self.deck.environments.temperature_k.or(lowest).unwrap_or_default()
    }

    /// One item of every filling at that temperature.
    pub(super) fn items_of_environments(&self) -> Vec<Item> {
        let wanted = self.environments_k();
        let of = |x: usize| self.items().into_iter().find(|item| item.x == x && item.temperature_k == wanted);
        self.deck.insert.atoms.iter().filter_map(|x| of(*x)).collect()
    }

    fn written(&self, name: &str, text: &str) -> Result<PathBuf, RunError> {
        let deck = self.directory.join(format!("{name}.toml"));
        files::replace(&deck, text.as_bytes())?;
        Ok(deck)
    }

    /// Writes a deck whose results, if there are any, are of another deck or of frames that may have changed.
    fn written_anew(&self, name: &str, text: &str) -> Result<PathBuf, RunError> {
        let old = self.directory.join(name);
        if old.is_dir() {
            std::fs::remove_dir_all(&old).map_err(|error| RunError::writing(&old, error))?;
        }
        self.written(name, text)
    }
}

fn fresh(deck: PathBuf) -> JobOptions {
    JobOptions { deck, overrides: Vec::new(), existing: Existing::Refuse }
}

fn run_quietly(job: &dyn Job, build: &Build, watch: &dyn Watch) -> Result<(), Failure> {
    watch.detail(&format!("{}: {}", job.command(), job.about()));
    job.run(build, &Details(watch)).map(drop)
}

/// Passes news on as details: the page of the study says what matters.
struct Details<'w>(&'w dyn Watch);

impl Watch for Details<'_> {
    fn progress(&self, _: &crate::watch::Progress) {}

    fn info(&self, text: &str) {
        self.0.detail(text);
    }

    fn warning(&self, text: &str) {
        self.0.detail(text);
    }

    fn detail(&self, text: &str) {
        self.0.detail(text);
    }

    fn stop(&self) -> Option<crate::watch::Stop> {
        self.0.stop()
    }
}
