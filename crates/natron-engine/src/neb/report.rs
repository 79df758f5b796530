//! report.html of a path.

use natron_dynamics::band::Band;
use natron_report::{Page, Plot};

use super::summary::{Barrier, table};
use super::{NebJob, meanings};
use crate::envelope::Build;
use crate::md::report::picture;
use crate::watch::Stop;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Points of the curve between two images.
const FINE: usize = 12;

/// The page.
pub(super) fn page(
    job: &NebJob,
    build: &Build,
    band: &Band,
    barrier: &Barrier,
    warnings: &[String],
    stopped: Option<Stop>,
) -> String {
    let name = job.directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let commit = build.commit.as_deref().unwrap_or("unknown commit");
    let mut page = Page::new(&format!("Path: {name}")).subtitle(&format!(
        "{} atoms, {} images between the ends, potential {}, natron {} ({commit})",
        job.points[0].len(),
        job.deck.path.images,
        job.potential.name,
        build.version
    ));
    if let Some(stop) = stopped {
        page = page.warning(&format!("Stopped by {}: --resume goes on.", stop.name()));
    }
    for warning in warnings {
        page = page.warning(warning);
    }
    let caption = "Energy along the path, relative to the start: images, and between them the cubic that has their energies and slopes. Bars: what the members of \
                   the potential's ensemble disagree about, differenced member by member. The distance is that of all atoms together.";
    let last = band.images.len() - 1;
    let of = |image: usize| picture(&band.images[image]);
    page.table(&table(barrier))
        .figure(&profile(band, barrier).to_svg(WIDTH, HEIGHT), caption)
        .heading("Structures")
        .figure(&of(0), "The start.")
        .figure(&of(barrier.saddle), &format!("Image {}, the highest.", barrier.saddle))
        .figure(&of(last), "The end.")
        .heading("Potential")
        .code(&format!("{} {}", job.potential.name, job.potential.sha256_hex()))
        .heading("Deck")
        .code(&meanings::to_toml(&job.deck))
        .to_html()
}

fn profile(band: &Band, barrier: &Barrier) -> Plot {
    let energies: Vec<f64> = barrier.profile.iter().map(|energy| energy.value).collect();
    let points: Vec<(f64, f64)> = barrier.distances_a.iter().copied().zip(energies.iter().copied()).collect();
    let plot = Plot::new("")
        .x("distance / \u{c5}")
        .y("energy / eV")
        .line("path", &curve(&points, &band.slopes_ev_per_a()));
    let bars: Vec<(f64, f64, f64)> = points
        .iter()
        .zip(&barrier.profile)
        .filter_map(|((x, y), energy)| Some((*x, *y, energy.std()?)))
        .collect();
    if bars.is_empty() { plot.scatter("images", &points) } else { plot.error_bars("images", &bars) }
}

/// Cubics between points with the given slopes.
fn curve(points: &[(f64, f64)], slopes: &[f64]) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for k in 0..points.len() - 1 {
        let ((x0, y0), (x1, y1), width) = (points[k], points[k + 1], points[k + 1].0 - points[k].0);
        for fine in 0..FINE {
            let t = fine as f64 / FINE as f64;
            let (a, b) = (width * slopes[k] - (y1 - y0), (y1 - y0) - width * slopes[k + 1]);
            let y = (1.0 - t) * y0 + t * y1 + t * (1.0 - t) * ((1.0 - t) * a + t * b);
            out.push((x0 + t * (x1 - x0), y));
        }
    }
    out.extend(points.last());
    out
}
