//! The report of an analysis, on one page.

use natron_report::{Page, Table};

use super::pictures::{self, HEIGHT, WIDTH};
use super::transport::CONDUCTIVITY_NOTE;
use super::{Analysis, DiffusionReport, Transport, arrhenius_rows, rows, transport_rows};
use crate::envelope::{Build, json};

/// The page.
pub(super) fn page(report: &DiffusionReport, build: &Build) -> String {
    let commit = build.commit.as_deref().unwrap_or("unknown commit");
    let mut page = Page::new("Diffusion").subtitle(&format!(
        "{} trajectories, natron {} ({commit})",
        report.trajectories.len(),
        build.version
    ));
    for warning in &report.warnings {
        page = page.warning(&format!("{warning}."));
    }
    for found in &report.arrhenius {
        page = page.heading(&format!("{} over temperature", found.species.symbol()));
        page = page.table(&table(&arrhenius_rows(&found.json())));
        if let Some(plot) = pictures::arrhenius(found) {
            let caption = "D of each run with its 68 % interval, and the posterior of the line with its 95 % band. The band is that of the line, \
                           not of another run.";
            page = page.figure(&plot.to_svg(WIDTH, HEIGHT), caption);
        }
    }
    for (analysis, transport) in report.analyses.iter().zip(&report.transport) {
        page = one(page, analysis, transport);
    }
    let files: Vec<String> = report.trajectories.iter().map(|path| path.display().to_string()).collect();
    page.heading("Trajectories").code(&files.join("\n")).to_html()
}

/// One species at one temperature.
fn one(mut page: Page, analysis: &Analysis, transport: &Transport) -> Page {
    let result = &analysis.diffusion.result;
    let at = transport.temperature_k.map(|t| format!(" at {t:.0} K")).unwrap_or_default();
    let against = match result.reference.is_empty() {
        true => "the whole system".to_string(),
        false => result.reference.join(", "),
    };
    let mut lines: Vec<(String, String)> =
        rows(&json(result)).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    lines.push(("measured relative to".into(), against.clone()));
    lines.extend(transport_rows(&transport.json()).into_iter().map(|(name, value)| (name.to_owned(), value)));
    page = page.heading(&format!("{}{at}", result.species)).table(&table(&lines));
    let caption = format!(
        "Mean squared displacement of {} relative to {against}, averaged over atoms and time origins; band: standard error. Verdict: {}.",
        result.species, result.verdict
    );
    page = page.figure(&pictures::msd(analysis).to_svg(WIDTH, HEIGHT), &caption);
    if let Some(plot) = pictures::local_slope(analysis) {
        let caption = "Local slope over one octave of time: 1 where atoms diffuse, below where they are caged, above where they still run.";
        page = page.figure(&plot.to_svg(WIDTH, 0.6 * HEIGHT), caption);
    }
    match &transport.checks.posterior {
        Ok(posterior) => {
            let caption = "Posterior of D for a line through the MSD with the covariance of a random walk, in closed form.";
            page.figure(&pictures::posterior(posterior).to_svg(WIDTH, 0.6 * HEIGHT), caption)
        }
        Err(why) => page.note(&format!("{}: no number for D, because {why}.", result.species)),
    }
    .note(&format!("Conductivity {CONDUCTIVITY_NOTE}. Finite cell: {}.", finite_cell(transport)))
}

fn finite_cell(transport: &Transport) -> String {
    match &transport.finite_size {
        Ok(_) => "the correction of Yeh and Hummer is in the table, and not in D".into(),
        Err(why) => format!("the correction of Yeh and Hummer {why}"),
    }
}

fn table(rows: &[(String, String)]) -> Table {
    let mut table = Table::new(&["quantity", "value"]);
    for (name, value) in rows {
        table.push(&[name, value]);
    }
    table
}
