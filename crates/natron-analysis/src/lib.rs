//! Trajectories to diffusion coefficients with uncertainty.
//!
//! The one decision that shaped this crate: an analysis is a pure function of values. It knows no
//! file, no clock, no random generator and no program that made a trajectory, so that a run's own
//! summary and a later `natron diffusion run.h5` cannot disagree.
//!
//! [`Trajectory`] is what comes in, [`diffusion()`] does the work, [`DiffusionResult`] is what is published.

pub mod arrhenius;
pub mod bonds;
pub mod charge;
pub mod checks;
pub mod clusters;
pub mod collective;
pub mod covariance;
pub mod curves;
pub mod density;
pub mod diffusion;
pub mod equilibration;
pub mod estimate;
pub mod green_kubo;
pub mod histogram;
pub mod jumps;
pub mod medoids;
pub mod mobility;
pub mod motion;
pub mod msd;
pub mod partials;
pub mod paths;
pub mod pores;
pub mod posterior;
pub mod rdf;
pub mod recorder;
pub mod regression;
pub mod residence;
pub mod result;
pub mod rings;
pub mod sample;
pub mod scaling;
pub mod sites;
pub mod stays;
pub mod tensor;
pub mod tortuosity;
pub mod track;
pub mod trajectory;
pub mod unwrap;
pub mod value;
pub mod verdict;
pub mod voltage;
pub mod window;

pub use bonds::{Bonds, Spread};
pub use diffusion::{Diffusion, DiffusionError, FitLine, MsdCurve, diffusion, diffusion_of_recordings};
pub use equilibration::{Equilibration, equilibration};
pub use medoids::{Medoids, k_medoids};
pub use rdf::{RadialDistribution, RdfError, radial_distribution};
pub use recorder::{Recorder, Recording};
pub use result::{DiffusionResult, Verdict};
pub use rings::{RingCounts, shortest_path_rings};
pub use scaling::Scaling;
pub use trajectory::{Cells, Trajectory, TrajectoryError};
