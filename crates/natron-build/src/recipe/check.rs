//! Checks that many tables share.

use natron_atoms::Species;
use natron_dynamics::plan::Coupling;

use super::RecipeProblem;
use crate::Stacking;

/// More atoms than this are a slip of the finger.
const ATOMS_MAX: u128 = 10_000_000;

/// What is wrong with a table.
pub(super) struct Checks {
    table: &'static str,
    pub(super) found: Vec<RecipeProblem>,
}

impl Checks {
    pub(super) fn new(table: &'static str) -> Self {
        Self { table, found: Vec::new() }
    }

    pub(super) fn add(&mut self, key: &str, message: String) {
        self.found.push(RecipeProblem { path: format!("{}.{key}", self.table), message, help: None });
    }

    pub(super) fn add_with_help(&mut self, key: &str, message: String, help: String) {
        self.add(key, message);
        self.found.last_mut().expect("it was just added").help = Some(help);
    }

    /// A number from `least` to `most`.
    pub(super) fn within(&mut self, key: &str, value: f64, least: f64, most: f64, unit: &str) {
        if !(least..=most).contains(&value) {
            let message =
                format!("`{}.{key}` must be from {least} to {most} {unit}, not {value}", self.table);
            self.add(key, message);
        }
    }

    /// Whole numbers from 1 to `most`.
    pub(super) fn counts(&mut self, key: &str, values: &[usize], most: usize) {
        if let Some(value) = values.iter().find(|value| !(1..=most).contains(*value)) {
            let message = format!("`{}.{key}` must be from 1 to {most}, not {value}", self.table);
            self.add(key, message);
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn whole(&mut self, key: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            let message = format!("`{}.{key}` must be from {least} to {most}, not {value}", self.table);
            self.add(key, message);
        }
    }

    /// The symbol of an element.
    pub(super) fn species(&mut self, symbol: &str) {
        if Species::from_symbol(symbol).is_none() {
            self.add_with_help(
                "species",
                format!("`{symbol}` is no chemical element"),
                "write the symbol as in the periodic table, such as \"Na\"".into(),
            );
        }
    }

    pub(super) fn layered(&mut self, bond_a: f64, spacing_a: f64, layers: usize) {
        self.within("bond_A", bond_a, 1.0, 2.0, "A");
        self.within("spacing_A", spacing_a, 2.0, 20.0, "A");
        self.counts("layers", &[layers], 10_000);
    }

    /// The stacking must go on through the periodic boundary.
    pub(super) fn stacking(&mut self, layers: usize, stacking: Stacking) {
        if !layers.is_multiple_of(stacking.period()) {
            self.add_with_help(
                "layers",
                format!("{layers} layers do not repeat in this stacking"),
                format!("the number of layers must be a multiple of {}", stacking.period()),
            );
        }
    }

    pub(super) fn supercell(&mut self, supercell: [usize; 2]) {
        if supercell == [0, 0] || supercell.iter().any(|&n| n > 1000) {
            self.add_with_help(
                "supercell",
                format!("a layer cannot have the supercell ({}, {})", supercell[0], supercell[1]),
                "(m, 0) and (m, m) give layers that are only shifted; (2, 1), 21.8 degrees, (3, 1), 32.2 degrees, (3, 2), 13.2 degrees, and their multiples are turned as well".into(),
            );
        }
    }

    pub(super) fn total(&mut self, atoms: u128) {
        if atoms > ATOMS_MAX {
            self.add("kind", format!("{atoms} atoms are more than {ATOMS_MAX}"));
        }
    }

    /// What of a cell may change, and the pressure that only then means something.
    pub(super) fn cell(&mut self, cell: Option<&str>, pressure_gpa: Option<f64>) {
        if let Some(name) = cell
            && !Coupling::NAMES.iter().any(|(known, _)| *known == name)
        {
            let known: Vec<&str> = Coupling::NAMES.iter().map(|(name, _)| *name).collect();
            let help = format!("there are {}; without the key the cell stays as it is", known.join(", "));
            self.add_with_help("cell", format!("a cell cannot be relaxed `{name}`"), help);
        }
        if let Some(pressure) = pressure_gpa {
            self.within("pressure_GPa", pressure, -1e3, 1e3, "GPa");
            if cell.is_none() {
                self.add_with_help(
                    "pressure_GPa",
                    "a pressure means nothing where the cell is fixed".into(),
                    "add cell = \"isotropic\", or leave the pressure out".into(),
                );
            }
        }
    }
}
