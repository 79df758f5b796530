//! One atom from the reservoir, or back to it.

use natron_atoms::Vec3;

use super::acceptance::{accepts, ln_deletion, ln_insertion};
use super::sampler::{GrandCanonical, MonteCarloError};
use crate::random::Normals;

impl GrandCanonical<'_> {
    /// Throws an atom into the cell, or into its cavities; whether it stays.
    pub(super) fn insertion(&mut self, lots: &mut Normals) -> Result<bool, MonteCarloError> {
        self.find_cavities();
        let drawn = lots.uniform();
        let (chosen, inside) = (lots.uniform(), [lots.uniform(), lots.uniform(), lots.uniform()]);
        let (point, room_a3) = match &self.cavities {
            None => {
                let cell = &self.structure.cell;
                (cell.cartesian(&Vec3::from(inside)), cell.volume_a3())
            }
            Some(cavities) => match cavities.point(chosen, inside) {
                Some(point) => (point, cavities.volume_a3()),
                None => return Ok(false),
            },
        };
        let mut trial = self.structure.clone();
        trial.species.push(self.reservoir.species);
        trial.positions.push(point);
        let Some(energy_ev) = self.energies.of(&trial)? else { return Ok(false) };
        let change = self.beta(energy_ev - self.energy_ev);
        let ratio = ln_insertion(self.reservoir.ln_activity(), room_a3, self.mobile.len(), change);
        let accepted = accepts(ratio, drawn);
        if accepted {
            self.mobile.push(self.structure.len());
            self.accept(trial, energy_ev);
            self.cover(&point);
        }
        Ok(accepted)
    }

    /// Takes an atom away; whether it is gone.
    pub(super) fn deletion(&mut self, lots: &mut Normals) -> Result<bool, MonteCarloError> {
        if self.mobile.is_empty() {
            return Ok(false);
        }
        self.find_cavities();
        let (drawn, chosen) = (lots.uniform(), self.choose(lots));
        let atom = self.mobile[chosen];
        let point = self.structure.positions[atom];
        self.uncover(&point);
        let room_a3 = match &self.cavities {
            None => Some(self.structure.cell.volume_a3()),
            Some(cavities) => cavities.is_open(&point).then(|| cavities.volume_a3()),
        };
        let accepted = match room_a3 {
            Some(room_a3) => self.take_away(chosen, room_a3, drawn)?,
            None => false,
        };
        if !accepted {
            self.cover(&point);
        }
        Ok(accepted)
    }

    /// The deletion of an atom that could have been put there.
    fn take_away(&mut self, chosen: usize, room_a3: f64, drawn: f64) -> Result<bool, MonteCarloError> {
        let atom = self.mobile[chosen];
        let mut trial = self.structure.clone();
        trial.species.remove(atom);
        trial.positions.remove(atom);
        let Some(energy_ev) = self.energies.of(&trial)? else { return Ok(false) };
        let change = self.beta(energy_ev - self.energy_ev);
        let ratio = ln_deletion(self.reservoir.ln_activity(), room_a3, self.mobile.len(), change);
        let accepted = accepts(ratio, drawn);
        if accepted {
            self.mobile.remove(chosen);
            self.mobile.iter_mut().skip(chosen).for_each(|other| *other -= 1);
            self.accept(trial, energy_ev);
        }
        Ok(accepted)
    }

    /// One of the mobile atoms, each as likely.
    pub(super) fn choose(&self, lots: &mut Normals) -> usize {
        let count = self.mobile.len();
        ((lots.uniform() * count as f64) as usize).min(count - 1)
    }

    /// A mobile atom has come to a point.
    pub(super) fn cover(&mut self, point: &Vec3) {
        if let (Some(cavities), Some(clearance)) = (&mut self.cavities, self.moves.cavities) {
            cavities.cover(point, clearance.own_a);
        }
    }

    /// A mobile atom has gone from a point.
    pub(super) fn uncover(&mut self, point: &Vec3) {
        if let (Some(cavities), Some(clearance)) = (&mut self.cavities, self.moves.cavities) {
            cavities.uncover(point, clearance.own_a);
        }
    }
}
