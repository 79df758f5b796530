//! What a run tells the outside, and when.

use natron_atoms::{Mat3, Structure, Vec3};

use crate::doubt::Doubt;
use crate::plan::Stage;
use crate::restart::Restart;
use crate::summary::StageSummary;
use crate::thermo::ThermoRow;

/// An error of an observer (a full disk, say); it ends the run.
pub type ObserverError = Box<dyn std::error::Error + Send + Sync>;

/// Receives the values of a run. Every method has an empty default.
///
/// At one step the order is: thermo, frame, doubt, step, stage end, restart. Rows and frames are written at exact whole
/// numbers of steps counted from the start of their stage, the start included; where one stage begins
/// at the step the previous one wrote last, the frame is not repeated.
pub trait Observer {
    /// A stage begins, or goes on after a restart (`step_in_stage` > 0).
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_stage_start(&mut self, _stage: &Stage, _at: Moment) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A row of the thermo log is due.
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_thermo(&mut self, _row: &ThermoRow<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A frame of the trajectory is due.
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_frame(&mut self, _frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A restart is due: at its interval, when the run is stopped, and at the end. Everything
    /// received before belongs to the steps up to the restart's.
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_restart(&mut self, _restart: &Restart) -> Result<(), ObserverError> {
        Ok(())
    }

    /// The potential is unsure of this frame, and the plan says to go on; after the frame that may be due.
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_doubt(&mut self, _doubt: &Doubt, _frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A step is done; for progress.
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_step(&mut self, _at: Moment) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A stage is complete.
    ///
    /// # Errors
    /// Whatever the observer cannot do; it ends the run.
    fn on_stage_end(&mut self, _summary: &StageSummary) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// An observer that looks away.
impl Observer for () {}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Index of the stage, from 0.
    pub stage: usize,
    /// Steps done in this stage.
    pub step_in_stage: u64,
    /// Steps this stage will take (for a minimisation: at most).
    pub steps_of_stage: u64,
    /// Steps done since the start of the run, over all stages.
    pub step: u64,
    /// Simulated time since the start of the run, ps (a minimisation takes none).
    pub time_ps: f64,
    /// Neighbour lists built since the run, or what goes on with it after a restart, was made.
    pub list_rebuilds: u64,
}

/// One frame for the trajectory.
#[derive(Debug, Clone, Copy)]
pub struct TrajectoryFrame<'a> {
    /// When.
    pub at: Moment,
    /// Cell, species, unwrapped positions (A).
    pub structure: &'a Structure,
    /// Velocities, A/fs, `[n]`.
    pub velocities_a_per_fs: &'a [Vec3],
    /// Forces, eV/A, `[n]`.
    pub forces_ev_per_a: &'a [Vec3],
    /// Potential energy, eV.
    pub potential_energy_ev: f64,
    /// Virial -dE/d(strain), eV.
    pub virial_ev: &'a Mat3,
    /// Instantaneous temperature, K.
    pub temperature_k: f64,
    /// Instantaneous pressure, GPa; `None` unless the cell is periodic in all directions.
    pub pressure_gpa: Option<f64>,
}
