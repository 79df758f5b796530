//! Trajectories to diffusion coefficients with uncertainty.
//!
//! The one decision that shaped this crate: an analysis is a pure function of values. It knows no
//! file, no clock, no random generator and no program that made a trajectory, so that a run's own
//! summary and a later `natron diffusion run.h5` cannot disagree.
//!
//! Sketch of what follows (being built):
//!
//! ```text
//! Trajectory::new(species, masses_amu, time_ps, positions_a, Cells) -> Result<Trajectory>   (unwrapped, A, ps)
//! Trajectory::from_wrapped(...same...) -> Result<Trajectory>                       (nearest image, or refused)
//! diffusion(&[&Trajectory], mobile: Species, reference: &[Species]) -> Result<Diffusion, DiffusionError>
//!     several trajectories = replicas of one system, pooled
//! Diffusion { result: DiffusionResult, msd: MsdCurve { time_ps, msd_a2, err_a2 }, fit: Option<FitLine { intercept_a2, gradient_a2_per_ps, from_ps, to_ps }> }
//! DiffusionResult: serde, exactly the keys of the contract's diffusion[] (see result.rs)
//! ```

pub mod result;
pub mod trajectory;

pub use result::{DiffusionResult, Verdict};
pub use trajectory::{Cells, Trajectory, TrajectoryError};
