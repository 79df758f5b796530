//! The file of a head: safetensors whose `__metadata__["natron"]` says which potential it reads and how good it is.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::{ChargeHead, Reads};

/// The format this version writes.
const FORMAT: u64 = 1;
const MAX_FILE_BYTES: usize = 16 << 20;
const MAX_HEADER_BYTES: u64 = 1 << 20;
const MAX_SPECIES: usize = 128;

/// Where a head comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChargeProvenance {
    /// SHA-256 of the file of the potential that it reads, in hexadecimal.
    pub potential_sha256: String,
    /// SHA-256 over the bytes of the files it was fitted to, in the order read, in hexadecimal.
    pub data_sha256: String,
    /// What held back its weights.
    pub ridge: f64,
    /// Atoms it was fitted to, by element; it says nothing of others.
    pub atoms: BTreeMap<String, usize>,
    /// Root-mean-square errors by split, e.
    #[serde(rename = "rmse_e")]
    pub rmse_e: BTreeMap<String, f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u64,
    kind: String,
    species: Vec<String>,
    reads: Reads,
    unit: String,
    provenance: ChargeProvenance,
}

const KIND: &str = "charge head";
const UNIT: &str = "e";

/// Why bytes are no head.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChargeFileError {
    /// Cut short, too large, or not safetensors.
    #[error("this is no complete charge head: {0}")]
    Damaged(String),
    /// Its metadata say something else.
    #[error("the file's natron metadata: {0}")]
    Metadata(String),
    /// Written by a later version.
    #[error(
        "format {0} of charge heads is newer than this natron reads (up to {FORMAT}); use a newer natron"
    )]
    Newer(u64),
    /// A tensor is missing, or of the wrong type or length, or not finite.
    #[error("tensor `{name}` {problem}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

impl ChargeHead {
    /// The bytes of its file.
    ///
    /// # Errors
    /// None but for bytes that cannot be written at all.
    pub fn to_bytes(&self, provenance: &ChargeProvenance) -> Result<Vec<u8>, ChargeFileError> {
        let header = Header {
            format: FORMAT,
            kind: KIND.into(),
            species: self.species.clone(),
            reads: self.reads,
            unit: UNIT.into(),
            provenance: provenance.clone(),
        };
        let header = serde_json::to_string(&header).map_err(|e| ChargeFileError::Metadata(e.to_string()))?;
        let damaged = |e: safetensors::SafeTensorError| ChargeFileError::Damaged(e.to_string());
        let bytes = |values: &[f64]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        let named = self.species.iter().zip(&self.weights);
        let mut tensors: Vec<(String, Vec<u8>)> =
            named.map(|(symbol, weights)| (format!("weight.{symbol}"), bytes(weights))).collect();
        tensors.push(("bias".into(), bytes(&self.bias)));
        let views = tensors.iter().map(|(name, bytes)| {
            TensorView::new(Dtype::F64, vec![bytes.len() / 8], bytes).map(|view| (name.clone(), view))
        });
        let views = views.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
        safetensors::serialize(views, Some(HashMap::from([("natron".to_string(), header)]))).map_err(damaged)
    }

    /// The head of a file, and where it comes from. Whether it fits a potential is another question ([`ChargeHead::misfit`]).
    ///
    /// # Errors
    /// See [`ChargeFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, ChargeProvenance), ChargeFileError> {
        let (tensors, header) = open(bytes)?;
        let weight = |symbol: &String| floats(&tensors, &format!("weight.{symbol}"));
        let weights = header.species.iter().map(weight).collect::<Result<Vec<_>, _>>()?;
        let bias = floats(&tensors, "bias")?;
        if bias.len() != header.species.len() {
            let problem = format!("has {} numbers for {} species", bias.len(), header.species.len());
            return Err(ChargeFileError::Tensor { name: "bias".into(), problem });
        }
        let head = Self { species: header.species, reads: header.reads, weights, bias };
        Ok((head, header.provenance))
    }
}

/// The tensors and the checked header.
fn open(bytes: &[u8]) -> Result<(SafeTensors<'_>, Header), ChargeFileError> {
    let damaged = |what: &str| ChargeFileError::Damaged(what.into());
    let metadata = |what: &str| ChargeFileError::Metadata(what.into());
    if bytes.len() > MAX_FILE_BYTES {
        return Err(damaged("larger than 16 MiB"));
    }
    let length = bytes.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
    if length.ok_or_else(|| damaged("shorter than 8 bytes"))? > MAX_HEADER_BYTES {
        return Err(damaged("its header is larger than 1 MiB"));
    }
    let (_, all) = SafeTensors::read_metadata(bytes).map_err(|e| ChargeFileError::Damaged(e.to_string()))?;
    let text = all.metadata().as_ref().and_then(|all| all.get("natron"));
    let text = text.ok_or_else(|| metadata("there is none; is this a charge head of natron?"))?;
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|e| ChargeFileError::Metadata(e.to_string()))?;
    if value.get("kind").and_then(serde_json::Value::as_str) != Some(KIND) {
        return Err(metadata("it is not that of a charge head; a potential is another file"));
    }
    match value.get("format").and_then(serde_json::Value::as_u64) {
        Some(FORMAT) => {}
        Some(newer) if newer > FORMAT => return Err(ChargeFileError::Newer(newer)),
        _ => return Err(metadata("`format` is missing or wrong")),
    }
    let header: Header =
        serde_json::from_value(value).map_err(|e| ChargeFileError::Metadata(e.to_string()))?;
    if header.unit != UNIT {
        return Err(metadata("charges in units other than e"));
    }
    if header.species.is_empty() || header.species.len() > MAX_SPECIES {
        return Err(metadata("there must be 1 to 128 species"));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| ChargeFileError::Damaged(e.to_string()))?;
    Ok((tensors, header))
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f64>, ChargeFileError> {
    let problem = |problem: &str| ChargeFileError::Tensor { name: name.into(), problem: problem.into() };
    let view = tensors.tensor(name).map_err(|_| problem("is missing"))?;
    if view.dtype() != Dtype::F64 {
        return Err(problem("has the wrong type"));
    }
    let values: Vec<f64> = view.data().as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    if values.iter().any(|x| !x.is_finite()) {
        return Err(problem("holds a number that is not finite"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> ChargeHead {
        ChargeHead {
            species: vec!["C".into(), "Na".into()],
            reads: Reads::Both,
            weights: vec![vec![0.25, -1.5], vec![0.125, 3.0]],
            bias: vec![-0.1, 0.7],
        }
    }

    #[test]
    fn a_file_keeps_every_number() {
        let provenance = ChargeProvenance {
            potential_sha256: "ab".into(),
            data_sha256: "cd".into(),
            ridge: 1e-3,
            atoms: BTreeMap::from([("C".into(), 900), ("Na".into(), 100)]),
            rmse_e: BTreeMap::from([("test".into(), 0.03)]),
        };
        let bytes = head().to_bytes(&provenance).expect("bytes");
        assert_eq!(ChargeHead::from_bytes(&bytes).expect("a head"), (head(), provenance));
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let bytes = head().to_bytes(&ChargeProvenance::default()).expect("bytes");
        for end in [0, 7, 8, 60, bytes.len() - 1] {
            assert!(ChargeHead::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        let said =
            |bytes: &[u8]| ChargeHead::from_bytes(bytes).map_or_else(|e| e.to_string(), |_| "read".into());
        let mut huge = bytes.clone();
        huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(said(&huge).contains("larger than 1 MiB"));
        let infinite = ChargeHead { bias: vec![f64::INFINITY, 0.0], ..head() };
        let infinite = infinite.to_bytes(&ChargeProvenance::default()).expect("bytes");
        assert!(said(&infinite).contains("`bias` holds a number that is not finite"));
        let short = ChargeHead { bias: vec![0.0], ..head() };
        let short = short.to_bytes(&ChargeProvenance::default()).expect("bytes");
        assert!(said(&short).contains("1 numbers for 2 species"), "{}", said(&short));
        let mut newer = bytes.clone();
        let at = newer.windows(11).position(|w| w == b"\\\"format\\\":").expect("the format") + 11;
        newer[at] = b'7';
        assert!(said(&newer).contains("format 7 of charge heads is newer"), "{}", said(&newer));
    }
}
