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
            | Self::NptRescale { temperature, .. } => Some(temperature),
        }
    }

    /// The barostat, if the cell moves.
    pub fn barostat(self) -> Option<Barostat> {
        match self {
            Self::NptRescale { barostat, .. } => Some(barostat),
            _ => None,
        }
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
            Self::NoseHoover { chain, .. } => {
                let (tau, length, weights) = (chain.relaxation.get(), chain.length, chain.weights);
                write!(f, ", relaxation_ps = {tau}, chain_length = {length}, suzuki_yoshida = {weights}")?;
            }
            Self::Rescale { relaxation, .. }
            | Self::Berendsen { relaxation, .. }
            | Self::NptRescale { relaxation, .. } => write!(f, ", relaxation_ps = {}", relaxation.get())?,
        }
        let Some(barostat) = self.barostat() else { return Ok(()) };
        write!(
            f,
            ", pressure_GPa = {}, pressure_relaxation_ps = {}, compressibility_per_GPa = {}, coupling = {}",
            barostat.pressure.numbers(),
            barostat.relaxation.get(),
            barostat.compressibility.get(),
            barostat.coupling.name()
        )
    }
}
