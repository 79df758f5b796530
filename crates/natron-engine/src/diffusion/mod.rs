//! `natron diffusion`: diffusion coefficients from trajectories. A run's own summary comes from here too.

mod findings;
mod groups;
mod hollows;
pub(crate) mod motion;
mod page;
pub(crate) mod pictures;
mod rows;
pub(crate) mod sections;
pub(crate) mod source;
pub(crate) mod structure;
mod structure_pictures;
mod temperatures;
mod transport;

use std::path::{Path, PathBuf};

use natron_analysis::paths::{Paths, recorded_paths};
use natron_analysis::sample::Sample;
use natron_analysis::{Diffusion, Recording};
use natron_atoms::Species;
use natron_dynamics::MdDeck;
use natron_dynamics::plan::caveats;
use serde_json::Value;

use self::groups::{Group, groups};
pub(crate) use self::source::expand;
use self::source::{Run, deck_of, expand_all, open, record};
use crate::envelope::{Build, json};
use crate::{Failure, InputError, files};

pub use self::motion::Motion;
pub use self::rows::{arrhenius_rows, motion_rows, rows, structure_rows, transport_rows};
pub use self::structure::Structural;
pub use self::temperatures::Arrhenius;
pub use self::transport::Transport;

/// What to analyse.
#[derive(Debug, Clone, Default)]
pub struct DiffusionOptions {
    /// Trajectories, or run directories that hold them; those at one temperature are replicas of one system, pooled.
    pub trajectories: Vec<PathBuf>,
    /// Symbols of the mobile species; `None`: what the run's deck says, else the alkali metals.
    pub mobile: Option<Vec<String>>,
    /// Symbols of the species whose drift is removed; `None`: what the run's deck says, else all others.
    pub reference: Option<Vec<String>>,
    /// Time between frames, fs, for files that do not say it.
    pub frame_every_fs: Option<f64>,
    /// Symbols of the elements of the atom types 1, 2, ... of LAMMPS dumps.
    pub types: Option<Vec<String>>,
    /// Temperatures, K: one for all, or one for each path; `None`: what the files say.
    pub temperature_k: Option<Vec<f64>>,
    /// Shear viscosity, mPa s, for the correction of Yeh and Hummer.
    pub viscosity_mpa_s: Option<f64>,
    /// The temperature at which D is wanted where runs at several temperatures are given, K; `None`: 300.
    pub at_temperature_k: Option<f64>,
    /// Where to write the report, an HTML page.
    pub report: Option<PathBuf>,
}

/// The diffusion of one species.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The mobile species.
    pub species: Species,
    /// Result and curves.
    pub diffusion: Diffusion,
}

/// The diffusion of every mobile species at every temperature.
#[derive(Debug, Clone)]
pub struct DiffusionReport {
    /// The trajectories that were read.
    pub trajectories: Vec<PathBuf>,
    /// One for each mobile species and temperature, temperatures of a species rising.
    pub analyses: Vec<Analysis>,
    /// What else is known of each of them.
    pub transport: Vec<Transport>,
    /// How the atoms of each of them move.
    pub motion: Vec<Motion>,
    /// The structure at each temperature.
    pub structure: Vec<Structural>,
    /// The species relative to whose centre of mass everything is measured; empty: the whole system.
    pub reference: Vec<Species>,
    /// One for each mobile species, where there are several temperatures.
    pub arrhenius: Vec<Arrhenius>,
    /// Why the numbers may not be what they seem.
    pub warnings: Vec<String>,
}

/// Analyses trajectories, and writes the report where one is wanted.
///
/// # Errors
/// A file cannot be read or holds no trajectory of these species; an option contradicts the files; the report cannot be written.
pub fn diffusion(options: &DiffusionOptions, build: &Build) -> Result<DiffusionReport, Failure> {
    check(options)?;
    let (files, from) = expand_all(&options.trajectories)?;
    let Read { mobile, reference, runs } = read_all(&files, options)?;
    let runs = with_temperatures(runs, &from, options);
    let groups = groups(&files, &runs, options.temperature_k.is_some());
    let mut report = DiffusionReport::of(files, &mobile, reference, &runs, &groups, options)?;
    let at_k = options.at_temperature_k.unwrap_or(300.0);
    report.warnings.extend(report.arrhenius.iter().flat_map(|line| line.warnings(at_k)));
    if let Some(path) = &options.report {
        files::replace(path, page::page(&report, options, build).as_bytes())?;
    }
    Ok(report)
}

/// Refuses numbers that mean nothing.
fn check(options: &DiffusionOptions) -> Result<(), InputError> {
    let positive = |name: &str, value: &f64| {
        let refused = || {
            InputError::new(format!("{name} is {value}; it must be a positive number"))
                .help("leave it out if it is not known")
        };
        (value.is_finite() && *value > 0.0).then_some(()).ok_or_else(refused)
    };
    let numbers = [
        ("--frame-every-fs", options.frame_every_fs),
        ("--viscosity-mPa-s", options.viscosity_mpa_s),
        ("--at-K", options.at_temperature_k),
    ];
    numbers.iter().try_for_each(|(name, value)| value.iter().try_for_each(|value| positive(name, value)))?;
    let temperatures = options.temperature_k.as_deref().unwrap_or_default();
    temperatures.iter().try_for_each(|value| positive("--temperature-K", value))?;
    let wanted = options.trajectories.len();
    if temperatures.len() > 1 && temperatures.len() != wanted {
        let message =
            format!("--temperature-K gives {} temperatures for {wanted} trajectories", temperatures.len());
        return Err(InputError::new(message).help("give one for all, or one for each, separated by commas"));
    }
    Ok(())
}

/// What was read.
struct Read {
    /// Species to follow.
    mobile: Vec<Species>,
    /// Species whose drift is removed.
    reference: Vec<Species>,
    /// One for each file.
    runs: Vec<Run>,
}

fn read_all(files: &[PathBuf], options: &DiffusionOptions) -> Result<Read, Failure> {
    let first = files.first().ok_or_else(|| InputError::new("no trajectory was given"))?;
    let mut sources = Vec::new();
    let mut errors = Vec::new();
    for file in files {
        match open(file, options) {
            Ok(source) => sources.push((file, source)),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let deck = deck_of(first);
    let mut present = sources[0].1.about().species.clone();
    present.sort_unstable();
    present.dedup();
    let given = |wanted: &Option<Vec<String>>, in_deck: fn(&MdDeck) -> &Vec<String>| {
        let symbols = wanted.as_ref().or(deck.as_ref().map(in_deck))?;
        Some(symbols.iter().map(|symbol| species(symbol)).collect::<Result<Vec<_>, _>>())
    };
    let mobile = given(&options.mobile, |deck| &deck.analysis.mobile).transpose()?;
    let mobile = mobile.filter(|list| !list.is_empty()).unwrap_or_else(|| alkali(&present));
    if mobile.is_empty() {
        return Err(InputError::new("no mobile species is named and there is no alkali metal to follow")
            .in_file(first)
            .help("name it: --mobile C")
            .into());
    }
    let reference = given(&options.reference, |deck| &deck.analysis.reference).transpose()?;
    let others = || present.iter().copied().filter(|s| !mobile.contains(s)).collect();
    let reference: Vec<Species> = reference.unwrap_or_else(others);
    let mut runs = Vec::new();
    for (file, source) in sources {
        match record(file, source, &mobile, &reference) {
            Ok(run) => runs.push(run),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(Read { mobile, reference, runs }) } else { Err(errors.into()) }
}

/// What the user says of temperatures stands before what the files say.
fn with_temperatures(mut runs: Vec<Run>, from: &[usize], options: &DiffusionOptions) -> Vec<Run> {
    if let Some(given) = &options.temperature_k {
        for (run, path) in runs.iter_mut().zip(from) {
            run.temperature_k = given.get(*path).or(given.first()).copied();
        }
    }
    runs
}

/// The diffusion of each of `mobile` in replicas of one system, relative to `reference`, and all that belongs to it.
pub(crate) fn analyse(
    files: &[PathBuf],
    mobile: &[Species],
    reference: &[Species],
) -> Result<DiffusionReport, Failure> {
    let options = DiffusionOptions::default();
    let read = |file: &PathBuf| record(file, open(file, &options)?, mobile, reference);
    let runs = files.iter().map(read).collect::<Result<Vec<Run>, InputError>>()?;
    let group = Group::of_all(&runs);
    Ok(DiffusionReport::of(files.to_vec(), mobile, reference.to_vec(), &runs, &[group], &options)?)
}

/// The ways of the atoms of `mobile` in one trajectory, relative to `reference`, and some of its frames.
pub(crate) fn paths_and_frames(
    file: &Path,
    mobile: Species,
    reference: &[Species],
) -> Result<(Paths, Sample), InputError> {
    let source = open(file, &DiffusionOptions::default())?;
    let run = record(file, source, &[mobile], reference)?;
    let paths = recorded_paths(&[&run.recording], mobile);
    let paths = paths.map_err(|error| InputError::new(error.to_string()).in_file(file))?;
    Ok((paths, run.sample))
}

fn of_recordings(
    recordings: &[&Recording],
    species: Species,
    files: &[PathBuf],
) -> Result<Analysis, InputError> {
    natron_analysis::diffusion_of_recordings(recordings, species)
        .map(|diffusion| Analysis { species, diffusion })
        .map_err(|error| InputError::new(error.to_string()).in_file(&files[0]))
}

impl DiffusionReport {
    /// Analyses every species at every temperature.
    fn of(
        files: Vec<PathBuf>,
        mobile: &[Species],
        reference: Vec<Species>,
        runs: &[Run],
        groups: &[Group],
        options: &DiffusionOptions,
    ) -> Result<Self, InputError> {
        let structures: Vec<_> = groups
            .iter()
            .map(|group| Structural::new(&group.members(runs), group, mobile, &reference))
            .collect();
        let mut report = Self {
            warnings: ensemble_warnings(runs),
            trajectories: files,
            analyses: Vec::new(),
            transport: Vec::new(),
            motion: Vec::new(),
            structure: Vec::new(),
            arrhenius: Vec::new(),
            reference,
        };
        for species in mobile {
            report.add(*species, groups, runs, &structures, options)?;
        }
        report.structure = structures.into_iter().flatten().collect();
        Ok(report)
    }

    /// Analyses one species.
    fn add(
        &mut self,
        species: Species,
        groups: &[Group],
        runs: &[Run],
        structures: &[Option<Structural>],
        options: &DiffusionOptions,
    ) -> Result<(), InputError> {
        let mut measured = Vec::new();
        for (group, structure) in groups.iter().zip(structures) {
            let members = group.members(runs);
            let recordings: Vec<&Recording> = members.iter().map(|run| &run.recording).collect();
            let analysis = of_recordings(&recordings, species, &self.trajectories)?;
            let alone = temperatures::each_alone(&recordings, species);
            let transport = Transport::new(&members, group, &analysis, &alone, options)
                .map_err(|error| InputError::new(error.to_string()).in_file(&self.trajectories[0]))?;
            let motion = Motion::new(&members, group, &analysis, structure.as_ref())
                .map_err(|error| InputError::new(error.to_string()).in_file(&self.trajectories[0]))?;
            self.motion.push(motion);
            measured.push(temperatures::Measured::new(group, &members, &analysis, alone));
            self.analyses.push(analysis);
            self.transport.push(transport);
        }
        if groups.len() > 1 {
            let at_k = options.at_temperature_k.unwrap_or(300.0);
            self.arrhenius.push(Arrhenius::new(species, &measured, at_k));
        }
        Ok(())
    }

    /// The JSON of the CONTRACT.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("diffusion");
        let results = self.analyses.iter().map(|analysis| json(&analysis.diffusion.result));
        map.insert("diffusion".into(), results.collect());
        map.insert("transport".into(), self.transport.iter().map(Transport::json).collect());
        map.insert("arrhenius".into(), self.arrhenius.iter().map(Arrhenius::json).collect());
        map.insert("structure".into(), self.structure.iter().map(|found| found.json(true)).collect());
        map.insert("motion".into(), self.motion.iter().map(|found| found.json(true)).collect());
        let files = self.trajectories.iter().map(|path| Value::from(path.display().to_string()));
        map.insert("trajectories".into(), files.collect());
        map.insert("warnings".into(), self.warnings.clone().into());
        map.into()
    }
}

/// What speaks against the ensembles that the trajectories were recorded in.
fn ensemble_warnings(runs: &[Run]) -> Vec<String> {
    let ensembles = runs.iter().flat_map(|run| &run.ensembles);
    let mut warnings: Vec<String> = ensembles.flat_map(|ensemble| warnings_of(ensemble)).collect();
    // Replicas say the same.
    warnings.sort();
    warnings.dedup();
    warnings
}

/// What speaks against a stage as a trajectory names it, `production: nvt-langevin, temperature_K = 600, ...`.
fn warnings_of(ensemble: &str) -> Vec<String> {
    let Some((stage, conditions)) = ensemble.split_once(": ") else { return Vec::new() };
    let warning = |(name, why): (&str, &str)| format!("stage {stage} was recorded in {name}: {why}");
    caveats(conditions).into_iter().map(warning).collect()
}

fn species(symbol: &str) -> Result<Species, InputError> {
    Species::from_symbol(symbol).ok_or_else(|| {
        InputError::new(format!("`{symbol}` is no chemical element")).help("write symbols such as Na or C")
    })
}

/// The alkali metals among some elements: what diffuses in the materials natron was made for.
pub(crate) fn alkali(elements: &[Species]) -> Vec<Species> {
    const ALKALI: [&str; 5] = ["Li", "Na", "K", "Rb", "Cs"];
    elements.iter().copied().filter(|species| ALKALI.contains(&species.symbol())).collect()
}
