//! CP2K's trajectory files: PROJECT-pos-1.xyz and what lies beside it.
//!
//! | value | file | unit there |
//! |---|---|---|
//! | positions, elements, energy `E` | PROJECT-pos-1.xyz | A, hartree |
//! | forces | PROJECT-frc-1.xyz | hartree/bohr |
//! | cell | PROJECT-1.cell, else `&CELL` of the input (*.inp) or restart that names the project | A |
//! | virial | PROJECT-1.stress, positive under compression | bar |
//!
//! Frames of the files are put together by their step number `i`. These files do not say whether the electronic steps
//! converged: the output does ([`super::cp2k_output`]).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use natron_atoms::Mat3;
use natron_atoms::units::{BOHR_A, HARTREE_EV};

use super::cp2k_siblings::{InputCell, XyzFile, XyzFrame, cell_of_project, cells, stresses};
use super::item::Parts;
use super::{Item, Label, Missing};
use crate::ReadError;
use crate::replace::folder_of;

/// An iterator over the frames; after an error it ends.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    positions: XyzFile,
    forces: Option<XyzFile>,
    /// The newest frame of forces, not yet used.
    waiting: Option<XyzFrame>,
    cells: Option<HashMap<i64, Mat3>>,
    stresses: Option<HashMap<i64, Mat3>>,
    input_cell: Option<InputCell>,
    done: bool,
}

/// Project and number of `PROJECT-pos-1.xyz`.
pub(crate) fn project_of(path: &Path) -> Option<(String, String)> {
    let name = path.file_name()?.to_str()?.strip_suffix(".xyz")?;
    let (project, number) = name.rsplit_once("-pos-")?;
    (!project.is_empty()).then(|| (project.to_owned(), number.to_owned()))
}

impl Reader {
    /// Opens a file of positions and what lies beside it.
    ///
    /// # Errors
    /// The name is not `PROJECT-pos-N.xyz`, a file does not open, or there is no cell.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let (project, number) = project_of(path).ok_or_else(|| {
            ReadError::of_file(
                path,
                "the name says no project",
                "name the file of positions PROJECT-pos-1.xyz",
            )
        })?;
        let folder = folder_of(path);
        let beside = |name: String| folder.join(name);
        let forces = beside(format!("{project}-frc-{number}.xyz"));
        let cells = cells(&beside(format!("{project}-{number}.cell")))?;
        let input_cell = if cells.is_some() { None } else { cell_of_project(folder, &project)? };
        if cells.is_none() && input_cell.is_none() {
            let help = format!(
                "put {project}-{number}.cell (MOTION/PRINT/CELL) or the input that names the project {project} beside it"
            );
            return Err(ReadError::of_file(path, "no file says which cell these positions are in", help));
        }
        Ok(Self {
            path: path.to_owned(),
            positions: XyzFile::open(path)?,
            forces: forces.is_file().then(|| XyzFile::open(&forces)).transpose()?,
            waiting: None,
            cells,
            stresses: stresses(&beside(format!("{project}-{number}.stress")))?,
            input_cell,
            done: false,
        })
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        let Some(frame) = self.positions.next()? else { return Ok(None) };
        let line = frame.line;
        let (cell, periodic) = self.cell(&frame)?;
        let forces = self.forces_of(&frame)?;
        let energy_ev = frame.energy_hartree.map(|e| e * HARTREE_EV);
        let pressure = frame.step.and_then(|step| self.stresses.as_ref()?.get(&step).copied());
        let missing = |label, why: &str| Missing { label, line, why: why.to_owned() };
        let parts = Parts {
            line,
            cell: Some(cell),
            periodic,
            species: frame.species,
            positions: frame.vectors,
            energy_ev,
            free_energy_ev: energy_ev,
            forces,
            pressure,
            missing: vec![
                missing(Label::Forces, "no PROJECT-frc-N.xyz beside it with this step"),
                missing(Label::Virial, "no PROJECT-N.stress beside it with this step"),
                missing(Label::Energy, "the comment line has no E"),
            ],
            ..Parts::default()
        };
        parts.frame(&self.path).map(|frame| Some(Item::Frame(frame)))
    }

    fn cell(&self, frame: &XyzFrame) -> Result<([[f64; 3]; 3], [bool; 3]), ReadError> {
        if let Some(InputCell { rows, periodic }) = self.input_cell {
            return Ok((rows, periodic));
        }
        let found = frame.step.and_then(|step| self.cells.as_ref()?.get(&step));
        let rows = found.ok_or_else(|| {
            let message = format!("the file of cells has no step {}", frame.step.unwrap_or(0));
            ReadError::at(&self.path, frame.line, 1, message, "print cells and positions at the same steps")
        })?;
        Ok((std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)])), [true; 3]))
    }

    /// The forces of the same step: both files go forward.
    fn forces_of(&mut self, frame: &XyzFrame) -> Result<Option<Vec<natron_atoms::Vec3>>, ReadError> {
        let Some(file) = &mut self.forces else { return Ok(None) };
        let mut next = match self.waiting.take() {
            Some(waiting) => Some(waiting),
            None => file.next()?,
        };
        while let Some(forces) = next {
            if forces.step == frame.step {
                if forces.species != frame.species {
                    let message = format!("the forces of line {} are of other atoms", forces.line);
                    return Err(ReadError::at(
                        &self.path,
                        frame.line,
                        1,
                        message,
                        "do both files come from one run?",
                    ));
                }
                return Ok(Some(forces.vectors.iter().map(|f| f * (HARTREE_EV / BOHR_A)).collect()));
            }
            if forces.step > frame.step {
                self.waiting = Some(forces);
                return Ok(None);
            }
            next = file.next()?;
        }
        Ok(None)
    }
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
