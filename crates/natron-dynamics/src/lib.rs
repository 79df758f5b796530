//! Integrators, thermostats, minimisers and the run loop.
//!
//! The one decision that shaped this crate: a run is a pure function. [`MdDeck`] (as written) becomes
//! an [`MdPlan`] (as meant, in whole steps); a [`Simulation`] made from its [`RunPlan`], a structure and a
//! potential produces a sequence of values for an [`Observer`]; all random numbers are keyed by
//! (seed, replica, stage, step, atom), so neither a [`Restart`] nor the number of threads changes a
//! bit. Nothing here touches the disk, the clock or the screen.
//!
//! API sketch:
//!
//! ```text
//! let deck: MdDeck = toml::from_str(text)?;                       // engine: file, line, column of serde's errors
//! let plan: MdPlan = deck.validate()?;                            // Err(Vec<DeckProblem { path, message, help }>)
//! let tag = PotentialTag { sha256, kernel: "avx2".into() };
//! let mut run = Simulation::new(&plan.run, replica, structure, velocities_a_per_fs, &potential, tag)?;
//! // or: Simulation::resume(&plan.run, &Restart::from_bytes(&bytes)?, &potential, tag)?
//! match run.run(&mut observer, &|| stop.load(Relaxed)) {
//!     Ok(Outcome::Finished | Outcome::Stopped) => ..,             // on_restart was called in both cases
//!     Err(RunError::Unstable(instability)) => ..,                 // its .structure goes to failure.extxyz
//!     Err(RunError::Observer(e)) => ..,
//! }
//! ```

pub mod deck;
pub mod observer;
pub mod plan;
pub mod quantity;
