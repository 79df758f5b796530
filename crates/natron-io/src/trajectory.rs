//! Trajectories of any program as a stream of frames with unwrapped positions: H5MD, LAMMPS dumps, extended XYZ and the other
//! formats of [`crate::structures`] that hold many frames.
//!
//! | file | positions | time |
//! |---|---|---|
//! | H5MD (feature `hdf5`) | natron's are unwrapped; others by `image`, else by nearest image | `position/time` |
//! | LAMMPS dump ([`lammps_dump`]) | `xu yu zu`, `xsu ysu zsu`; `x y z` or `xs ys zs` by `ix iy iz`, else by nearest image | `ITEM: TIME` with `ITEM: UNITS`, else [`Options::frame_every_ps`] |
//! | extended XYZ and others | by nearest image, which leaves unwrapped positions as they are | `time_ps` or `time_fs` of the comment line, else [`Options::frame_every_ps`] |
//!
//! Unwrapping adds whole cells and nothing else, also where the cell changes or is flipped: the positions are those of one periodic lattice
//! in every frame. A step of more than 0.4 of the cell between two frames is refused where the file does not say through which walls it went.
//! Memory holds a few frames, however long the file.

mod frames;
#[cfg(feature = "hdf5")]
mod hdf5;
pub mod lammps_dump;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use natron_atoms::{Cell, Species, Vec3};

use crate::ReadError;

/// What a file may not say itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Time between two frames, ps. Where the file says it too, both must agree.
    pub frame_every_ps: Option<f64>,
    /// The elements of the atom types 1, 2, ... of a LAMMPS dump.
    pub types: Vec<Species>,
}

/// What is the same in all frames.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// Chemical elements, `[n]`.
    pub species: Vec<Species>,
    /// Masses, amu, `[n]`; the standard ones where the file has none.
    pub masses_amu: Vec<f64>,
    /// What each recorded stage held constant, `name: ensemble, parameter = value, ...`, where the file says so.
    pub ensembles: Vec<String>,
    /// The mean of the temperatures that the file holds, K.
    pub temperature_k: Option<f64>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its first line, from 1, in a text file.
    pub line: Option<usize>,
    /// Time, ps.
    pub time_ps: f64,
    /// The cell.
    pub cell: Cell,
    /// Unwrapped positions, A, `[n]`.
    pub positions_a: Vec<Vec3>,
    /// Velocities, A/fs, `[n]`, where the file has them in a known unit.
    pub velocities_a_per_fs: Option<Vec<Vec3>>,
}

/// What receives the frames of a file in order; an error ends the reading.
pub type Receiver<'r> = dyn FnMut(Frame) -> Result<(), ReadError> + 'r;

/// A trajectory that was opened and whose atoms are known.
pub struct Source {
    about: About,
    frames: Kind,
}

enum Kind {
    #[cfg(feature = "hdf5")]
    Hdf5(Box<crate::h5md::Reader>),
    Text(Box<dyn Iterator<Item = Result<Frame, ReadError>>>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("about", &self.about).finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a trajectory of any format and reads what it says of its atoms.
    ///
    /// # Errors
    /// The file does not open, is no trajectory, or leaves something open that `options` does not say.
    pub fn open(path: &Path, options: &Options) -> Result<Self, ReadError> {
        if path.is_dir() {
            return Self::of_frames(path, options);
        }
        let refuse = |error: std::io::Error| {
            let message = format!("cannot open the file: {error}");
            ReadError::of_file(path, message, "check the path and its permissions")
        };
        let mut input: Box<dyn BufRead> =
            Box::new(BufReader::with_capacity(1 << 18, File::open(path).map_err(refuse)?));
        let mut head = input.fill_buf().map_err(refuse)?;
        if head.starts_with(b"\x89HDF\r\n\x1a\n") {
            return Self::of_hdf5(path, options);
        }
        if head.starts_with(&[0x1f, 0x8b]) {
            input = Box::new(BufReader::with_capacity(1 << 18, flate2::bufread::MultiGzDecoder::new(input)));
            head = input.fill_buf().map_err(refuse)?;
        }
        if head.trim_ascii_start().starts_with(b"ITEM:") {
            let mut frames = lammps_dump::Reader::new(input, path, options)?;
            let about = frames.about().clone();
            let frames = std::iter::from_fn(move || frames.next_frame().transpose());
            return Ok(Self { about, frames: Kind::Text(Box::new(frames)) });
        }
        let is_hdf5 = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("h5"));
        if is_hdf5 { Self::of_hdf5(path, options) } else { Self::of_frames(path, options) }
    }

    fn of_frames(path: &Path, options: &Options) -> Result<Self, ReadError> {
        let (about, frames) = frames::open(path, options)?;
        Ok(Self { about, frames: Kind::Text(frames) })
    }

    #[cfg(feature = "hdf5")]
    fn of_hdf5(path: &Path, options: &Options) -> Result<Self, ReadError> {
        let reader = crate::h5md::Reader::open(path)?;
        let about = hdf5::about(&reader, path, options)?;
        Ok(Self { about, frames: Kind::Hdf5(Box::new(reader)) })
    }

    #[cfg(not(feature = "hdf5"))]
    fn of_hdf5(path: &Path, _: &Options) -> Result<Self, ReadError> {
        let help = "build natron with feature hdf5, or hdf5-static";
        Err(ReadError::of_file(path, "this natron was built without HDF5", help))
    }

    /// What is the same in all frames.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Gives every frame to `receive`.
    ///
    /// # Errors
    /// The file is wrong somewhere, a step is too long to be unwrapped, or `receive` refuses a frame.
    pub fn read(self, receive: &mut Receiver<'_>) -> Result<(), ReadError> {
        match self.frames {
            #[cfg(feature = "hdf5")]
            Kind::Hdf5(reader) => hdf5::read(&reader, receive),
            Kind::Text(frames) => frames.into_iter().try_for_each(|frame| receive(frame?)),
        }
    }
}

/// When frames are: by the file, or by what the user says of it.
#[derive(Debug)]
pub(crate) struct Clock {
    every_ps: Option<f64>,
    frames: usize,
    last_ps: Option<f64>,
}

/// Times and the user's word may differ by this fraction: times are printed with few digits.
const TOLERANCE: f64 = 1e-3;

impl Clock {
    pub fn new(options: &Options) -> Self {
        Self { every_ps: options.frame_every_ps, frames: 0, last_ps: None }
    }

    /// The time of the next frame, ps, of which the file says `found_ps`.
    pub fn next(&mut self, found_ps: Option<f64>) -> Result<f64, (String, &'static str)> {
        let number = self.frames;
        self.frames += 1;
        let Some(every_ps) = self.every_ps else {
            let help = "give the time between frames: --frame-every-fs 20";
            return found_ps
                .ok_or_else(|| ("the file does not say when its frames were taken".to_owned(), help));
        };
        if let (Some(now), Some(before)) = (found_ps, self.last_ps) {
            let step = now - before;
            if (step - every_ps).abs() > TOLERANCE * every_ps {
                let message = format!(
                    "frame {number} (from 0) is {} fs after the one before it, not {} fs as --frame-every-fs says",
                    digits(1e3 * step),
                    digits(1e3 * every_ps)
                );
                return Err((
                    message,
                    "leave --frame-every-fs out: the file says when its frames were taken",
                ));
            }
        }
        self.last_ps = found_ps;
        Ok(every_ps * number as f64)
    }
}

/// A number with the digits that times have in files.
pub(crate) fn digits(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}
