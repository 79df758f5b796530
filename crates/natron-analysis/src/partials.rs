//! All partial radial distributions of a set of frames at once, and where their first shells end.
//!
//! Equations: [`crate::rdf`], with which every curve agrees. The first shell of a pair ends at the first minimum of g(r), and the coordination
//! number is the number of atoms closer than that (Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., section 2.6). A disordered host has
//! pairs whose g(r) falls from its first maximum to 1 without a minimum; their first shell is taken to end at 1.35 times the distance of the
//! maximum, and says so.

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure};
use rayon::prelude::*;

use crate::RdfError;

/// One pair of species.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial {
    /// The first species, of the lower atomic number where both differ.
    pub centre: Species,
    /// The second.
    pub other: Species,
    /// Middles of the shells, A, `[bins]`.
    pub r_a: Vec<f64>,
    /// g(r), `[bins]`.
    pub g: Vec<f64>,
    /// Mean number of atoms of the second species closer to one of the first than a shell's outer edge, `[bins]`.
    pub coordination: Vec<f64>,
    /// The same of the first species around one of the second, `[bins]`.
    pub coordination_back: Vec<f64>,
    /// Where the first shell is densest, A.
    pub first_maximum_a: Option<f64>,
    /// The first shell; `None` where there is no first maximum.
    pub first_shell: Option<FirstShell>,
}

/// A first shell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstShell {
    /// Where it ends, A.
    pub end_a: f64,
    /// Whether g has its first minimum there; else it has none.
    pub at_minimum: bool,
    /// Atoms of the second species closer to one of the first.
    pub coordination: f64,
    /// Atoms of the first species closer to one of the second.
    pub coordination_back: f64,
}

/// g must not be smoothed over more than this to each side to find a maximum, A: half the width of a narrow first peak.
const SMOOTH_A: f64 = 0.05;
/// Behind a maximum it is smoothed over this part of its distance: shells get wider as they get larger.
const SMOOTH: f64 = 0.06;
/// An extremum is the highest or lowest of all values this far around it, A.
const APART_A: f64 = 0.35;
/// A first shell is denser than this, and the minimum behind it less dense than this part of it.
const DENSE: f64 = 1.1;
const FALLEN: f64 = 0.8;
/// And it is no farther than so many times the distance of the maximum, and g rises again behind it by this factor within this distance, A.
const FARTHEST: f64 = 1.75;
const RISES: (f64, f64) = (1.06, 1.0);
/// Where there is no minimum, the shell ends at so many times the distance of the maximum.
const SHELL: f64 = 1.35;

/// Every pair of species of `frames` (all of the same atoms) that has neighbours to count, up to `r_max_a` (A) in `bins` shells.
///
/// # Errors
/// No frame, no shell, or a frame that is not periodic or in which neighbours cannot be found.
pub fn partials(frames: &[&Structure], r_max_a: f64, bins: usize) -> Result<Vec<Partial>, RdfError> {
    let first = frames.first().filter(|_| bins > 0).ok_or(RdfError::Nothing)?;
    if let Some(frame) = frames.iter().position(|frame| frame.cell.periodic() != [true; 3]) {
        return Err(RdfError::NotPeriodic { frame });
    }
    let mut species = first.species.clone();
    species.sort_unstable();
    species.dedup();
    let count = |s: Species| first.species.iter().filter(|x| **x == s).count();
    let numbers: Vec<usize> = species.iter().map(|s| count(*s)).collect();
    let kinds: Vec<usize> = first.species.iter().filter_map(|s| species.binary_search(s).ok()).collect();
    let counted: Vec<Vec<f64>> = frames
        .par_iter()
        .enumerate()
        .map(|(frame, structure)| {
            pairs(structure, &kinds, species.len(), r_max_a, bins)
                .map_err(|source| RdfError::Neighbours { frame, source })
        })
        .collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for a in 0..species.len() {
        for b in a..species.len() {
            if a == b && numbers[a] < 2 {
                continue;
            }
            let place = (a * species.len() + b) * bins;
            let (mut counts, mut g) = (vec![0.0; bins], vec![0.0; bins]);
            for (structure, counted) in frames.iter().zip(&counted) {
                let others = numbers[b] - usize::from(a == b);
                let ideal = ideal(others as f64 / structure.cell.volume_a3(), r_max_a, bins);
                for k in 0..bins {
                    let around_one = counted[place + k] / numbers[a] as f64 / frames.len() as f64;
                    counts[k] += around_one;
                    g[k] += around_one / ideal[k];
                }
            }
            let back = numbers[a] as f64 / numbers[b] as f64;
            found.push(Partial::new(species[a], species[b], &counts, g, back, r_max_a));
        }
    }
    Ok(found)
}

/// Atoms of density `per_a3` in each shell.
fn ideal(per_a3: f64, r_max_a: f64, bins: usize) -> Vec<f64> {
    let width = r_max_a / bins as f64;
    let volume = |k: usize| ((k + 1) as f64).powi(3) - (k as f64).powi(3);
    (0..bins).map(|k| per_a3 * 4.0 / 3.0 * std::f64::consts::PI * width.powi(3) * volume(k)).collect()
}

/// Ordered pairs of each two kinds in each shell, `[kinds][kinds][bins]`.
fn pairs(
    structure: &Structure,
    kinds: &[usize],
    n_kinds: usize,
    r_max_a: f64,
    bins: usize,
) -> Result<Vec<f64>, NeighbourError> {
    let list = NeighbourList::build(structure, r_max_a, 0.0)?;
    let mut counts = vec![0.0; n_kinds * n_kinds * bins];
    for i in 0..structure.len() {
        for neighbour in list.neighbours(structure, i) {
            let shell = (neighbour.distance_a / r_max_a * bins as f64) as usize;
            if shell < bins {
                counts[(kinds[i] * n_kinds + kinds[neighbour.index]) * bins + shell] += 1.0;
            }
        }
    }
    Ok(counts)
}

impl Partial {
    fn new(centre: Species, other: Species, counts: &[f64], g: Vec<f64>, back: f64, r_max_a: f64) -> Self {
        let width = r_max_a / counts.len() as f64;
        let mut inside = 0.0;
        let running = counts.iter().map(|count| {
            inside += count;
            inside
        });
        let coordination: Vec<f64> = running.collect();
        let coordination_back: Vec<f64> = coordination.iter().map(|n| n * back).collect();
        let smooth = smoothed(&g, (SMOOTH_A / width).round() as usize);
        let apart = ((APART_A / width).round() as usize).max(1);
        let top = first_maximum(&smooth, apart);
        let shell = |top: usize| {
            let reach = (SMOOTH * top as f64).round() as usize;
            let rises = (RISES.1 / width).round() as usize;
            let bottom = first_minimum(&smoothed(&g, reach.max(1)), top, apart, rises);
            let end = bottom.unwrap_or((SHELL * top as f64) as usize).min(g.len() - 1);
            FirstShell {
                end_a: (end as f64 + 1.0) * width,
                at_minimum: bottom.is_some(),
                coordination: coordination[end],
                coordination_back: coordination_back[end],
            }
        };
        Self {
            centre,
            other,
            r_a: (0..g.len()).map(|k| (k as f64 + 0.5) * width).collect(),
            first_maximum_a: top.map(|k| (k as f64 + 0.5) * width),
            first_shell: top.map(shell),
            g,
            coordination,
            coordination_back,
        }
    }
}

/// Means over `reach` shells to each side.
fn smoothed(values: &[f64], reach: usize) -> Vec<f64> {
    let mean = |k: usize| {
        let around = &values[k.saturating_sub(reach)..(k + reach + 1).min(values.len())];
        around.iter().sum::<f64>() / around.len() as f64
    };
    (0..values.len()).map(mean).collect()
}

fn around(values: &[f64], k: usize, apart: usize) -> &[f64] {
    &values[k.saturating_sub(apart)..(k + apart + 1).min(values.len())]
}

fn first_maximum(g: &[f64], apart: usize) -> Option<usize> {
    (0..g.len()).find(|&k| g[k] > DENSE && around(g, k, apart).iter().all(|v| *v <= g[k]))
}

/// The first place behind `top` that is lowest around itself; the middle of it where it is a plateau, as between the shells of a crystal.
fn first_minimum(g: &[f64], top: usize, apart: usize, rises: usize) -> Option<usize> {
    let lowest = |k: &usize| g[*k] < FALLEN * g[top] && around(g, *k, apart).iter().all(|v| *v >= g[*k]);
    let rises = |k: &usize| {
        let later = g[*k..].iter().take(rises).copied().fold(0.0, f64::max);
        later > RISES.0 * g[*k]
    };
    // A minimum at the end of the curve may go on beyond it.
    let last = g.len().saturating_sub(apart).min((FARTHEST * top as f64) as usize);
    let first = (top + 1..last).find(|k| lowest(k) && rises(k))?;
    let plateau = g[first..].iter().take_while(|v| **v == g[first]).count();
    Some(first + (plateau - 1) / 2)
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Vec3};
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::radial_distribution;

    fn random(seed: u64) -> Structure {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let rows = [[9.0, 0.0, 0.0], [2.0, 8.0, 0.0], [-1.0, 1.5, 10.0]];
        let cell = Cell::new(rows, [true; 3]).expect("a cell");
        let positions = (0..40).map(|_| cell.cartesian(&Vec3::from_fn(|_, _| rng.random()))).collect();
        let species = (0..40).map(|k| if k % 4 == 0 { Species::NA } else { Species::C }).collect();
        Structure::new(cell, species, positions).expect("a structure")
    }

    #[test]
    fn every_pair_agrees_with_its_own_distribution() {
        let frames: Vec<Structure> = (0..5).map(random).collect();
        let found = partials(&frames.iter().collect::<Vec<_>>(), 7.0, 50).expect("g(r)");
        let pairs: Vec<_> = found.iter().map(|p| (p.centre, p.other)).collect();
        assert_eq!(pairs, [(Species::C, Species::C), (Species::C, Species::NA), (Species::NA, Species::NA)]);
        let close = |a: &[f64], b: &[f64]| {
            assert!(a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-9 * y.max(1.0)), "{a:?} {b:?}");
        };
        for partial in &found {
            let one = radial_distribution(&frames, partial.centre, partial.other, 7.0, 50).expect("g(r)");
            close(&partial.g, &one.g);
            close(&partial.coordination, &one.coordination);
            let back = radial_distribution(&frames, partial.other, partial.centre, 7.0, 50).expect("g(r)");
            close(&partial.coordination_back, &back.coordination);
        }
    }

    /// 6 neighbours at 3.00, 12 at 4.24 A: the shell ends between them.
    #[test]
    fn the_first_shell_of_a_lattice_holds_six() {
        let cell = Cell::new([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 6.0]], [true; 3]).expect("a cell");
        let positions = vec![Vec3::zeros(), Vec3::z() * 3.0];
        let two = Structure::new(cell, vec![Species::NA; 2], positions).expect("a structure");
        let found = partials(&[&two], 6.0, 120).expect("g(r)").remove(0);
        let shell = found.first_shell.expect("a first shell");
        assert!((shell.coordination - 6.0).abs() < 1e-9 && shell.at_minimum, "{shell:?}");
        assert!((3.1..4.2).contains(&shell.end_a), "{shell:?}");
        assert!((found.first_maximum_a.expect("a peak") - 3.0).abs() < 0.1);
    }

    /// exp(-(r - 2.6)^2 / 0.08) on a gas that begins at 3.6 A, noise of 5 %: the minimum is where one ends and the other begins.
    #[test]
    fn noise_makes_no_minimum() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let g: Vec<f64> = (0..160)
            .map(|k| {
                let r = 0.05 * (f64::from(k) + 0.5);
                let gas = 1.0 / (1.0 + (-(r - 3.9) / 0.12_f64).exp());
                (2.5 * (-(r - 2.6) * (r - 2.6) / 0.08).exp() + gas) * rng.random_range(0.95..1.05)
            })
            .collect();
        let partial = Partial::new(Species::C, Species::NA, &vec![0.0; 160], g, 1.0, 8.0);
        let shell = partial.first_shell.expect("a first shell");
        assert!(shell.at_minimum && (3.1..3.6).contains(&shell.end_a), "{shell:?}");
        assert!((partial.first_maximum_a.expect("a peak") - 2.6).abs() < 0.15);
        let flat = Partial::new(Species::C, Species::NA, &[0.0; 160], vec![1.0; 160], 1.0, 8.0);
        assert_eq!((flat.first_maximum_a, flat.first_shell), (None, None));
    }

    /// A peak that falls to 1 and stays there, as that of sodium around disordered carbon: no minimum, whatever the noise.
    #[test]
    fn a_shell_without_a_minimum_says_so() {
        for seed in 0..20 {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let g: Vec<f64> = (0..160)
                .map(|k| {
                    let r = 0.05 * (f64::from(k) + 0.5);
                    let wall = 1.0 / (1.0 + (-(r - 2.4) / 0.06_f64).exp());
                    wall * (1.0 + 1.2 / (1.0 + ((r - 3.4) / 0.25).exp())) * rng.random_range(0.97..1.03)
                })
                .collect();
            let partial = Partial::new(Species::C, Species::NA, &vec![0.0; 160], g, 1.0, 8.0);
            let shell = partial.first_shell.expect("a first shell");
            let top = partial.first_maximum_a.expect("a peak");
            assert!(
                !shell.at_minimum && (shell.end_a - 1.35 * top).abs() < 0.1,
                "seed {seed}: {shell:?} {top}"
            );
        }
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let one = random(1);
        assert_eq!(partials(&[], 5.0, 10), Err(RdfError::Nothing));
        assert_eq!(partials(&[&one], 5.0, 0), Err(RdfError::Nothing));
        let open = Structure { cell: Cell::open(), ..one };
        assert_eq!(partials(&[&open], 5.0, 10), Err(RdfError::NotPeriodic { frame: 0 }));
    }
}
