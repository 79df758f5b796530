//! report.html of charges, and the tables of its command.

use natron_report::{Page, Plot, Table, told_apart};

use super::ChargesJob;
use super::compared::Errors;
use super::curves::Group;
use super::run::Found;
use super::sources::Source;
use crate::job::Job;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 420.0;

fn number(value: Option<f64>, digits: usize) -> String {
    value.filter(|value| value.is_finite()).map_or("-".to_string(), |value| format!("{value:.digits$}"))
}

/// Elements and fillings.
fn fillings(groups: &[Group]) -> Table {
    let heading = ["element", "x", "frames", "atoms", "mean, e", "std, e", "bandwidth, e"];
    let mut table = (1..heading.len()).fold(Table::new(&heading), Table::right);
    for group in groups {
        table.push(&[
            group.element.symbol().to_owned(),
            number(group.x, 1),
            group.frames.to_string(),
            group.charges_e.len().to_string(),
            format!("{:.3}", group.mean_e),
            number(group.std_e, 3),
            number(group.bandwidth_e, 4),
        ]);
    }
    table
}

/// Errors against reference charges.
fn errors(errors: &[Errors]) -> Table {
    let heading =
        ["split", "element", "atoms", "frames", "hosts", "MAE, e", "RMSE, e", "std of reference, e", "R2"];
    let mut table = (2..heading.len()).fold(Table::new(&heading), Table::right);
    for row in errors {
        table.push(&[
            row.split.clone(),
            row.element.clone(),
            row.atoms.to_string(),
            row.frames.to_string(),
            row.hosts.to_string(),
            format!("{:.4}", row.mae_e),
            format!("{:.4}", row.rmse_e),
            number(row.reference_std_e, 4),
            number(row.r2, 3),
        ]);
    }
    table
}

/// What the command prints.
pub(super) fn text(found: &Found) -> String {
    let parts = [fillings(&found.groups), errors(&found.errors)];
    parts.iter().filter(|table| !table.is_empty()).map(Table::to_text).collect::<Vec<_>>().join("\n")
}

/// The page.
pub(super) fn page(job: &ChargesJob, found: &Found) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut page = Page::new(&format!("Charges: {name}")).subtitle(&job.about());
    let atoms: usize = found.charges_e.iter().map(Vec::len).sum();
    page = page.key_numbers(&[
        ("frames", &job.sources.len().to_string(), ""),
        ("atoms", &atoms.to_string(), ""),
        ("RMSE of the head on test", &number(found.head.provenance.rmse_e.get("test").copied(), 3), "e"),
    ]);
    if !found.groups.is_empty() {
        page = distributions(page, job, found);
    }
    if !found.errors.is_empty() {
        page = comparison(page, job, found);
    }
    page.heading("Deck").code(&job.deck_for_directory()).to_html()
}

/// Curves, means and their table.
fn distributions(mut page: Page, job: &ChargesJob, found: &Found) -> Page {
    let mut elements: Vec<_> = found.groups.iter().map(|group| group.element).collect();
    elements.dedup();
    for &element in elements.iter().rev() {
        let groups: Vec<&Group> = found.groups.iter().filter(|group| group.element == element).collect();
        let with_curve: Vec<&Group> =
            groups.iter().filter(|group| !group.curve.is_empty()).copied().collect();
        let drawn = told_apart(&with_curve);
        let mut plot = Plot::new("").x(&format!("charge of {element} / e")).y("density / (1/e)");
        for group in &drawn {
            plot = plot.line(&group.name(), &group.curve);
        }
        let left_out = match groups.len() - drawn.len() {
            0 => String::new(),
            n => format!(" {n} more in density.csv."),
        };
        let caption = format!(
            "Gaussian kernel density of the charges of {element}, one curve for each filling (atoms of {} for 200 others); bandwidth: {}.{left_out}",
            job.deck.mobile.join(", "),
            job.bandwidth_rule()
        );
        page = page.heading(&format!("Charges of {element}")).figure(&plot.to_svg(WIDTH, HEIGHT), &caption);
        let bars: Vec<(f64, f64, f64)> =
            groups.iter().filter_map(|g| Some((g.x?, g.mean_e, g.std_e.unwrap_or(0.0)))).collect();
        if bars.len() > 1 {
            let plot = Plot::new("").x("x").y(&format!("charge of {element} / e")).error_bars("mean", &bars);
            page = page.figure(
                &plot.to_svg(WIDTH, HEIGHT),
                "Mean over atoms; the bars are the standard deviation over atoms.",
            );
        }
    }
    page.table(&fillings(&found.groups)).note(
        "Atoms of one cell are not independent: bandwidths by rule, which take them as such, are rather too small. x is rounded to multiples of the deck's x_step.",
    )
}

/// Charges against the reference.
fn comparison(page: Page, job: &ChargesJob, found: &Found) -> Page {
    let (sources, charges_e) = match job.deck.fit {
        Some(_) => (&job.labelled, &found.fitted_e),
        None => (&job.sources, &found.charges_e),
    };
    let mut plot = Plot::new("").x("reference charge / e").y("charge / e").diagonal();
    let mut splits: Vec<&str> = found.errors.iter().map(|row| row.split.as_str()).collect();
    splits.dedup();
    for split in splits {
        let is_it = |source: &&Source| source.split.as_deref().unwrap_or("-") == split;
        let points: Vec<(f64, f64)> = sources
            .iter()
            .zip(charges_e)
            .filter(|(source, _)| is_it(source))
            .flat_map(|(source, found)| source.labels_e.iter().flatten().copied().zip(found.iter().copied()))
            .collect();
        plot = plot.scatter(split, &points);
    }
    page.heading("Against reference charges")
        .figure(&plot.to_svg(WIDTH, HEIGHT), "Every atom of every frame with reference charges.")
        .table(&errors(&found.errors))
        .note("Atoms of one cell, and cells of one host, are alike: the number of hosts says more about how far an error can be trusted than that of atoms.")
}
