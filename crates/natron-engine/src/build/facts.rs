//! What there is to say about a structure.

use natron_analysis::{Bonds, Spread, radial_distribution, shortest_path_rings};
use natron_atoms::units::{AMU_PER_A3_IN_G_PER_CM3, EV_PER_A3_IN_GPA};
use natron_atoms::{NeighbourList, Species, Structure};
use natron_build::closest_contacts;
use natron_potential::Evaluation;
use serde_json::{Map, Value, json};

use crate::envelope::put_number;
use crate::potentials::LoadedPotential;

/// Carbon atoms closer than this are bound, A.
pub(super) const BOND_MAX_A: f64 = 1.85;
/// Rings are searched up to this size.
pub(super) const RING_MAX: usize = 10;
/// Reach (A) and shells of g(r): 0.05 A each.
const G_REACH_A: f64 = 6.0;
const G_BINS: usize = 120;
/// A maximum of g(r) is the highest shell within this many on both sides.
const G_APART: usize = 4;

/// A structure, its numbers and its g(r).
pub(super) struct Facts {
    pub(super) json: Map<String, Value>,
    /// (r in A, g) of carbon around carbon; empty where there is none.
    pub(super) g: Vec<(f64, f64)>,
    pub(super) warnings: Vec<String>,
}

/// Energy, forces and the rest of a structure; why there are none.
pub(crate) fn evaluated(structure: &Structure, loaded: &LoadedPotential) -> Result<Evaluation, String> {
    let potential = &*loaded.potential;
    crate::structure::check(structure, loaded)?;
    let list = NeighbourList::build_by_pair(structure, potential.cutoffs(), 0.0)
        .map_err(|error| error.to_string())?;
    let mut evaluation = Evaluation::zeros(structure.len());
    potential.evaluator().evaluate(structure, &list, &mut evaluation).map_err(|error| error.to_string())?;
    Ok(evaluation)
}

impl Facts {
    /// Of a structure; `graphite_ev` is the energy of an atom of graphite, where the potential knows one.
    pub(super) fn of(structure: &Structure, loaded: &LoadedPotential, graphite_ev: Option<f64>) -> Self {
        let mut facts = Self { json: Map::new(), g: Vec::new(), warnings: Vec::new() };
        facts.composition(structure);
        facts.energy(structure, loaded, graphite_ev);
        facts.contacts(structure);
        if structure.species.contains(&Species::C) {
            facts.carbon(structure);
        }
        facts
    }

    fn composition(&mut self, structure: &Structure) {
        let mut elements = structure.species.clone();
        elements.sort_unstable();
        elements.dedup();
        let count = |species: Species| structure.species.iter().filter(|s| **s == species).count();
        let composition: Map<String, Value> =
            elements.iter().map(|&species| (species.symbol().to_string(), count(species).into())).collect();
        let mass: f64 = structure.species.iter().map(|species| species.mass_amu()).sum();
        let carbon = count(Species::C) as f64 * Species::C.mass_amu();
        let volume = (structure.cell.periodic() == [true; 3]).then(|| structure.cell.volume_a3());
        let density = |mass: f64| volume.map(|volume| mass / volume * AMU_PER_A3_IN_G_PER_CM3);
        let open = "the cell is not periodic in all directions";
        self.json.insert("atoms".into(), structure.len().into());
        self.json.insert("composition".into(), composition.into());
        put_number(&mut self.json, "volume_A3", volume, open);
        put_number(&mut self.json, "density_g_per_cm3", density(mass), open);
        if carbon > 0.0 && carbon < mass {
            put_number(&mut self.json, "carbon_density_g_per_cm3", density(carbon), open);
        }
    }

    fn energy(&mut self, structure: &Structure, loaded: &LoadedPotential, graphite_ev: Option<f64>) {
        let (evaluation, why) = match evaluated(structure, loaded) {
            Ok(evaluation) => (Some(evaluation), String::new()),
            Err(why) => (None, why),
        };
        let atoms = structure.len() as f64;
        let per_atom = evaluation.as_ref().map(|e| e.energy_ev / atoms);
        let mut put =
            |key: &str, value: Option<f64>, note: &str| put_number(&mut self.json, key, value, note);
        put("energy_eV", evaluation.as_ref().map(|e| e.energy_ev), &why);
        put("energy_eV_per_atom", per_atom, &why);
        let longest = |e: &Evaluation| e.forces.iter().map(|force| force.norm()).fold(0.0, f64::max);
        put("force_max_eV_per_A", evaluation.as_ref().map(longest), &why);
        let pressure =
            |e: &Evaluation| e.virial_ev.trace() / (3.0 * structure.cell.volume_a3()) * EV_PER_A3_IN_GPA;
        put("pressure_GPa", evaluation.as_ref().map(pressure), &why);
        if structure.species.iter().all(|species| *species == Species::C) {
            let above = per_atom.zip(graphite_ev).map(|(energy, graphite)| energy - graphite);
            put("energy_above_graphite_eV_per_atom", above, "the potential has no graphite");
        }
        let unsure = "the potential does not know how sure it is";
        let std = evaluation.as_ref().and_then(|e| e.energy_std_ev).map(|std| 1e3 * std / atoms);
        put("energy_std_meV_per_atom", std, unsure);
        let worst = evaluation.as_ref().and_then(|e| e.atom_energy_std_ev.as_ref());
        let worst = worst.map(|stds| stds.iter().copied().fold(0.0, f64::max) * 1e3);
        put("atom_energy_std_max_meV", worst, unsure);
    }

    fn contacts(&mut self, structure: &Structure) {
        let contacts = closest_contacts(structure).unwrap_or_default();
        let one = |contact: &natron_build::Contact| {
            json!({
                "species": contact.species.map(Species::symbol),
                "atoms": contact.atoms,
                "distance_A": contact.distance_a,
            })
        };
        self.json.insert("contacts".into(), contacts.iter().map(one).collect());
        for contact in contacts {
            let [a, b] = contact.species;
            if contact.distance_a < shortest_seen_a(a, b) {
                self.warnings.push(format!(
                    "{a} atom {} and {b} atom {} are {:.2} A apart, which is too close to be a bond or a contact",
                    contact.atoms[0], contact.atoms[1], contact.distance_a
                ));
            }
        }
    }

    fn carbon(&mut self, structure: &Structure) {
        let Ok(bonds) = Bonds::new(structure, Species::C, BOND_MAX_A) else { return };
        let mut carbon = Map::new();
        carbon.insert("bond_max_A".into(), BOND_MAX_A.into());
        for (name, neighbours) in [("sp", 2), ("sp2", 3), ("sp3", 4)] {
            carbon.insert(name.into(), bonds.share(neighbours).into());
        }
        let rest = 1.0 - (2..=4).map(|n| bonds.share(n)).sum::<f64>();
        carbon.insert("other".into(), rest.max(0.0).into());
        let mut spread = |key: &str, values: &[f64]| {
            let found = Spread::of(values);
            let none = "there is no bond";
            put_number(&mut carbon, &format!("{key}_mean"), found.map(|s| s.mean), none);
            put_number(&mut carbon, &format!("{key}_sd"), found.map(|s| s.sd), none);
        };
        spread("bond_A", &bonds.lengths_a());
        spread("angle_deg", &bonds.angles_deg());
        let rings = shortest_path_rings(&bonds, RING_MAX);
        let counts: Map<String, Value> =
            (3..=RING_MAX).map(|n| (n.to_string(), rings.of_size(n).into())).collect();
        carbon.insert("rings_per_cell".into(), counts.into());
        put_number(&mut carbon, "ring_size_mean", rings.mean_size(), "there is no ring");
        let distribution = radial_distribution([structure], Species::C, Species::C, G_REACH_A, G_BINS);
        if let Ok(distribution) = distribution {
            self.g = distribution.r_a.iter().copied().zip(distribution.g.iter().copied()).collect();
            carbon.insert("g_maxima_A".into(), maxima(&self.g).into());
        }
        self.json.insert("carbon".into(), carbon.into());
    }
}

/// Closer than this two atoms do not come at rest, A: a tenth to a fifth below the shortest bond or contact known of them.
fn shortest_seen_a(a: Species, b: Species) -> f64 {
    match (a, b) {
        // The triple bond has 1.20.
        (Species::C, Species::C) => 1.10,
        // Organic salts have 2.5.
        (Species::C, Species::NA) => 2.0,
        // The dimer has 3.08.
        (Species::NA, Species::NA) => 2.5,
        _ => 0.0,
    }
}

/// Where g(r) is highest among its surroundings and above 1, at most four, A.
fn maxima(g: &[(f64, f64)]) -> Vec<f64> {
    let highest = |k: usize| {
        let around = g[k.saturating_sub(G_APART)..(k + G_APART + 1).min(g.len())].iter();
        g[k].1 > 1.0 && around.clone().all(|(r, value)| *value < g[k].1 || *r == g[k].0)
    };
    (0..g.len()).filter(|&k| highest(k)).take(4).map(|k| (g[k].0 * 1e3).round() / 1e3).collect()
}

#[cfg(test)]
mod tests {
    use natron_build::{Stacking, layers};

    use super::*;

    #[test]
    fn graphite_is_what_it_is_known_to_be() {
        let loaded = crate::potentials::load_built_in("nac").expect("it is built in");
        let structure = layers::graphite(1.42, [4, 4], 2, 3.35, Stacking::Ab).expect("graphite");
        let facts = Facts::of(&structure, &loaded, Some(-8.0));
        let carbon = &facts.json["carbon"];
        assert_eq!((carbon["sp2"].as_f64(), carbon["other"].as_f64()), (Some(1.0), Some(0.0)));
        // One hexagon for two atoms, none of another size.
        assert_eq!(carbon["rings_per_cell"]["6"], 32.0);
        assert_eq!(carbon["ring_size_mean"], 6.0);
        assert!((facts.json["density_g_per_cm3"].as_f64().expect("a number") - 2.27).abs() < 0.01);
        let maxima: Vec<f64> =
            carbon["g_maxima_A"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
        // 1.42, 2.46, 2.84 in the layer.
        assert!((maxima[0] - 1.42).abs() <= 0.025 && (maxima[1] - 2.46).abs() <= 0.025, "{maxima:?}");
        let above = facts.json["energy_above_graphite_eV_per_atom"].as_f64().expect("a number");
        assert!((above - 8.0 - facts.json["energy_eV_per_atom"].as_f64().expect("a number")).abs() < 1e-9);
        assert!(facts.warnings.is_empty(), "{:?}", facts.warnings);
    }

    #[test]
    fn atoms_too_close_to_each_other_are_warned_of() {
        let loaded = crate::potentials::load_built_in("nac").expect("it is built in");
        let structure = layers::graphite(0.9, [4, 4], 2, 3.35, Stacking::Aa).expect("graphite");
        let facts = Facts::of(&structure, &loaded, None);
        assert_eq!(facts.warnings.len(), 1);
        assert!(facts.warnings[0].contains("0.90 A"), "{}", facts.warnings[0]);
        assert!(facts.json["energy_above_graphite_eV_per_atom_note"].is_string());
    }

    #[test]
    fn the_energy_of_graphite_is_least_at_a_bond_near_that_of_experiment() {
        let loaded = crate::potentials::load_built_in("nac").expect("it is built in");
        let (energy, bond) = super::super::graphite::energy_and_bond(&loaded).expect("a minimum");
        assert!((1.38..1.46).contains(&bond), "{bond}");
        assert!(energy < -7.0, "{energy}");
    }
}
