//! Everything about a build that can be wrong before it starts.

use std::path::{Path, PathBuf};

use natron_atoms::{Species, Structure};
use natron_build::recipe::{Recipe, StructureTable};

use super::deck::BuildDeck;
use super::meanings;
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::job::JobOptions;
use crate::potentials::{LoadedPotential, is_file, load_built_in, load_file};
use crate::run_directory::{Existing, RunDirectory};
use crate::{Failure, InputError, files, structure};

/// A checked build: deck, potential and the structure it starts from fit together.
pub struct BuildJob {
    pub(super) deck: BuildDeck,
    pub(super) seed: u64,
    /// What `kind = "file"` names.
    pub(super) start: Option<Structure>,
    start_file: Option<PathBuf>,
    pub(super) potential: LoadedPotential,
    potential_file: Option<PathBuf>,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
}

impl BuildJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it refers to.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let mut deck: BuildDeck = decode_and_check(&document, BuildDeck::problems)?;
        if deck.grand_canonical.is_some() {
            deck.monte_carlo.get_or_insert_default();
        }
        let (potential, potential_file) = load(&document, &deck)?;
        let (start, start_file) = read_start(&document, &deck)?;
        let directory = RunDirectory::place(&document, deck.output.directory.as_deref())?;
        let job = Self {
            seed: deck.seed.unwrap_or(0),
            deck,
            start,
            start_file,
            potential,
            potential_file,
            directory,
            existing: options.existing,
        };
        job.check_species(&document)?;
        job.check_atoms(&document)?;
        Ok(job)
    }

    /// The elements that what is made consists of at the end.
    fn elements(&self) -> Vec<(&'static str, Species)> {
        let of = |symbol: &str| Species::from_symbol(symbol).expect("the symbol was checked");
        let mut elements: Vec<(&'static str, Species)> = match &self.deck.structure {
            StructureTable::Bcc(t) => vec![("structure.species", of(&t.species))],
            StructureTable::Liquid(t) => vec![("structure.species", of(&t.species))],
            StructureTable::Amorphous(t) => vec![("structure.species", of(&t.species))],
            StructureTable::File(_) => {
                let start = self.start.iter().flat_map(|start| start.species.iter().copied());
                start.map(|species| ("structure.file", species)).collect()
            }
            _ => vec![("structure.kind", Species::C)],
        };
        elements.extend(self.deck.insert.iter().map(|insert| ("insert.species", of(&insert.species))));
        let exchanged = self.deck.grand_canonical.iter();
        elements.extend(exchanged.map(|table| ("grand_canonical.species", of(&table.species))));
        elements
    }

    /// Where forces are needed, the potential must know every element.
    fn check_species(&self, document: &Document) -> Result<(), InputError> {
        let unknown = self.elements().into_iter().find(|(_, species)| !self.potential.knows(&[*species]));
        match unknown {
            Some((path, species)) if self.deck.needs_forces() => {
                let message = format!("the potential `{}` does not know {species}", self.potential.name);
                Err(document
                    .error_on(&KeyPath::parse(path), message)
                    .help("choose a [potential] that was made for this element"))
            }
            _ => Ok(()),
        }
    }

    /// What is there before any force is needed, as far as it costs nothing, must leave atoms over.
    fn check_atoms(&self, document: &Document) -> Result<(), InputError> {
        let made = match self.deck.structure {
            StructureTable::Liquid(_) | StructureTable::Amorphous(_) => None,
            _ => Some(
                self.made(0)
                    .map_err(|error| document.error_on(&KeyPath::parse("structure"), error.to_string()))?,
            ),
        };
        if let (Some(made), Some(vacancies)) = (&made, &self.deck.vacancies) {
            vacancies
                .applied(made, (self.seed, 0))
                .map_err(|error| document.error_on(&KeyPath::parse("vacancies.count"), error.to_string()))?;
        }
        let made = made.iter().chain(&self.start);
        for start in made.filter(|_| self.deck.needs_forces()) {
            structure::check(start, &self.potential)
                .map_err(|message| document.error_on(&KeyPath::parse("structure"), message))?;
        }
        match (&self.start, &self.deck.insert) {
            (Some(start), Some(insert)) => {
                let present =
                    start.species.iter().filter(|species| species.symbol() == insert.species).count();
                match insert.atoms.iter().find(|&&atoms| atoms <= present) {
                    Some(atoms) => Err(document
                        .error_on(
                            &KeyPath::parse("insert.atoms"),
                            format!(
                                "the structure holds {present} {} already, {atoms} are no more",
                                insert.species
                            ),
                        )
                        .help("`insert.atoms` counts those that are there as well")),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The structure of a replica before any force is needed.
    fn made(&self, replica: u32) -> Result<Structure, natron_build::BuildError> {
        match self.recipe(replica)? {
            Recipe::Made(structure) | Recipe::Melt(structure, _) => Ok(structure),
            Recipe::File => Ok(self.start.clone().expect("the file was read")),
        }
    }

    /// How replica `replica` comes about.
    pub(super) fn recipe(&self, replica: u32) -> Result<Recipe, natron_build::BuildError> {
        self.deck.structure.recipe(self.seed, replica, self.deck.output.restart_every_ps)
    }

    /// The run directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let mut deck = self.deck.clone();
        deck.output.directory = Some(".".into());
        if let (StructureTable::File(table), Some(file)) = (&mut deck.structure, &self.start_file) {
            table.file = files::relative(file, &self.directory);
        }
        if let Some(file) = &self.potential_file {
            deck.potential.name = None;
            deck.potential.file = Some(files::relative(file, &self.directory));
        }
        meanings::to_toml(&deck)
    }
}

/// The potential, and its file if it has one.
fn load(document: &Document, deck: &BuildDeck) -> Result<(LoadedPotential, Option<PathBuf>), InputError> {
    let (key, value) = match (&deck.potential.name, &deck.potential.file) {
        (Some(name), _) => ("potential.name", name),
        (None, file) => ("potential.file", file.as_ref().expect("one of the two was checked to be there")),
    };
    let located = |error| document.error_behind(&KeyPath::parse(key), error);
    if key == "potential.name" && !is_file(value) {
        return Ok((load_built_in(value).map_err(located)?, None));
    }
    let file = document.folder().join(value);
    Ok((load_file(&file).map_err(located)?, Some(file)))
}

/// The structure of a file, where the deck names one.
fn read_start(
    document: &Document,
    deck: &BuildDeck,
) -> Result<(Option<Structure>, Option<PathBuf>), InputError> {
    let StructureTable::File(table) = &deck.structure else { return Ok((None, None)) };
    let file = document.folder().join(&table.file);
    let behind = |error| document.error_behind(&KeyPath::parse("structure.file"), error);
    let mut frames = files::read_frames(&file).map_err(behind)?;
    let count = frames.len();
    let frame = match table.frame {
        None => frames.pop(),
        Some(frame) if frame < count => Some(frames.swap_remove(frame)),
        Some(frame) => {
            let message = format!("there is no frame {frame} in {}", file.display());
            return Err(document
                .error_on(&KeyPath::parse("structure.frame"), message)
                .help(format!("it holds {count}, counted from 0")));
        }
    };
    let frame = frame.ok_or_else(|| behind(InputError::new("the file holds no frame").in_file(&file)))?;
    let filled = deck.insert.is_some() || deck.grand_canonical.is_some();
    if frame.structure.cell.periodic() != [true; 3] && filled {
        let message = "atoms are inserted into periodic structures only";
        return Err(behind(InputError::new(message).in_file(&file)));
    }
    Ok((Some(frame.structure), Some(file)))
}
