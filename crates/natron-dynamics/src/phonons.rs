//! Harmonic vibrations about a structure at rest, and what they add to its free energy.
//!
//! | equation | here |
//! |---|---|
//! | D_ij = -(dF_i/dx_j) / sqrt(m_i m_j) | `squared_frequencies`, central differences of forces |
//! | D e = omega^2 e | `Vibrations` |
//! | F = k_B T sum ln(h_bar omega / k_B T) | [`Vibrations::classical_ev`] |
//! | F = sum [h_bar omega / 2 + k_B T ln(1 - exp(-h_bar omega / k_B T))] | [`Vibrations::quantum_ev`] |
//!
//! The classical free energy holds the momentum part with h in it, so it stands on the same scale as the chemical potential of an ideal gas
//! k_B T ln(rho Lambda^3).

use std::f64::consts::TAU;

use nalgebra::DMatrix;
use natron_atoms::units::{BOLTZMANN_EV_PER_K, PLANCK_EV_FS, TIME_UNIT_FS};
use natron_atoms::{Structure, Vec3};
use natron_potential::{Evaluation, Potential};

use crate::quantity::{LengthA, TemperatureK};
use crate::state::{Forces, StepError};

/// Skin of the neighbour list, A: longer than twice any displacement.
const SKIN_A: f64 = 0.2;
/// Squared frequencies of translations are zero but for the differences; a mode below the negative of this share of the highest is a
/// direction in which the structure falls.
const NOISE: f64 = 1e-3;
/// A larger share of modes that fall is no crystal any more.
const FALLING_MAX: f64 = 0.2;

/// Why a structure has no vibrations.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PhononError {
    /// The energy falls along many modes.
    #[error(
        "the structure is not at a minimum: {modes} of its modes fall, the steepest with {wavenumber_per_cm:.1}i /cm"
    )]
    Unstable {
        /// How many modes fall.
        modes: usize,
        /// The steepest, 1/cm.
        wavenumber_per_cm: f64,
    },
    /// The forces cannot be had.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// Vibrations of a structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Vibrations {
    /// h_bar omega of each mode that does not fall, eV, rising.
    pub quanta_ev: Vec<f64>,
    /// Modes along which the energy falls: crystals that only heat keeps, such as body-centred metals in some potentials, have soft
    /// shears. Free energies take them to be like the mean of the others.
    pub falling: usize,
}

impl Vibrations {
    /// Of a crystal at rest, at the Gamma point of the cell as it is: with the three translations left out, 3 n - 3 modes of `n` atoms. Forces
    /// are differenced over displacements of `step` in both directions.
    ///
    /// # Errors
    /// Over a fifth of the modes fall, or the forces cannot be had.
    pub fn of_crystal(
        potential: &dyn Potential,
        crystal: &Structure,
        step: LengthA,
    ) -> Result<Self, PhononError> {
        let mut squares = squared_frequencies(potential, crystal, step)?;
        // By size: a translation may come out below zero.
        squares.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        Self::of_squares(squares.split_off(3.min(squares.len())))
    }

    /// Of atoms in a field that nothing can drift in: with all 3 n modes.
    ///
    /// # Errors
    /// As [`Vibrations::of_crystal`].
    pub fn of_held_atoms(
        potential: &dyn Potential,
        structure: &Structure,
        step: LengthA,
    ) -> Result<Self, PhononError> {
        Self::of_squares(squared_frequencies(potential, structure, step)?)
    }

    fn of_squares(mut squares: Vec<f64>) -> Result<Self, PhononError> {
        squares.sort_by(f64::total_cmp);
        let highest = squares.last().copied().unwrap_or(0.0);
        let falling = squares.iter().filter(|square| **square < -NOISE * highest.max(0.0)).count();
        if falling as f64 > FALLING_MAX * squares.len() as f64 {
            let wavenumber_per_cm = quantum_ev(-squares[0]) * EV_IN_PER_CM;
            return Err(PhononError::Unstable { modes: falling, wavenumber_per_cm });
        }
        // What is left below zero is noise of a mode that hardly moves.
        let floor = NOISE * NOISE * highest;
        let quanta = squares.into_iter().skip(falling).map(|square| quantum_ev(square.max(floor)));
        Ok(Self { quanta_ev: quanta.collect(), falling })
    }

    /// Classical free energy for each degree of freedom, times three: of one atom, eV.
    pub fn classical_ev(&self, temperature: TemperatureK) -> f64 {
        let thermal = BOLTZMANN_EV_PER_K * temperature.get();
        self.of_an_atom(|quantum| thermal * (quantum / thermal).ln())
    }

    /// Quantum-mechanical free energy of one atom, eV.
    pub fn quantum_ev(&self, temperature: TemperatureK) -> f64 {
        let thermal = BOLTZMANN_EV_PER_K * temperature.get();
        self.of_an_atom(|quantum| 0.5 * quantum + thermal * (-(-quantum / thermal).exp()).ln_1p())
    }

    fn of_an_atom(&self, mode_ev: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.quanta_ev.iter().map(|quantum| mode_ev(*quantum)).sum();
        3.0 * sum / self.quanta_ev.len().max(1) as f64
    }
}

/// 1 eV in 1/cm (h c, exact in the SI).
const EV_IN_PER_CM: f64 = 8_065.543_937;

/// h_bar omega, eV, of a squared frequency in internal units.
fn quantum_ev(square: f64) -> f64 {
    PLANCK_EV_FS / (TAU * TIME_UNIT_FS) * square.sqrt()
}

/// Eigenvalues of the mass-weighted Hessian, 1 / (A^2 amu/eV), `[3 n]`.
fn squared_frequencies(
    potential: &dyn Potential,
    structure: &Structure,
    step: LengthA,
) -> Result<Vec<f64>, StepError> {
    let (count, step_a) = (structure.len(), step.get());
    let skin = LengthA::new(SKIN_A.max(3.0 * step_a)).expect("the skin is in range");
    let mut forces = Forces::new(potential, structure, skin)?;
    let mut moved = structure.clone();
    let mut at = |atom: usize, axis: usize, way: f64| -> Result<Vec<Vec3>, StepError> {
        let mut out = Evaluation::zeros(count);
        moved.positions[atom][axis] += way;
        let found = forces.evaluate(&moved, &mut out);
        moved.positions[atom] = structure.positions[atom];
        found.map(|()| out.forces)
    };
    let mut matrix = DMatrix::<f64>::zeros(3 * count, 3 * count);
    for atom in 0..count {
        for axis in 0..3 {
            let (ahead, behind) = (at(atom, axis, step_a)?, at(atom, axis, -step_a)?);
            for other in 0..count {
                let masses = structure.species[atom].mass_amu() * structure.species[other].mass_amu();
                let column = (behind[other] - ahead[other]) / (2.0 * step_a * masses.sqrt());
                (0..3).for_each(|k| matrix[(3 * other + k, 3 * atom + axis)] = column[k]);
            }
        }
    }
    let symmetric = 0.5 * (&matrix + matrix.transpose());
    Ok(symmetric.symmetric_eigenvalues().iter().copied().collect())
}
