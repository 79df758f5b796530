//! What a dynamics stage holds constant, and how.

use std::fmt;

use crate::quantity::{CompressibilityPerGpa, FrictionPerPs, PressureGpa, TemperatureK, TimePs};

/// A value that changes linearly over a stage, or stays where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp<T> {
    /// At the start of the stage.
    pub from: T,
    /// At its end.
    pub to: T,
}

impl<T: Copy> From<T> for Ramp<T> {
    /// The constant.
    fn from(value: T) -> Self {
        Self { from: value, to: value }
    }
}

impl Ramp<f64> {
    /// The value at the end of step number `step` (from 0) of `steps`.
    pub fn at(&self, step: u64, steps: u64) -> f64 {
        if self.from == self.to || steps == 0 {
            return self.from;
        }
        self.from + (self.to - self.from) * ((step + 1) as f64 / steps as f64)
    }
}

impl Ramp<TemperatureK> {
    /// The numbers, K.
    pub fn numbers(self) -> Ramp<f64> {
        Ramp { from: self.from.get(), to: self.to.get() }
    }
}

impl Ramp<PressureGpa> {
    /// The numbers, GPa.
    pub fn numbers(self) -> Ramp<f64> {
        Ramp { from: self.from.get(), to: self.to.get() }
    }
}

impl fmt::Display for Ramp<f64> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{}", self.from)
        } else {
            write!(f, "{} to {}", self.from, self.to)
        }
    }
}

/// What is held constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ensemble {
    /// Number, volume, energy: velocity Verlet.
    Nve,
    /// Number, volume, temperature: Langevin dynamics, BAOAB splitting.
    Langevin {
        /// Target temperature.
        temperature: Ramp<TemperatureK>,
        /// Inverse relaxation time of the velocities.
        friction: FrictionPerPs,
    },
    /// Number, volume, temperature: a chain of Nose-Hoover thermostats.
    NoseHoover {
        /// Target temperature.
        temperature: Ramp<TemperatureK>,
        /// The thermostats.
        chain: Chain,
    },
    /// Number, volume, temperature: stochastic velocity rescaling.
    Rescale {
        /// Target temperature.
        temperature: Ramp<TemperatureK>,
        /// Relaxation time of the kinetic energy.
        relaxation: TimePs,
    },
    /// Approach to a temperature by Berendsen's rescaling; samples no ensemble.
    Berendsen {
        /// Target temperature.
        temperature: Ramp<TemperatureK>,
        /// Relaxation time of the kinetic energy.
        relaxation: TimePs,
    },
    /// Number, pressure, temperature: stochastic velocity and cell rescaling.
    NptRescale {
        /// Target temperature.
        temperature: Ramp<TemperatureK>,
        /// Relaxation time of the kinetic energy.
        relaxation: TimePs,
        /// What holds the pressure.
        barostat: Barostat,
    },
    /// Number, pressure, temperature: an extended system of chains and a cell with inertia.
    NptMttk {
        /// Target temperature.
        temperature: Ramp<TemperatureK>,
        /// The thermostats of the particles; those of the cell are as many, with the piston's relaxation time.
        chain: Chain,
        /// What holds the pressure.
        piston: Piston,
    },
}

/// A cell with inertia.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piston {
    /// Target pressure.
    pub pressure: Ramp<PressureGpa>,
    /// Relaxation time of the cell: its mass is (N_f + 3) k_B T tau^2.
    pub relaxation: TimePs,
    /// What of the cell may change.
    pub coupling: Coupling,
}

/// A Nose-Hoover chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chain {
    /// Relaxation time: the first thermostat's mass is N_f k_B T tau^2.
    pub relaxation: TimePs,
    /// Number of thermostats.
    pub length: usize,
    /// Number of Suzuki-Yoshida weights: 1, 3, 5 or 7.
    pub weights: usize,
}

/// Stochastic cell rescaling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Barostat {
    /// Target pressure.
    pub pressure: Ramp<PressureGpa>,
    /// Relaxation time of the volume, right if the compressibility is.
    pub relaxation: TimePs,
    /// Estimate of the isothermal compressibility: only its ratio to the relaxation time matters.
    pub compressibility: CompressibilityPerGpa,
    /// What of the cell may change.
    pub coupling: Coupling,
}

/// What of the cell may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coupling {
    /// Its volume.
    Isotropic,
    /// Its extent along x, y and z, each on its own.
    Anisotropic,
    /// All edges and angles.
    Triclinic,
}

impl Coupling {
    /// All of them with their names in a deck.
    pub const NAMES: [(&'static str, Self); 3] =
        [("isotropic", Self::Isotropic), ("anisotropic", Self::Anisotropic), ("triclinic", Self::Triclinic)];

    /// Its name in a deck.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, coupling)| *coupling == self).expect("all are named").0
    }
}

impl Ensemble {
    /// Its name in a deck.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nve => "nve",
            Self::Langevin { .. } => "nvt-langevin",
            Self::NoseHoover { .. } => "nvt-nose-hoover",
            Self::Rescale { .. } => "nvt-rescale",
            Self::Berendsen { .. } => "nvt-berendsen",
            Self::NptRescale { .. } => "npt-rescale",
            Self::NptMttk { .. } => "npt-mttk",
        }
    }

    /// Whether the total momentum is a constant of motion.
    pub fn conserves_momentum(self) -> bool {
        !matches!(self, Self::Langevin { .. })
    }

    /// The target temperature, if there is one.
    pub fn temperature(self) -> Option<Ramp<TemperatureK>> {
        match self {
            Self::Nve => None,
            Self::Langevin { temperature, .. }
            | Self::NoseHoover { temperature, .. }
            | Self::Rescale { temperature, .. }
            | Self::Berendsen { temperature, .. }
            | Self::NptRescale { temperature, .. }
            | Self::NptMttk { temperature, .. } => Some(temperature),
        }
    }

    /// Whether the cell moves.
    pub fn moves_cell(self) -> bool {
        matches!(self, Self::NptRescale { .. } | Self::NptMttk { .. })
    }
}

/// Why what is recorded under [`conditions`](super::Dynamics::conditions) may not be what is measured: names of ensembles, and
/// what speaks against each.
pub fn caveats(conditions: &str) -> Vec<(&str, &'static str)> {
    let mut names: Vec<&str> = conditions.split(';').filter_map(ensemble_of).collect();
    names.dedup();
    names.into_iter().filter_map(|name| Some((name, caveat(name)?))).collect()
}

/// The ensemble that a part of the conditions names.
fn ensemble_of(part: &str) -> Option<&str> {
    let ensemble = match part.trim().strip_prefix("thermostat of ") {
        Some(of) => of.split_once('=')?.1,
        None => part,
    };
    ensemble.split(',').next().map(str::trim)
}

/// What speaks against an ensemble, by its name.
fn caveat(ensemble: &str) -> Option<&'static str> {
    match ensemble {
        "nvt-langevin" => Some("its friction slows diffusion; measure D in nve"),
        "nvt-berendsen" => {
            Some("it samples no ensemble and is for preparation alone; record nve or nvt-rescale")
        }
        "npt-rescale" | "npt-mttk" => {
            Some("the motion of the cell is in the displacements; measure D at constant volume")
        }
        _ => None,
    }
}

/// Name and parameters in the spelling of a deck, `nvt-langevin, temperature_K = 600, friction_per_ps = 2`.
impl fmt::Display for Ensemble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())?;
        if let Some(temperature) = self.temperature() {
            write!(f, ", temperature_K = {}", temperature.numbers())?;
        }
        match self {
            Self::Nve => {}
            Self::Langevin { friction, .. } => write!(f, ", friction_per_ps = {}", friction.get())?,
            Self::NoseHoover { chain, .. } | Self::NptMttk { chain, .. } => {
                let (tau, length, weights) = (chain.relaxation.get(), chain.length, chain.weights);
                write!(f, ", relaxation_ps = {tau}, chain_length = {length}, suzuki_yoshida = {weights}")?;
            }
            Self::Rescale { relaxation, .. }
            | Self::Berendsen { relaxation, .. }
            | Self::NptRescale { relaxation, .. } => write!(f, ", relaxation_ps = {}", relaxation.get())?,
        }
        let (pressure, relaxation, coupling) = match self {
            Self::NptRescale { barostat, .. } => (barostat.pressure, barostat.relaxation, barostat.coupling),
            Self::NptMttk { piston, .. } => (piston.pressure, piston.relaxation, piston.coupling),
            _ => return Ok(()),
        };
        write!(f, ", pressure_GPa = {}, pressure_relaxation_ps = {}", pressure.numbers(), relaxation.get())?;
        if let Self::NptRescale { barostat, .. } = self {
            write!(f, ", compressibility_per_GPa = {}", barostat.compressibility.get())?;
        }
        write!(f, ", coupling = {}", coupling.name())
    }
}
