//! Everything about charges that can be wrong before they are computed.

use std::path::PathBuf;

use natron_atoms::Species;
use natron_dynamics::deck::PotentialDeck;

use super::head::{self, LoadedHead};
use super::sources::{self, Source, Taking};
use super::{ChargesDeck, fit, meanings};
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::job::JobOptions;
use crate::potentials::{self, LoadedNeural};
use crate::run_directory::{Existing, RunDirectory};
use crate::{Failure, InputError, files};

/// Checked charges: deck, potential, head and structures fit together.
pub struct ChargesJob {
    pub(super) deck: ChargesDeck,
    pub(super) potential: LoadedNeural,
    /// The file of the potential, where it is not built in.
    potential_file: Option<PathBuf>,
    /// None where one is fitted first.
    pub(super) head: Option<LoadedHead>,
    pub(super) sources: Vec<Source>,
    /// Frames of the fit.
    pub(super) labelled: Vec<Source>,
    /// SHA-256 over the files of the fit.
    pub(super) data_sha256: String,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
    /// Files as they were found: structures, those of the fit, the head.
    structure_files: Vec<PathBuf>,
    fit_files: Vec<PathBuf>,
    head_file: Option<PathBuf>,
}

impl ChargesJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it refers to.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: ChargesDeck = decode_and_check(&document, ChargesDeck::problems)?;
        let (potential, potential_file) = load(&document, &deck)?;
        let loaded_head = match deck.fit {
            None => Some(head::load(&document, &deck, &potential)?),
            Some(_) => None,
        };
        let mobile: Vec<Species> =
            deck.mobile.iter().filter_map(|symbol| Species::from_symbol(symbol)).collect();
        let taking = |every| Taking {
            every,
            mobile: &mobile,
            labels: &deck.charges.labels,
            split_key: &deck.charges.split_key,
        };
        let fit_names = deck.fit.as_ref().map_or(&[][..], |fit| &fit.files);
        let labelled = sources::read(&document, "fit.files", fit_names, &taking(1))?;
        let sources = sources::read(&document, "structures", &deck.structures, &taking(deck.every))?;
        let found =
            |names: &[String]| names.iter().map(|name| files::whole(&document.folder().join(name))).collect();
        let fit_files: Vec<PathBuf> = found(fit_names);
        let data_sha256 = fit::sha256_of(&fit_files)?;
        let directory = files::whole(&RunDirectory::place(&document, deck.output.directory.as_deref())?);
        let job = Self {
            structure_files: found(&deck.structures),
            head_file: deck.charges.head.as_ref().map(|file| files::whole(&document.folder().join(file))),
            existing: options.existing,
            deck,
            potential,
            potential_file,
            head: loaded_head,
            sources,
            labelled,
            data_sha256,
            directory,
            fit_files,
        };
        job.check(&document)?;
        Ok(job)
    }

    /// That there is something to compute, that the potential knows its elements, and that a head can say something of them.
    fn check(&self, document: &Document) -> Result<(), InputError> {
        let potential = potentials::load_potential(&self.potential_name())?;
        for source in self.labelled.iter().chain(&self.sources) {
            crate::structure::check(&source.frame.structure, &potential)
                .map_err(|error| source.error(error))?;
        }
        if self.deck.fit.is_some() {
            let table = &self.deck.charges;
            fit::check(&self.labelled, &table.labels, &table.split_key)
                .map_err(|error| document.error_behind(&KeyPath::parse("fit.files"), error))?;
        }
        if self.sources.is_empty() && !self.deck.structures.is_empty() {
            return Err(document.error_on(&KeyPath::parse("structures"), "the files hold no frame"));
        }
        let unknown = match &self.head {
            Some(head) => head.unknown(&self.potential.potential),
            None => self.untrained(),
        };
        let held = |source: &&Source| {
            source.frame.structure.species.iter().any(|s| unknown.iter().any(|symbol| symbol == s.symbol()))
        };
        match self.sources.iter().chain(&self.labelled).find(held) {
            Some(source) => Err(source.error(format!(
                "the head was fitted to no atom of {}: it says nothing of them",
                unknown.join(", ")
            ))),
            None => Ok(()),
        }
    }

    /// Elements of the potential that no frame of split train holds.
    fn untrained(&self) -> Vec<String> {
        let train = || self.labelled.iter().filter(|source| source.split.as_deref() == Some("train"));
        let unseen = |symbol: &&String| {
            !train().any(|source| source.frame.structure.species.iter().any(|s| s.symbol() == *symbol))
        };
        self.potential.potential.model().spec.species.iter().filter(unseen).cloned().collect()
    }

    /// The potential as a command line would name it.
    fn potential_name(&self) -> String {
        match &self.potential_file {
            Some(file) => file.display().to_string(),
            None => self.potential.name.clone(),
        }
    }

    /// What will be done, in one line.
    pub(super) fn summary_line(&self) -> String {
        let atoms: usize = self.sources.iter().map(|source| source.frame.structure.len()).sum();
        let head = match &self.head {
            Some(head) => format!("by the head {}", head.name),
            None => format!("by a head fitted to {} frames", self.labelled.len()),
        };
        format!(
            "charges of {atoms} atoms in {} frames with potential {}, {head}, into {}",
            self.sources.len(),
            self.potential.name,
            self.directory.display()
        )
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let relative = |file: &PathBuf| files::relative(file, &self.directory);
        let mut deck = self.deck.clone();
        deck.structures = self.structure_files.iter().map(relative).collect();
        deck.charges.head = self.head_file.as_ref().map(relative);
        if let Some(fit) = &mut deck.fit {
            fit.files = self.fit_files.iter().map(relative).collect();
        }
        if let Some(file) = &self.potential_file {
            deck.potential = PotentialDeck { name: None, file: Some(relative(file)) };
        }
        deck.output.directory = Some(".".into());
        meanings::to_toml(&deck)
    }
}

/// The potential of the deck and, where it is not built in, its file.
fn load(document: &Document, deck: &ChargesDeck) -> Result<(LoadedNeural, Option<PathBuf>), InputError> {
    let key = if deck.potential.name.is_some() { "potential.name" } else { "potential.file" };
    let name =
        deck.potential.name.as_ref().or(deck.potential.file.as_ref()).expect("one of the two was checked");
    let behind = |error| document.error_behind(&KeyPath::parse(key), error);
    if deck.potential.name.is_some() && !potentials::is_file(name) {
        return Ok((potentials::load_neural(name).map_err(behind)?, None));
    }
    let file = files::whole(&document.folder().join(name));
    // The whole path has a `/`, so it reads as a file.
    let loaded = potentials::load_neural(&file.display().to_string()).map_err(behind)?;
    Ok((loaded, Some(file)))
}
