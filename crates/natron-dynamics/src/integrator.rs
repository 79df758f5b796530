//! One step of the equations of motion: velocity Verlet with what holds temperature and pressure around it.
//!
//! | equation | here |
//! |---|---|
//! | v += F dt / (2 m) (B) | `State::kick` |
//! | x += v dt (A) | `State::drift` |
//!
//! Each ensemble is a file of its own. All of them say how much energy the system took from their reservoirs in a step, so
//! that the total energy less all of it is what the whole conserves.

use natron_atoms::units::{BOLTZMANN_EV_PER_K, TIME_UNIT_FS};

use crate::cast::Cast;
use crate::plan::{Dynamics, Ensemble, Ramp};
use crate::quantity::LengthA;
use crate::random::RandomKey;
use crate::state::{Forces, State, StepError};

mod berendsen;
mod chain;
mod langevin;
mod nose_hoover;
mod npt_mttk;
mod npt_rescale;
mod reach;
mod rescale;
mod thermostat;

use npt_mttk::Mttk;
use npt_rescale::NptRescale;
use reach::Reach;
use rescale::Rescale;
use thermostat::{Bath, Thermostat};

/// A time step of a fixed length.
#[derive(Debug, Clone, PartialEq)]
pub struct Integrator {
    /// Steps of the stage, for ramps.
    steps: u64,
    motion: Motion,
    method: Method,
}

/// Velocity Verlet's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Motion {
    /// Step, internal units.
    timestep: f64,
    way_max_a: f64,
}

/// What is done in a step; temperatures are k_B T in eV.
#[derive(Debug, Clone, PartialEq)]
enum Method {
    /// Constant volume: each thermostat with its temperature; none is NVE.
    Verlet(Vec<(Ramp<f64>, Thermostat)>),
    NptRescale(Ramp<f64>, Box<NptRescale>),
    NptMttk(Ramp<f64>, Box<Mttk>),
}

impl Integrator {
    /// The integrator of a stage whose parts are `cast`; `key` gives the thermostats their random numbers.
    pub fn new(stage: &Dynamics, cast: &Cast, way_max: LengthA, masses_amu: &[f64], key: RandomKey) -> Self {
        let timestep = stage.timestep.get() / TIME_UNIT_FS;
        let all = || Bath { atoms: Reach::All, freedom: cast.freedom, movable: movable(cast), key };
        let thermal = |ensemble: Ensemble| {
            let Ramp { from, to } = ensemble.temperature().map_or(Ramp::from(0.0), |ramp| ramp.numbers());
            Ramp { from: BOLTZMANN_EV_PER_K * from, to: BOLTZMANN_EV_PER_K * to }
        };
        let thermostat = |ensemble, bath| {
            Some((thermal(ensemble), Thermostat::new(ensemble, bath, timestep, masses_amu)?))
        };
        let method = match stage.ensemble {
            Ensemble::NptRescale { relaxation, barostat, .. } => {
                let relaxation = relaxation.get() * 1e3 / stage.timestep.get();
                let thermostat = Rescale::new(relaxation, &all());
                let npt = NptRescale::new(thermostat, barostat, timestep, masses_amu.len(), key);
                Method::NptRescale(thermal(stage.ensemble), Box::new(npt))
            }
            Ensemble::NptMttk { temperature, chain, piston } => {
                let counts = (masses_amu.len(), cast.freedom);
                let npt = Mttk::new((chain, piston), temperature, counts, timestep);
                Method::NptMttk(thermal(stage.ensemble), Box::new(npt))
            }
            Ensemble::Nve => {
                let group = |(k, bath): (usize, &crate::cast::Bath)| {
                    let atoms = Reach::Some(bath.atoms.clone());
                    let movable = bath.atoms.clone();
                    let bath = Bath { atoms, freedom: bath.freedom, movable, key: key.for_group(k) };
                    thermostat(stage.thermostats[k].ensemble, bath)
                };
                Method::Verlet(cast.baths.iter().enumerate().filter_map(group).collect())
            }
            ensemble => Method::Verlet(thermostat(ensemble, all()).into_iter().collect()),
        };
        Self { steps: stage.steps, motion: Motion { timestep, way_max_a: way_max.get() }, method }
    }

    /// Step number `step` (the key of random numbers). Returns the energy taken from the reservoirs, eV.
    ///
    /// # Errors
    /// An atom moves or the cell changes too far, or the forces cannot be had.
    pub fn step(&mut self, state: &mut State, forces: &mut Forces<'_>, step: u64) -> Result<f64, StepError> {
        let (motion, steps) = (self.motion, self.steps);
        match &mut self.method {
            Method::Verlet(thermostats) => motion.verlet(thermostats, (step, steps), state, forces),
            Method::NptRescale(thermal, npt) => {
                npt.step(motion, (thermal.at(step, steps), steps), state, forces, step)
            }
            Method::NptMttk(thermal, npt) => {
                npt.step(motion, (thermal.at(step, steps), step, steps), state, forces)
            }
        }
    }

    /// What the ensemble remembers beside the atoms and the cell, for a restart: the velocities of chains and cells.
    pub(crate) fn memory(&self) -> Vec<f64> {
        match &self.method {
            Method::Verlet(thermostats) => {
                thermostats.iter().flat_map(|(_, thermostat)| thermostat.memory()).copied().collect()
            }
            Method::NptRescale(..) => Vec::new(),
            Method::NptMttk(_, npt) => npt.memory(),
        }
    }

    /// Takes up what [`Integrator::memory`] gave; `false` if it is that of another ensemble.
    pub(crate) fn recall(&mut self, memory: &[f64]) -> bool {
        match &mut self.method {
            Method::Verlet(thermostats) => {
                let mut rest = memory;
                let fits = thermostats.iter_mut().all(|(_, thermostat)| {
                    let length = thermostat.memory().len();
                    let Some((own, others)) = rest.split_at_checked(length) else { return false };
                    rest = others;
                    thermostat.recall(own);
                    true
                });
                fits && rest.is_empty()
            }
            Method::NptRescale(..) => memory.is_empty(),
            Method::NptMttk(_, npt) => npt.recall(memory),
        }
    }
}

/// Atoms that are not fixed.
fn movable(cast: &Cast) -> Vec<usize> {
    (0..cast.fixed.len()).filter(|&atom| !cast.fixed[atom]).collect()
}

impl Motion {
    /// Velocity Verlet, BAB (Swope et al. 1982, DOI 10.1063/1.442716), with thermostats around and in the middle of it;
    /// returns the heat taken from them, eV.
    fn verlet(
        self,
        thermostats: &mut [(Ramp<f64>, Thermostat)],
        (step, steps): (u64, u64),
        state: &mut State,
        forces: &mut Forces<'_>,
    ) -> Result<f64, StepError> {
        let (half, mut heat) = (0.5 * self.timestep, 0.0);
        for (thermal, thermostat) in &mut *thermostats {
            heat += thermostat.before(thermal.at(step, steps), state);
        }
        state.kick(half);
        if thermostats.iter().any(|(_, thermostat)| matches!(thermostat, Thermostat::Langevin(_))) {
            state.drift(half, 0.5 * self.way_max_a)?;
            for (thermal, thermostat) in &mut *thermostats {
                heat += thermostat.between(thermal.at(step, steps), state, step);
            }
            state.drift(half, 0.5 * self.way_max_a)?;
        } else {
            state.drift(self.timestep, self.way_max_a)?;
        }
        state.refresh(forces)?;
        state.kick(half);
        for (thermal, thermostat) in thermostats {
            heat += thermostat.after(thermal.at(step, steps), state, step);
        }
        Ok(heat)
    }
}
