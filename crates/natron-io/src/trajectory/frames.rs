//! Frames of structure files as a trajectory: extended XYZ above all.

use std::path::{Path, PathBuf};

use natron_atoms::{InfoValue, Species};

use super::{About, Clock, Frame, Options};
use crate::structures::{FrameStream, open_frames};
use crate::unwrap::{Follower, TOO_FAR_HELP};
use crate::{Item, ReadError, SourceFrame};

type Frames = Box<dyn Iterator<Item = Result<Frame, ReadError>>>;

/// Opens a file and reads its first frame.
pub(super) fn open(path: &Path, options: &Options) -> Result<(About, Frames), ReadError> {
    let mut stream = open_frames(path, None)?;
    let first = next(&mut stream, path)?
        .ok_or_else(|| ReadError::of_file(path, "the file holds no frame", "is it cut short?"))?;
    let species = first.frame.structure.species.clone();
    let about = About {
        masses_amu: species.iter().map(|s| s.mass_amu()).collect(),
        species,
        ensembles: Vec::new(),
        temperature_k: None,
    };
    let mut rest = Rest {
        path: path.to_owned(),
        species: about.species.clone(),
        clock: Clock::new(options),
        follower: Follower::default(),
        number: 0,
    };
    let mut first = Some(first);
    let frames = std::iter::from_fn(move || {
        let source = match first.take() {
            Some(first) => Some(first),
            None => match next(&mut stream, &rest.path) {
                Ok(source) => source,
                Err(error) => return Some(Err(error)),
            },
        };
        source.map(|source| rest.frame(source))
    });
    Ok((about, Box::new(frames)))
}

/// The next frame; a step without one would leave a hole in time.
fn next(stream: &mut FrameStream, path: &Path) -> Result<Option<SourceFrame>, ReadError> {
    match stream.next().transpose()? {
        None => Ok(None),
        Some(Item::Frame(frame)) => Ok(Some(frame)),
        Some(Item::Skipped(skipped)) => {
            let message = format!(
                "a step that cannot be read as a frame: {} ({})",
                skipped.text,
                skipped.reason.name()
            );
            Err(ReadError::at(
                path,
                skipped.line,
                1,
                message,
                "a trajectory must not have holes: cut the file there",
            ))
        }
    }
}

/// What is carried from frame to frame.
struct Rest {
    path: PathBuf,
    species: Vec<Species>,
    clock: Clock,
    follower: Follower,
    number: usize,
}

impl Rest {
    fn frame(&mut self, source: SourceFrame) -> Result<Frame, ReadError> {
        let (line, frame) = (source.line, source.frame);
        let refuse = |message: String, help: &str| ReadError::at(&self.path, line, 1, message, help);
        let number = self.number;
        if frame.structure.species != self.species {
            let message = format!("frame {number} (from 0) holds other atoms than the first one");
            return Err(refuse(
                message,
                "all frames of a trajectory must hold the same atoms in the same order",
            ));
        }
        let time = time_ps(&frame.info);
        let time_ps = self.clock.next(time).map_err(|(message, help)| refuse(message, help))?;
        let (cell, mut positions_a) = (frame.structure.cell, frame.structure.positions);
        let unwrapped = self.follower.unwrap(&cell, &mut positions_a);
        unwrapped.map_err(|far| refuse(far.message(number), TOO_FAR_HELP))?;
        self.number += 1;
        Ok(Frame { line: Some(line), time_ps, cell, positions_a, velocities_a_per_fs: frame.velocities })
    }
}

/// The time of a comment line, ps, from a key that names its unit. Plain `time` is left alone: programs disagree on its unit.
fn time_ps(info: &[(String, InfoValue)]) -> Option<f64> {
    let number = |key: &str| {
        let (_, value) = info.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        match value {
            InfoValue::Real(x) => Some(*x),
            InfoValue::Int(n) => Some(*n as f64),
            _ => None,
        }
    };
    number("time_ps").or_else(|| Some(1e-3 * number("time_fs")?))
}
