//! The tables of a build deck, and what they mean.
//!
//! Every table takes what is written and nothing else; [`StructureTable::problems`] and its like say what is out of range, all at
//! once.

use natron_atoms::{Species, Structure};
use natron_dynamics::plan::Coupling;

use crate::insert::Insertion;
use crate::quench::{Leg, Schedule};
use crate::relax::{Relaxation, Shaking};
use crate::voids::Clearance;
use crate::{BuildError, defects, lattice, layers, packing};

mod check;
mod grand_canonical;
mod tables;

use check::Checks;
pub use grand_canonical::{GrandCanonicalTable, MonteCarloTable};
pub use tables::{
    Amorphous, BodyCentred, Diamond, FromFile, Graphite, InsertTable, Liquid, RelaxTable, SlitPore,
    StructureTable, Turbostratic, VacanciesTable,
};

/// A value that has the right type and still cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeProblem {
    /// The key, such as `structure.layers`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do, where that is known.
    pub help: Option<String>,
}

/// How a structure comes about, apart from what is read from a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Recipe {
    /// It is there at once.
    Made(Structure),
    /// Atoms are thrown and go through a schedule.
    Melt(Structure, Schedule),
    /// It is in a file.
    File,
}

impl StructureTable {
    /// The start of replica `replica`.
    ///
    /// # Errors
    /// There is no room for the atoms.
    pub fn recipe(&self, seed: u64, replica: u32, restart_every_ps: f64) -> Result<Recipe, BuildError> {
        let key = (seed, replica);
        Ok(match self {
            Self::Graphite(t) => {
                Recipe::Made(layers::graphite(t.bond_a, t.repeat, t.layers, t.spacing_a, t.stacking)?)
            }
            Self::Turbostratic(t) => {
                Recipe::Made(layers::turbostratic(t.bond_a, t.supercell, t.layers, t.spacing_a, key)?)
            }
            Self::SlitPore(t) => Recipe::Made(layers::slit_pore(
                t.bond_a,
                t.repeat,
                t.layers,
                t.spacing_a,
                t.stacking,
                t.width_a,
            )?),
            Self::Diamond(t) => Recipe::Made(lattice::diamond(Species::C, t.edge_a, t.repeat)?),
            Self::Bcc(t) => Recipe::Made(lattice::body_centred(element(&t.species), t.edge_a, t.repeat)?),
            Self::Liquid(t) => {
                let species = element(&t.species);
                let start = packing::random_packing(species, t.atoms, t.density_g_per_cm3, key)?;
                Recipe::Melt(start, t.schedule(restart_every_ps))
            }
            Self::Amorphous(t) => {
                let species = element(&t.species);
                let start = packing::random_packing(species, t.atoms, t.density_g_per_cm3, key)?;
                Recipe::Melt(start, t.schedule(restart_every_ps))
            }
            Self::File(_) => Recipe::File,
        })
    }

    /// Whether random numbers decide anything.
    pub fn is_random(&self) -> bool {
        matches!(self, Self::Turbostratic(_) | Self::Liquid(_) | Self::Amorphous(_))
    }

    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RecipeProblem> {
        let mut checks = Checks::new("structure");
        match self {
            Self::Graphite(t) => {
                checks.layered(t.bond_a, t.spacing_a, t.layers);
                checks.counts("repeat", &t.repeat, 1000);
                checks.stacking(t.layers, t.stacking);
                checks.total(2 * product(&t.repeat) * t.layers as u128);
            }
            Self::Turbostratic(t) => {
                checks.layered(t.bond_a, t.spacing_a, t.layers);
                checks.supercell(t.supercell);
                let [m, n] = t.supercell.map(|x| x as u128);
                checks.total(2 * (m * m + m * n + n * n) * t.layers as u128);
            }
            Self::SlitPore(t) => {
                checks.layered(t.bond_a, t.spacing_a, t.layers);
                checks.counts("repeat", &t.repeat, 1000);
                checks.within("width_A", t.width_a, 2.0, 200.0, "A");
                checks.total(2 * product(&t.repeat) * t.layers as u128);
            }
            Self::Diamond(t) => {
                checks.within("edge_A", t.edge_a, 3.0, 5.0, "A");
                checks.counts("repeat", &t.repeat, 1000);
                checks.total(8 * product(&t.repeat));
            }
            Self::Bcc(t) => {
                checks.species(&t.species);
                checks.within("edge_A", t.edge_a, 1.5, 10.0, "A");
                checks.counts("repeat", &t.repeat, 1000);
                checks.total(2 * product(&t.repeat));
            }
            Self::Liquid(t) => {
                checks.species(&t.species);
                checks.counts("atoms", &[t.atoms], 1_000_000);
                checks.within("density_g_per_cm3", t.density_g_per_cm3, 0.01, 30.0, "g/cm3");
                checks.within("temperature_K", t.temperature_k, 1.0, 20_000.0, "K");
                checks.within("duration_ps", t.duration_ps, 0.001, 1e6, "ps");
                checks.within("timestep_fs", t.timestep_fs, 0.01, 10.0, "fs");
                checks.within("friction_per_ps", t.friction_per_ps, 0.01, 1000.0, "/ps");
            }
            Self::Amorphous(t) => t.check(&mut checks),
            Self::File(t) => {
                if t.file.is_empty() {
                    checks.add("file", "the name of the structure file is empty".into());
                }
            }
        }
        checks.found
    }
}

fn product(counts: &[usize]) -> u128 {
    counts.iter().map(|n| *n as u128).product()
}

/// The element of a symbol that was checked.
fn element(symbol: &str) -> Species {
    Species::from_symbol(symbol).expect("the symbol was checked")
}

impl Liquid {
    fn schedule(&self, restart_every_ps: f64) -> Schedule {
        let (from_k, to_k) = (self.temperature_k, self.temperature_k);
        Schedule {
            legs: vec![Leg { name: "liquid", from_k, to_k, duration_ps: self.duration_ps }],
            timestep_fs: self.timestep_fs,
            friction_per_ps: self.friction_per_ps,
            force_max_ev_per_a: None,
            restart_every_ps,
        }
    }
}

impl Amorphous {
    fn check(&self, checks: &mut Checks) {
        checks.species(&self.species);
        checks.counts("atoms", &[self.atoms], 1_000_000);
        checks.within("density_g_per_cm3", self.density_g_per_cm3, 0.1, 30.0, "g/cm3");
        for (key, value) in [("melt_K", self.melt_k), ("anneal_K", self.anneal_k), ("final_K", self.final_k)]
        {
            checks.within(key, value, 1.0, 20_000.0, "K");
        }
        for (key, value) in [
            ("melt_ps", self.melt_ps),
            ("cool_ps", self.cool_ps),
            ("anneal_ps", self.anneal_ps),
            ("quench_ps", self.quench_ps),
        ] {
            checks.within(key, value, 0.0, 1e6, "ps");
        }
        checks.within("timestep_fs", self.timestep_fs, 0.01, 10.0, "fs");
        checks.within("friction_per_ps", self.friction_per_ps, 0.01, 1000.0, "/ps");
        checks.within("force_max_eV_per_A", self.force_max_ev_per_a, 1e-6, 10.0, "eV/A");
        if self.melt_k < self.anneal_k {
            checks.add(
                "melt_K",
                format!("the melt ({} K) is colder than the anneal ({} K)", self.melt_k, self.anneal_k),
            );
        }
        if self.anneal_k < self.final_k {
            checks.add(
                "final_K",
                format!("the end ({} K) is hotter than the anneal ({} K)", self.final_k, self.anneal_k),
            );
        }
    }

    fn schedule(&self, restart_every_ps: f64) -> Schedule {
        let leg = |name, from_k, to_k, duration_ps| Leg { name, from_k, to_k, duration_ps };
        Schedule {
            legs: vec![
                leg("melt", self.melt_k, self.melt_k, self.melt_ps),
                leg("cool", self.melt_k, self.anneal_k, self.cool_ps),
                leg("anneal", self.anneal_k, self.anneal_k, self.anneal_ps),
                leg("quench", self.anneal_k, self.final_k, self.quench_ps),
            ],
            timestep_fs: self.timestep_fs,
            friction_per_ps: self.friction_per_ps,
            force_max_ev_per_a: Some(self.force_max_ev_per_a),
            restart_every_ps,
        }
    }
}

impl VacanciesTable {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RecipeProblem> {
        let mut checks = Checks::new("vacancies");
        checks.counts("count", &[self.count], 1_000_000);
        checks.within("distance_min_A", self.distance_min_a, 0.0, 100.0, "A");
        checks.found
    }

    /// A structure without the atoms that are taken away.
    ///
    /// # Errors
    /// So many do not fit.
    pub fn applied(&self, structure: &Structure, key: (u64, u32)) -> Result<Structure, BuildError> {
        defects::vacancies(structure, self.count, self.distance_min_a, key)
    }
}

impl RelaxTable {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RecipeProblem> {
        let mut checks = Checks::new("relax");
        checks.within("force_max_eV_per_A", self.force_max_ev_per_a, 1e-6, 10.0, "eV/A");
        checks.counts("max_steps", &[self.max_steps as usize], 1_000_000);
        checks.cell(self.cell.as_deref(), self.pressure_gpa);
        checks.found
    }

    /// As a relaxation without dynamics.
    pub fn relaxation(&self) -> Relaxation {
        Relaxation {
            force_max_ev_per_a: self.force_max_ev_per_a,
            max_steps: self.max_steps,
            dynamics: None,
            cell: coupling(self.cell.as_deref()).map(|coupling| (coupling, self.pressure_gpa.unwrap_or(0.0))),
        }
    }
}

/// What a cell may do; the word was checked.
fn coupling(name: Option<&str>) -> Option<Coupling> {
    Coupling::NAMES.iter().find(|(known, _)| Some(*known) == name).map(|(_, coupling)| *coupling)
}

impl InsertTable {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<RecipeProblem> {
        let mut checks = Checks::new("insert");
        checks.species(&self.species);
        checks.counts("atoms", &self.atoms, 100_000);
        if self.atoms.is_empty() {
            checks.add("atoms", "`insert.atoms` names no number of atoms".into());
        }
        if self.atoms.windows(2).any(|pair| pair[0] >= pair[1]) {
            checks.add("atoms", "`insert.atoms` must rise: each filling goes on from the one before".into());
        }
        checks.counts("step", &[self.step], 10_000);
        checks.counts("trials", &[self.trials], 10_000);
        checks.within("host_distance_min_A", self.host_distance_min_a, 0.5, 10.0, "A");
        checks.within("own_distance_min_A", self.own_distance_min_a, 0.5, 10.0, "A");
        checks.within("temperature_K", self.temperature_k, 1.0, 20_000.0, "K");
        checks.within("relax_ps", self.relax_ps, 0.0, 1e5, "ps");
        checks.within("timestep_fs", self.timestep_fs, 0.01, 10.0, "fs");
        checks.within("force_max_eV_per_A", self.force_max_ev_per_a, 1e-6, 10.0, "eV/A");
        checks.cell(self.cell.as_deref(), self.pressure_gpa);
        checks.found
    }

    /// What they mean for a replica.
    pub fn insertion(&self, key: (u64, u32)) -> Insertion {
        let trial = Relaxation {
            force_max_ev_per_a: 5.0 * self.force_max_ev_per_a,
            max_steps: 300,
            dynamics: None,
            cell: None,
        };
        let shaking = Shaking {
            temperature_k: self.temperature_k,
            duration_ps: self.relax_ps,
            timestep_fs: self.timestep_fs,
        };
        let cell =
            coupling(self.cell.as_deref()).map(|coupling| (coupling, self.pressure_gpa.unwrap_or(0.0)));
        Insertion {
            species: element(&self.species),
            clearance: Clearance { host_a: self.host_distance_min_a, own_a: self.own_distance_min_a },
            trials: self.trials,
            trial,
            settle: Relaxation {
                force_max_ev_per_a: self.force_max_ev_per_a,
                max_steps: 2000,
                dynamics: Some(shaking),
                cell,
            },
            key,
        }
    }
}
