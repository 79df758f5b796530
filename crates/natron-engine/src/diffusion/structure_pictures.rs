//! Pictures of structure and motion.

use natron_analysis::mobility::{Class, Ion};
use natron_analysis::sites::Site;
use natron_atoms::Structure;
use natron_report::{Plot, stack};

use super::hollows::Hollows;
use super::motion::{Hops, Motion};
use super::pictures::{HEIGHT, WIDTH};
use super::structure::{Clusters, Network, RING_MAX, Structural};

fn pairs(x: &[f64], y: &[f64]) -> Vec<(f64, f64)> {
    x.iter().copied().zip(y.iter().copied()).collect()
}

/// g(r) of every pair, one above the other; `None` where there is none.
pub(super) fn rdf(found: &Structural) -> Option<String> {
    let partials = found.partials.as_ref().ok().filter(|partials| !partials.is_empty())?;
    let plots: Vec<Plot> = partials
        .iter()
        .enumerate()
        .map(|(k, partial)| {
            let name = format!("{}-{}", partial.centre, partial.other);
            let top = partial.g.iter().copied().fold(0.0, f64::max);
            let mut plot = Plot::new("").y("g(r)").line(&name, &pairs(&partial.r_a, &partial.g));
            if let Some(shell) = partial.first_shell {
                plot = plot.dashed("end of the first shell", &[(shell.end_a, 0.0), (shell.end_a, top)]);
            }
            if k + 1 == partials.len() { plot.x("r / \u{c5}") } else { plot }
        })
        .collect();
    Some(stack(&plots, WIDTH, 0.48 * HEIGHT * plots.len() as f64))
}

/// The distribution of angles.
pub(super) fn angles(network: &Network) -> Option<Plot> {
    let angles = network.angles.as_ref()?;
    let name = format!("{0}-{0}-{0}", network.species);
    Some(
        Plot::new("")
            .x("angle / deg")
            .y("density / (1/deg)")
            .line(&name, &pairs(&angles.at, &angles.density)),
    )
}

/// Rings by size.
pub(super) fn rings(network: &Network) -> Plot {
    let points: Vec<(f64, f64)> = (3..=RING_MAX).map(|n| (n as f64, network.rings[n])).collect();
    Plot::new("")
        .x("atoms of the ring")
        .y("rings per atom")
        .line("", &points)
        .scatter("shortest-path rings", &points)
}

/// Volume in pores by their diameter.
pub(super) fn pores(hollows: &Hollows) -> Plot {
    let shown = hollows.distribution.iter().rposition(|(_, share)| *share > 0.0).map_or(0, |last| last + 2);
    let points: Vec<(f64, f64)> = hollows.distribution.iter().copied().take(shown.max(8)).collect();
    Plot::new("").x("pore diameter / \u{c5}").y("share of the volume / (1/\u{c5})").line("pores", &points)
}

/// Atoms in clusters of each size.
pub(super) fn clusters(found: &Clusters) -> Option<Plot> {
    let points: Vec<(f64, f64)> =
        found.shares.iter().enumerate().skip(1).map(|(size, share)| (size as f64, *share)).collect();
    let name = format!("{} atoms", found.species);
    (points.len() > 1).then(|| {
        Plot::new("")
            .x("size of the cluster")
            .y("share of the atoms")
            .line("", &points)
            .scatter(&name, &points)
    })
}

/// Sites seen along the third vector of the cell, coloured by occupancy, with the framework behind them.
pub(super) fn sites(sites: &[Site], found: &Structural) -> Option<String> {
    if sites.is_empty() {
        return None;
    }
    let wrapped = framework(&found.last, &found.framework);
    let shown: Vec<(f64, f64, f64)> =
        sites.iter().rev().map(|site| (site.place_a.x, site.place_a.y, site.occupancy)).collect();
    let plot =
        Plot::new("").x("x / \u{c5}").y("y / \u{c5}").faint(&wrapped).graded("ions at the site", &shown);
    Some(plot.to_svg(520.0, 520.0))
}

/// Places of the framework's atoms, seen along z.
fn framework(frame: &Structure, species: &[natron_atoms::Species]) -> Vec<(f64, f64)> {
    let atoms = frame.species.iter().zip(&frame.positions).filter(|(s, _)| species.contains(s));
    let places = atoms.map(|(_, position)| frame.cell.wrap(position).0);
    places.map(|place| (place.x, place.y)).take(4000).collect()
}

/// Lengths of jumps.
pub(super) fn jump_lengths(hops: &Hops) -> Option<Plot> {
    let lengths = hops.lengths.as_ref()?;
    let plot = Plot::new("").x("length of a jump / \u{c5}").y("density / (1/\u{c5})");
    Some(plot.line("jumps", &pairs(&lengths.at, &lengths.density)))
}

/// Van Hove's functions, self above distinct; `None` where there is neither.
pub(super) fn van_hove(motion: &Motion) -> Option<String> {
    if motion.van_hove.is_empty() {
        return None;
    }
    let name = |lag_ps: f64| format!("{lag_ps:.2} ps");
    let mut own = Plot::new("").y("G_s / (1/\u{c5})");
    let mut distinct = Plot::new("").x("r / \u{c5}").y("G_d");
    let mut has_distinct = false;
    for lag in &motion.van_hove {
        own = own.line(&name(lag.lag_ps), &pairs(&lag.own.r_a, &lag.own.values));
        if let Ok(shells) = &lag.distinct {
            has_distinct = true;
            distinct = distinct.line(&name(lag.lag_ps), &pairs(&shells.r_a, &shells.values));
        }
    }
    let plots = if has_distinct { vec![own, distinct] } else { vec![own.x("r / \u{c5}")] };
    Some(stack(&plots, WIDTH, 0.55 * HEIGHT * plots.len() as f64))
}

/// The non-Gaussian parameter over time.
pub(super) fn non_gaussian(motion: &Motion) -> Option<Plot> {
    let (first, last) = (motion.non_gaussian.first()?, motion.non_gaussian.last()?);
    let plot = Plot::new("").x("t / ps").y("non-Gaussian parameter").log_x();
    let plot = plot.line(motion.species.symbol(), &motion.non_gaussian);
    Some(plot.dashed("diffusion", &[(first.0, 0.0), (last.0, 0.0)]))
}

/// D of each ion over something of its surroundings, by class.
pub(super) fn ions(motion: &Motion, label: &str, of: fn(&Ion) -> f64) -> Option<Plot> {
    const UNIT: f64 = 1e-9;
    let mut plot = Plot::new("").x(label).y("D of the ion / 10\u{207b}\u{2079} m\u{b2} s\u{207b}\u{b9}");
    let mut any = false;
    for class in Class::ALL {
        let members = motion.ions.iter().filter(|ion| ion.class == class);
        let points: Vec<(f64, f64)> =
            members.filter_map(|ion| Some((of(ion), ion.d_m2_per_s? / UNIT))).collect();
        any |= !points.is_empty();
        if !points.is_empty() {
            plot = plot.scatter(class.as_str(), &points);
        }
    }
    any.then_some(plot)
}
