//! Fitting a head: every reading with every ridge on the train split, and of all those the one with the least error on valid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use natron_potential::charges::{AtomInputs, ChargeProvenance, LabelledCell};
use natron_potential::{ChargeFit, ChargeHead, Reads};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::deck::FitTable;
use super::head::LoadedHead;
use super::run::inputs;
use super::sources::Source;
use crate::envelope::hex;
use crate::potentials::LoadedNeural;
use crate::{Failure, InputError, RunError};

/// One head that was tried.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub reads: Reads,
    pub ridge: f64,
    /// Root-mean-square errors, e.
    pub train_e: f64,
    pub valid_e: f64,
}

/// The head that was taken, and all that were tried.
pub(super) struct Fitted {
    pub head: LoadedHead,
    pub tried: Vec<Tried>,
}

/// That every frame has a split and reference charges, and that there is something to fit and to choose by.
pub(super) fn check(sources: &[Source], labels: &str, split_key: &str) -> Result<(), InputError> {
    for source in sources {
        match &source.labels_e {
            None => {
                let message = format!("there is no column `{labels}` of one real number for each atom");
                return Err(source
                    .error(message)
                    .help("name the column of reference charges: [charges] labels"));
            }
            Some(values) if values.iter().any(|value| !value.is_finite()) => {
                return Err(source.error(format!("`{labels}` holds a number that is not finite")));
            }
            Some(_) => {}
        }
        if source.split.is_none() {
            let message = format!("there is no `{split_key}`");
            return Err(source.error(message).help("give each frame split=train, valid or test"));
        }
    }
    for wanted in ["train", "valid"] {
        if !sources.iter().any(|source| source.split.as_deref() == Some(wanted)) {
            return Err(InputError::new(format!("no frame of [fit] is of split {wanted}"))
                .help("a head is fitted to train and chosen by valid"));
        }
    }
    Ok(())
}

/// SHA-256 over files, in order.
pub(super) fn sha256_of(paths: &[PathBuf]) -> Result<String, InputError> {
    let mut hash = Sha256::new();
    for path in paths {
        let bytes = std::fs::read(path)
            .map_err(|error| InputError::new(format!("cannot read the file: {error}")).in_file(path))?;
        hash.update(&bytes);
    }
    Ok(hex(&hash.finalize()))
}

/// Fits and chooses.
pub(super) fn fit(
    table: &FitTable,
    sources: &[Source],
    potential: &LoadedNeural,
    data_sha256: &str,
) -> Result<Fitted, Failure> {
    let cells = sources
        .par_iter()
        .map(|source| {
            let inputs = inputs(potential, Reads::Both, source)?;
            Ok(LabelledCell { inputs, charges_e: source.labels_e.clone().unwrap_or_default() })
        })
        .collect::<Result<Vec<_>, InputError>>()?;
    let of_split = |split: &str, reads: Reads| -> Vec<LabelledCell> {
        let wanted = sources.iter().zip(&cells).filter(|(source, _)| source.split.as_deref() == Some(split));
        wanted.map(|(_, cell)| narrowed(cell, reads, potential)).collect()
    };
    let species = potential.potential.model().spec.species.clone();
    let mut tried = Vec::new();
    let mut best: Option<(f64, f64, ChargeHead)> = None;
    for &reads in &table.reads {
        let (train, valid) = (of_split("train", reads), of_split("valid", reads));
        let Some(fit) = ChargeFit::new(&train, species.len()) else { continue };
        for &ridge in &table.ridges {
            let Some((weights, bias)) = fit.solve(ridge) else { continue };
            let head = ChargeHead { species: species.clone(), reads, weights, bias };
            let (train_e, valid_e) = (rmse(&head, &train), rmse(&head, &valid));
            tried.push(Tried { reads, ridge, train_e, valid_e });
            if best.as_ref().is_none_or(|(least, ..)| valid_e < *least) {
                best = Some((valid_e, ridge, head));
            }
        }
    }
    let (_, ridge, head) = best.ok_or_else(|| RunError::new("no head could be fitted to these charges"))?;
    let splits: BTreeSet<&str> = sources.iter().filter_map(|source| source.split.as_deref()).collect();
    let rmse_e = splits.iter().map(|split| ((*split).to_owned(), rmse(&head, &of_split(split, head.reads))));
    let mut atoms = BTreeMap::new();
    for cell in of_split("train", Reads::Hidden) {
        cell.inputs.species.iter().for_each(|s| *atoms.entry(species[*s].clone()).or_insert(0) += 1);
    }
    let provenance = ChargeProvenance {
        potential_sha256: potential.sha256_hex(),
        data_sha256: data_sha256.into(),
        ridge,
        atoms,
        rmse_e: rmse_e.collect(),
    };
    Ok(Fitted { head: LoadedHead { head, provenance, name: "fitted here".into() }, tried })
}

/// A cell with what `reads` names of the inputs of [`Reads::Both`].
fn narrowed(cell: &LabelledCell, reads: Reads, potential: &LoadedNeural) -> LabelledCell {
    let hidden = Reads::Hidden.width(&potential.potential.model().spec);
    let all = &cell.inputs;
    let columns = match reads {
        Reads::Hidden => 0..hidden,
        Reads::Features => hidden..all.width,
        Reads::Both => 0..all.width,
    };
    let values = (0..all.len()).flat_map(|atom| all.row(atom)[columns.clone()].to_vec()).collect();
    let inputs = AtomInputs { species: all.species.clone(), width: columns.len(), values };
    LabelledCell { inputs, charges_e: cell.charges_e.clone() }
}

/// Root-mean-square error over all atoms, e. Reference charges are taken as they are: cells are neutral.
fn rmse(head: &ChargeHead, cells: &[LabelledCell]) -> f64 {
    let (mut squares, mut atoms) = (0.0, 0.0);
    for cell in cells {
        let total: f64 = cell.charges_e.iter().sum();
        let found = head.charges_of(&cell.inputs, total);
        squares += found.iter().zip(&cell.charges_e).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        atoms += found.len() as f64;
    }
    (squares / atoms).sqrt()
}
