//! `natron md`: a deck into a run directory.

pub(crate) mod explain;
mod job;
mod log;
mod recorder;
mod report;
mod restarts;
mod run;
mod speed;
mod summary;
mod thermo_file;

pub use job::MdJob;

pub(crate) use log::now_utc;
pub(crate) use run::TRAJECTORY;
