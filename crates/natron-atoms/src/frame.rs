//! A structure with what a file says about it.

use crate::{Mat3, Structure, Vec3};

/// Reference values of a frame. Virial = -V stress (eV), positive under compression.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    /// Energy as the file's `energy` says (in DFT dumps often the sigma -> 0 one), eV.
    pub energy_ev: Option<f64>,
    /// The energy the forces derive from (with electronic smearing, the free energy), eV.
    pub free_energy_ev: Option<f64>,
    /// Forces, eV/A, `[n]`.
    pub forces: Option<Vec<Vec3>>,
    /// Virial, eV.
    pub virial_ev: Option<Mat3>,
}

/// A value of a frame's comment line.
#[derive(Debug, Clone, PartialEq)]
pub enum InfoValue {
    /// true or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Real(f64),
    /// Text.
    Text(String),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Real numbers.
    Reals(Vec<f64>),
    /// A row-major 3 x 3 matrix as written.
    Bools(Vec<bool>),
}

/// A per-atom column of a file that natron itself does not interpret; values are row-major, `[n, columns]`.
#[derive(Debug, Clone, PartialEq)]
pub enum AtomArray {
    /// Real numbers.
    Real {
        /// Numbers per atom.
        columns: usize,
        /// `[n, columns]`.
        values: Vec<f64>,
    },
    /// Whole numbers.
    Int {
        /// Numbers per atom.
        columns: usize,
        /// `[n, columns]`.
        values: Vec<i64>,
    },
    /// Truth values.
    Bool {
        /// Values per atom.
        columns: usize,
        /// `[n, columns]`.
        values: Vec<bool>,
    },
    /// Text.
    Text {
        /// Words per atom.
        columns: usize,
        /// `[n, columns]`.
        values: Vec<String>,
    },
}

/// One frame of a file: structure, labels, and everything else it carried.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Cell, species, positions.
    pub structure: Structure,
    /// Reference energy, forces, virial.
    pub labels: Labels,
    /// Velocities, A/fs, `[n]`.
    pub velocities: Option<Vec<Vec3>>,
    /// Other key = value pairs of the comment line, in order.
    pub info: Vec<(String, InfoValue)>,
    /// Other per-atom columns, in order.
    pub arrays: Vec<(String, AtomArray)>,
}

impl Frame {
    /// A frame that holds a structure and nothing else.
    pub fn new(structure: Structure) -> Self {
        Self { structure, labels: Labels::default(), velocities: None, info: Vec::new(), arrays: Vec::new() }
    }

    /// The comment-line value of `key` as text, if it is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.info.iter().find(|(k, _)| k == key).and_then(|(_, v)| match v {
            InfoValue::Text(t) => Some(t.as_str()),
            _ => None,
        })
    }

    /// A value from the header.
    pub fn value(&self, key: &str) -> Option<&InfoValue> {
        self.info.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }
}
