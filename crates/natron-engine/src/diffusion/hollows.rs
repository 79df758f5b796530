//! Pores, accessible volume and tortuosity of a framework, averaged over some of its frames.

use natron_analysis::Spread;
use natron_analysis::checks::Outcome;
use natron_analysis::pores::{Pores, pores};
use natron_analysis::tortuosity::{Tortuosity, tortuosity};
use natron_atoms::{Species, Structure};
use rayon::prelude::*;

use super::structure::thinned;

/// Frames that are looked at: a framework that rests changes little, and a grid costs more than a neighbour list.
const FRAMES: usize = 4;
/// The grid is no finer than this, A, and has about so many points at most.
const SPACING_A: f64 = 0.4;
const POINTS: f64 = 40_000.0;
/// Visits of points by spheres that a frame may take: what is nearly empty has many wide ones.
const VISITS: f64 = 5e7;
/// Diameters of pores are counted up to this, A, in so many bins; wider ones in the last.
const WIDEST_A: f64 = 12.0;
const BINS: usize = 48;

/// What is empty.
#[derive(Debug, Clone)]
pub struct Hollows {
    /// Frames that were used.
    pub frames: usize,
    /// Radius of each framework species, A.
    pub radii_a: Vec<(Species, f64)>,
    /// Radius of the probe, A.
    pub probe_a: f64,
    /// The grid's spacing, A.
    pub spacing_a: f64,
    /// Share of the volume outside all atoms of the framework.
    pub void_share: Spread,
    /// Share of the volume where the centre of the probe may be.
    pub accessible_share: Spread,
    /// Diameter of the largest sphere that fits in, A.
    pub widest_a: Spread,
    /// Middles of ranges of diameters, A, and the share of the cell's volume in pores of them per A.
    pub distribution: Vec<(f64, f64)>,
    /// Ways through the accessible volume along the three vectors of the cell, mean over the frames in which one is open.
    pub tortuosity: [Option<f64>; 3],
    /// Share of the accessible points of a face from which a way leads through.
    pub open: [f64; 3],
}

impl Hollows {
    /// Mean over the directions that are open; `None` where none is.
    pub fn tortuosity_mean(&self) -> Option<f64> {
        Tortuosity { along: self.tortuosity, open: self.open }.mean()
    }
}

/// Van der Waals radius, A (A. Bondi, 10.1021/j100785a001; 2 A where it has none).
fn radius_a(species: Species) -> f64 {
    match species.symbol() {
        "H" => 1.2,
        "C" => 1.7,
        "N" => 1.55,
        "O" => 1.52,
        "F" => 1.47,
        "Si" => 2.1,
        "P" | "S" => 1.8,
        "Cl" => 1.75,
        "Ar" => 1.88,
        _ => 2.0,
    }
}

/// The probe: an Na+ ion with six neighbours (R. D. Shannon, 10.1107/S0567739476001551), A.
pub(super) const PROBE_A: f64 = 1.02;

/// The pores of the atoms of `framework` in some of `frames`, as if the others were not there.
pub(super) fn hollows(frames: &[&Structure], framework: &[Species]) -> Outcome<Hollows> {
    if framework.is_empty() {
        return Err("every species is mobile: there is no framework".into());
    }
    let some: Vec<Structure> =
        thinned(frames, FRAMES).into_iter().map(|frame| only(frame, framework)).collect();
    let first = some.first().ok_or("no frame was kept")?;
    let volume_a3 = first.cell.volume_a3();
    // Each of V/s^3 points has a sphere of about the volume of an atom, V/N.
    let by_visits = (volume_a3 * volume_a3 / first.len().max(1) as f64 / VISITS).powf(1.0 / 6.0);
    let spacing_a = SPACING_A.max((volume_a3 / POINTS).cbrt()).max(by_visits);
    let of_frame = |frame: &Structure| {
        let found = pores(frame, radius_a, spacing_a, PROBE_A).map_err(|error| error.to_string())?;
        let ways = tortuosity(frame, radius_a, spacing_a, PROBE_A).map_err(|error| error.to_string())?;
        Ok((found, ways))
    };
    let found: Vec<(Pores, Tortuosity)> = some.par_iter().map(of_frame).collect::<Outcome<_>>()?;
    let spread = |value: fn(&Pores) -> f64| {
        let values: Vec<f64> = found.iter().map(|(pores, _)| value(pores)).collect();
        Spread::of(&values).expect("there is a frame")
    };
    let width = WIDEST_A / BINS as f64;
    let mut shares = vec![0.0; BINS];
    for (pores, _) in &found {
        let each = pores.distribution(WIDEST_A, BINS);
        shares.iter_mut().zip(each).for_each(|(sum, share)| *sum += share / width / found.len() as f64);
    }
    let along = |k: usize| {
        let open: Vec<f64> = found.iter().filter_map(|(_, ways)| ways.along[k]).collect();
        Spread::of(&open).map(|spread| spread.mean)
    };
    let open = |k: usize| found.iter().map(|(_, ways)| ways.open[k]).sum::<f64>() / found.len() as f64;
    Ok(Hollows {
        frames: found.len(),
        radii_a: framework.iter().map(|s| (*s, radius_a(*s))).collect(),
        probe_a: PROBE_A,
        spacing_a: found[0].0.spacing_a,
        void_share: spread(|pores| pores.void_share),
        accessible_share: spread(|pores| pores.accessible_share),
        widest_a: spread(|pores| pores.widest_a),
        distribution: shares
            .iter()
            .enumerate()
            .map(|(k, share)| ((k as f64 + 0.5) * width, *share))
            .collect(),
        tortuosity: [0, 1, 2].map(along),
        open: [0, 1, 2].map(open),
    })
}

/// The atoms of some species alone.
fn only(frame: &Structure, species: &[Species]) -> Structure {
    let kept = || frame.species.iter().zip(&frame.positions).filter(|(s, _)| species.contains(s));
    Structure {
        cell: frame.cell.clone(),
        species: kept().map(|(s, _)| *s).collect(),
        positions: kept().map(|(_, p)| *p).collect(),
    }
}
