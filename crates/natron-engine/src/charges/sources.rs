//! Frames and where they are from: files of structures, trajectories, run directories.

use std::path::{Path, PathBuf};

use natron_atoms::{Frame, Species, Structure};
use natron_io::ReadError;
use natron_io::trajectory::{Options, Source as Trajectory};

use crate::deck::{Document, KeyPath};
use crate::structure::column;
use crate::{InputError, diffusion, files};

/// A frame and where it is from.
pub(super) struct Source {
    /// File as the deck names it.
    pub file: String,
    /// The same as it was found.
    pub path: PathBuf,
    /// Number of the frame in it.
    pub number: usize,
    /// Its first line, in a text file.
    pub line: Option<usize>,
    pub frame: Frame,
    /// Mobile atoms for 200 others.
    pub x: Option<f64>,
    /// Reference charges, e.
    pub labels_e: Option<Vec<f64>>,
    pub split: Option<String>,
    pub host: Option<String>,
}

/// How frames are taken and what is known of them.
pub(super) struct Taking<'t> {
    pub every: usize,
    pub mobile: &'t [Species],
    pub labels: &'t str,
    pub split_key: &'t str,
}

impl Source {
    fn new(
        file: &str,
        path: &Path,
        number: usize,
        line: Option<usize>,
        frame: Frame,
        taking: &Taking<'_>,
    ) -> Self {
        let species = &frame.structure.species;
        let count = species.iter().filter(|species| taking.mobile.contains(species)).count();
        let others = species.len() - count;
        Self {
            file: file.into(),
            path: path.into(),
            number,
            line,
            x: (others > 0).then(|| 200.0 * count as f64 / others as f64),
            labels_e: column(&frame, taking.labels).map(<[f64]>::to_vec),
            split: frame.text(taking.split_key).map(str::to_owned),
            host: frame.text("host").map(str::to_owned),
            frame,
        }
    }

    /// What is wrong with this frame, with its place.
    pub fn error(&self, message: impl Into<String>) -> InputError {
        let message = message.into();
        let error = InputError::new(format!("frame {}: {message}", self.number)).in_file(&self.path);
        match self.line {
            Some(line) => error.at_line(line),
            None => error,
        }
    }
}

/// The frames of files that the deck names at `key`, thinned.
pub(super) fn read(
    document: &Document,
    key: &str,
    names: &[String],
    taking: &Taking<'_>,
) -> Result<Vec<Source>, InputError> {
    let mut sources = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let place: KeyPath = document.resolve(&format!("{key}.{index}"));
        let behind = |error| document.error_behind(&place, error);
        let path = files::whole(&document.folder().join(name));
        match is_trajectory(&path) {
            true => {
                for file in diffusion::expand(&path).map_err(behind)? {
                    read_trajectory(name, &file, taking, &mut sources).map_err(behind)?;
                }
            }
            false => {
                let frames = files::read_sources(&path).map_err(behind)?;
                for (number, found) in frames.into_iter().enumerate().step_by(taking.every) {
                    sources.push(Source::new(name, &path, number, Some(found.line), found.frame, taking));
                }
            }
        }
    }
    Ok(sources)
}

/// Run directories, and HDF5 files that are no data set of natron's.
fn is_trajectory(path: &Path) -> bool {
    let hdf5 = path.extension().is_some_and(|extension| extension == "h5" || extension == "hdf5");
    (path.is_dir() && path.join("deck.toml").is_file())
        || (hdf5 && natron_io::h5md::Reader::open(path).is_ok())
}

fn read_trajectory(
    name: &str,
    path: &Path,
    taking: &Taking<'_>,
    sources: &mut Vec<Source>,
) -> Result<(), InputError> {
    let trajectory = Trajectory::open(path, &Options { frame_every_ps: None, types: Vec::new() })?;
    let species = trajectory.about().species.clone();
    let mut number = 0;
    trajectory.read(&mut |frame| {
        if number % taking.every == 0 {
            let structure = Structure::new(frame.cell, species.clone(), frame.positions_a);
            let structure = structure.map_err(|error| ReadError::of_file(path, error.to_string(), ""))?;
            sources.push(Source::new(name, path, number, frame.line, Frame::new(structure), taking));
        }
        number += 1;
        Ok(())
    })?;
    Ok(())
}
