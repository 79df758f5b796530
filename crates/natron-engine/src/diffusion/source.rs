//! From files to recordings: what is kept of each trajectory, and at which temperature it was made.

use std::path::{Path, PathBuf};

use natron_analysis::sample::Sample;
use natron_analysis::{Recorder, Recording};
use natron_atoms::Species;
use natron_dynamics::MdDeck;
use natron_io::ReadError;
use natron_io::trajectory::Source;

use super::DiffusionOptions;
use super::structure::frames_to_keep;
use crate::InputError;
use crate::md::TRAJECTORY;
use crate::run_directory::replica_folders;

/// One trajectory, read.
#[derive(Debug)]
pub(super) struct Run {
    pub recording: Recording,
    /// Some of its frames, whole.
    pub sample: Sample,
    /// What each recorded stage held constant.
    pub ensembles: Vec<String>,
    /// The mean of the temperatures in the file, or what the user says, K.
    pub temperature_k: Option<f64>,
}

/// The trajectories that the paths stand for, and which path each came from.
pub(super) fn expand_all(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<usize>), InputError> {
    let (mut files, mut from) = (Vec::new(), Vec::new());
    for (number, path) in paths.iter().enumerate() {
        let found = expand(path)?;
        from.extend(std::iter::repeat_n(number, found.len()));
        files.extend(found);
    }
    Ok((files, from))
}

/// A trajectory stands for itself, a run directory for the trajectories in it.
pub(crate) fn expand(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let own = path.join(TRAJECTORY);
    if own.exists() {
        return Ok(vec![own]);
    }
    let trajectories = replica_folders(path).into_iter().map(|folder| folder.join(TRAJECTORY));
    let found: Vec<PathBuf> = trajectories.filter(|file| file.exists()).collect();
    if found.is_empty() {
        return Err(InputError::new(format!("there is no {TRAJECTORY} in this directory")).in_file(path));
    }
    Ok(found)
}

/// The directory of the run that wrote a trajectory, if it lies where a run puts it.
pub(super) fn run_folder(trajectory: &Path) -> Option<&Path> {
    let folder = trajectory.parent()?;
    let has_deck = |folder: &&Path| folder.join("deck.toml").exists();
    // The deck of replicas lies above them; a run of its own may have such a name as well.
    let in_replica = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("replica-"));
    let above = folder.parent().filter(|_| in_replica);
    Some(folder).filter(has_deck).or(above.filter(has_deck))
}

/// The deck of the run that wrote a trajectory.
pub(super) fn deck_of(trajectory: &Path) -> Option<MdDeck> {
    toml::from_str(&std::fs::read_to_string(run_folder(trajectory)?.join("deck.toml")).ok()?).ok()
}

/// The last temperature that a run's deck names, K: what its production is at, though it may hold no temperature itself.
pub(super) fn nominal_temperature_k(trajectory: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(run_folder(trajectory)?.join("deck.toml")).ok()?;
    let deck: toml::Table = toml::from_str(&text).ok()?;
    let of_stage = |stage: &toml::Value| {
        let ensemble = stage.get("ensemble")?;
        let value = ensemble.get("temperature_K").or_else(|| ensemble.get("initial_temperature_K"))?;
        let last = value.as_array().map_or(Some(value), |ramp| ramp.last())?;
        last.as_float().or_else(|| last.as_integer().map(|t| t as f64))
    };
    deck.get("stage")?.as_array()?.iter().rev().find_map(of_stage)
}

/// Opens a trajectory: its elements are known, its frames are not yet read.
pub(super) fn open(file: &Path, options: &DiffusionOptions) -> Result<Source, InputError> {
    let types = options.types.iter().flatten().map(|symbol| super::species(symbol));
    let options = natron_io::trajectory::Options {
        frame_every_ps: options.frame_every_fs.map(|fs| 1e-3 * fs),
        types: types.collect::<Result<_, _>>()?,
    };
    Ok(Source::open(file, &options)?)
}

/// Reads the frames of a trajectory and keeps the ways of the mobile atoms.
pub(super) fn record(
    file: &Path,
    source: Source,
    mobile: &[Species],
    reference: &[Species],
) -> Result<Run, InputError> {
    let about = source.about().clone();
    let refuse = |error: natron_analysis::DiffusionError| InputError::new(error.to_string()).in_file(file);
    let mut recorder = Recorder::new(&about.species, &about.masses_amu, mobile, reference).map_err(refuse)?;
    let mut sample = Sample::new(&about.species, frames_to_keep(about.species.len()));
    source.read(&mut |frame| {
        let velocities = frame.velocities_a_per_fs.as_deref();
        recorder.push(frame.time_ps, &frame.cell, &frame.positions_a, velocities).map_err(|error| {
            ReadError { line: frame.line, ..ReadError::of_file(file, error.to_string(), "") }
        })?;
        sample.push(frame.cell, frame.positions_a);
        Ok(())
    })?;
    let recording = recorder.finish().map_err(refuse)?;
    Ok(Run { recording, sample, ensembles: about.ensembles, temperature_k: about.temperature_k })
}
