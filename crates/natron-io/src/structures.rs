//! Files of structures in any format: which one a file is in, and reading and writing it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use natron_atoms::Frame;

use crate::{ReadError, cif, extxyz, lammps_data, poscar};

/// A frame and where in its file it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFrame {
    /// The frame.
    pub frame: Frame,
    /// Its first line, from 1.
    pub line: usize,
    /// What the file says of it and natron does not read, in words: `section Bonds`.
    pub ignored: Vec<String>,
}

/// A format for structures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Extended XYZ: [`extxyz`].
    ExtendedXyz,
    /// POSCAR, CONTCAR: [`poscar`].
    Poscar,
    /// CIF: [`cif`]; read only.
    Cif,
    /// LAMMPS data: [`lammps_data`].
    LammpsData,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ExtendedXyz, Self::Poscar, Self::Cif, Self::LammpsData];

    /// The name that a command line takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExtendedXyz => "extxyz",
            Self::Poscar => "poscar",
            Self::Cif => "cif",
            Self::LammpsData => "lammps-data",
        }
    }

    /// Which files are taken for it by their name, in words.
    pub fn file_names(self) -> &'static str {
        match self {
            Self::ExtendedXyz => "*.extxyz, *.xyz",
            Self::Poscar => "POSCAR*, CONTCAR*, *.poscar, *.contcar, *.vasp",
            Self::Cif => "*.cif",
            Self::LammpsData => "*.data, *.lmp, *.lammps, data.*",
        }
    }

    /// Whether natron writes it.
    pub fn is_written(self) -> bool {
        self != Self::Cif
    }

    /// The format of a file by its name; case does not matter.
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            "extxyz" | "xyz" => Some(Self::ExtendedXyz),
            "poscar" | "contcar" | "vasp" => Some(Self::Poscar),
            "cif" => Some(Self::Cif),
            "data" | "lmp" | "lammps" => Some(Self::LammpsData),
            _ if name.starts_with("poscar") || name.starts_with("contcar") => Some(Self::Poscar),
            _ if name.starts_with("data.") => Some(Self::LammpsData),
            _ => None,
        }
    }

    /// The format that the first lines of a file look like.
    pub fn of_content(head: &str) -> Option<Self> {
        let lines: Vec<&str> = head.lines().take(200).map(str::trim).collect();
        let starts = |keyword: &str| {
            lines
                .iter()
                .any(|line| line.get(..keyword.len()).is_some_and(|s| s.eq_ignore_ascii_case(keyword)))
        };
        let ends = |keyword: &str| lines.iter().any(|line| line.ends_with(keyword));
        let numbers = |line: &&str| line.split_whitespace().take_while(|w| w.parse::<f64>().is_ok()).count();
        if starts("data_") && (starts("loop_") || starts("_cell")) {
            return Some(Self::Cif);
        }
        if ends(" atoms") && (ends("xhi") || lines.iter().any(|line| line.contains(" avec"))) {
            return Some(Self::LammpsData);
        }
        // Behind the count of extended XYZ there is no scale and no cell.
        if lines.len() > 6 && numbers(&lines[1]) > 0 && lines[2..5].iter().all(|line| numbers(line) >= 3) {
            return Some(Self::Poscar);
        }
        let first = lines.iter().find(|line| !line.is_empty())?;
        first.parse::<u64>().ok().map(|_| Self::ExtendedXyz)
    }
}

/// A file of structures, read.
#[derive(Debug, Clone, PartialEq)]
pub struct StructureFile {
    /// The format it was read in.
    pub format: Format,
    /// Its frames in order.
    pub frames: Vec<SourceFrame>,
}

/// The frames of a file, in the format given, or that its name says, or that its content looks like.
///
/// # Errors
/// The file does not open, its format is not known, or anything in it is wrong: see [`ReadError`].
pub fn read_structures(path: &Path, format: Option<Format>) -> Result<StructureFile, ReadError> {
    let refuse = |error: io::Error| {
        let message = format!("cannot open the file: {error}");
        ReadError::of_file(path, message, "check the path and its permissions")
    };
    let file = File::open(path).map_err(refuse)?;
    let metadata = file.metadata().map_err(refuse)?;
    let length = metadata.is_file().then_some(metadata.len());
    let mut input = BufReader::with_capacity(1 << 16, file);
    let head = input.fill_buf().map_err(refuse)?;
    let head = String::from_utf8_lossy(head).into_owned();
    let looks_like = Format::of_content(&head);
    let Some(format) = format.or_else(|| Format::of_name(path)).or(looks_like) else {
        return Err(unknown(path, &head));
    };
    let frames = match format {
        Format::ExtendedXyz => extxyz::Reader::of_length(input, path, length).with_lines().collect(),
        Format::Poscar => poscar::read(input, path).map(|frame| vec![frame]),
        Format::Cif => cif::read(input, path),
        Format::LammpsData => lammps_data::read(input, path).map(|frame| vec![frame]),
    };
    let frames = frames.map_err(|mut error| {
        if let Some(other) = looks_like.filter(|other| *other != format) {
            error.help = format!(
                "the file is read as {}, but it looks like {}: name it so ({})",
                format.name(),
                other.name(),
                other.file_names()
            );
        }
        error
    })?;
    Ok(StructureFile { format, frames })
}

fn unknown(path: &Path, head: &str) -> ReadError {
    if head.starts_with("\u{1f}\u{fffd}") {
        return ReadError::of_file(path, "the file is compressed", "uncompress it first: gunzip FILE");
    }
    let names = Format::ALL.map(|format| format!("{} ({})", format.name(), format.file_names()));
    let message = "neither name nor content says in which format the file is";
    ReadError::of_file(path, message, format!("name it after its format: {}", names.join("; ")))
}

/// Writes frames; every format but extended XYZ holds one.
///
/// # Errors
/// The writer fails; or the frames cannot be written in this format ([`io::ErrorKind::InvalidInput`]).
pub fn write_structures<W: Write + ?Sized>(
    writer: &mut W,
    format: Format,
    frames: &[Frame],
) -> io::Result<()> {
    match (format, frames) {
        (Format::ExtendedXyz, frames) => extxyz::write_frames(writer, frames),
        (Format::Poscar, [frame]) => poscar::write(writer, frame),
        (Format::LammpsData, [frame]) => lammps_data::write(writer, frame),
        (Format::Cif, _) => Err(crate::convert::refused("natron reads CIF but does not write it")),
        (_, frames) => {
            let message = format!("{} holds one frame, not {}", format.name(), frames.len());
            Err(crate::convert::refused(message))
        }
    }
}

/// What of a frame a format cannot hold, in words.
pub fn left_out(format: Format, frame: &Frame) -> Vec<String> {
    match format {
        Format::ExtendedXyz | Format::Cif => Vec::new(),
        Format::Poscar => poscar::left_out(frame),
        Format::LammpsData => lammps_data::left_out(frame),
    }
}
