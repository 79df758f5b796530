//! Sections that several reports share: diffusion, structure, motion.

use natron_report::{Page, Table};

use super::pictures::{self, HEIGHT, WIDTH};
use super::transport::CONDUCTIVITY_NOTE;
use super::{
    Analysis, Arrhenius, Motion, Structural, Transport, arrhenius_rows, motion_rows, rows,
    structure_pictures, structure_rows, transport_rows,
};
use crate::envelope::json;

/// Heights of small pictures.
const LOW: f64 = 0.6 * HEIGHT;

/// Quantity and value.
pub(crate) fn table(rows: &[(String, String)]) -> Table {
    let mut table = Table::new(&["quantity", "value"]);
    for (name, value) in rows {
        table.push(&[name, value]);
    }
    table
}

fn owned(rows: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Behind a heading: at which temperature, and of what (empty where the page has one subject).
fn at(temperature_k: Option<f64>, of: &str) -> String {
    let at = temperature_k.map(|t| format!(" at {t:.0} K")).unwrap_or_default();
    if of.is_empty() { at } else { format!("{at}, {of}") }
}

/// One species at one temperature: numbers, MSD, local slope, posterior.
pub(crate) fn diffusion(mut page: Page, of: &str, analysis: &Analysis, transport: &Transport) -> Page {
    let result = &analysis.diffusion.result;
    let against = match result.reference.is_empty() {
        true => "the whole system".to_string(),
        false => result.reference.join(", "),
    };
    let mut lines = owned(rows(&json(result)));
    lines.push(("measured relative to".into(), against.clone()));
    lines.extend(owned(transport_rows(&transport.json())));
    page = page
        .heading(&format!("Diffusion of {}{}", result.species, at(transport.temperature_k, of)))
        .table(&table(&lines));
    let caption = format!(
        "Mean squared displacement of {} relative to {against}, averaged over atoms and time origins, with its standard error; the fitted \
         line with its 95 % band. Verdict: {}.",
        result.species, result.verdict
    );
    page = page.figure(&pictures::msd(analysis).to_svg(WIDTH, HEIGHT), &caption);
    if let Some(plot) = pictures::local_slope(analysis) {
        let caption = "Local slope over one octave of time: 1 where atoms diffuse, below where they are caged, above where they still run.";
        page = page.figure(&plot.to_svg(WIDTH, LOW), caption);
    }
    match &transport.checks.posterior {
        Ok(posterior) => {
            let caption = "Posterior of D for a line through the MSD with the covariance of a random walk, in closed form.";
            page.figure(&pictures::posterior(posterior).to_svg(WIDTH, LOW), caption)
        }
        Err(why) if result.D_m2_per_s.is_some() => page.note(&format!("No posterior of D: {why}.")),
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

/// D over temperature.
pub(crate) fn arrhenius(mut page: Page, found: &Arrhenius) -> Page {
    page = page.heading(&format!("{} over temperature", found.species.symbol()));
    page = page.table(&table(&arrhenius_rows(&found.json())));
    if let Some(plot) = pictures::arrhenius(found) {
        let caption = "D of each run with its 68 % interval, and the posterior of the line with its 95 % band. The band is that of the line, \
                       not of another run.";
        page = page.figure(&plot.to_svg(WIDTH, HEIGHT), caption);
    }
    page
}

/// Distributions, bonds, rings, pores and clusters at one temperature.
pub(crate) fn structure(mut page: Page, of: &str, found: &Structural) -> Page {
    page = page
        .heading(&format!("Structure{}", at(found.temperature_k, of)))
        .table(&table(&structure_rows(&found.json(false))));
    match structure_pictures::rdf(found) {
        Some(svg) => {
            let caption = "Partial radial distributions in shells of 0.05 \u{c5}. The first shell, whose atoms are the neighbours of the table, ends at the first minimum, or at 1.35 times the first maximum where there is no minimum.";
            page = page.figure(&svg, caption);
        }
        None => {
            let why = found.partials.as_ref().err().map_or("there is one atom", String::as_str);
            page = page.note(&format!("No radial distribution: {why}."));
        }
    }
    page = match &found.network {
        Ok(network) => {
            if let Some(plot) = structure_pictures::angles(network) {
                let caption = format!(
                    "Angles between bonds of {} (below {:.2} \u{c5}).",
                    network.species, network.cutoff_a
                );
                page = page.figure(&plot.to_svg(WIDTH, LOW), &caption);
            }
            let caption = format!(
                "Shortest-path rings (Franzblau) of the {} network, {} frame(s): no two atoms of a ring have a shorter way between them than along it.",
                network.species, network.ring_frames
            );
            page.figure(&structure_pictures::rings(network).to_svg(WIDTH, LOW), &caption)
        }
        Err(why) => page.note(&format!("No bonds, angles and rings: {why}.")),
    };
    page = match &found.hollows {
        Ok(hollows) => {
            let caption = format!(
                "Volume of the empty framework by pore diameter (the widest sphere that holds a point and overlaps no atom; Gelb and Gubbins), {} frame(s), grid of {:.2} \u{c5}. \
                 Tortuosity: shortest ways of a probe of {} \u{c5} from face to face over their distance.",
                hollows.frames, hollows.spacing_a, hollows.probe_a
            );
            page.figure(&structure_pictures::pores(hollows).to_svg(WIDTH, LOW), &caption)
        }
        Err(why) => page.note(&format!("No pores: {why}.")),
    };
    for clusters in &found.clusters {
        if let Some(plot) = structure_pictures::clusters(clusters) {
            let caption = format!(
                "Share of {} atoms in clusters of each size; linked below {:.2} \u{c5}.",
                clusters.species,
                clusters.cutoff_a.as_ref().copied().unwrap_or(f64::NAN)
            );
            page = page.figure(&plot.to_svg(WIDTH, LOW), &caption);
        }
    }
    page
}

/// Jumps, sites and displacements of one species at one temperature.
pub(crate) fn motion(mut page: Page, of: &str, found: &Motion, structure: Option<&Structural>) -> Page {
    page = page
        .heading(&format!("Motion of {}{}", found.species, at(found.temperature_k, of)))
        .table(&table(&owned(motion_rows(&found.json(false)))));
    if let Ok(hops) = &found.hops {
        match (&hops.sites, structure) {
            (Ok(sites), Some(structure)) => {
                if let Some(svg) = structure_pictures::sites(sites, structure) {
                    let caption = "Sites of the ions seen along z, coloured by the mean number of ions at each; grey: the framework.";
                    page = page.figure(&svg, caption);
                }
            }
            (Err(why), _) => page = page.note(&format!("No sites: {why}.")),
            _ => {}
        }
        if let Some(plot) = structure_pictures::jump_lengths(hops) {
            let caption = format!(
                "Lengths of the {} jumps: maxima of the path criterion of Candelier, Dauchot and Biroli with windows of {:.2} ps and a threshold of 1.2 \u{c5}.",
                hops.jumps.len(),
                hops.window_ps
            );
            page = page.figure(&plot.to_svg(WIDTH, LOW), &caption);
        }
    }
    if let Some(svg) = structure_pictures::van_hove(found) {
        let caption = "Van Hove's functions: above, the density of displacements after each time; below, other ions around where an ion was, over their mean density.";
        page = page.figure(&svg, caption);
    }
    if let Some(plot) = structure_pictures::non_gaussian(found) {
        let caption = "Non-Gaussian parameter: zero for diffusion; its maximum is where ions that wait and ions that jump differ most.";
        page = page.figure(&plot.to_svg(WIDTH, LOW), caption);
    }
    let caption = "Each ion by itself: a sixth of the slope of its own MSD, against the mean number of its neighbours. One ion is known far less well than their mean.";
    let over = |label: &str, of| structure_pictures::ions(found, label, of);
    if let Some(plot) = over("framework atoms in the first shell", |ion| ion.surroundings.framework) {
        page = page.figure(&plot.to_svg(WIDTH, LOW), caption);
    }
    if let Some(plot) = over("ions of its kind that touch it", |ion| ion.surroundings.own) {
        page = page.figure(&plot.to_svg(WIDTH, LOW), caption);
    }
    page
}
