//! All atoms along a stretch of dynamics, accepted by the change of the total energy.
//!
//! Duane et al. 1987 (DOI 10.1016/0370-2693(87)91197-X): velocities fresh from the Maxwell distribution, then velocity Verlet, which can be
//! reversed and keeps volumes in phase space. Its error in the energy is what the acceptance corrects, so that the ensemble is exact
//! for any time step. All 3 N degrees of freedom are drawn: the centre of mass wanders.

use super::acceptance::accepts;
use super::energy::is_impossible;
use super::moves::HybridSteps;
use super::sampler::{GrandCanonical, MonteCarloError};
use crate::cast::Cast;
use crate::integrator::Integrator;
use crate::plan::{Dynamics, Ensemble};
use crate::quantity::LengthA;
use crate::random::{Normals, Purpose, RandomKey};
use crate::state::{Forces, State, StepError};
use crate::velocities;

/// Skin of the neighbour list along the way, A.
const SKIN_A: f64 = 1.0;
/// An atom that would move farther in one step has met what no dynamics should meet, A; such a way is refused in both directions.
const WAY_MAX_A: f64 = 0.5;

impl GrandCanonical<'_> {
    /// Goes along the dynamics; whether the end stays.
    pub(super) fn hybrid(&mut self, lots: &mut Normals) -> Result<bool, MonteCarloError> {
        if self.structure.is_empty() {
            return Ok(false);
        }
        let drawn = lots.uniform();
        let (end, change_ev) = match self.trajectory() {
            Ok(found) => found,
            Err(error) if is_impossible(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let accepted = accepts(-self.beta(change_ev), drawn);
        if accepted {
            self.accept(end.structure, end.evaluation.energy_ev);
            self.cavities = None;
        }
        Ok(accepted)
    }

    /// The end of the dynamics of this move, and the change of the total energy, eV.
    fn trajectory(&self) -> Result<(State, f64), StepError> {
        let length = |a: f64| LengthA::new(a).expect("the constants are in range");
        // A list of its own, so that the sums do not depend on the moves before.
        let mut forces = Forces::new(self.potential, &self.structure, length(SKIN_A))?;
        let still = vec![natron_atoms::Vec3::zeros(); self.structure.len()];
        let mut state = State::new(self.structure.clone(), still, &mut forces)?;
        let key = RandomKey::new(self.seed, self.replica, 0, Purpose::MonteCarloVelocities);
        let normals = key.at_step(self.done);
        velocities::draw_each(&mut state.velocities, &state.masses_amu, self.reservoir.temperature, normals);
        let before_ev = state.total_energy_ev();
        let HybridSteps { steps, timestep } = self.moves.hybrid;
        let stage = Dynamics::new(steps, timestep, Ensemble::Nve);
        let cast = Cast::plain(state.len(), false);
        let mut integrator = Integrator::new(&stage, &cast, length(WAY_MAX_A), &state.masses_amu, key);
        for step in 0..steps {
            integrator.step(&mut state, &mut forces, step)?;
        }
        let change_ev = state.total_energy_ev() - before_ev;
        Ok((state, change_ev))
    }
}
