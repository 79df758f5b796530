//! The datasets of a file, and frames out of rows of them.

use std::ops::Range;
use std::path::Path;

use natron_atoms::{Cell, Frame, Labels, Mat3, Species, Structure, Vec3};

use super::{ATOMS_AT_ONCE, FORMAT, NAME, VALUE};
use crate::extxyz;
use crate::h5md::attribute;
use crate::h5md::library;
use crate::h5md::numbers::{Kind, Numbers};
use crate::h5md::refusal::Refusal;

/// What is known of a file before it is opened as one of these.
pub(super) const HELP: &str =
    "write it anew with natron data convert; natron reads trajectories with natron diffusion";

/// Everything of a file, open.
pub(super) struct Columns {
    pub atoms: Numbers,
    pub info_bytes: Numbers,
    periodic: Numbers,
    /// Cell, energy, free energy, virial.
    of_frame: [Numbers; 4],
    species: Numbers,
    /// Position, force, velocity.
    of_atom: [Numbers; 3],
    info: Numbers,
}

/// Where some frames lie, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub frames: Range<usize>,
    pub atoms: Range<usize>,
    /// Of `info`.
    pub bytes: Range<usize>,
}

impl Columns {
    pub fn open(path: &Path) -> Result<Self, Refusal> {
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
        let columns = Self {
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
        };
        columns.check_rows()?;
        Ok(columns)
    }

    fn check_rows(&self) -> Result<(), Refusal> {
        let (frames, atoms) = (self.frames(), self.species.rows());
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

    /// Whether every frame has a free energy.
    pub fn all_have_free_energies(&self) -> Result<bool, Refusal> {
        for first in (0..self.frames()).step_by(ATOMS_AT_ONCE) {
            let values: Vec<f64> =
                self.of_frame[2].read_rows(first, (first + ATOMS_AT_ONCE).min(self.frames()))?;
            if values.iter().any(|energy| energy.is_nan()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// That there are as many atoms and as much text as are counted.
    pub fn check_counts(&self, atoms: usize, bytes: usize) -> Result<(), Refusal> {
        match atoms > self.species.rows() || bytes > self.info.rows() {
            true => Err(self.atoms.refusal("counts more atoms or text than there are", HELP)),
            false => Ok(()),
        }
    }

    /// The rows of some frames.
    pub fn read(&self, span: &Span) -> Result<Run, Refusal> {
        let (atoms, frames, bytes) = (&span.atoms, &span.frames, &span.bytes);
        Ok(Run {
            species: self.species.read_rows(atoms.start, atoms.end)?,
            positions: self.of_atom[0].read_finite(atoms.start, atoms.end)?,
            forces: self.of_atom[1].read_rows(atoms.start, atoms.end)?,
            velocities: self.of_atom[2].read_rows(atoms.start, atoms.end)?,
            cells: self.of_frame[0].read_finite(frames.start, frames.end)?,
            energies: self.of_frame[1].read_rows(frames.start, frames.end)?,
            free_energies: self.of_frame[2].read_rows(frames.start, frames.end)?,
            virials: self.of_frame[3].read_rows(frames.start, frames.end)?,
            periodic: self.periodic.read_rows(frames.start, frames.end)?,
            info: self.info.read_rows(bytes.start, bytes.end)?,
        })
    }

    /// The one frame of a span. What is wrong in it names its number.
    pub fn read_one(&self, span: &Span) -> Result<Frame, Refusal> {
        let (atoms, bytes) = (span.atoms.len(), span.bytes.len());
        let read = self.read(span);
        let frame = read
            .and_then(|run| run.frame(0, 0..atoms, 0..bytes).map_err(|message| Refusal::new(message, HELP)));
        frame.map_err(|refusal| of_frame(span.frames.start, refusal))
    }
}

/// What is wrong, and in which frame.
pub(super) fn of_frame(number: usize, refusal: Refusal) -> Refusal {
    Refusal::new(format!("frame {number} (counted from 0): {}", refusal.message), refusal.help)
}

/// Some frames as they are stored.
pub(super) struct Run {
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
    /// Frame `k` of these, its atoms and its text counted from the first of these.
    pub fn frame(&self, k: usize, atoms: Range<usize>, info: Range<usize>) -> Result<Frame, String> {
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
