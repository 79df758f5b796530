//! A checked deck of `natron tune`, and running it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TuneDeck;
use super::explain::explain;
use super::plan::{Rung, rungs};
use super::points::coordinate;
use crate::deck::{Document, KeyPath, Override, decode_and_check};
use crate::envelope::{Build, put_end};
use crate::job::{Job, JobOptions, RunOutcome};
use crate::md::now_utc;
use crate::run_directory::{Existing, RunDirectory};
use crate::table::Table;
use crate::train::TrainJob;
use crate::watch::{Progress, Stop, Watch};
use crate::{Failure, InputError, RunError, files};

/// A checked search: its training deck and data are there, and its first and last settings can be trained.
pub struct TuneJob {
    deck: TuneDeck,
    train_deck: PathBuf,
    /// Epochs of a full training.
    epochs: usize,
    directory: PathBuf,
    existing: Existing,
}

/// A setting and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Trial {
    /// From 0; the point of the sequence.
    number: u64,
    rung: usize,
    epochs: usize,
    /// Path and value of each parameter, as `--set` takes them.
    settings: Vec<(String, String)>,
    seconds: f64,
    /// Null where the training failed.
    score: Option<f64>,
    #[serde(rename = "valid_force_rmse_meV_per_A")]
    force: Option<f64>,
    #[serde(rename = "valid_energy_rmse_meV_per_atom")]
    energy: Option<f64>,
    /// Why it failed.
    failed: Option<String>,
}

/// What a search goes on from: `state.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct State {
    trials: Vec<Trial>,
}

impl State {
    fn seconds(&self) -> f64 {
        self.trials.iter().map(|trial| trial.seconds).sum()
    }

    fn seconds_per_epoch(&self) -> f64 {
        self.seconds() / self.trials.iter().map(|trial| trial.epochs as f64).sum::<f64>().max(1.0)
    }

    /// Trials of a rung, the best first; those that failed last.
    fn ranked(&self, rung: usize) -> Vec<&Trial> {
        let mut of_rung: Vec<&Trial> = self.trials.iter().filter(|trial| trial.rung == rung).collect();
        let score = |trial: &Trial| trial.score.unwrap_or(f64::INFINITY);
        of_rung.sort_by(|a, b| score(a).total_cmp(&score(b)).then(a.number.cmp(&b.number)));
        of_rung
    }

    /// The best of the longest trainings.
    fn best(&self) -> Option<&Trial> {
        let longest =
            self.trials.iter().filter(|trial| trial.score.is_some()).map(|trial| trial.rung).max()?;
        self.ranked(longest).first().copied()
    }
}

impl TuneJob {
    /// Reads and checks everything; writes nothing.
    ///
    /// # Errors
    /// Every mistake of the deck, or the first of the training deck under its first settings.
    pub fn prepare(options: &JobOptions) -> Result<Self, Failure> {
        let document = Document::read(&options.deck, &options.overrides)?;
        let deck: TuneDeck = decode_and_check(&document, TuneDeck::problems)?;
        let train_deck = TrainJob::deck_behind(&document, &deck.train.deck)?;
        for (k, parameter) in deck.parameter.iter().enumerate() {
            if let Err(error) = format!("{}=0", parameter.path).parse::<Override>() {
                let at = KeyPath::parse(&format!("parameter[{k}].path"));
                return Err(document.error_on(&at, error).into());
            }
        }
        let directory = files::whole(&RunDirectory::place(&document, deck.output.directory.as_deref())?);
        let mut job = Self { deck, train_deck, epochs: 1, directory, existing: options.existing };
        // The ends of the ranges must be values the training deck takes.
        for x in [0.0, 1.0 - 1e-9] {
            let settings = job.deck.parameter.iter().map(|p| (p.path.clone(), p.at(x))).collect::<Vec<_>>();
            let training = job.training(&settings, None, Existing::Refuse)?;
            job.epochs = training.length();
        }
        Ok(job)
    }

    fn training(
        &self,
        settings: &[(String, String)],
        place: Option<(usize, &Path)>,
        existing: Existing,
    ) -> Result<TrainJob, Failure> {
        let mut overrides: Vec<String> =
            settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
        if let Some((epochs, directory)) = place {
            let folder = files::folder_of(&self.train_deck);
            let directory = Value::from(files::relative(directory, folder));
            overrides.extend([format!("optimiser.epochs={epochs}"), format!("output.directory={directory}")]);
        }
        let parse = |text: &String| text.parse::<Override>().map_err(InputError::new);
        let overrides = overrides.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        TrainJob::prepare(&JobOptions { deck: self.train_deck.clone(), overrides, existing })
    }

    /// The settings of a point.
    fn settings(&self, number: u64) -> Vec<(String, String)> {
        let value = |(k, parameter): (usize, &super::deck::Parameter)| {
            (parameter.path.clone(), parameter.at(coordinate(self.deck.seed, k, number)))
        };
        self.deck.parameter.iter().enumerate().map(value).collect()
    }

    fn budget_s(&self) -> f64 {
        60.0 * self.deck.time_min
    }

    /// The plan: from a guess before anything was measured, then from what the trainings took.
    fn plan(&self, state: &State) -> Vec<Rung> {
        // The first, shortest training is the same in every plan but the single one, so it can be run before its time is known.
        let affordable = match state.trials.first() {
            None => f64::INFINITY,
            // Only the first one counts, so that a resumed search has the same plan.
            Some(first) => self.budget_s() / (first.seconds / first.epochs as f64).max(1e-9),
        };
        rungs(self.epochs, self.deck.trials_max, affordable)
    }

    /// Trains one setting.
    fn run_trial(
        &self,
        number: u64,
        rung: usize,
        epochs: usize,
        build: &Build,
        watch: &Deadline<'_>,
    ) -> Result<Result<Trial, Stop>, Failure> {
        let directory = self.directory.join(format!("rung-{rung}/trial-{number:04}"));
        let existing = if directory.exists() { Existing::Overwrite } else { Existing::Refuse };
        let settings = self.settings(number);
        let begin = Instant::now();
        let outcome = self
            .training(&settings, Some((epochs, &directory)), existing)
            .and_then(|job| job.run(build, watch));
        let mut trial = Trial {
            number,
            rung,
            epochs,
            settings,
            seconds: begin.elapsed().as_secs_f64(),
            score: None,
            force: None,
            energy: None,
            failed: None,
        };
        match outcome {
            Ok(outcome) => {
                if let (Some(stop), false) = (outcome.stopped, watch.is_over()) {
                    return Ok(Err(stop));
                }
                let number = |split: &str, key: &str| outcome.summary[split][key].as_f64();
                trial.score = outcome.summary["valid_score"].as_f64();
                trial.force = number("valid", "force_rmse_meV_per_A");
                trial.energy = number("valid", "energy_rmse_meV_per_atom");
            }
            // A setting that diverges is a bad setting, not the end of the search.
            Err(Failure::Run(errors)) => trial.failed = Some(errors[0].message.clone()),
            Err(Failure::Input(errors)) => trial.failed = Some(errors[0].message.clone()),
        }
        Ok(Ok(trial))
    }

    fn write(&self, state: &State) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(state).expect("JSON serialises");
        files::replace(&self.directory.join("state.json"), text.as_bytes())?;
        let names: Vec<&str> = self.deck.parameter.iter().map(|p| p.path.as_str()).collect();
        let mut csv = format!(
            "rung,trial,epochs,seconds,score,valid_force_rmse_meV_per_A,valid_energy_rmse_meV_per_atom,{}\n",
            names.join(",")
        );
        for trial in &state.trials {
            let cell = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
            let quoted = |(_, value): &(String, String)| match value.contains([',', '"']) {
                true => format!("\"{}\"", value.replace('"', "\"\"")),
                false => value.clone(),
            };
            let settings: Vec<String> = trial.settings.iter().map(quoted).collect();
            csv.push_str(&format!(
                "{},{},{},{:.3},{},{},{},{}\n",
                trial.rung,
                trial.number,
                trial.epochs,
                trial.seconds,
                cell(trial.score),
                cell(trial.force),
                cell(trial.energy),
                settings.join(",")
            ));
        }
        Ok(files::replace(&self.directory.join("trials.csv"), csv.as_bytes())?)
    }

    fn read(&self) -> Result<State, Failure> {
        let path = self.directory.join("state.json");
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(State::default()) };
        let wrong = |error: serde_json::Error| {
            InputError::new(format!("this is no state of a search: {error}"))
                .in_file(&path)
                .help("--overwrite starts anew")
        };
        Ok(serde_json::from_str(&text).map_err(wrong)?)
    }

    /// Trains until the plan or the time is over.
    fn search(&self, state: &mut State, build: &Build, watch: &dyn Watch) -> Result<Option<Stop>, Failure> {
        let deadline = Deadline { watch, begin: Instant::now(), seconds: self.budget_s() - state.seconds() };
        let mut rung = 0;
        while rung < self.plan(state).len() {
            for number in self.candidates(state, rung) {
                // The first trial makes the plan, which may then be shorter.
                let plan = self.plan(state);
                let done = state.trials.iter().any(|trial| trial.rung == rung && trial.number == number);
                if done || rung >= plan.len() || number >= plan[0].trials as u64 {
                    continue;
                }
                if !has_time(state, &plan[rung..], rung, deadline.left()) {
                    break;
                }
                match self.run_trial(number, rung, plan[rung].epochs, build, &deadline)? {
                    Ok(trial) => {
                        watch.detail(&line(&trial));
                        state.trials.push(trial);
                        self.write(state)?;
                    }
                    Err(stop) => return Ok(Some(stop)),
                }
            }
            rung += 1;
        }
        Ok(None)
    }

    /// The settings of a rung: points of the sequence, or the best of the rung before.
    fn candidates(&self, state: &State, rung: usize) -> Vec<u64> {
        let count = self.plan(state)[rung].trials;
        match rung {
            0 => (0..count as u64).collect(),
            _ => state.ranked(rung - 1).iter().take(count).map(|trial| trial.number).collect(),
        }
    }

    /// The training deck with the best settings, for a training in a folder `best` beside it.
    fn best_deck(&self, best: &Trial) -> Result<String, Failure> {
        let training = self.training(
            &best.settings,
            Some((self.epochs, &self.directory.join("best"))),
            Existing::Overwrite,
        )?;
        Ok(training.deck_in(&self.directory, "best"))
    }
}

/// Whether another training of a rung fits into the time that is left, with one of each later rung; `plan` begins with the rung. The first of a
/// rung always begins while there is any time, and is stopped when there is none.
fn has_time(state: &State, plan: &[Rung], rung: usize, left_s: f64) -> bool {
    let epochs: usize = plan.iter().map(|step| step.epochs).sum();
    let fits = state.seconds_per_epoch() * epochs as f64 <= left_s;
    left_s > 0.0 && (fits || state.ranked(rung).is_empty())
}

/// Says stop when the time given is over.
struct Deadline<'a> {
    watch: &'a dyn Watch,
    begin: Instant,
    seconds: f64,
}

impl Deadline<'_> {
    fn left(&self) -> f64 {
        self.seconds - self.begin.elapsed().as_secs_f64()
    }

    fn is_over(&self) -> bool {
        self.left() <= 0.0
    }
}

impl Watch for Deadline<'_> {
    fn progress(&self, progress: &Progress) {
        self.watch.progress(progress);
    }

    fn detail(&self, text: &str) {
        self.watch.detail(text);
    }

    fn stop(&self) -> Option<Stop> {
        self.watch.stop().or_else(|| self.is_over().then_some(Stop::MaxTime))
    }
}

fn line(trial: &Trial) -> String {
    let settings: Vec<String> =
        trial.settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
    let result = match (&trial.failed, trial.force) {
        (Some(failed), _) => failed.clone(),
        (None, Some(force)) => format!("valid {force:.0} meV/A"),
        (None, None) => "no validation".into(),
    };
    format!("rung {}, {} epochs, {}: {result}", trial.rung, trial.epochs, settings.join(" "))
}

impl Job for TuneJob {
    fn command(&self) -> &'static str {
        "tune"
    }

    fn about(&self) -> String {
        let paths: Vec<&str> = self.deck.parameter.iter().map(|p| p.path.as_str()).collect();
        format!(
            "up to {} settings of {} within {} min, full trainings of {} epochs, into {}",
            self.deck.trials_max,
            paths.join(", "),
            self.deck.time_min,
            self.epochs,
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        let held = RunDirectory::open(&self.directory, self.existing)?;
        let directory = held.path().to_path_buf();
        let mut deck = self.deck.clone();
        deck.train.deck = files::relative(&self.train_deck, &directory);
        deck.output.directory = Some(".".into());
        let text = toml::to_string(&deck).expect("a deck that was read can be written");
        files::replace(&directory.join("deck.toml"), text.as_bytes())?;
        let mut state = self.read()?;
        let stopped = self.search(&mut state, build, watch)?;
        let best = state.best();
        let mut reports = Vec::new();
        if let Some(best) = best {
            let path = directory.join("best.toml");
            files::replace(&path, self.best_deck(best)?.as_bytes())?;
            reports.push(path);
        } else if stopped.is_none() {
            return Err(RunError::new("no setting could be trained; see trials.csv").into());
        }
        reports.push(directory.join("trials.csv"));
        let mut summary = build.envelope("tune");
        summary.insert("n_trials".into(), state.trials.len().into());
        summary.insert("seconds".into(), state.seconds().into());
        let settings =
            |trial: &Trial| trial.settings.iter().map(|(p, v)| (p.clone(), v.clone().into())).collect();
        let best = best.map(|trial| {
            let settings: serde_json::Map<String, Value> = settings(trial);
            json!({
                "settings": settings, "epochs": trial.epochs, "score": trial.score,
                "valid_force_rmse_meV_per_A": trial.force, "valid_energy_rmse_meV_per_atom": trial.energy,
            })
        });
        summary.insert("best".into(), best.into());
        summary.insert("trials".into(), serde_json::to_value(&state.trials).expect("JSON serialises"));
        put_end(&mut summary, &started_utc, stopped.is_none(), stopped);
        let summary = Value::Object(summary);
        let text = serde_json::to_string_pretty(&summary).expect("JSON serialises");
        files::replace(&directory.join("summary.json"), text.as_bytes())?;
        Ok(RunOutcome { summary, table: self.table(&state).to_text(), reports, stopped })
    }
}

impl TuneJob {
    /// The best ten of each rung, the longest trainings first.
    fn table(&self, state: &State) -> Table {
        let mut headers = vec!["epochs", "score", "valid meV/A", "valid meV/atom"];
        headers.extend(self.deck.parameter.iter().map(|p| p.path.as_str()));
        let mut table = Table::new(&headers);
        let last = state.trials.iter().map(|trial| trial.rung).max().unwrap_or(0);
        for trial in (0..=last).rev().flat_map(|rung| state.ranked(rung).into_iter().take(10)) {
            let number = |x: Option<f64>, digits: usize| x.map_or("-".into(), |x| format!("{x:.digits$}"));
            let mut cells = vec![
                trial.epochs.to_string(),
                number(trial.score, 4),
                number(trial.force, 1),
                number(trial.energy, 1),
            ];
            cells.extend(trial.settings.iter().map(|(_, value)| value.clone()));
            table.push(&cells);
        }
        table
    }
}
