//! The files of frames behind what a command line names: files as they are, folders with all that natron reads in them.

use std::path::{Path, PathBuf};

use natron_io::{Format, FrameStream, Item, Skipped, SourceFrame};

use crate::{Failure, InputError};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sources {
    /// Files (and folders of deepmd) to read, in order.
    pub files: Vec<PathBuf>,
    /// Files of named folders that are passed over, and why.
    pub unread: Vec<(PathBuf, &'static str)>,
}

/// Folders deeper than this are a loop or a mistake.
const DEEPEST: usize = 16;

impl Sources {
    /// Everything behind the paths.
    pub fn find(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let mut errors = Vec::new();
        for path in paths {
            if !path.is_dir() || is_deepmd(path) {
                found.files.push(path.clone());
            } else if let Err(error) = found.folder(path, 0) {
                errors.push(error);
            }
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        if found.files.is_empty() {
            return Err(InputError::new("no file of frames is there")
                .in_file(&paths[0])
                .help("natron reads extended XYZ, VASP, CP2K, Quantum ESPRESSO and deepmd; see docs/dumps.md")
                .into());
        }
        Ok(found)
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), InputError> {
        let cannot = |error: std::io::Error| {
            InputError::new(format!("cannot read the folder: {error}")).in_file(folder)
        };
        let entries = std::fs::read_dir(folder).map_err(cannot)?;
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(cannot)?;
        paths.sort();
        let formats: Vec<Option<Format>> = paths.iter().map(|path| format_of(path)).collect();
        let has = |format: Format| formats.contains(&Some(format));
        let (has_output, has_xml) = (has(Format::Cp2kOutput), has(Format::Vasprun));
        for (path, format) in paths.iter().zip(&formats) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let plain_outcar = matches!(name.as_str(), "OUTCAR" | "OUTCAR.gz");
            let reason = match format {
                _ if name.starts_with('.') => continue,
                _ if path.is_dir() && !is_deepmd(path) => {
                    if depth < DEEPEST {
                        self.folder(path, depth + 1)?;
                    }
                    continue;
                }
                _ if path.is_dir() => None,
                None => Some("no format of frames"),
                Some(Format::Poscar | Format::Cif | Format::LammpsData) => Some("a structure without labels"),
                Some(Format::Cp2kFiles) if has_output => Some("read with CP2K's output beside it"),
                Some(Format::Outcar) if plain_outcar && has_xml => {
                    Some("vasprun.xml beside it is the same run")
                }
                Some(Format::ExtendedXyz) if is_cp2k_part(&name) => Some("a part of PROJECT-pos-1.xyz"),
                Some(_) => None,
            };
            match reason {
                Some(reason) => self.unread.push((path.clone(), reason)),
                None => self.files.push(path.clone()),
            }
        }
        Ok(())
    }
}

/// Forces and velocities that CP2K writes beside the positions.
fn is_cp2k_part(name: &str) -> bool {
    ["-frc-", "-vel-"].iter().any(|part| name.contains(part)) && name.ends_with(".xyz")
}

fn is_deepmd(path: &Path) -> bool {
    path.join("type.raw").is_file()
}

fn format_of(path: &Path) -> Option<Format> {
    if path.is_dir() {
        return is_deepmd(path).then_some(Format::Deepmd);
    }
    natron_io::open_frames(path, None).ok().map(|stream| stream.format())
}

/// What is told of each file as it is read.
pub(super) trait Visitor {
    /// A file begins.
    fn file(&mut self, _path: &Path, _format: Format) {}
    /// A frame, by the number of its file.
    fn frame(&mut self, file: usize, frame: SourceFrame) -> Result<(), Failure>;
    /// A step that is none.
    fn skipped(&mut self, _file: usize, _step: Skipped) {}
}

/// Reads every file once, one frame in memory at a time. All errors are gathered, one for each file.
pub(super) fn visit(files: &[PathBuf], visitor: &mut impl Visitor) -> Result<(), Failure> {
    let mut errors: Vec<InputError> = Vec::new();
    for (number, path) in files.iter().enumerate() {
        let stream = match natron_io::open_frames(path, None) {
            Ok(stream) => stream,
            Err(error) => {
                errors.push(error.into());
                continue;
            }
        };
        visitor.file(path, stream.format());
        if let Some(error) = visit_one(number, stream, visitor)? {
            errors.push(error);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

fn visit_one(
    number: usize,
    stream: FrameStream,
    visitor: &mut impl Visitor,
) -> Result<Option<InputError>, Failure> {
    for item in stream {
        match item {
            Ok(Item::Frame(frame)) => visitor.frame(number, frame)?,
            Ok(Item::Skipped(step)) => visitor.skipped(number, step),
            Err(error) => return Ok(Some(error.into())),
        }
    }
    Ok(None)
}
