//! Where a run has come to, for what goes on from there.

use natron_atoms::Frame;
use natron_atoms::units::TIME_UNIT_FS;

use super::{MdJob, restarts};
use crate::InputError;

impl MdJob {
    /// The last frame of the first replica, with velocities.
    ///
    /// # Errors
    /// There is no restart, or it does not belong to this deck.
    pub(crate) fn last_frame(&self) -> Result<Frame, InputError> {
        let restart = restarts::newest(&self.directory)?;
        let simulation = self.resume(&restart)?;
        let state = simulation.state();
        let mut frame = Frame::new(state.structure.clone());
        frame.velocities = Some(state.velocities.iter().map(|v| v / TIME_UNIT_FS).collect());
        Ok(frame)
    }
}
