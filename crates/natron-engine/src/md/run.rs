//! Running a checked job: one directory, one or many replicas, one summary.

use std::path::{Path, PathBuf};

use natron_atoms::Frame;
use natron_dynamics::plan::StageKind;
use natron_dynamics::{Instability, Outcome, Restart, RunError as DynamicsError, Simulation, StageSummary};
use rayon::prelude::*;

use super::log::{self, Log, now_utc};
use super::recorder::{Recorder, StepCount, Unwritable, replica_directory};
use super::speed::Speed;
use super::summary::{Summary, write_results};
use super::thermo_file::{ThermoFile, end_of_row};
use super::{MdJob, explain, restarts};
use crate::envelope::Build;
use crate::job::{Job, RunOutcome};
use crate::run_directory::{Existing, RunDirectory};
use crate::trajectory::TrajectoryWriter;
use crate::watch::Watch;
use crate::{Failure, InputError, RunError, files, trajectory};

/// Name of the trajectory in a run directory.
pub(crate) const TRAJECTORY: &str = "trajectory.h5";

/// One replica after its run.
pub(super) struct Replica {
    pub(super) directory: PathBuf,
    pub(super) stages: Vec<StageSummary>,
    pub(super) speed: Speed,
    pub(super) finished: bool,
    /// The last frame, for the picture.
    pub(super) last: natron_atoms::Structure,
}

impl Job for MdJob {
    fn command(&self) -> &'static str {
        "md"
    }

    fn about(&self) -> String {
        let stages: Vec<&str> = self.plan.run.stages.iter().map(|stage| stage.name.as_str()).collect();
        let replicas = if self.plan.replicas > 1 {
            format!("{} replicas of ", self.plan.replicas)
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

    fn explain(&self) -> String {
        explain::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        RunDirectory::check(&self.directory, self.existing)?;
        let restarts = self.restarts()?;
        let held = RunDirectory::open(&self.directory, self.existing)?;
        let directory = held.path();
        files::replace(&directory.join("deck.toml"), self.deck_for_directory().as_bytes())?;
        let head = self.head(build);
        if self.plan.replicas > 1 {
            log_line(&directory.join("log.txt"), &head)?;
        }
        let results: Vec<Result<Replica, Failure>> = restarts
            .into_par_iter()
            .enumerate()
            .map(|(replica, restart)| self.run_replica(replica as u32, restart, &head, watch))
            .collect();
        let replicas = results.into_iter().collect::<Result<Vec<Replica>, Failure>>()?;
        let stopped = if replicas.iter().all(|replica| replica.finished) { None } else { watch.stop() };
        let summary =
            Summary { job: self, build, started_utc, stopped, threads: rayon::current_num_threads() };
        write_results(&summary, directory, &replicas, watch)
    }
}

impl MdJob {
    /// For each replica where to go on from, each checked against the deck; `None` is a new start.
    fn restarts(&self) -> Result<Vec<Option<Restart>>, Failure> {
        let replicas = self.plan.replicas;
        if self.existing != Existing::Resume {
            return Ok(vec![None; replicas as usize]);
        }
        let one = |replica: u32| -> Result<Option<Restart>, InputError> {
            let directory = replica_directory(&self.directory, replica, replicas);
            let restart = restarts::newest(&directory)?;
            self.resume(&restart).map_err(|error| error.in_file(directory.join("restart")))?;
            self.check_files(&directory, &restart)?;
            Ok(Some(restart))
        };
        Ok((0..replicas).map(one).collect::<Result<Vec<_>, _>>()?)
    }

    /// The files that go on must reach as far as the restart.
    fn check_files(&self, directory: &Path, restart: &Restart) -> Result<(), InputError> {
        let thermo = directory.join("thermo.csv");
        end_of_row(&thermo, restart.thermo_rows()).map_err(|error| {
            InputError::new(format!("the thermo log cannot go on: {error}")).in_file(&thermo)
        })?;
        match self.is_recorded() {
            true => trajectory::check_resume(&directory.join(TRAJECTORY), restart.trajectory_frames()),
            false => Ok(()),
        }
    }

    fn resume(&self, restart: &Restart) -> Result<Simulation<'_>, InputError> {
        let potential = &*self.potential.potential;
        Simulation::resume(&self.plan.run, restart, potential, self.tag()).map_err(|error| {
            InputError::new(error.to_string())
                .help("--resume needs the seed, potential and stages of the run; durations may grow")
        })
    }

    fn run_replica(
        &self,
        replica: u32,
        restart: Option<Restart>,
        head: &str,
        watch: &dyn Watch,
    ) -> Result<Replica, Failure> {
        let directory = replica_directory(&self.directory, replica, self.plan.replicas);
        std::fs::create_dir_all(&directory).map_err(|error| RunError::writing(&directory, error))?;
        let mut simulation = match &restart {
            Some(restart) => self.resume(restart)?,
            None => self.simulation(replica).map_err(|error| self.setup_error(&error))?,
        };
        let mut recorder = self.recorder(&directory, replica, restart.as_ref(), watch)?;
        log_line(&directory.join("log.txt"), head)?;
        if let Some(restart) = &restart {
            let exact = if simulation.is_bitwise(restart) {
                "bit for bit"
            } else {
                "not bit for bit: another code path"
            };
            let text = format!("resumed at step {} ({exact})", restart.step());
            recorder.log.line(&text).map_err(|error| RunError::writing(&directory.join("log.txt"), error))?;
            watch.info(&text);
        }
        let result = simulation.run(&mut recorder, &|| watch.stop().is_some());
        // The files are closed whatever happened, so that what was recorded can be read.
        let speed = recorder.finish();
        let finished = match result {
            Ok(outcome) => outcome == Outcome::Finished,
            Err(error) => return Err(failed(&directory, error).into()),
        };
        Ok(Replica {
            stages: simulation.summaries().to_vec(),
            speed: speed?,
            finished,
            last: simulation.state().structure.clone(),
            directory,
        })
    }

    fn recorder<'w>(
        &self,
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
                let trajectory = self
                    .is_recorded()
                    .then(|| TrajectoryWriter::create(&at(TRAJECTORY), &self.start.structure));
                (ThermoFile::create(&at("thermo.csv")), trajectory)
            }
            Some(restart) => {
                log::cut(&at("log.txt"), restart.step()).map_err(cannot("log.txt"))?;
                let frames = restart.trajectory_frames();
                let trajectory =
                    self.is_recorded().then(|| TrajectoryWriter::resume(&at(TRAJECTORY), frames));
                (ThermoFile::resume(&at("thermo.csv"), restart.thermo_rows()), trajectory)
            }
        };
        Ok(Recorder {
            replica: replica as usize,
            watch,
            log: Log::open(&at("log.txt")).map_err(cannot("log.txt"))?,
            thermo: thermo.map_err(cannot("thermo.csv"))?,
            trajectory: trajectory.transpose()?,
            steps: StepCount::of(&self.plan.run.stages),
            speed: Speed::default(),
            clock: None,
            stage: String::new(),
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
        self.plan.run.stages.iter().any(|stage| match &stage.kind {
            StageKind::Dynamics(dynamics) => dynamics.trajectory_every.is_some(),
            StageKind::Minimise(_) => false,
        })
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
    let message = format!("the run became unstable: {instability} (atoms are counted from 0)");
    RunError {
        message,
        file: written.is_ok().then_some(path),
        help: Some(
            "look at the frame; relax first, take a shorter timestep, or train the potential on such frames"
                .into(),
        ),
    }
}
