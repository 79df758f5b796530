//! Relaxation of positions: FIRE, the fast inertial relaxation engine.
//!
//! Bitzek et al. 2006, DOI 10.1103/PhysRevLett.97.170201, with the changes of Guenole et al. 2020,
//! DOI 10.1016/j.commatsci.2020.109584: semi-implicit Euler steps, half a step back when the motion turns
//! uphill, and no shortening of the step during the first few.

use crate::state::{Forces, State, StepError};

/// Steps downhill before the timestep grows.
const DELAY: u64 = 20;
const GROW: f64 = 1.1;
const SHRINK: f64 = 0.5;
const MIXING: f64 = 0.25;
const MIXING_DECAY: f64 = 0.99;
/// Timesteps in internal units for a mass of 1 amu on every atom.
const TIMESTEP: f64 = 0.1;
const TIMESTEP_MAX: f64 = 1.0;
const TIMESTEP_MIN: f64 = 0.002;
/// Longest way of an atom in one step, A.
const WAY_MAX_A: f64 = 0.1;

/// A minimisation under way. Its velocities live in [`State::velocities`]; every atom weighs 1 amu.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fire {
    pub(crate) timestep: f64,
    pub(crate) mixing: f64,
    /// Steps since the motion last turned uphill.
    pub(crate) downhill: u64,
    pub(crate) steps: u64,
}

impl Default for Fire {
    fn default() -> Self {
        Self { timestep: TIMESTEP, mixing: MIXING, downhill: 0, steps: 0 }
    }
}

impl Fire {
    /// Starts a minimisation from rest.
    pub fn start(state: &mut State) -> Self {
        state.velocities.fill(natron_atoms::Vec3::zeros());
        Self::default()
    }

    /// One step and the forces after it.
    ///
    /// # Errors
    /// The forces cannot be had.
    pub fn step(&mut self, state: &mut State, forces: &mut Forces<'_>) -> Result<(), StepError> {
        let power: f64 = dot(&state.velocities, &state.evaluation.forces);
        if power > 0.0 {
            self.downhill += 1;
            if self.downhill > DELAY {
                self.timestep = (self.timestep * GROW).min(TIMESTEP_MAX);
                self.mixing *= MIXING_DECAY;
            }
        } else {
            self.turn_back(state);
        }
        self.advance(state);
        self.steps += 1;
        state.refresh(forces)
    }

    /// Uphill: half a step back, stop, and go on more carefully.
    fn turn_back(&mut self, state: &mut State) {
        self.downhill = 0;
        if self.steps >= DELAY {
            self.timestep = (self.timestep * SHRINK).max(TIMESTEP_MIN);
        }
        self.mixing = MIXING;
        let back = 0.5 * self.step_time(state);
        for (position, velocity) in state.structure.positions.iter_mut().zip(&mut state.velocities) {
            *position -= *velocity * back;
            velocity.fill(0.0);
        }
    }

    /// v += F dt; v turned towards F; x += v dt.
    fn advance(&self, state: &mut State) {
        let forces = &state.evaluation.forces;
        for (velocity, force) in state.velocities.iter_mut().zip(forces) {
            *velocity += force * self.timestep;
        }
        let force_norm = dot(forces, forces).sqrt();
        if force_norm > 0.0 {
            let speed = dot(&state.velocities, &state.velocities).sqrt();
            let towards = self.mixing * speed / force_norm;
            for (velocity, force) in state.velocities.iter_mut().zip(forces) {
                *velocity = *velocity * (1.0 - self.mixing) + force * towards;
            }
        }
        let time = self.step_time(state);
        for (position, velocity) in state.structure.positions.iter_mut().zip(&state.velocities) {
            *position += velocity * time;
        }
    }

    /// The timestep, or less where the fastest atom would go too far.
    fn step_time(&self, state: &State) -> f64 {
        let fastest = state.velocities.iter().map(|v| v.norm_squared()).fold(0.0, f64::max).sqrt();
        if fastest * self.timestep > WAY_MAX_A { WAY_MAX_A / fastest } else { self.timestep }
    }
}

fn dot(a: &[natron_atoms::Vec3], b: &[natron_atoms::Vec3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x.dot(y)).sum()
}

/// The longest force and the atom it acts on: (atom, eV/A).
pub fn longest_force(forces: &[natron_atoms::Vec3]) -> (usize, f64) {
    let mut longest = (0, 0.0);
    for (atom, force) in forces.iter().enumerate() {
        let squared = force.norm_squared();
        if squared > longest.1 {
            longest = (atom, squared);
        }
    }
    (longest.0, longest.1.sqrt())
}
