//! Everything about a voltage that can be wrong before it starts.

use std::path::{Path, PathBuf};

use natron_atoms::{Species, Structure};
use natron_build::random::{Purpose, Stream};
use natron_build::recipe::{FromFile, RelaxTable, StructureTable};
use natron_dynamics::deck::PotentialDeck;

use super::deck::VoltageDeck;
use super::meanings;
use crate::build::{BuildDeck, BuildOutput};
use crate::deck::{Document, KeyPath, decode_and_check};
use crate::job::JobOptions;
use crate::potentials::{self, LoadedPotential};
use crate::run_directory::{Existing, RunDirectory};
use crate::study::load;
use crate::{Failure, InputError, files};

/// Steps of relaxing an empty host at most.
pub(super) const HOST_STEPS_MAX: u64 = 5000;

/// A checked voltage: deck, hosts, metal and potential fit together.
pub struct VoltageJob {
    pub(super) deck: VoltageDeck,
    pub(super) potential: LoadedPotential,
    /// The potential as decks below the run directory name it.
    potential_choice: PotentialDeck,
    host_files: Vec<PathBuf>,
    /// What the inserted element starts from, where the deck names a file.
    pub(super) metal_start: Option<Structure>,
    metal_file: Option<PathBuf>,
    pub(super) mobile: Species,
    /// Mass of a host, amu: all have one composition.
    pub(super) host_mass_amu: f64,
    /// Atoms of a host.
    pub(super) host_atoms: usize,
    /// That composition in words, such as C200.
    pub(super) formula: String,
    /// What the potential's energies are off by on its test frames, meV/atom, where it says so.
    pub(super) test_rmse_mev_per_atom: Option<f64>,
    pub(super) directory: PathBuf,
    pub(super) existing: Existing,
}

impl VoltageJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of what it refers to.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        Self::of(&Document::read(&options.deck, &options.overrides)?, options.existing)
    }

    /// The same from a deck that was read, or that is not a file yet.
    ///
    /// # Errors
    /// See [`VoltageJob::prepare`].
    pub(crate) fn of(document: &Document, existing: Existing) -> Result<Self, Failure> {
        let mut deck: VoltageDeck = decode_and_check(document, VoltageDeck::problems)?;
        if deck.grand_canonical.is_some() {
            deck.monte_carlo.get_or_insert_default();
        }
        let (potential, potential_choice) = load(document, &deck.potential)?;
        let mobile = Species::from_symbol(&deck.insert.species).expect("the symbol was checked");
        if !potential.knows(&[mobile]) {
            let message = format!("the potential `{}` does not know {mobile}", potential.name);
            return Err(document.error_on(&KeyPath::parse("insert.species"), message).into());
        }
        let (host_files, hosts) = read_hosts(document, &deck, &potential, mobile)?;
        let (metal_file, metal_start) = read_metal(document, &deck, &potential, mobile)?;
        let directory = files::whole(&RunDirectory::place(document, deck.output.directory.as_deref())?);
        let host_mass_amu = hosts[0].species.iter().map(|species| species.mass_amu()).sum();
        let words = potential_choice.name.as_ref().or(potential_choice.file.as_ref());
        Ok(Self {
            formula: formula(&hosts[0]),
            host_atoms: hosts[0].len(),
            test_rmse_mev_per_atom: words.and_then(|words| test_rmse_mev_per_atom(words)),
            deck,
            potential,
            potential_choice,
            host_files,
            metal_start,
            metal_file,
            mobile,
            host_mass_amu,
            directory,
            existing,
        })
    }

    /// Number of hosts.
    pub(super) fn hosts(&self) -> usize {
        self.host_files.len()
    }

    /// The run directory of filling a host.
    pub(super) fn folder(&self, host: usize) -> PathBuf {
        self.directory.join(format!("host-{host:03}"))
    }

    /// Where an emptied host is kept.
    pub(super) fn emptied_file(&self, host: usize, x: usize) -> PathBuf {
        let name = crate::build::filled_name(&self.deck.insert.species, x);
        self.directory.join(format!("emptied-{host:03}")).join(name)
    }

    /// The file of a host as the deck names it.
    pub(super) fn host_name(&self, host: usize) -> &str {
        &self.deck.host.structures[host]
    }

    /// Filling a host as a deck of `natron build`.
    pub(super) fn filling(&self, host: usize) -> BuildDeck {
        // TOML has no whole numbers of 64 bits without sign.
        let seed = Stream::new(self.deck.seed, 0, Purpose::Voids, host as u64).bits() >> 1;
        BuildDeck {
            format: 1,
            seed: Some(seed),
            replicas: 1,
            structure: StructureTable::File(FromFile {
                file: files::relative(&self.host_files[host], &self.directory),
                frame: None,
            }),
            vacancies: None,
            relax: Some(self.relaxation()),
            insert: Some(self.deck.insert.clone()),
            grand_canonical: None,
            monte_carlo: None,
            potential: self.potential_in(&self.directory),
            output: BuildOutput { directory: Some(format!("host-{host:03}")), ..BuildOutput::default() },
        }
    }

    /// How an empty host is relaxed: as far as a filled one, and its cell as well where theirs is.
    pub(super) fn relaxation(&self) -> RelaxTable {
        RelaxTable {
            force_max_ev_per_a: self.deck.insert.force_max_ev_per_a,
            max_steps: HOST_STEPS_MAX,
            cell: self.deck.insert.cell.clone(),
            pressure_gpa: None,
        }
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
        let relative = |file: &PathBuf| files::relative(file, &self.directory);
        let mut deck = self.deck.clone();
        deck.host.structures = self.host_files.iter().map(relative).collect();
        deck.metal.structure = self.metal_file.as_ref().map(relative);
        deck.potential = self.potential_in(&self.directory);
        deck.output.directory = Some(".".into());
        meanings::to_toml(&deck)
    }
}

/// What a potential's energies are off by on its test frames, meV/atom: a neural potential's file says so.
fn test_rmse_mev_per_atom(potential: &str) -> Option<f64> {
    let loaded = potentials::load_neural(potential).ok()?;
    Some(loaded.potential.provenance().errors.test.as_ref()?.energy_rmse_mev_per_atom)
}

/// The last structure of every file: periodic, known to the potential, without the inserted element, of one composition.
fn read_hosts(
    document: &Document,
    deck: &VoltageDeck,
    potential: &LoadedPotential,
    mobile: Species,
) -> Result<(Vec<PathBuf>, Vec<Structure>), InputError> {
    let (mut paths, mut hosts): (Vec<PathBuf>, Vec<Structure>) = (Vec::new(), Vec::new());
    for (index, name) in deck.host.structures.iter().enumerate() {
        let path = files::whole(&document.folder().join(name));
        let key = document.resolve(&format!("host.structures.{index}"));
        let behind = |message: String| document.error_behind(&key, InputError::new(message).in_file(&path));
        let host = read(document, &key, &path)?;
        crate::structure::check(&host, potential).map_err(&behind)?;
        if host.cell.periodic() != [true; 3] {
            return Err(behind("atoms are inserted into periodic structures only".into()));
        }
        let present = host.species.iter().filter(|species| **species == mobile).count();
        if present > 0 {
            let message = format!("the host holds {present} {mobile}: a voltage begins with a host without");
            return Err(behind(message));
        }
        if let Some(first) = hosts.first()
            && formula(first) != formula(&host)
        {
            let message =
                format!("the hosts differ: this one is {}, the first {}", formula(&host), formula(first));
            return Err(
                behind(message).help("give hosts of one composition; others want a deck of their own")
            );
        }
        paths.push(path);
        hosts.push(host);
    }
    Ok((paths, hosts))
}

/// The metal of a file, where the deck names one.
fn read_metal(
    document: &Document,
    deck: &VoltageDeck,
    potential: &LoadedPotential,
    mobile: Species,
) -> Result<(Option<PathBuf>, Option<Structure>), InputError> {
    let Some(name) = &deck.metal.structure else { return Ok((None, None)) };
    let path = files::whole(&document.folder().join(name));
    let key = KeyPath::parse("metal.structure");
    let behind = |message: String| document.error_behind(&key, InputError::new(message).in_file(&path));
    let metal = read(document, &key, &path)?;
    if metal.species.iter().any(|species| *species != mobile) || metal.cell.periodic() != [true; 3] {
        return Err(behind(format!("the metal must be a crystal of {mobile} and nothing else")));
    }
    crate::structure::check(&metal, potential).map_err(behind)?;
    Ok((Some(path), Some(metal)))
}

fn read(document: &Document, key: &KeyPath, path: &Path) -> Result<Structure, InputError> {
    let frames = files::read_frames(path).map_err(|error| document.error_behind(key, error))?;
    let empty = || InputError::new("the file holds no frame").in_file(path);
    let last = frames.into_iter().last().ok_or_else(|| document.error_behind(key, empty()))?;
    Ok(last.structure)
}

/// Elements with their numbers, by atomic number: C200.
fn formula(structure: &Structure) -> String {
    let mut elements = structure.species.clone();
    elements.sort_unstable();
    elements.dedup();
    let one = |species: &Species| {
        format!("{species}{}", structure.species.iter().filter(|other| *other == species).count())
    };
    elements.iter().map(one).collect()
}
