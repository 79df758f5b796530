//! VASP's ML_AB and ML_ABN: the DFT results that its on-the-fly learning keeps.
//!
//! | value | section |
//! |---|---|
//! | elements | `Atom types and atom numbers` |
//! | cell | `Primitive lattice vectors (ang.)` |
//! | positions, forces | `Atomic positions (ang.)`, `Forces (eV ang.^-1)` |
//! | energy | `Total energy (eV)`: one number, the energy that VASP learns forces from |
//! | virial | `Stress (kbar)`: positive under compression, XX YY ZZ and XY YZ ZX |
//!
//! A section begins with its title below a line of `=` or `*`; titles that natron does not know are passed over. A stress of
//! six zeros is what tools write for want of one, and counts as missing.

use std::io::BufRead;
use std::path::Path;

use natron_atoms::Vec3;

use super::item::{Parts, vasp_tensor};
use super::lines::Lines;
use super::outcar::KBAR_EV_PER_A3;
use super::{Item, Label, Missing, elements};
use crate::ReadError;

/// An iterator over the configurations; after an error it ends.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    /// Configurations that the heading promises.
    promised: Option<usize>,
    found: usize,
    /// The configuration being read.
    open: Option<Configuration>,
    done: bool,
}

#[derive(Debug, Default)]
struct Configuration {
    parts: Parts,
    types: Vec<(natron_atoms::Species, usize)>,
    types_line: Option<usize>,
    stress: Vec<f64>,
    stress_line: Option<usize>,
}

impl<R: BufRead> Reader<R> {
    /// Reads from a stream; `path` names it in errors.
    pub fn new(input: R, path: &Path) -> Self {
        Self { lines: Lines::new(input, path), promised: None, found: 0, open: None, done: false }
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            if !self.lines.advance()? {
                return self.end();
            }
            if is_rule(self.lines.text()) {
                let ended = self.section()?;
                if ended.is_some() {
                    return Ok(ended);
                }
            }
        }
    }

    /// A title and what stands below it.
    fn section(&mut self) -> Result<Option<Item>, ReadError> {
        if !self.lines.advance()? {
            return Ok(None);
        }
        let title = self.lines.text().trim().to_owned();
        let line = self.lines.number();
        if is_rule(&title) {
            self.lines.stay();
            return Ok(None);
        }
        if title.starts_with("Configuration num") {
            let before = self.open.take();
            self.found += 1;
            let parts = Parts { line, periodic: [true; 3], ..Parts::default() };
            self.open = Some(Configuration { parts, ..Configuration::default() });
            return before.map(|c| self.frame(c)).transpose();
        }
        let values = self.values()?;
        if title.starts_with("The number of configurations") {
            self.promised = values.first().and_then(|(_, text)| text.trim().parse().ok());
        }
        let Some(mut open) = self.open.take() else { return Ok(None) };
        self.fill(&mut open, &title, line, &values)?;
        self.open = Some(open);
        Ok(None)
    }

    /// The lines of a section that are neither rules nor headings of their own, to the next section.
    fn values(&mut self) -> Result<Vec<(usize, String)>, ReadError> {
        let mut values = Vec::new();
        while self.lines.advance()? {
            let text = self.lines.text();
            if is_rule(text) {
                self.lines.stay();
                break;
            }
            let trimmed = text.trim();
            let is_heading = matches!(trimmed, "XX YY ZZ" | "XY YZ ZX");
            if !trimmed.is_empty() && !trimmed.starts_with("---") && !is_heading {
                values.push((self.lines.number(), trimmed.to_owned()));
            }
        }
        Ok(values)
    }

    fn fill(
        &self,
        open: &mut Configuration,
        title: &str,
        line: usize,
        values: &[(usize, String)],
    ) -> Result<(), ReadError> {
        let parts = &mut open.parts;
        if title.starts_with("Atom types and atom numbers") {
            open.types_line = Some(line);
            open.types = values.iter().map(|row| self.type_row(row)).collect::<Result<_, _>>()?;
        } else if title.starts_with("Primitive lattice vectors") {
            let rows = self.rows::<3>(values, "a lattice vector")?;
            let three: [[f64; 3]; 3] = rows.try_into().map_err(|rows: Vec<[f64; 3]>| {
                self.refuse(line, format!("{} lattice vectors instead of three", rows.len()))
            })?;
            parts.cell = Some(three);
        } else if title.starts_with("Atomic positions") {
            parts.positions = self.rows(values, "a position")?.into_iter().map(Vec3::from).collect();
        } else if title.starts_with("Forces") {
            let forces: Vec<Vec3> = self.rows(values, "a force")?.into_iter().map(Vec3::from).collect();
            parts.forces = Some(forces).filter(|forces| !forces.is_empty());
            if parts.forces.is_none() {
                parts.missing.push(missing(Label::Forces, line, "the section is empty"));
            }
        } else if title.starts_with("Total energy") {
            parts.free_energy_ev = self.rows::<1>(values, "the energy")?.first().map(|[e]| *e);
            parts.energy_ev = parts.free_energy_ev;
            if parts.energy_ev.is_none() {
                parts.missing.push(missing(Label::Energy, line, "the section is empty"));
            }
        } else if title.starts_with("Stress") {
            open.stress_line = Some(line);
            open.stress = self.rows::<3>(values, "the stress")?.into_iter().flatten().collect();
        }
        Ok(())
    }

    fn type_row(&self, (line, text): &(usize, String)) -> Result<(natron_atoms::Species, usize), ReadError> {
        let mut words = text.split_whitespace();
        let element = words.next().and_then(elements::of_label);
        let count = words.next().and_then(|word| word.parse().ok());
        element
            .zip(count)
            .ok_or_else(|| self.refuse(*line, format!("`{text}` is no element and a number of atoms")))
    }

    fn rows<const N: usize>(
        &self,
        values: &[(usize, String)],
        what: &str,
    ) -> Result<Vec<[f64; N]>, ReadError> {
        let row = |(line, text): &(usize, String)| {
            self.lines.first::<N>(text, what).map_err(|mut error| {
                (error.line, error.column) = (Some(*line), Some(1));
                error
            })
        };
        values.iter().map(row).collect()
    }

    fn refuse(&self, line: usize, message: String) -> ReadError {
        ReadError::at(self.lines.path(), line, 1, message, "the file is damaged here, or cut short")
    }

    fn frame(&self, open: Configuration) -> Result<Item, ReadError> {
        let Configuration { mut parts, types, types_line, stress, stress_line } = open;
        let atoms = types.iter().try_fold(0_usize, |sum, (_, n)| sum.checked_add(*n));
        if atoms != Some(parts.positions.len()) {
            let sum = atoms.map_or("too many".to_owned(), |n| n.to_string());
            let message =
                format!("the atom numbers sum to {sum}, but there are {} positions", parts.positions.len());
            let help = "which atom is of which type cannot be told: correct `Atom types and atom numbers` of every configuration";
            return Err(ReadError::at(self.lines.path(), types_line.unwrap_or(parts.line), 1, message, help));
        }
        if parts.cell.is_none() {
            return Err(self.refuse(parts.line, "a configuration without lattice vectors".to_owned()));
        }
        parts.species = types.iter().flat_map(|(s, n)| std::iter::repeat_n(*s, *n)).collect();
        let line = stress_line.unwrap_or(parts.line);
        match <[f64; 6]>::try_from(stress) {
            Ok([0.0, 0.0, 0.0, 0.0, 0.0, 0.0]) => {
                parts.missing.push(missing(Label::Virial, line, "all six numbers of the stress are zero"));
            }
            Ok(kbar) => parts.pressure = Some(vasp_tensor(kbar) * KBAR_EV_PER_A3),
            Err(stress) if stress.is_empty() && stress_line.is_some() => {
                parts.missing.push(missing(Label::Virial, line, "the section is empty"));
            }
            Err(stress) if stress.is_empty() => (),
            Err(stress) => {
                return Err(
                    self.refuse(line, format!("{} numbers of the stress instead of six", stress.len()))
                );
            }
        }
        parts.frame(self.lines.path()).map(Item::Frame)
    }

    fn end(&mut self) -> Result<Option<Item>, ReadError> {
        let last = self.open.take().map(|c| self.frame(c)).transpose()?;
        if last.is_some() {
            return Ok(last);
        }
        match self.promised {
            Some(promised) if promised != self.found => {
                let message = format!("the file ends after {} of {promised} configurations", self.found);
                let help = "the file is cut short: copy it again, or correct the number of configurations in its heading";
                Err(ReadError::at(self.lines.path(), self.lines.number().max(1), 1, message, help))
            }
            _ => Ok(None),
        }
    }
}

fn missing(label: Label, line: usize, why: &str) -> Missing {
    Missing { label, line, why: why.to_owned() }
}

/// A line of stars or equal signs.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 5 && (line.bytes().all(|b| b == b'*') || line.bytes().all(|b| b == b'='))
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
