//! wip
use std::path::Path;
use natron_analysis::Trajectory;
use natron_atoms::Structure;
use natron_dynamics::TrajectoryFrame;
use crate::{InputError, RunError};
pub(crate) struct TrajectoryWriter;
impl TrajectoryWriter {
    pub(crate) fn create(_p: &Path, _s: &Structure) -> Result<Self, RunError> { Err(RunError::new("x")) }
    pub(crate) fn resume(_p: &Path, _f: u64) -> Result<Self, RunError> { Err(RunError::new("x")) }
    pub(crate) fn append(&mut self, _f: &TrajectoryFrame<'_>) -> Result<(), RunError> { Ok(()) }
    pub(crate) fn flush(&mut self) -> Result<(), RunError> { Ok(()) }
    pub(crate) fn finish(self) -> Result<(), RunError> { Ok(()) }
}
pub(crate) fn read(_p: &Path) -> Result<Trajectory, InputError> { Err(InputError::new("x")) }
