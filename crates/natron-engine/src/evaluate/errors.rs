//! Errors of predictions against labels, summed over frames.

use std::collections::BTreeMap;

use natron_atoms::{Frame, Labels, Mat3, Species, Vec3};
use natron_potential::Evaluation;
use serde_json::{Map, Value};

use crate::envelope::put_number;

/// eV to meV.
const MILLI: f64 = 1e3;

/// Which label an energy was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EnergyLabel {
    /// `free_energy`: what the forces derive from where the electrons are smeared.
    FreeEnergy,
    /// `energy`, where a file has nothing else.
    Energy,
}

impl EnergyLabel {
    /// The key in the file.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::FreeEnergy => "free_energy",
            Self::Energy => "energy",
        }
    }
}

/// The energy that forces derive from: `free_energy` where there is one, else `energy`; eV.
pub(crate) fn force_consistent_energy(labels: &Labels) -> Option<(f64, EnergyLabel)> {
    let free = labels.free_energy_ev.map(|energy| (energy, EnergyLabel::FreeEnergy));
    free.or(labels.energy_ev.map(|energy| (energy, EnergyLabel::Energy)))
}

/// Sums of deviations of one quantity.
#[derive(Debug, Clone, Copy, Default)]
struct Deviations {
    count: usize,
    squares: f64,
    magnitudes: f64,
    reference_squares: f64,
}

impl Deviations {
    fn add(&mut self, predicted: f64, reference: f64) {
        let deviation = predicted - reference;
        self.count += 1;
        self.squares += deviation * deviation;
        self.magnitudes += deviation.abs();
        self.reference_squares += reference * reference;
    }

    fn add_vector(&mut self, predicted: &Vec3, reference: &Vec3) {
        for (p, r) in predicted.iter().zip(reference) {
            self.add(*p, *r);
        }
    }

    fn mean(self, sum: f64) -> Option<f64> {
        (self.count > 0).then(|| sum / self.count as f64)
    }

    fn rmse(self) -> Option<f64> {
        self.mean(self.squares).map(f64::sqrt)
    }

    fn mae(self) -> Option<f64> {
        self.mean(self.magnitudes)
    }

    fn reference_rms(self) -> Option<f64> {
        self.mean(self.reference_squares).map(f64::sqrt)
    }

    /// RMSE in percent of the reference's RMS.
    fn percent(self) -> Option<f64> {
        (self.reference_squares > 0.0).then(|| 100.0 * (self.squares / self.reference_squares).sqrt())
    }
}

/// Errors over a set of frames. Energies and virials per atom; forces and virials over components.
#[derive(Debug, Clone, Default)]
pub struct Errors {
    frames: usize,
    atoms: usize,
    energy: Deviations,
    virial: Deviations,
    force: Deviations,
    force_frames: usize,
    virial_frames: usize,
    by_species: BTreeMap<Species, Deviations>,
    energy_labels: BTreeMap<EnergyLabel, usize>,
}

impl Errors {
    /// Adds a frame and what was predicted for it.
    pub fn add(&mut self, frame: &Frame, predicted: &Evaluation) {
        let (structure, labels) = (&frame.structure, &frame.labels);
        let per_atom = 1.0 / structure.len() as f64;
        self.frames += 1;
        self.atoms += structure.len();
        if let Some((energy, label)) = force_consistent_energy(labels) {
            self.energy.add(predicted.energy_ev * per_atom, energy * per_atom);
            *self.energy_labels.entry(label).or_default() += 1;
        }
        if let Some(forces) = &labels.forces {
            self.force_frames += 1;
            for ((predicted, reference), species) in
                predicted.forces.iter().zip(forces).zip(&structure.species)
            {
                self.force.add_vector(predicted, reference);
                self.by_species.entry(*species).or_default().add_vector(predicted, reference);
            }
        }
        if let Some(virial) = &labels.virial_ev {
            self.virial_frames += 1;
            self.add_virial(&(predicted.virial_ev * per_atom), &(virial * per_atom));
        }
    }

    fn add_virial(&mut self, predicted: &Mat3, reference: &Mat3) {
        for (p, r) in predicted.iter().zip(reference) {
            self.virial.add(*p, *r);
        }
    }

    /// How many frames were added.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Whether no frame had anything to compare with.
    pub fn is_unlabelled(&self) -> bool {
        self.energy.count == 0 && self.force.count == 0 && self.virial.count == 0
    }

    /// RMSE of the energy, meV/atom.
    pub fn energy_rmse_mev_per_atom(&self) -> Option<f64> {
        self.energy.rmse().map(|x| x * MILLI)
    }

    /// RMSE of force components, meV/A.
    pub fn force_rmse_mev_per_a(&self) -> Option<f64> {
        self.force.rmse().map(|x| x * MILLI)
    }

    /// RMSE of virial components, meV/atom.
    pub fn virial_rmse_mev_per_atom(&self) -> Option<f64> {
        self.virial.rmse().map(|x| x * MILLI)
    }

    /// RMS of the reference's force components, meV/A.
    pub fn force_rms_mev_per_a(&self) -> Option<f64> {
        self.force.reference_rms().map(|x| x * MILLI)
    }

    /// RMSE of the forces in percent of their RMS.
    pub fn force_error_percent(&self) -> Option<f64> {
        self.force.percent()
    }

    /// Per species: symbol, atoms, RMSE and RMS of force components (meV/A), percent.
    pub fn species(&self) -> impl Iterator<Item = (Species, usize, f64, f64, Option<f64>)> + '_ {
        self.by_species.iter().map(|(species, sums)| {
            let milli = |x: Option<f64>| x.unwrap_or(0.0) * MILLI;
            (*species, sums.count / 3, milli(sums.rmse()), milli(sums.reference_rms()), sums.percent())
        })
    }

    /// The keys of the CONTRACT, counts beside every figure.
    pub fn put(&self, map: &mut Map<String, Value>) {
        const NO_ENERGY: &str = "no frame has energy or free_energy";
        const NO_FORCES: &str = "no frame has forces";
        const NO_VIRIAL: &str = "no frame has a virial or a stress";
        map.insert("n_frames".into(), self.frames.into());
        map.insert("n_atoms".into(), self.atoms.into());
        let milli = |x: Option<f64>| x.map(|x| x * MILLI);
        put_number(map, "energy_rmse_meV_per_atom", milli(self.energy.rmse()), NO_ENERGY);
        put_number(map, "energy_mae_meV_per_atom", milli(self.energy.mae()), NO_ENERGY);
        map.insert("n_frames_energy".into(), self.energy.count.into());
        map.insert("energy_label".into(), self.energy_label().into());
        put_number(map, "force_rmse_meV_per_A", milli(self.force.rmse()), NO_FORCES);
        put_number(map, "force_mae_meV_per_A", milli(self.force.mae()), NO_FORCES);
        put_number(map, "force_rms_meV_per_A", milli(self.force.reference_rms()), NO_FORCES);
        put_number(
            map,
            "force_error_percent",
            self.force.percent(),
            "the reference forces are zero or absent",
        );
        map.insert("n_frames_force".into(), self.force_frames.into());
        put_number(map, "virial_rmse_meV_per_atom", milli(self.virial.rmse()), NO_VIRIAL);
        map.insert("n_frames_virial".into(), self.virial_frames.into());
        map.insert("by_species".into(), self.by_species.iter().map(species_json).collect());
    }

    /// `free_energy`, `energy`, or both with their numbers of frames.
    pub fn energy_label(&self) -> Option<String> {
        match self.energy_labels.len() {
            0 => None,
            1 => self.energy_labels.keys().next().map(|label| label.key().to_string()),
            _ => {
                let parts =
                    self.energy_labels.iter().map(|(label, n)| format!("{} ({n} frames)", label.key()));
                Some(parts.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn species_json((species, sums): (&Species, &Deviations)) -> Value {
    let mut map = Map::new();
    let none = "the reference forces are zero or absent";
    map.insert("species".into(), species.symbol().into());
    map.insert("n_atoms".into(), (sums.count / 3).into());
    put_number(&mut map, "force_rmse_meV_per_A", sums.rmse().map(|x| x * MILLI), none);
    put_number(&mut map, "force_mae_meV_per_A", sums.mae().map(|x| x * MILLI), none);
    put_number(&mut map, "force_rms_meV_per_A", sums.reference_rms().map(|x| x * MILLI), none);
    put_number(&mut map, "force_error_percent", sums.percent(), none);
    map.into()
}

#[cfg(test)]
mod tests {
    use natron_atoms::{Cell, Structure};

    use super::*;

    fn frame() -> Frame {
        let structure =
            Structure::new(Cell::open(), vec![Species::NA, Species::C], vec![Vec3::zeros(), Vec3::x()])
                .expect("two atoms");
        let mut frame = Frame::new(structure);
        frame.labels.energy_ev = Some(-1.0);
        frame.labels.free_energy_ev = Some(-2.0);
        frame.labels.forces = Some(vec![Vec3::new(0.0, 0.0, 2.0), Vec3::new(0.0, 0.0, -2.0)]);
        frame
    }

    fn predicted() -> Evaluation {
        let mut evaluation = Evaluation::zeros(2);
        evaluation.energy_ev = -1.8;
        evaluation.forces = vec![Vec3::new(0.0, 0.0, 2.3), Vec3::new(0.0, 0.4, -2.0)];
        evaluation
    }

    fn value(map: &Map<String, Value>, key: &str) -> f64 {
        map[key].as_f64().expect("a number")
    }

    #[test]
    fn figures_follow_their_definitions() {
        let mut errors = Errors::default();
        errors.add(&frame(), &predicted());
        let mut map = Map::new();
        errors.put(&mut map);
        let near = |key: &str, expected: f64| {
            assert!((value(&map, key) - expected).abs() < 1e-9, "{key} = {}", map[key]);
        };
        // Against the free energy: 0.2 eV over two atoms.
        near("energy_rmse_meV_per_atom", 100.0);
        assert_eq!(map["energy_label"], "free_energy");
        // Components off by 0.3 and 0.4 among six: sqrt(0.25/6), (0.7)/6; reference RMS sqrt(8/6).
        near("force_rmse_meV_per_A", (0.25f64 / 6.0).sqrt() * 1e3);
        near("force_mae_meV_per_A", 0.7 / 6.0 * 1e3);
        near("force_rms_meV_per_A", (8.0f64 / 6.0).sqrt() * 1e3);
        near("force_error_percent", 100.0 * (0.25f64 / 8.0).sqrt());
        assert!(map["virial_rmse_meV_per_atom"].is_null());
        assert_eq!(map["virial_rmse_meV_per_atom_note"], "no frame has a virial or a stress");
        let carbon = &map["by_species"][0];
        assert_eq!((carbon["species"].as_str(), carbon["n_atoms"].as_u64()), (Some("C"), Some(1)));
        let expected = (0.16f64 / 3.0).sqrt() * 1e3;
        assert!((carbon["force_rmse_meV_per_A"].as_f64().expect("a number") - expected).abs() < 1e-9);
    }

    #[test]
    fn frames_without_labels_are_counted_and_no_more() {
        let mut errors = Errors::default();
        errors.add(&Frame::new(frame().structure), &predicted());
        assert!(errors.is_unlabelled());
        assert_eq!(errors.frames(), 1);
    }
}
