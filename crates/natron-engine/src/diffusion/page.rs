//! The report of an analysis, on one page.

use std::path::Path;

use natron_report::Page;

use super::source::run_folder;
use super::{DiffusionOptions, DiffusionReport, sections};
use crate::envelope::Build;
use crate::md::report::picture;
use crate::md::thermo_file::{ThermoTrace, trace};
use crate::md::thermo_pictures;
use crate::provenance::Provenance;

/// Traces beyond this cannot be told apart.
const MOST_TRACES: usize = 7;

/// The page.
pub(super) fn page(report: &DiffusionReport, options: &DiffusionOptions, build: &Build) -> String {
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
        page = sections::arrhenius(page, found);
    }
    if let Some(found) = report.structure.first() {
        let caption = "The last frame of the first trajectory, atoms wrapped into the cell.";
        page = page.heading("Last frame").figure(&picture(&found.last), caption);
    }
    for (analysis, transport) in report.analyses.iter().zip(&report.transport) {
        page = sections::diffusion(page, "", analysis, transport);
    }
    for found in &report.structure {
        page = sections::structure(page, "", found);
    }
    for found in &report.motion {
        let structure = report.structure.iter().find(|s| s.temperature_k == found.temperature_k);
        page = sections::motion(page, "", found, structure);
    }
    page = thermo(page, report);
    decks(provenance(report, options, build).section(page), report).to_html()
}

/// Temperature and energy of the runs of natron among the trajectories.
fn thermo(mut page: Page, report: &DiffusionReport) -> Page {
    let atoms = report.structure.first().map_or(1, |found| found.last.len());
    let one = |file: &std::path::PathBuf| -> Option<(String, ThermoTrace, usize)> {
        let folder = file.parent()?;
        Some((name_of(file), trace(&folder.join("thermo.csv")).ok()?, atoms))
    };
    let runs: Vec<_> = report.trajectories.iter().filter_map(one).take(MOST_TRACES).collect();
    let pictures = thermo_pictures::pictures(&runs);
    if !pictures.is_empty() {
        page = page.heading("Temperature, energy, pressure");
    }
    pictures.into_iter().fold(page, |page, (svg, caption)| page.figure(&svg, caption))
}

/// The last two names of a trajectory's folder: enough to tell runs and replicas apart.
fn name_of(file: &Path) -> String {
    let names: Vec<String> = file
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    names[names.len().saturating_sub(2)..].join("/")
}

fn provenance(report: &DiffusionReport, options: &DiffusionOptions, build: &Build) -> Provenance {
    let symbols = |list: Vec<&str>| if list.is_empty() { "the whole system".into() } else { list.join(", ") };
    let mut mobile: Vec<&str> = report.analyses.iter().map(|analysis| analysis.species.symbol()).collect();
    mobile.dedup();
    let reference = report.reference.iter().map(|species| species.symbol()).collect();
    let mut provenance = Provenance::of(build)
        .fact("mobile species", &symbols(mobile))
        .fact("displacements relative to", &symbols(reference));
    let given = [
        ("--frame-every-fs", options.frame_every_fs),
        ("--viscosity-mPa-s", options.viscosity_mpa_s),
        ("--at-K", options.at_temperature_k),
    ];
    for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        provenance = provenance.fact(name, &value.to_string());
    }
    let lists = [
        ("--types", options.types.as_ref().map(|types| types.join(","))),
        (
            "--temperature-K",
            options
                .temperature_k
                .as_ref()
                .map(|list| list.iter().map(f64::to_string).collect::<Vec<_>>().join(",")),
        ),
    ];
    for (name, value) in lists.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        provenance = provenance.fact(name, &value);
    }
    report.trajectories.iter().fold(provenance, |provenance, file| provenance.file("trajectory", file))
}

/// The decks of the runs, each once.
fn decks(mut page: Page, report: &DiffusionReport) -> Page {
    let mut shown: Vec<String> = Vec::new();
    for file in &report.trajectories {
        let Some(folder) = run_folder(file) else { continue };
        let Ok(text) = std::fs::read_to_string(folder.join("deck.toml")) else { continue };
        if !shown.contains(&text) {
            page = page.heading(&format!("Deck of {}", folder.display())).code(&text);
            shown.push(text);
        }
    }
    page
}
