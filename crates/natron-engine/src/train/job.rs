//! Everything about a training that can be wrong before it starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use natron_potential::{Model, ModelSpec};
use natron_train::{FrameSource, Memory, Sources, TrainError, Trainer};

use super::data::DataSet;
use super::deck::TrainDeck;
use super::frames::Split;
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::job::JobOptions;
use crate::potentials::{is_file, load_model};
use crate::run_directory::{Existing, RunDirectory};
use crate::{Failure, InputError, files, memory};

/// A checked training: deck and data are there and fit together.
pub struct TrainJob {
    pub(super) deck: TrainDeck,
    /// What the model looks like.
    pub(super) spec: ModelSpec,
    /// What it starts from.
    start: Option<Model>,
    /// Its name, or its file as it is found from the working directory.
    start_file: Option<String>,
    pub(super) data: DataSet,
    /// What the frames and a step of the training need.
    memory: Memory,
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
        let start_file = deck.start.as_ref().map(|table| {
            let name = &table.potential;
            if is_file(name) { files::with_slash(&document.folder().join(name)) } else { name.clone() }
        });
        let start = start_file.as_deref().map(load_model).transpose()?;
        let spec = match (&deck.model, &start) {
            (Some(spec), _) => spec.clone(),
            (None, Some(start)) => start.spec.clone(),
            (None, None) => unreachable!("the deck's problems name this one"),
        };
        let data = DataSet::read(&document, &deck.data, deck.distillation.as_ref())?;
        let directory = RunDirectory::place(&document, deck.output.directory.as_deref())?;
        let mut job = Self {
            deck,
            spec,
            start,
            start_file,
            data,
            memory: Memory { held_frames: 0, streamed_frames: 0, held_bytes: 0, step_bytes: 0 },
            directory,
            existing: options.existing,
        };
        job.memory = job.look().map_err(|error| refused(error).in_file(&options.deck))?;
        Ok(job)
    }

    /// The training deck that another deck names under `train.deck`.
    ///
    /// # Errors
    /// There is no such file.
    pub(crate) fn deck_behind(document: &Document, name: &str) -> Result<PathBuf, InputError> {
        let path = document.folder().join(name);
        match path.is_file() {
            true => Ok(path),
            false => Err(document
                .error_on(
                    &KeyPath::parse("train.deck"),
                    format!("there is no training deck `{}`", path.display()),
                )
                .help("paths in a deck start from the deck's own folder")),
        }
    }

    /// What it needs, in words.
    pub(super) fn memory(&self) -> String {
        let bytes = self.data.held_bytes() + self.memory.held_bytes + self.memory.step_bytes;
        let all = format!("{:.0} MB of memory", bytes as f64 * 1e-6);
        match (self.memory.held_frames, self.memory.streamed_frames) {
            (_, 0) => all,
            (held, streamed) => format!(
                "{all} ({held} frames stay prepared, {streamed} are prepared anew in every epoch: data.memory_GB is {})",
                memory::in_gb(self.memory_limit_bytes())
            ),
        }
    }

    /// What `data.files` says.
    pub(crate) fn files(&self) -> &[String] {
        &self.deck.data.files
    }

    /// Passes over the training frames.
    pub(crate) fn length(&self) -> usize {
        self.deck.optimiser.epochs
    }

    /// The files of frames it reads.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.data.files
    }

    /// What frames may take, bytes.
    fn memory_limit_bytes(&self) -> u64 {
        self.deck.data.memory_gb.map_or_else(memory::half_bytes, |gb| (gb * 1e9) as u64)
    }

    fn sources(&self, train: Arc<dyn FrameSource>, valid: Arc<dyn FrameSource>) -> Sources {
        let memory_bytes = self.memory_limit_bytes().saturating_sub(self.data.held_bytes());
        Sources { train, valid, memory_bytes }
    }

    /// Looks at every frame; what the training needs.
    fn look(&self) -> Result<Memory, TrainError> {
        if self.start.as_ref().is_some_and(|start| start.spec != self.spec) {
            return Err(TrainError::OtherModel);
        }
        let sources = self.sources(self.data.samples(Split::Train), self.data.samples(Split::Valid));
        Trainer::look(&self.spec, &self.deck.optimiser, &self.deck.compute, &sources)
    }

    /// A training on the given frames.
    pub(super) fn trainer(
        &self,
        train: Arc<dyn FrameSource>,
        valid: Arc<dyn FrameSource>,
    ) -> Result<Trainer, InputError> {
        let deck = &self.deck;
        let isolated = self.data.isolated(&self.spec.species);
        let trainer = Trainer::from_sources(
            self.spec.clone(),
            deck.loss.clone(),
            deck.optimiser.clone(),
            deck.seed,
            &self.sources(train, valid),
            &isolated,
        );
        let computed = trainer.and_then(|trainer| trainer.computed(deck.compute));
        let started = computed.and_then(|trainer| match &self.start {
            Some(start) => trainer.start_from(start),
            None => Ok(trainer),
        });
        started.map_err(refused)
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        self.deck_in(&self.directory, ".")
    }

    /// The resolved deck as it lies in `folder`, with its run directory there.
    pub(crate) fn deck_in(&self, folder: &Path, output: &str) -> String {
        let mut deck = self.deck.clone();
        deck.data.files = self.data.files.iter().map(|file| files::relative(file, folder)).collect();
        deck.output.directory = Some(output.into());
        deck.model = Some(self.spec.clone());
        let from_here = |name: &String| {
            if is_file(name) {
                files::with_slash(Path::new(&files::relative(Path::new(name), folder)))
            } else {
                name.clone()
            }
        };
        if let (Some(table), Some(file)) = (&mut deck.start, &self.start_file) {
            table.potential = from_here(file);
        }
        if let Some(table) = &mut deck.distillation {
            table.teachers = self.data.teachers.iter().map(from_here).collect();
            let structures = self.data.distilled_files.iter();
            table.structures = structures.map(|file| files::relative(file, folder)).collect();
        }
        toml::to_string(&deck).expect("a deck that was read can be written")
    }
}

/// Why there is no training, and what to do about it.
fn refused(error: TrainError) -> InputError {
    match error {
        TrainError::Source(text) => InputError::new(text),
        error @ TrainError::Gpu(_) => InputError::new(error.to_string())
            .help("`device = \"cpu\"` in [compute] computes on the processor"),
        error => InputError::new(error.to_string())
            .help("frames are sorted by [data] split_key into train, valid and test"),
    }
}
