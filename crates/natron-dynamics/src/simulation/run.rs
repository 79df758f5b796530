//! The loop over stages and steps, and what it tells the observer when.

use super::{Motion, Outcome, RunError, Simulation};
use crate::observer::{Observer, ObserverError, TrajectoryFrame};
use crate::plan::StageKind;
use crate::thermo::{self, ThermoRow};

/// Steps between thermo rows of a minimisation, which has no timestep to count in.
const MINIMISE_THERMO_EVERY: u64 = 10;

impl Simulation<'_> {
    /// Runs to the end of the last stage, or until `stop` says so; it is asked after every step. In both
    /// cases the last thing the observer receives is a restart. Called again it goes on; where nothing is
    /// left to do, the observer receives nothing.
    ///
    /// # Errors
    /// A value is out of bounds, a minimisation does not converge, or the observer fails.
    pub fn run(&mut self, observer: &mut dyn Observer, stop: &dyn Fn() -> bool) -> Result<Outcome, RunError> {
        loop {
            if self.progress.stage_done {
                let next = self.progress.stage + 1;
                if next == self.plan.stages.len() {
                    return Ok(Outcome::Finished);
                }
                let in_motion = matches!(self.motion, Motion::Dynamics { .. });
                self.enter_stage(next, in_motion);
            }
            if self.run_stage(observer, stop)? == Outcome::Stopped {
                return Ok(Outcome::Stopped);
            }
        }
    }

    /// Runs the present stage to its end.
    fn run_stage(
        &mut self,
        observer: &mut dyn Observer,
        stop: &dyn Fn() -> bool,
    ) -> Result<Outcome, RunError> {
        observer.on_stage_start(self.stage(), self.moment()).map_err(RunError::Observer)?;
        if self.progress.step_in_stage == 0 {
            self.judge_start()?;
            self.output(observer).map_err(RunError::Observer)?;
            self.finish_if_complete(observer)?;
            if self.progress.stage_done {
                observer.on_restart(&self.restart()).map_err(RunError::Observer)?;
            }
        }
        while !self.progress.stage_done {
            self.step()?;
            self.output(observer).map_err(RunError::Observer)?;
            observer.on_step(self.moment()).map_err(RunError::Observer)?;
            self.finish_if_complete(observer)?;
            let stopped = stop();
            if stopped || self.restart_is_due() {
                observer.on_restart(&self.restart()).map_err(RunError::Observer)?;
            }
            if stopped {
                return Ok(self.outcome_when_stopped());
            }
        }
        Ok(Outcome::Finished)
    }

    /// A run told to stop by its very last step is a finished one.
    fn outcome_when_stopped(&self) -> Outcome {
        if self.is_finished() { Outcome::Finished } else { Outcome::Stopped }
    }

    fn finish_if_complete(&mut self, observer: &mut dyn Observer) -> Result<(), RunError> {
        let Some(summary) = self.completed()? else { return Ok(()) };
        self.progress.stage_done = true;
        observer.on_stage_end(&summary).map_err(RunError::Observer)?;
        self.progress.summaries.push(summary);
        Ok(())
    }

    fn restart_is_due(&self) -> bool {
        let at_interval = match &self.stage().kind {
            StageKind::Minimise(_) => false,
            StageKind::Dynamics(stage) => {
                self.progress.step_in_stage.is_multiple_of(stage.restart_every.get())
            }
        };
        at_interval || self.progress.stage_done
    }

    /// Hands out the row and the frame that are due at the present step.
    fn output(&mut self, observer: &mut dyn Observer) -> Result<(), ObserverError> {
        let step = self.progress.step_in_stage;
        let (row_due, frame_due) = match &self.stage().kind {
            StageKind::Minimise(_) => {
                let ends = matches!(self.completed(), Ok(Some(_)) | Err(_));
                (step.is_multiple_of(MINIMISE_THERMO_EVERY) || ends, false)
            }
            StageKind::Dynamics(stage) => (
                step.is_multiple_of(stage.thermo_every.get()),
                stage.trajectory_every.is_some_and(|every| step.is_multiple_of(every.get())),
            ),
        };
        if row_due {
            observer.on_thermo(&self.thermo_row())?;
            self.progress.rows += 1;
        }
        if frame_due && self.progress.last_frame_step != Some(self.progress.step) {
            self.frame(observer)?;
            self.progress.frames += 1;
            self.progress.last_frame_step = Some(self.progress.step);
        }
        Ok(())
    }

    /// The thermo row of the present step.
    pub fn thermo_row(&self) -> ThermoRow<'_> {
        let (state, progress) = (&self.state, &self.progress);
        let kinetic_energy_ev = match &self.motion {
            Motion::Rest | Motion::Minimise(_) => 0.0,
            Motion::Dynamics { .. } => state.kinetic_energy_ev(),
        };
        let freedom = self.cast().freedom;
        let total_energy_ev = state.evaluation.energy_ev + kinetic_energy_ev;
        ThermoRow {
            stage: &progress.stage_name,
            step: progress.step,
            time_ps: progress.time_ps,
            temperature_k: thermo::temperature_k(kinetic_energy_ev, freedom),
            potential_energy_ev: state.evaluation.energy_ev,
            kinetic_energy_ev,
            total_energy_ev,
            conserved_ev: total_energy_ev - progress.heat_ev,
            pressure_gpa: thermo::pressure_gpa(kinetic_energy_ev, &state.evaluation, &state.structure.cell),
            volume_a3: thermo::volume_a3(&state.structure.cell),
            energy_std_ev: state.evaluation.energy_std_ev,
        }
    }

    fn frame(&mut self, observer: &mut dyn Observer) -> Result<(), ObserverError> {
        self.state.velocities_a_per_fs(&mut self.velocities_a_per_fs);
        let row = self.thermo_row();
        observer.on_frame(&TrajectoryFrame {
            at: self.moment(),
            structure: &self.state.structure,
            velocities_a_per_fs: &self.velocities_a_per_fs,
            forces_ev_per_a: &self.state.evaluation.forces,
            potential_energy_ev: self.state.evaluation.energy_ev,
            virial_ev: &self.state.evaluation.virial_ev,
            temperature_k: row.temperature_k,
            pressure_gpa: row.pressure_gpa,
        })
    }
}
