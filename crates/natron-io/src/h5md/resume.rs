//! Going on with a trajectory.

use std::io;
use std::path::Path;

use hdf5_metno::H5Type;

use super::attribute;
use super::layout::{self, ALL, CREATOR, Fixed, ID, Options, Particles, Precision, Selected};
use super::library::{self, Opened};
use super::reader::Reader;
use super::refusal::Refusal;
use super::series::Series;
use super::writer::{Writer, temporary};
use crate::ReadError;

/// Numbers copied at a time.
const COPIED_AT_A_TIME: usize = 1 << 20;

impl Writer {
    /// Goes on with a trajectory of natron's after its first `frames` frames of all atoms; what came after is cut off, of the
    /// groups as well.
    ///
    /// The file may be one whose writer was killed. Work is done on a copy, which then takes the file's place, so
    /// that a failure leaves the file as it was.
    ///
    /// # Errors
    /// The file cannot be read, was not written by natron or has fewer frames; the copy cannot be written.
    pub fn resume(path: &Path, frames: u64) -> io::Result<Self> {
        Self::resume_by(path, ALL, frames)
    }

    /// As [`Writer::resume`], after the first `frames` frames of a particle group: that with the shortest interval, so that it has a frame
    /// whenever any group has. A step would not do to say where: at the end of one stage and at the start of the next it is the same.
    ///
    /// # Errors
    /// As [`Writer::resume`], or there is no such group.
    pub fn resume_by(path: &Path, group: &str, frames: u64) -> io::Result<Self> {
        let old = Old::open(path)?;
        let frames = usize::try_from(frames).unwrap_or(usize::MAX);
        let Some(reader) = old.readers.iter().find(|reader| reader.group() == group) else {
            return Err(io::Error::other(format!("the trajectory has no particle group `{group}`")));
        };
        let there = reader.len();
        if there < frames {
            let message = format!("the trajectory has {there} frames and not the {frames} to go on from");
            return Err(io::Error::other(message));
        }
        let last = frames.checked_sub(1).map(|last| reader.steps()[last]);
        old.cut(path, |steps| steps.partition_point(|step| Some(*step) <= last))
    }
}

/// A trajectory to go on with.
struct Old {
    opened: Opened,
    /// All atoms first.
    readers: Vec<Reader>,
}

impl Old {
    fn open(path: &Path) -> io::Result<Self> {
        let opened = library::open_to_read(path, &library::start_of(path)?)?;
        let readers = readers(path, &opened).map_err(|refusal| io::Error::other(refusal.message))?;
        if !readers[0].unwrapped {
            return Err(io::Error::other("the trajectory was not written by natron"));
        }
        Ok(Self { opened, readers })
    }

    /// Keeps as many frames of each group as `keep` says of its steps.
    fn cut(self, path: &Path, keep: impl Fn(&[u64]) -> usize) -> io::Result<Writer> {
        let Self { opened, readers } = self;
        let kept: Vec<usize> = readers.iter().map(|reader| keep(reader.steps())).collect();
        if opened.closed {
            drop((readers, opened));
            cut_copy(path, &kept)
        } else {
            let fixed = fixed(&readers, &opened)?;
            drop(readers);
            let mut old = Writer::on(opened.file, path)?;
            Writer::create_as(path, &fixed, |new| copy_frames(&mut old, new, &kept))
        }
    }
}

/// A reader of each particle group, all atoms first, the others in the order of their names.
fn readers(path: &Path, opened: &Opened) -> Result<Vec<Reader>, Refusal> {
    let all = Reader::of(path, opened, None)?;
    let names = super::reader::groups(&opened.file)?;
    let others = names.iter().filter(|name| *name != ALL).map(|name| Reader::of(path, opened, Some(name)));
    std::iter::once(Ok(all)).chain(others).collect()
}

/// What a trajectory of natron's holds besides frames.
///
/// # Errors
/// It is no trajectory.
pub fn contents(path: &Path) -> Result<Options, ReadError> {
    let refused = |refusal: Refusal| refusal.of(path);
    let opened = Reader::open_file(path)?;
    let readers = readers(path, &opened).map_err(refused)?;
    let fixed = fixed(&readers, &opened).map_err(|error| refused(error.into()))?;
    let all = &fixed.particles[0];
    let groups = fixed.particles[1..].iter().map(|particles| Selected {
        name: particles.name.clone(),
        atoms: particles.atoms.clone().unwrap_or_default(),
        precision: particles.precision,
        velocities: particles.velocities,
        forces: particles.forces,
    });
    Ok(Options {
        precision: all.precision,
        velocities: all.velocities,
        forces: all.forces,
        groups: groups.collect(),
        author: fixed.author,
        ensembles: fixed.ensembles,
    })
}

/// Makes a file whose writer was killed one that every program opens, HDF5's way of saying so being that it opens
/// none of them. Returns the number of frames. A file that was closed stays as it is.
///
/// # Errors
/// The file cannot be read or was not written by natron; the repaired copy cannot be written.
pub fn repair(path: &Path) -> io::Result<u64> {
    let reader = Reader::open(path).map_err(|error| io::Error::other(error.message))?;
    let frames = reader.len() as u64;
    if !reader.is_closed() {
        drop(reader);
        Old::open(path)?.cut(path, <[u64]>::len)?.close()?;
    }
    Ok(frames)
}

/// Cuts a copy of a closed file.
fn cut_copy(path: &Path, kept: &[usize]) -> io::Result<Writer> {
    let copy = temporary(path)?;
    std::fs::copy(path, &copy)?;
    let file = library::builder().open_rw(&copy)?;
    let mut writer = Writer::on(file.clone(), &copy)?;
    for (particles, &frames) in writer.particles().iter_mut().zip(kept) {
        if particles.frames() != frames {
            for series in particles.numbers() {
                series.cut(frames)?;
            }
            particles.steps().cut(frames)?;
        }
    }
    drop(writer);
    Writer::start(file, copy, path, |_| Ok(()))
}

/// What an old file holds besides frames.
fn fixed(readers: &[Reader], opened: &Opened) -> hdf5_metno::Result<Fixed> {
    let by = opened.file.group("h5md/author")?;
    let author = attribute::string(&by, "name")?;
    let particles =
        readers.iter().map(|reader| particles(reader, opened)).collect::<hdf5_metno::Result<_>>()?;
    Ok(Fixed {
        particles,
        periodic: readers[0].periodic(),
        author: author.unwrap_or_else(|| CREATOR.into()),
        ensembles: readers[0].ensembles().to_vec(),
    })
}

fn particles(reader: &Reader, opened: &Opened) -> hdf5_metno::Result<Particles> {
    let group = opened.file.group(&layout::path(reader.group()))?;
    let size = reader.position.element.value.dataset.dtype()?.size();
    let atoms = if group.link_exists(ID) {
        let ids = group.dataset(ID)?.read_raw::<u64>()?;
        Some(ids.into_iter().map(|id| id as usize).collect())
    } else {
        None
    };
    Ok(Particles {
        name: reader.group().to_owned(),
        atoms,
        species: reader.species().to_vec(),
        masses_amu: reader.masses_amu().to_vec(),
        precision: if size == 4 { Precision::F32 } else { Precision::F64 },
        velocities: reader.has_velocities(),
        forces: group.link_exists("force"),
    })
}

/// Copies frames into a new file: HDF5 does not open a file for writing whose writer was killed.
fn copy_frames(old: &mut Writer, new: &mut Writer, kept: &[usize]) -> io::Result<()> {
    for ((old, new), &frames) in old.particles().iter_mut().zip(new.particles()).zip(kept) {
        for (from, to) in old.numbers().zip(new.numbers()) {
            copy_rows(from, to, frames)?;
        }
        copy_rows(old.steps(), new.steps(), frames)?;
    }
    Ok(())
}

fn copy_rows<T: H5Type>(from: &Series<T>, to: &mut Series<T>, rows: usize) -> hdf5_metno::Result<()> {
    // Whole chunks, so that none is compressed twice.
    let chunk = from.rows_per_chunk();
    let block = (COPIED_AT_A_TIME / (chunk * from.row_len()).max(1)).max(1) * chunk;
    for start in (0..rows).step_by(block) {
        to.push(from.read(start, rows.min(start + block))?);
        if start + block < rows {
            to.write()?;
        }
    }
    Ok(())
}
