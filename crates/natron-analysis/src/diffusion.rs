//! From trajectories to a diffusion coefficient, or to the reason why there is none.
//!
//! Self-diffusion by Einstein's relation, D = 1/(2d) d MSD/dt with d = 3, over the window of [`crate::window`], by the
//! generalised least squares of [`crate::regression`], with the uncertainty of [`crate::estimate`].

use natron_atoms::Species;

use crate::curves::Curves;
use crate::estimate::Estimate;
use crate::paths::{Paths, record, recorded_paths};
use crate::recorder::Recording;
use crate::result::DiffusionResult;
use crate::trajectory::{Trajectory, TrajectoryError};
use crate::verdict::describe;
use crate::window::last_lag;

/// Why a diffusion analysis cannot be made at all.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DiffusionError {
    /// No trajectory was given.
    #[error("no trajectory was given")]
    NoTrajectory,
    /// A single frame has no displacement.
    #[error("the trajectory holds one frame; displacements need at least two")]
    OneFrame,
    /// No atom is of the mobile species.
    #[error("the trajectory holds no {species} atom to follow")]
    NoMobileAtom {
        /// The mobile species' symbol.
        species: &'static str,
    },
    /// No atom is of a reference species.
    #[error("the trajectory holds no {species} atom to take as reference")]
    NoReferenceAtom {
        /// The reference species' symbol.
        species: &'static str,
    },
    /// Frames are no trajectory.
    #[error(transparent)]
    Trajectory(TrajectoryError),
    /// Replicas are sampled differently.
    #[error(
        "trajectory {replica} has a frame every {found_ps} ps, the first one every {expected_ps} ps; pooled trajectories must share it"
    )]
    Replicas {
        /// Which, from 0.
        replica: usize,
        /// Its spacing, ps.
        found_ps: f64,
        /// That of the first, ps.
        expected_ps: f64,
    },
}

/// A diffusion analysis: the result and the curves behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Diffusion {
    /// What goes into `diffusion[]`.
    pub result: DiffusionResult,
    /// The MSD of the mobile atoms up to the whole run, for pictures.
    pub msd: MsdCurve,
    /// The fitted line, where one was fitted.
    pub fit: Option<FitLine>,
    /// The whole fit, where one was made.
    pub estimate: Option<Estimate>,
}

/// Mean squared displacement, averaged over atoms and all time origins.
#[derive(Debug, Clone, PartialEq)]
pub struct MsdCurve {
    /// Lag, ps, ascending, about 16 per octave.
    pub time_ps: Vec<f64>,
    /// MSD, A^2.
    pub msd_a2: Vec<f64>,
    /// Its standard error, A^2.
    pub err_a2: Vec<f64>,
}

/// MSD = intercept + gradient t, t in `from_ps..=to_ps`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitLine {
    /// A^2.
    pub intercept_a2: f64,
    /// A^2/ps.
    pub gradient_a2_per_ps: f64,
    /// First fitted lag, ps.
    pub from_ps: f64,
    /// Last fitted lag, ps.
    pub to_ps: f64,
}

/// Fewer frames than this are always too short.
pub const LEAST_FRAMES: usize = 41;
/// Lags per octave of the ladder that is fitted, and of the curve for pictures.
const PER_OCTAVE: (usize, usize) = (6, 16);

/// Diffusion of the `mobile` species in replicas of one system (one trajectory or several), relative to the centre
/// of mass of the `reference` species (empty = the whole system).
///
/// # Errors
/// See [`DiffusionError`]. A run that does not diffuse or is too short is a result, not an error.
pub fn diffusion(
    replicas: &[&Trajectory],
    mobile: Species,
    reference: &[Species],
) -> Result<Diffusion, DiffusionError> {
    let recordings =
        replicas.iter().map(|t| record(t, &[mobile], reference)).collect::<Result<Vec<_>, _>>()?;
    diffusion_of_recordings(&recordings.iter().collect::<Vec<_>>(), mobile)
}

/// As [`diffusion()`], of what a [`crate::Recorder`] kept of each replica.
///
/// # Errors
/// No recording, no mobile atom, or replicas with other frame spacings.
pub fn diffusion_of_recordings(
    replicas: &[&Recording],
    mobile: Species,
) -> Result<Diffusion, DiffusionError> {
    let paths = recorded_paths(replicas, mobile)?;
    let reference = replicas[0].reference.iter().map(|s| s.symbol().to_string()).collect();
    Ok(of_paths(&paths, mobile.symbol().to_string(), reference))
}

/// The analysis of paths that are already relative to their reference.
pub(crate) fn of_paths(paths: &Paths, species: String, reference: Vec<String>) -> Diffusion {
    let curves = Curves::new(paths, last_lag(paths.n_frames, paths.atoms.len()), PER_OCTAVE.0);
    let estimate = (paths.n_frames >= LEAST_FRAMES).then(|| Estimate::new(paths, &curves)).flatten();
    Diffusion {
        msd: picture_curve(paths, estimate.as_ref()),
        fit: estimate.as_ref().map(|e| fit_line(e, paths.spacing_ps)),
        result: describe(paths, &curves, estimate.as_ref(), species, reference),
        estimate,
    }
}

fn fit_line(estimate: &Estimate, spacing_ps: f64) -> FitLine {
    let (first, last) = estimate.ends();
    FitLine {
        intercept_a2: estimate.intercept_a2,
        gradient_a2_per_ps: estimate.gradient.value / spacing_ps,
        from_ps: first as f64 * spacing_ps,
        to_ps: last as f64 * spacing_ps,
    }
}

/// The curve up to the whole run; its error is the larger of the scatter between atoms and the fitted model's.
fn picture_curve(paths: &Paths, estimate: Option<&Estimate>) -> MsdCurve {
    let curves = Curves::new(paths, paths.n_frames, PER_OCTAVE.1);
    let error = |i: usize| {
        let mut weights = vec![0.0; curves.lags.len()];
        weights[i] = 1.0;
        let atoms = curves.variance_between_atoms(&weights).unwrap_or(0.0);
        let model = estimate.map_or(0.0, |e| e.model.variance_at(curves.lags[i], curves.frames));
        atoms.max(model / curves.n_atoms() as f64).sqrt()
    };
    MsdCurve {
        time_ps: curves.lags.iter().map(|&lag| lag as f64 * paths.spacing_ps).collect(),
        err_a2: (0..curves.lags.len()).map(error).collect(),
        msd_a2: curves.mean_a2,
    }
}
