//! Relaxation of positions, or of positions and cell, down to a force and a stress.
//!
//! Both methods walk over one surface: the enthalpy as a function of positions and, where the cell is relaxed, of its strain. Where
//! they stand is in the state; what they remember between steps goes into the restart.

mod fire;
mod lbfgs;
mod surface;

use fire::Fire;
use lbfgs::Lbfgs;
use surface::Surface;

use crate::plan::{Minimise, Relaxation};
use crate::state::{Forces, State, StepError};

pub(crate) use fire::{Motion, memory_of_old};
pub(crate) use surface::{dot, stress_left_gpa};

/// A minimisation under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimiser {
    surface: Surface,
    method: Method,
}

#[derive(Debug, Clone, PartialEq)]
enum Method {
    Fire(Fire),
    Lbfgs(Lbfgs),
}

impl Minimiser {
    /// A minimisation that starts at a state.
    pub fn new(stage: &Minimise, state: &State) -> Self {
        let surface = Surface::new(stage.cell, state);
        let method = match stage.method {
            Relaxation::Fire => Method::Fire(Fire::new(surface.dimension())),
            Relaxation::Lbfgs => Method::Lbfgs(Lbfgs::new(surface.dimension())),
        };
        Self { surface, method }
    }

    /// One step and the forces after it.
    ///
    /// # Errors
    /// The forces cannot be had, or the cell changes too far.
    pub fn step(&mut self, state: &mut State, forces: &mut Forces<'_>) -> Result<(), StepError> {
        match &mut self.method {
            Method::Fire(fire) => fire.step(&self.surface, state, forces),
            Method::Lbfgs(lbfgs) => lbfgs.step(&self.surface, state, forces),
        }
    }

    /// What it remembers beside the state.
    pub(crate) fn memory(&self) -> Vec<f64> {
        let mut memory = vec![self.surface.length_a()];
        match &self.method {
            Method::Fire(fire) => fire.remember(&mut memory),
            Method::Lbfgs(lbfgs) => lbfgs.remember(&mut memory),
        }
        memory
    }

    /// Takes up what [`Minimiser::memory`] gave; `false` if it is that of another method.
    pub(crate) fn recall(&mut self, memory: &[f64]) -> bool {
        let Some((length_a, rest)) = memory.split_first() else { return false };
        self.surface.set_length_a(*length_a);
        match &mut self.method {
            Method::Fire(fire) => fire.recall(rest),
            Method::Lbfgs(lbfgs) => lbfgs.recall(rest),
        }
    }
}
