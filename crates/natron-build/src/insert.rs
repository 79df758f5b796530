//! Atoms inserted into voids, step by step, the best of many trials kept.

use natron_atoms::{Species, Structure};
use natron_potential::Potential;
use rayon::prelude::*;

use crate::BuildError;
use crate::random::{Purpose, Stream};
use crate::relax::{self, Relaxation, Relaxed};
use crate::voids::{Clearance, place};

/// How atoms are inserted.
#[derive(Debug, Clone, PartialEq)]
pub struct Insertion {
    /// Their element.
    pub species: Species,
    /// How far they stay from others when they are placed.
    pub clearance: Clearance,
    /// Placements that are relaxed for each step; the one of lowest energy is kept.
    pub trials: usize,
    /// Relaxation of each trial, in a fixed cell.
    pub trial: Relaxation,
    /// What happens to the best one.
    pub settle: Relaxation,
    /// Seed and replica of every random number.
    pub key: (u64, u32),
}

/// The numbers of atoms after each step from `present` up to `targets` (rising), at most `step` at once: every target is one of them.
pub fn ladder(present: usize, targets: &[usize], step: usize) -> Vec<usize> {
    let (mut rungs, mut at) = (Vec::new(), present);
    for &target in targets {
        while at < target {
            at = (at + step.max(1)).min(target);
            rungs.push(at);
        }
    }
    rungs
}

impl Insertion {
    /// Inserts atoms until there are `total` of the species: the trials in parallel, then the best one settled.
    ///
    /// # Errors
    /// No void is left, no trial can be relaxed, or `stop` says so.
    pub fn fill(
        &self,
        structure: &Structure,
        total: usize,
        potential: &dyn Potential,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Relaxed, BuildError> {
        let present = structure.species.iter().filter(|species| **species == self.species).count();
        let count = total.saturating_sub(present);
        let plan = self.trial.plan(self.seed(total))?;
        let attempt = |trial: usize| {
            let item = ((total as u64) << 32) | trial as u64;
            let mut stream = Stream::new(self.key.0, self.key.1, Purpose::Voids, item);
            let placed = place(structure, self.species, count, self.clearance, &mut stream)?;
            relax::run(&plan, self.key.1, placed, potential, &|| stop())
        };
        let results: Vec<Result<Relaxed, BuildError>> =
            (0..self.trials).into_par_iter().map(attempt).collect();
        let best = best(results)?;
        let plan = self.settle.plan(self.seed(total))?;
        relax::run(&plan, self.key.1, best.structure, potential, &|| stop())
    }

    /// The seed of the dynamics after the step to `total`.
    fn seed(&self, total: usize) -> u64 {
        Stream::new(self.key.0, self.key.1, Purpose::Dynamics, total as u64).bits()
    }
}

/// The result of lowest energy, the first of equals; why there is none.
fn best(results: Vec<Result<Relaxed, BuildError>>) -> Result<Relaxed, BuildError> {
    let trials = results.len();
    let mut last = None;
    let mut best: Option<Relaxed> = None;
    for result in results {
        match result {
            Ok(relaxed) if best.as_ref().is_none_or(|best| relaxed.energy_ev < best.energy_ev) => {
                best = Some(relaxed);
            }
            Ok(_) => {}
            Err(BuildError::Stopped) => return Err(BuildError::Stopped),
            Err(error) => last = Some(error),
        }
    }
    match (best, last) {
        (Some(best), _) => Ok(best),
        (None, Some(no_void @ BuildError::NoVoid { .. })) => Err(no_void),
        (None, last) => Err(BuildError::NoTrial {
            trials,
            last: last.map_or_else(|| "there was none".to_string(), |error| error.to_string()),
        }),
    }
}
