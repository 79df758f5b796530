//! The paths of the mobile atoms, seen from the reference.

use std::sync::Arc;

use natron_atoms::Species;

use crate::recorder::{Recorder, Recording};
use crate::track::Track;
use crate::{DiffusionError, Trajectory};

/// Positions of single atoms over time, relative to the reference's centre of mass.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    /// Time between frames, ps.
    pub spacing_ps: f64,
    /// Frames of every path.
    pub n_frames: usize,
    /// One path per mobile atom and replica.
    pub atoms: Vec<Path>,
}

/// One atom's path.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Which replica the atom belongs to: atoms of one replica feel the same events.
    pub replica: usize,
    /// Positions, A, at least `[T]`.
    pub positions_a: Arc<Track>,
}

impl Paths {
    /// Every `stride`-th frame of them (1 at the least).
    pub fn every(&self, stride: usize) -> Self {
        let stride = stride.max(1);
        if stride == 1 {
            return self.clone();
        }
        let thin = |path: &Path| {
            let frames = (0..self.n_frames).step_by(stride).map(|frame| path.positions_a.at(frame));
            Path { replica: path.replica, positions_a: Arc::new(Track::from(frames.collect::<Vec<_>>())) }
        };
        Self {
            spacing_ps: self.spacing_ps * stride as f64,
            n_frames: self.n_frames.div_ceil(stride),
            atoms: self.atoms.iter().map(thin).collect(),
        }
    }
}

/// Replicas may differ in frame spacing by this fraction of it.
const SPACING_TOLERANCE: f64 = 1e-6;

/// The paths of the atoms of `mobile` in recordings of replicas of one system. Replicas longer than the shortest are cut to its length.
///
/// # Errors
/// No recording, no mobile atom, or replicas with other frame spacings.
pub fn recorded_paths(replicas: &[&Recording], mobile: Species) -> Result<Paths, DiffusionError> {
    let spacing_ps = replicas.first().ok_or(DiffusionError::NoTrajectory)?.spacing_ps;
    let n_frames = replicas.iter().map(|r| r.n_frames).min().unwrap_or(0);
    let mut atoms = Vec::new();
    for (replica, recording) in replicas.iter().enumerate() {
        let found_ps = recording.spacing_ps;
        if (found_ps - spacing_ps).abs() > SPACING_TOLERANCE * spacing_ps {
            return Err(DiffusionError::Replicas { replica, found_ps, expected_ps: spacing_ps });
        }
        let ways = recording.species.iter().zip(&recording.positions_a).filter(|(s, _)| **s == mobile);
        atoms.extend(ways.map(|(_, way)| Path { replica, positions_a: way.clone() }));
    }
    if atoms.is_empty() {
        return Err(DiffusionError::NoMobileAtom { species: mobile.symbol() });
    }
    Ok(Paths { spacing_ps, n_frames, atoms })
}

/// The recording of a trajectory in memory.
///
/// # Errors
/// See [`Recorder::new`] and [`Recorder::finish`].
pub fn record(
    trajectory: &Trajectory,
    mobile: &[Species],
    reference: &[Species],
) -> Result<Recording, DiffusionError> {
    let mut recorder = Recorder::new(trajectory.species(), trajectory.masses_amu(), mobile, reference)?;
    for (frame, (time_ps, positions_a)) in
        trajectory.time_ps().iter().zip(trajectory.positions_a()).enumerate()
    {
        let pushed = recorder.push(*time_ps, trajectory.cells().at(frame), positions_a, None);
        pushed.map_err(DiffusionError::Trajectory)?;
    }
    recorder.finish()
}
