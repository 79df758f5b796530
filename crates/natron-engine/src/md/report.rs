//! report.html: what a run found, on one page.

use natron_atoms::{Structure, Vec3};
use natron_report::{Page, Plot, StructurePicture, Table};
use serde_json::Value;

use super::MdJob;
use super::explain::to_toml;
use super::run::Replica;
use super::thermo_file::{ThermoTrace, trace};
use crate::diffusion::Analysis;
use crate::diffusion::pictures::{self, HEIGHT, WIDTH};
use crate::job::Job;
use crate::watch::Stop;

/// Points of a curve beyond this do not show.
const MOST_POINTS: usize = 2000;
/// Atoms of a picture beyond this do not show.
const MOST_ATOMS: usize = 3000;

/// Quantity and value as aligned text.
pub(super) fn text_table(rows: &[(String, String)]) -> String {
    table(rows).to_text()
}

fn table(rows: &[(String, String)]) -> Table {
    let mut table = Table::new(&["quantity", "value"]);
    for (name, value) in rows {
        table.push(&[name, value]);
    }
    table
}

/// The page.
pub(super) fn page(
    job: &MdJob,
    replicas: &[Replica],
    analyses: &Result<Vec<Analysis>, String>,
    rows: &[(String, String)],
    summary: &Value,
    stopped: Option<Stop>,
) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut page = Page::new(&format!("Molecular dynamics: {name}")).subtitle(&format!(
        "{} atoms, potential {}, {} replica(s)",
        job.atoms(),
        job.potential.name,
        replicas.len()
    ));
    if let Some(stop) = stopped {
        let text =
            format!("The run was stopped by {} before its end; continue it with --resume.", stop.name());
        page = page.warning(&text);
    }
    for warning in job.warnings() {
        page = page.warning(&format!("{warning}."));
    }
    page = page.table(&table(rows));
    if let Some(stages) = summary["stages_combined"].as_array() {
        page = page
            .heading("Between replicas")
            .table(&between_replicas(stages))
            .note("Mean over the replicas, and the standard deviation between them.");
    }
    page = diffusion(page, analyses);
    page = thermo(page, replicas);
    if let Some(replica) = replicas.first() {
        page = page
            .heading("Last frame")
            .figure(&picture(&replica.last), "The atoms at the end, wrapped into the cell.");
    }
    page.heading("Deck").code(&to_toml(&job.deck)).to_html()
}

/// Averages of each stage over replicas, and how far these are apart.
fn between_replicas(stages: &[Value]) -> Table {
    let mut table = Table::new(&["stage", "replicas", "T / K", "potential energy / eV", "pressure / GPa"]);
    for stage in stages {
        let both = |key: &str, digits: usize| {
            let number = |end: &str| stage[format!("{key}_{end}")].as_f64();
            match (number("mean"), number("std")) {
                (Some(mean), Some(std)) => format!("{mean:.digits$} +- {std:.digits$}"),
                (Some(mean), None) => format!("{mean:.digits$}"),
                _ => String::new(),
            }
        };
        let name = stage["name"].as_str().unwrap_or_default();
        table.push(&[
            name,
            &stage["replicas"].to_string(),
            &both("temperature_K", 1),
            &both("potential_energy_eV", 3),
            &both("pressure_GPa", 4),
        ]);
    }
    table
}

fn diffusion(mut page: Page, analyses: &Result<Vec<Analysis>, String>) -> Page {
    page = page.heading("Diffusion");
    let analyses = match analyses {
        Ok(analyses) => analyses,
        Err(why) => return page.note(&format!("No diffusion coefficient: {why}.")),
    };
    for analysis in analyses {
        let result = &analysis.diffusion.result;
        let against = match result.reference.is_empty() {
            true => "the whole system".to_string(),
            false => result.reference.join(", "),
        };
        let caption = format!(
            "Mean squared displacement of {} relative to {against}, averaged over atoms and time origins; band: standard error. Verdict: {}.",
            result.species, result.verdict
        );
        page = page.figure(&pictures::msd(analysis).to_svg(WIDTH, HEIGHT), &caption);
        if let Some(plot) = pictures::local_slope(analysis) {
            page = page.figure(
                &plot.to_svg(WIDTH, 0.6 * HEIGHT),
                "Local slope over one octave of time: 1 where atoms diffuse, below where they are caged, above where they still run.",
            );
        }
        if let Some(why) = &result.D_m2_per_s_note {
            page = page.note(&format!("{}: no number for D, because {why}.", result.species));
        }
    }
    page
}

fn thermo(mut page: Page, replicas: &[Replica]) -> Page {
    let traces: Vec<ThermoTrace> =
        replicas.iter().filter_map(|replica| trace(&replica.directory.join("thermo.csv")).ok()).collect();
    page = page.heading("Temperature and energy");
    let mut temperature = Plot::new("").x("t / ps").y("T / K");
    let mut energy = Plot::new("").x("t / ps").y("total energy / (meV/atom)");
    for (number, (trace, replica)) in traces.iter().zip(replicas).enumerate() {
        let name = if replicas.len() > 1 { format!("replica {number}") } else { String::new() };
        temperature = temperature.line(&name, &thinned(&trace.time_ps, &trace.temperature_k));
        // Thermostats and minimisers move the energy by orders more than the errors of the last stage.
        let last = trace.stage.last();
        let from = trace.stage.iter().position(|stage| Some(stage) == last).unwrap_or(0);
        let start = trace.total_energy_ev.get(from).copied().unwrap_or(0.0);
        let per_atom = 1e3 / replica.last.len() as f64;
        let change: Vec<f64> = trace.total_energy_ev.iter().map(|e| (e - start) * per_atom).collect();
        energy = energy.line(&name, &thinned(&trace.time_ps[from..], &change[from..]));
    }
    page.figure(&temperature.to_svg(WIDTH, 0.6 * HEIGHT), "Temperature over all stages.").figure(
        &energy.to_svg(WIDTH, 0.6 * HEIGHT),
        "Total energy of the last stage relative to its start; in nve it should stay where it is.",
    )
}

fn thinned(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    let every = x.len().div_ceil(MOST_POINTS).max(1);
    x.iter().copied().zip(y.iter().copied()).step_by(every).collect()
}

/// The structure with every atom inside the cell.
pub(crate) fn picture(structure: &Structure) -> String {
    let rows = structure.cell.rows();
    let edges: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)]));
    let periodic = structure.cell.periodic().contains(&true);
    let mut picture = StructurePicture::new(periodic.then_some(edges));
    let mut elements = structure.species.clone();
    elements.sort_unstable();
    elements.dedup();
    for element in elements {
        let wrapped = |position: &Vec3| <[f64; 3]>::from(structure.cell.wrap(position).0);
        let atoms = structure.species.iter().zip(&structure.positions).take(MOST_ATOMS);
        let positions: Vec<[f64; 3]> = atoms
            .filter(|(species, _)| **species == element)
            .map(|(_, position)| wrapped(position))
            .collect();
        picture = picture.atoms(element.symbol(), &positions);
    }
    picture.bonds("C", "C", 1.9).to_svg(WIDTH, WIDTH)
}
