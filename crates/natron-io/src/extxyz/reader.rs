//! Frames from a stream of lines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use natron_atoms::{AtomArray, Frame, Species, Structure, Vec3};

use super::header::{self, Header};
use super::properties::{self, Kind, Property, Role};
use crate::error::LineError;
use crate::{ReadError, SourceFrame, number};

/// An iterator over the frames of extended XYZ; after an error it ends.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    path: PathBuf,
    /// Bytes of the file not yet read, where its length is known.
    left: Option<u64>,
    line: Vec<u8>,
    number: usize,
    /// Line where the newest frame begins.
    start: usize,
    done: bool,
}

impl Reader<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// The file does not open.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let refuse = |error: std::io::Error| {
            ReadError::of_file(
                path,
                format!("cannot open the file: {error}"),
                "check the path and its permissions",
            )
        };
        let file = File::open(path).map_err(refuse)?;
        let metadata = file.metadata().map_err(refuse)?;
        // A pipe has no length to hold counts against.
        let length = metadata.is_file().then_some(metadata.len());
        Ok(Self::of_length(BufReader::with_capacity(1 << 16, file), path, length))
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads from a stream; `path` names it in errors.
    pub fn new(input: R, path: &Path) -> Self {
        Self::of_length(input, path, None)
    }

    /// As [`Reader::new`], for a stream of so many bytes.
    pub(crate) fn of_length(input: R, path: &Path, length: Option<u64>) -> Self {
        Self {
            input,
            path: path.to_owned(),
            left: length,
            line: Vec::new(),
            number: 0,
            start: 0,
            done: false,
        }
    }

    /// The frames with the lines they begin at.
    pub fn with_lines(mut self) -> impl Iterator<Item = Result<SourceFrame, ReadError>> {
        std::iter::from_fn(move || {
            let frame = self.next()?;
            Some(frame.map(|frame| SourceFrame::new(frame, self.start)))
        })
    }

    /// Reads the next line; `None` at the end of the file.
    fn next_line(&mut self) -> Result<Option<&str>, ReadError> {
        self.line.clear();
        let read = self.input.read_until(b'\n', &mut self.line).map_err(|error| {
            ReadError::of_file(&self.path, format!("cannot read the file: {error}"), "check the disk")
        })?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.left = self.left.map(|left| left.saturating_sub(read as u64));
        let bytes = self.line.trim_ascii_end();
        let bytes =
            if self.number == 1 { bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) } else { bytes };
        match str::from_utf8(bytes) {
            Ok(line) => Ok(Some(line)),
            Err(error) => {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).chars().count();
                let message = "a byte that is not UTF-8 text";
                Err(ReadError::at(
                    &self.path,
                    self.number,
                    valid + 1,
                    message,
                    "save the file as UTF-8, uncompressed",
                ))
            }
        }
    }

    fn error(&self, error: LineError) -> ReadError {
        ReadError::at(&self.path, self.number, error.column, error.message, error.help)
    }

    /// The number of atoms of the next frame; `None` where only blank lines are left.
    fn count(&mut self) -> Result<Option<usize>, ReadError> {
        let outcome = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if line.trim().is_empty() => (),
                Some(line) => {
                    let column = 1 + line.chars().take_while(|c| c.is_whitespace()).count();
                    break line.trim().parse::<usize>().map_err(|_| {
                        let message = format!("expected a number of atoms, found `{}`", shortened(line.trim()));
                        let help = "a frame starts with its number of atoms alone on a line; is the count of the frame before right?";
                        LineError::new(column, message, help)
                    });
                }
            }
        };
        outcome.map(Some).map_err(|error| self.error(error))
    }

    fn frame(&mut self) -> Result<Option<Frame>, ReadError> {
        let Some(atoms) = self.count()? else { return Ok(None) };
        self.start = self.number;
        self.check_count(atoms, 2)?;
        let header = match self.next_line()? {
            None => return Err(self.truncated("the comment line")),
            Some(line) => header::parse(line),
        };
        let header = header.map_err(|error| self.error(error))?;
        let Some(width) = properties::width(&header.properties) else {
            return Err(self.error(LineError::new(
                1,
                "Properties names too many columns",
                "check Properties",
            )));
        };
        self.check_count(atoms, width.saturating_mul(2))?;
        let mut columns = Columns::new(&header.properties);
        for atom in 0..atoms {
            let outcome = match self.next_line()? {
                None => return Err(self.truncated(&format!("atom {} of {atoms}", atom + 1))),
                Some(line) => columns.add(&header.properties, line),
            };
            outcome.map_err(|error| self.error(error))?;
        }
        let at = self.number;
        columns.finish(header).map(Some).map_err(|message| {
            ReadError::at(&self.path, at, 1, message, "this is an error of natron: please report it")
        })
    }

    /// Refuses a count that the rest of the file cannot hold, `bytes` per atom at least.
    fn check_count(&self, atoms: usize, bytes: usize) -> Result<(), ReadError> {
        let needed = (atoms as u64).saturating_mul(bytes as u64);
        match self.left {
            // The last line may lack its line end.
            Some(left) if needed > left.saturating_add(1) => Err(self.error(LineError::new(
                1,
                format!("{atoms} atoms cannot fit in the {left} bytes left of the file"),
                "the file is cut short, or its number of atoms is wrong",
            ))),
            _ => Ok(()),
        }
    }

    fn truncated(&self, expected: &str) -> ReadError {
        let message = format!("the file ends where {expected} should be");
        let help = "the file is cut short, or its number of atoms is wrong";
        ReadError::at(&self.path, self.number + 1, 1, message, help)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Frame, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let outcome = self.frame().transpose();
        self.done = !matches!(outcome, Some(Ok(_)));
        outcome
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['.'; 3]).collect() }
}

/// The atom lines read so far.
struct Columns {
    species: Vec<Species>,
    positions: Vec<Vec3>,
    forces: Option<Vec<Vec3>>,
    velocities: Option<Vec<Vec3>>,
    kept: Vec<AtomArray>,
}

impl Columns {
    fn new(properties: &[Property]) -> Self {
        let has = |role| properties.iter().any(|p| p.role == role).then(Vec::new);
        let empty = |p: &Property| match p.kind {
            Kind::Text => AtomArray::Text { columns: p.columns, values: Vec::new() },
            Kind::Real => AtomArray::Real { columns: p.columns, values: Vec::new() },
            Kind::Int => AtomArray::Int { columns: p.columns, values: Vec::new() },
            Kind::Bool => AtomArray::Bool { columns: p.columns, values: Vec::new() },
        };
        Self {
            species: Vec::new(),
            positions: Vec::new(),
            forces: has(Role::Force),
            velocities: has(Role::Velocity),
            kept: properties.iter().filter(|p| p.role == Role::Kept).map(empty).collect(),
        }
    }

    /// Adds one atom line.
    fn add(&mut self, properties: &[Property], line: &str) -> Result<(), LineError> {
        let mut words = Words { line, end: 0 };
        let mut kept = self.kept.iter_mut();
        for property in properties {
            match property.role {
                Role::Symbol => self.species.push(words.next(property)?.element()?),
                Role::Number => self.species.push(words.next(property)?.element_of_number()?),
                Role::Position => self.positions.push(words.vector(property)?),
                Role::Force => self.forces.get_or_insert_default().push(words.vector(property)?),
                Role::Velocity => self.velocities.get_or_insert_default().push(words.vector(property)?),
                Role::Kept => {
                    let array = kept.next().expect("one array per kept property");
                    for _ in 0..property.columns {
                        words.next(property)?.push_to(array)?;
                    }
                }
            }
        }
        words.end()
    }

    fn finish(self, header: Header) -> Result<Frame, String> {
        let structure =
            Structure::new(header.cell, self.species, self.positions).map_err(|error| error.to_string())?;
        let mut frame = Frame::new(structure);
        frame.labels = header.labels;
        frame.labels.forces = self.forces;
        frame.velocities = self.velocities;
        frame.info = header.info;
        let names = header.properties.into_iter().filter(|p| p.role == Role::Kept).map(|p| p.name);
        frame.arrays = names.zip(self.kept).collect();
        Ok(frame)
    }
}

/// The words of an atom line.
struct Words<'a> {
    line: &'a str,
    end: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<Word<'a>> {
        let rest = &self.line[self.end..];
        let start = self.end + (rest.len() - rest.trim_start().len());
        let text = self.line[start..].split(char::is_whitespace).next().filter(|w| !w.is_empty())?;
        Some(Word { text, line: self.line, start, name: "" })
    }

    fn next<'n>(&mut self, property: &'n Property) -> Result<Word<'n>, LineError>
    where
        'a: 'n,
    {
        let Some(word) = self.peek() else {
            let column = self.line.chars().count() + 1;
            let message = format!("the line ends where `{}` should be", property.name);
            return Err(LineError::new(
                column,
                message,
                "every atom line needs all columns that Properties names",
            ));
        };
        self.end = word.start + word.text.len();
        Ok(Word { name: &property.name, ..word })
    }

    fn vector(&mut self, property: &Property) -> Result<Vec3, LineError> {
        let mut vector = Vec3::zeros();
        for k in 0..3 {
            vector[k] = self.next(property)?.real()?;
        }
        Ok(vector)
    }

    fn end(&self) -> Result<(), LineError> {
        self.peek().map_or(Ok(()), |word| {
            let help = "name all columns in Properties (plain XYZ has four: element, x, y, z)";
            Err(word.refuse("one word more than there are columns".to_owned(), help))
        })
    }
}

/// A word and where it stands.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    line: &'a str,
    start: usize,
    name: &'a str,
}

impl Word<'_> {
    fn refuse(&self, message: String, help: &str) -> LineError {
        LineError::new(self.line[..self.start].chars().count() + 1, message, help)
    }

    fn real(&self) -> Result<f64, LineError> {
        number::real(self.text).ok_or_else(|| {
            let (message, help) = number::refuse(&format!("`{}`", self.name), self.text);
            self.refuse(message, help)
        })
    }

    /// An element by symbol, or by number as some programs write.
    fn element(&self) -> Result<Species, LineError> {
        let by_number = || self.text.parse().ok().and_then(Species::from_number);
        Species::from_symbol(self.text).or_else(by_number).ok_or_else(|| {
            self.refuse(
                format!("`{}` is no element", self.text),
                "write its symbol, such as Na, with its capital letter",
            )
        })
    }

    fn element_of_number(&self) -> Result<Species, LineError> {
        self.text.parse().ok().and_then(Species::from_number).ok_or_else(|| {
            self.refuse(format!("`{}` is no atomic number", self.text), "write a number from 1 to 118")
        })
    }

    fn push_to(&self, array: &mut AtomArray) -> Result<(), LineError> {
        match array {
            AtomArray::Text { values, .. } => values.push(self.text.to_owned()),
            AtomArray::Real { values, .. } => values.push(self.real()?),
            AtomArray::Int { values, .. } => values.push(self.text.parse().map_err(|_| {
                let message = format!("`{}` is not a whole number: `{}`", self.name, self.text);
                self.refuse(message, "write a whole number, or declare the column R")
            })?),
            AtomArray::Bool { values, .. } => {
                let truth = match self.text {
                    "1" => Some(true),
                    "0" => Some(false),
                    text => number::truth(text),
                };
                values.push(truth.ok_or_else(|| {
                    self.refuse(format!("`{}` is not T or F: `{}`", self.name, self.text), "write T or F")
                })?);
            }
        }
        Ok(())
    }
}
