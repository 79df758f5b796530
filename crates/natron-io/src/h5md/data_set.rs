//! natron's own file for large sets of frames with labels: HDF5, read as a stream, the frames of any sizes.
//!
//! It stands here and not beside the other formats of frames because it shares with trajectories what guards HDF5: no plugins,
//! no links or data in other files, nothing larger than what is stored.
//!
//! | dataset | shape | content |
//! |---|---|---|
//! | `frame/atoms`, `frame/info_bytes` | `[F]` | atoms, and bytes of `info`, of each frame |
//! | `frame/cell`, `frame/periodic` | `[F, 9]`, `[F, 3]` | vectors as rows, A; 1 where a direction repeats |
//! | `frame/energy`, `frame/free_energy`, `frame/virial` | `[F]`, `[F]`, `[F, 9]` | eV; NaN: none |
//! | `atom/species`, `atom/position` | `[N]`, `[N, 3]` | atomic numbers; A |
//! | `atom/force`, `atom/velocity` | `[N, 3]` | eV/A, A/fs; NaN: none |
//! | `info` | `[B]` | the other keys of each frame as extended XYZ writes them |
//!
//! F frames hold N atoms together, those of a frame one after the other. The root's attributes are `natron_format` =
//! `data-set` and `format` = 1. All numbers are f64: what is read is what was written, but columns natron does not know are
//! left out.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use hdf5_metno::{File, Group, H5Type};
use natron_atoms::{Cell, Frame, Labels, Mat3, Species, Structure, Vec3};

use super::attribute::{self, set_integers, set_string};
use super::layout::extents;
use super::library;
use super::numbers::{Kind, Numbers};
use super::refusal::Refusal;
use super::series::Series;
use super::writer::temporary;
use crate::replace::{folder_of, sync_folder};
use crate::{Item, ReadError, SourceFrame, extxyz};

const NAME: &str = "natron_format";
const VALUE: &str = "data-set";
const FORMAT: i32 = 1;
/// Frames of which cells and energies are read together.
const FRAMES_AT_ONCE: usize = 256;
/// Atoms that are read and written together; a larger frame is on its own.
const ATOMS_AT_ONCE: usize = 16_384;

/// Writes frames as a whole or not at all; memory holds a few.
///
/// # Errors
/// The frames fail, one cannot be kept ([`io::ErrorKind::InvalidInput`]), or the file cannot be written.
pub fn write(path: &Path, frames: &mut dyn Iterator<Item = io::Result<Frame>>) -> io::Result<()> {
    let temporary = temporary(path)?;
    let file = library::builder().create(&temporary)?;
    let mut writer = Writer::create(&file)?;
    for frame in frames {
        writer.push(&frame?)?;
    }
    writer.flush()?;
    drop(writer);
    file.close()?;
    std::fs::File::open(&temporary)?.sync_all()?;
    temporary.persist(path).map_err(|failed| failed.error)?;
    sync_folder(folder_of(path))
}

struct Writer {
    atoms: Series<u32>,
    info_bytes: Series<u32>,
    periodic: Series<u8>,
    /// Cell, energy, free energy, virial.
    of_frame: [Series<f64>; 4],
    species: Series<u8>,
    /// Position, force, velocity.
    of_atom: [Series<f64>; 3],
    info: Series<u8>,
}

impl Writer {
    fn create(file: &File) -> hdf5_metno::Result<Self> {
        set_string(file, NAME, VALUE)?;
        set_integers(file, "format", &[FORMAT])?;
        let (frame, atom) = (file.create_group("frame")?, file.create_group("atom")?);
        Ok(Self {
            atoms: series(&frame, "atoms", &[])?,
            info_bytes: series(&frame, "info_bytes", &[])?,
            periodic: series(&frame, "periodic", &[3])?,
            of_frame: [
                series(&frame, "cell", &[9])?,
                series(&frame, "energy", &[])?,
                series(&frame, "free_energy", &[])?,
                series(&frame, "virial", &[9])?,
            ],
            species: series(&atom, "species", &[])?,
            of_atom: [
                series(&atom, "position", &[3])?,
                series(&atom, "force", &[3])?,
                series(&atom, "velocity", &[3])?,
            ],
            info: series(file, "info", &[])?,
        })
    }

    fn push(&mut self, frame: &Frame) -> io::Result<()> {
        let info = extxyz::info_text(frame)
            .map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
        let (structure, labels) = (&frame.structure, &frame.labels);
        let count = |n: usize| {
            u32::try_from(n)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a frame too large to count"))
        };
        self.atoms.push([count(structure.len())?]);
        self.info_bytes.push([count(info.len())?]);
        self.info.push(info.into_bytes());
        self.periodic.push(structure.cell.periodic().map(u8::from));
        let [cell, energy, free_energy, virial] = &mut self.of_frame;
        cell.push(by_rows(structure.cell.rows()));
        energy.push([labels.energy_ev.unwrap_or(f64::NAN)]);
        free_energy.push([labels.free_energy_ev.unwrap_or(f64::NAN)]);
        virial.push(by_rows(&labels.virial_ev.unwrap_or(Mat3::repeat(f64::NAN))));
        self.species.push(structure.species.iter().map(|s| s.number()));
        let all = [Some(&structure.positions), labels.forces.as_ref(), frame.velocities.as_ref()];
        for (series, vectors) in self.of_atom.iter_mut().zip(all) {
            match vectors {
                Some(vectors) => series.push(vectors.iter().flat_map(|v| [v.x, v.y, v.z])),
                None => series.push(std::iter::repeat_n(f64::NAN, 3 * structure.len())),
            }
        }
        if self.species.rows_waiting() >= ATOMS_AT_ONCE || self.atoms.rows_waiting() >= FRAMES_AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.atoms.write()?;
        self.info_bytes.write()?;
        self.periodic.write()?;
        self.species.write()?;
        self.info.write()?;
        for series in self.of_frame.iter_mut().chain(&mut self.of_atom) {
            series.write()?;
        }
        Ok(())
    }
}

fn series<T: H5Type>(group: &Group, name: &str, row: &[usize]) -> hdf5_metno::Result<Series<T>> {
    let bytes = size_of::<T>() * row.iter().product::<usize>().max(1);
    let chunk = [&[((1 << 16) / bytes).max(1)], row].concat();
    group.new_dataset::<T>().chunk(chunk).shuffle().deflate(1).shape(extents(row)).create(name)?;
    Series::open(group, name)
}

fn by_rows(matrix: &Mat3) -> [f64; 9] {
    std::array::from_fn(|k| matrix[(k / 3, k % 3)])
}

/// An iterator over the frames of a file; after an error it ends.
pub struct Reader {
    path: PathBuf,
    atoms: Numbers,
    info_bytes: Numbers,
    periodic: Numbers,
    of_frame: [Numbers; 4],
    species: Numbers,
    of_atom: [Numbers; 3],
    info: Numbers,
    /// Frames, atoms and bytes of info that have been read.
    frame: usize,
    atom: usize,
    byte: usize,
    /// Atoms and bytes of the frames that come next.
    next: VecDeque<(usize, usize)>,
    ready: VecDeque<SourceFrame>,
    done: bool,
}

/// What is known of a file before it is opened as one of these.
const HELP: &str = "write it anew with natron data convert; natron reads trajectories with natron diffusion";

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// It is no data set of natron, of a newer format, or damaged.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::try_open(path).map_err(|refusal| refusal.of(path))
    }

    fn try_open(path: &Path) -> Result<Self, Refusal> {
        let start = library::start_of(path).map_err(|error| {
            Refusal::new(format!("cannot open the file: {error}"), "check the path and its permissions")
        })?;
        if !start.starts_with(library::SIGNATURE) {
            return Err(Refusal::new("this is no HDF5 file", HELP));
        }
        let file = library::open_to_read(path, &start)?.file;
        if attribute::string(&file, NAME)?.as_deref() != Some(VALUE) {
            return Err(Refusal::new("an HDF5 file, but no data set of natron", HELP));
        }
        match attribute::number(&file, "format")? {
            Some(format) if format <= f64::from(FORMAT) => (),
            Some(format) => {
                let message = format!("a data set of format {format}; this natron reads up to {FORMAT}");
                return Err(Refusal::new(message, "take a newer natron"));
            }
            None => return Err(Refusal::new("a data set without its format number", HELP)),
        }
        let open = |name: &str, kind: Kind, row: &[usize]| -> Result<Numbers, Refusal> {
            let numbers = Numbers::open(&file, name, kind)?
                .ok_or_else(|| Refusal::new(format!("`{name}` is missing"), HELP))?;
            if numbers.shape.get(1..) != Some(row) {
                return Err(numbers.refusal("has the wrong shape", HELP));
            }
            Ok(numbers)
        };
        let reader = Self {
            path: path.to_owned(),
            atoms: open("frame/atoms", Kind::Integer, &[])?,
            info_bytes: open("frame/info_bytes", Kind::Integer, &[])?,
            periodic: open("frame/periodic", Kind::Integer, &[3])?,
            of_frame: [
                open("frame/cell", Kind::Real, &[9])?,
                open("frame/energy", Kind::Real, &[])?,
                open("frame/free_energy", Kind::Real, &[])?,
                open("frame/virial", Kind::Real, &[9])?,
            ],
            species: open("atom/species", Kind::Integer, &[])?,
            of_atom: [
                open("atom/position", Kind::Real, &[3])?,
                open("atom/force", Kind::Real, &[3])?,
                open("atom/velocity", Kind::Real, &[3])?,
            ],
            info: open("info", Kind::Integer, &[])?,
            frame: 0,
            atom: 0,
            byte: 0,
            next: VecDeque::new(),
            ready: VecDeque::new(),
            done: false,
        };
        reader.check_rows()?;
        Ok(reader)
    }

    fn check_rows(&self) -> Result<(), Refusal> {
        let (frames, atoms) = (self.atoms.rows(), self.species.rows());
        let of_frame = [&self.info_bytes, &self.periodic].into_iter().chain(&self.of_frame);
        let wrong = of_frame.map(|n| (n, frames)).chain(self.of_atom.iter().map(|n| (n, atoms)));
        match wrong.into_iter().find(|(numbers, rows)| numbers.rows() != *rows) {
            Some((numbers, rows)) => {
                Err(numbers.refusal(&format!("has not {rows} rows as the others"), HELP))
            }
            None => Ok(()),
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.atoms.rows()
    }

    fn read(&mut self) -> Result<Option<SourceFrame>, Refusal> {
        if self.ready.is_empty() {
            self.read_run()?;
        }
        Ok(self.ready.pop_front())
    }

    /// Frames of some ten thousand atoms, or one that is larger.
    fn read_run(&mut self) -> Result<(), Refusal> {
        let first = self.frame + self.ready.len();
        if self.next.is_empty() && first < self.frames() {
            let to = (first + FRAMES_AT_ONCE).min(self.frames());
            let atoms = self.atoms.read_rows::<u32>(first, to)?;
            let bytes = self.info_bytes.read_rows::<u32>(first, to)?;
            self.next = atoms.into_iter().zip(bytes).map(|(a, b)| (a as usize, b as usize)).collect();
        }
        let (mut frames, mut atoms, mut bytes) = (0, 0_usize, 0_usize);
        for (a, b) in &self.next {
            if frames > 0 && atoms.saturating_add(*a) > ATOMS_AT_ONCE {
                break;
            }
            (frames, atoms, bytes) = (frames + 1, atoms.saturating_add(*a), bytes.saturating_add(*b));
        }
        if frames == 0 {
            return Ok(());
        }
        let (last_atom, last_byte) = (self.atom.saturating_add(atoms), self.byte.saturating_add(bytes));
        if last_atom > self.species.rows() || last_byte > self.info.rows() {
            return Err(self.atoms.refusal("counts more atoms or text than there are", HELP));
        }
        let run = Run {
            species: self.species.read_rows(self.atom, last_atom)?,
            positions: self.of_atom[0].read_finite(self.atom, last_atom)?,
            forces: self.of_atom[1].read_rows(self.atom, last_atom)?,
            velocities: self.of_atom[2].read_rows(self.atom, last_atom)?,
            cells: self.of_frame[0].read_finite(first, first + frames)?,
            energies: self.of_frame[1].read_rows(first, first + frames)?,
            free_energies: self.of_frame[2].read_rows(first, first + frames)?,
            virials: self.of_frame[3].read_rows(first, first + frames)?,
            periodic: self.periodic.read_rows(first, first + frames)?,
            info: self.info.read_rows(self.byte, last_byte)?,
        };
        let (mut atom, mut byte) = (0, 0);
        for k in 0..frames {
            let (a, b) = self.next.pop_front().expect("as many were counted above");
            let frame = run.frame(k, atom..atom + a, byte..byte + b).map_err(|message| {
                Refusal::new(format!("frame {} (counted from 0): {message}", first + k), HELP)
            })?;
            self.ready.push_back(SourceFrame::new(frame, first + k + 1).with_all_missing());
            (atom, byte) = (atom + a, byte + b);
        }
        (self.atom, self.byte) = (last_atom, last_byte);
        Ok(())
    }
}

/// Some frames as they are stored.
struct Run {
    species: Vec<u8>,
    positions: Vec<f64>,
    forces: Vec<f64>,
    velocities: Vec<f64>,
    cells: Vec<f64>,
    energies: Vec<f64>,
    free_energies: Vec<f64>,
    virials: Vec<f64>,
    periodic: Vec<u8>,
    info: Vec<u8>,
}

impl Run {
    fn frame(
        &self,
        k: usize,
        atoms: std::ops::Range<usize>,
        info: std::ops::Range<usize>,
    ) -> Result<Frame, String> {
        let element = |z: &u8| Species::from_number(*z).ok_or_else(|| format!("{z} is no atomic number"));
        let species = self.species[atoms.clone()].iter().map(element).collect::<Result<_, _>>()?;
        let of_atoms = 3 * atoms.start..3 * atoms.end;
        let cell = &self.cells[9 * k..9 * k + 9];
        let rows = std::array::from_fn(|i| std::array::from_fn(|j| cell[3 * i + j]));
        let periodic = std::array::from_fn(|j| self.periodic[3 * k + j] != 0);
        let cell = Cell::new(rows, periodic).map_err(|error| error.to_string())?;
        let structure = Structure::new(cell, species, vectors(&self.positions[of_atoms.clone()]))
            .map_err(|error| error.to_string())?;
        let mut frame = Frame::new(structure);
        let virial = known(&self.virials[9 * k..9 * k + 9])?;
        frame.labels = Labels {
            energy_ev: known(&self.energies[k..=k])?.map(|e| e[0]),
            free_energy_ev: known(&self.free_energies[k..=k])?.map(|e| e[0]),
            forces: known(&self.forces[of_atoms.clone()])?.map(vectors),
            virial_ev: virial.map(Mat3::from_row_slice),
        };
        frame.velocities = known(&self.velocities[of_atoms])?.map(vectors);
        let text = std::str::from_utf8(&self.info[info]).map_err(|error| error.to_string())?;
        frame.info = extxyz::info_of_text(text)?;
        Ok(frame)
    }
}

/// Numbers that are all there, or all NaN, which means none.
fn known(values: &[f64]) -> Result<Option<&[f64]>, String> {
    if values.iter().all(|x| x.is_finite()) {
        return Ok((!values.is_empty()).then_some(values));
    }
    if values.iter().all(|x| x.is_nan()) { Ok(None) } else { Err("a number that is not finite".to_owned()) }
}

fn vectors(values: &[f64]) -> Vec<Vec3> {
    values.chunks_exact(3).map(|v| Vec3::new(v[0], v[1], v[2])).collect()
}

impl Iterator for Reader {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let outcome = self.read();
        if matches!(outcome, Ok(Some(_))) {
            self.frame += 1;
        } else {
            self.done = true;
        }
        outcome.map(|frame| frame.map(Item::Frame)).map_err(|refusal| refusal.of(&self.path)).transpose()
    }
}
