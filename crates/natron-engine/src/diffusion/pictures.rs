//! Pictures of a diffusion analysis.

use natron_analysis::posterior::Posterior;
use natron_report::Plot;

use super::{Analysis, Arrhenius};

/// Width of a picture, px.
pub(crate) const WIDTH: f64 = 640.0;
/// Height of a picture, px.
pub(crate) const HEIGHT: f64 = 400.0;

/// Points of the band of a fitted line.
const BAND: usize = 24;

/// MSD with its error, and the fitted line with its 95 % band.
pub(crate) fn msd(analysis: &Analysis) -> Plot {
    let curve = &analysis.diffusion.msd;
    let points: Vec<(f64, f64)> = curve.time_ps.iter().copied().zip(curve.msd_a2.iter().copied()).collect();
    let band: Vec<(f64, f64, f64)> =
        points.iter().zip(&curve.err_a2).map(|((t, m), e)| (*t, m - e, m + e)).collect();
    let mut plot = Plot::new("")
        .x("t / ps")
        .y("MSD / \u{c5}\u{b2}")
        .line(analysis.species.symbol(), &points)
        .band("standard error", &band);
    if let Some(fit) = analysis.diffusion.fit {
        let at = |t: f64| (t, fit.intercept_a2 + fit.gradient_a2_per_ps * t);
        plot = plot.dashed("fit", &[at(fit.from_ps), at(fit.to_ps)]).span("fitted", fit.from_ps, fit.to_ps);
        if let Some(estimate) = &analysis.diffusion.estimate {
            let (first, last) = estimate.ends();
            let spacing_ps = fit.to_ps / last as f64;
            let lag = |k: usize| first as f64 + (last - first) as f64 * k as f64 / BAND as f64;
            let of_line = (0..=BAND).map(|k| {
                let line = estimate.line_at(lag(k));
                let half = line.half_width(0.95);
                (lag(k) * spacing_ps, line.value - half, line.value + half)
            });
            plot = plot.grey_band("fit, 95 %", &of_line.collect::<Vec<_>>());
        }
    }
    plot
}

/// d ln MSD / d ln t over one octave around each lag; None where nothing moves.
pub(crate) fn local_slope(analysis: &Analysis) -> Option<Plot> {
    let curve = &analysis.diffusion.msd;
    let at = |t: f64| curve.time_ps.iter().position(|&lag| lag >= t);
    let mut points = Vec::new();
    for (k, &t) in curve.time_ps.iter().enumerate() {
        let Some(later) = at(2.0 * t) else { break };
        let (m, n) = (curve.msd_a2[k], curve.msd_a2[later]);
        if m > 0.0 && n > 0.0 {
            let octave = (curve.time_ps[later] / t).ln();
            points.push((t * (0.5 * octave).exp(), (n / m).ln() / octave));
        }
    }
    let ends = (points.first()?.0, points.last()?.0);
    let mut plot = Plot::new("")
        .x("t / ps")
        .y("d ln MSD / d ln t")
        .line(analysis.species.symbol(), &points)
        .dashed("diffusion", &[(ends.0, 1.0), (ends.1, 1.0)])
        .log_x();
    if let Some(fit) = analysis.diffusion.fit {
        plot = plot.span("fitted", fit.from_ps, fit.to_ps);
    }
    Some(plot)
}

/// The posterior density of D, in units of 1e-9 m2/s.
pub(crate) fn posterior(posterior: &Posterior) -> Plot {
    const UNIT: f64 = 1e-9;
    let (mean, std) = (posterior.mean_m2_per_s(), posterior.std_m2_per_s());
    let from = (mean - 4.0 * std).max(0.0);
    let grid = (0..=200).map(|k| from + (mean + 4.0 * std - from) * f64::from(k) / 200.0);
    let points: Vec<(f64, f64)> = grid.map(|d| (d / UNIT, posterior.density_s_per_m2(d) * UNIT)).collect();
    let ends = (posterior.quantile_m2_per_s(0.025) / UNIT, posterior.quantile_m2_per_s(0.975) / UNIT);
    Plot::new("")
        .x("D / 10\u{207b}\u{2079} m\u{b2} s\u{207b}\u{b9}")
        .y("posterior density")
        .line("posterior", &points)
        .span("95 %", ends.0, ends.1)
}

/// D over 1000/T with its line; None where no run has a D.
pub(crate) fn arrhenius(found: &Arrhenius) -> Option<Plot> {
    let x = |temperature_k: f64| 1e3 / temperature_k;
    let points: Vec<(f64, f64, f64)> =
        found.points.iter().map(|p| (x(p.temperature_k), p.d_m2_per_s, p.err_m2_per_s)).collect();
    if points.is_empty() {
        return None;
    }
    let mut plot = Plot::new("").x("1000 K / T").y("D / m\u{b2} s\u{207b}\u{b9}").log_y();
    if let Ok(line) = &found.line {
        let (low, high) = line.range_k();
        let ends = (x(high.max(found.at_temperature_k)), x(low.min(found.at_temperature_k)));
        let grid: Vec<f64> = (0..=60).map(|k| ends.0 + (ends.1 - ends.0) * f64::from(k) / 60.0).collect();
        let d = |x: f64| line.d_m2_per_s(1e3 / x);
        let median: Vec<(f64, f64)> = grid.iter().map(|&x| (x, d(x).median)).collect();
        let band: Vec<(f64, f64, f64)> = grid.iter().map(|&x| (x, d(x).in95.0, d(x).in95.1)).collect();
        plot = plot.line("line", &median).band("95 %", &band);
    }
    plot = plot.error_bars("runs", &points);
    if !found.bounds.is_empty() {
        let bounds: Vec<(f64, f64)> = found.bounds.iter().map(|(t, d)| (x(*t), *d)).collect();
        plot = plot.scatter("upper bounds, not fitted", &bounds);
    }
    Some(plot)
}
