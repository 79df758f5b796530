//! trajectory.h5: between the run loop, natron-io's H5MD files and natron-analysis.

use std::path::{Path, PathBuf};

use natron_atoms::Structure;
use natron_dynamics::TrajectoryFrame;
use natron_dynamics::deck::DeckProblem;
use natron_dynamics::groups::Groups;
use natron_dynamics::plan::{OutputPlan, TrajectoryPrecision};
use natron_io::h5md;

use crate::{InputError, RunError};

/// A trajectory that a run writes.
#[derive(Debug)]
pub(crate) struct TrajectoryWriter {
    writer: h5md::Writer,
    path: PathBuf,
    /// Steps between frames of all atoms and of each group, in the present stage.
    every: Vec<u64>,
}

/// What the file of a run holds: the atoms of its groups chosen, the ensembles named.
///
/// # Errors
/// A group names atoms that `structure` does not have.
pub(crate) fn options(
    plan: &OutputPlan,
    groups: &Groups,
    structure: &Structure,
    ensembles: Vec<String>,
) -> Result<h5md::Options, DeckProblem> {
    let selected = plan.groups.iter().map(|group| {
        Ok(h5md::Selected {
            name: group.name.clone(),
            atoms: group.atoms(structure, groups)?,
            precision: precision(group.recorded.precision),
            velocities: group.recorded.velocities,
            forces: group.recorded.forces,
        })
    });
    Ok(h5md::Options {
        precision: precision(plan.all.precision),
        velocities: plan.all.velocities,
        forces: plan.all.forces,
        groups: selected.collect::<Result<_, DeckProblem>>()?,
        ensembles,
        ..h5md::Options::default()
    })
}

/// The particle group whose frames are those that restarts count.
fn counted(plan: &OutputPlan) -> &str {
    plan.shortest().map_or("all", |group| &group.name)
}

fn precision(precision: TrajectoryPrecision) -> h5md::Precision {
    match precision {
        TrajectoryPrecision::F32 => h5md::Precision::F32,
        TrajectoryPrecision::F64 => h5md::Precision::F64,
    }
}

impl TrajectoryWriter {
    /// A new file for the atoms of `structure`.
    pub(crate) fn create(
        path: &Path,
        structure: &Structure,
        options: &h5md::Options,
    ) -> Result<Self, RunError> {
        Self::with(path, h5md::Writer::create(path, structure, options))
    }

    /// Goes on behind the frames that a restart was written after; what follows them is cut off.
    pub(crate) fn resume(path: &Path, plan: &OutputPlan, frames: u64) -> Result<Self, RunError> {
        Self::with(path, h5md::Writer::resume_by(path, counted(plan), frames))
    }

    fn with(path: &Path, writer: std::io::Result<h5md::Writer>) -> Result<Self, RunError> {
        let path = path.to_path_buf();
        match writer {
            Ok(writer) => Ok(Self { writer, path, every: Vec::new() }),
            Err(error) => Err(RunError::writing(&path, error)),
        }
    }

    /// A stage begins in which all atoms and each group are recorded every so many steps.
    pub(crate) fn set_intervals(&mut self, every: Vec<u64>) {
        self.every = every;
    }

    /// Adds a frame to those that have one at its step.
    pub(crate) fn append(&mut self, frame: &TrajectoryFrame<'_>) -> Result<(), RunError> {
        let step = frame.at.step_in_stage;
        let due = |group: usize| self.every.get(group).is_none_or(|every| step.is_multiple_of(*every));
        let frame = h5md::NewFrame {
            step: frame.at.step,
            time_ps: frame.at.time_ps,
            cell: &frame.structure.cell,
            positions_a: &frame.structure.positions,
            velocities_a_per_fs: frame.velocities_a_per_fs,
            forces_ev_per_a: frame.forces_ev_per_a,
            potential_energy_ev: frame.potential_energy_ev,
            temperature_k: frame.temperature_k,
            pressure_gpa: frame.pressure_gpa,
        };
        self.writer.append_to(&frame, due).map_err(|error| RunError::writing(&self.path, error))
    }

    /// Brings every frame to the disk.
    pub(crate) fn flush(&mut self) -> Result<(), RunError> {
        self.writer.flush().map_err(|error| RunError::writing(&self.path, error))
    }

    /// Closes the file.
    pub(crate) fn finish(self) -> Result<(), RunError> {
        self.writer.close().map_err(|error| RunError::writing(&self.path, error))
    }
}

/// Says whether a trajectory can go on behind the `frames` frames that a restart was written after, and writes nothing. `wanted` is
/// what the deck wants in it; the ensembles may be others, for a run may get more stages.
pub(crate) fn check_resume(
    path: &Path,
    frames: u64,
    plan: &OutputPlan,
    wanted: &h5md::Options,
) -> Result<(), InputError> {
    let there = h5md::contents(path)?;
    let same =
        h5md::Options { ensembles: there.ensembles.clone(), author: there.author.clone(), ..wanted.clone() };
    if there != same {
        return Err(InputError::new("the trajectory holds other atoms or quantities than the deck wants")
            .in_file(path)
            .help("--resume needs the trajectory_precision, _velocities, _forces and _groups of the run"));
    }
    let found = h5md::Reader::open_group(path, counted(plan))?.len() as u64;
    if found >= frames {
        return Ok(());
    }
    Err(InputError::new(format!(
        "the trajectory holds {found} frames, the restart was written after {frames}"
    ))
    .in_file(path)
    .help("put back the file that belongs to the restart, or start anew with --overwrite"))
}
