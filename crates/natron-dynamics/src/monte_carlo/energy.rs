//! The energy of a structure, or that it has none.

use natron_atoms::{NeighbourError, NeighbourList, Structure};
use natron_potential::{Evaluation, EvaluationError, Evaluator, Potential};

use crate::state::StepError;

/// A potential at work on structures of any number of atoms.
pub(super) struct Energies<'p> {
    evaluator: Box<dyn Evaluator + 'p>,
    /// Without a skin: the pairs and their order depend on the structure alone.
    list: NeighbourList,
    evaluation: Evaluation,
}

impl<'p> Energies<'p> {
    pub(super) fn new(potential: &'p dyn Potential, structure: &Structure) -> Result<Self, NeighbourError> {
        let list = NeighbourList::build_by_pair(structure, potential.cutoffs(), 0.0)?;
        Ok(Self { evaluator: potential.evaluator(), list, evaluation: Evaluation::zeros(structure.len()) })
    }

    /// The energy, eV; `None` where the structure is impossible.
    pub(super) fn of(&mut self, structure: &Structure) -> Result<Option<f64>, StepError> {
        let found = self.evaluate(structure);
        match found {
            Ok(energy_ev) if energy_ev.is_finite() => Ok(Some(energy_ev)),
            Ok(_) => Ok(None),
            Err(error) if is_impossible(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn evaluate(&mut self, structure: &Structure) -> Result<f64, StepError> {
        if structure.is_empty() {
            return Ok(0.0);
        }
        self.list.update(structure)?;
        self.evaluator.evaluate(structure, &self.list, &mut self.evaluation)?;
        Ok(self.evaluation.energy_ev)
    }
}

/// Whether an error says that a trial has an infinite energy, rather than that nothing can be computed.
pub(super) fn is_impossible(error: &StepError) -> bool {
    matches!(
        error,
        StepError::Displacement { .. }
            | StepError::Evaluation(EvaluationError::Overlap { .. } | EvaluationError::NotFinite { .. })
            | StepError::Neighbour(NeighbourError::TooDense { .. })
    )
}
