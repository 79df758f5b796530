//! What a head reads of the atoms of a cell.

use natron_atoms::{NeighbourList, Structure};
use natron_descriptor::Real;
use serde::{Deserialize, Serialize};

use crate::{EvaluationError, Model, ModelSpec, NeuralPotential};

/// Which numbers of an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reads {
    /// The last hidden layer of its network.
    Hidden,
    /// Its standardised features.
    Features,
    /// The hidden layer, then the features.
    Both,
}

impl Reads {
    /// Its name in decks and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Features => "features",
            Self::Both => "both",
        }
    }

    /// How many numbers these are.
    pub fn width(self, spec: &ModelSpec) -> usize {
        let (hidden, features) = (spec.hidden.last().copied().unwrap_or(0), spec.features());
        match self {
            Self::Hidden => hidden,
            Self::Features => features,
            Self::Both => hidden + features,
        }
    }
}

/// The inputs of the atoms of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct AtomInputs {
    /// Species number of each atom, `[atoms]`.
    pub species: Vec<usize>,
    /// Numbers of an atom.
    pub width: usize,
    /// `[atoms][width]`.
    pub values: Vec<f64>,
}

impl AtomInputs {
    /// What `reads` names of every atom.
    ///
    /// # Errors
    /// The potential does not know the structure.
    pub fn of(
        potential: &NeuralPotential,
        reads: Reads,
        structure: &Structure,
        list: &NeighbourList,
    ) -> Result<Self, EvaluationError> {
        let (model, features) = (potential.model(), potential.describe(structure, list)?);
        let elements = crate::Potential::species(potential).unwrap_or_default();
        let number = |species| elements.iter().position(|element| element == species);
        // A structure with another element was refused when it was described.
        let species: Vec<usize> = structure.species.iter().filter_map(number).collect();
        let width = reads.width(&model.spec);
        let mut values = Vec::with_capacity(species.len() * width);
        for (&species, row) in species.iter().zip(features.chunks_exact(model.spec.features())) {
            if reads != Reads::Features {
                values.extend(hidden(model, species, row));
            }
            if reads != Reads::Hidden {
                values.extend_from_slice(row);
            }
        }
        Ok(Self { species, width, values })
    }

    /// Atoms.
    pub fn len(&self) -> usize {
        self.species.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.species.is_empty()
    }

    /// Numbers of one atom.
    pub fn row(&self, atom: usize) -> &[f64] {
        &self.values[atom * self.width..(atom + 1) * self.width]
    }
}

/// The last hidden layer for standardised features; nothing where there is none.
fn hidden(model: &Model, species: usize, features: &[f64]) -> Vec<f64> {
    let layers = &model.layers[species];
    let residual = model.spec.residual_layers();
    let mut values = if layers.len() > 1 { features.to_vec() } else { Vec::new() };
    for (layer, residual) in layers.iter().zip(residual).take(layers.len() - 1) {
        let rows = layer.weight.chunks_exact(values.len());
        let mut next: Vec<f64> = rows
            .zip(&layer.bias)
            .map(|(row, bias)| {
                let sum: f64 = row.iter().zip(&values).map(|(w, x)| f64::from(*w) * x).sum();
                (f64::from(*bias) + sum).silu().0
            })
            .collect();
        if residual {
            next.iter_mut().zip(&values).for_each(|(next, value)| *next += value);
        }
        values = next;
    }
    values
}
