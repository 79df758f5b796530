//! `natron diffusion`: diffusion coefficients from trajectories. A run's own summary comes from here too.

use std::path::{Path, PathBuf};

use natron_analysis::{Diffusion, Trajectory};
use natron_atoms::Species;
use natron_dynamics::MdDeck;
use natron_dynamics::plan::caveats;
use serde_json::Value;

use crate::envelope::{Build, json};
use crate::md::TRAJECTORY;
use crate::run_directory::replica_folders;
use crate::{Failure, InputError, trajectory};

/// What to analyse.
#[derive(Debug, Clone, Default)]
pub struct DiffusionOptions {
    /// Trajectories, or run directories that hold them; replicas of one system, pooled.
    pub trajectories: Vec<PathBuf>,
    /// Symbols of the mobile species; `None`: what the run's deck says, else the alkali metals.
    pub mobile: Option<Vec<String>>,
    /// Symbols of the species whose drift is removed; `None`: what the run's deck says, else all others.
    pub reference: Option<Vec<String>>,
}

/// The diffusion of one species.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The mobile species.
    pub species: Species,
    /// Result and curves.
    pub diffusion: Diffusion,
}

/// The diffusion of every mobile species.
#[derive(Debug, Clone)]
pub struct DiffusionReport {
    /// The trajectories that were read.
    pub trajectories: Vec<PathBuf>,
    /// One for each mobile species.
    pub analyses: Vec<Analysis>,
    /// Why the numbers may not be what they seem.
    pub warnings: Vec<String>,
}

/// Analyses trajectories.
///
/// # Errors
/// A file cannot be read or holds no trajectory of these species.
pub fn diffusion(options: &DiffusionOptions) -> Result<DiffusionReport, Failure> {
    let files = options.trajectories.iter().map(|path| expand(path)).collect::<Result<Vec<_>, _>>()?.concat();
    let (trajectories, warnings) = read_all(&files)?;
    let deck = files.first().and_then(|file| deck_of(file));
    let present = elements(&trajectories[0]);
    let given = |wanted: &Option<Vec<String>>, in_deck: fn(&MdDeck) -> &Vec<String>| {
        let symbols = wanted.as_ref().or(deck.as_ref().map(in_deck))?;
        Some(symbols.iter().map(|symbol| species(symbol)).collect::<Result<Vec<_>, _>>())
    };
    let mobile = given(&options.mobile, |deck| &deck.analysis.mobile).transpose()?;
    let mobile = mobile.filter(|list| !list.is_empty()).unwrap_or_else(|| alkali(&present));
    if mobile.is_empty() {
        return Err(InputError::new("no mobile species is named and there is no alkali metal to follow")
            .in_file(&files[0])
            .help("name it: --mobile C")
            .into());
    }
    let reference = given(&options.reference, |deck| &deck.analysis.reference).transpose()?;
    let others = || present.iter().copied().filter(|s| !mobile.contains(s)).collect();
    let reference = reference.unwrap_or_else(others);
    let analyses = analyse_read(&trajectories, &files, &mobile, &reference)?;
    Ok(DiffusionReport { trajectories: files, analyses, warnings })
}

/// The diffusion of each of `mobile` in replicas of one system, relative to `reference`.
pub(crate) fn analyse(
    files: &[PathBuf],
    mobile: &[Species],
    reference: &[Species],
) -> Result<Vec<Analysis>, Failure> {
    analyse_read(&read_all(files)?.0, files, mobile, reference)
}

fn analyse_read(
    trajectories: &[Trajectory],
    files: &[PathBuf],
    mobile: &[Species],
    reference: &[Species],
) -> Result<Vec<Analysis>, Failure> {
    let replicas: Vec<&Trajectory> = trajectories.iter().collect();
    let one = |species: &Species| {
        natron_analysis::diffusion(&replicas, *species, reference)
            .map(|diffusion| Analysis { species: *species, diffusion })
            .map_err(|error| InputError::new(error.to_string()).in_file(&files[0]))
    };
    Ok(mobile.iter().map(one).collect::<Result<Vec<_>, _>>()?)
}

/// All trajectories, and what speaks against the ensembles they were recorded in.
fn read_all(files: &[PathBuf]) -> Result<(Vec<Trajectory>, Vec<String>), Failure> {
    let (mut trajectories, mut warnings) = (Vec::new(), Vec::new());
    let mut errors = Vec::new();
    for file in files {
        match trajectory::read(file) {
            Ok((trajectory, ensembles)) => {
                trajectories.push(trajectory);
                warnings.extend(ensembles.iter().flat_map(|ensemble| warnings_of(ensemble)));
            }
            Err(error) => errors.push(error),
        }
    }
    // Replicas say the same.
    warnings.sort();
    warnings.dedup();
    if errors.is_empty() { Ok((trajectories, warnings)) } else { Err(errors.into()) }
}

/// What speaks against a stage as a trajectory names it, `production: nvt-langevin, temperature_K = 600, ...`.
fn warnings_of(ensemble: &str) -> Vec<String> {
    let Some((stage, conditions)) = ensemble.split_once(": ") else { return Vec::new() };
    let warning = |(name, why): (&str, &str)| format!("stage {stage} was recorded in {name}: {why}");
    caveats(conditions).into_iter().map(warning).collect()
}

/// A trajectory stands for itself, a run directory for the trajectories in it.
fn expand(path: &Path) -> Result<Vec<PathBuf>, InputError> {
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

/// The deck of the run that wrote a trajectory, if it lies where a run puts it: beside it, or above the folder of its replica.
fn deck_of(trajectory: &Path) -> Option<MdDeck> {
    let folder = trajectory.parent()?;
    let in_replica = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("replica-"));
    let above = folder.parent().filter(|_| in_replica);
    let text = [Some(folder), above]
        .into_iter()
        .flatten()
        .find_map(|f| std::fs::read_to_string(f.join("deck.toml")).ok());
    toml::from_str(&text?).ok()
}

fn species(symbol: &str) -> Result<Species, InputError> {
    Species::from_symbol(symbol).ok_or_else(|| {
        InputError::new(format!("`{symbol}` is no chemical element")).help("write symbols such as Na or C")
    })
}

fn elements(trajectory: &Trajectory) -> Vec<Species> {
    let mut found = trajectory.species().to_vec();
    found.sort_unstable();
    found.dedup();
    found
}

/// The alkali metals among some elements: what diffuses in the materials natron was made for.
pub(crate) fn alkali(elements: &[Species]) -> Vec<Species> {
    const ALKALI: [&str; 5] = ["Li", "Na", "K", "Rb", "Cs"];
    elements.iter().copied().filter(|species| ALKALI.contains(&species.symbol())).collect()
}

impl DiffusionReport {
    /// The JSON of the CONTRACT.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("diffusion");
        let results = self.analyses.iter().map(|analysis| json(&analysis.diffusion.result));
        map.insert("diffusion".into(), results.collect());
        let files = self.trajectories.iter().map(|path| Value::from(path.display().to_string()));
        map.insert("trajectories".into(), files.collect());
        map.insert("warnings".into(), self.warnings.clone().into());
        map.into()
    }
}

/// One entry of `diffusion[]` as quantity and value, for tables.
pub fn rows(entry: &Value) -> Vec<(&'static str, String)> {
    let number = |key: &str| entry[key].as_f64();
    let mut rows = Vec::new();
    match (number("D_m2_per_s"), number("D_err_m2_per_s")) {
        (Some(d), Some(err)) => rows.push(("D", format!("{d:.2e} +- {err:.1e} m2/s (68 %)"))),
        (Some(d), None) => rows.push(("D", format!("{d:.2e} m2/s"))),
        (None, _) => {
            let why = entry["D_m2_per_s_note"].as_str().unwrap_or_default();
            rows.push(("D", format!("none: {why}")));
        }
    }
    if let (Some(low), Some(high)) = (number("D_low95_m2_per_s"), number("D_high95_m2_per_s")) {
        rows.push(("D, 95 %", format!("{low:.2e} to {high:.2e} m2/s")));
    }
    if let Some(upper) = number("D_upper_m2_per_s") {
        rows.push(("D below", format!("{upper:.2e} m2/s (95 %)")));
    }
    if let (Some(slope), Some(err)) = (number("slope"), number("slope_err")) {
        rows.push(("slope d ln MSD / d ln t", format!("{slope:.2} +- {err:.2}")));
    }
    if let (Some(from), Some(to)) = (number("fit_from_ps"), number("fit_to_ps")) {
        rows.push(("fitted", format!("{from:.2} to {to:.2} ps, {} origins", entry["n_origins"])));
    }
    rows.push(("verdict", entry["verdict"].as_str().unwrap_or_default().to_string()));
    rows
}
