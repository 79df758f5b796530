//! Integrators, thermostats, minimisers, the run loop, and Monte Carlo moves.
//!
//! The one decision that shaped this crate: a run is a pure function. [`MdDeck`] (as written) becomes
//! an [`MdPlan`] (as meant, in whole steps); a [`Simulation`] made from its [`RunPlan`], a structure and a
//! potential produces a sequence of values for an [`Observer`]; all random numbers are keyed by
//! (seed, replica, stage, step, atom), so neither a [`Restart`] nor the number of threads changes a
//! bit. Nothing here touches the disk or the screen, or reads the clock unless asked to time the parts of a step.
//!
//! ```
//! use natron_atoms::{Cell, Species, Structure, Vec3};
//! use natron_dynamics::{MdDeck, Observer, ObserverError, Outcome, PotentialTag, Simulation, ThermoRow};
//! use natron_potential::LennardJones;
//!
//! // What a TOML reader makes of a deck.
//! let deck: MdDeck = serde_json::from_value(serde_json::json!({
//!     "format": 1,
//!     "seed": 7,
//!     "system": { "structure": "argon.extxyz" },
//!     "potential": { "name": "lennard-jones" },
//!     "stage": [
//!         { "name": "relax", "kind": "minimise", "force_max_eV_per_A": 0.001 },
//!         { "name": "warm", "kind": "dynamics", "duration_ps": 0.2, "timestep_fs": 2.0,
//!           "ensemble": { "kind": "nvt-langevin", "temperature_K": 20.0, "friction_per_ps": 5.0 } },
//!         { "name": "production", "kind": "dynamics", "duration_ps": 0.2, "timestep_fs": 2.0,
//!           "ensemble": { "kind": "nve" } },
//!     ],
//! }))?;
//! let plan = deck.validate().expect("no problem in this deck");
//!
//! /// Keeps the last total energy of each stage.
//! #[derive(Default)]
//! struct Energies(Vec<(String, f64)>);
//! impl Observer for Energies {
//!     fn on_thermo(&mut self, row: &ThermoRow<'_>) -> Result<(), ObserverError> {
//!         self.0.retain(|(stage, _)| stage != row.stage);
//!         self.0.push((row.stage.to_owned(), row.total_energy_ev));
//!         Ok(())
//!     }
//! }
//!
//! let potential = LennardJones { epsilon_ev: 0.0103, sigma_a: 3.4, cutoff_a: 8.5 };
//! let argon = Species::from_symbol("Ar").expect("an element");
//! let positions = vec![Vec3::zeros(), Vec3::new(3.7, 0.0, 0.0), Vec3::new(1.9, 3.3, 0.0)];
//! let structure = Structure::new(Cell::open(), vec![argon; 3], positions)?;
//!
//! // The hash and the code path of the potential go into the restart.
//! let tag = PotentialTag { sha256: [0; 32], kernel: "f64".to_owned() };
//! let mut energies = Energies::default();
//! let mut run = Simulation::new(&plan.run, 0, structure, None, &potential, tag.clone())?;
//! let outcome = run.run(&mut energies, &|| false)?; // the closure: a signal came, or time is up
//! assert_eq!(outcome, Outcome::Finished);
//! assert_eq!(energies.0.len(), 3);
//! assert_eq!(run.summaries()[2].name, "production");
//!
//! // Restarts are bytes; whoever calls writes them to disk.
//! let restart = natron_dynamics::Restart::from_bytes(&run.restart().to_bytes())?;
//! let resumed = Simulation::resume(&plan.run, &restart, &potential, tag)?;
//! assert!(resumed.is_bitwise(&restart));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A run that goes wrong ends with [`RunError::Unstable`], whose [`Instability`] names limit, atom, step and value and
//! holds the frame. Input that cannot start is a [`SetupError`], a restart that does not fit a [`ResumeError`].

pub mod band;
pub mod blocks;
mod bytes;
pub mod cast;
pub mod conservation;
pub mod deck;
mod deform;
pub mod doubt;
pub mod groups;
mod guard;
pub mod integrator;
pub mod minimise;
pub mod monte_carlo;
pub mod observer;
pub mod phonons;
pub mod plan;
mod progress;
pub mod quantity;
pub mod random;
pub mod restart;
mod sealed;
pub mod setup;
pub mod simulation;
pub mod state;
pub mod summary;
pub mod thermo;
pub mod trend;
pub mod velocities;

pub use conservation::{Conditions, Conservation, nve_conservation};
pub use deck::{DeckProblem, MdDeck};
pub use doubt::{Doubt, DoubtOf};
pub use guard::{Breach, Instability};
pub use observer::{Moment, Observer, ObserverError, TrajectoryFrame};
pub use plan::{Limits, MdPlan, RunPlan};
pub use restart::{PotentialTag, Restart, RestartError};
pub use setup::{ResumeError, SetupError};
pub use simulation::{Outcome, RunError, Simulation};
pub use state::ForceTimes;
pub use summary::{StageResult, StageSummary};
pub use thermo::ThermoRow;
