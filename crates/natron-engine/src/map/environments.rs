//! The environments of a map: where they are from, what is counted in them, their vectors.

use nalgebra::DMatrix;
use natron_atoms::{AtomArray, Frame, NeighbourList, Species};
use natron_descriptor::{Soap, SoapScratch};
use rayon::prelude::*;

use crate::RunError;

/// One atom in its surroundings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Environment {
    /// Which of the frames taken.
    pub frame: usize,
    /// Which atom of it.
    pub atom: usize,
    /// Neighbours of each species within the distance of the deck.
    pub coordination: Vec<usize>,
    /// Values of the columns of the deck.
    pub columns: Vec<f64>,
}

/// A frame and where it is from.
pub(super) struct Source {
    /// File as the deck names it.
    pub file: String,
    /// Number of the frame in it.
    pub number: usize,
    pub frame: Frame,
    /// Mobile atoms for 200 others.
    pub x: Option<f64>,
}

/// What is asked of every environment.
pub(super) struct Question<'q> {
    pub soap: &'q Soap,
    pub mobile: &'q [Species],
    /// By which elements neighbours are counted.
    pub counted: &'q [Species],
    pub coordination_a: f64,
    pub columns: &'q [String],
}

/// The environments of all frames in order, and their normalised vectors as columns.
pub(super) fn all(
    sources: &[Source],
    question: &Question<'_>,
) -> Result<(Vec<Environment>, DMatrix<f64>), RunError> {
    let parts: Vec<(Vec<Environment>, Vec<f64>)> = sources
        .par_iter()
        .enumerate()
        .map_init(SoapScratch::default, |scratch, (frame, source)| of_frame(frame, source, question, scratch))
        .collect::<Result<_, _>>()?;
    let (mut environments, mut values) = (Vec::new(), Vec::new());
    for (some, vectors) in parts {
        environments.extend(some);
        values.extend(vectors);
    }
    let vectors = DMatrix::from_vec(question.soap.len(), environments.len(), values);
    Ok((environments, vectors))
}

fn of_frame(
    frame: usize,
    source: &Source,
    question: &Question<'_>,
    scratch: &mut SoapScratch,
) -> Result<(Vec<Environment>, Vec<f64>), RunError> {
    let structure = &source.frame.structure;
    let reach = question.soap.reach_a().max(question.coordination_a);
    let list = NeighbourList::build(structure, reach, 0.0).map_err(|error| {
        RunError::new(format!("frame {} of {} has no neighbour list: {error}", source.number, source.file))
    })?;
    let (mut environments, mut values) = (Vec::new(), Vec::new());
    for atom in (0..structure.len()).filter(|&atom| question.mobile.contains(&structure.species[atom])) {
        let mut coordination = vec![0; question.counted.len()];
        let near = list.neighbours(structure, atom).filter(|n| n.distance_a < question.coordination_a);
        for species in near.map(|n| structure.species[n.index]) {
            if let Some(k) = question.counted.iter().position(|s| *s == species) {
                coordination[k] += 1;
            }
        }
        let start = values.len();
        values.resize(start + question.soap.len(), 0.0);
        question.soap.spectrum(structure, &list, atom, scratch, &mut values[start..]);
        let norm = values[start..].iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm > 0.0 {
            values[start..].iter_mut().for_each(|x| *x /= norm);
        }
        let columns = question.columns.iter().map(|name| column(&source.frame, name, atom)).collect();
        environments.push(Environment { frame, atom, coordination, columns });
    }
    Ok((environments, values))
}

/// A number per atom; NaN where the frame has none.
fn column(frame: &Frame, name: &str, atom: usize) -> f64 {
    match frame.arrays.iter().find(|(key, _)| key == name) {
        Some((_, AtomArray::Real { columns: 1, values })) => values[atom],
        Some((_, AtomArray::Int { columns: 1, values })) => values[atom] as f64,
        _ => f64::NAN,
    }
}

/// Whether a frame has such a column of one number for each atom.
pub(super) fn has_column(frame: &Frame, name: &str) -> bool {
    frame.arrays.iter().any(|(key, array)| {
        key == name && matches!(array, AtomArray::Real { columns: 1, .. } | AtomArray::Int { columns: 1, .. })
    })
}
