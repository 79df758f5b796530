//! The output of Quantum ESPRESSO's pw.x: scf, relax, vc-relax, md.
//!
//! | value | where | unit there |
//! |---|---|---|
//! | elements | the pseudopotential of each label in the table `atomic species` | |
//! | cell | `crystal axes` times `celldm(1)`, later `CELL_PARAMETERS` | bohr, A |
//! | positions | `positions (alat units)`, later `ATOMIC_POSITIONS` | alat, bohr, A, crystal |
//! | energy | `!    total energy`: with smearing it is F = E - TS (and `!!` with exact exchange) | Ry |
//! | forces | `Forces acting on atoms` | Ry/bohr |
//! | virial | `total   stress`: positive under compression | Ry/bohr^3 |
//!
//! Energy, forces and stress belong to the positions printed before them. pw.x marks a converged energy with `!`; a step of
//! which it says `convergence NOT achieved` is skipped.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use natron_atoms::units::{BOHR_A, RYDBERG_EV};
use natron_atoms::{Mat3, Species, Vec3};

use super::item::Parts;
use super::lines::Lines;
use super::{Item, SkipReason, Skipped, elements};
use crate::ReadError;

/// An iterator over the steps of an output; after an error it ends.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    alat_a: Option<f64>,
    elements: HashMap<String, Species>,
    cell: Option<[[f64; 3]; 3]>,
    species: Vec<Species>,
    positions: Vec<Vec3>,
    step: Step,
    done: bool,
}

#[derive(Debug, Default)]
struct Step {
    line: usize,
    energy_ev: Option<f64>,
    failed: bool,
    forces: Option<Vec<Vec3>>,
    pressure: Option<Mat3>,
}

impl<R: BufRead> Reader<R> {
    /// Reads from a stream; `path` names it in errors.
    pub fn new(input: R, path: &Path) -> Self {
        Self {
            lines: Lines::new(input, path),
            alat_a: None,
            elements: HashMap::new(),
            cell: None,
            species: Vec::new(),
            positions: Vec::new(),
            step: Step::default(),
            done: false,
        }
    }

    fn read(&mut self) -> Result<Option<Item>, ReadError> {
        while self.lines.advance()? {
            if self.ends_step() {
                let ended = self.flush()?;
                if ended.is_some() {
                    self.lines.stay();
                    return Ok(ended);
                }
            }
            self.line()?;
        }
        self.flush()
    }

    /// Whether the present line belongs to the next step already.
    fn ends_step(&self) -> bool {
        let text = self.lines.text().trim_start();
        let geometry = text.starts_with("CELL_PARAMETERS")
            || text.starts_with("ATOMIC_POSITIONS")
            || text.starts_with("site n.")
            || text.starts_with("crystal axes:");
        // Exact exchange prints several energies before the forces.
        let next = text.starts_with("Self-consistent Calculation") && self.step.forces.is_some();
        geometry || next
    }

    fn line(&mut self) -> Result<(), ReadError> {
        let text = self.lines.text().trim_start();
        if text.starts_with("celldm(1)=") {
            let alat = self.lines.after_equals("celldm(1)")?;
            self.alat_a = Some(alat * BOHR_A);
        } else if text.starts_with("crystal axes:") && text.contains("alat") {
            self.axes()?;
        } else if text.starts_with("atomic species ") && text.contains("pseudopotential") {
            self.table_of_elements()?;
        } else if text.starts_with("site n.") && text.contains("(alat units)") {
            self.first_positions()?;
        } else if text.starts_with("CELL_PARAMETERS") {
            self.cell_parameters()?;
        } else if text.starts_with("ATOMIC_POSITIONS") {
            self.atomic_positions()?;
        } else if text.starts_with("Self-consistent Calculation") {
            if self.step.line == 0 {
                self.step.line = self.lines.number();
            }
        } else if text.starts_with('!') && text.contains("total energy") {
            self.step.energy_ev = Some(self.lines.after_equals("the total energy")? * RYDBERG_EV);
            self.step.failed = false;
        } else if text.starts_with("convergence NOT achieved") {
            self.step.failed = true;
        } else if text.starts_with("Forces acting on atoms") {
            self.forces()?;
        } else if text.starts_with("total   stress") {
            let rows = self.lines.three_rows("the stress")?;
            let unit = RYDBERG_EV / BOHR_A.powi(3);
            self.step.pressure = Some(Mat3::from_fn(|i, j| rows[i][j] * unit));
        }
        Ok(())
    }

    fn alat(&self) -> Result<f64, ReadError> {
        self.alat_a.ok_or_else(|| {
            self.lines.refuse("no celldm(1) before this line", "the beginning of the output is missing")
        })
    }

    fn axes(&mut self) -> Result<(), ReadError> {
        let alat = self.alat()?;
        let mut cell = [[0.0; 3]; 3];
        for row in &mut cell {
            let line = self.lines.expect("the crystal axes")?;
            let (_, numbers) = line.split_once('=').unwrap_or_default();
            let numbers = numbers.replace(['(', ')'], " ");
            *row = self.lines.first::<3>(&numbers, "a crystal axis")?.map(|x| x * alat);
        }
        self.cell = Some(cell);
        Ok(())
    }

    fn table_of_elements(&mut self) -> Result<(), ReadError> {
        loop {
            let line = self.lines.expect("the table of species")?;
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(label) = words.first() else { return Ok(()) };
            // Label, valence, mass, `Na( 1.00)`.
            let element =
                words.get(3).and_then(|w| elements::of_label(w)).or_else(|| elements::of_label(label));
            let label = (*label).to_owned();
            if let Some(element) = element {
                self.elements.insert(label, element);
            }
        }
    }

    fn element(&self, label: &str) -> Result<Species, ReadError> {
        let found = self.elements.get(label).copied().or_else(|| elements::of_label(label));
        found.ok_or_else(|| {
            self.lines.refuse(format!("`{label}` is no element"), "name atoms after their element")
        })
    }

    /// `1  H  tau(   1) = (  0.54  0.40  0.35  )`
    fn first_positions(&mut self) -> Result<(), ReadError> {
        let alat = self.alat()?;
        (self.species, self.positions) = (Vec::new(), Vec::new());
        while self.lines.advance()? {
            let text = self.lines.text();
            let Some((before, after)) = text.split_once('=').filter(|(b, _)| b.contains("tau(")) else {
                self.lines.stay();
                break;
            };
            let label = before.split_whitespace().nth(1).unwrap_or_default();
            let position = self.lines.first::<3>(&after.replace(['(', ')'], " "), "a position")?;
            self.species.push(self.element(label)?);
            self.positions.push(Vec3::from(position) * alat);
        }
        Ok(())
    }

    fn cell_parameters(&mut self) -> Result<(), ReadError> {
        let heading = self.lines.text().to_lowercase();
        let unit = if heading.contains("alat") {
            match heading.split_once('=') {
                Some((_, number)) => {
                    self.lines.first::<1>(&number.replace([')', '}'], " "), "alat")?[0] * BOHR_A
                }
                None => self.alat()?,
            }
        } else if heading.contains("bohr") {
            BOHR_A
        } else {
            1.0
        };
        let rows = self.lines.three_rows("the cell")?;
        self.cell = Some(rows.map(|row| row.map(|x| x * unit)));
        Ok(())
    }

    fn atomic_positions(&mut self) -> Result<(), ReadError> {
        let heading = self.lines.text().to_lowercase();
        let crystal = heading.contains("crystal");
        let unit = match &heading {
            h if h.contains("angstrom") || crystal => 1.0,
            h if h.contains("bohr") => BOHR_A,
            _ => self.alat()?,
        };
        let cell = self.cell.map(|rows| Mat3::from_fn(|i, j| rows[i][j]));
        (self.species, self.positions) = (Vec::new(), Vec::new());
        while self.lines.advance()? {
            let text = self.lines.text();
            let mut words = text.split_whitespace();
            let (Some(label), Some(_)) = (words.next(), words.next()) else { break };
            if label == "End" {
                break;
            }
            let label = label.to_owned();
            let given = self.lines.vector_at(1, "a position")?;
            let position = match (crystal, cell) {
                (true, Some(cell)) => cell.tr_mul(&given),
                (true, None) => {
                    return Err(self
                        .lines
                        .refuse("no cell before these positions", "the beginning of the output is missing"));
                }
                _ => given * unit,
            };
            self.species.push(self.element(&label)?);
            self.positions.push(position);
        }
        Ok(())
    }

    /// `atom    1 type  1   force =     0.01    0.00    0.00`, as many as there are atoms.
    fn forces(&mut self) -> Result<(), ReadError> {
        let mut forces = Vec::new();
        while forces.len() < self.positions.len() {
            self.lines.expect("the table of forces")?;
            let line = self.lines.text();
            if line.trim().is_empty() {
                continue;
            }
            let (_, numbers) = line.split_once("force =").unwrap_or_default();
            let force = self.lines.first::<3>(numbers, "a force")?;
            forces.push(Vec3::from(force) * (RYDBERG_EV / BOHR_A));
        }
        self.step.forces = Some(forces);
        Ok(())
    }

    /// The step that ends here, if there is one.
    fn flush(&mut self) -> Result<Option<Item>, ReadError> {
        if self.step.energy_ev.is_none() && !self.step.failed {
            // Between its start and its energy nothing ends a step but the end of the file.
            let line = std::mem::take(&mut self.step).line;
            let text = "the file ends before the energy of this step".to_owned();
            let item = Item::Skipped(Skipped { line, reason: SkipReason::Incomplete, text });
            return Ok((line > 0).then_some(item));
        }
        let step = std::mem::take(&mut self.step);
        let line = step.line.max(1);
        if step.failed {
            let text = "pw.x says that convergence was not achieved".to_owned();
            return Ok(Some(Item::Skipped(Skipped { line, reason: SkipReason::Unconverged, text })));
        }
        let parts = Parts {
            line,
            cell: self.cell,
            periodic: [true; 3],
            species: self.species.clone(),
            positions: self.positions.clone(),
            energy_ev: step.energy_ev,
            free_energy_ev: step.energy_ev,
            forces: step.forces,
            pressure: step.pressure,
            ..Parts::default()
        };
        parts.frame(self.lines.path()).map(|frame| Some(Item::Frame(frame)))
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
