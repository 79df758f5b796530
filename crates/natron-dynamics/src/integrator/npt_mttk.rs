//! Constant pressure by an extended system: Martyna, Tobias and Klein 1994, DOI 10.1063/1.467468, integrated reversibly as by
//! Martyna, Tuckerman, Tobias and Klein 1996, DOI 10.1080/00268979600100761, with Nose-Hoover chains on the particles and on the
//! cell.
//!
//! | equation | here |
//! |---|---|
//! | r' = v + v_g r, h' = v_g h | `deform::state` in the middle of the drift |
//! | v' = F/m - v_g v - (tr v_g / N_f) v - u_1 v | `Mttk::drag`, the second term with the deformation |
//! | W_g v_g' = V (P_in - P + k_B T / V) + (sum m v^2 / N_f) 1 - w_1 W_g v_g | `Mttk::push` |
//! | W_g = (N_f + 3) k_B T tau^2 / 3 | `mass` |
//! | conserved: E + P V - k_B T ln V + tr(v_g v_g) W_g / 2 + both chains | returned as changes |
//!
//! v_g is the rate of strain: one number times 1 (isotropic: then 3 W_g is the W of the paper), diagonal (anisotropic) or
//! symmetric (triclinic, where the cell does not turn). P_in is the pressure tensor inside, with sum m v v. The k_B T / V (and
//! k_B T ln V) is the pressure of the centre of mass, which rests: without it the volume would be distributed as for N - 1
//! atoms, with it p(V) of an ideal gas is V^N exp(-P V / k_B T), as of `npt_rescale`.
//!
//! One step: half a step of both chains, of v_g, of the drag and of the forces; half a drift, the deformation, half a drift;
//! new forces, and the halves in reverse order.

use natron_atoms::units::{BOLTZMANN_EV_PER_K, EV_PER_A3_IN_GPA, TIME_UNIT_FS};
use natron_atoms::{Mat3, Vec3};

use super::Motion;
use super::chain::Thermostats;
use crate::deform;
use crate::plan::{Chain, Coupling, Piston, Ramp};
use crate::quantity::TemperatureK;
use crate::state::{Forces, State, StepError};

/// Thermostats and cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mttk {
    particles: Thermostats,
    cell: Thermostats,
    /// v_g: xx, yy, zz, yz, xz, xy, 1 / internal time; of an isotropic cell three equal ones.
    rate: [f64; 6],
    /// W_g, eV times internal time squared.
    mass: f64,
    freedom: f64,
    /// eV/A^3.
    pressure: Ramp<f64>,
    coupling: Coupling,
    /// 1 where the centre of mass rests, else 0.
    at_rest: f64,
}

impl Mttk {
    /// For `atoms` atoms with so many degrees of freedom; `timestep` in internal units.
    pub(super) fn new(
        (chain, piston): (Chain, Piston),
        temperature: Ramp<TemperatureK>,
        (atoms, freedom): (usize, usize),
        timestep: f64,
    ) -> Self {
        // Fixed masses, also while the temperature changes.
        let thermal = BOLTZMANN_EV_PER_K * 0.5 * (temperature.from.get() + temperature.to.get());
        let tau = piston.relaxation.get() * 1e3 / TIME_UNIT_FS;
        let Ramp { from, to } = piston.pressure.numbers();
        let components = match piston.coupling {
            Coupling::Isotropic => 1,
            Coupling::Anisotropic => 3,
            Coupling::Triclinic => 6,
        };
        let slow = Chain { relaxation: piston.relaxation, ..chain };
        Self {
            particles: Thermostats::new(chain, thermal, freedom, timestep),
            cell: Thermostats::new(slow, thermal, components, timestep),
            rate: [0.0; 6],
            mass: (freedom as f64 + 3.0) * thermal * tau * tau / 3.0,
            freedom: freedom as f64,
            pressure: Ramp { from: from / EV_PER_A3_IN_GPA, to: to / EV_PER_A3_IN_GPA },
            coupling: piston.coupling,
            at_rest: if atoms > 1 { 1.0 } else { 0.0 },
        }
    }

    /// One step at k_B T = `thermal` (eV) of a stage of so many steps; returns the energy taken from the reservoirs, eV.
    pub(super) fn step(
        &mut self,
        motion: Motion,
        (thermal, step, steps): (f64, u64, u64),
        state: &mut State,
        forces: &mut Forces<'_>,
    ) -> Result<f64, StepError> {
        let pressure = self.pressure.at(step, steps);
        let (half, way_max_a) = (0.5 * motion.timestep, 0.5 * motion.way_max_a);
        let (cell_before, volume_before) = (self.kinetic_ev(), state.structure.cell.volume_a3());
        let mut taken = self.chains(thermal, state);
        self.push(half, thermal, pressure, state);
        self.drag(half, state);
        state.kick(half);
        state.drift(half, way_max_a)?;
        deform::state(state, &(self.rate_matrix() * motion.timestep))?;
        state.drift(half, way_max_a)?;
        state.refresh(forces)?;
        state.kick(half);
        self.drag(half, state);
        self.push(half, thermal, pressure, state);
        taken += self.chains(thermal, state);
        let volume = state.structure.cell.volume_a3();
        let measure = self.at_rest * thermal * (volume / volume_before).ln();
        Ok(taken - (self.kinetic_ev() - cell_before) - pressure * (volume - volume_before) + measure)
    }

    /// Half a step of both chains; returns the energy taken from them, eV.
    fn chains(&mut self, thermal: f64, state: &mut State) -> f64 {
        let (factor, from_cell) = self.cell.half_step(thermal, 2.0 * self.kinetic_ev());
        self.rate.iter_mut().for_each(|rate| *rate *= factor);
        let (factor, from_particles) = self.particles.half_step(thermal, 2.0 * state.kinetic_energy_ev());
        state.velocities.iter_mut().for_each(|velocity| *velocity *= factor);
        from_cell + from_particles
    }

    /// The pressure acts on the cell for a time.
    fn push(&mut self, time: f64, thermal: f64, pressure: f64, state: &State) {
        let mut force = state.evaluation.virial_ev;
        let mut twice_kinetic = 0.0;
        for (velocity, mass) in state.velocities.iter().zip(&state.masses_amu) {
            force += velocity * velocity.transpose() * *mass;
            twice_kinetic += mass * velocity.norm_squared();
        }
        let even = self.at_rest * thermal + twice_kinetic / self.freedom
            - pressure * state.structure.cell.volume_a3();
        force += Mat3::identity() * even;
        let pushed = time / self.mass;
        if self.coupling == Coupling::Isotropic {
            let trace = force.trace() / 3.0;
            self.rate[..3].iter_mut().for_each(|rate| *rate += pushed * trace);
            return;
        }
        for k in 0..3 {
            self.rate[k] += pushed * force[(k, k)];
            if self.coupling == Coupling::Triclinic {
                let (i, j) = ((k + 1) % 3, (k + 2) % 3);
                self.rate[3 + k] += pushed * 0.5 * (force[(i, j)] + force[(j, i)]);
            }
        }
    }

    /// The part of the drag on the velocities that is the same in all directions: v' = -(tr v_g / N_f) v.
    fn drag(&self, time: f64, state: &mut State) {
        let factor = (-time * self.rate[..3].iter().sum::<f64>() / self.freedom).exp();
        state.velocities.iter_mut().for_each(|velocity| *velocity *= factor);
    }

    fn rate_matrix(&self) -> Mat3 {
        let [x, y, z, yz, xz, xy] = self.rate;
        if self.coupling == Coupling::Triclinic {
            return Mat3::new(x, xy, xz, xy, y, yz, xz, yz, z);
        }
        Mat3::from_diagonal(&Vec3::new(x, y, z))
    }

    /// Kinetic energy of the cell, eV.
    fn kinetic_ev(&self) -> f64 {
        let squares = |part: &[f64]| part.iter().map(|rate| rate * rate).sum::<f64>();
        0.5 * self.mass * (squares(&self.rate[..3]) + 2.0 * squares(&self.rate[3..]))
    }

    /// What it remembers: rates of strain, both chains.
    pub(super) fn memory(&self) -> Vec<f64> {
        let chains = [self.particles.velocities(), self.cell.velocities()].concat();
        self.rate.iter().copied().chain(chains).collect()
    }

    /// Takes up a memory; `false` if it has another length.
    pub(super) fn recall(&mut self, memory: &[f64]) -> bool {
        let chain = self.particles.velocities().len();
        if memory.len() != 6 + 2 * chain {
            return false;
        }
        self.rate.copy_from_slice(&memory[..6]);
        self.particles.set_velocities(&memory[6..6 + chain]);
        self.cell.set_velocities(&memory[6 + chain..]);
        true
    }
}
