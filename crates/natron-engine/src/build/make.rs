//! One replica: made, melted, emptied, relaxed, filled, sampled, each step kept in a file before the next begins.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use natron_atoms::{Frame, InfoValue, Structure};
use natron_build::insert::ladder;
use natron_build::quench::Schedule;
use natron_build::recipe::{MonteCarloTable, Recipe};
use natron_build::{BuildError, relax};
use natron_dynamics::monte_carlo::Reservoir;
use natron_dynamics::plan::{Stage, StageKind};
use natron_dynamics::{
    Moment, Observer, ObserverError, Outcome, PotentialTag, Restart, RunError as DynamicsError, Simulation,
    StageResult, StageSummary,
};

use super::BuildJob;
use crate::md::log::Log;
use crate::md::restarts;
use crate::watch::{Progress, Watch};
use crate::{RunError, files};

/// The structure before anything is inserted.
pub(crate) const HOST: &str = "host.extxyz";
/// The last structure, whatever it is.
pub(super) const LAST: &str = "structure.extxyz";
/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// A replica under way.
pub(super) struct Maker<'j> {
    pub(super) job: &'j BuildJob,
    pub(super) replica: u32,
    pub(super) directory: PathBuf,
    pub(super) watch: &'j dyn Watch,
    pub(super) log: Log,
    /// What atoms are exchanged with, where the deck says so.
    pub(super) reservoir: Option<Reservoir>,
    /// Steps of dynamics, melt and fillings together, and Monte Carlo moves.
    pub(super) steps_total: u64,
}

/// Why a replica is not there.
pub(super) enum Unmade {
    /// It was told to stop; it goes on from its files.
    Stopped,
    /// It failed.
    Failed(RunError),
}

impl From<RunError> for Unmade {
    fn from(error: RunError) -> Self {
        Self::Failed(error)
    }
}

/// Name of the structure with so many inserted atoms of a species.
pub(crate) fn filled_name(symbol: &str, atoms: usize) -> String {
    format!("{}-{atoms:03}.extxyz", symbol.to_lowercase())
}

impl<'j> Maker<'j> {
    pub(super) fn new(
        job: &'j BuildJob,
        replica: u32,
        directory: PathBuf,
        reservoir: Option<Reservoir>,
        watch: &'j dyn Watch,
    ) -> Result<Self, RunError> {
        std::fs::create_dir_all(&directory).map_err(|error| RunError::writing(&directory, error))?;
        let path = directory.join("log.txt");
        let log = Log::open(&path).map_err(|error| RunError::writing(&path, error))?;
        Ok(Self { job, replica, directory, watch, log, reservoir, steps_total: 0 })
    }

    /// Makes what is not there yet; the files of structures, in order.
    pub(super) fn make(&mut self) -> Result<Vec<PathBuf>, Unmade> {
        let melt = match self.job.recipe(self.replica) {
            Ok(Recipe::Melt(_, schedule)) => steps_of(&schedule, self.job.seed),
            _ => 0,
        };
        let rungs = self.rungs(0).len() as u64;
        let before = melt + rungs * self.steps_of_filling();
        self.steps_total = before + self.job.deck.monte_carlo.as_ref().map_or(0, MonteCarloTable::total);
        let host = self.directory.join(HOST);
        let structure = match self.read(&host)? {
            Some(structure) => structure,
            None => {
                let structure = self.host()?;
                self.write(&host, &structure, "host")?;
                structure
            }
        };
        self.tell("host", melt);
        let mut made = vec![host];
        made.extend(self.fill(structure, melt)?);
        let last = made.last().expect("there is a host");
        if let Some(reservoir) = self.reservoir {
            let start = self.read(last)?.expect("it was just made");
            made.push(self.exchange(start, reservoir, before)?);
        }
        let last = made.last().expect("there is a host");
        let bytes = std::fs::read(last).map_err(|error| RunError::writing(last, error))?;
        files::replace(&self.directory.join(LAST), &bytes)?;
        Ok(made)
    }

    /// The host, from its recipe or from its newest restart.
    fn host(&mut self) -> Result<Structure, Unmade> {
        let recipe = self.job.recipe(self.replica).map_err(|error| self.failed(error))?;
        let mut structure = match recipe {
            Recipe::Made(structure) => structure,
            Recipe::File => self.job.start.clone().expect("the file was read"),
            Recipe::Melt(start, schedule) => self.melt(start, &schedule)?,
        };
        let key = (self.job.seed, self.replica);
        if let Some(vacancies) = &self.job.deck.vacancies {
            structure = vacancies.applied(&structure, key).map_err(|error| self.failed(error))?;
        }
        if let Some(table) = &self.job.deck.relax {
            let plan = table.relaxation().plan(self.job.seed).map_err(|error| self.failed(error.into()))?;
            let stop = || self.watch.stop().is_some();
            let potential = &*self.job.potential.potential;
            let relaxed = relax::run(&plan, self.replica, structure, potential, &stop);
            structure = relaxed.map_err(|error| self.failed(error))?.structure;
        }
        Ok(structure)
    }

    fn melt(&mut self, start: Structure, schedule: &Schedule) -> Result<Structure, Unmade> {
        let plan = schedule.plan(self.job.seed).map_err(|error| self.failed(error.into()))?;
        let potential = &*self.job.potential.potential;
        let loaded = &self.job.potential;
        let tag = PotentialTag { sha256: loaded.sha256, kernel: loaded.kernel() };
        let restart = restarts::exist(&self.directory).then(|| restarts::newest(&self.directory));
        let simulation = match restart {
            Some(Ok(restart)) => {
                Simulation::resume(&plan, &restart, potential, tag).map_err(|error| RunError {
                    help: Some("the deck has changed: start anew with --overwrite".into()),
                    ..RunError::new(error.to_string())
                })?
            }
            Some(Err(error)) => return Err(RunError::new(error.to_string()).into()),
            None => Simulation::new(&plan, self.replica, start, None, potential, tag)
                .map_err(|error| self.failed(error.into()))?,
        };
        let mut simulation = simulation;
        let mut recorder = Recorder { maker: self, reported: None };
        let watch = recorder.maker.watch;
        let outcome = simulation.run(&mut recorder, &|| watch.stop().is_some());
        match outcome {
            Ok(Outcome::Finished) => Ok(simulation.state().structure.clone()),
            Ok(Outcome::Stopped) => Err(Unmade::Stopped),
            Err(error) => Err(self.failed(error.into())),
        }
    }

    /// The numbers of atoms of each filling, from those that are there.
    fn rungs(&self, present: usize) -> Vec<usize> {
        let table = self.job.deck.insert.as_ref();
        table.map_or_else(Vec::new, |table| ladder(present, &table.atoms, table.step))
    }

    fn steps_of_filling(&self) -> u64 {
        let table = self.job.deck.insert.as_ref();
        table.map_or(0, |table| (table.relax_ps * 1e3 / table.timestep_fs).round().max(1.0) as u64)
    }

    /// Fills the host step by step; the files of the fillings that were asked for.
    fn fill(&mut self, host: Structure, steps_before: u64) -> Result<Vec<PathBuf>, Unmade> {
        let Some(table) = self.job.deck.insert.clone() else { return Ok(Vec::new()) };
        let insertion = table.insertion((self.job.seed, self.replica));
        let potential = &*self.job.potential.potential;
        let present = host.species.iter().filter(|species| **species == insertion.species).count();
        let (mut structure, mut wanted) = (host, Vec::new());
        for (number, total) in self.rungs(present).into_iter().enumerate() {
            let path = self.directory.join(filled_name(&table.species, total));
            structure = match self.read(&path)? {
                Some(structure) => structure,
                None => {
                    let watch = self.watch;
                    let stop = || watch.stop().is_some();
                    let filled = insertion.fill(&structure, total, potential, &stop);
                    let filled = filled.map_err(|error| self.failed(error))?.structure;
                    self.write(&path, &filled, &format!("{total} {}", table.species))?;
                    filled
                }
            };
            let done = steps_before + (number as u64 + 1) * self.steps_of_filling();
            self.tell(&format!("{total} {}", table.species), done);
            if table.atoms.contains(&total) {
                wanted.push(path);
            }
        }
        Ok(wanted)
    }

    /// A structure that an earlier call has left.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Structure>, RunError> {
        if !path.exists() {
            return Ok(None);
        }
        let frames = files::read_frames(path).map_err(|error| RunError::new(error.to_string()))?;
        Ok(frames.into_iter().last().map(|frame| frame.structure))
    }

    pub(super) fn write(&mut self, path: &Path, structure: &Structure, what: &str) -> Result<(), RunError> {
        let mut frame = Frame::new(structure.clone());
        let text = |text: String| InfoValue::Text(text);
        frame.info.push(("potential".into(), text(self.job.potential.name.clone())));
        frame.info.push(("seed".into(), InfoValue::Int(self.job.seed as i64)));
        frame.info.push(("replica".into(), InfoValue::Int(i64::from(self.replica))));
        files::write_frames(path, &[frame])?;
        self.note(&format!("{what}: {} atoms", structure.len()))
    }

    pub(super) fn note(&mut self, text: &str) -> Result<(), RunError> {
        let path = self.directory.join("log.txt");
        self.log.line(text).map_err(|error| RunError::writing(&path, error))?;
        self.watch.detail(&format!("replica {}: {text}", self.replica));
        Ok(())
    }

    pub(super) fn tell(&self, stage: &str, steps_done: u64) {
        self.watch.progress(&Progress {
            replica: self.replica as usize,
            stage: stage.into(),
            steps_done,
            steps_total: self.steps_total,
            state: None,
            ns_per_day: None,
            time_left: None,
        });
    }

    /// Why it ends here; the frame of an instability is kept.
    pub(super) fn failed(&self, error: BuildError) -> Unmade {
        let path = self.directory.join("failure.extxyz");
        match error {
            BuildError::Stopped => Unmade::Stopped,
            BuildError::Run(DynamicsError::Unstable(instability)) => {
                let mut frame = Frame::new(instability.structure.clone());
                frame.velocities = Some(instability.velocities_a_per_fs.clone());
                let written = files::write_frames(&path, &[frame]);
                Unmade::Failed(RunError {
                    message: instability.to_string(),
                    file: written.is_ok().then_some(path),
                    help: Some(
                        "try another seed, a shorter timestep, or a potential that knows such atoms".into(),
                    ),
                })
            }
            BuildError::Run(DynamicsError::Observer(error)) => match error.downcast::<Unwritable>() {
                Ok(unwritable) => Unmade::Failed(unwritable.0),
                Err(other) => Unmade::Failed(RunError::new(other.to_string())),
            },
            no_room @ (BuildError::NoVoid { .. } | BuildError::Crowded { .. }) => Unmade::Failed(RunError {
                message: no_room.to_string(),
                file: None,
                help: Some("ask for fewer atoms, a lower density, or shorter distances".into()),
            }),
            other => Unmade::Failed(RunError::new(other.to_string())),
        }
    }
}

fn steps_of(schedule: &Schedule, seed: u64) -> u64 {
    let stages = schedule.plan(seed).map(|plan| plan.stages).unwrap_or_default();
    stages.iter().map(steps_of_stage).sum()
}

fn steps_of_stage(stage: &Stage) -> u64 {
    match &stage.kind {
        StageKind::Dynamics(dynamics) => dynamics.steps,
        StageKind::Minimise(_) => 0,
    }
}

/// A file that could not be written, on its way through the run loop.
#[derive(Debug)]
struct Unwritable(RunError);

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Unwritable {}

/// Keeps the restarts of a melt and says how far it is.
struct Recorder<'m, 'j> {
    maker: &'m mut Maker<'j>,
    reported: Option<Instant>,
}

fn unwritable(error: RunError) -> ObserverError {
    Box::new(Unwritable(error))
}

impl Observer for Recorder<'_, '_> {
    fn on_restart(&mut self, restart: &Restart) -> Result<(), ObserverError> {
        restarts::write(&self.maker.directory, restart).map_err(unwritable)
    }

    fn on_step(&mut self, at: Moment) -> Result<(), ObserverError> {
        if self.reported.is_none_or(|last| last.elapsed() >= REPORT_EVERY) {
            self.reported = Some(Instant::now());
            // Steps of minimisations count in `at.step` and nowhere else.
            self.maker.tell("melt and quench", at.step.min(self.maker.steps_total));
        }
        Ok(())
    }

    fn on_stage_end(&mut self, summary: &StageSummary) -> Result<(), ObserverError> {
        let text = match &summary.result {
            StageResult::Dynamics(d) => {
                format!("stage {}: done, mean temperature {:.0} K", summary.name, d.temperature_mean_k)
            }
            StageResult::Minimise { .. } => format!("stage {}: done", summary.name),
        };
        self.maker.note(&text).map_err(unwritable)
    }
}
