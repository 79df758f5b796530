//! Charges of atoms, read from what a neural potential knows of their surroundings.
//!
//! A head is linear in the inputs x_i of an atom, which are the last hidden layer of its network, its standardised features, or both:
//!
//! ```text
//! u_i = w_s . x_i + b_s                        s: species of atom i
//! q_i = u_i + (Q - sum_j u_j) / N              Q: charge of the cell, N: its atoms
//! ```
//!
//! so that the charges of a cell always add up to Q; [`ChargeFit`] fits w and b with that constraint inside. Charges change with neither turns nor
//! the order of atoms, because x does not. A head belongs to one potential: with another it would read numbers that mean something else.

mod file;
mod fit;
mod inputs;

pub use file::{ChargeFileError, ChargeProvenance};
pub use fit::{ChargeFit, LabelledCell};
pub use inputs::{AtomInputs, Reads};

use natron_atoms::{NeighbourList, Structure};

use crate::{EvaluationError, NeuralPotential};

/// A head without the potential that it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct ChargeHead {
    /// Symbols, as the potential has them.
    pub species: Vec<String>,
    /// What it reads.
    pub reads: Reads,
    /// w by species, e, `[inputs]`.
    pub weights: Vec<Vec<f64>>,
    /// b by species, e.
    pub bias: Vec<f64>,
}

impl ChargeHead {
    /// Why the head cannot read `potential`, if it cannot.
    pub fn misfit(&self, potential: &NeuralPotential) -> Option<String> {
        let spec = &potential.model().spec;
        let width = self.reads.width(spec);
        if self.species != spec.species {
            return Some(format!(
                "the head has charges of {}, the potential is of {}",
                self.species.join(", "),
                spec.species.join(", ")
            ));
        }
        let other = self.weights.iter().find(|weights| weights.len() != width)?;
        Some(format!("the head reads {} numbers of an atom, the potential has {width}", other.len()))
    }

    /// Charges (e) of the atoms of a cell whose charge is `total_e`.
    ///
    /// # Errors
    /// The potential does not know the structure.
    ///
    /// # Panics
    /// The head does not fit the potential, see [`ChargeHead::misfit`].
    pub fn charges_e(
        &self,
        potential: &NeuralPotential,
        structure: &Structure,
        list: &NeighbourList,
        total_e: f64,
    ) -> Result<Vec<f64>, EvaluationError> {
        let inputs = AtomInputs::of(potential, self.reads, structure, list)?;
        Ok(self.charges_of(&inputs, total_e))
    }

    /// Charges (e) from inputs, for a cell whose charge is `total_e`.
    pub fn charges_of(&self, inputs: &AtomInputs, total_e: f64) -> Vec<f64> {
        let mut charges: Vec<f64> = (0..inputs.len())
            .map(|atom| {
                let species = inputs.species[atom];
                let products = self.weights[species].iter().zip(inputs.row(atom)).map(|(w, x)| w * x);
                self.bias[species] + products.sum::<f64>()
            })
            .collect();
        let shift = (total_e - charges.iter().sum::<f64>()) / charges.len().max(1) as f64;
        charges.iter_mut().for_each(|charge| *charge += shift);
        charges
    }
}
