//! Other ways to D, and what follows from D, for one species: each a value or the reason why there is none.

use natron_atoms::Species;
use natron_atoms::units::A2_PER_PS_IN_M2_PER_S;

use crate::DiffusionError;
use crate::charge::charge_diffusion;
use crate::diffusion::Diffusion;
use crate::green_kubo::green_kubo;
use crate::paths::{Paths, recorded_paths};
use crate::posterior::{Posterior, observe};
use crate::recorder::Recording;
use crate::tensor::{DiffusionTensor, diffusion_tensor};
use crate::value::Value;

/// A value, or in words why there is none.
pub type Outcome<T> = Result<T, String>;

/// What [`checks`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Checks {
    /// D by plain least squares in the same window, m2/s.
    pub plain: Outcome<Value>,
    /// D by the integral of the velocity autocorrelation, m2/s.
    pub green_kubo: Outcome<Value>,
    /// The posterior of D with kinisi's covariance, in the same window.
    pub posterior: Outcome<Posterior>,
    /// D in each direction.
    pub tensor: Outcome<DiffusionTensor>,
    /// The diffusion of the charge.
    pub charge: Diffusion,
    /// Haven ratio D*/D_charge.
    pub haven: Outcome<Value>,
    /// Mobile atoms of one replica.
    pub ions: usize,
}

/// Analyses the same recordings as `diffusion`, the result for `mobile`, was made from.
///
/// # Errors
/// As [`crate::diffusion_of_recordings`].
pub fn checks(
    replicas: &[&Recording],
    mobile: Species,
    diffusion: &Diffusion,
) -> Result<Checks, DiffusionError> {
    let paths = recorded_paths(replicas, mobile)?;
    let result = &diffusion.result;
    let charge = charge_diffusion(&paths, &result.species, &result.reference);
    let fit = match (&diffusion.estimate, &result.D_m2_per_s) {
        (Some(estimate), Some(_)) => Ok(estimate),
        _ => Err(result.D_m2_per_s_note.clone().unwrap_or_else(|| "there is no fit".into())),
    };
    let in_si = A2_PER_PS_IN_M2_PER_S / (6.0 * paths.spacing_ps);
    let plain = fit.clone().map(|estimate| {
        let gradient = estimate.plain_gradient();
        Value { value: in_si * gradient.value, err: in_si * gradient.half_width(0.68) }
    });
    let posterior = fit.clone().and_then(|estimate| {
        let observed = observe(&paths, &estimate.window.lags);
        observed.posterior(paths.spacing_ps).ok_or_else(|| "the observed covariance gives no line".into())
    });
    let green_kubo =
        fit.clone().and_then(|estimate| by_velocities(replicas, mobile, &paths, estimate.ends().0));
    let own = result.D_m2_per_s.zip(result.D_err_m2_per_s).map(|(value, err)| Value { value, err });
    let shared =
        charge.result.D_m2_per_s.zip(charge.result.D_err_m2_per_s).map(|(value, err)| Value { value, err });
    let haven = match (own, shared) {
        (Some(own), Some(shared)) => Ok(own.over(shared)),
        (None, _) => Err(result.D_m2_per_s_note.clone().unwrap_or_default()),
        (_, None) => Err(format!(
            "there is no D_charge: {}",
            charge.result.D_m2_per_s_note.clone().unwrap_or_default()
        )),
    };
    let ions = paths.atoms.iter().filter(|path| path.replica == 0).count();
    let tensor = fit.map(|estimate| diffusion_tensor(&paths, estimate));
    Ok(Checks { plain, green_kubo, posterior, tensor, charge, haven, ions })
}

fn by_velocities(replicas: &[&Recording], mobile: Species, paths: &Paths, cut: usize) -> Outcome<Value> {
    let mut velocities = Vec::new();
    for recording in replicas {
        let tracks = recording.velocities_a_per_fs.as_ref();
        let tracks = tracks.ok_or("there are no velocities in every frame, or too many to be kept")?;
        let own = recording.species.iter().zip(tracks).filter(|(species, _)| **species == mobile);
        velocities.extend(own.map(|(_, track)| track.to_vec(paths.n_frames)));
    }
    green_kubo(&velocities, paths.spacing_ps, cut)
}
