//! Writing a trajectory.

use std::io;
use std::path::{Path, PathBuf};

use hdf5_metno::File;
use natron_atoms::{Cell, Structure, Vec3};

use super::growing::Growing;
use super::layout::{self, ALL, Fixed, Options};
use super::library;
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
    /// Forces, eV/A, `[n]`; not looked at if the file stores none.
    pub forces_ev_per_a: &'a [Vec3],
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
    /// The first is of all atoms.
    particles: Vec<Growing>,
    failed: bool,
    // Last: HDF5 closes a file when nothing in it is open any more.
    file: File,
}

impl Writer {
    /// Makes a new file for trajectories of `structure` (its species and periodic directions; no frame is
    /// written). A file that was there is replaced.
    ///
    /// # Errors
    /// The file cannot be made; `InvalidInput`: a group has a name that is none, or atoms that are not there.
    pub fn create(path: &Path, structure: &Structure, options: &Options) -> io::Result<Self> {
        for (k, group) in options.groups.iter().enumerate() {
            let taken = options.groups[..k].iter().any(|other| other.name == group.name);
            let absent = group.atoms.iter().any(|&atom| atom >= structure.len());
            if taken || absent || group.atoms.is_empty() || !layout::is_group_name(&group.name) {
                let message = format!("`{}` with {:?} is no group of atoms", group.name, group.atoms);
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
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
        let mut names = file.group("particles")?.member_names()?;
        // The rest in the order of their names is the order in which `contents` lists them; `create` sorts, too.
        names.sort_by_key(|name| (name != ALL, name.clone()));
        let particles: Vec<Growing> =
            names.iter().map(|name| Growing::open(&file, name)).collect::<hdf5_metno::Result<_>>()?;
        let Some(atoms) = particles.first().and_then(Growing::len) else {
            return Err(io::Error::other("particles/all/position/value is not [frames, atoms, 3]"));
        };
        Ok(Self { path: path.to_owned(), atoms, particles, failed: false, file })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Frames of all atoms so far.
    pub fn frames(&self) -> u64 {
        self.particles[0].frames() as u64
    }

    /// Adds a frame of all atoms and of each group.
    ///
    /// # Errors
    /// `InvalidInput`: a number of atoms other than the file's, or a number that is not finite; such a frame is left
    /// out. Otherwise the file cannot be written.
    pub fn append(&mut self, frame: &NewFrame<'_>) -> io::Result<()> {
        self.append_to(frame, |_| true)
    }

    /// Adds a frame where it is wanted: asked with 0 for all atoms, with 1, 2, ... for the groups in the order of their
    /// names.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn append_to(&mut self, frame: &NewFrame<'_>, wanted: impl Fn(usize) -> bool) -> io::Result<()> {
        self.check(frame)?;
        self.guarded(|writer| {
            for (_, particles) in writer.particles.iter_mut().enumerate().filter(|(k, _)| wanted(*k)) {
                particles.push(frame)?;
            }
            Ok(())
        })
    }

    fn check(&self, frame: &NewFrame<'_>) -> io::Result<()> {
        let invalid = |message: String| Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        let with_velocities = self.particles.iter().any(Growing::has_velocities);
        let with_forces = self.particles.iter().any(Growing::has_forces);
        let vectors = [
            Some(frame.positions_a),
            with_velocities.then_some(frame.velocities_a_per_fs),
            with_forces.then_some(frame.forces_ev_per_a),
        ];
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
        let mut any = false;
        // All atoms last: their frames are counted.
        for particles in self.particles.iter_mut().rev() {
            any |= particles.flush()?;
        }
        if any { self.sync() } else { Ok(()) }
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
            self.particles.iter_mut().for_each(Growing::abandon);
            std::mem::forget(self.file.clone());
        }
        result
    }

    /// The particle groups, all atoms first.
    pub(super) fn particles(&mut self) -> &mut [Growing] {
        &mut self.particles
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
