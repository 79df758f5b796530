//! What the frames of runs at one temperature say of their structure.

use natron_analysis::checks::Outcome;
use natron_analysis::clusters::{cluster_sizes, shares_by_size};
use natron_analysis::histogram::Histogram;
use natron_analysis::partials::{Partial, partials};
use natron_analysis::{Bonds, RingCounts, Spread, shortest_path_rings};
use natron_atoms::{NeighbourError, Species, Structure};
use rayon::prelude::*;

use super::groups::Group;
use super::hollows::{Hollows, hollows};
use super::source::Run;

/// Atoms of all frames together that structure is measured on: more do not change what can be read off, and cost time.
const MOST_ATOMS: usize = 15_000;
/// Frames beyond this do not help, fewer than this say little.
const FRAMES: (usize, usize) = (2, 64);
/// Atoms of all frames together in which rings are searched.
const MOST_IN_RINGS: usize = 1000;
/// Reach and shells of g(r): 0.05 A each.
const REACH_A: f64 = 8.0;
const SHELLS: usize = 160;
/// Ions closer than so many times the sum of their covalent radii touch: between the first and the second neighbours of the metals.
const TOUCH: f64 = 1.25;
/// Carbon atoms closer than this are bound, A.
pub(crate) const CARBON_BOND_A: f64 = 1.85;
/// Rings are searched up to this size.
pub(crate) const RING_MAX: usize = 10;
/// Bins of angles: two degrees each.
const ANGLES: usize = 90;

/// How many frames of so many atoms to keep of one run.
pub(super) fn frames_to_keep(atoms: usize) -> usize {
    (MOST_ATOMS / atoms.max(1)).clamp(FRAMES.0, FRAMES.1)
}

/// The structure of runs at one temperature.
#[derive(Debug, Clone)]
pub struct Structural {
    /// Mean temperature, K, where it is known.
    pub temperature_k: Option<f64>,
    /// Trajectories that were pooled.
    pub runs: usize,
    /// Frames that were used.
    pub frames: usize,
    /// Frames that were read.
    pub frames_read: usize,
    /// The last frame of the last run.
    pub last: Structure,
    /// Species of the framework; empty where everything is mobile.
    pub framework: Vec<Species>,
    /// Every pair of species.
    pub partials: Outcome<Vec<Partial>>,
    /// Bonds of the framework.
    pub network: Outcome<Network>,
    /// Empty places of the framework.
    pub hollows: Outcome<Hollows>,
    /// How each mobile species hangs together.
    pub clusters: Vec<Clusters>,
}

/// Bonds, angles and rings of the framework's main species.
#[derive(Debug, Clone)]
pub struct Network {
    /// The species.
    pub species: Species,
    /// Atoms closer than this are bound, A.
    pub cutoff_a: f64,
    /// Share of atoms with 0, 1, 2, ... bound neighbours.
    pub shares: Vec<f64>,
    /// Lengths of bonds, A.
    pub bond_a: Option<Spread>,
    /// Angles between bonds, degrees.
    pub angle_deg: Option<Spread>,
    /// Their distribution, per degree.
    pub angles: Option<Histogram>,
    /// Shortest-path rings for each atom by size, `[RING_MAX + 1]`.
    pub rings: Vec<f64>,
    /// Frames that rings were searched in.
    pub ring_frames: usize,
}

/// Clusters of one mobile species.
#[derive(Debug, Clone)]
pub struct Clusters {
    /// The species.
    pub species: Species,
    /// Atoms closer than this hang together, A.
    pub cutoff_a: Outcome<f64>,
    /// Share of atoms in clusters of each size.
    pub shares: Vec<f64>,
}

impl Structural {
    /// Of the frames that were kept of each run; `None` where none was.
    pub(super) fn new(
        members: &[&Run],
        group: &Group,
        mobile: &[Species],
        reference: &[Species],
    ) -> Option<Self> {
        let last = members.last()?.sample.last()?.clone();
        let all: Vec<&Structure> = members.iter().flat_map(|run| run.sample.frames()).collect();
        // Those of one system: runs of another number of atoms are no replicas, whatever they are called.
        let all: Vec<&Structure> = all.into_iter().filter(|frame| frame.species == last.species).collect();
        let frames = thinned(&all, frames_to_keep(last.len()));
        let others = last.species.iter().copied().filter(|s| !mobile.contains(s));
        let mut framework: Vec<Species> = match reference {
            [] => others.collect(),
            some => some.iter().copied().filter(|s| !mobile.contains(s)).collect(),
        };
        framework.sort_unstable();
        framework.dedup();
        let partials = partials(&frames, REACH_A, SHELLS).map_err(|error| error.to_string());
        let cutoff = |a, b| shell_end_a(partials.as_deref().unwrap_or_default(), a, b);
        Some(Self {
            temperature_k: group.temperature_k,
            runs: members.len(),
            frames: frames.len(),
            frames_read: members.iter().map(|run| run.sample.seen()).sum(),
            network: network(&frames, &framework, cutoff),
            hollows: hollows(&frames, &framework),
            clusters: mobile
                .iter()
                .map(|&species| clusters(&frames, species, link_a(species).or(cutoff(species, species))))
                .collect(),
            last,
            framework,
            partials,
        })
    }

    /// Atoms of a mobile species closer than this hang together, A.
    pub fn link_a(&self, species: Species) -> Option<f64> {
        self.clusters.iter().find(|clusters| clusters.species == species)?.cutoff_a.as_ref().ok().copied()
    }

    /// Where the first shell of a pair ends, A.
    pub fn shell_end_a(&self, a: Species, b: Species) -> Option<f64> {
        shell_end_a(self.partials.as_deref().unwrap_or_default(), a, b)
    }
}

/// Evenly spaced ones of `all`, `most` at most.
pub(super) fn thinned<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let every = all.len().div_ceil(most.max(1)).max(1);
    all.iter().copied().step_by(every).collect()
}

fn shell_end_a(partials: &[Partial], a: Species, b: Species) -> Option<f64> {
    let partial = partials.iter().find(|p| (p.centre, p.other) == (a.min(b), a.max(b)))?;
    Some(partial.first_shell?.end_a)
}

/// Where alkali atoms touch, A; of other species their own g(r) must say it.
fn link_a(species: Species) -> Option<f64> {
    // Covalent radii: B. Cordero et al., 10.1039/b801115j.
    let radius_a = match species.symbol() {
        "Li" => 1.28,
        "Na" => 1.66,
        "K" => 2.03,
        "Rb" => 2.20,
        "Cs" => 2.44,
        _ => return None,
    };
    Some(TOUCH * 2.0 * radius_a)
}

/// The species whose network is looked at: carbon, else the most frequent of the framework.
fn main_species(frame: &Structure, framework: &[Species]) -> Option<Species> {
    let count = |s: &Species| frame.species.iter().filter(|x| *x == s).count();
    let carbon = framework.iter().copied().find(|s| *s == Species::C);
    carbon.or(framework.iter().copied().max_by_key(count))
}

fn network(
    frames: &[&Structure],
    framework: &[Species],
    cutoff: impl Fn(Species, Species) -> Option<f64>,
) -> Outcome<Network> {
    let first = frames.first().ok_or("no frame was kept")?;
    let species = main_species(first, framework).ok_or("every species is mobile: there is no framework")?;
    let measured = cutoff(species, species);
    let cutoff_a = Some(CARBON_BOND_A).filter(|_| species == Species::C).or(measured);
    let cutoff_a = cutoff_a.ok_or("the framework's g(r) has no first shell to take bonds from")?;
    let bonds: Vec<Bonds> = frames
        .par_iter()
        .map(|frame| Bonds::new(frame, species, cutoff_a))
        .collect::<Result<_, NeighbourError>>()
        .map_err(|error| error.to_string())?;
    let most = bonds.iter().flat_map(|b| &b.neighbours).map(Vec::len).max().unwrap_or(0);
    let mean = |n: usize| bonds.iter().map(|b| b.share(n)).sum::<f64>() / bonds.len() as f64;
    let lengths: Vec<f64> = bonds.iter().flat_map(Bonds::lengths_a).collect();
    let angles: Vec<f64> = bonds.iter().flat_map(Bonds::angles_deg).collect();
    let atoms = bonds[0].atoms.len().max(1);
    let some = thinned(&bonds.iter().collect::<Vec<_>>(), (MOST_IN_RINGS / atoms).max(1));
    let rings: Vec<RingCounts> = some.par_iter().map(|b| shortest_path_rings(b, RING_MAX)).collect();
    let per_atom =
        |n: usize| rings.iter().map(|r| r.of_size(n) / atoms as f64).sum::<f64>() / rings.len() as f64;
    Ok(Network {
        species,
        cutoff_a,
        shares: (0..=most).map(mean).collect(),
        bond_a: Spread::of(&lengths),
        angle_deg: Spread::of(&angles),
        angles: Histogram::of(&angles, 0.0, 180.0, ANGLES),
        rings: (0..=RING_MAX).map(per_atom).collect(),
        ring_frames: rings.len(),
    })
}

impl Network {
    /// Share of atoms with so many bound neighbours.
    pub fn share(&self, neighbours: usize) -> f64 {
        self.shares.get(neighbours).copied().unwrap_or(0.0)
    }

    /// Mean size of rings; `None` where there is none.
    pub fn ring_size_mean(&self) -> Option<f64> {
        let all: f64 = self.rings.iter().sum();
        let sizes: f64 = self.rings.iter().enumerate().map(|(n, share)| n as f64 * share).sum();
        (all > 0.0).then(|| sizes / all)
    }
}

fn clusters(frames: &[&Structure], species: Species, cutoff_a: Option<f64>) -> Clusters {
    let alone = frames.first().is_some_and(|f| f.species.iter().filter(|s| **s == species).count() == 1);
    let symbol = species.symbol();
    let cutoff = match cutoff_a {
        _ if alone => Err(format!("there is one {symbol} atom")),
        Some(cutoff_a) => Ok(cutoff_a),
        None => Err(format!("g(r) of {symbol} around {symbol} has no first shell")),
    };
    let sizes = |cutoff_a: f64| -> Result<Vec<usize>, NeighbourError> {
        let each = frames.iter().map(|frame| Ok(cluster_sizes(&Bonds::new(frame, species, cutoff_a)?)));
        Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
    };
    let found =
        cutoff.and_then(|cutoff_a| Ok((cutoff_a, sizes(cutoff_a).map_err(|error| error.to_string())?)));
    match found {
        Ok((cutoff_a, sizes)) => Clusters { species, cutoff_a: Ok(cutoff_a), shares: shares_by_size(&sizes) },
        Err(why) => Clusters { species, cutoff_a: Err(why), shares: Vec::new() },
    }
}

impl Clusters {
    /// Mean size of the cluster that an atom is in; `None` where there are no clusters to speak of.
    pub fn size_mean(&self) -> Option<f64> {
        let sum: f64 = self.shares.iter().enumerate().map(|(size, share)| size as f64 * share).sum();
        (!self.shares.is_empty()).then_some(sum)
    }
}
