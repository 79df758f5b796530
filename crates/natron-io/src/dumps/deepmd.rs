//! Folders of deepmd sets, npy or raw: what DeePMD-kit trains on and dpdata writes.
//!
//! | file | content | shape of a frame |
//! |---|---|---|
//! | type.raw, type_map.raw | type of each atom, element of each type | |
//! | box, coord | cell vectors as rows, A; positions, A | 9; 3 n |
//! | energy, force | eV; eV/A | 1; 3 n |
//! | virial | eV, -V stress as everywhere in natron | 9 |
//!
//! `set.*/NAME.npy` in the order of their names, else `NAME.raw` with a frame on each line. A file `nopbc` opens the cell.
//! deepmd does not record which energy of its program `energy` is: it is read as `energy`, not as the free one.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use natron_atoms::{Mat3, Species, Vec3};
use npyz::{DType, NpyFile, NpyReader, TypeChar};

use super::item::Parts;
use super::lines::Lines;
use super::{Item, Label, Missing, elements};
use crate::ReadError;

/// An iterator over the frames of a folder; after an error it ends.
pub struct Reader {
    folder: PathBuf,
    species: Vec<Species>,
    open_cell: bool,
    sets: VecDeque<PathBuf>,
    set: Option<Set>,
    /// Frames read so far.
    frames: usize,
    done: bool,
}

/// The arrays of a set, read side by side.
struct Set {
    cell: Option<Array>,
    positions: Array,
    energy: Option<Array>,
    forces: Option<Array>,
    virial: Option<Array>,
}

/// Frames of one array.
struct Array {
    path: PathBuf,
    frame: usize,
    source: Source,
}

enum Source {
    F32(NpyReader<f32, BufReader<File>>),
    F64(NpyReader<f64, BufReader<File>>),
    Raw(Lines<BufReader<File>>),
}

/// Whether a folder looks like one of deepmd.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.join("type.raw").is_file()
}

impl Reader {
    /// Opens a folder.
    ///
    /// # Errors
    /// A file is missing or does not fit the others.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        if folder.join("set.000/real_atom_types.npy").is_file() {
            let help = "write one folder per composition: dpdata's deepmd/npy instead of deepmd/npy/mixed";
            return Err(ReadError::of_file(folder, "deepmd's mixed type is not read", help));
        }
        let mut sets: Vec<PathBuf> = std::fs::read_dir(folder)
            .map_err(|error| ReadError::of_file(folder, format!("cannot open the folder: {error}"), ""))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_dir() && path.join("coord.npy").is_file())
            .collect();
        sets.sort();
        if sets.is_empty() && folder.join("coord.raw").is_file() {
            sets.push(folder.to_owned());
        }
        if sets.is_empty() {
            let help = "there should be set.000/coord.npy, or coord.raw";
            return Err(ReadError::of_file(folder, "the folder holds no coordinates", help));
        }
        Ok(Self {
            folder: folder.to_owned(),
            species: species(folder)?,
            open_cell: folder.join("nopbc").is_file(),
            sets: sets.into(),
            set: None,
            frames: 0,
            done: false,
        })
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            if self.set.is_none() {
                let Some(folder) = self.sets.pop_front() else { return Ok(None) };
                self.set = Some(self.open_set(&folder)?);
            }
            let set = self.set.as_mut().expect("opened above");
            if let Some(parts) = set.next(self.species.len())? {
                self.frames += 1;
                return self.frame(parts).map(|frame| Some(Item::Frame(frame)));
            }
            self.set = None;
        }
    }

    fn open_set(&self, folder: &Path) -> Result<Set, ReadError> {
        let atoms = self.species.len();
        let find = |name: &str, width: usize| -> Result<Option<Array>, ReadError> {
            let (npy, raw) = (folder.join(format!("{name}.npy")), folder.join(format!("{name}.raw")));
            match (npy.is_file(), raw.is_file()) {
                (true, _) => Array::npy(&npy, width).map(Some),
                (_, true) => Array::raw(&raw).map(Some),
                _ => Ok(None),
            }
        };
        let missing = |name: &str| {
            ReadError::of_file(folder, format!("the set has no {name}"), "copy the folder as a whole")
        };
        let cell = find("box", 9)?;
        if cell.is_none() && !self.open_cell {
            return Err(missing("box"));
        }
        Ok(Set {
            cell,
            positions: find("coord", 3 * atoms)?.ok_or_else(|| missing("coord"))?,
            energy: find("energy", 1)?,
            forces: find("force", 3 * atoms)?,
            virial: find("virial", 9)?,
        })
    }

    fn frame(&self, mut parts: Parts) -> Result<crate::SourceFrame, ReadError> {
        parts.species.clone_from(&self.species);
        // A binary file has no lines: its frames are counted instead.
        parts.line = self.frames;
        parts.periodic = [true; 3];
        if self.open_cell {
            (parts.cell, parts.periodic) = (None, [false; 3]);
        }
        let why = |name: &str| format!("no {name}.npy and no {name}.raw");
        let missing = [(Label::Energy, "energy"), (Label::Forces, "force"), (Label::Virial, "virial")];
        parts.missing = missing
            .into_iter()
            .map(|(label, name)| Missing { label, line: parts.line, why: why(name) })
            .collect();
        parts.frame(&self.folder)
    }
}

impl Set {
    /// The next frame of every array; `None` at the end of all.
    fn next(&mut self, atoms: usize) -> Result<Option<Parts>, ReadError> {
        let Some(positions) = self.positions.next(3 * atoms)? else { return Ok(None) };
        let path = self.positions.path.clone();
        let other = |array: &mut Option<Array>, width: usize| -> Result<Option<Vec<f64>>, ReadError> {
            let Some(array) = array else { return Ok(None) };
            let values = array.next(width)?;
            values.map(Some).ok_or_else(|| {
                let message = format!("ends before {} does", path.display());
                ReadError::of_file(&array.path, message, "the arrays of a set need the same number of frames")
            })
        };
        let vectors =
            |values: Vec<f64>| values.chunks_exact(3).map(|c| Vec3::new(c[0], c[1], c[2])).collect();
        let rows = |v: &[f64]| [[v[0], v[1], v[2]], [v[3], v[4], v[5]], [v[6], v[7], v[8]]];
        let cell = other(&mut self.cell, 9)?.map(|v| rows(&v));
        let energy_ev = other(&mut self.energy, 1)?.map(|v| v[0]);
        let forces = other(&mut self.forces, 3 * atoms)?.map(vectors);
        let virial_ev = other(&mut self.virial, 9)?.map(|v| Mat3::from_row_slice(&v));
        let positions = vectors(positions);
        Ok(Some(Parts { cell, positions, energy_ev, forces, virial_ev, ..Parts::default() }))
    }
}

impl Array {
    fn npy(path: &Path, width: usize) -> Result<Self, ReadError> {
        let refuse = |message: String, help: &str| ReadError::of_file(path, message, help);
        let cannot =
            |error: io::Error| refuse(format!("cannot be read as npy: {error}"), "copy the file again");
        let file = File::open(path).map_err(cannot)?;
        let length = file.metadata().map_err(cannot)?.len();
        let mut input = BufReader::with_capacity(1 << 16, file);
        check_header(&mut input, length).map_err(cannot)?;
        let npy = NpyFile::new(input).map_err(cannot)?;
        let DType::Plain(kind) = npy.dtype() else {
            return Err(refuse("an array of records".to_owned(), "numbers are needed"));
        };
        let (shape, size) = (npy.shape().to_vec(), kind.size_field());
        let numbers = shape.iter().try_fold(1_u64, |product, n| product.checked_mul(*n));
        let fits = numbers.and_then(|n| n.checked_mul(size)).is_some_and(|bytes| bytes <= length);
        let per_frame: u64 = shape.iter().skip(1).product();
        // An energy may be a column of its own.
        if !fits || shape.is_empty() || per_frame.max(1) != width as u64 || npy.order() != npyz::Order::C {
            let message = format!("shape {shape:?} where frames of {width} numbers should be");
            return Err(refuse(message, "the file is cut short, or belongs to another system"));
        }
        let wrong = || refuse(format!("numbers of type {}", kind), "write float32 or float64");
        let source = match (kind.type_char(), size) {
            (TypeChar::Float, 4) => Source::F32(npy.data().map_err(|_| wrong())?),
            (TypeChar::Float, 8) => Source::F64(npy.data().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        };
        Ok(Self { path: path.to_owned(), frame: 0, source })
    }

    fn raw(path: &Path) -> Result<Self, ReadError> {
        let file = File::open(path)
            .map_err(|error| ReadError::of_file(path, format!("cannot open the file: {error}"), ""))?;
        Ok(Self {
            path: path.to_owned(),
            frame: 0,
            source: Source::Raw(Lines::new(BufReader::new(file), path)),
        })
    }

    /// The numbers of the next frame.
    fn next(&mut self, width: usize) -> Result<Option<Vec<f64>>, ReadError> {
        self.frame += 1;
        let values = match &mut self.source {
            Source::F32(npy) => {
                npy.by_ref().take(width).map(|x| x.map(f64::from)).collect::<io::Result<Vec<f64>>>()
            }
            Source::F64(npy) => npy.by_ref().take(width).collect::<io::Result<Vec<f64>>>(),
            Source::Raw(lines) => return raw_frame(lines, width),
        };
        let place = format!("frame {}", self.frame);
        let values = values.map_err(|error| {
            ReadError::of_file(
                &self.path,
                format!("{place}: {error}"),
                "the file is cut short: copy it again",
            )
        })?;
        if values.iter().any(|x| !x.is_finite()) {
            let message = format!("{place} has a number that is not finite");
            return Err(ReadError::of_file(
                &self.path,
                message,
                "remove the frame, or repeat its calculation",
            ));
        }
        Ok(Some(values).filter(|values| values.len() == width))
    }
}

fn raw_frame<R: BufRead>(lines: &mut Lines<R>, width: usize) -> Result<Option<Vec<f64>>, ReadError> {
    if !lines.advance()? || lines.text().trim().is_empty() {
        return Ok(None);
    }
    let values = lines.reals(lines.text(), "a number")?;
    if values.len() == width {
        return Ok(Some(values));
    }
    let message = format!("{} numbers where a frame has {width}", values.len());
    Err(lines.refuse(message, "the line is cut short, or belongs to another system"))
}

/// Headers of numpy are a line of 128 bytes or so.
const LONGEST_HEADER: u64 = 4096;

/// A header may claim any length and any shape; both must fit in the file before anything is made of them.
fn check_header(input: &mut BufReader<File>, length: u64) -> io::Result<()> {
    let head = input.fill_buf()?;
    let number = |at: usize, n: usize| -> Option<u64> {
        Some(head.get(at..at + n)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let (begin, claimed) = match head.get(6) {
        Some(1) => (10, number(8, 2)),
        _ => (12, number(8, 4)),
    };
    let claimed = claimed.filter(|claimed| *claimed < length && *claimed <= LONGEST_HEADER);
    let text = claimed.and_then(|claimed| head.get(begin..begin + claimed as usize));
    let Some(text) = text.map(String::from_utf8_lossy) else {
        return Err(io::Error::other("its header is longer than the file"));
    };
    let shape = text.split_once("shape").and_then(|(_, rest)| rest.split_once('(')?.1.split_once(')'));
    let shape = shape.map_or("", |(shape, _)| shape);
    let sizes =
        shape.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| word.parse::<u64>());
    let numbers = sizes.into_iter().try_fold(1_u64, |product, n| product.checked_mul(n.ok()?));
    match numbers {
        Some(numbers) if numbers <= length => Ok(()),
        _ => Err(io::Error::other(format!("an array of shape ({shape}) does not fit in the file"))),
    }
}

fn small_file(path: &Path) -> Result<String, ReadError> {
    let refuse = |error: io::Error| {
        ReadError::of_file(
            path,
            format!("cannot read the file: {error}"),
            "a deepmd folder has type.raw and type_map.raw",
        )
    };
    let mut text = String::new();
    File::open(path).map_err(refuse)?.take(64 << 20).read_to_string(&mut text).map_err(refuse)?;
    Ok(text)
}

fn species(folder: &Path) -> Result<Vec<Species>, ReadError> {
    let map_path = folder.join("type_map.raw");
    let map = small_file(&map_path)?;
    let element = |name: &str| {
        elements::of_label(name).ok_or_else(|| {
            ReadError::of_file(
                &map_path,
                format!("`{name}` is no element"),
                "write the symbols of the elements",
            )
        })
    };
    let map: Vec<Species> = map.split_whitespace().map(element).collect::<Result<_, _>>()?;
    let path = folder.join("type.raw");
    let types = small_file(&path)?;
    let of_type = |word: &str| {
        word.parse::<usize>().ok().and_then(|k| map.get(k)).copied().ok_or_else(|| {
            let message = format!("`{word}` is no type of type_map.raw, which has {}", map.len());
            ReadError::of_file(&path, message, "types count from 0")
        })
    };
    let species: Vec<Species> = types.split_whitespace().map(of_type).collect::<Result<_, _>>()?;
    if species.is_empty() {
        return Err(ReadError::of_file(&path, "no atoms", "one type for each atom"));
    }
    Ok(species)
}

impl Iterator for Reader {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let outcome = self.read().transpose();
        self.done = !matches!(outcome, Some(Ok(_)));
        outcome
    }
}
