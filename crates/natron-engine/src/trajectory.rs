//! trajectory.h5: between the run loop, natron-io's H5MD files and natron-analysis.

use std::path::{Path, PathBuf};

use natron_analysis::{Cells, Trajectory};
use natron_atoms::{Cell, Structure};
use natron_dynamics::TrajectoryFrame;
use natron_io::h5md;

use crate::{InputError, RunError};

/// A trajectory that a run writes.
#[derive(Debug)]
pub(crate) struct TrajectoryWriter {
    writer: h5md::Writer,
    path: PathBuf,
}

impl TrajectoryWriter {
    /// A new file for the atoms of `structure`, recorded in these ensembles.
    pub(crate) fn create(
        path: &Path,
        structure: &Structure,
        ensembles: Vec<String>,
    ) -> Result<Self, RunError> {
        let options = h5md::Options { ensembles, ..h5md::Options::default() };
        let writer = h5md::Writer::create(path, structure, &options);
        Self::with(path, writer)
    }

    /// Goes on behind the first `frames` frames of a file; what follows them is cut off.
    pub(crate) fn resume(path: &Path, frames: u64) -> Result<Self, RunError> {
        Self::with(path, h5md::Writer::resume(path, frames))
    }

    fn with(path: &Path, writer: std::io::Result<h5md::Writer>) -> Result<Self, RunError> {
        let path = path.to_path_buf();
        match writer {
            Ok(writer) => Ok(Self { writer, path }),
            Err(error) => Err(RunError::writing(&path, error)),
        }
    }

    /// Adds a frame.
    pub(crate) fn append(&mut self, frame: &TrajectoryFrame<'_>) -> Result<(), RunError> {
        let frame = h5md::NewFrame {
            step: frame.at.step,
            time_ps: frame.at.time_ps,
            cell: &frame.structure.cell,
            positions_a: &frame.structure.positions,
            velocities_a_per_fs: frame.velocities_a_per_fs,
            potential_energy_ev: frame.potential_energy_ev,
            temperature_k: frame.temperature_k,
            pressure_gpa: frame.pressure_gpa,
        };
        self.writer.append(&frame).map_err(|error| RunError::writing(&self.path, error))
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

/// Says whether a trajectory can go on behind its first `frames` frames, and writes nothing.
pub(crate) fn check_resume(path: &Path, frames: u64) -> Result<(), InputError> {
    let found = h5md::Reader::open(path)?.len() as u64;
    if found >= frames {
        return Ok(());
    }
    Err(InputError::new(format!(
        "the trajectory holds {found} frames, the restart was written after {frames}"
    ))
    .in_file(path)
    .help("put back the file that belongs to the restart, or start anew with --overwrite"))
}

/// All frames of a trajectory, and what it says of the ensembles they were recorded in.
pub(crate) fn read(path: &Path) -> Result<(Trajectory, Vec<String>), InputError> {
    let reader = h5md::Reader::open(path)?;
    let ensembles = reader.ensembles().to_vec();
    let mut positions_a = Vec::with_capacity(reader.len());
    let mut cells: Vec<Cell> = Vec::with_capacity(reader.len());
    for frame in reader.frames() {
        let frame = frame?;
        cells.push(frame.cell);
        positions_a.push(frame.positions_a);
    }
    let constant = cells.first().filter(|first| cells.iter().all(|cell| cell == *first)).cloned();
    let cells = constant.map_or(Cells::PerFrame(cells), Cells::Constant);
    let (species, masses) = (reader.species().to_vec(), reader.masses_amu().to_vec());
    Trajectory::new(species, masses, reader.times_ps().to_vec(), positions_a, cells)
        .map(|trajectory| (trajectory, ensembles))
        .map_err(|error| InputError::new(error.to_string()).in_file(path))
}
