//! `natron evaluate`: what a potential predicts for labelled frames, and how far off it is.

mod coverage;
mod errors;
mod thinned;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use natron_atoms::{AtomArray, Frame, InfoValue, Labels, NeighbourList, Vec3};
use natron_potential::Evaluation;
use rayon::prelude::*;
use serde_json::{Map, Value};

pub use coverage::{Coverage, Share};
pub use errors::Errors;
pub use thinned::Thinned;

use crate::envelope::Build;
use crate::potentials::{LoadedPotential, load_potential};
use crate::{Failure, InputError, files};

/// What to evaluate.
#[derive(Debug, Clone, Default)]
pub struct EvaluateOptions {
    /// Built-in name or file of the potential.
    pub potential: String,
    /// Files of frames.
    pub files: Vec<PathBuf>,
    /// Where the predictions go.
    pub output: Option<PathBuf>,
    /// Only frames whose `split` is this.
    pub split: Option<String>,
    /// Only frames whose `kind` is one of these; empty: all.
    pub kinds: Vec<String>,
}

/// Errors in total and by origin.
#[derive(Debug, Clone)]
pub struct EvaluateReport {
    /// Name of the potential.
    pub potential: String,
    /// SHA-256 of the potential.
    pub sha256: String,
    /// Over all frames.
    pub total: Errors,
    /// By the frames' `kind`; `None` for frames without one.
    pub by_kind: Vec<(Option<String>, Errors)>,
    /// By file.
    pub by_file: Vec<(PathBuf, Errors)>,
    /// Errors of forces against their predicted standard deviations, where the potential knows them.
    pub coverage: Coverage,
    /// Errors of energies against theirs.
    pub energy_coverage: Coverage,
    /// Where the predictions were written.
    pub output: Option<PathBuf>,
}

/// What is predicted for a frame.
struct Prediction {
    values: Evaluation,
    /// Standard deviations of force components, eV/A, where the potential knows them.
    force_std: Option<Vec<Vec3>>,
}

/// A frame and where it came from.
struct Labelled<'a> {
    file: &'a Path,
    /// Position in the file, from 0.
    number: usize,
    /// Line where it begins, from 1.
    line: usize,
    frame: Frame,
}

/// Evaluates every frame and compares it with its labels.
///
/// # Errors
/// A file or the potential cannot be read, an element is unknown, atoms overlap, nothing is left to compare.
pub fn evaluate(options: &EvaluateOptions) -> Result<EvaluateReport, Failure> {
    let potential = load_potential(&options.potential)?;
    check_output(options)?;
    let frames = read_selected(options)?;
    let predictions = predict(&potential, &frames)?;
    let report = compare(&potential, options, &frames, &predictions);
    if report.total.is_unlabelled() && options.output.is_none() {
        return Err(InputError::new("no frame has an energy, forces or a virial to compare with")
            .in_file(frames[0].file)
            .at_line(frames[0].line)
            .help("label the frames (keys energy or free_energy, forces, virial or stress), or write predictions with --output")
            .into());
    }
    if let Some(output) = &options.output {
        let predicted: Vec<Frame> = frames
            .iter()
            .zip(&predictions)
            .map(|(frame, values)| with_predictions(&frame.frame, values))
            .collect();
        files::write_frames(output, &predicted)?;
    }
    Ok(report)
}

fn check_output(options: &EvaluateOptions) -> Result<(), InputError> {
    let Some(output) = &options.output else { return Ok(()) };
    let same = |file: &PathBuf| {
        let canonical = (std::fs::canonicalize(file).ok(), std::fs::canonicalize(output).ok());
        canonical.0.is_some() && canonical.0 == canonical.1
    };
    match options.files.iter().find(|file| same(file)) {
        Some(file) => Err(InputError::new("the predictions would replace the file they are compared with")
            .in_file(file)
            .help("name another file after --output")),
        None => Ok(()),
    }
}

fn read_selected(options: &EvaluateOptions) -> Result<Vec<Labelled<'_>>, Failure> {
    let mut selected = Vec::new();
    let mut errors = Vec::new();
    for file in &options.files {
        match files::read_sources(file) {
            Ok(sources) => {
                let numbered = sources.into_iter().enumerate();
                let kept = numbered.filter(|(_, source)| is_selected(&source.frame, options));
                selected.extend(kept.map(|(number, source)| Labelled {
                    file,
                    number,
                    line: source.line,
                    frame: source.frame,
                }));
            }
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    if selected.is_empty() {
        return Err(InputError::new("no frame is left to evaluate")
            .in_file(&options.files[0])
            .help("check --split and --kind against the frames' keys `split` and `kind`")
            .into());
    }
    Ok(selected)
}

fn is_selected(frame: &Frame, options: &EvaluateOptions) -> bool {
    let split_fits = options.split.as_deref().is_none_or(|split| frame.text("split") == Some(split));
    let fits = |kind: &str| options.kinds.iter().any(|wanted| wanted == kind);
    split_fits && (options.kinds.is_empty() || frame.text("kind").is_some_and(fits))
}

fn predict(potential: &LoadedPotential, frames: &[Labelled<'_>]) -> Result<Vec<Prediction>, Failure> {
    let results: Vec<Result<Prediction, InputError>> =
        frames.par_iter().map(|frame| predict_one(potential, frame)).collect();
    // One potential that does not know an element would fail on every frame: one message per file is enough.
    let mut errors: Vec<InputError> = Vec::new();
    let mut predictions = Vec::new();
    for result in results {
        match result {
            Ok(prediction) => predictions.push(prediction),
            Err(error) if errors.iter().any(|earlier| earlier.file == error.file) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(predictions) } else { Err(errors.into()) }
}

fn predict_one(loaded: &LoadedPotential, labelled: &Labelled<'_>) -> Result<Prediction, InputError> {
    let structure = &labelled.frame.structure;
    let wrong = |error: String| {
        InputError::new(format!("frame {} (counted from 0): {error}", labelled.number))
            .in_file(labelled.file)
            .at_line(labelled.line)
    };
    crate::structure::check(structure, loaded).map_err(&wrong)?;
    let list = NeighbourList::build(structure, loaded.potential.max_cutoff_a(), 0.0)
        .map_err(|error| wrong(error.to_string()))?;
    let mut values = Evaluation::zeros(structure.len());
    let result = loaded.potential.evaluator().evaluate(structure, &list, &mut values);
    result.map_err(|error| wrong(error.to_string()))?;
    let force_std = loaded.potential.force_std_ev_per_a(structure, &list);
    Ok(Prediction { values, force_std: force_std.map_err(|error| wrong(error.to_string()))? })
}

fn compare(
    potential: &LoadedPotential,
    options: &EvaluateOptions,
    frames: &[Labelled<'_>],
    predictions: &[Prediction],
) -> EvaluateReport {
    let mut total = Errors::default();
    let mut by_kind: BTreeMap<Option<String>, Errors> = BTreeMap::new();
    let mut by_file: Vec<(PathBuf, Errors)> =
        options.files.iter().map(|file| (file.clone(), Errors::default())).collect();
    let (mut coverage, mut energy_coverage) = (Coverage::default(), Coverage::of_energies());
    for (labelled, prediction) in frames.iter().zip(predictions) {
        let predicted = &prediction.values;
        if let (Some(stds), Some(forces)) = (&prediction.force_std, &labelled.frame.labels.forces) {
            let host = labelled.frame.text("host").unwrap_or_default();
            coverage.add(host, &predicted.forces, stds, forces);
        }
        let reference = errors::force_consistent_energy(&labelled.frame.labels);
        if let (Some(std), Some((energy_ev, _))) = (predicted.energy_std_ev, reference) {
            let (host, atoms) =
                (labelled.frame.text("host").unwrap_or_default(), predicted.forces.len() as f64);
            energy_coverage.add_one(host, std / atoms, (predicted.energy_ev - energy_ev) / atoms);
        }
        total.add(&labelled.frame, predicted);
        let kind = labelled.frame.text("kind").map(str::to_string);
        by_kind.entry(kind).or_default().add(&labelled.frame, predicted);
        if let Some((_, errors)) = by_file.iter_mut().find(|(file, _)| file == labelled.file) {
            errors.add(&labelled.frame, predicted);
        }
    }
    EvaluateReport {
        potential: potential.name.clone(),
        sha256: potential.sha256_hex(),
        total,
        by_kind: by_kind.into_iter().collect(),
        by_file,
        coverage,
        energy_coverage,
        output: options.output.clone(),
    }
}

/// The frame with predictions as its labels and the reference beside them as `ref_*`.
fn with_predictions(frame: &Frame, prediction: &Prediction) -> Frame {
    let predicted = &prediction.values;
    let mut out = frame.clone();
    out.labels = Labels {
        energy_ev: Some(predicted.energy_ev),
        free_energy_ev: None,
        forces: Some(predicted.forces.clone()),
        virial_ev: Some(predicted.virial_ev),
    };
    if let Some(std) = predicted.energy_std_ev {
        out.info.push(("energy_std".into(), InfoValue::Real(std)));
    }
    if let Some(stds) = &predicted.atom_energy_std_ev {
        out.arrays.push(("energies_std".into(), AtomArray::Real { columns: 1, values: stds.clone() }));
    }
    if let Some(stds) = &prediction.force_std {
        let values = stds.iter().flat_map(|std| std.iter().copied()).collect();
        out.arrays.push(("forces_std".into(), AtomArray::Real { columns: 3, values }));
    }
    if let Some((energy, _)) = errors::force_consistent_energy(&frame.labels) {
        out.info.push(("ref_energy".into(), InfoValue::Real(energy)));
    }
    if let Some(virial) = &frame.labels.virial_ev {
        let rows = virial.transpose().iter().copied().collect();
        out.info.push(("ref_virial".into(), InfoValue::Reals(rows)));
    }
    if let Some(forces) = &frame.labels.forces {
        let values = forces.iter().flat_map(|force| force.iter().copied()).collect();
        out.arrays.push(("ref_forces".into(), AtomArray::Real { columns: 3, values }));
    }
    out
}

impl EvaluateReport {
    /// The JSON of the CONTRACT.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("evaluate");
        self.total.put(&mut map);
        let group = |key: &str, name: Value, errors: &Errors| {
            let mut map = Map::new();
            map.insert(key.into(), name);
            errors.put(&mut map);
            Value::from(map)
        };
        let kinds = self.by_kind.iter().map(|(kind, errors)| group("kind", kind.clone().into(), errors));
        map.insert("by_kind".into(), kinds.collect());
        let files = self
            .by_file
            .iter()
            .map(|(file, errors)| group("file", file.display().to_string().into(), errors));
        map.insert("by_file".into(), files.collect());
        if !self.coverage.is_empty() {
            let mut uncertainty = self.coverage.json();
            if !self.energy_coverage.is_empty() {
                uncertainty["energies"] = self.energy_coverage.json();
            }
            map.insert("uncertainty".into(), uncertainty);
        }
        map.insert("potential".into(), serde_json::json!({ "name": self.potential, "sha256": self.sha256 }));
        map.insert("output".into(), self.output.as_ref().map(|path| path.display().to_string()).into());
        map.into()
    }
}
