//! The observer that turns a run into files.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use natron_dynamics::plan::{Dynamics, OutputPlan, Stage, StageKind};
use natron_dynamics::{
    Doubt, Moment, Observer, ObserverError, Restart, StageResult, StageSummary, ThermoRow, TrajectoryFrame,
};

use super::log::{Log, restart_line};
use super::restarts;
use super::speed::{Speed, StageClock};
use super::thermo_file::ThermoFile;
use super::uncertain::Uncertain;
use crate::RunError;
use crate::trajectory::TrajectoryWriter;
use crate::watch::{Progress, Thermo, Watch};

/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// Writes one replica's files and tells the watch how far it is.
pub(super) struct Recorder<'w> {
    pub(super) directory: PathBuf,
    pub(super) replica: usize,
    pub(super) watch: &'w dyn Watch,
    pub(super) log: Log,
    pub(super) thermo: ThermoFile,
    /// `None` where no stage is recorded.
    pub(super) trajectory: Option<TrajectoryWriter>,
    pub(super) output: &'w OutputPlan,
    pub(super) uncertain: Option<Uncertain>,
    pub(super) steps: StepCount,
    pub(super) speed: Speed,
    pub(super) clock: Option<StageClock>,
    pub(super) stage: String,
    pub(super) atoms: usize,
    /// The last row of thermo.csv in a stage of dynamics, and what was conserved in its first.
    pub(super) state: Option<Thermo>,
    pub(super) conserved_from_ev: Option<f64>,
    /// Where the run stood after its last step.
    pub(super) last: Option<Moment>,
    pub(super) reported: Option<Instant>,
}

/// Steps of dynamics in a plan: those before each stage, and of all.
#[derive(Debug, Clone)]
pub(super) struct StepCount(Vec<u64>);

impl StepCount {
    pub(super) fn of(stages: &[Stage]) -> Self {
        let mut counts = vec![0];
        for stage in stages {
            let steps = match &stage.kind {
                StageKind::Dynamics(dynamics) => dynamics.steps,
                StageKind::Minimise(_) => 0,
            };
            counts.push(counts[counts.len() - 1] + steps);
        }
        Self(counts)
    }

    /// Steps of all dynamics stages.
    pub(super) fn total(&self) -> u64 {
        self.0[self.0.len() - 1]
    }

    /// Steps of dynamics done, given a moment; a relaxation has none.
    fn done(&self, at: Moment) -> u64 {
        self.0[at.stage + 1].min(self.0[at.stage] + at.step_in_stage)
    }
}

impl Recorder<'_> {
    fn report(&mut self, at: Moment) {
        if self.reported.is_some_and(|last| last.elapsed() < REPORT_EVERY) {
            return;
        }
        self.reported = Some(Instant::now());
        let speed = self.clock.map(|clock| clock.read(at.step, at.time_ps));
        let done = self.steps.done(at);
        self.watch.progress(&Progress {
            replica: self.replica,
            stage: match self.clock {
                Some(_) => self.stage.clone(),
                None => format!("{} (step {})", self.stage, at.step_in_stage),
            },
            steps_done: done,
            steps_total: self.steps.total(),
            state: self.state,
            ns_per_day: speed.and_then(Speed::ns_per_day),
            time_left: speed.and_then(|speed| speed.time_for(self.steps.total() - done)),
        });
    }

    /// A line for the log and for who watches.
    pub(super) fn note(&mut self, text: &str) -> Result<(), ObserverError> {
        self.log.line(text).map_err(|error| self.cannot("log.txt", error))?;
        let shown = if self.replica > 0 || self.directory.ends_with("replica-000") {
            format!("replica {}: {text}", self.replica)
        } else {
            text.to_string()
        };
        self.watch.info(&shown);
        Ok(())
    }

    fn cannot(&self, file: &str, error: impl std::fmt::Display) -> ObserverError {
        unwritable(RunError::writing(&self.directory.join(file), error))
    }

    /// The last word: it makes no more steps, so it has no speed.
    fn report_last(&self, at: Moment) {
        self.watch.progress(&Progress {
            replica: self.replica,
            stage: self.stage.clone(),
            steps_done: self.steps.done(at),
            steps_total: self.steps.total(),
            state: self.state,
            ns_per_day: None,
            time_left: None,
        });
    }

    /// Adds the present stage to the speed measured so far.
    fn stop_clock(&mut self) {
        if let (Some(clock), Some(last)) = (self.clock.take(), self.last) {
            self.speed += clock.read(last.step, last.time_ps);
        }
    }
}

/// A run error on its way through the run loop.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(super) struct Unwritable(pub(super) RunError);

/// Boxed by hand: `into` would put a box into a box, and [`Unwritable`] would not be found in it again.
pub(super) fn unwritable(error: RunError) -> ObserverError {
    Box::new(Unwritable(error))
}

impl Observer for Recorder<'_> {
    fn on_stage_start(&mut self, stage: &Stage, at: Moment) -> Result<(), ObserverError> {
        self.stage.clone_from(&stage.name);
        (self.state, self.conserved_from_ev) = (None, None);
        let what = match &stage.kind {
            StageKind::Minimise(minimise) => match minimise.cell {
                None => format!("relax to {} eV/A", minimise.force_max.get()),
                Some(cell) => format!(
                    "relax with the cell ({}) to {} eV/A and {} GPa around {} GPa",
                    cell.coupling.name(),
                    minimise.force_max.get(),
                    cell.stress_max.get(),
                    cell.pressure.get()
                ),
            },
            StageKind::Dynamics(dynamics) => {
                self.clock = Some(StageClock::start(at.step, at.time_ps));
                self.last = Some(at);
                if let Some(trajectory) = &mut self.trajectory {
                    trajectory.set_intervals(self.output.intervals(dynamics.timestep));
                }
                let duration_ps = dynamics.steps as f64 * dynamics.timestep.get() * 1e-3;
                format!("{}, {duration_ps} ps in {} steps", held(dynamics), dynamics.steps)
            }
        };
        let from =
            if at.step_in_stage > 0 { format!(", from step {}", at.step_in_stage) } else { String::new() };
        self.note(&format!("stage {}: {what}{from}", stage.name))
    }

    fn on_thermo(&mut self, row: &ThermoRow<'_>) -> Result<(), ObserverError> {
        if self.clock.is_some() {
            let from = *self.conserved_from_ev.get_or_insert(row.conserved_ev);
            self.state = Some(Thermo {
                temperature_k: row.temperature_k,
                total_energy_ev: row.total_energy_ev,
                drift_mev_per_atom: 1e3 * (row.conserved_ev - from) / self.atoms as f64,
            });
        }
        self.thermo.write(row).map_err(|error| self.cannot("thermo.csv", error))
    }

    fn on_frame(&mut self, frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        match &mut self.trajectory {
            Some(trajectory) => trajectory.append(frame).map_err(unwritable),
            None => Ok(()),
        }
    }

    fn on_restart(&mut self, restart: &Restart) -> Result<(), ObserverError> {
        self.thermo.flush().map_err(|error| self.cannot("thermo.csv", error))?;
        if let Some(trajectory) = &mut self.trajectory {
            trajectory.flush().map_err(unwritable)?;
        }
        restarts::write(&self.directory, restart).map_err(unwritable)?;
        let line = restart_line(restart.step(), restart.time_ps());
        self.log.line(&line).map_err(|error| self.cannot("log.txt", error))?;
        self.watch.detail(&line);
        Ok(())
    }

    fn on_doubt(&mut self, doubt: &Doubt, frame: &TrajectoryFrame<'_>) -> Result<(), ObserverError> {
        let Some(uncertain) = &mut self.uncertain else { return Ok(()) };
        match uncertain.add(&self.stage, doubt, frame).map_err(unwritable)? {
            Some(text) => self.note(&text),
            None => Ok(()),
        }
    }

    fn on_step(&mut self, at: Moment) -> Result<(), ObserverError> {
        self.last = Some(at);
        self.report(at);
        Ok(())
    }

    fn on_stage_end(&mut self, summary: &StageSummary) -> Result<(), ObserverError> {
        self.stop_clock();
        let text = match &summary.result {
            StageResult::Minimise {
                converged,
                force_max_ev_per_a,
                potential_energy_ev,
                stress_left_gpa,
                volume_a3,
            } => {
                let cell = match (stress_left_gpa, volume_a3) {
                    (Some(stress), Some(volume)) => format!(", stress left {stress:.4} GPa, {volume:.3} A^3"),
                    _ => String::new(),
                };
                format!(
                    "stage {}: {} after {} steps, longest force {force_max_ev_per_a:.4} eV/A{cell}, {potential_energy_ev:.6} eV",
                    summary.name,
                    if *converged { "relaxed" } else { "stopped unrelaxed" },
                    summary.steps,
                )
            }
            StageResult::Dynamics(dynamics) => {
                format!("stage {}: done, mean temperature {:.1} K", summary.name, dynamics.temperature_mean_k)
            }
        };
        self.note(&text)?;
        match self.uncertain.as_mut().and_then(Uncertain::end_stage) {
            Some(more) => self.note(&format!("stage {}: {more}", summary.name)),
            None => Ok(()),
        }
    }
}

/// The ensemble by its name, and which groups have thermostats of their own.
fn held(dynamics: &Dynamics) -> String {
    let mut text = dynamics.ensemble.name().to_owned();
    for thermostat in &dynamics.thermostats {
        text += &format!(", {} on {}", thermostat.ensemble.name(), thermostat.group);
    }
    if !dynamics.fixed.is_empty() {
        text += &format!(", {} fixed", dynamics.fixed.join(", "));
    }
    text
}

impl Recorder<'_> {
    /// Closes the files and says how fast all dynamics was.
    pub(super) fn finish(mut self) -> Result<Speed, RunError> {
        self.stop_clock();
        let path = self.directory.join("thermo.csv");
        self.thermo.flush().map_err(|error| RunError::writing(&path, error))?;
        if let Some(trajectory) = self.trajectory.take() {
            trajectory.finish()?;
        }
        if let Some(last) = self.last {
            self.report_last(last);
        }
        Ok(self.speed)
    }
}

/// The directory of a replica: the run directory itself where there is one replica.
pub(crate) fn replica_directory(run: &Path, replica: u32, replicas: u32) -> PathBuf {
    if replicas > 1 { run.join(format!("replica-{replica:03}")) } else { run.to_path_buf() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_replica_needs_no_folder_of_its_own() {
        assert_eq!(replica_directory("run".as_ref(), 0, 1), PathBuf::from("run"));
        assert_eq!(replica_directory("run".as_ref(), 2, 3), PathBuf::from("run/replica-002"));
    }
}
