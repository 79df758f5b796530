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

/// Errors of evaluated frames.
pub(crate) fn metrics(
    spec: &ModelSpec,
    frames: &[Prepared],
    values: &[Evaluation],
    loss: &LossSettings,
) -> Metrics {
    let mut weighted = vec![(0.0, 0.0); spec.species.len()];
    let mut by_species: Vec<ForceErrors> =
        spec.species.iter().map(|s| ForceErrors { species: s.clone(), ..Default::default() }).collect();
    let mut energy = 0.0;
    for (frame, values) in frames.iter().zip(values) {
        let n = values.forces.len() as f64;
        energy += ((values.energy_ev - frame.sample.energy_ev) / n).powi(2);
        for ((force, reference), &s) in values.forces.iter().zip(&frame.sample.forces).zip(&frame.numbers) {
            by_species[s].atoms += 1;
            by_species[s].rmse_ev_per_a += (force - reference).norm_squared();
            by_species[s].rms_ev_per_a += reference.norm_squared();
            let scale = loss.force_scale_squared(reference.norm_squared());
            weighted[s].0 += (force - reference).norm_squared() / scale;
            weighted[s].1 += reference.norm_squared() / scale;
        }
    }
    let atoms: usize = by_species.iter().map(|s| s.atoms).sum();
    let sum: f64 = by_species.iter().map(|s| s.rmse_ev_per_a).sum();
    let root = |sum: f64, atoms: usize| (sum / (3 * atoms.max(1)) as f64).sqrt();
    for (s, (error, reference)) in by_species.iter_mut().zip(weighted) {
        s.weighted_relative = if reference > 0.0 { f64::sqrt(error / reference) } else { 0.0 };
        s.rmse_ev_per_a = root(s.rmse_ev_per_a, s.atoms);
        s.rms_ev_per_a = root(s.rms_ev_per_a, s.atoms);
    }
    Metrics {
        frames: frames.len(),
        energy_rmse_ev_per_atom: (energy / frames.len().max(1) as f64).sqrt(),
        force_rmse_ev_per_a: root(sum, atoms),
        by_species,
    }
}
