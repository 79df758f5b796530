//! Where a run stands, beyond its atoms: all that a restart must carry along.

use crate::summary::{Averages, StageSummary};

/// The bookkeeping of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Progress {
    /// Index of the stage.
    pub(crate) stage: usize,
    /// Its name, to notice a changed deck.
    pub(crate) stage_name: String,
    /// Whether it is complete.
    pub(crate) stage_done: bool,
    pub(crate) step_in_stage: u64,
    /// Steps since the start of the run.
    pub(crate) step: u64,
    /// Simulated time when the stage began, ps.
    pub(crate) stage_start_ps: f64,
    /// Simulated time now, ps.
    pub(crate) time_ps: f64,
    /// Heat taken from the thermostat since the stage began, eV.
    pub(crate) heat_ev: f64,
    /// Total energy when the stage began, eV.
    pub(crate) energy_from_ev: f64,
    pub(crate) averages: Averages,
    /// Thermo rows handed out so far.
    pub(crate) rows: u64,
    /// Trajectory frames handed out so far, and the step of the last.
    pub(crate) frames: u64,
    pub(crate) last_frame_step: Option<u64>,
    /// Completed stages.
    pub(crate) summaries: Vec<StageSummary>,
}
