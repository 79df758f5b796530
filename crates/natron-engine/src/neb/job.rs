//! Everything about a path that can be wrong before it starts.

use std::path::{Path, PathBuf};

use natron_atoms::Structure;
use natron_dynamics::band::{self, check_ends};
use natron_dynamics::deck::PotentialDeck;

use super::deck::NebDeck;
use super::meanings;
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::job::JobOptions;
use crate::potentials::LoadedPotential;
use crate::run_directory::{Existing, RunDirectory};
use crate::study::load;
use crate::{Failure, InputError, files};

/// A checked path: ends, what lies between, and potential fit together.
pub struct NebJob {
    pub(super) deck: NebDeck,
    pub(super) potential: LoadedPotential,
    /// The potential as a deck in the run directory names it.
    potential_choice: PotentialDeck,
    /// Files of start, what lies between, and end.
    point_files: Vec<PathBuf>,
    pub(super) points: Vec<Structure>,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
}

impl NebJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it refers to.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: NebDeck = decode_and_check(&document, NebDeck::problems)?;
        let (potential, potential_choice) = load(&document, &deck.potential)?;
        let through = deck.path.through.iter().enumerate();
        let through = through.map(|(k, name)| (format!("path.through.{k}"), name));
        let names = std::iter::once(("path.start".to_string(), &deck.path.start))
            .chain(through)
            .chain(std::iter::once(("path.end".to_string(), &deck.path.end)));
        let (mut point_files, mut points): (Vec<PathBuf>, Vec<Structure>) = (Vec::new(), Vec::new());
        for (key, name) in names {
            let path = files::whole(&document.folder().join(name));
            points.push(read(&document, &key, &path, &potential, points.first())?);
            point_files.push(path);
        }
        band::straight(&points, deck.path.images).map_err(|error| {
            document
                .error_on(&KeyPath::parse("path"), error.to_string())
                .help("give two different structures")
        })?;
        let directory = files::whole(&RunDirectory::place(&document, deck.output.directory.as_deref())?);
        let existing = options.existing;
        Ok(Self { deck, potential, potential_choice, point_files, points, directory, existing })
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let relative = |file: &PathBuf| files::relative(file, &self.directory);
        let mut deck = self.deck.clone();
        let last = self.point_files.len() - 1;
        deck.path.start = relative(&self.point_files[0]);
        deck.path.end = relative(&self.point_files[last]);
        deck.path.through = self.point_files[1..last].iter().map(relative).collect();
        let file = self.potential_choice.file.as_ref();
        deck.potential = PotentialDeck {
            name: self.potential_choice.name.clone(),
            file: file.map(|file| files::relative(Path::new(file), &self.directory)),
        };
        deck.output.directory = Some(".".into());
        meanings::to_toml(&deck)
    }
}

/// The last structure of a file, which the potential knows and which has the atoms of the first.
fn read(
    document: &Document,
    key: &str,
    path: &Path,
    potential: &LoadedPotential,
    first: Option<&Structure>,
) -> Result<Structure, InputError> {
    let key = document.resolve(key);
    let behind = |error: InputError| document.error_behind(&key, error);
    let frames = files::read_frames(path).map_err(behind)?;
    let wrong = |message: String| behind(InputError::new(message).in_file(path));
    let last = frames.into_iter().last().ok_or_else(|| wrong("the file holds no frame".into()))?;
    crate::structure::check(&last.structure, potential).map_err(wrong)?;
    if let Some(first) = first {
        check_ends(first, &last.structure).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(last.structure)
}
