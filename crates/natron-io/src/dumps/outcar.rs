//! VASP's OUTCAR.
//!
//! | value | where |
//! |---|---|
//! | elements | `TITEL` of each POTCAR, with `ions per type` |
//! | cell | `direct lattice vectors` |
//! | positions, forces | table `POSITION  TOTAL-FORCE` |
//! | free energy | `free  energy   TOTEN` of the block `FREE ENERGIE` |
//! | energy | `energy(sigma->0)` of the same block |
//! | virial | `in kB` below `FORCE on cell`: positive under compression, xx yy zz xy yz zx |
//!
//! A step counts as converged where VASP says that EDIFF is reached, within NELM electronic steps; VASP 5 says so also where
//! NELM ends them, so that there the last change must be below EDIFF. Steps of a machine-learned force field (`ML TOTEN`) are
//! skipped; where DFT follows for the same positions, that is the step.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::Path;

use natron_atoms::Vec3;
use natron_atoms::units::EV_PER_A3_IN_GPA;

use super::item::{Parts, vasp_tensor};
use super::lines::Lines;
use super::{Item, SkipReason, Skipped, elements};
use crate::ReadError;

/// 1 kB (kbar) in eV/A^3.
pub(super) const KBAR_EV_PER_A3: f64 = 0.1 / EV_PER_A3_IN_GPA;

/// An iterator over the steps of an OUTCAR; after an error it ends.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    cell: Option<[[f64; 3]; 3]>,
    step: Step,
    /// Line of a machine-learned step that DFT may still confirm.
    learned: Option<usize>,
    ready: VecDeque<Item>,
    done: bool,
}

/// What is said once.
#[derive(Debug, Default)]
struct Header {
    elements: Vec<natron_atoms::Species>,
    counts: Vec<usize>,
    atoms: Option<usize>,
    nelm: Option<usize>,
    ediff: Option<f64>,
}

/// What is said of each step.
#[derive(Debug, Default)]
struct Step {
    line: usize,
    electronic: usize,
    reached: bool,
    change_ev: Option<f64>,
    stress_kbar: Option<[f64; 6]>,
    /// Below `FORCE on cell`; `Some(true)` below that of a machine-learned step.
    in_stress: Option<bool>,
    positions: Vec<Vec3>,
    forces: Vec<Vec3>,
    toten_ev: Option<f64>,
}

impl<R: BufRead> Reader<R> {
    /// Reads from a stream; `path` names it in errors.
    pub fn new(input: R, path: &Path) -> Self {
        Self {
            lines: Lines::new(input, path),
            header: Header::default(),
            cell: None,
            step: Step::default(),
            learned: None,
            ready: VecDeque::new(),
            done: false,
        }
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if !self.lines.advance()? {
                return Ok(self.end());
            }
            self.line()?;
        }
    }

    fn line(&mut self) -> Result<(), ReadError> {
        let line = self.lines.text();
        let text = line.trim_start();
        if text.starts_with("direct lattice vectors") {
            self.cell = Some(self.lines.three_rows("the lattice vectors")?);
        } else if text.starts_with("POSITION") && text.contains("TOTAL-FORCE") {
            self.table(text.contains("(ML)"))?;
        } else if text.starts_with("FORCE on cell") || text.starts_with("ML FORCE on cell") {
            self.step.in_stress = Some(text.starts_with("ML"));
        } else if let Some(numbers) = text.strip_prefix("in kB") {
            if self.step.in_stress.take() == Some(false) {
                self.step.stress_kbar = Some(self.lines.first(numbers, "the stress")?);
            }
        } else if text.starts_with("ML FREE ENERGIE") {
            self.end_learned();
        } else if text.starts_with("free  energy   TOTEN") {
            self.step.toten_ev = Some(self.lines.after_equals("the free energy")?);
        } else if text.starts_with("energy  without entropy") && self.step.toten_ev.is_some() {
            let (_, last) = text.rsplit_once('=').unwrap_or_default();
            let [energy] = self.lines.first(last, "energy(sigma->0)")?;
            self.end_step(energy)?;
        } else if text.starts_with('-') && text.contains(" Iteration ") {
            if self.step.electronic == 0 {
                self.step.line = self.lines.number();
            }
            self.step.electronic += 1;
        } else if text.contains("aborting loop because EDIFF is reached") {
            self.step.reached = true;
        } else if text.starts_with("total energy-change (2. order)") {
            let text = text.replace([':', '(', ')'], " ");
            let (_, numbers) = text.split_once("order").unwrap_or_default();
            // The change itself, and that of the bands where it is given.
            let changes: Vec<f64> = numbers.split_whitespace().filter_map(crate::number::real).collect();
            self.step.change_ev = changes.into_iter().map(f64::abs).reduce(f64::max);
        } else {
            self.header_line()?;
        }
        Ok(())
    }

    fn header_line(&mut self) -> Result<(), ReadError> {
        let text = self.lines.text().trim_start();
        if let Some(title) = text.strip_prefix("TITEL") {
            // PAW_PBE Na_pv 19Sep2006; very old ones: Na 2Jan1998
            let words: Vec<&str> = title.split_whitespace().skip(1).collect();
            let label = if words.len() > 1 { words[1] } else { words.first().copied().unwrap_or_default() };
            let element =
                elements::of_label(label).or_else(|| words.first().and_then(|w| elements::of_label(w)));
            let help = "natron takes elements from the POTCAR titles; vasprun.xml names them by atom";
            self.header
                .elements
                .push(element.ok_or_else(|| self.lines.refuse(format!("`{label}` is no element"), help))?);
        } else if text.starts_with("ions per type") {
            let (_, counts) = text.split_once('=').unwrap_or_default();
            let counts: Option<Vec<usize>> = counts.split_whitespace().map(|w| w.parse().ok()).collect();
            let help = "take vasprun.xml, which names the element of every atom";
            self.header.counts =
                counts.ok_or_else(|| self.lines.refuse("the numbers of ions cannot be read", help))?;
        } else if let Some((_, atoms)) = text.split_once("NIONS =") {
            self.header.atoms = atoms.trim().parse().ok();
        } else if self.header.nelm.is_none()
            && let Some(nelm) = text.strip_prefix("NELM ")
        {
            let digits = nelm.trim_start_matches([' ', '=']).split(|c: char| !c.is_ascii_digit()).next();
            self.header.nelm = digits.and_then(|digits| digits.parse().ok());
        } else if self.header.ediff.is_none()
            && let Some(ediff) = text.strip_prefix("EDIFF ")
        {
            let word = ediff.trim_start_matches([' ', '=']).split_whitespace().next();
            self.header.ediff = word.and_then(crate::number::real);
        }
        Ok(())
    }

    /// The table of positions and forces, to its second dashed line.
    fn table(&mut self, learned: bool) -> Result<(), ReadError> {
        let what = "the table of positions and forces";
        self.lines.expect(what)?;
        let (mut positions, mut forces) = (Vec::new(), Vec::new());
        loop {
            let line = self.lines.expect(what)?;
            if line.trim_start().starts_with("---") {
                break;
            }
            let [x, y, z, fx, fy, fz] = self.lines.first(self.lines.text(), "positions and forces")?;
            positions.push(Vec3::new(x, y, z));
            forces.push(Vec3::new(fx, fy, fz));
        }
        if !learned {
            (self.step.positions, self.step.forces) = (positions, forces);
        }
        Ok(())
    }

    /// A step of the machine-learned force field is over: DFT may follow.
    fn end_learned(&mut self) {
        self.flush_learned();
        self.learned = Some(self.lines.number());
        self.step = Step::default();
    }

    fn flush_learned(&mut self) {
        if let Some(line) = self.learned.take() {
            let text = "energy and forces come from VASP's machine-learned force field".to_owned();
            self.ready.push_back(Item::Skipped(Skipped { line, reason: SkipReason::MachineLearned, text }));
        }
    }

    fn end_step(&mut self, energy_ev: f64) -> Result<(), ReadError> {
        self.learned = None;
        let mut step = std::mem::take(&mut self.step);
        step.line = if step.line == 0 { self.lines.number() } else { step.line };
        let item = match self.refused(&step) {
            Some((reason, text)) => Item::Skipped(Skipped { line: step.line, reason, text }),
            None => Item::Frame(self.frame(step, energy_ev)?),
        };
        self.ready.push_back(item);
        Ok(())
    }

    fn refused(&self, step: &Step) -> Option<(SkipReason, String)> {
        if !self.converged(step) {
            let text = match self.header.nelm {
                Some(nelm) if step.electronic >= nelm => {
                    format!("EDIFF was not reached within NELM = {nelm} electronic steps")
                }
                _ => format!("stopped after {} electronic steps before EDIFF was reached", step.electronic),
            };
            return Some((SkipReason::Unconverged, text));
        }
        let text = "no table of positions and forces: VASP prints it for every step with NWRITE = 2 or 3; vasprun.xml has it";
        step.positions.is_empty().then(|| (SkipReason::Incomplete, text.to_owned()))
    }

    fn converged(&self, step: &Step) -> bool {
        let all_used = self.header.nelm.is_some_and(|nelm| step.electronic >= nelm);
        let small = self.header.ediff.zip(step.change_ev).is_some_and(|(ediff, change)| change <= ediff);
        step.reached && (!all_used || small)
    }

    fn frame(&self, step: Step, energy_ev: f64) -> Result<crate::SourceFrame, ReadError> {
        let parts = Parts {
            line: step.line,
            cell: Some(self.cell.ok_or_else(|| {
                self.lines
                    .refuse("no lattice vectors before this step", "the beginning of the file is missing")
            })?),
            periodic: [true; 3],
            species: self.species(step.positions.len())?,
            positions: step.positions,
            energy_ev: Some(energy_ev),
            free_energy_ev: step.toten_ev,
            forces: Some(step.forces),
            pressure: step.stress_kbar.map(|kbar| vasp_tensor(kbar) * KBAR_EV_PER_A3),
            ..Parts::default()
        };
        parts.frame(self.lines.path())
    }

    /// The elements, once it is known how many rows there are.
    fn species(&self, rows: usize) -> Result<Vec<natron_atoms::Species>, ReadError> {
        let Header { elements, counts, atoms, .. } = &self.header;
        let sum = counts.iter().try_fold(0_usize, |sum, n| sum.checked_add(*n));
        if sum != Some(rows) || atoms.is_some_and(|atoms| atoms != rows) || elements.len() < counts.len() {
            let message = format!(
                "{rows} atoms in the table, but {} titles of POTCAR and `ions per type` = {counts:?}",
                elements.len()
            );
            let help = "the file is damaged, or its numbers run into each other: vasprun.xml names the element of every atom";
            return Err(self.lines.refuse(message, help));
        }
        let pairs = elements.iter().zip(counts);
        Ok(pairs.flat_map(|(element, n)| std::iter::repeat_n(*element, *n)).collect())
    }

    /// What is left where the file ends.
    fn end(&mut self) -> Option<Item> {
        self.flush_learned();
        let step = std::mem::take(&mut self.step);
        if step.electronic > 0 {
            let text = "the file ends before the energy of this step".to_owned();
            let line = step.line;
            self.ready.push_back(Item::Skipped(Skipped { line, reason: SkipReason::Incomplete, text }));
        }
        self.ready.pop_front()
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Item, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let outcome = self.read().transpose();
        self.done = matches!(outcome, Some(Err(_)));
        outcome
    }
}
