//! Labelled frames: in memory, or in a data set from which they are read when they are needed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use natron_atoms::{Frame, InfoValue, Species};
use natron_io::SourceFrame;
use natron_io::h5md::data_set::Indexed;
use natron_train::{FrameSource, Origin, Sample, TrainError};

use super::deck::DataTable;
use super::teachers::{self, Teachers};
use crate::InputError;

/// Which part of the data a frame belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Train,
    Valid,
    Test,
}

/// A frame that can be learnt from.
#[derive(Debug, Clone)]
pub(super) struct Labelled {
    pub sample: Arc<Sample>,
    pub split: Split,
    pub host: String,
    /// The frame as read, for error tables.
    pub frame: Frame,
    /// Whether other potentials labelled it.
    pub distilled: bool,
}

/// What is known of a frame without reading it.
pub(super) struct About {
    pub split: Split,
    pub kind: Arc<str>,
    /// What the frame itself says of its kind: the same, unless other potentials labelled it.
    pub kind_in_file: Arc<str>,
    pub host: Arc<str>,
    /// Whether other potentials labelled it.
    pub distilled: bool,
}

/// A frame, wherever it is.
pub(super) struct Entry {
    pub about: About,
    pub place: Place,
}

/// Where a frame is.
pub(super) enum Place {
    Held(Arc<Labelled>),
    /// In a data set, with its number from 0.
    Stored(Arc<Stored>, usize),
}

/// A data set that stays open, and what makes its frames labelled ones.
pub(super) struct Stored {
    pub path: PathBuf,
    pub frames: Indexed,
    pub labels: LabelsFrom,
}

/// Where the labels of a data set come from.
pub(super) enum LabelsFrom {
    /// `[data]`: the method that is learnt.
    Reference(Recipe),
    /// `[distillation]`: other potentials.
    Teachers(Arc<Teachers>),
    /// `[distillation]` without teachers: the file itself.
    File,
}

/// What `[data]` says of a frame's keys, and which energy is learnt.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub energy: &'static str,
    pub split_key: String,
    pub weight_key: String,
}

/// What a frame of `[data]` is good for.
pub(super) enum Use<T> {
    Learning(T),
    /// The energy of an isolated atom, eV.
    Isolated(Species, f64),
}

impl Stored {
    /// The frame of a number from 0.
    ///
    /// # Errors
    /// It is damaged; the error names it.
    pub fn read(&self, number: usize) -> Result<SourceFrame, InputError> {
        Ok(SourceFrame::new(self.frames.read(number)?, number + 1))
    }

    /// What a frame is good for.
    ///
    /// # Errors
    /// It lacks a label, or is beyond the teachers; the error names it.
    pub fn look(&self, source: SourceFrame, names: &mut Names) -> Result<Use<About>, InputError> {
        if let LabelsFrom::Teachers(teachers) = &self.labels {
            teachers.check(&self.path, &source)?;
            return Ok(Use::Learning(About {
                split: Split::Train,
                kind: names.get(teachers::KIND),
                kind_in_file: names.get(kind_of(&source.frame)),
                host: names.get(""),
                distilled: true,
            }));
        }
        Ok(match self.label(source)? {
            Use::Learning(labelled) => Use::Learning(About::of(&labelled, names)),
            Use::Isolated(species, energy_ev) => Use::Isolated(species, energy_ev),
        })
    }

    fn label(&self, source: SourceFrame) -> Result<Use<Labelled>, InputError> {
        match &self.labels {
            LabelsFrom::Reference(recipe) => recipe.label(&self.path, source),
            LabelsFrom::Teachers(teachers) => teachers.label(&self.path, source).map(Use::Learning),
            LabelsFrom::File => teachers::as_labelled(&self.path, source).map(Use::Learning),
        }
    }
}

impl About {
    /// What a frame says of itself.
    pub fn of(labelled: &Labelled, names: &mut Names) -> Self {
        Self {
            split: labelled.split,
            kind: names.get(&labelled.sample.kind),
            kind_in_file: names.get(kind_of(&labelled.frame)),
            host: names.get(&labelled.host),
            distilled: labelled.distilled,
        }
    }
}

impl Entry {
    /// The frame itself.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub fn load(&self) -> Result<Arc<Labelled>, InputError> {
        match &self.place {
            Place::Held(labelled) => Ok(labelled.clone()),
            Place::Stored(stored, number) => match stored.label(stored.read(*number)?)? {
                Use::Learning(labelled) => Ok(Arc::new(labelled)),
                Use::Isolated(..) => {
                    Err(InputError::new(format!("frame {number} (counted from 0) has changed"))
                        .in_file(&stored.path))
                }
            },
        }
    }

    /// Memory that it takes by being held, bytes.
    pub fn held_bytes(&self) -> u64 {
        match &self.place {
            // Positions and forces in the frame as read and in the sample.
            Place::Held(labelled) => labelled.frame.structure.len() as u64 * 100,
            Place::Stored(..) => 0,
        }
    }
}

/// Texts that many frames share.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<Arc<str>>);

impl Names {
    fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let new: Arc<str> = name.into();
        self.0.insert(new.clone());
        new
    }
}

/// Some frames as a training asks for them.
pub(super) struct Chosen(pub Vec<Arc<Entry>>);

impl FrameSource for Chosen {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn load(&self, number: usize) -> Result<Arc<Sample>, TrainError> {
        match self.0[number].load() {
            Ok(labelled) => Ok(labelled.sample.clone()),
            Err(error) => Err(TrainError::Source(error.in_one_line())),
        }
    }
}

impl Recipe {
    /// For the keys of a table.
    pub fn new(energy: &'static str, table: &DataTable) -> Self {
        Self { energy, split_key: table.split_key.clone(), weight_key: table.weight_key.clone() }
    }

    /// A frame of a file with what it is good for.
    ///
    /// # Errors
    /// A label is missing, a key says what it cannot say.
    pub fn label(&self, path: &Path, source: SourceFrame) -> Result<Use<Labelled>, InputError> {
        let (line, name) = (source.line, place(path, source.line));
        self.sort(source.frame, name).map_err(|error| {
            let help = format!("training needs {} and forces on every frame", self.energy);
            error.in_file(path).at_line(line).help(help)
        })
    }

    fn sort(&self, frame: Frame, name: String) -> Result<Use<Labelled>, InputError> {
        let structure = &frame.structure;
        let energy = match self.energy {
            "free_energy" => frame.labels.free_energy_ev,
            _ => frame.labels.energy_ev,
        };
        let energy_ev = energy.ok_or_else(|| InputError::new(format!("a frame has no {}", self.energy)))?;
        if structure.len() == 1 && is_isolated(&frame) {
            return Ok(Use::Isolated(structure.species[0], energy_ev));
        }
        let forces = frame.labels.forces.clone().ok_or_else(|| InputError::new("a frame has no forces"))?;
        let split_key = &self.split_key;
        let split = match frame.text(split_key) {
            None | Some("train") => Split::Train,
            Some("valid") => Split::Valid,
            Some("test") => Split::Test,
            Some(other) => {
                return Err(InputError::new(format!(
                    "a frame says {split_key}={other}: train, valid or test are known"
                )));
            }
        };
        let sample = Sample {
            structure: structure.clone(),
            energy_ev,
            forces,
            virial_ev: frame.labels.virial_ev,
            kind: kind_of(&frame).to_string(),
            weight: weight(&frame, &self.weight_key)?,
            name,
            origin: Origin::Reference,
        };
        let host = frame.text("host").unwrap_or_default().to_string();
        Ok(Use::Learning(Labelled { sample: Arc::new(sample), split, host, frame, distilled: false }))
    }
}

fn kind_of(frame: &Frame) -> &str {
    frame.text("kind").unwrap_or_default()
}

/// What messages call a frame.
pub(super) fn place(path: &Path, line: usize) -> String {
    format!("{}:{line}", path.display())
}

/// The weight that a frame's header gives it.
fn weight(frame: &Frame, key: &str) -> Result<f64, InputError> {
    let weight = match frame.value(key) {
        None => return Ok(1.0),
        Some(InfoValue::Real(weight)) => *weight,
        Some(InfoValue::Int(weight)) => *weight as f64,
        Some(_) => f64::NAN,
    };
    match weight.is_finite() && weight >= 0.0 {
        true => Ok(weight),
        false => Err(InputError::new(format!("the `{key}` of a frame is not a number of 0 or more"))),
    }
}

/// One atom that has no image within any cutoff.
fn is_isolated(frame: &Frame) -> bool {
    let cell = &frame.structure.cell;
    let heights = cell.heights_a();
    (0..3).all(|k| !cell.periodic()[k] || heights[k] > 20.0)
}
