//! L-BFGS: a quasi-Newton step from the last few changes of the force (Liu and Nocedal 1989, DOI 10.1007/BF01589116; the two
//! loops: Nocedal 1980, DOI 10.1090/S0025-5718-1980-0572855-7).
//!
//! | equation | here |
//! |---|---|
//! | s_k = x_(k+1) - x_k, y_k = F_k - F_(k+1), rho_k = 1 / (y_k . s_k) | `Pair` |
//! | a step is taken if E(x + t d) <= E(x) - c t F.d (Armijo) | `Lbfgs::accepts` |
//! | or if the energy is the same to its rounding and the slope has fallen enough | |
//!
//! The second condition (Hager and Zhang 2005, DOI 10.1137/030601880) lets single precision converge, where differences of the energy
//! are noise long before the forces are.

use std::collections::VecDeque;

use natron_atoms::{Structure, Vec3};

use super::surface::{Surface, dot};
use crate::state::{Forces, State, StepError};

/// Pairs that are remembered.
const PAIRS_MAX: usize = 10;
/// Steps tried along one direction.
const TRIALS: u32 = 12;
/// Part of the fall expected that a step must bring.
const FALL: f64 = 1e-4;
/// Relative rounding of energies, generously that of single precision.
const ROUNDING: f64 = 1e-6;
/// Length of the first step for a force, A^2/eV: the inverse of a stiff bond.
const FIRST: f64 = 0.02;

/// The method.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lbfgs {
    /// Oldest first.
    pairs: VecDeque<Pair>,
    /// Step length per force without pairs, A^2/eV.
    first: f64,
    // Buffers.
    force: Vec<Vec3>,
    force_after: Vec<Vec3>,
    direction: Vec<Vec3>,
}

#[derive(Debug, Clone, PartialEq)]
struct Pair {
    step: Vec<Vec3>,
    change: Vec<Vec3>,
}

impl Lbfgs {
    pub(super) fn new(dimension: usize) -> Self {
        let buffer = || vec![Vec3::zeros(); dimension];
        Self {
            pairs: VecDeque::with_capacity(PAIRS_MAX + 1),
            first: FIRST,
            force: buffer(),
            force_after: buffer(),
            direction: buffer(),
        }
    }

    pub(super) fn remember(&self, memory: &mut Vec<f64>) {
        memory.push(self.first);
        for pair in &self.pairs {
            memory.extend(pair.step.iter().chain(&pair.change).flatten());
        }
    }

    pub(super) fn recall(&mut self, memory: &[f64]) -> bool {
        let Some((first, rest)) = memory.split_first() else { return false };
        let dimension = self.force.len();
        let chunks = rest.chunks_exact(6 * dimension);
        if !chunks.remainder().is_empty() || chunks.len() > PAIRS_MAX {
            return false;
        }
        let vectors =
            |numbers: &[f64]| numbers.chunks_exact(3).map(|n| Vec3::new(n[0], n[1], n[2])).collect();
        self.first = *first;
        self.pairs = chunks
            .map(|numbers| {
                let (step, change) = numbers.split_at(3 * dimension);
                Pair { step: vectors(step), change: vectors(change) }
            })
            .collect();
        true
    }

    pub(super) fn step(
        &mut self,
        surface: &Surface,
        state: &mut State,
        forces: &mut Forces<'_>,
    ) -> Result<(), StepError> {
        surface.force(state, &mut self.force);
        self.turn();
        if dot(&self.force, &self.direction) <= 0.0 {
            self.pairs.clear();
            self.turn();
        }
        let slope = dot(&self.force, &self.direction);
        let (start, energy) = (state.structure.clone(), surface.energy_ev(state));
        let mut share = surface.share(&self.direction, 1.0);
        for _ in 0..TRIALS {
            match surface.go(state, forces, (&self.direction, share)) {
                Ok(()) => {
                    surface.force(state, &mut self.force_after);
                    let after = (surface.energy_ev(state), dot(&self.force_after, &self.direction));
                    if accepts((energy, slope), after, share) {
                        self.learn(share);
                        return Ok(());
                    }
                    share *= shorter((energy, slope), after.0, share);
                }
                // Too far: atoms upon each other, or a cell that is none.
                Err(_) => share *= 0.25,
            }
            put_back(state, &start);
        }
        // Nothing along this direction is better: forget what led to it.
        if self.pairs.is_empty() {
            self.first *= 0.1;
        }
        self.pairs.clear();
        state.refresh(forces)
    }

    /// The direction of the next step: minus the approximate inverse Hessian times the gradient.
    fn turn(&mut self) {
        self.direction.clone_from(&self.force);
        let mut weights = [0.0; PAIRS_MAX];
        for (k, pair) in self.pairs.iter().enumerate().rev() {
            weights[k] = dot(&pair.step, &self.direction) / dot(&pair.step, &pair.change);
            add(&mut self.direction, &pair.change, -weights[k]);
        }
        let scale = match self.pairs.back() {
            Some(last) => dot(&last.step, &last.change) / dot(&last.change, &last.change),
            None => self.first,
        };
        self.direction.iter_mut().for_each(|d| *d *= scale);
        for (k, pair) in self.pairs.iter().enumerate() {
            let back = dot(&pair.change, &self.direction) / dot(&pair.step, &pair.change);
            add(&mut self.direction, &pair.step, weights[k] - back);
        }
    }

    /// Remembers a step where the surface is curved upwards along it.
    fn learn(&mut self, share: f64) {
        // The oldest pair lends its memory to the newest.
        let mut pair = match self.pairs.len() {
            PAIRS_MAX => self.pairs.pop_front().expect("it is full"),
            _ => Pair { step: self.force.clone(), change: self.force.clone() },
        };
        for (k, (step, change)) in pair.step.iter_mut().zip(&mut pair.change).enumerate() {
            *step = self.direction[k] * share;
            *change = self.force[k] - self.force_after[k];
        }
        let (curvature, length) = (dot(&pair.step, &pair.change), dot(&pair.step, &pair.step));
        if curvature > 1e-8 * length {
            self.pairs.push_back(pair);
        }
    }
}

/// Whether a step of length `share` is good: energy (eV) and slope (downhill is positive) before and after.
fn accepts(before: (f64, f64), after: (f64, f64), share: f64) -> bool {
    let falls = after.0 <= before.0 - FALL * share * before.1;
    let same = after.0 <= before.0 + ROUNDING * before.0.abs();
    falls || (same && -after.1 <= 0.8 * before.1 && after.1 <= before.1)
}

/// The factor of the next try: the minimum of the parabola through what is known, within 0.1 and 0.5.
fn shorter(before: (f64, f64), energy_after: f64, share: f64) -> f64 {
    let rise = energy_after - before.0 + before.1 * share;
    (0.5 * before.1 * share / rise).clamp(0.1, 0.5)
}

fn add(to: &mut [Vec3], what: &[Vec3], factor: f64) {
    to.iter_mut().zip(what).for_each(|(a, b)| *a += b * factor);
}

fn put_back(state: &mut State, start: &Structure) {
    state.structure.positions.copy_from_slice(&start.positions);
    state.structure.cell.clone_from(&start.cell);
}
