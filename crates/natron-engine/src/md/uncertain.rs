//! Frames of which the potential was unsure: said in the log, and kept where the deck says so.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use natron_atoms::{Frame, InfoValue};
use natron_dynamics::plan::{UncertaintyAction, UncertaintyLimits};
use natron_dynamics::{Doubt, TrajectoryFrame};

use crate::RunError;

/// The file of a run directory that keeps them.
pub(crate) const UNCERTAIN: &str = "uncertain.extxyz";

/// What became of the frames so far.
#[derive(Debug)]
pub(super) struct Uncertain {
    limits: UncertaintyLimits,
    file: PathBuf,
    /// In the present stage.
    steps: u64,
    kept: u64,
    /// Step of the last frame that was kept.
    last: Option<u64>,
}

impl Uncertain {
    /// For a run that is at `step`: frames kept beyond it, before it was interrupted, are taken away.
    pub(super) fn new(limits: UncertaintyLimits, directory: &Path, step: u64) -> Result<Self, RunError> {
        let file = directory.join(UNCERTAIN);
        let mut last = None;
        if file.exists() {
            let unreadable = |error: natron_io::ReadError| RunError::new(error.to_string());
            let items =
                natron_io::open_frames(&file, Some(natron_io::Format::ExtendedXyz)).map_err(unreadable)?;
            // What a sudden end left half-written lies beyond the step.
            let whole = items.map_while(Result::ok).filter_map(|item| match item {
                natron_io::Item::Frame(source) => Some(source.frame),
                natron_io::Item::Skipped(_) => None,
            });
            let kept: Vec<Frame> =
                whole.take_while(|frame| step_of(frame).is_some_and(|s| s <= step)).collect();
            last = kept.last().and_then(step_of);
            natron_io::replace(&file, |writer| natron_io::write_frames(writer, &kept))
                .map_err(|error| RunError::writing(&file, error))?;
        }
        Ok(Self { limits, file, steps: 0, kept: 0, last })
    }

    /// Takes note; what to say, the first time in a stage.
    pub(super) fn add(
        &mut self,
        stage: &str,
        doubt: &Doubt,
        frame: &TrajectoryFrame<'_>,
    ) -> Result<Option<String>, RunError> {
        self.steps += 1;
        let step = frame.at.step;
        let due = self.last.is_none_or(|last| step >= last + self.limits.collect_every.get());
        if self.limits.action == UncertaintyAction::Collect && due {
            self.keep(stage, doubt, frame).map_err(|error| RunError::writing(&self.file, error))?;
            self.kept += 1;
            self.last = Some(step);
        }
        Ok((self.steps == 1).then(|| format!("stage {stage}, step {step}: {doubt}; the run goes on")))
    }

    fn keep(&self, stage: &str, doubt: &Doubt, frame: &TrajectoryFrame<'_>) -> std::io::Result<()> {
        let mut kept = Frame::new(frame.structure.clone());
        kept.velocities = Some(frame.velocities_a_per_fs.to_vec());
        kept.info.push(("step".into(), InfoValue::Int(frame.at.step as i64)));
        kept.info.push(("time_ps".into(), InfoValue::Real(frame.at.time_ps)));
        kept.info.push(("stage".into(), InfoValue::Text(stage.into())));
        kept.info.push(("uncertain_atom".into(), InfoValue::Int(doubt.atom as i64)));
        kept.info.push(("uncertainty".into(), InfoValue::Text(doubt.to_string())));
        let file = OpenOptions::new().create(true).append(true).open(&self.file)?;
        let mut writer = BufWriter::new(file);
        natron_io::write_frame(&mut writer, &kept)?;
        writer.flush()
    }

    /// What to say at the end of a stage, if there was anything.
    pub(super) fn end_stage(&mut self) -> Option<String> {
        let (steps, kept) = (std::mem::take(&mut self.steps), std::mem::take(&mut self.kept));
        let kept = match self.limits.action {
            UncertaintyAction::Collect => format!(", {kept} frames in {UNCERTAIN}"),
            _ => String::new(),
        };
        (steps > 0)
            .then(|| format!("the potential was beyond the limits of [uncertainty] in {steps} looks{kept}"))
    }
}

fn step_of(frame: &Frame) -> Option<u64> {
    match frame.info.iter().find(|(key, _)| key == "step")?.1 {
        InfoValue::Int(step) => u64::try_from(step).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use natron_atoms::{Cell, Species, Structure, Vec3};

    use super::*;

    #[test]
    fn what_lies_beyond_the_restart_is_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(UNCERTAIN);
        let cell = Cell::new([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]], [true; 3]).expect("a cell");
        let structure = Structure::new(cell, vec![Species::C], vec![Vec3::zeros()]).expect("a structure");
        let mut text = Vec::new();
        for step in [1, 6, 11] {
            let mut frame = Frame::new(structure.clone());
            frame.info.push(("step".into(), InfoValue::Int(step)));
            natron_io::write_frame(&mut text, &frame).expect("writes");
        }
        let every = NonZeroU64::new(5).expect("not zero");
        let limits = UncertaintyLimits {
            action: UncertaintyAction::Collect,
            atom_energy_max_mev: None,
            force_max: None,
            force_every: every,
            collect_every: every,
        };
        for (bytes, step, kept) in
            [(&text[..], 7, 2), (&text[..text.len() - 4], 20, 2), (&text[..], 11, 3), (&text[..], 0, 0)]
        {
            std::fs::write(&path, bytes).expect("writes");
            let found = Uncertain::new(limits, folder.path(), step).expect("reads");
            let frames = natron_io::read_frames(&path).unwrap_or_default();
            assert_eq!((frames.len(), found.last), (kept, frames.last().and_then(step_of)));
        }
        assert!(
            Uncertain::new(limits, &folder.path().join("new"), 0).expect("nothing is there").last.is_none()
        );
    }
}
