//! Errors of a model on held-out frames.

use natron_potential::{Evaluation, ModelSpec};

use crate::data::Prepared;
use crate::settings::LossSettings;

/// Force errors of one species.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForceErrors {
    /// Symbol.
    pub species: String,
    /// Atoms.
    pub atoms: usize,
    /// Root-mean-square error of components, eV/A.
    pub rmse_ev_per_a: f64,
    /// Root-mean-square reference component, eV/A.
    pub rms_ev_per_a: f64,
    /// Root-mean-square error over root-mean-square reference, each atom weighted as the loss weights it: a collision
    /// of 30 eV/A does not outweigh all other atoms.
    pub weighted_relative: f64,
}

/// Errors on a set of frames.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    /// Frames.
    pub frames: usize,
    /// Root-mean-square energy error, eV/atom.
    pub energy_rmse_ev_per_atom: f64,
    /// Root-mean-square error of force components, eV/A.
    pub force_rmse_ev_per_a: f64,
    /// By species.
    pub by_species: Vec<ForceErrors>,
}

impl Metrics {
    /// What early stopping compares: relative force errors, weighted as the loss weights them, averaged over the
    /// species, plus the energy error in units of 200 meV/atom.
    pub fn score(&self) -> f64 {
        let relative: Vec<f64> =
            self.by_species.iter().filter(|s| s.rms_ev_per_a > 0.0).map(|s| s.weighted_relative).collect();
        relative.iter().sum::<f64>() / relative.len().max(1) as f64 + self.energy_rmse_ev_per_atom / 0.2
    }
}

/// Sums over evaluated frames, in the order in which they are added.
pub(crate) struct Sums<'a> {
    loss: &'a LossSettings,
    frames: usize,
    energy: f64,
    by_species: Vec<ForceErrors>,
    /// Weighted squares of errors and references, by species.
    weighted: Vec<(f64, f64)>,
}

impl<'a> Sums<'a> {
    pub fn new(spec: &ModelSpec, loss: &'a LossSettings) -> Self {
        let empty = |s: &String| ForceErrors { species: s.clone(), ..Default::default() };
        Self {
            loss,
            frames: 0,
            energy: 0.0,
            by_species: spec.species.iter().map(empty).collect(),
            weighted: vec![(0.0, 0.0); spec.species.len()],
        }
    }

    pub fn add(&mut self, frame: &Prepared, values: &Evaluation) {
        let n = values.forces.len() as f64;
        self.frames += 1;
        self.energy += ((values.energy_ev - frame.sample.energy_ev) / n).powi(2);
        for ((force, reference), &s) in values.forces.iter().zip(&frame.sample.forces).zip(&frame.numbers) {
            let (of_species, weighted) = (&mut self.by_species[s], &mut self.weighted[s]);
            of_species.atoms += 1;
            of_species.rmse_ev_per_a += (force - reference).norm_squared();
            of_species.rms_ev_per_a += reference.norm_squared();
            let scale = self.loss.force_scale_squared(reference.norm_squared());
            weighted.0 += (force - reference).norm_squared() / scale;
            weighted.1 += reference.norm_squared() / scale;
        }
    }

    pub fn metrics(mut self) -> Metrics {
        let atoms: usize = self.by_species.iter().map(|s| s.atoms).sum();
        let sum: f64 = self.by_species.iter().map(|s| s.rmse_ev_per_a).sum();
        let root = |sum: f64, atoms: usize| (sum / (3 * atoms.max(1)) as f64).sqrt();
        for (s, (error, reference)) in self.by_species.iter_mut().zip(self.weighted) {
            s.weighted_relative = if reference > 0.0 { f64::sqrt(error / reference) } else { 0.0 };
            s.rmse_ev_per_a = root(s.rmse_ev_per_a, s.atoms);
            s.rms_ev_per_a = root(s.rms_ev_per_a, s.atoms);
        }
        Metrics {
            frames: self.frames,
            energy_rmse_ev_per_atom: (self.energy / self.frames.max(1) as f64).sqrt(),
            force_rmse_ev_per_a: root(sum, atoms),
            by_species: self.by_species,
        }
    }
}
