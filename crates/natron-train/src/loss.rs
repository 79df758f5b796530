//! The loss of a frame, and its derivatives by energy, forces and virial.

use natron_atoms::{Mat3, Vec3};
use natron_potential::Evaluation;

use crate::data::Prepared;
use crate::settings::LossSettings;

/// Loss of a frame by part, before weights between frames.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parts {
    /// Forces.
    pub forces: f64,
    /// Energy.
    pub energy: f64,
    /// Virial.
    pub virial: f64,
}

impl Parts {
    /// Sum of the parts.
    pub fn total(&self) -> f64 {
        self.forces + self.energy + self.virial
    }
}

/// A loss and its derivatives.
#[derive(Debug, Clone)]
pub(crate) struct LossOfFrame {
    pub parts: Parts,
    /// dL/dE, 1/eV.
    pub by_energy: f64,
    /// dL/dF, A/eV, `[n]`.
    pub by_forces: Vec<Vec3>,
    /// dL/dW, 1/eV.
    pub by_virial: Mat3,
}

/// Weights that do not depend on the frame alone.
#[derive(Debug, Clone)]
pub(crate) struct FrameWeights {
    /// Of the frame.
    pub frame: f64,
    /// Of each force component, by species: weight over the number of components in the batch.
    pub per_component: Vec<f64>,
    /// Of the energy.
    pub energy: f64,
}

/// The loss of one frame of a batch of `frames`.
pub(crate) fn of_frame(
    frame: &Prepared,
    values: &Evaluation,
    settings: &LossSettings,
    weights: &FrameWeights,
    frames: usize,
) -> LossOfFrame {
    let sample = &frame.sample;
    let n = values.forces.len() as f64;
    let mut parts = Parts::default();
    let by_forces = values
        .forces
        .iter()
        .zip(&sample.forces)
        .zip(&frame.numbers)
        .map(|((force, reference), &species)| {
            let error = force - reference;
            let scale = settings.force_scale_squared(reference.norm_squared());
            let weight = weights.frame * weights.per_component[species];
            let (loss, slope) = settings.of_square(error.norm_squared() / scale);
            parts.forces += weight * loss;
            error * (2.0 * weight * slope / scale)
        })
        .collect();
    let share = weights.frame / frames as f64;
    let energy_scale = weights.energy * share / (n * settings.energy_floor_ev_per_atom).powi(2);
    let energy_error = values.energy_ev - sample.energy_ev;
    parts.energy = energy_scale * energy_error * energy_error;
    let mut by_virial = Mat3::zeros();
    if let Some(reference) = sample.virial_ev {
        let scale = settings.virial_weight * share / (9.0 * (n * settings.virial_floor_ev_per_atom).powi(2));
        let error = values.virial_ev - reference;
        parts.virial = scale * error.norm_squared();
        by_virial = error * (2.0 * scale);
    }
    LossOfFrame { parts, by_energy: 2.0 * energy_scale * energy_error, by_forces, by_virial }
}
