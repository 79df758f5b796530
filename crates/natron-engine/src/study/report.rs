//! report.html of a study.

use natron_analysis::arrhenius::Credible;
use natron_report::{Page, Plot, Table};

use super::figure::Panel;
use super::summary::{Cell, Filling, ROOM_K};
use super::{StudyJob, meanings};
use crate::RunError;
use crate::diffusion::sections;
use crate::envelope::Build;
use crate::md::report::picture;
use crate::md::thermo_file::trace;
use crate::md::thermo_pictures;
use crate::provenance::Provenance;
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
        let verdict = match &cell.found {
            Ok(_) => result.map(|r| r.verdict.to_string()).unwrap_or_default(),
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

/// What a study found.
pub(super) struct Found<'f> {
    pub(super) job: &'f StudyJob,
    pub(super) build: &'f Build,
    pub(super) started_utc: &'f str,
    pub(super) cells: &'f [Cell],
    pub(super) fillings: &'f [Filling],
    pub(super) panels: &'f [Panel],
    pub(super) failures: &'f [RunError],
}

/// The page.
pub(super) fn page(found: &Found<'_>, warnings: &[String], stopped: Option<Stop>) -> String {
    let Found { job, cells, fillings, failures, .. } = found;
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
    for error in *failures {
        page = page.warning(&format!("{}.", error.message));
    }
    for warning in warnings {
        page = page.warning(&format!("{warning}."));
    }
    page = the_figure(page, found);
    page = page
        .heading("Diffusion")
        .table(&cells_table(cells))
        .note(
            "D with its 68 % error where the verdict is diffusive, else a bound where there is one. Each run starts from its own velocities; settled: \
             at most half of the equilibration had to be discarded for the energy to be stationary.",
        );
    if fillings.iter().any(|filling| !filling.measured.is_empty()) {
        page = page.figure(
            &arrhenius(fillings).to_svg(WIDTH, HEIGHT),
            "Diffusion coefficients over inverse temperature with their 68 % intervals; lines: ln D = ln D0 - E_a/(k T), median of the posterior with \
             its 95 % band.",
        );
    }
    page = page
        .heading("Activation energies")
        .table(&fillings_table(fillings))
        .note(
            "Errors follow from those of D and from how runs scatter about the line. A value at 300 K below the lowest temperature is an extrapolation: it holds if nothing freezes on the way. \
             One host structure stands for a material, and the error of the potential is not in the numbers.",
        );
    if let Some(plot) = energies(fillings) {
        page = page.figure(
            &plot.to_svg(WIDTH, 0.7 * HEIGHT),
            "Activation energy by filling, with its 68 % interval.",
        );
    }
    for &x in &job.deck.insert.atoms {
        page = filling(page, found, x);
    }
    provenance(found).section(page).heading("Deck").code(&meanings::to_toml(&job.deck)).to_html()
}

/// The panels one below the other: on a narrow screen each is still readable.
fn the_figure(page: Page, found: &Found<'_>) -> Page {
    if found.panels.is_empty() {
        return page;
    }
    let limits = &found.job.deck.trust;
    let page = page.heading("Figure");
    let page = found.panels.iter().fold(page, |page, panel| page.figure(&panel.svg, &panel.caption));
    page.note(&format!(
        "Crosses mark what is not to be trusted: voltages that the ensemble of the potential disagrees about, or that its errors on test frames would change, by more than {} V, environments of ions with a standard deviation of the force above {} eV/\u{c5}, \
         diffusion coefficients of runs with more than {:.0} % of such environments. Other errors that all members of the ensemble share are not marked. The panels together are in figure.svg.",
        limits.voltage_std_max_v,
        limits.force_std_max_ev_per_a,
        100.0 * limits.share_max
    ))
}

/// Everything about one filling: its structure, its displacements, and each of its temperatures.
fn filling(mut page: Page, found: &Found<'_>, x: usize) -> Page {
    let mobile = found.job.mobile;
    let of = format!("x = {x}");
    page = page.heading(&format!("{x} {mobile} atoms"));
    let of_filling = || found.cells.iter().filter(move |cell| cell.x == x);
    let hottest = of_filling().filter_map(|cell| cell.found.as_ref().ok()).next_back();
    let Some(hottest) = hottest else {
        return page.note("No run of it was finished.");
    };
    if let Some(structure) = hottest.structure.first() {
        page = page.figure(
            &picture(&structure.last),
            &format!("{x} {mobile} atoms: the last frame of the hottest run, wrapped into the cell."),
        );
    }
    let plot = displacements(found.cells, x);
    page = page.figure(&plot.to_svg(WIDTH, HEIGHT), "Mean squared displacements with their standard errors.");
    page = thermo(page, of_filling());
    for cell in of_filling() {
        for (analysis, transport) in
            cell.found.iter().flat_map(|found| found.analyses.iter().zip(&found.transport))
        {
            page = sections::diffusion(page, &of, analysis, transport);
        }
    }
    // Structure and motion change little enough with temperature to be shown once; every run has its own page.
    for structure in &hottest.structure {
        page = sections::structure(page, &of, structure);
    }
    for motion in &hottest.motion {
        page = sections::motion(page, &of, motion, hottest.structure.first());
    }
    page
}

/// Temperatures and energies of the first run at each temperature.
fn thermo<'c>(page: Page, cells: impl Iterator<Item = &'c Cell>) -> Page {
    let one = |cell: &Cell| {
        let point = cell.points.first()?;
        let atoms = cell.found.as_ref().ok()?.structure.first()?.last.len();
        let trace = trace(&point.directory.join("thermo.csv")).ok()?;
        Some((format!("{} K", cell.temperature_k), trace, atoms))
    };
    let runs: Vec<_> = cells.filter_map(one).collect();
    thermo_pictures::pictures(&runs).into_iter().fold(page, |page, (svg, caption)| page.figure(&svg, caption))
}

fn provenance(found: &Found<'_>) -> Provenance {
    let job = found.job;
    Provenance::of(found.build)
        .potential(&job.potential)
        .file("host", &job.host_file)
        .fact("seed", &job.deck.seed.to_string())
        .fact("began", found.started_utc)
        .fact("runs", "each in a folder of its own with deck, trajectory, restarts and a page like this")
}

fn energies(fillings: &[Filling]) -> Option<Plot> {
    let one = |filling: &Filling| {
        let Credible { median, in68: (low, high), .. } = filling.line.as_ref().ok()?.activation_energy_ev();
        Some((filling.x as f64, median, 0.5 * (high - low)))
    };
    let points: Vec<(f64, f64, f64)> = fillings.iter().filter_map(one).collect();
    (points.len() > 1).then(|| Plot::new("").x("mobile atoms").y("E_a / eV").error_bars("", &points))
}

pub(super) fn arrhenius(fillings: &[Filling]) -> Plot {
    let mut plot = Plot::new("").x("1000 K / T").y("D / (m\u{b2}/s)").log_y();
    for filling in fillings.iter().filter(|filling| !filling.measured.is_empty()) {
        let points: Vec<(f64, f64, f64)> =
            filling.measured.iter().map(|m| (1e3 / m.temperature_k, m.d_m2_per_s, m.err_m2_per_s)).collect();
        plot = plot.error_bars(&format!("x = {}", filling.x), &points);
        let Ok(fit) = &filling.line else { continue };
        let (lowest, highest) = fit.range_k();
        let (low, high) = (1e3 / highest, 1e3 / lowest);
        let at = |k: usize| low + (high - low) * k as f64 / (LINE - 1) as f64;
        let d = |k: usize| fit.d_m2_per_s(1e3 / at(k));
        let line: Vec<(f64, f64)> = (0..LINE).map(|k| (at(k), d(k).median)).collect();
        let band: Vec<(f64, f64, f64)> = (0..LINE).map(|k| (at(k), d(k).in95.0, d(k).in95.1)).collect();
        plot = plot.band("", &band).dashed("", &line);
    }
    plot
}

fn displacements(cells: &[Cell], x: usize) -> Plot {
    let mut plot = Plot::new("").x("t / ps").y("MSD / \u{c5}\u{b2}").log_log();
    for cell in cells.iter().filter(|cell| cell.x == x) {
        let Some(analysis) = cell.found.iter().flat_map(|found| &found.analyses).next() else { continue };
        let curve = &analysis.diffusion.msd;
        let points: Vec<(f64, f64)> =
            curve.time_ps.iter().copied().zip(curve.msd_a2.iter().copied()).collect();
        let band: Vec<(f64, f64, f64)> =
            points.iter().zip(&curve.err_a2).map(|((t, m), e)| (*t, m - e, m + e)).collect();
        plot = plot.line(&format!("{} K", cell.temperature_k), &points).band("", &band);
    }
    plot
}
