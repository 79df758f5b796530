//! VASP's vasprun.xml.
//!
//! | value | where |
//! |---|---|
//! | elements | `atominfo`, one for each atom |
//! | cell, positions | `structure` of the `calculation`: `basis`, fractional `positions` |
//! | forces, stress | `varray` of these names; the stress is in kB, positive under compression |
//! | free energy | `e_fr_energy` of the `calculation`, which holds van der Waals corrections too |
//! | energy | the same plus `e_0_energy` - `e_fr_energy` of the last electronic step: sigma -> 0 |
//!
//! `e_0_energy` of the `calculation` itself is wrong in many versions of VASP; ASE works around it in the same way. A step is
//! converged with fewer than NELM electronic steps, or where the last two differ by less than EDIFF. A calculation without
//! electronic steps is one of a machine-learned force field.

use std::io::BufRead;
use std::path::Path;

use natron_atoms::{Mat3, Species, Vec3};

use super::item::Parts;
use super::outcar::KBAR_EV_PER_A3;
use super::xml::{Found, Xml};
use super::{Item, SkipReason, Skipped, elements};
use crate::{ReadError, number};

/// An iterator over the calculations of a vasprun.xml; after an error it ends.
pub struct Reader<R> {
    xml: Xml<R>,
    species: Vec<Species>,
    nelm: Option<usize>,
    ediff: Option<f64>,
    machine_learning: bool,
    step: Step,
    /// Texts of the innermost element so far.
    text: String,
    /// Cells of the row of `atominfo` so far.
    cells: usize,
    done: bool,
}

#[derive(Debug, Default)]
struct Step {
    line: usize,
    electronic: usize,
    /// Free energies of the newest electronic step and the one before.
    last_free: Option<f64>,
    before_free: Option<f64>,
    last_zero: Option<f64>,
    free: Option<f64>,
    basis: Vec<[f64; 3]>,
    fractional: Vec<[f64; 3]>,
    forces: Vec<[f64; 3]>,
    stress: Vec<[f64; 3]>,
}

impl<R: BufRead> Reader<R> {
    /// Reads from a stream; `path` names it in errors.
    pub fn new(input: R, path: &Path) -> Self {
        Self {
            xml: Xml::new(input, path),
            species: Vec::new(),
            nelm: None,
            ediff: None,
            machine_learning: false,
            step: Step::default(),
            text: String::new(),
            cells: 0,
            done: false,
        }
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        loop {
            match self.xml.step()? {
                Found::Start => self.start(),
                Found::Text(text) => self.text.push_str(&text),
                Found::End => {
                    let item = self.end()?;
                    self.text.clear();
                    if item.is_some() {
                        return Ok(item);
                    }
                }
                Found::Eof => return self.end_of_file(),
            }
        }
    }

    fn start(&mut self) {
        self.text.clear();
        match self.xml.tag() {
            "calculation" => self.step = Step { line: self.xml.line(), ..Step::default() },
            "scstep" => {
                self.step.electronic += 1;
                self.step.before_free = self.step.last_free.take();
            }
            "rc" => self.cells = 0,
            _ => (),
        }
    }

    fn end(&mut self) -> Result<Option<Item>, ReadError> {
        match self.xml.tag() {
            "v" if self.xml.within("calculation") > 0 => self.vector()?,
            "i" if self.xml.within("calculation") > 0 => self.energy()?,
            "i" if self.xml.within("parameters") + self.xml.within("incar") > 0 => self.parameter(),
            "c" if self.xml.at(&[("array", "atoms"), ("set", ""), ("rc", ""), ("c", "")]) => {
                self.cells += 1;
                if self.cells == 1 {
                    self.atom()?;
                }
            }
            "calculation" => return self.calculation().map(Some),
            _ => (),
        }
        Ok(None)
    }

    fn atom(&mut self) -> Result<(), ReadError> {
        let label = self.text.trim();
        // VASP takes two characters of the title, which for some potentials are not those of the element.
        let element = elements::of_label(match label {
            "r" => "Zr",
            "X" => "Xe",
            label => label,
        });
        self.species.push(element.ok_or_else(|| {
            self.xml.refuse(format!("`{label}` is no element"), "name the elements in the POTCAR of the run")
        })?);
        Ok(())
    }

    fn parameter(&mut self) {
        let value = self.text.trim();
        match self.xml.name() {
            "NELM" if self.nelm.is_none() => self.nelm = value.parse().ok(),
            "EDIFF" if self.ediff.is_none() => self.ediff = number::real(value),
            "ML_LMLFF" => self.machine_learning |= value == "T",
            _ => (),
        }
    }

    fn energy(&mut self) -> Result<(), ReadError> {
        let electronic = self.xml.at(&[("scstep", ""), ("energy", ""), ("i", "")]);
        let total = self.xml.at(&[("calculation", ""), ("energy", ""), ("i", "")]);
        let target = match self.xml.name() {
            "e_fr_energy" if electronic => &mut self.step.last_free,
            "e_0_energy" if electronic => &mut self.step.last_zero,
            "e_fr_energy" if total => &mut self.step.free,
            _ => return Ok(()),
        };
        match number::real(self.text.trim()) {
            Some(value) => *target = Some(value),
            None => {
                let (message, help) = number::refuse("an energy", self.text.trim());
                return Err(self.xml.refuse(message, help));
            }
        }
        Ok(())
    }

    fn vector(&mut self) -> Result<(), ReadError> {
        let at = |xml: &Xml<R>, name: &str| xml.at(&[("calculation", ""), ("varray", name), ("v", "")]);
        let target = if at(&self.xml, "forces") {
            &mut self.step.forces
        } else if at(&self.xml, "stress") {
            &mut self.step.stress
        } else if self.xml.at(&[("calculation", ""), ("structure", ""), ("varray", "positions"), ("v", "")]) {
            &mut self.step.fractional
        } else if self.xml.at(&[
            ("calculation", ""),
            ("structure", ""),
            ("crystal", ""),
            ("varray", "basis"),
            ("v", ""),
        ]) {
            &mut self.step.basis
        } else {
            return Ok(());
        };
        let mut row = [0.0; 3];
        let mut words = self.text.split_whitespace();
        for x in &mut row {
            let word = words.next().unwrap_or_default();
            *x = match number::real(word) {
                Some(value) => value,
                None => {
                    let (message, help) = number::refuse("a component", word);
                    return Err(self.xml.refuse(message, help));
                }
            };
        }
        target.push(row);
        Ok(())
    }

    fn calculation(&mut self) -> Result<Item, ReadError> {
        let step = std::mem::take(&mut self.step);
        let skipped = |reason, text: String| Item::Skipped(Skipped { line: step.line, reason, text });
        if step.electronic == 0 {
            let text = "no electronic steps: energy and forces come from a machine-learned force field";
            return Ok(skipped(SkipReason::MachineLearned, text.to_owned()));
        }
        if let Some(text) = self.unconverged(&step) {
            return Ok(skipped(SkipReason::Unconverged, text));
        }
        if step.fractional.is_empty() || step.basis.is_empty() {
            return Ok(skipped(SkipReason::Incomplete, "a calculation without its structure".to_owned()));
        }
        self.frame(step).map(Item::Frame)
    }

    fn unconverged(&self, step: &Step) -> Option<String> {
        let nelm = self.nelm.filter(|nelm| step.electronic >= *nelm)?;
        let change = step.last_free.zip(step.before_free).map(|(last, before)| (last - before).abs());
        let small = change.zip(self.ediff).is_some_and(|(change, ediff)| change <= ediff);
        (!small).then(|| format!("EDIFF was not reached within NELM = {nelm} electronic steps"))
    }

    fn frame(&self, step: Step) -> Result<crate::SourceFrame, ReadError> {
        let damaged = |what: &str, found: usize| {
            let message = format!("{found} {what} for {} atoms of atominfo", self.species.len());
            let help = "the file is damaged here, or cut short";
            ReadError::at(self.xml.file(), step.line, 1, message, help)
        };
        let atoms = self.species.len();
        if step.fractional.len() != atoms {
            return Err(damaged("positions", step.fractional.len()));
        }
        let basis: [[f64; 3]; 3] =
            step.basis[..].try_into().map_err(|_| damaged("lattice vectors", step.basis.len()))?;
        let rows = Mat3::from_fn(|i, j| basis[i][j]);
        let stress = <[[f64; 3]; 3]>::try_from(&step.stress[..]).ok();
        if stress.is_none() && !step.stress.is_empty() {
            return Err(damaged("rows of the stress", step.stress.len()));
        }
        let to_zero = step.last_zero.zip(step.last_free).map(|(zero, free)| zero - free);
        let parts = Parts {
            line: step.line,
            cell: Some(basis),
            periodic: [true; 3],
            species: self.species.clone(),
            positions: step.fractional.iter().map(|f| rows.tr_mul(&Vec3::from(*f))).collect(),
            energy_ev: step.free.zip(to_zero).map(|(free, change)| free + change),
            free_energy_ev: step.free,
            forces: Some(step.forces.iter().copied().map(Vec3::from).collect::<Vec<_>>())
                .filter(|forces| !forces.is_empty()),
            pressure: stress.map(|s| Mat3::from_fn(|i, j| s[i][j]) * KBAR_EV_PER_A3),
            ..Parts::default()
        };
        parts.frame(self.xml.file())
    }

    /// A run that was stopped leaves its XML open: between two tables that is the end of the data.
    fn end_of_file(&mut self) -> Result<Option<Item>, ReadError> {
        if self.xml.tag().is_empty() {
            if self.species.is_empty() {
                return Err(self.xml.refuse("the file holds no vasprun", "is it a vasprun.xml?"));
            }
            return Ok(None);
        }
        if matches!(self.xml.tag(), "v" | "varray" | "c" | "rc" | "set" | "array" | "crystal" | "structure") {
            let message = format!("the file ends within <{}>", self.xml.tag());
            let help = "the run was stopped while it wrote, or the file was cut: cut it back to the end of a </calculation>";
            return Err(self.xml.refuse(message, help));
        }
        let inside = self.xml.within("calculation") > 0 && self.step.line > 0;
        let line = std::mem::take(&mut self.step).line;
        let text = "the file ends within this calculation".to_owned();
        Ok(inside.then_some(Item::Skipped(Skipped { line, reason: SkipReason::Incomplete, text })))
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
