//! Runs the sums over all atoms: coordination numbers, pairs, and what follows from changing coordination numbers.
//!
//! Every atom gathers all its neighbours, so that no two write the same number: the sums are the same on any number of
//! threads. A pass needs what the one before it found for all atoms.

use natron_atoms::{Mat3, NeighbourList, Species, Structure};
use rayon::prelude::*;

use super::Dispersion;
use super::coordination::Weights;
use super::sight::Sight;
use super::task::Task;
use crate::{Evaluation, EvaluationError, Evaluator};

/// Atoms that one task looks at.
const TASK: usize = 16;
/// Fewer tasks than this run on the calling thread: waking others would cost more.
const PARALLEL_TASKS: usize = 4;

/// Evaluates a [`Dispersion`], alone or on top of another potential.
#[derive(Debug)]
pub(crate) struct DispersionEvaluator<'a> {
    term: &'a Dispersion,
    far: Sight,
    near: Sight,
    species: Vec<Species>,
    numbers: Vec<u8>,
    tasks: Vec<Task>,
    /// Weights of the references of all atoms.
    weights: Vec<Weights>,
    /// dE/d(coordination number) of all atoms, eV.
    by_coordination: Vec<f64>,
}

impl<'a> DispersionEvaluator<'a> {
    pub fn new(term: &'a Dispersion) -> Self {
        Self {
            term,
            far: Sight::new(term.spec().cutoff_a),
            near: Sight::new(term.spec().coordination_cutoff_a),
            species: Vec::new(),
            numbers: Vec::new(),
            tasks: Vec::new(),
            weights: Vec::new(),
            by_coordination: Vec::new(),
        }
    }

    /// Adds the term to `out`. `lead` must be up to date with `structure`; how far it reaches does not matter.
    pub fn add_to(
        &mut self,
        structure: &Structure,
        lead: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        if self.species != structure.species {
            self.assign(&structure.species)?;
        }
        for sight in [&mut self.far, &mut self.near] {
            let followed = sight.follow(lead, structure, &self.numbers, self.term.elements().len());
            followed.map_err(|source| EvaluationError::Dispersion { source })?;
        }
        self.sum()?;
        for task in &self.tasks {
            for (atom, share) in task.atoms.clone().zip(&task.shares) {
                out.atom_energies_ev[atom] += share.energy_ev;
                out.forces[atom] += share.force;
            }
            let [xx, yy, zz, yz, xz, xy] = task.strain;
            // Every pair was seen from both ends.
            out.virial_ev -= Mat3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz) * 0.5;
        }
        out.energy_ev = out.atom_energies_ev.iter().sum();
        Ok(())
    }

    /// Numbers the species of the atoms and deals the atoms out to tasks.
    fn assign(&mut self, species: &[Species]) -> Result<(), EvaluationError> {
        self.species.clear();
        self.numbers.clear();
        for (atom, &species) in species.iter().enumerate() {
            self.numbers.push(self.term.number(atom, species)?);
        }
        self.species.extend(species);
        let starts = (0..species.len()).step_by(TASK);
        self.tasks = starts.map(|start| Task::new(start..species.len().min(start + TASK))).collect();
        Ok(())
    }

    fn sum(&mut self) -> Result<(), EvaluationError> {
        let Self { term, far, near, numbers, tasks, weights, by_coordination, .. } = self;
        for_each(tasks, |task| task.count(term, &near.rows, numbers));
        if let Some((first, second, distance_a)) = tasks.iter().find_map(|task| task.overlap) {
            return Err(EvaluationError::Overlap { first, second, distance_a });
        }
        weights.clear();
        weights.extend(tasks.iter().flat_map(|task| &task.likeness).map(|(weights, _)| weights));
        for_each(tasks, |task| task.pairs(term, &far.rows, numbers, weights));
        by_coordination.clear();
        by_coordination
            .extend(tasks.iter().flat_map(|task| &task.shares).map(|share| share.by_coordination_ev));
        for_each(tasks, |task| task.chains(term, &near.rows, by_coordination));
        Ok(())
    }
}

fn for_each(tasks: &mut [Task], work: impl Fn(&mut Task) + Sync + Send) {
    if tasks.len() < PARALLEL_TASKS {
        tasks.iter_mut().for_each(work);
    } else {
        tasks.par_iter_mut().for_each(work);
    }
}

impl Evaluator for DispersionEvaluator<'_> {
    fn evaluate(
        &mut self,
        structure: &Structure,
        list: &NeighbourList,
        out: &mut Evaluation,
    ) -> Result<(), EvaluationError> {
        out.reset(structure.len());
        self.add_to(structure, list, out)
    }
}
