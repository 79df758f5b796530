//! One round: explore, select, label, train; and what is written of it.

use std::path::{Path, PathBuf};

use natron_atoms::Frame;
use serde::{Deserialize, Serialize};

use super::LearnJob;
use super::explore::{self, Explored};
use super::label::{self, Labelled};
use super::select;
use crate::deck::Override;
use crate::envelope::Build;
use crate::job::{Job, JobOptions};
use crate::potentials::load_potential;
use crate::run_directory::Existing;
use crate::train::TrainJob;
use crate::watch::{Stop, Watch};
use crate::{Failure, InputError, RunError, files};

/// What happened in a round: `round.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// From 1.
    pub round: usize,
    /// What it explored with.
    pub potential: String,
    /// SHA-256 of that.
    pub potential_sha256: String,
    /// Each run of dynamics.
    pub runs: Vec<RunRecord>,
    /// Frames that were uncertain.
    pub n_uncertain: usize,
    /// Of those, the ones that were no physics.
    pub n_dropped: usize,
    /// Chosen for a label.
    pub n_selected: usize,
    /// Labelled.
    pub n_labelled: usize,
    /// Folder and reason of those without labels.
    pub failed: Vec<(String, String)>,
    /// What was trained; null where there was nothing new to learn from.
    pub trained: Option<Trained>,
    /// When it ended.
    pub ended_utc: String,
}

/// A run of dynamics in [`Record`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunRecord {
    pub name: String,
    #[serde(rename = "temperature_K")]
    pub temperature_k: f64,
    pub n_uncertain: usize,
    /// Why it ended before its end.
    pub failed: Option<String>,
}

/// The training of a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Trained {
    pub potential: String,
    pub n_train: usize,
    #[serde(rename = "valid_force_rmse_meV_per_A")]
    pub valid_force_rmse_mev_per_a: f64,
    #[serde(rename = "valid_energy_rmse_meV_per_atom")]
    pub valid_energy_rmse_mev_per_atom: f64,
}

/// A round, done or to be done.
pub(super) struct Round<'a> {
    pub job: &'a LearnJob,
    /// From 1.
    pub number: usize,
    /// Built-in name or file.
    pub potential: &'a str,
    pub build: &'a Build,
    pub watch: &'a dyn Watch,
}

impl Round<'_> {
    fn folder(&self) -> PathBuf {
        self.job.round_folder(self.number)
    }

    /// What was written of it, if it is done.
    pub fn done(&self) -> Result<Option<Record>, Failure> {
        let path = self.folder().join("round.json");
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
        let record = serde_json::from_str(&text).map_err(|error| {
            InputError::new(format!("this is no record of a round: {error}"))
                .in_file(&path)
                .help("remove it, and --resume takes the round up again")
        })?;
        Ok(Some(record))
    }

    /// Goes through it from wherever it was left.
    pub fn run(&self) -> Result<Result<Record, Stop>, Failure> {
        let folder = self.folder();
        std::fs::create_dir_all(&folder).map_err(|error| RunError::writing(&folder, error))?;
        let explored = match self.explore()? {
            Ok(explored) => explored,
            Err(stop) => return Ok(Err(stop)),
        };
        let loaded = load_potential(self.potential)?;
        let (selected, uncertain, dropped) = self.selected(&explored, &loaded)?;
        let labelled = match self.label(&selected, uncertain)? {
            Ok(labelled) => labelled,
            Err(stop) => return Ok(Err(stop)),
        };
        let trained = match labelled.frames.is_empty() {
            true => None,
            false => match self.train()? {
                Ok(trained) => Some(trained),
                Err(stop) => return Ok(Err(stop)),
            },
        };
        let record = Record {
            round: self.number,
            potential: self.potential.to_string(),
            potential_sha256: loaded.sha256_hex(),
            runs: explored.iter().map(run_record).collect(),
            n_uncertain: uncertain,
            n_dropped: dropped,
            n_selected: selected.len(),
            n_labelled: labelled.frames.len(),
            failed: labelled.failed.iter().map(|(p, why)| (p.display().to_string(), why.clone())).collect(),
            trained,
            ended_utc: crate::md::now_utc(),
        };
        let text = serde_json::to_string_pretty(&record).expect("JSON serialises");
        files::replace(&folder.join("round.json"), text.as_bytes())?;
        Ok(Ok(record))
    }

    /// Runs every exploration to its end.
    fn explore(&self) -> Result<Result<Vec<Explored>, Stop>, Failure> {
        self.watch.info(&format!("round {}: exploring with {}", self.number, self.potential));
        let table = &self.job.deck.explore;
        let explorations = explore::plan(table, &self.job.structures);
        let seed = self.job.deck.seed.wrapping_add(1_000_003 * self.number as u64);
        let folder = self.folder().join("explore");
        let (explored, stopped) =
            explore::run(&explorations, table, self.potential, seed, &folder, self.build, self.watch)?;
        Ok(match stopped.or_else(|| self.watch.stop()) {
            Some(stop) => Err(stop),
            None => Ok(explored),
        })
    }

    /// Has the frames labelled and keeps what came back.
    fn label(&self, selected: &[Frame], uncertain: usize) -> Result<Result<Labelled, Stop>, Failure> {
        self.watch.info(&format!(
            "round {}: {} frames to label, of {uncertain} that are uncertain",
            self.number,
            selected.len()
        ));
        let folder = self.folder();
        let (labelled, stopped) =
            label::label(selected, &self.job.deck.label, &self.job.file, &folder.join("label"), self.watch)?;
        if let Some(stop) = stopped {
            return Ok(Err(stop));
        }
        if labelled.frames.is_empty() {
            return match labelled.failed.first() {
                None => Ok(Ok(labelled)),
                Some((place, reason)) => Err(RunError {
                    message: format!("no frame could be labelled; the first: {reason}"),
                    file: Some(place.clone()),
                    help: Some(
                        "mend label.command, remove the folder `label` of the round, and --resume".into(),
                    ),
                }
                .into()),
            };
        }
        files::write_frames(&folder.join("labels.extxyz"), &labelled.frames)?;
        Ok(Ok(labelled))
    }

    /// The frames to label, and of how many; chosen once.
    fn selected(
        &self,
        explored: &[Explored],
        loaded: &crate::potentials::LoadedPotential,
    ) -> Result<(Vec<Frame>, usize, usize), Failure> {
        let path = self.folder().join("selected.extxyz");
        let counts = self.folder().join("selected.json");
        if let (true, Ok(text)) = (path.exists(), std::fs::read_to_string(&counts))
            && let Ok((uncertain, dropped)) = serde_json::from_str(&text)
        {
            return Ok((files::read_frames(&path)?, uncertain, dropped));
        }
        let mut known = self.job.known.clone();
        for earlier in 1..self.number {
            let labels = self.job.round_folder(earlier).join("labels.extxyz");
            if labels.exists() {
                known.extend(files::read_frames(&labels)?);
            }
        }
        let selected = select::select(explored, &known, &self.job.deck.select, loaded)?;
        if !selected.frames.is_empty() {
            files::write_frames(&path, &selected.frames)?;
            let text =
                serde_json::to_string(&(selected.uncertain, selected.dropped)).expect("JSON serialises");
            files::replace(&counts, text.as_bytes())?;
        }
        Ok((selected.frames, selected.uncertain, selected.dropped))
    }

    /// Trains on everything there is.
    fn train(&self) -> Result<Result<Trained, Stop>, Failure> {
        let directory = self.folder().join("train");
        let resumes = directory.join("restart/checkpoint").exists();
        let fresh = directory.exists() && !resumes;
        let existing = match (resumes, fresh) {
            (true, _) => Existing::Resume,
            (_, true) => Existing::Overwrite,
            _ => Existing::Refuse,
        };
        let job = TrainJob::prepare(&JobOptions {
            deck: self.job.train_deck.clone(),
            overrides: self.training_overrides(&directory),
            existing,
        })?;
        let summary = directory.join("summary.json");
        let finished = |text: String| -> Option<serde_json::Value> {
            let value: serde_json::Value = serde_json::from_str(&text).ok()?;
            value["finished"].as_bool()?.then_some(value)
        };
        let result = match std::fs::read_to_string(&summary).ok().and_then(finished) {
            Some(value) => value,
            None => {
                self.watch.info(&format!("round {}: {}", self.number, job.about()));
                let outcome = job.run(self.build, self.watch)?;
                if let Some(stop) = outcome.stopped {
                    return Ok(Err(stop));
                }
                outcome.summary
            }
        };
        let number = |split: &str, key: &str| result[split][key].as_f64().unwrap_or(f64::NAN);
        Ok(Ok(Trained {
            potential: self.job.trained_potential(self.number).display().to_string(),
            n_train: result["train"]["n_frames"].as_u64().unwrap_or(0) as usize,
            valid_force_rmse_mev_per_a: number("valid", "force_rmse_meV_per_A"),
            valid_energy_rmse_mev_per_atom: number("valid", "energy_rmse_meV_per_atom"),
        }))
    }

    /// The training deck with the labels of all rounds so far and a directory in this one.
    fn training_overrides(&self, directory: &Path) -> Vec<Override> {
        let folder = files::folder_of(&self.job.train_deck);
        let relative = |path: &Path| files::relative(path, folder);
        let mut sources = self.job.train_files.clone();
        let labels = (1..=self.number).map(|n| self.job.round_folder(n).join("labels.extxyz"));
        sources.extend(labels.filter(|path| path.exists()).map(|path| relative(&path)));
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let list: Vec<String> = sources.iter().map(|source| quoted(source)).collect();
        let mut overrides = vec![
            format!("data.files=[{}]", list.join(", ")),
            format!("output.directory={}", quoted(&relative(directory))),
        ];
        if self.job.deck.train.warm_start {
            let name = match crate::potentials::is_file(self.potential) {
                true => files::with_slash(Path::new(&relative(Path::new(self.potential)))),
                false => self.potential.to_string(),
            };
            overrides.push(format!("start.potential={}", quoted(&name)));
        }
        overrides.iter().map(|text| text.parse().expect("it holds a path and a value")).collect()
    }
}

fn run_record(explored: &Explored) -> RunRecord {
    RunRecord {
        name: explored.name.clone(),
        temperature_k: explored.temperature_k,
        n_uncertain: explored.uncertain.len(),
        failed: explored.failed.clone(),
    }
}
