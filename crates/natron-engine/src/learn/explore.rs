//! Molecular dynamics with the present potential: every structure at every temperature, each a run of its own.

use std::path::{Path, PathBuf};

use natron_atoms::Frame;
use rayon::prelude::*;
use serde_json::json;

use super::deck::ExploreTable;
use super::job::Start;
use crate::envelope::Build;
use crate::job::{Job, JobOptions};
use crate::md::{MdJob, UNCERTAIN};
use crate::run_directory::Existing;
use crate::watch::{Progress, Stop, Watch};
use crate::{Failure, RunError, files};

/// One structure at one temperature.
#[derive(Debug, Clone)]
pub(super) struct Exploration {
    /// Unique, and the name of its run directory.
    pub name: String,
    pub frame: Frame,
    pub temperature_k: f64,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub(super) struct Explored {
    pub name: String,
    pub temperature_k: f64,
    /// Frames of interest.
    pub uncertain: Vec<Frame>,
    /// Why it ended before its end, if it did.
    pub failed: Option<String>,
}

/// Every structure of `structures` at every temperature.
pub(super) fn plan(table: &ExploreTable, structures: &[Start]) -> Vec<Exploration> {
    let at = |temperature_k: f64| {
        structures.iter().map(move |start| Exploration {
            name: format!("{}-{temperature_k}K", start.name),
            frame: start.frame.clone(),
            temperature_k,
        })
    };
    table.temperatures_k.iter().flat_map(|t| at(*t)).collect()
}

/// Runs, or goes on with, every exploration in `folder`; several at a time.
pub(super) fn run(
    explorations: &[Exploration],
    table: &ExploreTable,
    potential: &str,
    seed: u64,
    folder: &Path,
    build: &Build,
    watch: &dyn Watch,
) -> Result<(Vec<Explored>, Option<Stop>), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| RunError::writing(folder, error))?;
    let one = |(k, exploration): (usize, &Exploration)| {
        run_one(exploration, table, potential, seed.wrapping_add(k as u64), folder, build, &Muted(watch))
    };
    let results: Vec<(Explored, Option<Stop>)> =
        explorations.par_iter().enumerate().map(one).collect::<Result<_, Failure>>()?;
    let stopped = results.iter().find_map(|(_, stop)| *stop);
    Ok((results.into_iter().map(|(explored, _)| explored).collect(), stopped))
}

fn run_one(
    exploration: &Exploration,
    table: &ExploreTable,
    potential: &str,
    seed: u64,
    folder: &Path,
    build: &Build,
    watch: &dyn Watch,
) -> Result<(Explored, Option<Stop>), Failure> {
    let name = &exploration.name;
    let directory = folder.join(name);
    let (mut stopped, mut failed) = (None, None);
    if !directory.join("failure.extxyz").exists() {
        let deck = write_deck(exploration, table, potential, seed, folder)?;
        // A run that was killed before its log began never began.
        let begun = directory.join("log.txt").exists();
        let existing = if begun { Existing::Resume } else { Existing::Refuse };
        let job = MdJob::prepare(&JobOptions { deck, overrides: Vec::new(), existing })?;
        match job.run(build, watch) {
            Ok(outcome) => stopped = outcome.stopped,
            // A run that explodes has found something the potential does not know.
            Err(Failure::Run(errors)) if directory.join("failure.extxyz").exists() => {
                failed = Some(errors[0].message.clone());
                watch.detail(&format!("{name}: {}", errors[0].message));
            }
            Err(other) => return Err(other),
        }
    }
    let mut uncertain = Vec::new();
    for file in [UNCERTAIN, "failure.extxyz"] {
        let path = directory.join(file);
        if path.exists() {
            uncertain.extend(files::read_frames(&path)?);
        }
    }
    if directory.join("failure.extxyz").exists() && failed.is_none() {
        failed = Some("stopped by a limit".into());
    }
    let explored =
        Explored { name: name.clone(), temperature_k: exploration.temperature_k, uncertain, failed };
    Ok((explored, stopped))
}

/// Writes structure and deck of a run beside its directory.
fn write_deck(
    exploration: &Exploration,
    table: &ExploreTable,
    potential: &str,
    seed: u64,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let name = &exploration.name;
    let structure = format!("{name}.extxyz");
    files::write_frames(&folder.join(&structure), std::slice::from_ref(&exploration.frame))?;
    let potential = if crate::potentials::is_file(potential) {
        json!({ "file": files::relative(Path::new(potential), folder) })
    } else {
        json!({ "name": potential })
    };
    let deck = json!({
        "format": 1,
        "seed": seed % i64::MAX as u64,
        "system": { "structure": structure },
        "potential": potential,
        "output": {
            "directory": name,
            "trajectory_every_fs": 100.0 * table.timestep_fs,
            "thermo_every_fs": 20.0 * table.timestep_fs,
        },
        "uncertainty": {
            "action": "collect",
            "force_std_max_eV_per_A": table.force_std_min_ev_per_a,
            "force_every_steps": table.look_every_steps,
            "collect_every_steps": table.collect_every_steps,
        },
        "stage": [{
            "name": "explore",
            "kind": "dynamics",
            "duration_ps": table.duration_ps,
            "timestep_fs": table.timestep_fs,
            "ensemble": {
                "initial_temperature_K": exploration.temperature_k,
                "kind": "nvt-langevin",
                "temperature_K": exploration.temperature_k,
                "friction_per_ps": table.friction_per_ps,
            },
        }],
    });
    let text = toml::to_string(&deck).expect("plain values are TOML");
    let path = folder.join(format!("{name}.toml"));
    files::replace(&path, text.as_bytes())?;
    Ok(path)
}

/// Lets progress and the wish to stop through; what a run would say to its user stays in its log.
struct Muted<'a>(&'a dyn Watch);

impl Watch for Muted<'_> {
    fn progress(&self, progress: &Progress) {
        self.0.progress(progress);
    }

    fn detail(&self, text: &str) {
        self.0.detail(text);
    }

    fn stop(&self) -> Option<Stop> {
        self.0.stop()
    }
}
