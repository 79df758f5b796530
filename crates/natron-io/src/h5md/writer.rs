//! Writing a trajectory.

use std::io;
use std::path::{Path, PathBuf};

use hdf5_metno::File;
use natron_atoms::{Cell, Structure, Vec3};

use super::layout::{self, Fixed, GROUP, Options};
use super::library;
use super::series::Series;
use crate::replace::{folder_of, named_like, sync_folder, temporary_names};

/// One frame to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewFrame<'a> {
    /// Step of the simulation.
    pub step: u64,
    /// Time, ps.
    pub time_ps: f64,
    /// The cell; which directions repeat is fixed by the structure the file was made for.
    pub cell: &'a Cell,
    /// Unwrapped positions, A, `[n]`.
    pub positions_a: &'a [Vec3],
    /// Velocities, A/fs, `[n]`; not looked at if the file stores none.
    pub velocities_a_per_fs: &'a [Vec3],
    /// Potential energy, eV.
    pub potential_energy_ev: f64,
    /// Instantaneous temperature, K.
    pub temperature_k: f64,
    /// Instantaneous pressure, GPa; stored as NaN where it means nothing.
    pub pressure_gpa: Option<f64>,
}

/// A trajectory that is being written.
///
/// Frames reach the file at [`Writer::flush`]; what was appended since is lost if the process is killed. A writer
/// that is dropped flushes and closes its file, and cannot say whether that worked: call [`Writer::close`]. After a
/// failure, of a full disk for one, the file stays as the last flush left it and takes no more frames.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    atoms: usize,
    frames_per_write: usize,
    values: Values,
    failed: bool,
    // Written after all values, steps last: their number is the number of frames.
    time: Series<f64>,
    step: Series<i64>,
    // Last: HDF5 closes a file when nothing in it is open any more.
    file: File,
}

/// The datasets that hold frames.
#[derive(Debug)]
struct Values {
    position: Series<f64>,
    velocity: Option<Series<f64>>,
    edges: Series<f64>,
    observables: [Series<f64>; 3],
}

impl Values {
    fn open(file: &File) -> hdf5_metno::Result<Self> {
        let all = file.group(GROUP)?;
        let observables = file.group("observables")?;
        let velocity = all.link_exists("velocity");
        Ok(Self {
            position: Series::open(&all, "position/value")?,
            velocity: velocity.then(|| Series::open(&all, "velocity/value")).transpose()?,
            edges: Series::open(&all, "box/edges/value")?,
            observables: [
                Series::open(&observables, "potential_energy/value")?,
                Series::open(&observables, "temperature/value")?,
                Series::open(&observables, "pressure/value")?,
            ],
        })
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Series<f64>> {
        [&mut self.position, &mut self.edges]
            .into_iter()
            .chain(&mut self.velocity)
            .chain(&mut self.observables)
    }
}

impl Writer {
    /// Makes a new file for trajectories of `structure` (its species and periodic directions; no frame is
    /// written). A file that was there is replaced.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, structure: &Structure, options: &Options) -> io::Result<Self> {
        Self::create_as(path, &Fixed::of(structure, options), |_| Ok(()))
    }

    /// Makes a new file, fills it, and moves it into place.
    pub(super) fn create_as(
        path: &Path,
        fixed: &Fixed,
        fill: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<Self> {
        let temporary = temporary(path)?;
        let file = library::builder().create(&temporary)?;
        layout::create(&file, fixed)?;
        Self::start(file, temporary, path, fill)
    }

    /// Puts a file in single-writer mode and then in its place.
    pub(super) fn start(
        file: File,
        temporary: tempfile::TempPath,
        path: &Path,
        fill: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<Self> {
        file.start_swmr()?;
        let mut writer = Self::on(file, &temporary)?;
        fill(&mut writer)?;
        writer.finish()?;
        writer.sync()?;
        temporary.persist(path).map_err(|failed| failed.error)?;
        sync_folder(folder_of(path))?;
        writer.path = path.to_owned();
        Ok(writer)
    }

    /// A writer on the datasets of a file.
    pub(super) fn on(file: File, path: &Path) -> io::Result<Self> {
        let values = Values::open(&file)?;
        let all = file.group(GROUP)?;
        let [atoms, 3] = values.position.row()[..] else {
            return Err(io::Error::other("particles/all/position/value is not [frames, atoms, 3]"));
        };
        Ok(Self {
            path: path.to_owned(),
            atoms,
            frames_per_write: values.position.rows_per_chunk(),
            values,
            failed: false,
            time: Series::open(&all, "position/time")?,
            step: Series::open(&all, "position/step")?,
            file,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.step.rows() as u64
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// `InvalidInput`: a number of atoms other than the file's, or a number that is not finite; such a frame is left
    /// out. Otherwise the file cannot be written.
    pub fn append(&mut self, frame: &NewFrame<'_>) -> io::Result<()> {
        self.check(frame)?;
        self.guarded(|writer| writer.push(frame))
    }

    fn push(&mut self, frame: &NewFrame<'_>) -> io::Result<()> {
        let values = &mut self.values;
        values.position.push(flat(frame.positions_a));
        if let Some(velocity) = &mut values.velocity {
            velocity.push(flat(frame.velocities_a_per_fs));
        }
        let rows = frame.cell.rows();
        values.edges.push((0..9).map(|k| rows[(k / 3, k % 3)]));
        let observables =
            [frame.potential_energy_ev, frame.temperature_k, frame.pressure_gpa.unwrap_or(f64::NAN)];
        for (series, value) in values.observables.iter_mut().zip(observables) {
            series.push([value]);
        }
        self.time.push([frame.time_ps]);
        self.step.push([frame.step as i64]);
        if self.values.position.rows_waiting() >= self.frames_per_write {
            for series in self.values.each() {
                series.write()?;
            }
        }
        Ok(())
    }

    fn check(&self, frame: &NewFrame<'_>) -> io::Result<()> {
        let invalid = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        let with_velocities = self.values.velocity.is_some();
        let vectors = [Some(frame.positions_a), with_velocities.then_some(frame.velocities_a_per_fs)];
        for list in vectors.into_iter().flatten() {
            if list.len() != self.atoms {
                return invalid(format!("{} vectors for {} atoms", list.len(), self.atoms));
            }
            if let Some(atom) = list.iter().position(|v| v.iter().any(|x| !x.is_finite())) {
                return invalid(format!("atom {atom} of the frame at {} ps is nowhere", frame.time_ps));
            }
        }
        if frame.time_ps.is_finite() { Ok(()) } else { invalid("the time of the frame is not finite".into()) }
    }

    /// Writes all frames to the disk: whatever happens after, they can be read.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.guarded(Self::write)
    }

    fn write(&mut self) -> io::Result<()> {
        if self.step.rows_waiting() == 0 {
            return Ok(());
        }
        for series in self.values.each() {
            series.flush()?;
        }
        self.time.flush()?;
        self.step.flush()?;
        self.sync()
    }

    /// HDF5 has passed all to the operating system; this asks that to pass it on to the disk.
    fn sync(&self) -> io::Result<()> {
        std::fs::File::open(&self.path)?.sync_data()
    }

    /// Flushes and closes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close(mut self) -> io::Result<()> {
        self.finish()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.guarded(|writer| {
            writer.write()?;
            Ok(writer.file.flush()?)
        })
    }

    /// Does something that may fail to be written. Once it has, HDF5 must not close the file: it would note a length
    /// that the file has not reached, and then refuse to open it. Left open, the file is as that of a killed run.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("the file could not be written before"));
        }
        let result = work(self);
        if result.is_err() {
            self.failed = true;
            for series in self.series() {
                series.abandon();
            }
            self.step.abandon();
            std::mem::forget(self.file.clone());
        }
        result
    }

    /// The series of numbers in the order in which `resume` copies them.
    pub(super) fn series(&mut self) -> impl Iterator<Item = &mut Series<f64>> {
        self.values.each().chain([&mut self.time])
    }

    /// The series of steps.
    pub(super) fn steps(&mut self) -> &mut Series<i64> {
        &mut self.step
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

/// A temporary file beside `path` with the permissions it will have.
pub(super) fn temporary(path: &Path) -> io::Result<tempfile::TempPath> {
    Ok(named_like(&temporary_names(), path, folder_of(path))?.into_temp_path())
}

fn flat(vectors: &[Vec3]) -> impl Iterator<Item = f64> + '_ {
    vectors.iter().flat_map(|v| [v.x, v.y, v.z])
}
