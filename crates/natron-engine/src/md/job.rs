//! Everything about a run that can be wrong before it starts.

use std::path::{Path, PathBuf};

use natron_atoms::{Frame, Species};
use natron_dynamics::groups::Groups;
use natron_dynamics::plan::PotentialChoice;
use natron_dynamics::{DeckProblem, MdDeck, MdPlan, PotentialTag, SetupError, Simulation};
use natron_io::SourceFrame;

use crate::deck::{Document, KeyPath, Problem, decode_and_check};
use crate::job::JobOptions;
use crate::md::explain;
use crate::potentials::{LoadedPotential, load_built_in, load_file};
use crate::run_directory::{Existing, RunDirectory};
use crate::{Failure, InputError, files, trajectory};

/// A checked run: deck, structure and potential are there and fit together.
pub struct MdJob {
    pub(super) deck: MdDeck,
    pub(super) plan: MdPlan,
    pub(super) start: Frame,
    /// Line of the structure file where the frame begins.
    start_line: usize,
    pub(super) structure_file: PathBuf,
    pub(super) potential: LoadedPotential,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
    deck_folder: PathBuf,
}

impl MdJob {
    /// Reads and checks everything; writes nothing. Whether the run directory may be used is for the run to say.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it refers to.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: MdDeck = decode_and_check(&document, problems)?;
        let plan = deck.validate().expect("the deck was validated while it was read");
        let folder = document.folder();
        let potential = load(&document, &plan)?;
        let structure_file = folder.join(&plan.structure);
        let start = read_start(&document, &plan, &structure_file)?;
        check_analysis(&document, &plan, &start.frame)?;
        Groups::of(&plan.run.groups, &start.frame.structure)
            .and_then(|groups| trajectory::options(&plan.output, &groups, &start.frame.structure, Vec::new()))
            .map_err(|problem| in_deck(&document, &problem))?;
        let job = Self {
            directory: RunDirectory::place(&document, plan.directory.as_deref())?,
            existing: options.existing,
            deck_folder: folder,
            deck,
            plan,
            start: start.frame,
            start_line: start.line,
            structure_file,
            potential,
        };
        job.simulation(0).map_err(|error| match &error {
            SetupError::Deck(problem) => in_deck(&document, problem),
            _ => job.setup_error(&error),
        })?;
        Ok(job)
    }

    /// Replica `replica` at its beginning.
    pub(super) fn simulation(&self, replica: u32) -> Result<Simulation<'_>, SetupError> {
        Simulation::new(
            &self.plan.run,
            replica,
            self.start.structure.clone(),
            self.start.velocities.as_deref(),
            &*self.potential.potential,
            self.tag(),
        )
    }

    /// What the trajectory holds.
    pub(super) fn trajectory_options(&self) -> natron_io::h5md::Options {
        let ensembles =
            self.plan.run.recorded().map(|(stage, dynamics)| format!("{stage}: {}", dynamics.conditions()));
        Groups::of(&self.plan.run.groups, &self.start.structure)
            .and_then(|groups| {
                trajectory::options(&self.plan.output, &groups, &self.start.structure, ensembles.collect())
            })
            .expect("the groups were checked against the structure")
    }

    /// Which potential, for the restart.
    pub(super) fn tag(&self) -> PotentialTag {
        PotentialTag { sha256: self.potential.sha256, kernel: self.potential.kernel() }
    }

    /// A setup error as an error of the structure file or of the deck.
    pub(super) fn setup_error(&self, error: &SetupError) -> InputError {
        let error_in =
            |file: &Path| InputError::new(error.to_string()).in_file(file).at_line(self.start_line);
        match error {
            SetupError::UnknownSpecies { .. } => error_in(&self.structure_file)
                .help("choose a [potential] made for this element, or another structure"),
            SetupError::Overlap { .. } => {
                error_in(&self.structure_file).help("atoms are counted from 0; move or remove one of the two")
            }
            _ => error_in(&self.structure_file),
        }
    }

    /// The run directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Number of atoms.
    pub fn atoms(&self) -> usize {
        self.start.structure.len()
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let mut deck = self.deck.clone();
        deck.system.structure = files::relative(&self.structure_file, &self.directory);
        deck.output.directory = Some(".".into());
        if let PotentialChoice::File(file) = &self.plan.potential {
            deck.potential.name = None;
            deck.potential.file = Some(files::relative(&self.deck_folder.join(file), &self.directory));
        }
        explain::to_toml(&deck)
    }
}

/// A problem that only deck and structure together have, at its place in the deck.
fn in_deck(document: &Document, problem: &DeckProblem) -> InputError {
    let error = document.error_on(&document.resolve(&problem.path), problem.message.clone());
    InputError { help: problem.help.clone(), ..error }
}

/// What is wrong with the values of a deck, in the engine's form.
fn problems(deck: &MdDeck) -> Vec<Problem> {
    let found = deck.validate().err().unwrap_or_default();
    found.into_iter().map(|p| Problem { path: p.path, message: p.message, help: p.help }).collect()
}

fn load(document: &Document, plan: &MdPlan) -> Result<LoadedPotential, InputError> {
    let located = |error, key: &str| document.error_behind(&KeyPath::parse(key), error);
    match &plan.potential {
        PotentialChoice::BuiltIn(name) => load_built_in(name).map_err(|e| located(e, "potential.name")),
        PotentialChoice::File(file) => load_file(&document.folder().join(file)).map_err(|e| {
            let key = if document.has(&KeyPath::parse("potential.file")) {
                "potential.file"
            } else {
                "potential.name"
            };
            located(e, key)
        }),
    }
}

fn read_start(document: &Document, plan: &MdPlan, file: &Path) -> Result<SourceFrame, InputError> {
    let behind = |error| document.error_behind(&KeyPath::parse("system.structure"), error);
    let mut frames = files::read_sources(file).map_err(behind)?;
    let count = frames.len();
    match plan.frame {
        None => frames.pop().ok_or_else(|| behind(InputError::new("the file holds no frame").in_file(file))),
        Some(frame) if frame < count => Ok(frames.swap_remove(frame)),
        Some(frame) => Err(document
            .error_on(
                &KeyPath::parse("system.frame"),
                format!("there is no frame {frame} in {}", file.display()),
            )
            .help(format!("it holds {count}, counted from 0"))),
    }
}

/// The species that are analysed must be in the structure.
fn check_analysis(document: &Document, plan: &MdPlan, start: &Frame) -> Result<(), Vec<InputError>> {
    let missing = |key: &'static str, species: &[Species]| -> Vec<InputError> {
        let absent = species.iter().filter(|s| !start.structure.species.contains(s));
        let error = |s: &Species| {
            document
                .error_on(&KeyPath::parse(key), format!("there is no {s} atom in the structure to analyse"))
        };
        absent.map(error).collect()
    };
    let mut errors = missing("analysis.mobile", &plan.mobile);
    errors.extend(missing("analysis.reference", &plan.reference));
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
