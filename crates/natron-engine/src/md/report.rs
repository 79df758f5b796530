//! report.html: what a run found, on one page.

use natron_atoms::{Structure, Vec3};
use natron_report::{Page, StructurePicture, Table};
use serde_json::Value;

use super::explain::to_toml;
use super::run::Replica;
use super::summary::Summary;
use super::thermo_file::trace;
use super::thermo_pictures;
use crate::diffusion::sections::{self, table};
use crate::diffusion::{DiffusionReport, pictures};
use crate::job::Job;
use crate::provenance::Provenance;
use crate::watch::Stop;

/// Atoms of a picture beyond this do not show.
const MOST_ATOMS: usize = 3000;

/// Quantity and value as aligned text.
pub(super) fn text_table(rows: &[(String, String)]) -> String {
    table(rows).to_text()
}

/// The page.
pub(super) fn page(
    about: &Summary<'_>,
    replicas: &[Replica],
    found: &Result<DiffusionReport, String>,
    rows: &[(String, String)],
    summary: &Value,
    stopped: Option<Stop>,
) -> String {
    let job = about.job;
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
    if let Some(replica) = replicas.first() {
        page = page
            .heading("Last frame")
            .figure(&picture(&replica.last), "The atoms at the end, wrapped into the cell.");
    }
    page = match found {
        Ok(found) => all_found(page, found),
        Err(why) => page.heading("Diffusion").note(&format!("No diffusion coefficient: {why}.")),
    };
    page = thermo(page, replicas);
    provenance(about, replicas).section(page).heading("Deck").code(&to_toml(&job.deck)).to_html()
}

/// Diffusion, structure and motion, one after the other.
pub(crate) fn all_found(mut page: Page, found: &DiffusionReport) -> Page {
    for (analysis, transport) in found.analyses.iter().zip(&found.transport) {
        page = sections::diffusion(page, "", analysis, transport);
    }
    for structure in &found.structure {
        page = sections::structure(page, "", structure);
    }
    for motion in &found.motion {
        page = sections::motion(page, "", motion, found.structure.first());
    }
    page
}

fn provenance(about: &Summary<'_>, replicas: &[Replica]) -> Provenance {
    let job = about.job;
    let mut provenance = Provenance::of(about.build)
        .potential(&job.potential)
        .file("structure", &job.structure_file)
        .fact("seed", &job.plan.run.seed.to_string())
        .fact("threads", &about.threads.to_string())
        .fact("began", &about.started_utc);
    for replica in replicas {
        let what = match replicas.len() {
            1 => "trajectory".to_owned(),
            _ => format!("trajectory of replica {}", replica.number),
        };
        provenance = provenance.file(&what, &replica.directory.join(super::TRAJECTORY));
    }
    provenance
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

fn thermo(mut page: Page, replicas: &[Replica]) -> Page {
    let named = |(number, replica): (usize, &Replica)| {
        let name = if replicas.len() > 1 { format!("replica {number}") } else { String::new() };
        Some((name, trace(&replica.directory.join("thermo.csv")).ok()?, replica.last.len()))
    };
    let runs: Vec<_> = replicas.iter().enumerate().filter_map(named).collect();
    let pictures = thermo_pictures::pictures(&runs);
    if !pictures.is_empty() {
        page = page.heading("Temperature, energy, pressure");
    }
    pictures.into_iter().fold(page, |page, (svg, caption)| page.figure(&svg, caption))
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
    picture.bonds("C", "C", 1.9).to_svg(pictures::WIDTH, pictures::WIDTH)
}
