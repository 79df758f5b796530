//! Stochastic cell rescaling: constant pressure by an overdamped cell (Bernetti and Bussi 2020, DOI 10.1063/5.0020514; full
//! cells: Del Tatto, Raiteri, Bernetti and Bussi 2022, DOI 10.3390/app12031139), with stochastic velocity rescaling.
//!
//! In a step the cell and all positions are multiplied by exp(G), all velocities by exp(-G). Its diffusion
//! constant D is proportional to 1/V; then, in Ito's sense,
//!
//! | equation | here |
//! |---|---|
//! | isotropic: G = g/3, dg = beta/tau (P - P_0) dt + sqrt(2 k_B T beta / (V tau)) dW | `NptRescale::pull` |
//! | else: dG_ij = beta/(3 tau) (P_ij - P_0 delta_ij) dt + sqrt(2 k_B T beta / (3 V tau)) dW_ij | |
//! | P_ij = (sum m v_i v_j + W_ij + k_B T delta_ij) / V | `NptRescale::pressure` |
//!
//! G is diagonal (anisotropic) or symmetric (triclinic, where dW_ij and dW_ji are one number of variance 1/2: a
//! rotation of everything changes nothing). The last term of P is the kinetic pressure that the resting centre of mass
//! lacks: with it p(V) is proportional to V^N exp(-P_0 V / k_B T) for an ideal gas of N atoms.
//!
//! The cell moves in the middle of velocity Verlet's drift, so that one evaluation of the forces does for both. What is
//! conserved is the enthalpy less the heat and less k_B T times the logarithm of the probabilities of the cell's move and of its
//! reverse (section II of the first paper), which is zero on average if the step is short enough.

use natron_atoms::units::{EV_PER_A3_IN_GPA, TIME_UNIT_FS};
use natron_atoms::{Cell, Mat3};

use super::Motion;
use super::rescale::Rescale;
use crate::plan::{Barostat, Coupling, Ramp};
use crate::random::{Purpose, RandomKey};
use crate::state::{Forces, State, StepError};

/// A cell that changes by more than this in a step is no cell of a healthy run.
const STRAIN_MAX: f64 = 0.1;

/// Thermostat and barostat.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NptRescale {
    thermostat: Rescale,
    /// eV/A^3.
    pressure: Ramp<f64>,
    /// beta dt / tau, A^3/eV.
    rate: f64,
    coupling: Coupling,
    /// Whether the centre of mass rests.
    at_rest: bool,
    key: RandomKey,
}

/// What drives the cell: for each component of G its drift in a step and the spread of its noise.
struct Pull {
    drift: [f64; 6],
    spread: [f64; 6],
}

impl NptRescale {
    /// `timestep` in internal units.
    pub(super) fn new(
        thermostat: Rescale,
        barostat: Barostat,
        timestep: f64,
        atoms: usize,
        key: RandomKey,
    ) -> Self {
        let Ramp { from, to } = barostat.pressure.numbers();
        let steps = barostat.relaxation.get() * 1e3 / (timestep * TIME_UNIT_FS);
        Self {
            thermostat,
            pressure: Ramp { from: from / EV_PER_A3_IN_GPA, to: to / EV_PER_A3_IN_GPA },
            rate: barostat.compressibility.get() * EV_PER_A3_IN_GPA / steps,
            coupling: barostat.coupling,
            at_rest: atoms > 1,
            key: key.for_purpose(Purpose::Barostat),
        }
    }

    /// One step at k_B T = `thermal` (eV) of a stage of so many steps; returns the energy taken from the reservoirs, eV.
    pub(super) fn step(
        &mut self,
        motion: Motion,
        (thermal, steps): (f64, u64),
        state: &mut State,
        forces: &mut Forces<'_>,
        step: u64,
    ) -> Result<f64, StepError> {
        let pressure = self.pressure.at(step, steps);
        let before_a3 = state.structure.cell.volume_a3();
        let forward = self.pull(thermal, pressure, state);
        let noise = self.noise(step);
        let moved: [f64; 6] = std::array::from_fn(|k| forward.drift[k] + forward.spread[k] * noise[k]);

        let (half, way_max_a) = (0.5 * motion.timestep, 0.5 * motion.way_max_a);
        state.kick(half);
        state.drift(half, way_max_a)?;
        deform(state, &self.strain(&moved))?;
        state.drift(half, way_max_a)?;
        state.refresh(forces)?;
        state.kick(half);

        let after_a3 = state.structure.cell.volume_a3();
        let backward = self.pull(thermal, pressure, state);
        // The logarithm of the probability of the move over that of its reverse.
        let surprise: f64 = (0..self.components())
            .map(|k| {
                let back = (moved[k] + backward.drift[k]) / backward.spread[k];
                0.5 * (back * back - noise[k] * noise[k]) + (backward.spread[k] / forward.spread[k]).ln()
            })
            .sum();
        let measure = if self.at_rest { 2.0 } else { 1.0 };
        let enthalpy = pressure * (after_a3 - before_a3) - measure * thermal * (after_a3 / before_a3).ln();
        Ok(self.thermostat.apply(thermal, state, step) - enthalpy - thermal * surprise)
    }

    /// Components of G that move: one, the diagonal, or the diagonal and yz, xz, xy.
    fn components(&self) -> usize {
        match self.coupling {
            Coupling::Isotropic => 1,
            Coupling::Anisotropic => 3,
            Coupling::Triclinic => 6,
        }
    }

    fn noise(&self, step: u64) -> [f64; 6] {
        let mut normals = self.key.at_step(step);
        let (a, b) = (normals.next_vector(), normals.next_vector());
        [a.x, a.y, a.z, b.x, b.y, b.z]
    }

    fn pull(&self, thermal: f64, pressure: f64, state: &State) -> Pull {
        let inside = self.pressure(thermal, state);
        let volume = state.structure.cell.volume_a3();
        let variance = 2.0 * thermal * self.rate / volume;
        let mut pull = Pull { drift: [0.0; 6], spread: [0.0; 6] };
        if self.coupling == Coupling::Isotropic {
            pull.drift[0] = self.rate * (inside.trace() / 3.0 - pressure);
            pull.spread[0] = variance.sqrt();
            return pull;
        }
        for k in 0..3 {
            pull.drift[k] = self.rate / 3.0 * (inside[(k, k)] - pressure);
            pull.spread[k] = (variance / 3.0).sqrt();
            let (i, j) = ((k + 1) % 3, (k + 2) % 3);
            pull.drift[3 + k] = self.rate / 6.0 * (inside[(i, j)] + inside[(j, i)]);
            pull.spread[3 + k] = (variance / 6.0).sqrt();
        }
        pull
    }

    /// The pressure inside, eV/A^3.
    fn pressure(&self, thermal: f64, state: &State) -> Mat3 {
        let mut sum = state.evaluation.virial_ev;
        for (velocity, mass) in state.velocities.iter().zip(&state.masses_amu) {
            sum += velocity * velocity.transpose() * *mass;
        }
        if self.at_rest {
            sum += Mat3::identity() * thermal;
        }
        sum / state.structure.cell.volume_a3()
    }

    /// G from its components.
    fn strain(&self, moved: &[f64; 6]) -> Mat3 {
        let [x, y, z, yz, xz, xy] = *moved;
        match self.coupling {
            Coupling::Isotropic => Mat3::identity() * (x / 3.0),
            Coupling::Anisotropic => Mat3::from_diagonal(&natron_atoms::Vec3::new(x, y, z)),
            Coupling::Triclinic => Mat3::new(x, xy, xz, xy, y, yz, xz, yz, z),
        }
    }
}

/// Multiplies cell and positions by exp(G), velocities by exp(-G), for a symmetric G.
fn deform(state: &mut State, strain: &Mat3) -> Result<(), StepError> {
    let largest = strain.amax();
    // Asked this way round, NaN is an error too.
    if !strain.iter().all(|x| x.abs() <= STRAIN_MAX) {
        return Err(StepError::Strain { strain: largest });
    }
    let (grow, shrink) = (exponential(strain), exponential(&-strain));
    let structure = &mut state.structure;
    let rows = structure.cell.rows() * grow;
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    structure.cell =
        Cell::new(rows, structure.cell.periodic()).map_err(|_| StepError::Strain { strain: largest })?;
    structure.positions.iter_mut().for_each(|position| *position = grow * *position);
    state.velocities.iter_mut().for_each(|velocity| *velocity = shrink * *velocity);
    Ok(())
}

/// exp(G): exact on the diagonal, so that what is not coupled stays as it is; else by its series, whose terms of a strain below
/// [`STRAIN_MAX`] are below the last bit after the tenth.
fn exponential(strain: &Mat3) -> Mat3 {
    let diagonal = strain.diagonal();
    if *strain == Mat3::from_diagonal(&diagonal) {
        return Mat3::from_diagonal(&diagonal.map(f64::exp));
    }
    let (mut sum, mut term) = (Mat3::identity(), Mat3::identity());
    for n in 1..=12 {
        term = term * strain / f64::from(n);
        sum += term;
    }
    sum
}
