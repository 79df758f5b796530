//! Checkpoints: a header, three models, the optimiser's state and the parameters as exactly as they are trained, each with its length.

use natron_potential::Model;
use natron_potential::file::{self, Provenance};
use serde::{Deserialize, Serialize};

use super::Trainer;
use crate::compute::ComputeSettings;
use crate::data::TrainError;

const MAGIC: &[u8; 8] = b"natrontr";
const FORMAT: u64 = 3;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u64,
    seed: u64,
    compute: ComputeSettings,
    origin_ev: Vec<f64>,
    isolated_ev: Vec<Option<f64>>,
    epoch: usize,
    best_score: Option<f64>,
    looks_since_best: usize,
}

pub(super) fn write(trainer: &Trainer) -> Result<Vec<u8>, TrainError> {
    let failed = |e: String| TrainError::Checkpoint(e);
    let header = Header {
        format: FORMAT,
        seed: trainer.seed,
        compute: trainer.compute,
        origin_ev: trainer.origin_ev.clone(),
        isolated_ev: trainer.isolated_ev.clone(),
        epoch: trainer.epoch,
        best_score: trainer.best_score.is_finite().then_some(trainer.best_score),
        looks_since_best: trainer.looks_since_best,
    };
    let pack =
        |model: &Model| file::to_bytes(model, &Provenance::default()).map_err(|e| failed(e.to_string()));
    let parts = [
        serde_json::to_vec(&header).map_err(|e| failed(e.to_string()))?,
        pack(&trainer.model)?,
        pack(&trainer.average)?,
        pack(&trainer.best)?,
        trainer.adam.into_bytes().map_err(|e| failed(e.to_string()))?.to_vec(),
        serde_json::to_vec(&trainer.graph.state()).map_err(|e| failed(e.to_string()))?,
    ];
    let mut bytes = MAGIC.to_vec();
    for part in parts {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part);
    }
    Ok(bytes)
}

pub(super) fn read(mut trainer: Trainer, bytes: &[u8]) -> Result<Trainer, TrainError> {
    let damaged = |what: &str| TrainError::Checkpoint(format!("{what}; it is damaged or of another version"));
    let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("not a checkpoint"))?;
    let mut parts = Vec::new();
    for _ in 0..6 {
        let (length, tail) = rest.split_first_chunk::<8>().ok_or_else(|| damaged("cut short"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged("a length"))?;
        let (part, tail) = tail.split_at_checked(length).ok_or_else(|| damaged("cut short"))?;
        parts.push(part);
        rest = tail;
    }
    let header: Header = serde_json::from_slice(parts[0]).map_err(|e| damaged(&e.to_string()))?;
    let unpack =
        |part: &[u8]| file::from_bytes(part).map(|(model, _)| model).map_err(|e| damaged(&e.to_string()));
    let model = unpack(parts[1])?;
    if header.format != FORMAT
        || header.seed != trainer.seed
        || header.compute != trainer.compute
        || model.spec != trainer.model.spec
    {
        return Err(TrainError::Checkpoint("it was made from another deck".into()));
    }
    if model.mean != trainer.model.mean
        || header.origin_ev != trainer.origin_ev
        || header.isolated_ev != trainer.isolated_ev
    {
        return Err(TrainError::Checkpoint("it was made from other data".into()));
    }
    trainer.model = model;
    trainer.average = unpack(parts[2])?;
    trainer.best = unpack(parts[3])?;
    trainer.graph = trainer.graph_of(&trainer.model);
    let state = serde_json::from_slice(parts[5]).map_err(|e| damaged(&e.to_string()))?;
    if !trainer.set_graph_state(state) {
        return Err(damaged("other parameters"));
    }
    let state = burn::tensor::Bytes::from_bytes_vec(parts[4].to_vec());
    trainer.adam = trainer.adam.from_bytes(state).map_err(|e| damaged(&e.to_string()))?;
    trainer.epoch = header.epoch;
    trainer.best_score = header.best_score.unwrap_or(f64::INFINITY);
    trainer.looks_since_best = header.looks_since_best;
    Ok(trainer)
}
