//! What is minimised: the enthalpy E + P V over positions and, with a cell, over its strain.
//!
//! | coordinate | force along it |
//! |---|---|
//! | r_i | F_i, zero for fixed atoms |
//! | L e_xx, L e_yy, L e_zz | T_xx / L, ... |
//! | sqrt(2) L e_yz, sqrt(2) L e_xz, sqrt(2) L e_xy | sqrt(2) T_yz / L, ... |
//!
//! e is the symmetric strain of a step, which multiplies cell and positions by exp(e), T = W - P V 1 with the virial
//! W = -dE/de. The length L = sqrt(N) (V/N)^(1/3) makes a strain about as stiff as a displacement, so that one step length
//! suits both. Strains are counted from step to step, not from the start, so that no reference cell is needed.

use natron_atoms::units::EV_PER_A3_IN_GPA;
use natron_atoms::{Mat3, Vec3};

use crate::deform;
use crate::plan::{CellTarget, Coupling};
use crate::state::{Forces, State, StepError};

/// Longest way of an atom in one step, A.
const WAY_MAX_A: f64 = 0.1;
/// Largest strain of the cell in one step.
const STRAIN_MAX: f64 = 0.02;
/// Coordinates of the cell, as vectors: the diagonal, and yz, xz, xy.
const CELL: usize = 2;

/// The surface; a point on it is a [`State`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Surface {
    atoms: usize,
    cell: Option<CellTarget>,
    /// L, A.
    length_a: f64,
}

impl Surface {
    pub(super) fn new(cell: Option<CellTarget>, state: &State) -> Self {
        let atoms = state.len();
        let volume_a3 = if cell.is_some() { state.structure.cell.volume_a3() } else { atoms as f64 };
        let length_a = (atoms as f64).sqrt() * (volume_a3 / atoms as f64).cbrt();
        Self { atoms, cell, length_a }
    }

    pub(super) fn length_a(&self) -> f64 {
        self.length_a
    }

    pub(super) fn set_length_a(&mut self, length_a: f64) {
        self.length_a = length_a;
    }

    /// How many vectors a point has.
    pub(super) fn dimension(&self) -> usize {
        self.atoms + if self.cell.is_some() { CELL } else { 0 }
    }

    /// The enthalpy, eV.
    pub(super) fn energy_ev(&self, state: &State) -> f64 {
        let work = self.cell.map(|cell| pressure(cell) * state.structure.cell.volume_a3());
        state.evaluation.energy_ev + work.unwrap_or(0.0)
    }

    /// Writes the force along every coordinate, eV/A, `[dimension]`.
    pub(super) fn force(&self, state: &State, out: &mut [Vec3]) {
        for (atom, force) in state.evaluation.forces.iter().enumerate() {
            out[atom] = if state.is_fixed(atom) { Vec3::zeros() } else { *force };
        }
        let Some(cell) = self.cell else { return };
        let tension = tension_ev(cell, state);
        out[self.atoms] = tension.diagonal() / self.length_a;
        let off = Vec3::new(tension[(1, 2)], tension[(0, 2)], tension[(0, 1)]);
        out[self.atoms + 1] = off * (std::f64::consts::SQRT_2 / self.length_a);
    }

    /// How much of a step (or a velocity) may be taken at once, at most `most`.
    pub(super) fn share(&self, step: &[Vec3], most: f64) -> f64 {
        let longest = |part: &[Vec3]| part.iter().map(Vec3::norm_squared).fold(0.0, f64::max).sqrt();
        let atoms = longest(&step[..self.atoms]);
        let cell = longest(&step[self.atoms..]) / self.length_a;
        let mut share = most;
        if atoms * share > WAY_MAX_A {
            share = WAY_MAX_A / atoms;
        }
        if cell * share > STRAIN_MAX {
            share = STRAIN_MAX / cell;
        }
        share
    }

    /// Moves a state along `share` of a step; forces are then those of before.
    pub(super) fn advance(&self, state: &mut State, step: &[Vec3], share: f64) -> Result<(), StepError> {
        for (position, step) in state.structure.positions.iter_mut().zip(step) {
            *position += step * share;
        }
        if self.cell.is_none() {
            return Ok(());
        }
        let scale = share / self.length_a;
        let (on, off) = (step[self.atoms] * scale, step[self.atoms + 1] * (scale / std::f64::consts::SQRT_2));
        let strain = Mat3::new(on.x, off.z, off.y, off.z, on.y, off.x, off.y, off.x, on.z);
        deform::structure(&mut state.structure, &strain)
    }

    /// Moves a state as [`Surface::advance`] does, with the forces there.
    pub(super) fn go(
        &self,
        state: &mut State,
        forces: &mut Forces<'_>,
        (step, share): (&[Vec3], f64),
    ) -> Result<(), StepError> {
        self.advance(state, step, share)?;
        state.refresh(forces)
    }
}

/// The pressure wanted, eV/A^3.
fn pressure(cell: CellTarget) -> f64 {
    cell.pressure.get() / EV_PER_A3_IN_GPA
}

/// W - P V 1 as far as the cell may follow it, eV, symmetric.
fn tension_ev(cell: CellTarget, state: &State) -> Mat3 {
    let virial = state.evaluation.virial_ev;
    let volume_a3 = state.structure.cell.volume_a3();
    let whole = (virial + virial.transpose()) * 0.5 - Mat3::identity() * (pressure(cell) * volume_a3);
    match cell.coupling {
        Coupling::Isotropic => Mat3::identity() * (whole.trace() / 3.0),
        Coupling::Anisotropic => Mat3::from_diagonal(&whole.diagonal()),
        Coupling::Triclinic => whole,
    }
}

/// How far the stress is from the pressure wanted: the largest component that the cell may follow, GPa.
pub(crate) fn stress_left_gpa(cell: CellTarget, state: &State) -> f64 {
    tension_ev(cell, state).amax() / state.structure.cell.volume_a3() * EV_PER_A3_IN_GPA
}

/// The scalar product of two points or forces.
pub(crate) fn dot(a: &[Vec3], b: &[Vec3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x.dot(y)).sum()
}
