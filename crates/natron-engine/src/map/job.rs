//! Everything about a map that can be wrong before it starts.

use std::path::PathBuf;

use natron_atoms::Species;
use natron_descriptor::Soap;

use super::deck::{MapDeck, explain};
use super::environments::{Source, has_column};
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::envelope::Build;
use crate::job::{Job, JobOptions, RunOutcome};
use crate::run_directory::{Existing, RunDirectory};
use crate::watch::Watch;
use crate::{Failure, InputError, files};

/// Vectors beyond this do not fit beside the rest into the memory of a small machine, bytes.
const MOST_BYTES: usize = 1 << 30;

/// A checked map: deck and structures are there and fit together.
pub struct MapJob {
    pub(super) deck: MapDeck,
    pub(super) sources: Vec<Source>,
    pub(super) soap: Soap,
    pub(super) mobile: Vec<Species>,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
    /// Files of structures as they were found.
    files: Vec<PathBuf>,
}

impl MapJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of the structures.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: MapDeck = decode_and_check(&document, MapDeck::problems)?;
        let files: Vec<PathBuf> = deck.structures.iter().map(|file| document.folder().join(file)).collect();
        let mobile = elements(&deck.mobile);
        let sources = read(&document, &deck, &files, &mobile)?;
        let species = match deck.species.is_empty() {
            true => present(&sources),
            false => elements(&deck.species),
        };
        let soap = Soap::new(deck.settings(), &species)
            .map_err(|error| document.error_on(&KeyPath::parse("soap"), format!("[soap]: {error}")))?;
        let directory = RunDirectory::place(&document, deck.output.directory.as_deref())?;
        let job = Self { deck, sources, soap, mobile, directory, existing: options.existing, files };
        job.check(&document)?;
        Ok(job)
    }

    /// That there is something to map, and not too much.
    fn check(&self, document: &Document) -> Result<(), InputError> {
        let on = |key: &str, message: String| document.error_on(&KeyPath::parse(key), message);
        let count = self.count();
        if count < 3 {
            return Err(on(
                "mobile",
                format!("there are {count} such atoms in the structures; a map takes three"),
            ));
        }
        let bytes = count * self.soap.len() * size_of::<f64>();
        if bytes > MOST_BYTES {
            let message =
                format!("{count} environments of {} numbers each take {} MB", self.soap.len(), bytes >> 20);
            return Err(on("every", message)
                .help("take fewer frames (every), fewer functions ([soap] n_max, l_max), or name the species that matter"));
        }
        for name in &self.deck.map.columns {
            if let Some(source) = self.sources.iter().find(|source| !has_column(&source.frame, name)) {
                let message = format!(
                    "frame {} of {} has no column `{name}` of one number for each atom",
                    source.number, source.file
                );
                return Err(on("map.columns", message));
            }
        }
        Ok(())
    }

    /// Number of environments.
    pub(super) fn count(&self) -> usize {
        let of = |source: &Source| {
            source.frame.structure.species.iter().filter(|species| self.mobile.contains(species)).count()
        };
        self.sources.iter().map(of).sum()
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let mut deck = self.deck.clone();
        deck.structures = self.files.iter().map(|file| files::relative(file, &self.directory)).collect();
        deck.output.directory = Some(".".into());
        toml::to_string(&deck).expect("a deck that was read can be written")
    }
}

impl Job for MapJob {
    fn command(&self) -> &'static str {
        "map"
    }

    fn about(&self) -> String {
        let symbols: Vec<&str> = self.mobile.iter().map(|s| s.symbol()).collect();
        format!(
            "{} environments of {} in {} frames, {} numbers each, into {}",
            self.count(),
            symbols.join(", "),
            self.sources.len(),
            self.soap.len(),
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        super::run::run(self, build, watch)
    }
}

/// The elements of symbols that were checked.
fn elements(symbols: &[String]) -> Vec<Species> {
    symbols.iter().filter_map(|symbol| Species::from_symbol(symbol)).collect()
}

/// Every element of any frame, by atomic number.
fn present(sources: &[Source]) -> Vec<Species> {
    let mut found: Vec<Species> =
        sources.iter().flat_map(|s| s.frame.structure.species.iter().copied()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn read(
    document: &Document,
    deck: &MapDeck,
    files: &[PathBuf],
    mobile: &[Species],
) -> Result<Vec<Source>, InputError> {
    let mut sources = Vec::new();
    for (index, (name, path)) in deck.structures.iter().zip(files).enumerate() {
        let behind = |error| document.error_behind(&document.resolve(&format!("structures.{index}")), error);
        let frames = files::read_frames(path).map_err(behind)?;
        for (number, frame) in frames.into_iter().enumerate().step_by(deck.every) {
            let count = frame.structure.species.iter().filter(|species| mobile.contains(species)).count();
            let others = frame.structure.len() - count;
            let x = (others > 0).then(|| 200.0 * count as f64 / others as f64);
            sources.push(Source { file: name.clone(), number, frame, x });
        }
    }
    Ok(sources)
}
