//! Everything about a training that can be wrong before it starts.

use std::path::PathBuf;

use natron_train::Trainer;

use super::data::{DataSet, Split};
use super::deck::TrainDeck;
use crate::deck::{Document, decode_and_check};
use crate::job::JobOptions;
use crate::run_directory::Existing;
use crate::{Failure, InputError, files};

/// A checked training: deck and data are there and fit together.
pub struct TrainJob {
    pub(super) deck: TrainDeck,
    pub(super) data: DataSet,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
}

impl TrainJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of the data.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: TrainDeck = decode_and_check(&document, TrainDeck::problems)?;
        let data = DataSet::read(&document, &deck.data)?;
        let stem = document.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let joined = document.folder().join(deck.output.directory.clone().unwrap_or(stem));
        let directory = std::fs::canonicalize(&joined).unwrap_or(joined);
        let job = Self { deck, data, directory, existing: options.existing };
        job.trainer(job.data.samples(Split::Train), job.data.samples(Split::Valid))
            .map_err(|error| error.in_file(&options.deck))?;
        Ok(job)
    }

    /// A training on the given frames.
    pub(super) fn trainer(
        &self,
        train: Vec<natron_train::Sample>,
        valid: Vec<natron_train::Sample>,
    ) -> Result<Trainer, InputError> {
        let deck = &self.deck;
        Trainer::new(
            deck.model.clone(),
            deck.loss.clone(),
            deck.optimiser.clone(),
            deck.seed,
            train,
            valid,
            &self.data.isolated(&deck.model.species),
        )
        .map_err(|error| {
            InputError::new(error.to_string())
                .help("frames are sorted by [data] split_key into train, valid and test; frames are counted within them")
        })
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let mut deck = self.deck.clone();
        deck.data.files = self.data.files.iter().map(|file| files::relative(file, &self.directory)).collect();
        deck.output.directory = Some(".".into());
        toml::to_string(&deck).expect("a deck that was read can be written")
    }
}
