//! A run: stages over one state.

use natron_atoms::units::TIME_UNIT_FS;
use natron_atoms::{Structure, Vec3};
use natron_potential::Potential;

use crate::cast::Cast;
use crate::deck::DeckProblem;
use crate::groups::Groups;
use crate::guard::{Guard, Instability};
use crate::integrator::Integrator;
use crate::minimise::Minimiser;
use crate::observer::{Moment, ObserverError};
use crate::plan::{RunPlan, Stage, StageKind};
use crate::progress::Progress;
use crate::quantity::LengthA;
use crate::restart::{PotentialTag, Restart};
use crate::setup::{self, ResumeError, SetupError};
use crate::state::{ForceTimes, Forces, State};
use crate::summary::StageSummary;

mod run;
mod stage;

/// A run under way, always between two steps.
pub struct Simulation<'p> {
    plan: RunPlan,
    replica: u32,
    tag: PotentialTag,
    forces: Forces<'p>,
    state: State,
    progress: Progress,
    motion: Motion,
    groups: Groups,
    /// Who plays which part in each stage.
    casts: Vec<Cast>,
    /// Buffer for velocities in A/fs.
    velocities_a_per_fs: Vec<Vec3>,
}

/// What moves the atoms in the present stage.
#[derive(Debug, Clone, PartialEq)]
enum Motion {
    /// Nothing yet.
    Rest,
    Minimise(Minimiser),
    Dynamics {
        integrator: Integrator,
        guard: Guard,
    },
}

/// How a run ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every stage is complete.
    Finished,
    /// It was told to stop; the last restart goes on from there.
    Stopped,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A value is out of bounds.
    #[error(transparent)]
    Unstable(Box<Instability>),
    /// A minimisation did not get there.
    #[error(
        "stage {stage}: after {steps} steps the longest force is still {force_ev_per_a:.3} eV/A on atom {atom} (wanted: \
         {wanted_ev_per_a}){}; give max_steps to go on all the same",
        stress_in_words(*.stress_gpa)
    )]
    NotConverged {
        /// Name of the stage.
        stage: String,
        /// Steps taken.
        steps: u64,
        /// Atom with the longest force, from 0.
        atom: usize,
        /// That force, eV/A.
        force_ev_per_a: f64,
        /// What was wanted, eV/A.
        wanted_ev_per_a: f64,
        /// Where the cell is relaxed: how far the stress is from the pressure, and how far it may be, GPa.
        stress_gpa: Option<(f64, f64)>,
    },
    /// An observer failed.
    #[error("{0}")]
    Observer(ObserverError),
}

fn stress_in_words(stress_gpa: Option<(f64, f64)>) -> String {
    let words =
        |(left, wanted)| format!(" and the stress {left:.3} GPa from the pressure (wanted: {wanted})");
    stress_gpa.map_or_else(String::new, words)
}

impl<'p> Simulation<'p> {
    /// A run at its beginning. `velocities_a_per_fs` are those of the structure file, `[n]`; they are used
    /// if the first stage is dynamics without `initial_temperature`. A Langevin stage that finds no velocities
    /// draws them at its own temperature.
    ///
    /// # Errors
    /// The structure, its velocities and the plan do not make a start; see [`SetupError`].
    pub fn new(
        plan: &RunPlan,
        replica: u32,
        structure: Structure,
        velocities_a_per_fs: Option<&[Vec3]>,
        potential: &'p dyn Potential,
        tag: PotentialTag,
    ) -> Result<Self, SetupError> {
        setup::check_structure(&structure, potential)?;
        setup::check_velocities(velocities_a_per_fs, structure.len())?;
        setup::check_start(plan, velocities_a_per_fs.is_some())?;
        setup::check_cell(plan, &structure)?;
        let groups = Groups::of(&plan.groups, &structure)?;
        let casts = casts(plan, &groups, structure.len())?;
        let velocities = match velocities_a_per_fs {
            Some(given) => given.iter().map(|v| v * TIME_UNIT_FS).collect(),
            None => vec![Vec3::zeros(); structure.len()],
        };
        let mut forces = Forces::new(potential, &structure, plan.skin)?;
        let state = State::new(structure, velocities, &mut forces)?;
        let mut simulation = Self {
            plan: plan.clone(),
            replica,
            tag,
            forces,
            velocities_a_per_fs: Vec::with_capacity(state.len()),
            state,
            progress: Progress::default(),
            motion: Motion::Rest,
            groups,
            casts,
        };
        simulation.enter_stage(0, velocities_a_per_fs.is_some());
        Ok(simulation)
    }

    /// A run that goes on from `restart`, bit for bit where [`Simulation::is_bitwise`] says so. The plan may be longer
    /// than the one the restart was written under: its last stage then goes on, later ones follow.
    ///
    /// # Errors
    /// The restart belongs to another seed, potential or deck; see [`ResumeError`].
    pub fn resume(
        plan: &RunPlan,
        restart: &Restart,
        potential: &'p dyn Potential,
        tag: PotentialTag,
    ) -> Result<Self, ResumeError> {
        if restart.seed != plan.seed {
            return Err(ResumeError::Seed { restart: restart.seed, deck: plan.seed });
        }
        if restart.skin_a.to_bits() != plan.skin.get().to_bits() {
            return Err(ResumeError::Skin { restart: restart.skin_a, deck: plan.skin.get() });
        }
        setup::check_tag(&restart.tag, &tag)?;
        check_stage(plan, &restart.progress)?;
        check_groups(plan, &restart.groups)?;
        let casts = casts(plan, &restart.groups, restart.structure.len())?;
        let (forces, state) = revive(restart, potential, plan.skin)?;
        let mut simulation = Self {
            plan: plan.clone(),
            replica: restart.replica,
            tag,
            forces,
            velocities_a_per_fs: Vec::with_capacity(state.len()),
            state,
            progress: restart.progress.clone(),
            motion: Motion::Rest,
            groups: restart.groups.clone(),
            casts,
        };
        simulation.state.cast(&simulation.casts[simulation.progress.stage]);
        simulation.set_in_motion();
        let recalled = match &mut simulation.motion {
            Motion::Rest => true,
            // What is complete is not gone on with, and a fixed number of steps is no memory.
            Motion::Minimise(_) if restart.progress.stage_done => true,
            Motion::Minimise(minimiser) => minimiser.recall(&restart.relaxation),
            Motion::Dynamics { integrator, .. } => integrator.recall(&restart.memory),
        };
        if !recalled {
            return Err(ResumeError::Ensemble(restart.progress.stage_name.clone()));
        }
        simulation.reopen_extended_stage();
        Ok(simulation)
    }

    /// A stage that was complete goes on if the deck has since made it longer and nothing came after it.
    fn reopen_extended_stage(&mut self) {
        let extended = match &self.stage().kind {
            StageKind::Minimise(_) => false,
            StageKind::Dynamics(dynamics) => self.progress.step_in_stage < dynamics.steps,
        };
        if extended && self.progress.stage_done {
            self.progress.stage_done = false;
            self.progress.summaries.pop();
        }
    }

    /// Whether going on from `restart` gives the bits of an uninterrupted run: the code path is the same and so
    /// is the energy of its frame.
    pub fn is_bitwise(&self, restart: &Restart) -> bool {
        self.tag == restart.tag && self.state.evaluation.energy_ev.to_bits() == restart.energy_ev.to_bits()
    }

    /// The run as it stands, for going on later.
    pub fn restart(&self) -> Restart {
        Restart {
            seed: self.plan.seed,
            replica: self.replica,
            tag: self.tag.clone(),
            structure: self.state.structure.clone(),
            velocities: self.state.velocities.clone(),
            list_positions: self.forces.list().built_for().positions.clone(),
            list_cell: self.forces.list().built_for().cell.clone(),
            skin_a: self.plan.skin.get(),
            energy_ev: self.state.evaluation.energy_ev,
            groups: self.groups.clone(),
            memory: match &self.motion {
                Motion::Rest | Motion::Minimise(_) => Vec::new(),
                Motion::Dynamics { integrator, .. } => integrator.memory(),
            },
            relaxation: match &self.motion {
                Motion::Minimise(minimiser) if !self.progress.stage_done => minimiser.memory(),
                _ => Vec::new(),
            },
            progress: self.progress.clone(),
        }
    }

    /// The atoms now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether every stage is complete.
    pub fn is_finished(&self) -> bool {
        self.progress.stage_done && self.progress.stage + 1 == self.plan.stages.len()
    }

    /// Completed stages, those before a restart included.
    pub fn summaries(&self) -> &[StageSummary] {
        &self.progress.summaries
    }

    /// Where it stands.
    pub fn moment(&self) -> Moment {
        let progress = &self.progress;
        Moment {
            stage: progress.stage,
            step_in_stage: progress.step_in_stage,
            steps_of_stage: match &self.stage().kind {
                StageKind::Minimise(minimise) => minimise.max_steps.get(),
                StageKind::Dynamics(dynamics) => dynamics.steps,
            },
            step: progress.step,
            time_ps: progress.time_ps,
            list_rebuilds: self.forces.rebuilds(),
        }
    }

    /// How often the neighbour list was rebuilt since this value was made.
    pub fn list_rebuilds(&self) -> u64 {
        self.forces.rebuilds()
    }

    /// Starts (or stops) to time the parts of a step, from zero; see [`Forces::time_phases`].
    pub fn time_phases(&mut self, on: bool) {
        self.forces.time_phases(on);
    }

    /// What was timed since [`Simulation::time_phases`]; `None` where nothing is timed.
    pub fn times(&self) -> Option<ForceTimes> {
        self.forces.times()
    }

    /// Who plays which part in the present stage.
    pub fn cast(&self) -> &Cast {
        &self.casts[self.progress.stage]
    }

    fn stage(&self) -> &Stage {
        &self.plan.stages[self.progress.stage]
    }
}

fn casts(plan: &RunPlan, groups: &Groups, atoms: usize) -> Result<Vec<Cast>, DeckProblem> {
    plan.stages.iter().map(|stage| Cast::of(stage, groups, atoms)).collect()
}

/// Who belongs to a group was decided when the run began, so the groups must be those of then.
fn check_groups(plan: &RunPlan, groups: &Groups) -> Result<(), ResumeError> {
    let restart: Vec<&str> = groups.named.iter().map(|group| group.name.as_str()).collect();
    let deck: Vec<&str> = plan.groups.iter().map(|group| group.name.as_str()).collect();
    if restart == deck {
        return Ok(());
    }
    Err(ResumeError::Groups { restart: restart.join(", "), deck: deck.join(", ") })
}

/// The restart's stage must be there, have the same timestep and not be shorter than what is done of it.
fn check_stage(plan: &RunPlan, progress: &Progress) -> Result<(), ResumeError> {
    let fits = plan.stages.get(progress.stage).is_some_and(|stage| {
        stage.name == progress.stage_name
            && match &stage.kind {
                StageKind::Minimise(_) => true,
                StageKind::Dynamics(dynamics) => {
                    let time_ps = dynamics.time_ps(progress.stage_start_ps, progress.step_in_stage);
                    progress.step_in_stage <= dynamics.steps
                        && time_ps.to_bits() == progress.time_ps.to_bits()
                }
            }
    });
    if fits {
        return Ok(());
    }
    let (stage, number) = (progress.stage_name.clone(), progress.stage.saturating_add(1));
    Err(ResumeError::Stage { stage, number, step: progress.step_in_stage })
}

/// Forces and state of a restart: the list as it was, the forces from it.
fn revive<'p>(
    restart: &Restart,
    potential: &'p dyn Potential,
    skin: LengthA,
) -> Result<(Forces<'p>, State), ResumeError> {
    let mut listed = restart.structure.clone();
    listed.positions.clone_from(&restart.list_positions);
    listed.cell.clone_from(&restart.list_cell);
    let mut forces = Forces::new(potential, &listed, skin)?;
    let state = State::new(restart.structure.clone(), restart.velocities.clone(), &mut forces)?;
    Ok((forces, state))
}
