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
//! The cell moves in the middle of velocity Verlet's drift, so that one evaluation of the forces does for both. The noise of a step
//! is the mean of two numbers, of which the next step uses the second again (Leimkuhler and Matthews 2013, DOI
//! 10.1093/amrx/abs010): the drift of the step's start then samples harmonic fluctuations exactly, however short the
//! relaxation time; with a number of its own each step would make them too large. Since the spread of the noise depends on V, sharing
//! a number adds a drift of -1/4 of the diffusion constant, which k_B T / 4 V in the pressure takes back.
//!
//! What is conserved is the total energy less the heat and less the work of the barostat, -V P : G, with the V P of the start and the
//! end of a step in equal parts.

use natron_atoms::Mat3;
use natron_atoms::units::{EV_PER_A3_IN_GPA, TIME_UNIT_FS};

use super::Motion;
use super::rescale::Rescale;
use crate::deform;
use crate::plan::{Barostat, Coupling, Ramp};
use crate::random::{Purpose, RandomKey};
use crate::state::{Forces, State, StepError};

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
        let before = inside_ev(state);
        let pull = self.pull(thermal, pressure, state);
        let (noise, next) = (self.noise(step), self.noise(step + 1));
        let moved: [f64; 6] =
            std::array::from_fn(|k| pull.drift[k] + pull.spread[k] * 0.5 * (noise[k] + next[k]));
        let strain = self.strain(&moved);

        let (half, way_max_a) = (0.5 * motion.timestep, 0.5 * motion.way_max_a);
        state.kick(half);
        state.drift(half, way_max_a)?;
        deform::state(state, &strain)?;
        state.drift(half, way_max_a)?;
        state.refresh(forces)?;
        state.kick(half);

        let work = -0.5 * (before + inside_ev(state)).component_mul(&strain).sum();
        Ok(work + self.thermostat.apply(thermal, state, step))
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

    /// The pressure that drives the cell, eV/A^3.
    fn pressure(&self, thermal: f64, state: &State) -> Mat3 {
        let share = if self.at_rest { 1.25 } else { 0.25 };
        (inside_ev(state) + Mat3::identity() * (share * thermal)) / state.structure.cell.volume_a3()
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

/// Volume times the pressure tensor inside, sum m v v + W, eV.
fn inside_ev(state: &State) -> Mat3 {
    let mut sum = state.evaluation.virial_ev;
    for (velocity, mass) in state.velocities.iter().zip(&state.masses_amu) {
        sum += velocity * velocity.transpose() * *mass;
    }
    sum
}
