//! FIRE, the fast inertial relaxation engine.
//!
//! Bitzek et al. 2006, DOI 10.1103/PhysRevLett.97.170201, with the changes of Guenole et al. 2020,
//! DOI 10.1016/j.commatsci.2020.109584: semi-implicit Euler steps, half a step back when the motion turns
//! uphill, and no shortening of the step during the first few.

use natron_atoms::Vec3;

use super::surface::{Surface, dot};
use crate::state::{Forces, State, StepError};

/// Steps downhill before the timestep grows.
const DELAY: u64 = 20;
const GROW: f64 = 1.1;
const SHRINK: f64 = 0.5;
const MIXING: f64 = 0.25;
const MIXING_DECAY: f64 = 0.99;
/// Timesteps in internal units for a mass of 1 amu on every coordinate.
const TIMESTEP: f64 = 0.1;
const TIMESTEP_MAX: f64 = 1.0;
const TIMESTEP_MIN: f64 = 0.002;

/// The method on a surface; every coordinate weighs 1 amu.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fire {
    motion: Motion,
    /// Buffer.
    force: Vec<Vec3>,
}

/// How the method moves, whatever its coordinates are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Motion {
    timestep: f64,
    mixing: f64,
    /// Steps since the motion last turned uphill.
    downhill: u64,
    steps: u64,
    velocities: Vec<Vec3>,
}

impl Fire {
    /// At rest.
    pub(super) fn new(dimension: usize) -> Self {
        Self { motion: Motion::new(dimension), force: vec![Vec3::zeros(); dimension] }
    }

    pub(super) fn remember(&self, memory: &mut Vec<f64>) {
        self.motion.remember(memory);
    }

    pub(super) fn recall(&mut self, memory: &[f64]) -> bool {
        self.motion.recall(memory)
    }

    pub(super) fn step(
        &mut self,
        surface: &Surface,
        state: &mut State,
        forces: &mut Forces<'_>,
    ) -> Result<(), StepError> {
        surface.force(state, &mut self.force);
        if self.motion.turns_back(&self.force) {
            let (velocities, timestep) = self.motion.velocities();
            let back = 0.5 * surface.share(velocities, timestep);
            surface.advance(state, velocities, -back)?;
            self.motion.stop();
        }
        self.motion.accelerate(&self.force);
        let (velocities, timestep) = self.motion.velocities();
        let time = surface.share(velocities, timestep);
        surface.go(state, forces, (velocities, time))
    }
}

impl Motion {
    /// At rest.
    pub(crate) fn new(dimension: usize) -> Self {
        Self {
            timestep: TIMESTEP,
            mixing: MIXING,
            downhill: 0,
            steps: 0,
            velocities: vec![Vec3::zeros(); dimension],
        }
    }

    fn remember(&self, memory: &mut Vec<f64>) {
        memory.extend([self.timestep, self.mixing, self.downhill as f64, self.steps as f64]);
        memory.extend(self.velocities.iter().flatten());
    }

    fn recall(&mut self, memory: &[f64]) -> bool {
        let Some((&[timestep, mixing, downhill, steps], rest)) = memory.split_first_chunk() else {
            return false;
        };
        if rest.len() != 3 * self.velocities.len() {
            return false;
        }
        (self.timestep, self.mixing) = (timestep, mixing);
        (self.downhill, self.steps) = (downhill as u64, steps as u64);
        for (velocity, numbers) in self.velocities.iter_mut().zip(rest.chunks_exact(3)) {
            *velocity = Vec3::new(numbers[0], numbers[1], numbers[2]);
        }
        true
    }

    /// Whether the motion goes uphill and has to turn; else it may go faster.
    pub(crate) fn turns_back(&mut self, force: &[Vec3]) -> bool {
        if dot(&self.velocities, force) > 0.0 {
            self.downhill += 1;
            if self.downhill > DELAY {
                self.timestep = (self.timestep * GROW).min(TIMESTEP_MAX);
                self.mixing *= MIXING_DECAY;
            }
            return false;
        }
        self.downhill = 0;
        if self.steps >= DELAY {
            self.timestep = (self.timestep * SHRINK).max(TIMESTEP_MIN);
        }
        self.mixing = MIXING;
        true
    }

    /// Comes to rest, which a turn ends with.
    pub(crate) fn stop(&mut self) {
        self.velocities.fill(Vec3::zeros());
    }

    /// Velocities, and the time for which they are gone; half of it back where the motion turns.
    pub(crate) fn velocities(&self) -> (&[Vec3], f64) {
        (&self.velocities, self.timestep)
    }

    /// v += F dt; v turned towards F.
    pub(crate) fn accelerate(&mut self, force: &[Vec3]) {
        self.steps += 1;
        for (velocity, force) in self.velocities.iter_mut().zip(force) {
            *velocity += force * self.timestep;
        }
        let force_norm = dot(force, force).sqrt();
        if force_norm > 0.0 {
            let speed = dot(&self.velocities, &self.velocities).sqrt();
            let towards = self.mixing * speed / force_norm;
            for (velocity, force) in self.velocities.iter_mut().zip(force) {
                *velocity = *velocity * (1.0 - self.mixing) + force * towards;
            }
        }
    }
}

/// What a restart of format 1 or 2 says of FIRE, as it remembers it today.
pub(crate) fn memory_of_old(numbers: [f64; 2], counts: [u64; 2], velocities: &[Vec3]) -> Vec<f64> {
    let [timestep, mixing] = numbers;
    let [downhill, steps] = counts.map(|count| count as f64);
    // A length of the surface that no fixed cell asks for comes first.
    let numbers = [1.0, timestep, mixing, downhill, steps];
    numbers.into_iter().chain(velocities.iter().flatten().copied()).collect()
}
