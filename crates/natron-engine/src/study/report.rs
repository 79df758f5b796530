//! report.html of a study.

use natron_analysis::arrhenius::Credible;
use natron_report::{Page, Plot, Table};

use super::summary::{Cell, Filling, ROOM_K};
use super::{StudyJob, meanings};
use crate::RunError;
use crate::watch::Stop;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Points of the line of a fit.
const LINE: usize = 24;

/// D(x, T).
pub(super) fn cells_table(cells: &[Cell]) -> Table {
    let heading =
        ["x", "T / K", "mean T / K", "runs", "settled", "D / (m2/s)", "D below (95 %)", "slope", "verdict"];
    let mut table = Table::new(&heading).right(0).right(1).right(2).right(3);
    for cell in cells {
        let result = cell.result();
        let d = match result.map(|r| (r.D_m2_per_s, r.D_err_m2_per_s)) {
            Some((Some(d), Some(error))) => format!("{d:.2e} +- {error:.1e}"),
            _ => String::new(),
        };
        let slope = match result.map(|r| (r.slope, r.slope_err)) {
            Some((Some(slope), Some(error))) => format!("{slope:.2} +- {error:.2}"),
            _ => String::new(),
        };
        let upper = result.and_then(|r| r.D_upper_m2_per_s).map(|d| format!("{d:.1e}")).unwrap_or_default();
        let verdict = match &cell.analysis {
            Ok(analysis) => analysis.diffusion.result.verdict.to_string(),
            Err(why) => why.clone(),
        };
        let mean = cell.temperature_mean_k.map(|t| format!("{t:.0}")).unwrap_or_default();
        let settled = if cell.settled() { "yes" } else { "no" };
        table.push(&[
            cell.x.to_string(),
            format!("{}", cell.temperature_k),
            mean,
            cell.points.len().to_string(),
            settled.to_string(),
            d,
            upper,
            slope,
            verdict,
        ]);
    }
    table
}

/// E_a(x).
pub(super) fn fillings_table(fillings: &[Filling]) -> Table {
    let mut table =
        Table::new(&["x", "temperatures", "E_a / eV", "D at 300 K / (m2/s)", "95 %"]).right(0).right(1);
    for filling in fillings {
        let line = filling.line.as_ref().ok();
        let energy = line.map(|line| {
            let Credible { median, in68: (low, high), .. } = line.activation_energy_ev();
            format!("{median:.3} +- {:.3}", 0.5 * (high - low))
        });
        let room = line.map(|line| line.d_m2_per_s(ROOM_K));
        let interval = room.map(|d| format!("{:.1e} to {:.1e}", d.in95.0, d.in95.1));
        table.push(&[
            filling.x.to_string(),
            filling.measured.len().to_string(),
            energy.unwrap_or_default(),
            room.map(|d| format!("{:.1e}", d.median)).unwrap_or_default(),
            interval.unwrap_or_default(),
        ]);
    }
    table
}

/// The page.
pub(super) fn page(
    job: &StudyJob,
    cells: &[Cell],
    fillings: &[Filling],
    warnings: &[String],
    failures: &[RunError],
    stopped: Option<Stop>,
) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut page = Page::new(&format!("Diffusion study: {name}")).subtitle(&format!(
        "{} with potential {}, {} runs of {} ps",
        job.mobile,
        job.potential.name,
        job.items().len(),
        job.deck.run.production_ps
    ));
    if let Some(stop) = stopped {
        let text =
            format!("The study was stopped by {} before its end; continue it with --resume.", stop.name());
        page = page.warning(&text);
    }
    for error in failures {
        page = page.warning(&format!("{}.", error.message));
    }
    for warning in warnings {
        page = page.warning(&format!("{warning}."));
    }
    page = page
        .heading("Diffusion")
        .table(&cells_table(cells))
        .note(
            "D with its 68 % error where the verdict is diffusive, else a bound where there is one. Each run starts from its own velocities; settled: \
             at most half of the equilibration had to be discarded for the energy to be stationary.",
        )
        .figure(
            &arrhenius(fillings).to_svg(WIDTH, HEIGHT),
            "Diffusion coefficients over inverse temperature; lines: ln D = ln D0 - E_a/(k T), median of the posterior.",
        )
        .heading("Activation energies")
        .table(&fillings_table(fillings))
        .note(
            "Errors follow from those of D and from how runs scatter about the line. A value at 300 K below the lowest temperature is an extrapolation: it holds if nothing freezes on the way. \
             One host structure stands for a material, and the error of the potential is not in the numbers.",
        );
    page = page.heading("Mean squared displacements");
    for &x in &job.deck.insert.atoms {
        let plot = displacements(cells, x);
        page = page.figure(&plot.to_svg(WIDTH, HEIGHT), &format!("{} atoms of {}.", x, job.mobile));
    }
    page.heading("Deck").code(&meanings::to_toml(&job.deck)).to_html()
}

fn arrhenius(fillings: &[Filling]) -> Plot {
    let mut plot = Plot::new("").x("1000 K / T").y("D / (m\u{b2}/s)").log_y();
    for filling in fillings.iter().filter(|filling| !filling.measured.is_empty()) {
        let points: Vec<(f64, f64, f64)> =
            filling.measured.iter().map(|m| (1e3 / m.temperature_k, m.d_m2_per_s, m.err_m2_per_s)).collect();
        plot = plot.error_bars(&format!("x = {}", filling.x), &points);
    }
    for filling in fillings {
        let Ok(fit) = &filling.line else { continue };
        let (lowest, highest) = fit.range_k();
        let (low, high) = (1e3 / highest, 1e3 / lowest);
        let at = |k: usize| low + (high - low) * k as f64 / (LINE - 1) as f64;
        let line: Vec<(f64, f64)> = (0..LINE).map(|k| (at(k), fit.d_m2_per_s(1e3 / at(k)).median)).collect();
        plot = plot.dashed("", &line);
    }
    plot
}

fn displacements(cells: &[Cell], x: usize) -> Plot {
    let mut plot = Plot::new("").x("t / ps").y("MSD / \u{c5}\u{b2}").log_log();
    for cell in cells.iter().filter(|cell| cell.x == x) {
        let Ok(analysis) = &cell.analysis else { continue };
        let curve = &analysis.diffusion.msd;
        let points: Vec<(f64, f64)> =
            curve.time_ps.iter().copied().zip(curve.msd_a2.iter().copied()).collect();
        let band: Vec<(f64, f64, f64)> =
            points.iter().zip(&curve.err_a2).map(|((t, m), e)| (*t, m - e, m + e)).collect();
        plot = plot.line(&format!("{} K", cell.temperature_k), &points).band("", &band);
    }
    plot
}
