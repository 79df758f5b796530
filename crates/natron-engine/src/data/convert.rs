//! `natron data convert`: frames from one format into another.

use std::path::PathBuf;

use natron_atoms::Frame;
use natron_io::{Format, SourceFrame};
use serde_json::Value;

use crate::envelope::Build;
use crate::{Failure, InputError, RunError};

/// What to convert.
#[derive(Debug, Clone)]
pub struct ConvertOptions {
    /// File of frames.
    pub input: PathBuf,
    /// Where they go.
    pub output: PathBuf,
    /// Format of the input; `None`: by its name, else by its content.
    pub from: Option<Format>,
    /// Format of the output; `None`: by its name.
    pub to: Option<Format>,
    /// The one frame to convert, from 0; `None`: all, or the last where the output holds one.
    pub frame: Option<usize>,
    /// Replace an output that exists.
    pub overwrite: bool,
}

/// What was converted.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvertReport {
    /// Where the frames are.
    pub output: PathBuf,
    /// Format of the input.
    pub from: Format,
    /// Format of the output.
    pub to: Format,
    /// Frames in the input.
    pub frames_read: usize,
    /// Frames in the output.
    pub frames: usize,
    /// Atoms in the output, all frames together.
    pub atoms: usize,
    /// What the input says and natron does not read.
    pub ignored: Vec<String>,
    /// What the output cannot hold.
    pub left_out: Vec<String>,
}

/// Converts a file.
///
/// # Errors
/// The input cannot be read; the output exists, or its format is not known or cannot hold the frames; the disk refuses.
pub fn convert(options: &ConvertOptions) -> Result<ConvertReport, Failure> {
    let to = output_format(options)?;
    if options.output.exists() && !options.overwrite {
        return Err(InputError::new("the output exists already")
            .in_file(&options.output)
            .help("choose another name, or replace it with --overwrite")
            .into());
    }
    let read = natron_io::read_structures(&options.input, options.from).map_err(InputError::from)?;
    let frames_read = read.frames.len();
    let chosen = choose(options, read.frames, to)?;
    let mut ignored: Vec<String> = chosen.iter().flat_map(|source| source.ignored.clone()).collect();
    let frames: Vec<Frame> = chosen.into_iter().map(|source| source.frame).collect();
    let mut left_out: Vec<String> = frames.iter().flat_map(|frame| natron_io::left_out(to, frame)).collect();
    for list in [&mut ignored, &mut left_out] {
        list.sort();
        list.dedup();
    }
    write(options, to, &frames)?;
    Ok(ConvertReport {
        output: options.output.clone(),
        from: read.format,
        to,
        frames_read,
        frames: frames.len(),
        atoms: frames.iter().map(|frame| frame.structure.len()).sum(),
        ignored,
        left_out,
    })
}

fn output_format(options: &ConvertOptions) -> Result<Format, InputError> {
    let written = Format::ALL.into_iter().filter(|format| format.is_written());
    let names: Vec<String> =
        written.map(|format| format!("{} ({})", format.name(), format.file_names())).collect();
    let help = format!("name the output so, or say --to: {}", names.join("; "));
    match options.to.or_else(|| Format::of_name(&options.output)) {
        Some(format) if format.is_written() => Ok(format),
        Some(format) => Err(InputError::new(format!("natron reads {} but does not write it", format.name()))
            .in_file(&options.output)
            .help(help)),
        None => Err(InputError::new("the name of the output does not say in which format it shall be")
            .in_file(&options.output)
            .help(help)),
    }
}

/// The frames that go out.
fn choose(
    options: &ConvertOptions,
    mut frames: Vec<SourceFrame>,
    to: Format,
) -> Result<Vec<SourceFrame>, InputError> {
    let count = frames.len();
    match options.frame {
        Some(frame) if frame < count => Ok(vec![frames.swap_remove(frame)]),
        Some(frame) => Err(InputError::new(format!("there is no frame {frame}"))
            .in_file(&options.input)
            .help(format!("it holds {count}, counted from 0"))),
        None if count == 0 => Err(InputError::new("the file holds no frame").in_file(&options.input)),
        None if to == Format::ExtendedXyz => Ok(frames),
        None => Ok(frames.split_off(count - 1)),
    }
}

fn write(options: &ConvertOptions, to: Format, frames: &[Frame]) -> Result<(), Failure> {
    let outcome =
        natron_io::replace(&options.output, |writer| natron_io::write_structures(writer, to, frames));
    outcome.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => {
            let help = format!("choose another output than {}", to.name());
            InputError::new(error.to_string()).in_file(&options.input).help(help).into()
        }
        std::io::ErrorKind::NotFound => {
            InputError::new("the folder of the output does not exist").in_file(&options.output).into()
        }
        _ => RunError::writing(&options.output, error).into(),
    })
}

impl ConvertReport {
    /// The JSON of the CONTRACT.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("data");
        map.insert("output".into(), self.output.display().to_string().into());
        map.insert("from".into(), self.from.name().into());
        map.insert("to".into(), self.to.name().into());
        map.insert("frames_read".into(), self.frames_read.into());
        map.insert("frames".into(), self.frames.into());
        map.insert("atoms".into(), self.atoms.into());
        map.insert("ignored".into(), self.ignored.clone().into());
        map.insert("left_out".into(), self.left_out.clone().into());
        map.into()
    }
}
