//! From an estimate to the published result: is there a number for D, a bound, or neither, and why.

use natron_atoms::units::A2_PER_PS_IN_M2_PER_S;

use crate::curves::Curves;
use crate::diffusion::LEAST_FRAMES;
use crate::estimate::Estimate;
use crate::paths::Paths;
use crate::result::{DiffusionResult, Verdict};

/// The slope of a diffusive MSD lies within this of 1.
pub const SLOPE_BAND: f64 = 0.2;

/// A reason in words.
type Why = String;

/// The result of an analysis. `estimate` is None where nothing moved or there are too few frames.
pub fn describe(
    paths: &Paths,
    curves: &Curves,
    estimate: Option<&Estimate>,
    species: String,
    reference: Vec<String>,
) -> DiffusionResult {
    let (verdict, why) = judge(paths, curves, estimate);
    let in_si = A2_PER_PS_IN_M2_PER_S / (6.0 * paths.spacing_ps);
    let mut result = DiffusionResult::empty(species, reference, verdict, &why);
    result.n_origins = n_origins(paths, estimate, curves);
    if let Some(estimate) = estimate {
        result.set_window(estimate, paths.spacing_ps);
    }
    match (verdict, estimate) {
        (Verdict::Diffusive, Some(estimate)) => result.set_number(estimate, in_si),
        _ => {
            let (bound, note) =
                upper_bound(curves, estimate, in_si).map_or_else(|e| (None, Some(e)), |b| (Some(b), None));
            result.D_upper_m2_per_s = bound;
            result.D_upper_m2_per_s_note = note;
        }
    }
    result
}

fn judge(paths: &Paths, curves: &Curves, estimate: Option<&Estimate>) -> (Verdict, Why) {
    if paths.n_frames < LEAST_FRAMES {
        return (Verdict::TooShort, format!("{} frames; at least {LEAST_FRAMES} are needed", paths.n_frames));
    }
    let Some(estimate) = estimate else {
        return match curves.mean_a2.last() {
            Some(&last) if last > 0.0 => {
                (Verdict::TooShort, "the mean squared displacement gives no line".into())
            }
            _ => (Verdict::NotDiffusive, "nothing moved".into()),
        };
    };
    let slope = estimate.slope;
    let outside = (slope.value - 1.0).abs() - SLOPE_BAND;
    if slope.error > SLOPE_BAND && outside < 2.0 * slope.error || !slope.value.is_finite() {
        let why = format!(
            "d ln MSD / d ln t = {:.2} +- {:.2} cannot tell diffusion from its absence: run longer",
            slope.value, slope.error
        );
        return (Verdict::TooShort, why);
    }
    if outside > 0.0 {
        let why = format!(
            "d ln MSD / d ln t = {:.2} +- {:.2} is outside 1 +- {SLOPE_BAND}",
            slope.value, slope.error
        );
        return (Verdict::NotDiffusive, why);
    }
    if estimate.gradient.value <= 0.0 {
        return (Verdict::TooShort, "the fitted gradient is not positive: run longer".into());
    }
    (Verdict::Diffusive, String::new())
}

/// Displacements over the whole window that share no time: atoms x floor(run / last lag).
fn n_origins(paths: &Paths, estimate: Option<&Estimate>, curves: &Curves) -> usize {
    let last = estimate.map(|e| e.ends().1).or(curves.lags.last().copied());
    last.map_or(0, |last| paths.atoms.len() * (paths.n_frames.saturating_sub(1) / last))
}

/// MSD/(6t) falls with t where the slope is below 1, so at the end of the window it bounds D from above. Where the
/// MSD grows faster than t it does not, and there is no bound.
fn upper_bound(curves: &Curves, estimate: Option<&Estimate>, in_si: f64) -> Result<f64, Why> {
    match estimate {
        Some(e) if e.slope.value > 1.0 + SLOPE_BAND => Err(
            "the mean squared displacement still grows faster than time: this run bounds D only from below"
                .into(),
        ),
        Some(e) if e.last.value > 0.0 => Ok(in_si * e.last.log_upper(0.95) / e.ends().1 as f64),
        Some(_) => Err("the mean squared displacement is not positive".into()),
        None if curves.mean_a2.last() == Some(&0.0) => Ok(0.0),
        None => Err("the run is too short for a bound".into()),
    }
}

impl DiffusionResult {
    /// A result without numbers, every absence explained by `why`.
    fn empty(species: String, reference: Vec<String>, verdict: Verdict, why: &str) -> Self {
        let why = || Some(why.to_string());
        Self {
            species,
            reference,
            D_m2_per_s: None,
            D_m2_per_s_note: why(),
            D_err_m2_per_s: None,
            D_err_m2_per_s_note: why(),
            D_low95_m2_per_s: None,
            D_low95_m2_per_s_note: why(),
            D_high95_m2_per_s: None,
            D_high95_m2_per_s_note: why(),
            D_upper_m2_per_s: None,
            D_upper_m2_per_s_note: why(),
            slope: None,
            slope_note: why(),
            slope_err: None,
            slope_err_note: why(),
            fit_from_ps: None,
            fit_from_ps_note: why(),
            fit_to_ps: None,
            fit_to_ps_note: why(),
            n_origins: 0,
            verdict,
        }
    }

    fn set_window(&mut self, estimate: &Estimate, spacing_ps: f64) {
        let (first, last) = estimate.ends();
        set(&mut self.fit_from_ps, &mut self.fit_from_ps_note, first as f64 * spacing_ps);
        set(&mut self.fit_to_ps, &mut self.fit_to_ps_note, last as f64 * spacing_ps);
        set(&mut self.slope, &mut self.slope_note, estimate.slope.value);
        set(&mut self.slope_err, &mut self.slope_err_note, estimate.slope.error);
    }

    fn set_number(&mut self, estimate: &Estimate, in_si: f64) {
        let (low, high) = estimate.gradient.log_interval(0.95);
        set(&mut self.D_m2_per_s, &mut self.D_m2_per_s_note, in_si * estimate.gradient.value);
        set(
            &mut self.D_err_m2_per_s,
            &mut self.D_err_m2_per_s_note,
            in_si * estimate.gradient.half_width(0.68),
        );
        set(&mut self.D_low95_m2_per_s, &mut self.D_low95_m2_per_s_note, in_si * low);
        set(&mut self.D_high95_m2_per_s, &mut self.D_high95_m2_per_s_note, in_si * high);
        self.D_upper_m2_per_s_note = Some("D itself is given".into());
    }
}

/// Writes a number and clears its note, or keeps the note where the number is not finite.
fn set(slot: &mut Option<f64>, note: &mut Option<String>, value: f64) {
    if value.is_finite() {
        (*slot, *note) = (Some(value), None);
    } else {
        (*slot, *note) = (None, Some("not finite".into()));
    }
}
