//! CP2K's output: energy and force runs, molecular dynamics, relaxations.
//!
//! | value | where | unit there |
//! |---|---|---|
//! | cell | `CELL| Vector a`; with changing cells PROJECT-1.cell beside the output | A |
//! | positions, elements | PROJECT-pos-1.xyz beside the output, else `ATOMIC COORDINATES` | A |
//! | energy | `ENERGY| Total FORCE_EVAL`: with smearing it holds the entropy term | hartree |
//! | forces | `ATOMIC FORCES in [a.u.]`, `FORCES| Atomic forces [hartree/bohr]`, else PROJECT-frc-1.xyz | hartree/bohr |
//! | virial | `STRESS TENSOR [GPa]`, `STRESS| Analytical stress tensor`: positive under compression | GPa, bar |
//!
//! The output of a run prints coordinates once and an energy for every evaluation: the frame of PROJECT-pos-1.xyz with the
//! same energy holds its positions. An evaluation without one (a line search) is skipped. `SCF run NOT converged`, or an
//! outer loop that failed, is not a label.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use natron_atoms::units::{BOHR_A, EV_PER_A3_IN_GPA, HARTREE_EV};
use natron_atoms::{Mat3, Species, Vec3};

use super::cp2k_siblings::{ByEnergy, cells};
use super::item::Parts;
use super::lines::Lines;
use super::{Item, SkipReason, Skipped, elements};
use crate::ReadError;
use crate::replace::folder_of;

/// An iterator over the evaluations of an output; after an error it ends.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    folder: PathBuf,
    project: Option<String>,
    siblings: Option<Siblings>,
    cell: [Option<[f64; 3]>; 3],
    changing_cell: bool,
    /// Coordinates that the output printed and no evaluation has used yet.
    coordinates: Option<(Vec<Species>, Vec<Vec3>)>,
    /// What is said before the energy of an evaluation.
    failed: bool,
    open: Option<Evaluation>,
    done: bool,
}

#[derive(Debug)]
struct Siblings {
    positions: Option<ByEnergy>,
    forces: Option<ByEnergy>,
    cells: Option<HashMap<i64, Mat3>>,
}

#[derive(Debug)]
struct Evaluation {
    line: usize,
    energy_hartree: f64,
    failed: bool,
    forces: Option<Vec<Vec3>>,
    pressure: Option<Mat3>,
}

impl<R: BufRead> Reader<R> {
    /// Reads from a stream; `path` names it in errors, and in its folder the other files of the run are looked for.
    pub fn new(input: R, path: &Path) -> Self {
        Self {
            lines: Lines::new(input, path),
            folder: folder_of(path).to_owned(),
            project: None,
            siblings: None,
            cell: [None; 3],
            changing_cell: false,
            coordinates: None,
            failed: false,
            open: None,
            done: false,
        }
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        while self.lines.advance()? {
            if self.lines.text().trim_start().starts_with("ENERGY| Total FORCE_EVAL") {
                let [energy_hartree] = self.last_number("the energy")?;
                let failed = std::mem::take(&mut self.failed);
                let line = self.lines.number();
                let next = Evaluation { line, energy_hartree, failed, forces: None, pressure: None };
                if let Some(before) = self.open.replace(next) {
                    return self.item(before).map(Some);
                }
            } else {
                self.line()?;
            }
        }
        if self.failed {
            let (line, text) =
                (self.lines.number().max(1), "the file ends after an SCF run that did not converge");
            self.failed = false;
            if self.open.is_none() {
                let skipped = Skipped { line, reason: SkipReason::Unconverged, text: text.to_owned() };
                return Ok(Some(Item::Skipped(skipped)));
            }
        }
        self.open.take().map(|last| self.item(last)).transpose()
    }

    fn line(&mut self) -> Result<(), ReadError> {
        let text = self.lines.text().trim_start();
        if let Some(rest) = text.strip_prefix("CELL| Vector ") {
            let which = ["a", "b", "c"].iter().position(|name| rest.starts_with(name));
            let (_, numbers) = rest.split_once(']').unwrap_or_default();
            let numbers = self.lines.first(numbers.trim_start_matches(':'), "a cell vector")?;
            if let Some(k) = which {
                self.cell[k] = Some(numbers);
            }
        } else if text.starts_with("GLOBAL| Project name") {
            self.project = text.split_whitespace().last().map(str::to_owned);
        } else if text.starts_with("MD| Ensemble") || text.starts_with("GLOBAL| Run type") {
            self.changing_cell |= text.contains("NPT") || text.contains("NPE");
        } else if text.contains("SCF run NOT converged") || text.contains("SCF loop FAILED to converge") {
            self.failed = true;
        } else if text.contains("outer SCF loop converged") {
            self.failed = false;
        } else if text.to_uppercase().contains("ATOMIC COORDINATES IN ANGSTROM") {
            self.table_of_coordinates()?;
        } else if text.starts_with("ATOMIC FORCES in") {
            self.forces("[a.u.]", 3)?;
        } else if text.starts_with("FORCES| Atomic forces") {
            self.forces("[hartree/bohr]", 2)?;
        } else if text.starts_with("STRESS TENSOR [")
            || text.starts_with("STRESS| Analytical stress tensor [")
        {
            self.stress()?;
        }
        Ok(())
    }

    fn last_number(&self, what: &str) -> Result<[f64; 1], ReadError> {
        let last = self.lines.text().split_whitespace().last().unwrap_or_default();
        self.lines.first(last, what)
    }

    /// `1  1 Fe  26  0.0  0.0  1.99  16.00  55.845` below a heading and a blank line.
    fn table_of_coordinates(&mut self) -> Result<(), ReadError> {
        let (mut species, mut positions) = (Vec::new(), Vec::new());
        while self.lines.advance()? {
            let words: Vec<&str> = self.lines.text().split_whitespace().collect();
            let is_row = words.first().is_some_and(|word| word.parse::<usize>().is_ok()) && words.len() >= 7;
            if !is_row {
                if positions.is_empty() && (words.is_empty() || words[0] == "Atom") {
                    continue;
                }
                self.lines.stay();
                break;
            }
            let number = words[3].parse().ok().and_then(Species::from_number);
            let element = number.or_else(|| elements::of_label(words[2]));
            let element = element.ok_or_else(|| {
                self.lines.refuse(format!("`{}` is no element", words[2]), "the file is damaged here")
            })?;
            positions.push(self.lines.vector_at(4, "coordinates")?);
            species.push(element);
        }
        self.coordinates = Some((species, positions)).filter(|(_, positions)| !positions.is_empty());
        Ok(())
    }

    /// Rows of forces: `skip` words before the numbers.
    fn forces(&mut self, unit: &str, skip: usize) -> Result<(), ReadError> {
        if !self.lines.text().contains(unit) {
            let help = format!("print forces in {unit}, the default");
            return Err(self.lines.refuse("forces in an unknown unit", help));
        }
        let mut forces = Vec::new();
        while self.lines.advance()? {
            let text = self.lines.text().trim_start();
            let words: Vec<&str> = text.split_whitespace().collect();
            let index = if skip == 2 { words.get(1) } else { words.first() };
            if index.is_none_or(|word| word.parse::<usize>().is_err()) {
                let heading = words.is_empty()
                    || words[0] == "#"
                    || words.get(1) == Some(&"Atom")
                    || words == ["FORCES|"];
                if heading && forces.is_empty() {
                    continue;
                }
                self.lines.stay();
                break;
            }
            let force = self.lines.vector_at(skip, "a force")?;
            forces.push(force * (HARTREE_EV / BOHR_A));
        }
        if let Some(open) = &mut self.open {
            open.forces = Some(forces);
        }
        Ok(())
    }

    fn stress(&mut self) -> Result<(), ReadError> {
        let heading = self.lines.text().to_lowercase();
        let unit = if heading.contains("[gpa]") {
            1.0 / EV_PER_A3_IN_GPA
        } else if heading.contains("[bar]") {
            1e-4 / EV_PER_A3_IN_GPA
        } else {
            return Err(self.lines.refuse("a stress in an unknown unit", "print the stress in GPa or bar"));
        };
        let mut rows = [[0.0; 3]; 3];
        let mut found = 0;
        while found < 3 {
            let text = self.lines.expect("the stress tensor")?.replace("STRESS|", "");
            let words: Vec<&str> = text.split_whitespace().collect();
            if let ["X" | "Y" | "Z" | "x" | "y" | "z", numbers @ ..] = words.as_slice()
                && numbers.len() == 3
                && !matches!(numbers[0], "y" | "Y")
            {
                rows[found] = self.lines.first(&numbers.join(" "), "the stress")?;
                found += 1;
            } else if !words.is_empty() && found > 0 {
                return Err(self
                    .lines
                    .refuse("a row of the stress tensor is missing", "the file is damaged here"));
            }
        }
        if let Some(open) = &mut self.open {
            open.pressure = Some(Mat3::from_fn(|i, j| rows[i][j] * unit));
        }
        Ok(())
    }

    fn open_siblings(&mut self) -> Result<(), ReadError> {
        if self.siblings.is_none() {
            let project = self.project.clone().unwrap_or_else(|| "PROJECT".to_owned());
            let beside = |name: String| self.folder.join(name);
            self.siblings = Some(Siblings {
                positions: ByEnergy::open(&beside(format!("{project}-pos-1.xyz")))?,
                forces: ByEnergy::open(&beside(format!("{project}-frc-1.xyz")))?,
                cells: cells(&beside(format!("{project}-1.cell")))?,
            });
        }
        Ok(())
    }

    fn item(&mut self, evaluation: Evaluation) -> Result<Item, ReadError> {
        self.open_siblings()?;
        let line = evaluation.line;
        let skipped = |reason, text: &str| Ok(Item::Skipped(Skipped { line, reason, text: text.to_owned() }));
        let siblings = self.siblings.as_mut().expect("opened above");
        let written = match &mut siblings.positions {
            Some(file) => file.take(evaluation.energy_hartree)?,
            None => None,
        };
        let printed = self.coordinates.take();
        if evaluation.failed {
            return skipped(SkipReason::Unconverged, "CP2K says that the SCF run did not converge");
        }
        let step = written.as_ref().and_then(|frame| frame.step);
        let Some((species, positions)) = written.map(|frame| (frame.species, frame.vectors)).or(printed)
        else {
            let text = "its positions are neither printed nor in PROJECT-pos-1.xyz beside the output";
            return skipped(SkipReason::Incomplete, text);
        };
        let mut forces = evaluation.forces;
        if let (None, Some(file)) = (&forces, &mut siblings.forces) {
            let read = file.take(evaluation.energy_hartree)?;
            forces = read.map(|frame| frame.vectors.iter().map(|f| f * (HARTREE_EV / BOHR_A)).collect());
        }
        let energy_ev = evaluation.energy_hartree * HARTREE_EV;
        let parts = Parts {
            line,
            cell: Some(self.cell_of(step, line)?),
            periodic: [true; 3],
            species,
            positions,
            energy_ev: Some(energy_ev),
            free_energy_ev: Some(energy_ev),
            forces,
            pressure: evaluation.pressure,
            ..Parts::default()
        };
        parts.frame(self.lines.path()).map(Item::Frame)
    }

    fn cell_of(&self, step: Option<i64>, line: usize) -> Result<[[f64; 3]; 3], ReadError> {
        let cells = self.siblings.as_ref().and_then(|s| s.cells.as_ref());
        if let Some(rows) = cells.zip(step).and_then(|(cells, step)| cells.get(&step)) {
            return Ok(std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)])));
        }
        let refuse = |message: &str, help: &str| ReadError::at(self.lines.path(), line, 1, message, help);
        if self.changing_cell {
            let help = "print MOTION/PRINT/CELL and put PROJECT-1.cell beside the output";
            return Err(refuse("the cell of this run changes, and no file beside it says how", help));
        }
        match self.cell {
            [Some(a), Some(b), Some(c)] => Ok([a, b, c]),
            _ => Err(refuse("no cell before this evaluation", "the beginning of the output is missing")),
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
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
