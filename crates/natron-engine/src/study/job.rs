//! Everything about a study that can be wrong before it starts.

use std::path::{Path, PathBuf};

use natron_atoms::Species;
use natron_build::random::{Purpose, Stream};
use natron_build::recipe::{FromFile, StructureTable};
use natron_dynamics::MdDeck;
use natron_dynamics::deck::{
    AnalysisDeck, EnsembleDeck, OutputDeck, PotentialDeck, RampDeck, StageDeck, SystemDeck,
};

use super::deck::StudyDeck;
use super::meanings;
use crate::build::{BuildDeck, BuildOutput};
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::job::JobOptions;
use crate::potentials::{LoadedPotential, is_file, load_potential};
use crate::run_directory::{Existing, RunDirectory};
use crate::{Failure, InputError, files};

/// A checked study.
pub struct StudyJob {
    pub(super) deck: StudyDeck,
    pub(super) potential: LoadedPotential,
    /// The potential as decks below the run directory name it: built in, or a file with its whole path.
    potential_choice: PotentialDeck,
    pub(super) host_file: PathBuf,
    /// Hosts of the voltage, where one is wanted.
    pub(super) voltage_hosts: Vec<PathBuf>,
    /// The head for charges, where the deck names a file.
    pub(super) head_file: Option<PathBuf>,
    /// Elements of the host that are not inserted: their drift is removed.
    pub(super) reference: Vec<Species>,
    pub(super) mobile: Species,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
}

/// One run of the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Item {
    /// Inserted atoms.
    pub(super) x: usize,
    /// Temperature, K.
    pub(super) temperature_k: f64,
    /// From 0.
    pub(super) replica: u32,
    /// Number in the grid, from 0.
    pub(super) number: usize,
}

impl StudyJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it refers to.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: StudyDeck = decode_and_check(&document, StudyDeck::problems)?;
        let (potential, potential_choice) = load(&document, &deck.potential)?;
        let host_file = files::whole(&document.folder().join(&deck.host.structure));
        let behind = |error| document.error_behind(&KeyPath::parse("host.structure"), error);
        let mut frames = files::read_frames(&host_file).map_err(behind)?;
        let count = frames.len();
        let number = deck.host.frame.unwrap_or(count.saturating_sub(1));
        if number >= count {
            let message = format!("there is no frame {number} in {}", host_file.display());
            let error = document.error_on(&KeyPath::parse("host.frame"), message);
            return Err(error.help(format!("it holds {count}, counted from 0")).into());
        }
        let host = frames.swap_remove(number).structure;
        let mobile = Species::from_symbol(&deck.insert.species).expect("the symbol was checked");
        let mut reference: Vec<Species> = host.species.iter().copied().filter(|s| *s != mobile).collect();
        reference.sort_unstable();
        reference.dedup();
        let directory = files::whole(&RunDirectory::place(&document, deck.output.directory.as_deref())?);
        let at = |file: &String| files::whole(&document.folder().join(file));
        let named = deck.voltage.iter().flat_map(|voltage| &voltage.hosts).map(at).collect::<Vec<_>>();
        let voltage_hosts = if named.is_empty() { vec![host_file.clone()] } else { named };
        let head_file = deck.charges.as_ref().and_then(|charges| charges.head.as_ref()).map(at);
        let job = Self {
            existing: options.existing,
            deck,
            potential,
            potential_choice,
            host_file,
            voltage_hosts,
            head_file,
            reference,
            mobile,
            directory,
        };
        job.check(&document, &host)?;
        job.check_panels(&document)?;
        Ok(job)
    }

    /// The host can be filled, and the deck of a run is in order.
    fn check(&self, document: &Document, host: &natron_atoms::Structure) -> Result<(), Failure> {
        let at_host = |message: String| document.error_on(&KeyPath::parse("host.structure"), message);
        crate::structure::check(host, &self.potential).map_err(at_host)?;
        if host.cell.periodic() != [true; 3] {
            return Err(at_host("atoms are inserted into periodic structures only".into()).into());
        }
        if !self.potential.knows(&[self.mobile]) {
            let message = format!("the potential `{}` does not know {}", self.potential.name, self.mobile);
            return Err(document.error_on(&KeyPath::parse("insert.species"), message).into());
        }
        let present = host.species.iter().filter(|species| **species == self.mobile).count();
        if let Some(x) = self.deck.insert.atoms.iter().find(|x| **x <= present) {
            let message = format!("the host holds {present} {} already, {x} are no more", self.mobile);
            return Err(document.error_on(&KeyPath::parse("insert.atoms"), message).into());
        }
        let item = self.items()[0];
        let decks = [self.equilibration(item, self.deck.run.equilibrate_ps), self.production(item)];
        let problems = decks.iter().filter_map(|deck| deck.validate().err()).flatten();
        let errors: Vec<InputError> = problems
            .map(|problem| {
                let key = problem.path.rsplit('.').next().unwrap_or_default();
                let path = KeyPath::parse(&format!("run.{key}"));
                document.error_on(&path, problem.message)
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
    }

    /// Every run of the grid: the longest fillings do not wait for the end.
    pub(super) fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for &x in self.deck.insert.atoms.iter().rev() {
            for &temperature_k in &self.deck.grid.temperature_k {
                for replica in 0..self.deck.grid.replicas {
                    items.push(Item { x, temperature_k, replica, number: items.len() });
                }
            }
        }
        items
    }

    /// The folder of a filling and a temperature.
    pub(super) fn folder(&self, item: Item) -> PathBuf {
        let temperature = format!("{:04}", item.temperature_k);
        self.directory.join(format!("x-{:03}", item.x)).join(format!("T-{temperature}"))
    }

    /// The structures as a deck of `natron build`.
    pub(super) fn structures(&self) -> BuildDeck {
        BuildDeck {
            format: 1,
            seed: Some(self.deck.seed),
            replicas: 1,
            structure: StructureTable::File(FromFile {
                file: files::relative(&self.host_file, &self.directory),
                frame: self.deck.host.frame,
            }),
            vacancies: None,
            relax: None,
            insert: Some(self.deck.insert.clone()),
            grand_canonical: None,
            monte_carlo: None,
            potential: self.potential_in(&self.directory),
            output: BuildOutput { directory: Some("structures".into()), ..BuildOutput::default() },
        }
    }

    /// The Langevin dynamics that a run begins with, as a deck in the folder of the item.
    pub(super) fn equilibration(&self, item: Item, duration_ps: f64) -> MdDeck {
        let relax = StageDeck {
            name: "relax".into(),
            kind: "minimise".into(),
            force_max_ev_per_a: Some(self.deck.insert.force_max_ev_per_a),
            max_steps: Some(500),
            ..StageDeck::default()
        };
        let ensemble = EnsembleDeck {
            kind: "nvt-langevin".into(),
            temperature_k: Some(RampDeck::Constant(item.temperature_k)),
            friction_per_ps: Some(self.deck.run.friction_per_ps),
            ..EnsembleDeck::default()
        };
        let equilibrate =
            StageDeck { record: Some(false), ..self.dynamics("equilibrate", duration_ps, ensemble) };
        let structure = self
            .directory
            .join("structures")
            .join(crate::build::filled_name(&self.deck.insert.species, item.x));
        let structure = files::relative(&structure, &self.folder(item));
        self.md(item, structure, format!("equilibrate-{:03}", item.replica), vec![relax, equilibrate])
    }

    /// The dynamics that D is measured in.
    pub(super) fn production(&self, item: Item) -> MdDeck {
        let ensemble = EnsembleDeck { kind: "nve".into(), ..EnsembleDeck::default() };
        let stage = StageDeck {
            record: Some(true),
            ..self.dynamics("production", self.deck.run.production_ps, ensemble)
        };
        let start = format!("start-{:03}.extxyz", item.replica);
        self.md(item, start, format!("replica-{:03}", item.replica), vec![stage])
    }

    fn dynamics(&self, name: &str, duration_ps: f64, ensemble: EnsembleDeck) -> StageDeck {
        StageDeck {
            name: name.into(),
            kind: "dynamics".into(),
            duration_ps: Some(duration_ps),
            timestep_fs: Some(self.deck.run.timestep_fs),
            ensemble: Some(ensemble),
            ..StageDeck::default()
        }
    }

    fn md(&self, item: Item, structure: String, directory: String, stages: Vec<StageDeck>) -> MdDeck {
        let key = ((item.x as u64) << 32) | u64::from((item.temperature_k * 16.0) as u32);
        // TOML has no whole numbers of 64 bits without sign.
        let seed = Stream::new(self.deck.seed, item.replica, Purpose::Dynamics, key).bits() >> 1;
        let every_fs = self.deck.run.trajectory_every_fs;
        MdDeck {
            format: 1,
            seed,
            replicas: 1,
            system: SystemDeck { structure, frame: None, fixed: Vec::new() },
            potential: self.potential_in(&self.folder(item)),
            output: OutputDeck {
                directory: Some(directory),
                trajectory_every_fs: every_fs,
                thermo_every_fs: every_fs,
                restart_every_ps: self.deck.output.restart_every_ps,
                ..OutputDeck::default()
            },
            analysis: AnalysisDeck {
                mobile: vec![self.mobile.symbol().into()],
                reference: self.reference.iter().map(|species| species.symbol().into()).collect(),
            },
            limits: Default::default(),
            uncertainty: Default::default(),
            neighbour: Default::default(),
            groups: Vec::new(),
            stages,
        }
    }

    /// The potential as a command line would name it.
    pub(super) fn potential_words(&self) -> &str {
        let PotentialDeck { name, file } = &self.potential_choice;
        name.as_ref().or(file.as_ref()).map_or("", String::as_str)
    }

    /// The potential for a deck in a folder.
    pub(super) fn potential_in(&self, folder: &Path) -> PotentialDeck {
        let file = self.potential_choice.file.as_ref();
        PotentialDeck {
            name: self.potential_choice.name.clone(),
            file: file.map(|file| files::relative(Path::new(file), folder)),
        }
    }

    /// The resolved deck as it is kept in the run directory, where its paths start from.
    pub(super) fn deck_for_directory(&self) -> String {
        let mut deck = self.deck.clone();
        deck.host.structure = files::relative(&self.host_file, &self.directory);
        deck.potential = self.potential_in(&self.directory);
        let relative = |file: &PathBuf| files::relative(file, &self.directory);
        if let Some(voltage) = deck.voltage.as_mut().filter(|voltage| !voltage.hosts.is_empty()) {
            voltage.hosts = self.voltage_hosts.iter().map(relative).collect();
        }
        if let Some(charges) = &mut deck.charges {
            charges.head = self.head_file.as_ref().map(relative);
        }
        deck.output.directory = Some(".".into());
        meanings::to_toml(&deck)
    }
}

/// The potential, and how decks elsewhere name it.
pub(crate) fn load(
    document: &Document,
    potential: &PotentialDeck,
) -> Result<(LoadedPotential, PotentialDeck), InputError> {
    let built_in = potential.name.as_ref().filter(|name| !is_file(name));
    let key = if potential.name.is_some() { "potential.name" } else { "potential.file" };
    let located = |error| document.error_behind(&KeyPath::parse(key), error);
    if let Some(name) = built_in {
        let choice = PotentialDeck { name: Some(name.clone()), file: None };
        return Ok((load_potential(name).map_err(located)?, choice));
    }
    let named = potential.name.as_ref().or(potential.file.as_ref());
    let file = files::whole(&document.folder().join(named.expect("one of the two was checked to be there")));
    let loaded = crate::potentials::load_file(&file).map_err(located)?;
    Ok((loaded, PotentialDeck { name: None, file: Some(file.display().to_string()) }))
}
