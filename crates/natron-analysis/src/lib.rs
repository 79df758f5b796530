//! Trajectories to diffusion coefficients with uncertainty.
//!
//! The one decision that shaped this crate: an analysis is a pure function of values. It knows no
//! file, no clock, no random generator and no program that made a trajectory, so that a run's own
//! summary and a later `natron diffusion run.h5` cannot disagree.
//!
//! [`Trajectory`] is what comes in, [`diffusion()`] does the work, [`DiffusionResult`] is what is published.

pub mod collective;
pub mod covariance;
pub mod curves;
pub mod diffusion;
pub mod estimate;
pub mod jumps;
pub mod medoids;
pub mod motion;
pub mod msd;
pub mod paths;
pub mod pores;
pub mod rdf;
pub mod regression;
pub mod residence;
pub mod result;
pub mod scaling;
pub mod trajectory;
pub mod unwrap;
pub mod verdict;
pub mod window;

pub use diffusion::{Diffusion, DiffusionError, FitLine, MsdCurve, diffusion};
pub use medoids::{Medoids, k_medoids};
pub use rdf::{RadialDistribution, RdfError, radial_distribution};
pub use result::{DiffusionResult, Verdict};
pub use scaling::Scaling;
pub use trajectory::{Cells, Trajectory, TrajectoryError};
