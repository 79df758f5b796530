//! The files natron-io reads and writes, with this crate's errors.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use natron_atoms::{Frame, Structure};
use natron_io::{Format, ReadError, SourceFrame};

use crate::{Failure, InputError, RunError};

impl From<ReadError> for InputError {
    fn from(error: ReadError) -> Self {
        Self {
            message: error.message,
            file: Some(error.path),
            line: error.line,
            column: error.column,
            help: Some(error.help).filter(|help| !help.is_empty()),
        }
    }
}

/// All frames of a file of structures in any format.
pub(crate) fn read_frames(path: &Path) -> Result<Vec<Frame>, InputError> {
    Ok(read_sources(path)?.into_iter().map(|source| source.frame).collect())
}

/// As [`read_frames`], with the lines that the frames begin at.
pub(crate) fn read_sources(path: &Path) -> Result<Vec<SourceFrame>, InputError> {
    Ok(natron_io::read_structures(path, None)?.frames)
}

/// A path that reads as a file wherever a built-in name could stand: with a `/`.
#[cfg(feature = "train")]
pub(crate) fn with_slash(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains('/') { text } else { format!("./{text}") }
}

/// The last structure of text that natron itself carries along.
pub(crate) fn example_structure(text: &str) -> Structure {
    let reader = natron_io::extxyz::Reader::new(text.as_bytes(), Path::new("built in"));
    let frame = reader.last().expect("the example holds a frame");
    frame.expect("the example is valid: a test reads it").structure
}

/// Writes frames as a whole or not at all.
pub(crate) fn write_frames(path: &Path, frames: &[Frame]) -> Result<(), RunError> {
    natron_io::replace(path, |writer| natron_io::write_frames(writer, frames))
        .map_err(|error| RunError::writing(path, error))
}

/// The format in which frames with labels are written, by the name of the file.
pub(crate) fn data_format(path: &Path) -> Result<Format, InputError> {
    match Format::of_name(path) {
        Some(format) if format.is_written() && !format.holds_one_frame() => Ok(format),
        _ => Err(InputError::new("the name of the output does not say in which format it shall be")
            .in_file(path)
            .help("name it *.extxyz for extended XYZ, or *.h5 for natron's own data set")),
    }
}

/// Writes frames in the format of the name, as a whole or not at all.
pub(crate) fn write_data(
    path: &Path,
    frames: &mut dyn Iterator<Item = std::io::Result<Frame>>,
) -> Result<(), Failure> {
    let format = data_format(path)?;
    natron_io::write_frames_to(path, format, frames).map_err(|error| cannot_write(path, error))
}

/// Why a file was not written: the user's doing or the disk's.
pub(crate) fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound => {
            InputError::new("the folder of the output does not exist").in_file(path).into()
        }
        ErrorKind::InvalidInput => InputError::new(error.to_string()).in_file(path).into(),
        _ => RunError::writing(path, error).into(),
    }
}

/// Writes bytes as a whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    natron_io::replace(path, |writer| writer.write_all(bytes)).map_err(|error| RunError::writing(path, error))
}

/// The path from the root, which holds from wherever natron is started.
pub(crate) fn whole(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    std::fs::canonicalize(&path).unwrap_or(path)
}

/// The folder that a file lies in: for a bare name the working directory, not the empty path.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How `file` is reached from `folder`, for a deck that lies there.
pub(crate) fn relative(file: &Path, folder: &Path) -> String {
    let (file, folder) =
        (whole(file), whole(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }));
    let (to, from): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (file.components().collect(), folder.components().collect());
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return file.display().to_string();
    }
    let up = std::iter::repeat_n("..".to_string(), from.len() - shared);
    let down = to[shared..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deck_finds_its_structure_from_where_it_lies() {
        assert_eq!(relative(Path::new("/a/b/c.xyz"), Path::new("/a/b")), "c.xyz");
        assert_eq!(relative(Path::new("/a/b/c.xyz"), Path::new("/a/run/x")), "../../b/c.xyz");
        assert_eq!(relative(Path::new("c.xyz"), Path::new("")), "c.xyz");
    }

    #[test]
    fn the_example_is_valid() {
        assert_eq!(example_structure(crate::new_deck::EXAMPLE_STRUCTURE).len(), 222);
    }
}
