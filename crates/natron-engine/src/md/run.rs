//! Running a checked job: one directory, one or many replicas, one summary.

use std::path::{Path, PathBuf};

use natron_atoms::Frame;
use natron_dynamics::plan::caveats;
use natron_dynamics::{
    Instability, Observer as _, Outcome, Restart, RunError as DynamicsError, Simulation, StageSummary,
};

use super::log::{self, Log, now_utc};
use super::recorder::{Recorder, StepCount, Unwritable, replica_directory, unwritable};
use super::resume::Start;
use super::speed::Speed;
use super::summary::{Summary, write_one, write_results};
use super::thermo_file::ThermoFile;
use super::uncertain::Uncertain;
use super::{MdJob, explain, replicas, restarts};
use crate::envelope::Build;
use crate::job::{Estimate, Job, RunOutcome};
use crate::run_directory::RunDirectory;
use crate::trajectory::TrajectoryWriter;
use crate::watch::{Progress, Watch};
use crate::{Failure, RunError, files};

/// Name of the trajectory in a run directory.
pub(crate) const TRAJECTORY: &str = "trajectory.h5";

/// One replica after its run.
pub(super) struct Replica {
    /// Which one, from 0.
    pub(super) number: u32,
    pub(super) directory: PathBuf,
    pub(super) stages: Vec<StageSummary>,
    pub(super) speed: Speed,
    pub(super) finished: bool,
    /// It was finished before this call, which left its files alone.
    pub(super) kept: bool,
    /// The last frame, for the picture.
    pub(super) last: natron_atoms::Structure,
}

impl Job for MdJob {
    fn command(&self) -> &'static str {
        "md"
    }

    fn estimate(&self) -> Option<Estimate> {
        self.measure()
    }

    fn about(&self) -> String {
        let stages: Vec<&str> = self.plan.run.stages.iter().map(|stage| stage.name.as_str()).collect();
        let replicas = if self.plan.replicas > 1 {
            let shares = replicas::shares_in_words(self.plan.replicas, rayon::current_num_threads());
            format!("{} replicas ({shares}) of ", self.plan.replicas)
        } else {
            String::new()
        };
        format!(
            "{replicas}{} atoms with potential {} through {} into {}",
            self.atoms(),
            self.potential.name,
            stages.join(", "),
            self.directory.display()
        )
    }

    fn warnings(&self) -> Vec<String> {
        // Without a mobile species nobody measures D there; Berendsen is wrong for anything.
        let measured = |name: &str| !self.plan.mobile.is_empty() || name == "nvt-berendsen";
        let mut warnings = Vec::new();
        for (stage, dynamics) in self.plan.run.recorded() {
            for (name, why) in caveats(&dynamics.conditions()).into_iter().filter(|(name, _)| measured(name))
            {
                warnings.push(format!("stage {stage} is recorded in {name}: {why}"));
            }
        }
        warnings
    }

    fn explain(&self) -> String {
        explain::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        RunDirectory::check(&self.directory, self.existing)?;
        let starts = self.starts()?;
        let held = RunDirectory::open(&self.directory, self.existing)?;
        let directory = held.path();
        files::replace(&directory.join("deck.toml"), self.deck_for_directory().as_bytes())?;
        let threads = rayon::current_num_threads();
        let summary = Summary { job: self, build, started_utc, threads };
        let (head, replicas) = (self.head(build), self.plan.replicas);
        if replicas > 1 {
            log_line(&directory.join("log.txt"), &head)?;
            self.announce(&starts, watch);
        }
        let at_a_time = replicas::shares(replicas, threads).len();
        let results = replicas::side_by_side(replicas, threads, |number| {
            // Who is still waiting for a thread when the run is stopped does not begin.
            if number as usize >= at_a_time && watch.stop().is_some() {
                return Ok(None);
            }
            let replica = self.run_replica(number, &starts[number as usize], &head, watch)?;
            if replicas > 1 && !replica.kept {
                write_one(&summary, &replica.directory, std::slice::from_ref(&replica), watch)?;
            }
            Ok(Some(replica))
        })?;
        write_results(&summary, directory, results, watch)
    }
}

impl MdJob {
    /// Tells the watch of all replicas, so that those that wait for a thread count as well.
    fn announce(&self, starts: &[Start], watch: &dyn Watch) {
        let steps_total = StepCount::of(&self.plan.run.stages).total();
        for (replica, start) in starts.iter().enumerate() {
            let steps_done = if matches!(start, Start::Finished(_)) { steps_total } else { 0 };
            let stage = "waiting".into();
            watch.progress(&Progress {
                replica,
                stage,
                steps_done,
                steps_total,
                state: None,
                ns_per_day: None,
                time_left: None,
            });
        }
    }

    fn run_replica(
        &self,
        number: u32,
        start: &Start,
        head: &str,
        watch: &dyn Watch,
    ) -> Result<Replica, Failure> {
        let directory = replica_directory(&self.directory, number, self.plan.replicas);
        std::fs::create_dir_all(&directory).map_err(|error| RunError::writing(&directory, error))?;
        let restart = match start {
            Start::Anew => None,
            Start::From(restart) | Start::Finished(restart) => Some(&**restart),
        };
        let mut simulation = match restart {
            Some(restart) => self.resume(restart)?,
            None => self.simulation(number).map_err(|error| self.setup_error(&error))?,
        };
        let replica = |simulation: &Simulation<'_>, speed, finished| Replica {
            number,
            stages: simulation.summaries().to_vec(),
            speed,
            finished,
            kept: matches!(start, Start::Finished(_)),
            last: simulation.state().structure.clone(),
            directory: directory.clone(),
        };
        if let Start::Finished(_) = start {
            return Ok(replica(&simulation, Speed::default(), true));
        }
        let mut recorder = self.recorder(&directory, number, restart, watch)?;
        log_line(&directory.join("log.txt"), head)?;
        for warning in self.warnings() {
            log_line(&directory.join("log.txt"), &format!("warning: {warning}"))?;
        }
        if let Some(restart) = restart {
            let exact = if simulation.is_bitwise(restart) {
                "bit for bit"
            } else {
                "not bit for bit: another code path"
            };
            let text = format!("resumed at step {} ({exact})", restart.step());
            recorder.note(&text).map_err(|error| failed(&directory, DynamicsError::Observer(error)))?;
        }
        let begun = match restart {
            None => recorder.on_restart(&simulation.restart()),
            Some(restart) => restarts::remove_after(&directory, restart.step()).map_err(unwritable),
        };
        begun.map_err(|error| failed(&directory, DynamicsError::Observer(error)))?;
        let result = simulation.run(&mut recorder, &|| watch.stop().is_some());
        // The files are closed whatever happened, so that what was recorded can be read.
        let speed = recorder.finish();
        match result {
            Ok(outcome) => Ok(replica(&simulation, speed?, outcome == Outcome::Finished)),
            Err(error) => {
                let error = failed(&directory, error);
                // A full disk may refuse this line, too; the error says so already.
                let _ = log_line(&directory.join("log.txt"), &format!("error: {}", error.message));
                Err(error.into())
            }
        }
    }

    fn recorder<'w>(
        &'w self,
        directory: &Path,
        replica: u32,
        restart: Option<&Restart>,
        watch: &'w dyn Watch,
    ) -> Result<Recorder<'w>, RunError> {
        let at = |name: &str| directory.join(name);
        let cannot = |name: &str| {
            let path = at(name);
            move |error: std::io::Error| RunError::writing(&path, error)
        };
        let (thermo, trajectory) = match restart {
            None => {
                let trajectory = self.is_recorded().then(|| {
                    let options = self.trajectory_options();
                    TrajectoryWriter::create(&at(TRAJECTORY), &self.start.structure, &options)
                });
                (ThermoFile::create(&at("thermo.csv")), trajectory)
            }
            Some(restart) => {
                log::cut(&at("log.txt"), restart.step()).map_err(cannot("log.txt"))?;
                let (output, frames) = (&self.plan.output, restart.trajectory_frames());
                let trajectory =
                    self.is_recorded().then(|| TrajectoryWriter::resume(&at(TRAJECTORY), output, frames));
                (ThermoFile::resume(&at("thermo.csv"), restart.thermo_rows()), trajectory)
            }
        };
        let step = restart.map_or(0, Restart::step);
        let uncertain =
            self.plan.run.limits.uncertainty.map(|limits| Uncertain::new(limits, directory, step));
        Ok(Recorder {
            replica: replica as usize,
            watch,
            log: Log::open(&at("log.txt")).map_err(cannot("log.txt"))?,
            thermo: thermo.map_err(cannot("thermo.csv"))?,
            trajectory: trajectory.transpose()?,
            output: &self.plan.output,
            uncertain: uncertain.transpose()?,
            steps: StepCount::of(&self.plan.run.stages),
            speed: Speed::default(),
            clock: None,
            stage: String::new(),
            atoms: self.atoms(),
            state: None,
            conserved_from_ev: None,
            last: None,
            reported: None,
            directory: directory.to_path_buf(),
        })
    }

    /// What the log begins with: all that a run depends on.
    fn head(&self, build: &Build) -> String {
        let potential = &self.potential;
        format!(
            "natron {} ({}): {}; seed {}, potential SHA-256 {}, {}, {} threads",
            build.version,
            build.commit.as_deref().unwrap_or("no commit"),
            self.about(),
            self.plan.run.seed,
            potential.sha256_hex(),
            potential.kernel(),
            rayon::current_num_threads(),
        )
    }

    /// Whether any stage goes to the trajectory.
    pub(super) fn is_recorded(&self) -> bool {
        self.plan.run.recorded().next().is_some()
    }
}

fn log_line(path: &Path, text: &str) -> Result<(), RunError> {
    let written = Log::open(path).and_then(|mut log| log.line(text));
    written.map_err(|error| RunError::writing(path, error))
}

/// The error of a run, its frame written where it helps.
fn failed(directory: &Path, error: DynamicsError) -> RunError {
    match error {
        DynamicsError::Unstable(instability) => dump(directory, &instability),
        DynamicsError::Observer(error) => match error.downcast::<Unwritable>() {
            Ok(unwritable) => unwritable.0,
            Err(other) => RunError::new(other.to_string()),
        },
        not_converged @ DynamicsError::NotConverged { .. } => RunError::new(not_converged.to_string()),
    }
}

/// Writes failure.extxyz and says what happened.
fn dump(directory: &Path, instability: &Instability) -> RunError {
    let path = directory.join("failure.extxyz");
    let mut frame = Frame::new(instability.structure.clone());
    frame.velocities = Some(instability.velocities_a_per_fs.clone());
    let finite = instability.forces_ev_per_a.iter().all(|force| force.iter().all(|x| x.is_finite()));
    frame.labels.forces = finite.then(|| instability.forces_ev_per_a.clone());
    let written = files::write_frames(&path, &[frame]);
    let mut help =
        "look at the frame; relax first, take a shorter timestep, or train the potential on such frames"
            .to_string();
    if let Some(restart) = restarts::newest_file(directory) {
        help += &format!("; the newest restart is {}", restart.display());
    }
    let message = format!("the run became unstable: {instability} (atoms are counted from 0)");
    RunError { message, file: written.is_ok().then_some(path), help: Some(help) }
}
