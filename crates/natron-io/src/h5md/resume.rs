//! Going on with a trajectory.

use std::io;
use std::path::Path;

use hdf5_metno::H5Type;

use super::attribute;
use super::layout::{CREATOR, Fixed, Options, Precision};
use super::library::{self, Opened};
use super::reader::Reader;
use super::series::Series;
use super::writer::{Writer, temporary};

/// Numbers copied at a time.
const COPIED_AT_A_TIME: usize = 1 << 20;

impl Writer {
    /// Goes on with a trajectory of natron's after its first `frames` frames; what came after is cut off.
    ///
    /// The file may be one whose writer was killed. Work is done on a copy, which then takes the file's place, so
    /// that a failure leaves the file as it was.
    ///
    /// # Errors
    /// The file cannot be read, was not written by natron or has fewer frames; the copy cannot be written.
    pub fn resume(path: &Path, frames: u64) -> io::Result<Self> {
        let opened = library::open_to_read(path, &library::start_of(path)?)?;
        let reader = Reader::of(path, &opened).map_err(|refusal| io::Error::other(refusal.message))?;
        if !reader.unwrapped {
            return Err(io::Error::other("the trajectory was not written by natron"));
        }
        let frames = usize::try_from(frames).unwrap_or(usize::MAX);
        if reader.len() < frames {
            let message =
                format!("the trajectory has {} frames and not the {frames} to go on from", reader.len());
            return Err(io::Error::other(message));
        }
        if reader.is_closed() {
            drop((reader, opened));
            cut_copy(path, frames)
        } else {
            let fixed = fixed(&reader, &opened)?;
            drop(reader);
            let mut old = Self::on(opened.file, path)?;
            Self::create_as(path, &fixed, |new| copy_frames(&mut old, new, frames))
        }
    }
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
        Writer::resume(path, frames)?.close()?;
    }
    Ok(frames)
}

/// Cuts a copy of a closed file.
fn cut_copy(path: &Path, frames: usize) -> io::Result<Writer> {
    let copy = temporary(path)?;
    std::fs::copy(path, &copy)?;
    let file = library::builder().open_rw(&copy)?;
    let mut writer = Writer::on(file.clone(), &copy)?;
    if writer.frames() as usize != frames {
        for series in writer.series() {
            series.cut(frames)?;
        }
        writer.steps().cut(frames)?;
    }
    drop(writer);
    Writer::start(file, copy, path, |_| Ok(()))
}

/// What an old file holds besides frames.
fn fixed(reader: &Reader, opened: &Opened) -> hdf5_metno::Result<Fixed> {
    let by = opened.file.group("h5md/author")?;
    let author = attribute::string(&by, "name")?;
    let size = reader.position.element.value.dataset.dtype()?.size();
    Ok(Fixed {
        species: reader.species().to_vec(),
        masses_amu: reader.masses_amu().to_vec(),
        periodic: reader.periodic(),
        options: Options {
            precision: if size == 4 { Precision::F32 } else { Precision::F64 },
            velocities: reader.has_velocities(),
            author: author.unwrap_or_else(|| CREATOR.into()),
            ensembles: reader.ensembles().to_vec(),
        },
    })
}

/// Copies frames into a new file: HDF5 does not open a file for writing whose writer was killed.
fn copy_frames(old: &mut Writer, new: &mut Writer, frames: usize) -> io::Result<()> {
    for (from, to) in old.series().zip(new.series()) {
        copy_rows(from, to, frames)?;
    }
    Ok(copy_rows(old.steps(), new.steps(), frames)?)
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
