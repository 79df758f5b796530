//! Labels of other potentials: the mean of what they predict.

use std::path::Path;
use std::sync::Arc;

use natron_atoms::{Frame, Labels, Mat3, NeighbourList, Structure, Vec3};
use natron_io::SourceFrame;
use natron_potential::Evaluation;
use natron_train::{Origin, Sample};

use super::data::matching_files;
use super::frames::{Labelled, Split, place};
use crate::InputError;
use crate::deck::Document;
use crate::potentials::{LoadedPotential, is_file, load_potential};

/// The kind of a frame that other potentials labelled: a key for `loss.kind_weights`.
pub(super) const KIND: &str = "distilled";

/// Potentials that label structures together.
pub(super) struct Teachers {
    potentials: Vec<LoadedPotential>,
    /// Built-in names or files, as they are found from the working directory.
    pub names: Vec<String>,
    /// Of each.
    pub sha256: Vec<[u8; 32]>,
}

impl Teachers {
    /// Loads what `distillation.teachers` names.
    pub fn load(document: &Document, wanted: &[String]) -> Result<Self, Vec<InputError>> {
        let mut names = Vec::new();
        for name in wanted {
            if is_file(name) || name.contains('*') {
                let found = matching_files(document, "distillation.teachers", std::slice::from_ref(name))?;
                names.extend(found.iter().map(|path| crate::files::with_slash(path)));
            } else {
                names.push(name.clone());
            }
        }
        let (mut potentials, mut errors) = (Vec::new(), Vec::new());
        for name in &names {
            match load_potential(name) {
                Ok(potential) => potentials.push(potential),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let sha256 = potentials.iter().map(|potential| potential.sha256).collect();
        Ok(Self { potentials, names, sha256 })
    }

    /// A frame with the mean of the teachers' energies, forces and virials.
    pub fn label(&self, path: &Path, source: SourceFrame) -> Result<Labelled, InputError> {
        let name = place(path, source.line);
        self.mean(&source.frame.structure)
            .map(|mean| labelled(source.frame, &mean, name))
            .map_err(|error| InputError::new(error).in_file(path).at_line(source.line))
    }

    /// That every teacher knows what a frame holds.
    pub fn check(&self, path: &Path, source: &SourceFrame) -> Result<(), InputError> {
        let one = |loaded| crate::structure::check(&source.frame.structure, loaded);
        self.potentials
            .iter()
            .try_for_each(one)
            .map_err(|error| InputError::new(error).in_file(path).at_line(source.line))
    }

    fn mean(&self, structure: &Structure) -> Result<Evaluation, String> {
        let mut mean = Evaluation::zeros(structure.len());
        let mut one = Evaluation::zeros(structure.len());
        let share = 1.0 / self.potentials.len() as f64;
        for loaded in &self.potentials {
            crate::structure::check(structure, loaded)?;
            let potential = &loaded.potential;
            let list =
                NeighbourList::build(structure, potential.max_cutoff_a(), 0.0).map_err(|e| e.to_string())?;
            potential.evaluator().evaluate(structure, &list, &mut one).map_err(|e| e.to_string())?;
            mean.energy_ev += share * one.energy_ev;
            mean.virial_ev += one.virial_ev * share;
            for (mean, force) in mean.forces.iter_mut().zip(&one.forces) {
                *mean += share * force;
            }
        }
        Ok(mean)
    }
}

/// A frame with the labels that it brings.
pub(super) fn as_labelled(path: &Path, source: SourceFrame) -> Result<Labelled, InputError> {
    let labels = &source.frame.labels;
    let missing = |what: &str| {
        InputError::new(format!("a frame has no {what}"))
            .in_file(path)
            .at_line(source.line)
            .help("without distillation.teachers, every structure brings energy and forces")
    };
    let energy_ev = labels.free_energy_ev.or(labels.energy_ev).ok_or_else(|| missing("energy"))?;
    let forces = labels.forces.clone().ok_or_else(|| missing("forces"))?;
    let sample = Sample {
        structure: source.frame.structure.clone(),
        energy_ev,
        forces,
        virial_ev: labels.virial_ev,
        kind: KIND.into(),
        weight: 1.0,
        name: place(path, source.line),
        origin: Origin::Teacher,
    };
    Ok(Labelled {
        sample: Arc::new(sample),
        split: Split::Train,
        host: String::new(),
        frame: source.frame,
        distilled: true,
    })
}

fn labelled(frame: Frame, mean: &Evaluation, name: String) -> Labelled {
    let (energy_ev, forces, virial_ev): (f64, Vec<Vec3>, Mat3) =
        (mean.energy_ev, mean.forces.clone(), mean.virial_ev);
    let labels = Labels {
        energy_ev: Some(energy_ev),
        forces: Some(forces.clone()),
        virial_ev: Some(virial_ev),
        ..Labels::default()
    };
    let frame = Frame { labels, ..frame };
    let sample = Sample {
        structure: frame.structure.clone(),
        energy_ev,
        forces,
        virial_ev: Some(virial_ev),
        kind: KIND.into(),
        weight: 1.0,
        name,
        origin: Origin::Teacher,
    };
    Labelled { sample: Arc::new(sample), split: Split::Train, host: String::new(), frame, distilled: true }
}
