//! Training of the neural potential in burn.
//!
//! The one decision that shaped this crate: a loss on forces needs the gradient of a gradient, and none is
//! taken. With v = dL/dF the gradient of the force loss by any parameter is minus the gradient of the
//! directional derivative of the energy along v, so each step (1) evaluates energies and forces with the
//! compiled kernels, (2) turns the loss into weights on energies and a direction on positions and cell,
//! (3) differentiates the energy and its derivative along that direction in burn, once, backwards.
//! The density of a frame is linear in the radial coefficients, so it enters as data.

pub mod compute;
pub mod data;
pub mod density;
mod dispersion;
mod ensemble;
pub mod errors;
mod float;
pub mod frames;
pub mod graph;
mod likelihood;
pub mod loss;
mod optimiser;
pub mod settings;
mod standardise;
pub mod trainer;

pub use compute::{ComputeSettings, DeviceChoice, PrecisionChoice};
pub use data::{Origin, Sample, TrainError};
pub use errors::{ForceErrors, Metrics};
pub use frames::{FrameSource, Memory, Sources};
pub use settings::{LossSettings, OptimiserSettings};
pub use trainer::{EpochReport, Trainer};
