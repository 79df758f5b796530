//! What a dump is made of: frames, and steps that are none.

use natron_atoms::{Cell, Frame, Labels, Mat3, Species, Structure, Vec3};

use crate::{ReadError, SourceFrame};

/// One thing found in a file of frames.
#[derive(Debug, Clone, PartialEq)]
// Nearly every item is a frame: a box around each would cost more than the room it saves.
#[allow(clippy::large_enum_variant)]
pub enum Item {
    /// A frame to use.
    Frame(SourceFrame),
    /// A step that is no label.
    Skipped(Skipped),
}

/// A step of a calculation that natron does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The line where the step begins, from 1.
    pub line: usize,
    /// Why.
    pub reason: SkipReason,
    /// The same in a sentence without a full stop.
    pub text: String,
}

/// Why a step is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// The electronic steps did not converge.
    Unconverged,
    /// Energy and forces come from a machine-learned potential, not from DFT.
    MachineLearned,
    /// The step is not complete: no positions, or the run ended in it.
    Incomplete,
}

impl SkipReason {
    /// The reason as JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unconverged => "unconverged",
            Self::MachineLearned => "machine-learned",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A label that a frame lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub label: Label,
    /// The line where it should be or where the frame begins, from 1.
    pub line: usize,
    /// Why there is none.
    pub why: String,
}

/// A kind of label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Energy of the frame.
    Energy,
    /// Forces on the atoms.
    Forces,
    /// Virial.
    Virial,
}

impl Label {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Energy, Self::Forces, Self::Virial];

    /// The name as JSON spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Energy => "energy",
            Self::Forces => "forces",
            Self::Virial => "virial",
        }
    }

    /// Whether a frame has it.
    pub fn is_in(self, labels: &Labels) -> bool {
        match self {
            Self::Energy => labels.energy_ev.is_some() || labels.free_energy_ev.is_some(),
            Self::Forces => labels.forces.is_some(),
            Self::Virial => labels.virial_ev.is_some(),
        }
    }
}

/// The parts of a frame as a reader collects them; cell as rows (A).
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub line: usize,
    pub cell: Option<[[f64; 3]; 3]>,
    pub periodic: [bool; 3],
    pub species: Vec<Species>,
    pub positions: Vec<Vec3>,
    pub energy_ev: Option<f64>,
    pub free_energy_ev: Option<f64>,
    pub forces: Option<Vec<Vec3>>,
    /// Stress times minus one (eV/A^3): what times the volume is the virial.
    pub pressure: Option<Mat3>,
    /// The virial itself (eV), where a file has that.
    pub virial_ev: Option<Mat3>,
    /// Labels that are not there, with a reason; the others get a general one.
    pub missing: Vec<Missing>,
}

impl Parts {
    /// The frame.
    pub fn frame(self, path: &std::path::Path) -> Result<SourceFrame, ReadError> {
        let refuse = |message: String| {
            let help =
                "the file is damaged here, or of a version that natron does not know: please report it";
            ReadError::at(path, self.line.max(1), 1, message, help)
        };
        let cell = match self.cell {
            Some(rows) => Cell::new(rows, self.periodic).map_err(|error| refuse(error.to_string()))?,
            None => Cell::open(),
        };
        let volume_a3 = cell.volume_a3();
        let closed = self.cell.is_some() && self.periodic != [false; 3];
        let structure = Structure::new(cell, self.species, self.positions)
            .map_err(|error| refuse(format!("the atoms of this step do not fit together: {error}")))?;
        if structure.is_empty() {
            return Err(refuse("a step without atoms".to_owned()));
        }
        if let Some(forces) = self.forces.as_ref().filter(|forces| forces.len() != structure.len()) {
            return Err(refuse(format!("{} forces for {} atoms", forces.len(), structure.len())));
        }
        let mut frame = Frame::new(structure);
        let virial_ev = self.pressure.map(|p| symmetric(p) * volume_a3).or(self.virial_ev).filter(|_| closed);
        if virial_ev.is_some_and(|v| v.iter().any(|x| !x.is_finite())) {
            return Err(refuse("the stress times the volume is not finite".to_owned()));
        }
        frame.labels = Labels {
            energy_ev: self.energy_ev,
            free_energy_ev: self.free_energy_ev,
            forces: self.forces,
            virial_ev,
        };
        let mut missing = self.missing;
        missing.retain(|m| !m.label.is_in(&frame.labels));
        Ok(SourceFrame { missing, ..SourceFrame::new(frame, self.line) }.with_all_missing())
    }
}

/// A virial has no antisymmetric part but for the last printed digit.
fn symmetric(tensor: Mat3) -> Mat3 {
    if tensor == tensor.transpose() { tensor } else { (tensor + tensor.transpose()) * 0.5 }
}

/// xx yy zz xy yz zx, VASP's order, as a matrix.
pub(super) fn vasp_tensor([xx, yy, zz, xy, yz, zx]: [f64; 6]) -> Mat3 {
    Mat3::new(xx, xy, zx, xy, yy, yz, zx, yz, zz)
}
