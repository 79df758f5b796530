//! Running a checked training: a run directory with the potential, its errors, and a report.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use natron_atoms::{NeighbourList, Vec3};
use natron_potential::file::{self, Errors as FileErrors, Provenance, SplitErrors};
use natron_potential::{Evaluation, Model, NeuralPotential, Potential, Precision, UncertaintyFactors};
use natron_train::{EpochReport, Trainer};
use rayon::prelude::*;
use serde_json::{Map, Value};

use super::frames::{Entry, Labelled, Split};
use super::report::{self, History};
use super::{TrainJob, cross};
use crate::envelope::{Build, put_end};
use crate::evaluate::{Coverage, Errors, Thinned};
use crate::job::{Job, RunOutcome};
use crate::md::now_utc;
use crate::run_directory::{Existing, RunDirectory};
use crate::watch::{Progress, Stop, Watch};
use crate::{Failure, InputError, RunError, files};

/// Where a training goes on from, in the run directory.
const CHECKPOINT: &str = "restart/checkpoint";
/// The table of losses in the run directory.
const LOSSES: &str = "losses.csv";
/// Frames that are predicted together in the end.
const FRAMES_AT_ONCE: usize = 64;

/// A trained model and what it predicts with.
pub(super) struct Fold {
    pub model: Model,
    /// Of the model's ensemble.
    pub factors: Option<UncertaintyFactors>,
}

impl Job for TrainJob {
    fn command(&self) -> &'static str {
        "train"
    }

    fn about(&self) -> String {
        let count = |split| self.data.reference().filter(|entry| entry.about.split == split).count();
        let distilled = self.data.entries.len() - self.data.reference().count();
        let teachers = match self.data.teachers.len() {
            0 if distilled == 0 => String::new(),
            0 => format!(" ({distilled} more with labels of other origin)"),
            n => format!(" ({distilled} more labelled by {n} potentials)"),
        };
        format!(
            "{} frames to train{teachers}, {} to validate, {} to test, energies from {}, {} features, about {}, into {}{}",
            count(Split::Train),
            count(Split::Valid),
            count(Split::Test),
            self.data.energy,
            self.spec.features(),
            self.memory(),
            self.directory.display(),
            self.kinds_of_no_frame()
        )
    }

    fn explain(&self) -> String {
        report::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        RunDirectory::check(&self.directory, self.existing)?;
        let mut trainer = self.start()?;
        let head = format!("natron {}: {}", build.version, self.about());
        let held = RunDirectory::begin(&self.directory, self.existing, &self.deck_for_directory(), &head)?;
        let directory = held.path().to_path_buf();
        watch.info(&self.about());
        let mut history = History::read(&directory.join(LOSSES), trainer.epoch());
        let stopped = self.epochs(&mut trainer, &mut history, watch)?;
        held.note(&format!("{} of {} epochs", trainer.epoch(), self.deck.optimiser.epochs))?;
        let (model, factors) = trainer.with_ensemble().map_err(|error| RunError::new(error.to_string()))?;
        let fold = Fold { model, factors: Some(factors) };
        let hosts = match stopped {
            None if self.deck.data.leave_one_host_out => cross::leave_one_host_out(self, &fold, watch)?,
            _ => None,
        };
        let results = Results::new(self, &fold, hosts)?;
        self.write_potential(&fold, &results)?;
        let mut summary = build.envelope("train");
        results.put(self, &mut summary);
        summary.insert(
            "valid_score".into(),
            Some(trainer.best_score()).filter(|score| score.is_finite()).into(),
        );
        summary.insert("epochs".into(), trainer.epoch().into());
        summary.insert("energy".into(), self.data.energy.into());
        summary
            .insert("n_distilled".into(), (self.data.entries.len() - self.data.reference().count()).into());
        summary.insert("data_sha256".into(), self.data.sha256.clone().into());
        summary
            .insert("potential".into(), directory.join("potential.safetensors").display().to_string().into());
        put_end(&mut summary, &started_utc, stopped.is_none(), stopped);
        let summary = Value::Object(summary);
        let text = serde_json::to_string_pretty(&summary).expect("JSON serialises");
        files::replace(&directory.join("summary.json"), text.as_bytes())?;
        let page = report::page(self, &history, &results, build, &started_utc, stopped);
        files::replace(&directory.join("report.html"), page.as_bytes())?;
        Ok(RunOutcome {
            summary,
            table: report::table(&results).to_text(),
            reports: vec![directory.join("report.html"), directory.join("potential.safetensors")],
            stopped,
        })
    }
}

impl TrainJob {
    /// What to say of kinds in the deck that are not among the frames to train: mostly misspelt.
    fn kinds_of_no_frame(&self) -> String {
        let entries = self.data.entries.iter().filter(|entry| entry.about.split == Split::Train);
        let there: BTreeSet<&str> = entries.map(|entry| &*entry.about.kind).collect();
        let (loss, optimiser) = (&self.deck.loss, &self.deck.optimiser);
        let tables = [
            ("loss.kind_weights", loss.kind_weights.keys().collect::<Vec<_>>()),
            ("loss.kind_energy_weights", loss.kind_energy_weights.keys().collect()),
            ("optimiser.kind_repeats", optimiser.kind_repeats.keys().collect()),
        ];
        let named = tables.iter().flat_map(|(table, kinds)| kinds.iter().map(move |kind| (table, kind)));
        named
            .filter(|(_, kind)| !there.contains(kind.as_str()))
            .map(|(table, kind)| format!("; {table}.{kind}: no frame to train is of this kind"))
            .collect()
    }

    /// A new training, or one that goes on from its checkpoint.
    fn start(&self) -> Result<Trainer, Failure> {
        let trainer = self.trainer(self.data.samples(Split::Train), self.data.samples(Split::Valid))?;
        if self.existing != Existing::Resume {
            return Ok(trainer);
        }
        let path = self.directory.join(CHECKPOINT);
        let wrong = |error: String| InputError::new(error).in_file(&path);
        let bytes =
            std::fs::read(&path).map_err(|error| wrong(format!("cannot read the checkpoint: {error}")))?;
        Ok(trainer.resume(&bytes).map_err(|error| {
            wrong(error.to_string())
                .help("--resume needs the deck and the data of the run; --overwrite starts anew")
        })?)
    }

    fn epochs(
        &self,
        trainer: &mut Trainer,
        history: &mut History,
        watch: &dyn Watch,
    ) -> Result<Option<Stop>, Failure> {
        let total = self.deck.optimiser.epochs;
        let (begin, first) = (Instant::now(), trainer.epoch());
        while !trainer.is_finished() {
            let report = trainer.run_epoch().map_err(|error| RunError::new(error.to_string()))?;
            history.push(&report);
            let done = trainer.epoch();
            let rate = begin.elapsed().as_secs_f64() / (done - first) as f64;
            watch.progress(&Progress {
                replica: 0,
                stage: stage(&report, history),
                steps_done: done as u64,
                steps_total: total as u64,
                state: None,
                ns_per_day: None,
                time_left: Some(Duration::from_secs_f64(rate * (total - done) as f64)),
            });
            let stop = watch.stop();
            if stop.is_some()
                || done.is_multiple_of(self.deck.output.checkpoint_every)
                || trainer.is_finished()
            {
                self.write_checkpoint(trainer, history)?;
            }
            if stop.is_some() {
                return Ok(stop);
            }
        }
        Ok(None)
    }

    fn write_checkpoint(&self, trainer: &Trainer, history: &History) -> Result<(), Failure> {
        let path = self.directory.join(CHECKPOINT);
        let folder = self.directory.join("restart");
        std::fs::create_dir_all(&folder).map_err(|error| RunError::writing(&folder, error))?;
        let bytes = trainer.checkpoint().map_err(|error| RunError::new(error.to_string()))?;
        files::replace(&self.directory.join(LOSSES), history.to_csv().as_bytes())?;
        Ok(files::replace(&path, &bytes)?)
    }

    fn write_potential(&self, fold: &Fold, results: &Results) -> Result<(), Failure> {
        let split = |errors: &Errors| {
            (errors.frames() > 0).then(|| SplitErrors {
                n_frames: errors.frames(),
                energy_rmse_mev_per_atom: errors.energy_rmse_mev_per_atom().unwrap_or(0.0),
                force_rmse_mev_per_a: errors.force_rmse_mev_per_a().unwrap_or(0.0),
            })
        };
        let provenance = Provenance {
            data_sha256: self.data.sha256.clone(),
            errors: FileErrors { valid: split(&results.valid), test: split(&results.test) },
            uncertainty: fold.factors,
        };
        let bytes =
            file::to_bytes(&fold.model, &provenance).map_err(|error| RunError::new(error.to_string()))?;
        let path = self.directory.join("potential.safetensors");
        natron_io::replace(&path, |writer| writer.write_all(&bytes))
            .map_err(|e| RunError::writing(&path, e))?;
        Ok(())
    }
}

/// What the progress bar says of an epoch.
fn stage(report: &EpochReport, history: &History) -> String {
    let loss = report.loss.total();
    match history.last_valid() {
        Some(valid) => format!("loss {loss:.3}, valid {:.0} meV/A", valid.force_rmse_ev_per_a * 1e3),
        None => format!("loss {loss:.3}"),
    }
}

/// Errors by split, kind and host.
pub(super) struct Results {
    pub train: Errors,
    pub valid: Errors,
    pub test: Errors,
    /// Test frames of the kinds that are pooled.
    pub selected: Errors,
    /// By kind of the test split.
    pub by_kind: Vec<(String, Errors)>,
    pub left_out: Option<Errors>,
    /// Force components of the test split: (reference, predicted), eV/A, by species.
    pub parity: Vec<(String, Thinned<(f64, f64)>)>,
    pub factors: Option<UncertaintyFactors>,
    /// Errors against their standard deviations on the frames they were calibrated on.
    pub calibrated: Calibration,
    /// The same on the test split.
    pub tested: Calibration,
    /// The frame with the most atoms.
    pub largest: Option<Arc<Labelled>>,
}

impl Results {
    fn new(job: &TrainJob, fold: &Fold, left_out: Option<Errors>) -> Result<Self, RunError> {
        let mut out = Self {
            train: Errors::default(),
            valid: Errors::default(),
            test: Errors::default(),
            selected: Errors::default(),
            by_kind: Vec::new(),
            left_out,
            parity: job.spec.species.iter().map(|s| (s.clone(), Thinned::default())).collect(),
            factors: fold.factors,
            calibrated: Calibration::default(),
            tested: Calibration::default(),
            largest: None,
        };
        let frames: Vec<&Arc<Entry>> = job.data.reference().collect();
        each_prediction(
            fold,
            &frames,
            |split| split != Split::Train,
            |labelled, values, stds| out.add(job, labelled, values, stds),
        )?;
        Ok(out)
    }

    fn add(&mut self, job: &TrainJob, labelled: &Arc<Labelled>, values: &Evaluation, stds: Option<&[Vec3]>) {
        let atoms = |labelled: &Arc<Labelled>| labelled.frame.structure.len();
        if self.largest.as_ref().is_none_or(|largest| atoms(labelled) >= atoms(largest)) {
            self.largest = Some(labelled.clone());
        }
        match labelled.split {
            Split::Train => self.train.add(&labelled.frame, values),
            Split::Valid => {
                self.valid.add(&labelled.frame, values);
                self.calibrated.add(labelled, values, stds.unwrap_or_default());
            }
            Split::Test => {
                self.add_tested(job, labelled, values);
                self.tested.add(labelled, values, stds.unwrap_or_default());
            }
        }
    }

    fn add_tested(&mut self, job: &TrainJob, labelled: &Labelled, values: &Evaluation) {
        self.test.add(&labelled.frame, values);
        if cross::counts(job, &labelled.sample.kind) {
            self.selected.add(&labelled.frame, values);
        }
        let kind = &labelled.sample.kind;
        match self.by_kind.iter_mut().find(|(k, _)| k == kind) {
            Some((_, errors)) => errors.add(&labelled.frame, values),
            None => {
                let mut errors = Errors::default();
                errors.add(&labelled.frame, values);
                self.by_kind.push((kind.clone(), errors));
            }
        }
        let atoms = values.forces.iter().zip(&labelled.sample.forces).zip(&labelled.sample.structure.species);
        for ((predicted, reference), species) in atoms {
            if let Some((_, points)) = self.parity.iter_mut().find(|(s, _)| s == species.symbol()) {
                (0..3).for_each(|k| points.push((reference[k], predicted[k])));
            }
        }
    }

    fn put(&self, job: &TrainJob, summary: &mut Map<String, Value>) {
        let group = |errors: &Errors| {
            let mut map = Map::new();
            errors.put(&mut map);
            Value::Object(map)
        };
        summary.insert("train".into(), group(&self.train));
        summary.insert("valid".into(), group(&self.valid));
        summary.insert("test".into(), group(&self.test));
        summary.insert("test_selected".into(), group(&self.selected));
        summary.insert("report_kinds".into(), job.deck.data.report_kinds.clone().into());
        let kind = |(kind, errors): &(String, Errors)| {
            let mut map = Map::new();
            map.insert("kind".into(), kind.clone().into());
            errors.put(&mut map);
            Value::Object(map)
        };
        summary.insert("test_by_kind".into(), self.by_kind.iter().map(kind).collect());
        if let Some(factors) = self.factors {
            let uncertainty = serde_json::json!({
                "factor": factors.forces,
                "energy_factor": factors.energies,
                "valid": self.calibrated.json(),
                "test": self.tested.json(),
            });
            summary.insert("uncertainty".into(), uncertainty);
        }
        if let Some(errors) = &self.left_out {
            let mut map = Map::new();
            map.insert("n_hosts".into(), cross::hosts(job).len().into());
            errors.put(&mut map);
            summary.insert("leave_one_host_out".into(), map.into());
        }
    }
}

/// Errors of forces and energies against their standard deviations.
pub(super) struct Calibration {
    pub forces: Coverage,
    pub energies: Coverage,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { forces: Coverage::default(), energies: Coverage::of_energies() }
    }
}

impl Calibration {
    fn add(&mut self, labelled: &Labelled, values: &Evaluation, force_stds: &[Vec3]) {
        self.forces.add(&labelled.host, &values.forces, force_stds, &labelled.sample.forces);
        let atoms = values.forces.len() as f64;
        if let Some(std) = values.energy_std_ev {
            let error = values.energy_ev - labelled.sample.energy_ev;
            self.energies.add_one(&labelled.host, std / atoms, error / atoms);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.forces.is_empty()
    }

    /// The coverage of forces, with that of energies as `energies`; null without frames.
    fn json(&self) -> Value {
        if self.is_empty() {
            return Value::Null;
        }
        let mut all = self.forces.json();
        all["energies"] = self.energies.json();
        all
    }

    pub fn text(&self) -> String {
        format!("{}; {}", self.forces.text(), self.energies.text())
    }
}

/// Says what a model predicts for one frame after the other, a few of them in memory; for those of some splits with standard
/// deviations of force components (eV/A), where the model has an ensemble.
pub(super) fn each_prediction(
    fold: &Fold,
    frames: &[&Arc<Entry>],
    with_stds: impl Fn(Split) -> bool + Sync,
    mut add: impl FnMut(&Arc<Labelled>, &Evaluation, Option<&[Vec3]>),
) -> Result<(), RunError> {
    let potential = potential(fold)?;
    let one = |entry: &&Arc<Entry>| {
        let labelled = entry.load().map_err(|error| RunError::new(error.in_one_line()))?;
        let (values, list) = evaluate(&potential, &labelled)?;
        let stds = match with_stds(labelled.split) {
            true => {
                potential.force_std_ev_per_a(&labelled.sample.structure, &list).map_err(cannot_evaluate)?
            }
            false => None,
        };
        Ok((labelled, values, stds))
    };
    for frames in frames.chunks(FRAMES_AT_ONCE) {
        let predicted: Vec<_> = frames.par_iter().map(one).collect::<Result<_, RunError>>()?;
        for (labelled, values, stds) in &predicted {
            add(labelled, values, stds.as_deref());
        }
    }
    Ok(())
}

fn cannot_evaluate(error: impl std::fmt::Display) -> RunError {
    RunError::new(format!("the trained model cannot be evaluated: {error}"))
}

fn potential(fold: &Fold) -> Result<NeuralPotential, RunError> {
    let potential = NeuralPotential::new(fold.model.clone(), Precision::F32).map_err(cannot_evaluate)?;
    Ok(potential.with_uncertainty_factors(fold.factors.unwrap_or(UncertaintyFactors::both(1.0))))
}

fn evaluate(
    potential: &NeuralPotential,
    labelled: &Labelled,
) -> Result<(Evaluation, NeighbourList), RunError> {
    let structure = &labelled.sample.structure;
    let list = NeighbourList::build(structure, potential.max_cutoff_a(), 0.0).map_err(cannot_evaluate)?;
    let mut out = Evaluation::zeros(structure.len());
    potential.evaluator().evaluate(structure, &list, &mut out).map_err(cannot_evaluate)?;
    Ok((out, list))
}
