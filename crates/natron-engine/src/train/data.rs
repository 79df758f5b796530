//! Labelled frames from files, sorted into train, valid, test and isolated atoms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use natron_atoms::{Frame, InfoValue, Species};
use natron_io::SourceFrame;
use natron_train::{Origin, Sample};
use sha2::{Digest, Sha256};

use super::deck::{DataTable, DistillationTable, EnergyChoice};
use super::teachers::{self, Teachers};
use crate::deck::{Document, KeyPath};
use crate::envelope::hex;
use crate::{InputError, files};

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
    pub sample: Sample,
    pub split: Split,
    pub host: String,
    /// The frame as read, for error tables.
    pub frame: Frame,
    /// Whether other potentials labelled it.
    pub distilled: bool,
}

/// Everything a training reads.
pub(super) struct DataSet {
    pub frames: Vec<Labelled>,
    /// Energies of isolated atoms, eV.
    pub isolated_ev: BTreeMap<Species, f64>,
    /// Which energy is learnt.
    pub energy: &'static str,
    /// Over the bytes of the files in the order read: frames, then teachers, then the structures they label.
    pub sha256: String,
    pub files: Vec<PathBuf>,
    /// Files of the teachers' structures, and the teachers.
    pub distilled_files: Vec<PathBuf>,
    pub teachers: Vec<String>,
}

impl DataSet {
    /// Reads what `[data]` names.
    pub fn read(
        document: &Document,
        table: &DataTable,
        distillation: Option<&DistillationTable>,
    ) -> Result<Self, Vec<InputError>> {
        let paths = matching_files(document, "data.files", &table.files)?;
        let mut hash = Sha256::new();
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for path in &paths {
            match std::fs::read(path) {
                Ok(bytes) => hash.update(&bytes),
                Err(error) => {
                    errors.push(InputError::new(format!("cannot read the frames: {error}")).in_file(path))
                }
            }
            match files::read_sources(path) {
                Ok(sources) => read.extend(sources.into_iter().map(|source| (path, source))),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let energy = choose_energy(table.energy, &read);
        let mut set = Self {
            frames: Vec::new(),
            isolated_ev: BTreeMap::new(),
            energy,
            sha256: String::new(),
            files: paths.clone(),
            distilled_files: Vec::new(),
            teachers: Vec::new(),
        };
        for (path, source) in read {
            let name = place(path, source.line);
            if let Err(error) = set.add(source.frame, table, name) {
                let help = format!("training needs {energy} and forces on every frame");
                errors.push(error.in_file(path).at_line(source.line).help(help));
            }
        }
        if !errors.is_empty() {
            return Err(errors.into_iter().take(10).collect());
        }
        if let Some(distillation) = distillation {
            set.distil(document, distillation, &mut hash)?;
        }
        set.sha256 = hex(&hash.finalize());
        Ok(set)
    }

    /// Adds the structures that the teachers label, or that come with labels of other origin.
    fn distil(
        &mut self,
        document: &Document,
        table: &DistillationTable,
        hash: &mut Sha256,
    ) -> Result<(), Vec<InputError>> {
        let teachers = Teachers::load(document, &table.teachers)?;
        teachers.sha256.iter().for_each(|sha256| hash.update(sha256));
        let paths = matching_files(document, "distillation.structures", &table.structures)?;
        for path in &paths {
            let unreadable =
                |error| InputError::new(format!("cannot read the structures: {error}")).in_file(path);
            hash.update(&std::fs::read(path).map_err(|error| vec![unreadable(error)])?);
            let sources = files::read_sources(path).map_err(|error| vec![error])?;
            let labelled = match table.teachers.is_empty() {
                true => teachers::as_labelled(path, sources),
                false => teachers.label(path, sources),
            };
            self.frames.extend(labelled?);
        }
        self.distilled_files = paths;
        self.teachers = teachers.names;
        Ok(())
    }

    fn add(&mut self, frame: Frame, table: &DataTable, name: String) -> Result<(), InputError> {
        let split_key = &table.split_key;
        let structure = &frame.structure;
        let energy = match self.energy {
            "free_energy" => frame.labels.free_energy_ev,
            _ => frame.labels.energy_ev,
        };
        let energy_ev = energy.ok_or_else(|| InputError::new(format!("a frame has no {}", self.energy)))?;
        if structure.len() == 1 && is_isolated(&frame) {
            self.isolated_ev.insert(structure.species[0], energy_ev);
            return Ok(());
        }
        let forces = frame.labels.forces.clone().ok_or_else(|| InputError::new("a frame has no forces"))?;
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
        let text = |key: &str| frame.text(key).unwrap_or_default().to_string();
        self.frames.push(Labelled {
            sample: Sample {
                structure: structure.clone(),
                energy_ev,
                forces,
                virial_ev: frame.labels.virial_ev,
                kind: text("kind"),
                weight: weight(&frame, &table.weight_key)?,
                name,
                origin: Origin::Reference,
            },
            split,
            host: text("host"),
            frame,
            distilled: false,
        });
        Ok(())
    }

    /// Isolated energies in the order of `species`.
    pub fn isolated(&self, species: &[String]) -> Vec<Option<f64>> {
        let energy = |symbol: &String| self.isolated_ev.get(&Species::from_symbol(symbol)?).copied();
        species.iter().map(energy).collect()
    }

    /// Frames with labels of their own.
    pub fn reference(&self) -> impl Iterator<Item = &Labelled> {
        self.frames.iter().filter(|frame| !frame.distilled)
    }

    /// Samples of a split.
    pub fn samples(&self, split: Split) -> Vec<Sample> {
        self.frames.iter().filter(|f| f.split == split).map(|f| f.sample.clone()).collect()
    }
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

fn choose_energy(choice: EnergyChoice, read: &[(&PathBuf, SourceFrame)]) -> &'static str {
    match choice {
        EnergyChoice::Energy => "energy",
        EnergyChoice::FreeEnergy => "free_energy",
        EnergyChoice::Auto if read.iter().all(|(_, source)| source.frame.labels.free_energy_ev.is_some()) => {
            "free_energy"
        }
        EnergyChoice::Auto => "energy",
    }
}

/// Files of the patterns under `key`, each pattern's in the order of their names.
pub(crate) fn matching_files(
    document: &Document,
    key: &str,
    patterns: &[String],
) -> Result<Vec<PathBuf>, Vec<InputError>> {
    let (mut paths, mut errors) = (Vec::new(), Vec::new());
    for (number, pattern) in patterns.iter().enumerate() {
        let at = KeyPath::parse(&format!("{key}[{number}]"));
        match expand(&document.folder(), pattern) {
            Ok(found) if found.is_empty() => {
                errors.push(
                    document
                        .error_on(&at, format!("no file matches `{pattern}`"))
                        .help("paths in a deck start from the deck's own folder"),
                );
            }
            Ok(found) => paths.extend(found),
            Err(error) => errors.push(document.error_on(&at, format!("`{pattern}`: {error}"))),
        }
    }
    if errors.is_empty() { Ok(paths) } else { Err(errors) }
}

fn expand(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let whole = glob::Pattern::escape(&folder.to_string_lossy());
    let joined = if whole.is_empty() { pattern.to_string() } else { format!("{whole}/{pattern}") };
    let found = glob::glob(&joined).map_err(|error| error.to_string())?;
    let mut paths = found.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    paths.sort();
    Ok(paths)
}
