//! What is kept of a frame once it has been read.

use std::collections::BTreeMap;

use natron_atoms::units::EV_PER_A3_IN_GPA;
use natron_atoms::{NeighbourList, Species, Structure};
use natron_io::{Label, SourceFrame};

/// Pairs farther apart are no contacts, A.
const REACH_A: f64 = 5.0;

/// The closest two atoms of a pair of elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contact {
    pub distance_a: f64,
    pub file: usize,
    pub line: usize,
    /// Indices from 0.
    pub atoms: [usize; 2],
}

/// A frame in a few numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub file: usize,
    /// Position in its file, from 0.
    pub number: usize,
    pub line: usize,
    pub atoms: usize,
    pub counts: Vec<(Species, usize)>,
    /// The force-consistent energy.
    pub energy_ev: Option<f64>,
    /// It is called a free energy.
    pub is_free: bool,
    /// One atom without images nearby.
    pub is_isolated: bool,
    pub force_max: Option<f64>,
    pub force_rms: Option<f64>,
    pub has_virial: bool,
    pub volume_per_atom_a3: Option<f64>,
    pub pressure_gpa: Option<f64>,
    pub nearest_a: Option<f64>,
    /// Numbers that neither turning, shifting nor renumbering changes.
    pub fingerprint: [f64; 3],
}

impl Record {
    pub fn of(
        file: usize,
        number: usize,
        source: &SourceFrame,
        contacts: &mut BTreeMap<(Species, Species), Contact>,
    ) -> Self {
        let (structure, labels) = (&source.frame.structure, &source.frame.labels);
        let closed = structure.cell.periodic() == [true; 3];
        let volume = closed.then(|| structure.cell.volume_a3());
        let forces = labels.forces.as_ref();
        let squares = forces.map(|f| f.iter().map(|f| f.norm_squared()).sum::<f64>());
        let mut counts: BTreeMap<Species, usize> = BTreeMap::new();
        structure.species.iter().for_each(|s| *counts.entry(*s).or_default() += 1);
        let heights = structure.cell.heights_a();
        let alone = (0..3).all(|k| !structure.cell.periodic()[k] || heights[k] > 2.0 * REACH_A);
        let (nearest_a, fingerprint) = pairs(structure, file, source.line, contacts);
        Self {
            file,
            number,
            line: source.line,
            atoms: structure.len(),
            counts: counts.into_iter().collect(),
            energy_ev: labels.free_energy_ev.or(labels.energy_ev),
            is_free: labels.free_energy_ev.is_some(),
            is_isolated: structure.len() == 1 && alone,
            force_max: forces.and_then(|f| f.iter().map(|f| f.norm()).reduce(f64::max)),
            force_rms: squares.map(|sum| (sum / (3 * structure.len()) as f64).sqrt()),
            has_virial: labels.virial_ev.is_some(),
            volume_per_atom_a3: volume.map(|v| v / structure.len() as f64),
            pressure_gpa: volume.zip(labels.virial_ev).map(|(v, w)| w.trace() / (3.0 * v) * EV_PER_A3_IN_GPA),
            nearest_a,
            fingerprint,
        }
    }

    pub fn has(&self, label: Label) -> bool {
        match label {
            Label::Energy => self.energy_ev.is_some(),
            Label::Forces => self.force_max.is_some(),
            Label::Virial => self.has_virial,
        }
    }
}

/// The nearest contact, and sums over pairs that tell structures apart.
fn pairs(
    structure: &Structure,
    file: usize,
    line: usize,
    contacts: &mut BTreeMap<(Species, Species), Contact>,
) -> (Option<f64>, [f64; 3]) {
    let mut fingerprint = [structure.cell.volume_a3(), 0.0, 0.0];
    let Ok(list) = NeighbourList::build(structure, REACH_A, 0.0) else { return (None, fingerprint) };
    let mut nearest: Option<f64> = None;
    for i in 0..structure.len() {
        for neighbour in list.neighbours(structure, i) {
            let (a, b, r) = (structure.species[i], structure.species[neighbour.index], neighbour.distance_a);
            // Smooth at the reach, so that rounding there changes nothing.
            let end = (1.0 - (r / REACH_A).powi(2)).powi(2);
            let weight = f64::from(a.number()) * f64::from(b.number());
            fingerprint[1] += end * (-0.5 * r).exp();
            fingerprint[2] += end * weight * (-r).exp();
            nearest = Some(nearest.map_or(r, |n| n.min(r)));
            let contact = Contact { distance_a: r, file, line, atoms: [i, neighbour.index] };
            let known = contacts.entry((a.min(b), a.max(b))).or_insert(contact);
            if r < known.distance_a {
                *known = contact;
            }
        }
    }
    (nearest, fingerprint)
}
