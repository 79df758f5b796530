//! Labels without what the model has as a formula.
//!
//! A dispersion term reaches far and depends on no weight: it is taken from the labels once, before the training, where a wall, which is
//! over in a moment, is evaluated with the network at every step.

use std::sync::Arc;

use natron_atoms::NeighbourList;
use natron_potential::{Evaluation, ModelSpec, Potential};

use crate::data::{Sample, TrainError};

/// The sample with energy, forces and virial less those of the model's dispersion term, if it has one. `list`: of the sample's
/// structure, as far as the network reaches.
///
/// # Errors
/// The term cannot be evaluated.
pub(crate) fn without_term(
    sample: Arc<Sample>,
    spec: &ModelSpec,
    list: &NeighbourList,
) -> Result<Arc<Sample>, TrainError> {
    let Some(term) = spec.dispersion_term()? else { return Ok(sample) };
    let mut sample = Arc::unwrap_or_clone(sample);
    let mut values = Evaluation::zeros(sample.structure.len());
    let done = term.evaluator().evaluate(&sample.structure, list, &mut values);
    done.map_err(|source| TrainError::Evaluation { frame: sample.name.clone(), source })?;
    sample.energy_ev -= values.energy_ev;
    sample.forces.iter_mut().zip(&values.forces).for_each(|(force, of_term)| *force -= of_term);
    sample.virial_ev = sample.virial_ev.map(|virial| virial - values.virial_ev);
    Ok(Arc::new(sample))
}
