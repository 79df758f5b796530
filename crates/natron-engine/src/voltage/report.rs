//! report.html of a voltage.

use natron_report::{Page, Plot, Table};

use super::metal::Metal;
use super::points::{Filled, Middle, Range};
use super::summary::Found;
use super::{VoltageJob, meanings};
use crate::build::filled_name;
use crate::md::report::picture;
use crate::watch::Stop;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const CAPACITY: &str = "capacity / (mAh/g)";

fn shown(range: &Range) -> [String; 2] {
    let std = range.std.map_or("-".to_string(), |std| format!("{std:.2}"));
    [format!("{:.3}", range.median), std]
}

/// One row for each filling, the middle of all hosts.
pub(super) fn table(middles: &[Middle]) -> Table {
    let heading = [
        "x",
        "mAh/g",
        "V, pristine host",
        "std",
        "V, emptied host",
        "std",
        "V of the step",
        "std",
        "V by test errors",
        "lowest to highest host",
    ];
    let mut table = (0..9).fold(Table::new(&heading), Table::right);
    for middle in middles {
        let mut row = vec![middle.x.to_string(), format!("{:.1}", middle.capacity_mah_per_g)];
        for range in [&middle.pristine, &middle.emptied, &middle.step] {
            row.extend(shown(range));
        }
        row.push(middle.test_error_v.map_or("-".to_string(), |error| format!("{error:.2}")));
        row.push(match middle.hosts {
            1 => "-".into(),
            _ => format!("{:.3} to {:.3}", middle.emptied.low, middle.emptied.high),
        });
        table.push(&row);
    }
    table
}

/// The page.
pub(super) fn page(
    job: &VoltageJob,
    Found { metal, hosts, isotherm, failures }: Found<'_>,
    middles: &[Middle],
    warnings: &[String],
    stopped: Option<Stop>,
) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let subtitle = format!(
        "{} in {} host(s) of {}, potential {}",
        job.mobile,
        hosts.len(),
        job.formula,
        job.potential.name
    );
    let mut page = Page::new(&format!("Voltage: {name}")).subtitle(&subtitle);
    if let Some(stop) = stopped {
        page = page.warning(&format!("Stopped by {}: --resume goes on.", stop.name()));
    }
    for failure in failures {
        page = page.warning(&format!("Failed: {}", failure.message));
    }
    for warning in warnings {
        page = page.warning(warning);
    }
    if !middles.is_empty() {
        page = page
            .table(&table(middles))
            .note(&about_numbers(hosts.len()))
            .heading("Mean voltage")
            .figure(&mean_voltage(middles).to_svg(WIDTH, HEIGHT), &caption(hosts.len()))
            .heading("Voltage of each step")
            .figure(
                &steps(job, hosts, middles).to_svg(WIDTH, HEIGHT),
                "Mean voltage between successive fillings, along one host: its healing is in it.",
            );
    }
    if let Some(isotherm) = isotherm {
        page = isotherm.section(page, job, middles);
    }
    page = metal_section(page, job, metal);
    if let Some(svg) = last_filling(job, hosts) {
        page = page.heading("The fullest host").figure(&svg, "The first host at the highest filling.");
    }
    page.heading("Deck").code(&meanings::to_toml(&job.deck)).to_html()
}

fn about_numbers(hosts: usize) -> String {
    let middle = match hosts {
        1 => "Values of one host.".to_string(),
        n => format!("Medians of {n} hosts."),
    };
    format!(
        "{middle} Energies at 0 K without vibrations. Pristine: against the host as it was relaxed before it was filled. Emptied: against the host that is left \
         when the inserted atoms are taken out and the rest is relaxed, so that its healing does not count as voltage. std: what the members of the \
         potential's ensemble disagree about, differenced member by member (of several hosts the largest). It does not know of errors that all members share. V by test errors: what the mean voltage \
         would be off by if the energies of the filled and the empty host were each off as on the test frames of the potential, independently."
    )
}

fn caption(hosts: usize) -> String {
    match hosts {
        1 => "Mean voltage from the empty host to each filling. Bands: standard deviation of the ensemble."
            .into(),
        n => format!(
            "Mean voltage from the empty host to each filling, median of {n} hosts. Bands: lowest to highest host."
        ),
    }
}

/// Where a band lies: between hosts, or for one host what its ensemble says.
fn band(middles: &[Middle], of: fn(&Middle) -> &Range) -> Vec<(f64, f64, f64)> {
    let ends = |middle: &Middle| {
        let range = of(middle);
        match middle.hosts {
            1 => range.std.map(|std| (range.median - std, range.median + std)),
            _ => Some((range.low, range.high)),
        }
    };
    middles.iter().filter_map(|m| ends(m).map(|(low, high)| (m.capacity_mah_per_g, low, high))).collect()
}

fn mean_voltage(middles: &[Middle]) -> Plot {
    type Of = fn(&Middle) -> &Range;
    let curves: [(&str, Of); 2] =
        [("against the pristine host", |m| &m.pristine), ("against the emptied host", |m| &m.emptied)];
    let mut plot = Plot::new("").x(CAPACITY).y("mean voltage / V");
    for (name, of) in curves {
        let points: Vec<(f64, f64)> =
            middles.iter().map(|middle| (middle.capacity_mah_per_g, of(middle).median)).collect();
        plot = plot.line(name, &points).band("", &band(middles, of));
    }
    plot.dashed("", &[(0.0, 0.0), (end(middles), 0.0)])
}

fn end(middles: &[Middle]) -> f64 {
    middles.last().map_or(0.0, |middle| middle.capacity_mah_per_g)
}

/// The median along the convex hulls of the hosts, as steps.
fn hull_steps(middles: &[Middle]) -> Vec<(f64, f64)> {
    let mut from = 0.0;
    let mut steps = Vec::new();
    for middle in middles {
        let ends = [from, middle.capacity_mah_per_g];
        steps.extend(middle.hull.iter().flat_map(|hull| ends.map(|capacity| (capacity, hull.median))));
        from = middle.capacity_mah_per_g;
    }
    steps
}

/// The steps of the median, and marks of each host in the middle of the step.
fn steps(job: &VoltageJob, hosts: &[Filled], middles: &[Middle]) -> Plot {
    let (mut line, mut ends) = (Vec::new(), Vec::new());
    let mut from = 0.0;
    for (middle, (_, low, high)) in middles.iter().zip(step_bands(middles)) {
        for capacity in [from, middle.capacity_mah_per_g] {
            line.push((capacity, middle.step.median));
            ends.push((capacity, low, high));
        }
        from = middle.capacity_mah_per_g;
    }
    let name = if hosts.len() > 1 { "median" } else { job.host_name(hosts[0].number) };
    let mut plot = Plot::new("").x(CAPACITY).y("voltage of the step / V").line(name, &line).band("", &ends);
    let hull = hull_steps(middles);
    if !hull.is_empty() {
        plot = plot.line("along the convex hull", &hull);
    }
    if hosts.len() > 1 {
        let marks: Vec<(f64, f64)> = hosts
            .iter()
            .flat_map(|host| &host.points)
            .map(|p| {
                let start = p.capacity_mah_per_g * p.from_x as f64 / p.x as f64;
                (0.5 * (start + p.capacity_mah_per_g), p.step.value)
            })
            .collect();
        plot = plot.scatter("each host", &marks);
    }
    plot.dashed("", &[(0.0, 0.0), (end(middles), 0.0)])
}

/// The band of every step; without one it has no height.
fn step_bands(middles: &[Middle]) -> Vec<(f64, f64, f64)> {
    let found = band(middles, |m| &m.step);
    match found.len() == middles.len() {
        true => found,
        false => middles.iter().map(|m| (m.capacity_mah_per_g, m.step.median, m.step.median)).collect(),
    }
}

fn metal_section(page: Page, job: &VoltageJob, metal: &Metal) -> Page {
    let heading = [
        "metal",
        "edge / \u{c5}",
        "energy of an atom, relative to the free atom / eV",
        "shift of the voltage / V",
    ];
    let mut table = Table::new(&heading).right(1).right(2).right(3);
    let edge = metal.edge_a.map_or("-".to_string(), |edge| format!("{edge:.3}"));
    let own = format!("potential {}, relaxed", job.potential.name);
    table.push(&[own, edge, format!("{:.3}", metal.cohesive_ev), "0 (used)".into()]);
    for reference in &metal.references {
        table.push(&[
            format!("{} (density functional theory)", reference.method),
            format!("{:.3}", reference.edge_a),
            format!("{:.3}", reference.cohesive_ev),
            format!("{:+.3}", metal.shift_v(reference)),
        ]);
    }
    page.heading("What it is measured against").table(&table).note(
        "The voltages above are against the metal of the potential itself, so that what it gets wrong in the metal and in the host can cancel. Against another \
         metal every voltage, of the mean and of each step, is shifted by the last column.",
    )
}

fn last_filling(job: &VoltageJob, hosts: &[Filled]) -> Option<String> {
    let (host, x) = (hosts.first()?, job.deck.insert.atoms.last()?);
    let path = job.folder(host.number).join(filled_name(&job.deck.insert.species, *x));
    super::metal::last_structure(&path).ok().map(|structure| picture(&structure))
}
