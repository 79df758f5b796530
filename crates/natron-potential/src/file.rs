//! The potential file: safetensors whose `__metadata__["natron"]` says everything else.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::model::{Layer, Model, ModelError, ModelSpec};

/// The format this version writes.
pub const FORMAT: u64 = 1;
const MAX_HEADER_BYTES: u64 = 1 << 20;
const MAX_FILE_BYTES: usize = 256 << 20;

/// Errors on a split, as recorded when the potential was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct SplitErrors {
    /// Frames of the split.
    pub n_frames: usize,
    /// Root-mean-square error of the energy, meV/atom.
    #[serde(rename = "energy_rmse_meV_per_atom")]
    pub energy_rmse_mev_per_atom: f64,
    /// Root-mean-square error of force components, meV/A.
    #[serde(rename = "force_rmse_meV_per_A")]
    pub force_rmse_mev_per_a: f64,
}

/// Errors by split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    /// On the validation split.
    pub valid: Option<SplitErrors>,
    /// On the test split.
    pub test: Option<SplitErrors>,
}

/// Where a potential comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Provenance {
    /// SHA-256 over the bytes of the data files, in the order read, in hexadecimal.
    pub data_sha256: String,
    /// Held-out errors.
    pub errors: Errors,
    /// Factors from the raw spread to calibrated standard deviations; `None` without uncertainty.
    pub uncertainty: Option<UncertaintyFactors>,
}

/// Factors from the spread of an ensemble to standard deviations. A last layer knows energies, which are sums, much better
/// than forces: one factor does not fit both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UncertaintyFactors {
    /// Of force components.
    pub forces: f64,
    /// Of energies: the total and those of atoms.
    pub energies: f64,
}

impl UncertaintyFactors {
    /// One factor for everything.
    pub fn both(factor: f64) -> Self {
        Self { forces: factor, energies: factor }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u64,
    species: Vec<String>,
    #[serde(rename = "cutoffs_A")]
    cutoffs_a: Vec<f64>,
    hyperparameters: ModelSpec,
    units: Units,
    data_sha256: String,
    errors: Errors,
    uncertainty_factor: Option<f64>,
    /// Absent from files in which energies share the factor of forces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    energy_uncertainty_factor: Option<f64>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Units {
    length: String,
    energy: String,
}

impl Units {
    fn native() -> Self {
        Self { length: "A".into(), energy: "eV".into() }
    }
}

/// Why bytes are no potential.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FileError {
    /// Cut short, too large, or not safetensors.
    #[error("this is no complete potential file: {0}")]
    Damaged(String),
    /// No `natron` entry in its metadata, or one that does not parse.
    #[error("the file's natron metadata: {0}")]
    Metadata(String),
    /// Written by a later version.
    #[error("format {0} is newer than this natron reads (up to {FORMAT}); use a newer natron")]
    Newer(u64),
    /// A tensor is missing, unknown, or of the wrong type or shape.
    #[error("tensor `{name}` {problem}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// The model does not hold together.
    #[error(transparent)]
    Model(#[from] ModelError),
}

fn bytes_of(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The bytes of a potential file.
///
/// # Errors
/// The model does not hold together.
pub fn to_bytes(model: &Model, provenance: &Provenance) -> Result<Vec<u8>, FileError> {
    model.validate()?;
    let header = Header {
        format: FORMAT,
        species: model.spec.species.clone(),
        cutoffs_a: model.spec.pairs.iter().map(|p| p.cutoff_a).collect(),
        hyperparameters: model.spec.clone(),
        units: Units::native(),
        data_sha256: provenance.data_sha256.clone(),
        errors: provenance.errors.clone(),
        uncertainty_factor: provenance.uncertainty.map(|factors| factors.forces),
        energy_uncertainty_factor: provenance.uncertainty.map(|factors| factors.energies),
    };
    let header = serde_json::to_string(&header).map_err(|e| FileError::Metadata(e.to_string()))?;
    let isolated: Vec<u8> = model.isolated_ev.iter().flat_map(|x| x.to_le_bytes()).collect();
    let tensors: Vec<(String, Vec<u8>)> =
        model.tensors().into_iter().map(|(name, values, _)| (name, bytes_of(values))).collect();
    let damaged = |e: safetensors::SafeTensorError| FileError::Damaged(e.to_string());
    let mut views = vec![(
        "isolated_eV".to_string(),
        TensorView::new(Dtype::F64, vec![model.isolated_ev.len()], &isolated).map_err(damaged)?,
    )];
    for (name, bytes) in &tensors {
        let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map_err(damaged)?;
        views.push((name.clone(), view));
    }
    let metadata = HashMap::from([("natron".to_string(), header)]);
    safetensors::serialize(views, Some(metadata)).map_err(damaged)
}

/// The model and its provenance from the bytes of a potential file.
///
/// # Errors
/// See [`FileError`].
pub fn from_bytes(bytes: &[u8]) -> Result<(Model, Provenance), FileError> {
    let (tensors, header) = open(bytes)?;
    let Header {
        species,
        cutoffs_a,
        hyperparameters: spec,
        units,
        data_sha256,
        errors,
        uncertainty_factor,
        energy_uncertainty_factor,
        ..
    } = header;
    spec.validate()?;
    if units != Units::native() {
        return Err(FileError::Metadata("units other than A and eV".into()));
    }
    if species != spec.species || !cutoffs_a.iter().eq(spec.pairs.iter().map(|p| &p.cutoff_a)) {
        return Err(FileError::Metadata("species or cutoffs_A disagree with the hyperparameters".into()));
    }
    let empty = |n: usize| vec![Vec::new(); n];
    let n = spec.species.len();
    let mut model = Model {
        radial: empty(spec.pairs.len()),
        mean: empty(n),
        spread: empty(n),
        layers: vec![vec![Layer::default(); spec.layer_shapes().len()]; n],
        isolated_ev: Vec::new(),
        ensemble: empty(if tensors.names().iter().any(|name| name.starts_with("ensemble.")) { n } else { 0 }),
        spec,
    };
    read_tensors(&tensors, &mut model)?;
    model.validate()?;
    let uncertainty = uncertainty_factor
        .map(|forces| UncertaintyFactors { forces, energies: energy_uncertainty_factor.unwrap_or(forces) });
    let positive = |factor: f64| factor > 0.0 && factor.is_finite();
    if model.members() > 0 && !uncertainty.is_some_and(|f| positive(f.forces) && positive(f.energies)) {
        return Err(FileError::Metadata(
            "an ensemble needs a positive uncertainty_factor (and energy_uncertainty_factor)".into(),
        ));
    }
    Ok((model, Provenance { data_sha256, errors, uncertainty }))
}

/// The tensors and the checked header.
fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, Header), FileError> {
    let damaged = |what: &str| FileError::Damaged(what.into());
    if bytes.len() > MAX_FILE_BYTES {
        return Err(damaged("larger than 256 MiB"));
    }
    let length = bytes
        .first_chunk::<8>()
        .map(|b| u64::from_le_bytes(*b))
        .ok_or_else(|| damaged("shorter than 8 bytes"))?;
    if length > MAX_HEADER_BYTES {
        return Err(damaged("its header is larger than 1 MiB"));
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| FileError::Damaged(e.to_string()))?;
    let text = metadata.metadata().as_ref().and_then(|m| m.get("natron"));
    let text =
        text.ok_or_else(|| FileError::Metadata("there is none; is this a potential of natron?".into()))?;
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|e| FileError::Metadata(e.to_string()))?;
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(FORMAT) => {}
        Some(newer) if newer > FORMAT => return Err(FileError::Newer(newer)),
        _ => return Err(FileError::Metadata("`format` is missing or wrong".into())),
    }
    let header = serde_json::from_value(value).map_err(|e| FileError::Metadata(e.to_string()))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| FileError::Damaged(e.to_string()))?;
    Ok((tensors, header))
}

fn read_tensors(tensors: &SafeTensors<'_>, model: &mut Model) -> Result<(), FileError> {
    let known: Vec<String> = model.tensors().into_iter().map(|(name, ..)| name).collect();
    for name in tensors.names() {
        if name != "isolated_eV" && !known.iter().any(|k| k == name) {
            return Err(FileError::Tensor { name: name.to_string(), problem: "is unknown".into() });
        }
    }
    let floats = |name: &str| -> Result<Vec<f32>, FileError> {
        let bytes = raw(tensors, name, Dtype::F32)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    };
    model.isolated_ev = raw(tensors, "isolated_eV", Dtype::F64)?
        .as_chunks::<8>()
        .0
        .iter()
        .map(|b| f64::from_le_bytes(*b))
        .collect();
    for (k, pair) in model.spec.pairs.iter().enumerate() {
        model.radial[k] = floats(&format!("radial.{}.{}", pair.pair[0], pair.pair[1]))?;
    }
    for (s, symbol) in model.spec.species.iter().enumerate() {
        model.mean[s] = floats(&format!("features.{symbol}.mean"))?;
        model.spread[s] = floats(&format!("features.{symbol}.spread"))?;
        for (n, layer) in model.layers[s].iter_mut().enumerate() {
            layer.weight = floats(&format!("network.{symbol}.{n}.weight"))?;
            layer.bias = floats(&format!("network.{symbol}.{n}.bias"))?;
        }
        if let Some(ensemble) = model.ensemble.get_mut(s) {
            *ensemble = floats(&format!("ensemble.{symbol}"))?;
        }
    }
    Ok(())
}

fn raw<'a>(tensors: &SafeTensors<'a>, name: &str, dtype: Dtype) -> Result<&'a [u8], FileError> {
    let problem = |problem: &str| FileError::Tensor { name: name.into(), problem: problem.into() };
    let view = tensors.tensor(name).map_err(|_| problem("is missing"))?;
    if view.dtype() != dtype {
        return Err(problem("has the wrong type"));
    }
    Ok(view.data())
}
