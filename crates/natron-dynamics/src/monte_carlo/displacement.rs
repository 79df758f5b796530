//! One mobile atom elsewhere.

use natron_atoms::Vec3;

use super::acceptance::accepts;
use super::sampler::{GrandCanonical, MonteCarloError};
use crate::random::Normals;

impl GrandCanonical<'_> {
    /// Moves one mobile atom by up to the longest displacement along each axis; whether it stays there.
    pub(super) fn displacement(&mut self, lots: &mut Normals) -> Result<bool, MonteCarloError> {
        if self.mobile.is_empty() {
            return Ok(false);
        }
        let (drawn, chosen) = (lots.uniform(), self.choose(lots));
        let atom = self.mobile[chosen];
        let mut along = || 2.0 * lots.uniform() - 1.0;
        let way = Vec3::new(along(), along(), along()) * self.moves.displacement_max.get();
        let from = self.structure.positions[atom];
        let mut trial = self.structure.clone();
        trial.positions[atom] += way;
        let Some(energy_ev) = self.energies.of(&trial)? else { return Ok(false) };
        let accepted = accepts(-self.beta(energy_ev - self.energy_ev), drawn);
        if accepted {
            self.accept(trial, energy_ev);
            self.uncover(&from);
            self.cover(&(from + way));
        }
        Ok(accepted)
    }
}
