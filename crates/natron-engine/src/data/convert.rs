//! `natron data convert`: frames from one format into another.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use natron_atoms::Frame;
use natron_io::{Format, FrameStream, Item, Label, ReadError, SkipReason, Skipped, SourceFrame};
use serde_json::{Map, Value};

use crate::envelope::Build;
use crate::{Failure, InputError, files};

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
    /// Steps of a dump that are no frames, by reason.
    pub skipped: BTreeMap<SkipReason, usize>,
    /// The first of them, with its line.
    pub first_skipped: Option<Skipped>,
    /// Frames in the output without a label, by label.
    pub missing: BTreeMap<Label, usize>,
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
    let stream = natron_io::open_frames(&options.input, options.from).map_err(InputError::from)?;
    let mut pass = Pass::new(options, stream.format(), to);
    if to.holds_one_frame() {
        let chosen = pass.last(stream)?;
        pass.keep(&chosen);
        let outcome = natron_io::replace(&options.output, |writer| {
            natron_io::write_structures(writer, to, std::slice::from_ref(&chosen.frame))
        });
        outcome.map_err(|error| pass.failure(error))?;
    } else {
        let outcome = natron_io::write_frames_to(&options.output, to, &mut pass.frames(stream));
        if let Some(error) = pass.refused.take() {
            return Err(InputError::from(error).into());
        }
        if let (true, Some(error)) = (pass.ended, pass.nothing()) {
            return Err(error.into());
        }
        outcome.map_err(|error| pass.failure(error))?;
    }
    Ok(pass.report())
}

/// One pass over the input.
struct Pass<'a> {
    options: &'a ConvertOptions,
    report: ConvertReport,
    ignored: BTreeSet<String>,
    left_out: BTreeSet<String>,
    /// What is wrong with the input.
    refused: Option<ReadError>,
    /// The input came to its end.
    ended: bool,
}

impl<'a> Pass<'a> {
    fn new(options: &'a ConvertOptions, from: Format, to: Format) -> Self {
        let report = ConvertReport {
            output: options.output.clone(),
            from,
            to,
            frames_read: 0,
            frames: 0,
            atoms: 0,
            ignored: Vec::new(),
            left_out: Vec::new(),
            skipped: BTreeMap::new(),
            first_skipped: None,
            missing: BTreeMap::new(),
        };
        Self {
            options,
            report,
            ignored: BTreeSet::new(),
            left_out: BTreeSet::new(),
            refused: None,
            ended: false,
        }
    }

    /// The frames that go out, one in memory at a time. The end is an error where the input is wrong or gives no frame, so
    /// that nothing is written.
    fn frames<'s>(
        &'s mut self,
        mut stream: impl Iterator<Item = Result<Item, ReadError>> + 's,
    ) -> impl Iterator<Item = io::Result<Frame>> + 's {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            loop {
                match stream.next() {
                    Some(Ok(Item::Frame(frame))) => {
                        if let Some(frame) = self.wanted(frame) {
                            self.keep(&frame);
                            return Some(Ok(frame.frame));
                        }
                    }
                    Some(Ok(Item::Skipped(step))) => self.skip(step),
                    Some(Err(error)) => {
                        ended = true;
                        self.refused = Some(error);
                        return Some(Err(io::Error::other("the input is wrong")));
                    }
                    None => {
                        (ended, self.ended) = (true, true);
                        return self.nothing().map(|_| Err(io::Error::other("no frame")));
                    }
                }
            }
        })
    }

    /// The last frame, or the one asked for.
    fn last(&mut self, stream: FrameStream) -> Result<SourceFrame, Failure> {
        let mut last = None;
        for item in stream {
            match item.map_err(InputError::from)? {
                Item::Frame(frame) => last = self.wanted(frame).or(last),
                Item::Skipped(step) => self.skip(step),
            }
        }
        let nothing = || self.nothing_of(0).expect("no frame is kept");
        last.ok_or_else(|| nothing().into())
    }

    /// Counts a frame and gives it back where it is asked for.
    fn wanted(&mut self, frame: SourceFrame) -> Option<SourceFrame> {
        let number = self.report.frames_read;
        self.report.frames_read += 1;
        self.options.frame.is_none_or(|wanted| wanted == number).then_some(frame)
    }

    fn skip(&mut self, step: Skipped) {
        *self.report.skipped.entry(step.reason).or_default() += 1;
        self.report.first_skipped.get_or_insert(step);
    }

    fn keep(&mut self, source: &SourceFrame) {
        self.report.frames += 1;
        self.report.atoms += source.frame.structure.len();
        self.ignored.extend(source.ignored.iter().cloned());
        self.left_out.extend(natron_io::left_out(self.report.to, &source.frame));
        for missing in &source.missing {
            *self.report.missing.entry(missing.label).or_default() += 1;
        }
    }

    /// What to say where no frame went out.
    fn nothing(&self) -> Option<InputError> {
        self.nothing_of(self.report.frames)
    }

    fn nothing_of(&self, frames: usize) -> Option<InputError> {
        if frames > 0 {
            return None;
        }
        let error = |message: String| InputError::new(message).in_file(&self.options.input);
        Some(match (self.options.frame, &self.report.first_skipped) {
            (Some(frame), _) if self.report.frames_read > 0 => error(format!("there is no frame {frame}"))
                .help(format!("it holds {}, counted from 0", self.report.frames_read)),
            (_, Some(step)) => {
                error(format!("the file holds no frame to use: {}", step.text)).at_line(step.line)
            }
            _ => error("the file holds no frame".into()),
        })
    }

    fn failure(&self, error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::InvalidInput {
            let help = format!("choose another output than {}", self.report.to.name());
            return InputError::new(error.to_string()).in_file(&self.options.input).help(help).into();
        }
        files::cannot_write(&self.options.output, error)
    }

    fn report(self) -> ConvertReport {
        ConvertReport {
            ignored: self.ignored.into_iter().collect(),
            left_out: self.left_out.into_iter().collect(),
            ..self.report
        }
    }
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
        let skipped = self.skipped.iter().map(|(reason, n)| (reason.name().to_owned(), (*n).into()));
        map.insert("skipped".into(), skipped.collect::<Map<_, _>>().into());
        let missing = self.missing.iter().map(|(label, n)| (label.name().to_owned(), (*n).into()));
        map.insert("missing".into(), missing.collect::<Map<_, _>>().into());
        map.insert("energy_source".into(), natron_io::dumps::energy_source(self.from).into());
        map.into()
    }
}
