//! The page of `natron data check`: tables and histograms.

use natron_report::{Page, Plot};

use super::CheckReport;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;

/// The page.
pub(super) fn page(report: &CheckReport) -> String {
    let subtitle = format!(
        "{} frames, {} atoms, {} files",
        report.records.len(),
        report.records.iter().map(|r| r.atoms).sum::<usize>(),
        report.files.len()
    );
    let mut page = Page::new("Frames and labels").subtitle(&subtitle);
    for warning in report.warnings() {
        page = page.warning(&format!("{warning}."));
    }
    page = page.table(&report.files_table()).heading("Ranges").table(&report.ranges_table());
    for (_, name, values) in report.quantities() {
        page = histogram(page, name, &values);
    }
    page = page
        .heading("Nearest atoms")
        .table(&report.contacts_table())
        .note("The closest two atoms of each pair of elements over all frames, within 5 \u{c5}.");
    let nearest: Vec<f64> = report.records.iter().filter_map(|r| r.nearest_a).collect();
    page = histogram(page, "nearest distance of a frame / \u{c5}", &nearest);
    page = page.heading("Energies").table(&report.energies_table()).note(
        "Least squares of one energy per element to the energies per atom; isolated atoms are left out. What is left per frame:",
    );
    let residuals: Vec<f64> = report.fit.residuals.iter().flatten().map(|r| 1e3 * r).collect();
    page = histogram(page, "residual / (meV/atom)", &residuals);
    if report.fit.files.len() > 1 {
        page = page.table(&by_file(report));
    }
    page = findings(page, report);
    page.to_html()
}

fn by_file(report: &CheckReport) -> natron_report::Table {
    let mut table = natron_report::Table::new(&["file", "frames", "mean residual / (meV/atom)", "spread"]);
    for file in &report.fit.files {
        table.push(&[
            report.files[file.file].path.display().to_string(),
            file.frames.to_string(),
            format!("{:.1}", 1e3 * file.mean_ev_per_atom),
            format!("{:.1}", 1e3 * file.spread_ev_per_atom),
        ]);
    }
    table
}

fn findings(mut page: Page, report: &CheckReport) -> Page {
    const SHOWN: usize = 30;
    if !report.outliers.is_empty() {
        let mut table = natron_report::Table::new(&["outlier", "what"]);
        for outlier in report.outliers.iter().take(SHOWN) {
            table.push(&[report.place(&report.records[outlier.record]), outlier.text()]);
        }
        page = page.heading("Outliers").table(&table);
    }
    if !report.duplicates.is_empty() {
        let mut table = natron_report::Table::new(&["frame", "again", "energies differ by / (meV/atom)"]);
        for d in report.duplicates.iter().take(SHOWN) {
            let difference = d.energy_ev_per_atom.map_or(String::new(), |e| format!("{:.3}", 1e3 * e));
            let [first, second] = [d.first, d.second].map(|k| report.place(&report.records[k]));
            table.push(&[first, second, difference]);
        }
        page = page.heading("Duplicates").table(&table);
    }
    if !report.skipped.is_empty() {
        let mut table = natron_report::Table::new(&["step", "why it is skipped"]);
        for (file, step) in report.skipped.iter().take(SHOWN) {
            let place = format!("{}:{}", report.files[*file].path.display(), step.line);
            table.push(&[place, step.text.clone()]);
        }
        page = page.heading("Skipped steps").table(&table);
    }
    if !report.unread.is_empty() {
        let mut table = natron_report::Table::new(&["file", "why it is not read"]);
        for (path, why) in report.unread.iter().take(SHOWN) {
            table.push(&[path.display().to_string(), (*why).to_owned()]);
        }
        page = page.heading("Not read").table(&table);
    }
    page
}

/// A histogram with as many bins as Freedman and Diaconis (doi:10.1007/BF01025868) would take, 15 to 60: few enough to read, enough for two humps.
fn histogram(page: Page, name: &str, values: &[f64]) -> Page {
    let bins = bins(values);
    if bins.is_empty() {
        return page;
    }
    let steps: Vec<(f64, f64)> =
        bins.iter().flat_map(|(from, to, n)| [(*from, *n as f64), (*to, *n as f64)]).collect();
    let mut outline = vec![(steps[0].0, 0.0)];
    outline.extend(&steps);
    outline.push((steps[steps.len() - 1].0, 0.0));
    let area: Vec<(f64, f64, f64)> = steps.iter().map(|(x, y)| (*x, 0.0, *y)).collect();
    let plot = Plot::new("").x(name).y("frames").line("", &outline).band("", &area);
    page.figure(&plot.to_svg(WIDTH, HEIGHT), &format!("{} values.", values.len()))
}

/// From, to, number; empty where there is nothing to show.
fn bins(values: &[f64]) -> Vec<(f64, f64, usize)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(low), Some(high)) = (sorted.first().copied(), sorted.last().copied()) else {
        return Vec::new();
    };
    let width = high - low;
    if sorted.len() < 2 || width <= 1e-12 * high.abs().max(1e-12) {
        return Vec::new();
    }
    let quartile = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let best = 2.0 * (quartile(0.75) - quartile(0.25)) / (sorted.len() as f64).cbrt();
    let count = if best > 0.0 { (width / best).ceil().clamp(15.0, 60.0) as usize } else { 20 };
    let step = width / count as f64;
    let mut numbers = vec![0; count];
    for value in sorted {
        numbers[(((value - low) / step) as usize).min(count - 1)] += 1;
    }
    numbers
        .into_iter()
        .enumerate()
        .map(|(k, n)| (low + k as f64 * step, low + (k + 1) as f64 * step, n))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bin() {
        let values: Vec<f64> = (0..1000).map(|k| f64::from(k % 37) * 0.1).collect();
        let bins = bins(&values);
        assert_eq!(bins.iter().map(|(_, _, n)| n).sum::<usize>(), 1000);
        assert!((15..=60).contains(&bins.len()));
        assert_eq!((bins[0].0, bins[bins.len() - 1].1), (0.0, 3.6));
        assert!(super::bins(&[1.0, 1.0]).is_empty());
    }
}
