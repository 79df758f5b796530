//! The path of least energy between two structures: the nudged elastic band with a climbing image.
//!
//! Images R_i between two ends that stay where they are; tau_i is the unit tangent by the neighbour of higher energy (Henkelman, Jonsson,
//! J. Chem. Phys. 113, 9978 (2000), doi:10.1063/1.1323224, equations 8 to 11). The force on an image is
//!
//! ```text
//! F_i = -grad V + (grad V . tau_i) tau_i + k (|R_i+1 - R_i| - |R_i - R_i-1|) tau_i
//! ```
//!
//! and on the highest image, once the band is nearly at rest, -grad V + 2 (grad V . tau_i) tau_i: it climbs to the saddle (Henkelman,
//! Uberuaga, Jonsson, J. Chem. Phys. 113, 9901 (2000), doi:10.1063/1.1329672). All images move together by FIRE.

use natron_atoms::{NeighbourError, NeighbourList, Structure, Vec3};
use natron_potential::{Evaluation, EvaluationError, Potential};

use crate::minimise::{Motion, dot};

/// Farthest an atom goes in a step, A.
const WAY_MAX_A: f64 = 0.1;
/// Ends nearer to each other than this are the same, A.
const SAME_A: f64 = 1e-3;
/// The highest image climbs from this many times the force that is asked for on.
const CLIMB_FROM: f64 = 10.0;

/// How a band is relaxed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandSettings {
    /// Springs between images, eV/A^2.
    pub spring_ev_per_a2: f64,
    /// Whether the highest image climbs.
    pub climb: bool,
    /// Longest force on an atom of an image at the end, eV/A.
    pub force_max_ev_per_a: f64,
    /// Steps at most.
    pub max_steps: u64,
}

/// Why there is no band.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BandError {
    /// Both ends must be of the same atoms in the same cell.
    #[error("the ends do not belong together: {0}")]
    Ends(String),
    /// An image has no neighbour list.
    #[error("image {image}: {source}")]
    Neighbours {
        /// Which, from 0.
        image: usize,
        /// Why.
        source: NeighbourError,
    },
    /// An image has no energy.
    #[error("image {image}: {source}")]
    Evaluation {
        /// Which, from 0.
        image: usize,
        /// Why.
        source: EvaluationError,
    },
    /// The forces on an image are not finite.
    #[error(
        "image {image} has a force that is not finite in step {step}: atoms collide; give images between the ends that go around"
    )]
    NotFinite {
        /// Which, from 0.
        image: usize,
        /// In which step.
        step: u64,
    },
}

/// How far a band has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandProgress {
    /// Steps done.
    pub steps: u64,
    /// Longest force on an atom of any image, eV/A.
    pub force_ev_per_a: f64,
    /// Whether the highest image climbs.
    pub climbs: bool,
}

/// Images with their energies and forces; the first and the last are the ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Structures in one continuous way: nothing is wrapped.
    pub images: Vec<Structure>,
    /// Energy, forces, and what an ensemble says, of each.
    pub evaluations: Vec<Evaluation>,
}

/// `count` images between two ends, equally spaced on the way that leads straight from point to point, the shorter way round for each
/// atom; the ends, first and last of `points`, come with them.
///
/// # Errors
/// The points are not of the same atoms in the same cell, or lie all in one place.
pub fn straight(points: &[Structure], count: usize) -> Result<Vec<Structure>, BandError> {
    let start = points.first().ok_or_else(|| BandError::Ends("there are none".into()))?;
    let mut places: Vec<Vec<Vec3>> = vec![start.positions.clone()];
    let mut lengths_a = vec![0.0];
    for point in &points[1..] {
        check_ends(start, point)?;
        let before = &places[places.len() - 1];
        let ways: Vec<Vec3> =
            before.iter().zip(&point.positions).map(|(from, to)| shorter_way(start, from, to)).collect();
        lengths_a.push(lengths_a[lengths_a.len() - 1] + norm(&ways));
        places.push(before.iter().zip(&ways).map(|(from, way)| from + way).collect());
    }
    let whole = lengths_a[lengths_a.len() - 1];
    if whole < SAME_A {
        return Err(BandError::Ends("they are the same".into()));
    }
    let image = |k: usize| {
        let at = whole * k as f64 / (count + 1) as f64;
        let leg = lengths_a.partition_point(|length| *length <= at).clamp(1, places.len() - 1);
        let length = lengths_a[leg] - lengths_a[leg - 1];
        let share = if length > 0.0 { ((at - lengths_a[leg - 1]) / length).min(1.0) } else { 1.0 };
        let positions =
            places[leg - 1].iter().zip(&places[leg]).map(|(from, to)| from + (to - from) * share).collect();
        Structure { positions, ..start.clone() }
    };
    Ok((0..count + 2).map(image).collect())
}

/// The way between two places in a cell, through its walls where that is shorter along a lattice vector.
fn shorter_way(structure: &Structure, from: &Vec3, to: &Vec3) -> Vec3 {
    let cell = &structure.cell;
    let mut fraction = cell.fractional(&(to - from));
    for k in (0..3).filter(|&k| cell.periodic()[k]) {
        fraction[k] -= fraction[k].round();
    }
    cell.cartesian(&fraction)
}

/// That two structures can be ends of one way.
///
/// # Errors
/// What is different.
pub fn check_ends(start: &Structure, end: &Structure) -> Result<(), BandError> {
    let differ = |what: String| Err(BandError::Ends(what));
    if start.len() != end.len() {
        return differ(format!("{} and {} atoms", start.len(), end.len()));
    }
    let other = start.species.iter().zip(&end.species).position(|(a, b)| a != b);
    if let Some(atom) = other {
        return differ(format!(
            "atom {} is {} in one and {} in the other; the same atoms must come in the same order",
            atom + 1,
            start.species[atom],
            end.species[atom]
        ));
    }
    let largest = (start.cell.rows() - end.cell.rows()).abs().max();
    if largest > 1e-6 || start.cell.periodic() != end.cell.periodic() {
        return differ("their cells differ".into());
    }
    Ok(())
}

impl Band {
    /// Evaluates images; there are at least three.
    ///
    /// # Errors
    /// An image cannot be evaluated.
    pub fn new(images: Vec<Structure>, potential: &dyn Potential) -> Result<Self, BandError> {
        let evaluations = images.iter().map(|image| Evaluation::zeros(image.len())).collect();
        let mut band = Self { images, evaluations };
        for image in 0..band.images.len() {
            band.evaluate(image, potential)?;
        }
        Ok(band)
    }

    fn evaluate(&mut self, image: usize, potential: &dyn Potential) -> Result<(), BandError> {
        let structure = &self.images[image];
        let list = NeighbourList::build_by_pair(structure, potential.cutoffs(), 0.0)
            .map_err(|source| BandError::Neighbours { image, source })?;
        potential
            .evaluator()
            .evaluate(structure, &list, &mut self.evaluations[image])
            .map_err(|source| BandError::Evaluation { image, source })
    }

    /// The highest image between the ends.
    pub fn highest(&self) -> usize {
        let energy = |image: &usize| self.evaluations[*image].energy_ev;
        let between = 1..self.images.len() - 1;
        between.max_by(|a, b| energy(a).total_cmp(&energy(b))).unwrap_or(0)
    }

    /// Length of the way from the start to each image, A.
    pub fn distances_a(&self) -> Vec<f64> {
        let mut way = vec![0.0];
        for pair in self.images.windows(2) {
            let step = norm(&difference(&pair[1], &pair[0]));
            way.push(way[way.len() - 1] + step);
        }
        way
    }

    /// The tangent at an image between the ends, of unit length, `[n]`.
    fn tangent(&self, image: usize) -> Vec<Vec3> {
        let energy = |k: usize| self.evaluations[k].energy_ev;
        let forward = difference(&self.images[image + 1], &self.images[image]);
        let backward = difference(&self.images[image], &self.images[image - 1]);
        let (up, down) = (energy(image + 1) - energy(image), energy(image - 1) - energy(image));
        let (a, b) = if up > 0.0 && down < 0.0 {
            (1.0, 0.0)
        } else if up < 0.0 && down > 0.0 {
            (0.0, 1.0)
        } else {
            let (larger, smaller) = (up.abs().max(down.abs()), up.abs().min(down.abs()));
            if up > down { (larger, smaller) } else { (smaller, larger) }
        };
        let mut tangent: Vec<Vec3> = forward.iter().zip(&backward).map(|(f, g)| f * a + g * b).collect();
        let length = norm(&tangent);
        if length > 0.0 {
            tangent.iter_mut().for_each(|t| *t /= length);
        }
        tangent
    }

    /// Slope of the energy along the way at each image, eV/A; at the ends, which are at rest, 0.
    pub fn slopes_ev_per_a(&self) -> Vec<f64> {
        let last = self.images.len() - 1;
        let slope = |image: usize| -dot(&self.evaluations[image].forces, &self.tangent(image));
        (0..=last).map(|image| if image == 0 || image == last { 0.0 } else { slope(image) }).collect()
    }

    /// Forces on all images between the ends, one after the other; `climber` climbs.
    fn forces(&self, spring_ev_per_a2: f64, climber: Option<usize>) -> Vec<Vec3> {
        let mut all = Vec::new();
        for image in 1..self.images.len() - 1 {
            let (tangent, forces) = (self.tangent(image), &self.evaluations[image].forces);
            let along = dot(forces, &tangent);
            let pull = if climber == Some(image) {
                -2.0 * along
            } else {
                let before = norm(&difference(&self.images[image], &self.images[image - 1]));
                let after = norm(&difference(&self.images[image + 1], &self.images[image]));
                spring_ev_per_a2 * (after - before) - along
            };
            all.extend(forces.iter().zip(&tangent).map(|(force, tangent)| force + tangent * pull));
        }
        all
    }

    fn advance(&mut self, velocities: &[Vec3], time: f64) {
        let atoms = self.images[0].len();
        let last = self.images.len() - 1;
        for (image, velocities) in self.images[1..last].iter_mut().zip(velocities.chunks(atoms)) {
            for (position, velocity) in image.positions.iter_mut().zip(velocities) {
                *position += velocity * time;
            }
        }
    }

    /// Relaxes the images between the ends; `watch` sees every step and ends it by `true`. Says how far it came.
    ///
    /// # Errors
    /// An image cannot be evaluated, or a force is not finite.
    pub fn relax(
        &mut self,
        potential: &dyn Potential,
        settings: &BandSettings,
        watch: &mut dyn FnMut(&Self, &BandProgress) -> bool,
    ) -> Result<BandProgress, BandError> {
        let atoms = self.images[0].len();
        let between = self.images.len() - 2;
        let mut motion = Motion::new(atoms * between);
        let mut progress = BandProgress { steps: 0, force_ev_per_a: f64::INFINITY, climbs: false };
        loop {
            let climber = progress.climbs.then(|| self.highest());
            let forces = self.forces(settings.spring_ev_per_a2, climber);
            if let Some(bad) = forces.iter().position(|force| !force.norm_squared().is_finite()) {
                return Err(BandError::NotFinite { image: 1 + bad / atoms, step: progress.steps });
            }
            progress.force_ev_per_a = longest(&forces);
            let at_rest = progress.force_ev_per_a <= settings.force_max_ev_per_a;
            if settings.climb
                && !progress.climbs
                && progress.force_ev_per_a <= CLIMB_FROM * settings.force_max_ev_per_a
            {
                progress.climbs = true;
                motion = Motion::new(atoms * between);
                continue;
            }
            if watch(self, &progress) || at_rest || progress.steps >= settings.max_steps {
                return Ok(progress);
            }
            if motion.turns_back(&forces) {
                let (velocities, timestep) = motion.velocities();
                let back = 0.5 * capped(velocities, timestep);
                self.advance(velocities, -back);
                motion.stop();
            }
            motion.accelerate(&forces);
            let (velocities, timestep) = motion.velocities();
            self.advance(velocities, capped(velocities, timestep));
            for image in 1..=between {
                self.evaluate(image, potential)?;
            }
            progress.steps += 1;
        }
    }
}

fn difference(a: &Structure, b: &Structure) -> Vec<Vec3> {
    a.positions.iter().zip(&b.positions).map(|(a, b)| a - b).collect()
}

fn norm(vectors: &[Vec3]) -> f64 {
    dot(vectors, vectors).sqrt()
}

fn longest(vectors: &[Vec3]) -> f64 {
    vectors.iter().map(Vec3::norm_squared).fold(0.0, f64::max).sqrt()
}

/// The time for which the velocities are gone, so that no atom goes too far.
fn capped(velocities: &[Vec3], time: f64) -> f64 {
    let fastest = longest(velocities);
    if fastest * time > WAY_MAX_A { WAY_MAX_A / fastest } else { time }
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Species};
    use natron_potential::ShiftedLennardJones;

    use super::*;

    const ARGON: ShiftedLennardJones =
        ShiftedLennardJones { epsilon_ev: 0.0104, sigma_a: 3.4, cutoff_a: 8.5 };

    /// A crystal with a vacancy beside its first atom, and the same after that atom has jumped into it.
    fn vacancy() -> (Structure, Structure) {
        let edge = 5.26;
        let cell =
            Cell::new([[3.0 * edge, 0.0, 0.0], [0.0, 3.0 * edge, 0.0], [0.0, 0.0, 3.0 * edge]], [true; 3]);
        let corners = (0..27).map(|k| Vec3::new(f64::from(k / 9), f64::from(k / 3 % 3), f64::from(k % 3)));
        let basis = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
        let mut positions: Vec<Vec3> =
            corners.flat_map(|c| basis.map(|b| (c + Vec3::from_column_slice(&b)) * edge)).collect();
        let hole = positions.remove(1);
        let argon = Species::from_symbol("Ar").expect("an element");
        let start = Structure { cell: cell.expect("a cell"), species: vec![argon; 107], positions };
        let mut end = start.clone();
        end.positions[0] = hole;
        (start, end)
    }

    fn settings(climb: bool) -> BandSettings {
        BandSettings { spring_ev_per_a2: 0.05, climb, force_max_ev_per_a: 2e-4, max_steps: 2000 }
    }

    /// A jump between equal sites: the saddle lies in the middle, the way back is as high, and the force there vanishes.
    #[test]
    fn a_jump_into_a_vacancy_has_its_saddle_in_the_middle() {
        let (start, end) = vacancy();
        // Ends at rest: the neighbours of the hole move a little.
        let relaxed = |structure: &Structure| {
            let mut one = Band::new(vec![structure.clone(); 3], &ARGON).expect("evaluates");
            one.relax(&ARGON, &settings(false), &mut |_, _| false).expect("relaxes");
            one.images.swap_remove(1)
        };
        let (start, end) = (relaxed(&start), relaxed(&end));
        let mut band =
            Band::new(straight(&[start.clone(), end.clone()], 5).expect("ends"), &ARGON).expect("evaluates");
        let done = band.relax(&ARGON, &settings(true), &mut |_, _| false).expect("relaxes");
        assert!(done.climbs && done.force_ev_per_a <= 2e-4, "{done:?}");
        assert_eq!(band.highest(), 3);
        let energies: Vec<f64> = band.evaluations.iter().map(|e| e.energy_ev).collect();
        for k in 0..3 {
            assert!((energies[k] - energies[6 - k]).abs() < 1e-5, "{energies:?}");
            assert!(energies[k + 1] > energies[k], "{energies:?}");
        }
        // A saddle: no force at all, along the way neither.
        assert!(longest(&band.evaluations[3].forces) <= 2.1e-4);
        let way = band.distances_a();
        assert!(way.windows(2).all(|pair| pair[1] > pair[0]), "{way:?}");
        // Without climbing the highest image of an even number lies below the saddle.
        let mut four =
            Band::new(straight(&[start.clone(), end.clone()], 4).expect("ends"), &ARGON).expect("evaluates");
        four.relax(&ARGON, &settings(false), &mut |_, _| false).expect("relaxes");
        assert!(four.evaluations[four.highest()].energy_ev < energies[3] - 1e-4);
        let mut climbing =
            Band::new(straight(&[start.clone(), end.clone()], 4).expect("ends"), &ARGON).expect("evaluates");
        climbing.relax(&ARGON, &settings(true), &mut |_, _| false).expect("relaxes");
        let found = climbing.evaluations[climbing.highest()].energy_ev;
        assert!((found - energies[3]).abs() < 1e-5, "{found} {}", energies[3]);
    }

    #[test]
    fn the_straight_way_goes_through_a_wall() {
        let cell = Cell::new([[5.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]], [true; 3]).expect("a cell");
        let at = |x: f64| Structure {
            cell: cell.clone(),
            species: vec![Species::NA],
            positions: vec![Vec3::new(x, 1.0, 1.0)],
        };
        let images = straight(&[at(4.5), at(0.7)], 2).expect("ends");
        let x: Vec<f64> = images.iter().map(|image| image.positions[0].x).collect();
        for (found, expected) in x.iter().zip([4.5, 4.9, 5.3, 5.7]) {
            assert!((found - expected).abs() < 1e-12, "{x:?}");
        }
        // Through a point that lies aside, the images keep their distance.
        let mut aside = at(5.1);
        aside.positions[0].y = 2.0;
        let images = straight(&[at(4.5), aside, at(0.7)], 3).expect("points");
        let steps: Vec<f64> = images.windows(2).map(|pair| norm(&difference(&pair[1], &pair[0]))).collect();
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-12), "{steps:?}");
        assert!(
            (images[2].positions[0] - Vec3::new(5.1, 2.0, 1.0)).norm() < 1e-12,
            "{:?}",
            images[2].positions
        );
        assert!(straight(&[at(4.5), at(9.5)], 3).is_err(), "the same place in the next cell");
        let mut other = at(0.7);
        other.species[0] = Species::C;
        assert!(straight(&[at(4.5), other], 2).expect_err("other atoms").to_string().contains("atom 1"));
    }
}
