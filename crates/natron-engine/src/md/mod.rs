//! `natron md`: a deck into a run directory.

pub(crate) mod explain;
mod job;
mod log;
mod recorder;
mod replicas;
mod report;
mod restarts;
mod resume;
mod run;
mod speed;
mod stages;
mod summary;
mod thermo_file;
mod uncertain;

pub use job::MdJob;

pub(crate) use log::now_utc;
pub(crate) use run::TRAJECTORY;
#[cfg(feature = "train")]
pub(crate) use uncertain::UNCERTAIN;
