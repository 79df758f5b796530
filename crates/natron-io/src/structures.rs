//! Files of structures in any format: which one a file is in, and reading and writing it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use natron_atoms::Frame;

use crate::dumps::{self, Item, Items, Label, Missing, Skipped};
use crate::{ReadError, cif, extxyz, lammps_data, poscar};

/// A frame and where in its file it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFrame {
    /// The frame.
    pub frame: Frame,
    /// Its first line, from 1; in a binary file its number, from 1.
    pub line: usize,
    /// What the file says of it and natron does not read, in words: `section Bonds`.
    pub ignored: Vec<String>,
    /// Labels that the file could hold and does not.
    pub missing: Vec<Missing>,
}

impl SourceFrame {
    /// A frame of which everything was read.
    pub fn new(frame: Frame, line: usize) -> Self {
        Self { frame, line, ignored: Vec::new(), missing: Vec::new() }
    }

    /// Notes every label that is not there, with a general reason where none is given yet.
    pub(crate) fn with_all_missing(mut self) -> Self {
        for label in Label::ALL {
            let noted = self.missing.iter().any(|m| m.label == label);
            if !noted && !label.is_in(&self.frame.labels) {
                let why = "the file has none for this frame".to_owned();
                self.missing.push(Missing { label, line: self.line, why });
            }
        }
        self
    }
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
    /// VASP's OUTCAR: [`dumps::outcar`]; read only.
    Outcar,
    /// VASP's vasprun.xml: [`dumps::vasprun`]; read only.
    Vasprun,
    /// VASP's ML_AB: [`dumps::ml_ab`]; read only.
    MlAb,
    /// CP2K's output: [`dumps::cp2k_output`]; read only.
    Cp2kOutput,
    /// CP2K's PROJECT-pos-1.xyz with its siblings: [`dumps::cp2k_files`]; read only.
    Cp2kFiles,
    /// The output of pw.x of Quantum ESPRESSO: [`dumps::pw_output`]; read only.
    PwOutput,
    /// A folder of deepmd: [`dumps::deepmd`]; read only.
    Deepmd,
    /// natron's own HDF5 file for large sets of frames (feature `hdf5`).
    DataSet,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::ExtendedXyz,
        Self::Poscar,
        Self::Cif,
        Self::LammpsData,
        Self::Outcar,
        Self::Vasprun,
        Self::MlAb,
        Self::Cp2kOutput,
        Self::Cp2kFiles,
        Self::PwOutput,
        Self::Deepmd,
        Self::DataSet,
    ];

    /// The name that a command line takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExtendedXyz => "extxyz",
            Self::Poscar => "poscar",
            Self::Cif => "cif",
            Self::LammpsData => "lammps-data",
            Self::Outcar => "outcar",
            Self::Vasprun => "vasprun",
            Self::MlAb => "ml-ab",
            Self::Cp2kOutput => "cp2k-output",
            Self::Cp2kFiles => "cp2k-files",
            Self::PwOutput => "pw-output",
            Self::Deepmd => "deepmd",
            Self::DataSet => "data-set",
        }
    }

    /// Which files are taken for it by their name, in words.
    pub fn file_names(self) -> &'static str {
        match self {
            Self::ExtendedXyz => "*.extxyz, *.xyz",
            Self::Poscar => "POSCAR*, CONTCAR*, *.poscar, *.contcar, *.vasp",
            Self::Cif => "*.cif",
            Self::LammpsData => "*.data, *.lmp, *.lammps, data.*",
            Self::Outcar => "*OUTCAR*",
            Self::Vasprun => "*vasprun*.xml",
            Self::MlAb => "ML_AB*",
            Self::Cp2kOutput => "by its content",
            Self::Cp2kFiles => "PROJECT-pos-1.xyz",
            Self::PwOutput => "by its content",
            Self::Deepmd => "a folder with type.raw",
            Self::DataSet => "*.h5, *.hdf5",
        }
    }

    /// Whether natron writes it.
    pub fn is_written(self) -> bool {
        matches!(self, Self::ExtendedXyz | Self::Poscar | Self::LammpsData)
            || (self == Self::DataSet && cfg!(feature = "hdf5"))
    }

    /// Whether a file of it holds one frame at most.
    pub fn holds_one_frame(self) -> bool {
        matches!(self, Self::Poscar | Self::LammpsData)
    }

    /// The format of a file by its name; case does not matter, nor does `.gz` at its end.
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        // What is converted from OUTCAR may be named after it.
        let is_named = matches!(extension, "extxyz" | "xyz" | "h5" | "hdf5" | "cif");
        if name.contains("outcar") && !is_named {
            return Some(Self::Outcar);
        }
        if name.starts_with("ml_ab") && !is_named {
            return Some(Self::MlAb);
        }
        if name.contains("vasprun") && extension == "xml" {
            return Some(Self::Vasprun);
        }
        if dumps::cp2k_files::project_of(path).is_some() {
            return Some(Self::Cp2kFiles);
        }
        match extension {
            "extxyz" | "xyz" => Some(Self::ExtendedXyz),
            "poscar" | "contcar" | "vasp" => Some(Self::Poscar),
            "cif" => Some(Self::Cif),
            "h5" | "hdf5" => Some(Self::DataSet),
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
        let holds = |part: &str| lines.iter().any(|line| line.contains(part));
        if lines.first().is_some_and(|line| line.starts_with("vasp.")) {
            return Some(Self::Outcar);
        }
        if head.trim_start().starts_with("<?xml") || holds("<modeling>") {
            return holds("<modeling>").then_some(Self::Vasprun);
        }
        if starts("The number of configurations") {
            return Some(Self::MlAb);
        }
        if starts("Program PWSCF") {
            return Some(Self::PwOutput);
        }
        if starts("CP2K|") || starts("DBCSR|") {
            return Some(Self::Cp2kOutput);
        }
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
    /// Its steps that are no frames to use, in order.
    pub skipped: Vec<Skipped>,
}

/// The frames of a file, in the format given, or that its name says, or that its content looks like.
///
/// # Errors
/// The file does not open, its format is not known, or anything in it is wrong: see [`ReadError`].
pub fn read_structures(path: &Path, format: Option<Format>) -> Result<StructureFile, ReadError> {
    let stream = open_frames(path, format)?;
    let format = stream.format();
    let (mut frames, mut skipped) = (Vec::new(), Vec::new());
    for item in stream {
        match item? {
            Item::Frame(frame) => frames.push(frame),
            Item::Skipped(step) => skipped.push(step),
        }
    }
    Ok(StructureFile { format, frames, skipped })
}

/// The frames of a file one after the other.
pub struct FrameStream {
    format: Format,
    looks_like: Option<Format>,
    items: Items,
}

impl FrameStream {
    /// The format in which the file is read.
    pub fn format(&self) -> Format {
        self.format
    }
}

impl Iterator for FrameStream {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let other = self.looks_like.filter(|other| *other != self.format);
        self.items.next().map(|item| {
            item.map_err(|mut error| {
                if let Some(other) = other {
                    error.help = format!(
                        "the file is read as {}, but it looks like {}: name it so ({})",
                        self.format.name(),
                        other.name(),
                        other.file_names()
                    );
                }
                error
            })
        })
    }
}

/// As [`read_structures`], one frame at a time: memory holds no more than one step of a dump, and no more than the file of a
/// format for single structures. Files compressed with gzip are read as they are.
///
/// # Errors
/// The file does not open or its format is not known; what is wrong in it, the stream says.
pub fn open_frames(path: &Path, format: Option<Format>) -> Result<FrameStream, ReadError> {
    if path.is_dir() {
        return open_folder(path, format);
    }
    let refuse = |error: io::Error| {
        let message = format!("cannot open the file: {error}");
        ReadError::of_file(path, message, "check the path and its permissions")
    };
    let file = File::open(path).map_err(refuse)?;
    let metadata = file.metadata().map_err(refuse)?;
    let mut length = metadata.is_file().then_some(metadata.len());
    let mut input: Box<dyn BufRead> = Box::new(BufReader::with_capacity(1 << 16, file));
    if input.fill_buf().map_err(refuse)?.starts_with(&[0x1f, 0x8b]) {
        // What it unpacks to is not known beforehand.
        length = None;
        input = Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(input)));
    }
    let head = input.fill_buf().map(|head| String::from_utf8_lossy(head).into_owned()).map_err(|error| {
        ReadError::of_file(
            path,
            format!("cannot read the file: {error}"),
            "the file is damaged: copy it again",
        )
    })?;
    let looks_like = Format::of_content(&head);
    let Some(format) = format.or_else(|| Format::of_name(path)).or(looks_like) else {
        return Err(unknown(path));
    };
    Ok(FrameStream { format, looks_like, items: items(format, input, path, length)? })
}

fn open_folder(path: &Path, format: Option<Format>) -> Result<FrameStream, ReadError> {
    if format.is_none_or(|format| format == Format::Deepmd) && dumps::deepmd::is_folder(path) {
        let items = Box::new(dumps::deepmd::Reader::open(path)?);
        return Ok(FrameStream { format: Format::Deepmd, looks_like: None, items });
    }
    let help = "name a file; a folder is read where it is one of deepmd, with type.raw and type_map.raw";
    Err(ReadError::of_file(path, "cannot open the file: it is a folder", help))
}

fn items(
    format: Format,
    input: impl BufRead + 'static,
    path: &Path,
    length: Option<u64>,
) -> Result<Items, ReadError> {
    let one = |frame: Result<SourceFrame, ReadError>| -> Items {
        Box::new(std::iter::once(frame.map(Item::Frame)))
    };
    Ok(match format {
        Format::ExtendedXyz => {
            let frames = extxyz::Reader::of_length(input, path, length).with_lines();
            Box::new(frames.map(|frame| frame.map(|frame| Item::Frame(frame.with_all_missing()))))
        }
        Format::Poscar => one(poscar::read(input, path)),
        Format::Cif => match cif::read(input, path) {
            Ok(frames) => Box::new(frames.into_iter().map(|frame| Ok(Item::Frame(frame)))),
            Err(error) => one(Err(error)),
        },
        Format::LammpsData => one(lammps_data::read(input, path)),
        Format::Outcar => Box::new(dumps::outcar::Reader::new(input, path)),
        Format::Vasprun => Box::new(dumps::vasprun::Reader::new(input, path)),
        Format::MlAb => Box::new(dumps::ml_ab::Reader::new(input, path)),
        Format::Cp2kOutput => Box::new(dumps::cp2k_output::Reader::new(input, path)),
        Format::Cp2kFiles => Box::new(dumps::cp2k_files::Reader::open(path)?),
        Format::PwOutput => Box::new(dumps::pw_output::Reader::new(input, path)),
        #[cfg(feature = "hdf5")]
        Format::DataSet => Box::new(crate::h5md::data_set::Reader::open(path)?),
        #[cfg(not(feature = "hdf5"))]
        Format::DataSet => {
            let help = "build natron with feature hdf5, or hdf5-static";
            return Err(ReadError::of_file(path, "this natron was built without HDF5", help));
        }
        Format::Deepmd => {
            let help = "name the folder that holds type.raw";
            return Err(ReadError::of_file(path, "deepmd's data is a folder, not a file", help));
        }
    })
}

fn unknown(path: &Path) -> ReadError {
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
        (format, _) if !format.is_written() => {
            Err(crate::convert::refused(format!("natron reads {} but does not write it", format.name())))
        }
        (_, frames) => {
            let message = format!("{} holds one frame, not {}", format.name(), frames.len());
            Err(crate::convert::refused(message))
        }
    }
}

/// Writes a file of any number of frames as a whole or not at all; memory holds a few of them.
///
/// # Errors
/// The stream or the disk fails; a frame cannot be written, or the format holds one frame ([`io::ErrorKind::InvalidInput`]).
pub fn write_frames_to(
    path: &Path,
    format: Format,
    frames: &mut dyn Iterator<Item = io::Result<Frame>>,
) -> io::Result<()> {
    match format {
        Format::ExtendedXyz => crate::replace(path, |writer| {
            for frame in frames {
                extxyz::write_frame(writer, &frame?)?;
            }
            Ok(())
        }),
        #[cfg(feature = "hdf5")]
        Format::DataSet => crate::h5md::data_set::write(path, frames),
        _ => Err(crate::convert::refused(format!("{} does not hold any number of frames", format.name()))),
    }
}

/// What of a frame a format cannot hold, in words.
pub fn left_out(format: Format, frame: &Frame) -> Vec<String> {
    match format {
        Format::Poscar => poscar::left_out(frame),
        Format::LammpsData => lammps_data::left_out(frame),
        Format::DataSet => frame.arrays.iter().map(|(name, _)| format!("the column `{name}`")).collect(),
        _ => Vec::new(),
    }
}
