//! How a front end follows a command and ends it early.

use std::time::Duration;

/// Why a run ends before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// SIGINT: exit code 130.
    Interrupt,
    /// SIGTERM: exit code 143.
    Terminate,
    /// The time allowed by `--max-time` is over; handled as SIGTERM would be: exit code 143.
    MaxTime,
}

impl Stop {
    /// The exit code of the CONTRACT.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate | Self::MaxTime => 143,
        }
    }

    /// What stopped the run, for summaries and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::MaxTime => "max-time",
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Which replica, from 0.
    pub replica: usize,
    /// Name of the stage.
    pub stage: String,
    /// Steps of dynamics done, all stages.
    pub steps_done: u64,
    /// Steps of dynamics there will be.
    pub steps_total: u64,
    /// The state of the system, while there is dynamics.
    pub state: Option<Thermo>,
    /// Simulated time per day of computing, ns; `None` before dynamics starts.
    pub ns_per_day: Option<f64>,
    /// Time left at this speed.
    pub time_left: Option<Duration>,
}

/// The state of a system at its last row of thermo.csv.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thermo {
    /// Temperature, K.
    pub temperature_k: f64,
    /// Total energy, eV.
    pub total_energy_ev: f64,
    /// Change of what the equations of motion conserve since the stage began or was resumed, meV per atom.
    pub drift_mev_per_atom: f64,
}

/// Hears of progress and may ask for an early end. Called from several threads.
pub trait Watch: Sync {
    /// A run has moved on; called a few times per second.
    fn progress(&self, _progress: &Progress) {}

    /// Something a user may want to read at the usual verbosity.
    fn info(&self, _text: &str) {}

    /// Something that may make the result worse than expected.
    fn warning(&self, _text: &str) {}

    /// Something for `-v`.
    fn detail(&self, _text: &str) {}

    /// Whether to finish the step, write everything and end.
    fn stop(&self) -> Option<Stop> {
        None
    }
}

/// A watch that looks away.
impl Watch for () {}
