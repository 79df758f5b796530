//! Radial distribution and coordination of one species around another.
//!
//! ```text
//! g_ab(r) = < n_ab(r, r+dr) > / [ rho_b 4/3 pi ((r+dr)^3 - r^3) ],   rho_b = (N_b - delta_ab) / V
//! ```
//!
//! n_ab counts the b atoms in a shell around an a atom, through all periodic images. With N_b - 1 for like species an ideal gas has
//! g = 1 in a cell of any size (Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., section 8.2).

use natron_atoms::{NeighbourError, NeighbourList, Species, Structure};

/// A radial distribution, averaged over frames and over the atoms of the first species.
#[derive(Debug, Clone, PartialEq)]
pub struct RadialDistribution {
    /// Middles of the shells, A, `[bins]`.
    pub r_a: Vec<f64>,
    /// g(r), `[bins]`.
    pub g: Vec<f64>,
    /// Mean number of atoms of the second species closer than the shell's outer edge, `[bins]`.
    pub coordination: Vec<f64>,
}

/// Why there is no radial distribution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RdfError {
    /// Nothing to count in.
    #[error("no frame, or no shell, was given")]
    Nothing,
    /// A frame has no volume to divide by.
    #[error("frame {frame} is not periodic in all three directions: it has no density")]
    NotPeriodic {
        /// Which frame, from 0.
        frame: usize,
    },
    /// A species is missing.
    #[error("frame {frame} holds no {species} atom")]
    NoAtom {
        /// Which frame, from 0.
        frame: usize,
        /// The symbol.
        species: &'static str,
    },
    /// Neighbours cannot be found.
    #[error("frame {frame}: {source}")]
    Neighbours {
        /// Which frame, from 0.
        frame: usize,
        /// Why.
        source: NeighbourError,
    },
}

/// g(r) of `other` around `centre` up to `r_max_a` (A) in `bins` shells of equal width.
///
/// # Errors
/// See [`RdfError`].
pub fn radial_distribution<'a>(
    frames: impl IntoIterator<Item = &'a Structure>,
    centre: Species,
    other: Species,
    r_max_a: f64,
    bins: usize,
) -> Result<RadialDistribution, RdfError> {
    let width = r_max_a / bins as f64;
    let (mut g, mut coordination, mut n_frames) = (vec![0.0; bins], vec![0.0; bins], 0usize);
    for (frame, structure) in frames.into_iter().enumerate() {
        let density = density(structure, frame, centre, other)?;
        let counts = counts(structure, centre, other, r_max_a, bins)
            .map_err(|source| RdfError::Neighbours { frame, source })?;
        let mut inside = 0.0;
        for (k, count) in counts.into_iter().enumerate() {
            let shell = ((k + 1) as f64).powi(3) - (k as f64).powi(3);
            let ideal = density * 4.0 / 3.0 * std::f64::consts::PI * width.powi(3) * shell;
            g[k] += if ideal > 0.0 { count / ideal } else { 0.0 };
            inside += count;
            coordination[k] += inside;
        }
        n_frames += 1;
    }
    if n_frames == 0 || bins == 0 {
        return Err(RdfError::Nothing);
    }
    let mean = |sums: Vec<f64>| sums.into_iter().map(|s| s / n_frames as f64).collect();
    Ok(RadialDistribution {
        r_a: (0..bins).map(|k| (k as f64 + 0.5) * width).collect(),
        g: mean(g),
        coordination: mean(coordination),
    })
}

/// Atoms of `other` per A^3, less the centre itself where it is one of them.
fn density(structure: &Structure, frame: usize, centre: Species, other: Species) -> Result<f64, RdfError> {
    if structure.cell.periodic() != [true; 3] {
        return Err(RdfError::NotPeriodic { frame });
    }
    let count = |species: Species| structure.species.iter().filter(|s| **s == species).count();
    for species in [centre, other] {
        if count(species) == 0 {
            return Err(RdfError::NoAtom { frame, species: species.symbol() });
        }
    }
    let others = count(other) - usize::from(centre == other);
    Ok(others as f64 / structure.cell.volume_a3())
}

/// Mean number of `other` atoms in each shell around a `centre` atom.
fn counts(
    structure: &Structure,
    centre: Species,
    other: Species,
    r_max_a: f64,
    bins: usize,
) -> Result<Vec<f64>, NeighbourError> {
    let list = NeighbourList::build(structure, r_max_a, 0.0)?;
    let centres: Vec<usize> = (0..structure.len()).filter(|&i| structure.species[i] == centre).collect();
    let mut counts = vec![0.0; bins];
    for &i in &centres {
        for neighbour in list.neighbours(structure, i).filter(|n| structure.species[n.index] == other) {
            let shell = (neighbour.distance_a / r_max_a * bins as f64) as usize;
            if let Some(count) = counts.get_mut(shell) {
                *count += 1.0 / centres.len() as f64;
            }
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use natron_atoms::{Cell, Vec3};
    use rand::{RngExt, SeedableRng};

    fn random(seed: u64, atoms: usize, edge: f64) -> Structure {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let rows = [[edge, 0.0, 0.0], [0.3 * edge, 0.9 * edge, 0.0], [-0.2 * edge, 0.25 * edge, 1.1 * edge]];
        let cell = Cell::new(rows, [true; 3]).expect("a cell");
        let positions = (0..atoms).map(|_| cell.cartesian(&Vec3::from_fn(|_, _| rng.random()))).collect();
        let species = (0..atoms).map(|k| if k % 3 == 0 { Species::NA } else { Species::C }).collect();
        Structure::new(cell, species, positions).expect("a structure")
    }

    /// All pairs and all images within two cells, written out.
    fn brute_force(s: &Structure, a: Species, b: Species, r_max: f64, bins: usize) -> Vec<f64> {
        let mut counts = vec![0.0; bins];
        let centres = s.species.iter().filter(|x| **x == a).count() as f64;
        for i in (0..s.len()).filter(|&i| s.species[i] == a) {
            for j in (0..s.len()).filter(|&j| s.species[j] == b) {
                for image in (0..125).map(|k| [k / 25 - 2, k / 5 % 5 - 2, k % 5 - 2]) {
                    let r = (s.positions[j] - s.positions[i] + s.cell.offset(image)).norm();
                    if r < r_max && !(i == j && image == [0, 0, 0]) {
                        counts[(r / r_max * bins as f64) as usize] += 1.0 / centres;
                    }
                }
            }
        }
        counts
    }

    #[test]
    fn coordination_is_the_running_sum_of_all_pairs() {
        let structure = random(1, 30, 7.0);
        for (a, b) in [(Species::C, Species::C), (Species::C, Species::NA), (Species::NA, Species::C)] {
            let found = radial_distribution([&structure], a, b, 8.0, 40).expect("g(r)");
            let mut running = 0.0;
            for (k, count) in brute_force(&structure, a, b, 8.0, 40).into_iter().enumerate() {
                running += count;
                assert!((found.coordination[k] - running).abs() < 1e-9, "{a} {b} {k}");
            }
        }
    }

    /// 200 frames of 60 atoms: each shell beyond 2 A holds thousands of pairs, 1 within four Poisson errors (false alarms in 30
    /// shells: 0.2 %).
    #[test]
    fn an_ideal_gas_has_no_structure() {
        let frames: Vec<Structure> = (0..200).map(|k| random(100 + k, 60, 14.0)).collect();
        let found = radial_distribution(&frames, Species::C, Species::C, 6.0, 40).expect("g(r)");
        let per_pair = found.coordination[39] * 40.0 * 200.0 / 2.0 / 6f64.powi(3);
        for (r, g) in found.r_a.iter().zip(&found.g).filter(|(r, _)| **r > 2.0) {
            let pairs = per_pair * 3.0 * r * r * 0.15;
            assert!((g - 1.0).abs() < 4.0 / pairs.sqrt(), "{r} {g}");
        }
    }

    #[test]
    fn a_cubic_lattice_has_its_shells() {
        let cell = Cell::new([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 3.0]], [true; 3]).expect("a cell");
        let one = Structure::new(cell, vec![Species::NA], vec![Vec3::zeros()]).expect("a structure");
        let found = radial_distribution([&one], Species::NA, Species::NA, 5.0, 50).expect("g(r)");
        let closer_than = |r: f64| found.coordination[(r / 0.1) as usize - 1];
        // 6 at 3.00, 12 at 4.24 A.
        assert_eq!(closer_than(2.9).round(), 0.0);
        assert_eq!(closer_than(3.5).round(), 6.0);
        assert_eq!(closer_than(4.5).round(), 18.0);
    }

    #[test]
    fn refusals_say_why() {
        let fine = random(1, 5, 7.0);
        let text = |frames: &[Structure], other| {
            radial_distribution(frames, Species::C, other, 3.0, 10).expect_err("a refusal").to_string()
        };
        let open = Structure { cell: Cell::open(), ..fine.clone() };
        let lithium = Species::from_symbol("Li").expect("an element");
        assert!(text(&[fine.clone(), open], Species::C).contains("frame 1 is not periodic"));
        assert!(text(&[fine], lithium).contains("no Li atom"));
        assert!(text(&[], Species::C).contains("no frame"));
    }
}
