//! Atoms exchanged with a reservoir: a Monte Carlo chain that begins at what was made, kept in a checkpoint.

use std::path::{Path, PathBuf};

use natron_atoms::{Frame, Structure};
use natron_build::BuildError;
use natron_dynamics::monte_carlo::{Checkpoint, GrandCanonical, MonteCarloError, Reservoir, Sample};
use natron_dynamics::plan::Coupling;

use super::BuildJob;
use super::facts::evaluated;
use super::make::{Maker, Unmade};
use crate::metal::{self, ChemicalPotential};
use crate::watch::Watch;
use crate::{RunError, files};

/// Where a chain is kept, in the directory of its replica.
const CHECKPOINT: &str = "grand-canonical.checkpoint";
/// Its last structure.
const LAST: &str = "grand-canonical.extxyz";
/// Number of atoms and energy against moves.
const MOVES: &str = "moves.csv";
/// Moves between looks at whether to stop.
const LOOK_EVERY: u64 = 20;

/// The reservoir of a build.
pub(super) struct Exchange {
    pub(super) reservoir: Reservoir,
    /// Where its chemical potential is that of a voltage: that of the metal.
    pub(super) metal: Option<ChemicalPotential>,
}

/// A chain that has come to its end.
pub(super) struct Exchanged {
    pub(super) replica: u32,
    pub(super) checkpoint: Checkpoint,
}

impl BuildJob {
    /// What atoms are exchanged with, where the deck says so; a metal that it takes is relaxed unless an earlier call has left it.
    pub(super) fn exchange(&self, watch: &dyn Watch) -> Result<Option<Exchange>, Unmade> {
        let Some(table) = &self.deck.grand_canonical else { return Ok(None) };
        let (mu_ev, metal) = match (table.chemical_potential_ev, table.voltage_v) {
            (Some(mu_ev), _) => (mu_ev, None),
            (None, voltage) => {
                let metal = self.metal(&table.species, table.temperature_k, watch)?;
                (metal.at_voltage_ev(voltage.expect("the deck has one of both")), Some(metal))
            }
        };
        let reservoir = table.reservoir(mu_ev).map_err(|error| RunError::new(error.to_string()))?;
        Ok(Some(Exchange { reservoir, metal }))
    }

    fn metal(
        &self,
        symbol: &str,
        temperature_k: f64,
        watch: &dyn Watch,
    ) -> Result<ChemicalPotential, Unmade> {
        let (path, potential) = (self.directory.join(metal::FILE), &*self.potential.potential);
        let unmade = |error: BuildError| match error {
            BuildError::Stopped => Unmade::Stopped,
            other => Unmade::Failed(RunError::new(format!("the metal: {other}"))),
        };
        if !path.exists() {
            let edge_a = metal::usual_edge_a(symbol).expect("the deck was checked to know the crystal");
            let species = natron_atoms::Species::from_symbol(symbol).expect("the symbol was checked");
            let start = metal::body_centred(species, edge_a).map_err(unmade)?;
            let stop = || watch.stop().is_some();
            let relaxed = metal::relaxed(start, Coupling::Isotropic, self.seed, potential, &stop);
            files::write_frames(&path, &[Frame::new(relaxed.map_err(unmade)?)])?;
        }
        let crystal = read_last(&path)?;
        let evaluation = evaluated(&crystal, &self.potential)
            .map_err(|why| RunError::new(format!("the metal has no energy: {why}")))?;
        let energy_ev = evaluation.energy_ev / crystal.len() as f64;
        Ok(ChemicalPotential::of(&crystal, energy_ev, potential, temperature_k)?)
    }
}

fn read_last(path: &Path) -> Result<Structure, RunError> {
    let frames = files::read_frames(path).map_err(|error| RunError::new(error.to_string()))?;
    let last = frames.into_iter().last();
    last.map(|frame| frame.structure).ok_or_else(|| RunError::new("a structure was lost"))
}

impl Maker<'_> {
    /// Samples from where an earlier call has stopped, or from the start; the file of the last structure. `steps_before`: steps of what
    /// came before.
    pub(super) fn exchange(
        &mut self,
        start: Structure,
        reservoir: Reservoir,
        steps_before: u64,
    ) -> Result<PathBuf, Unmade> {
        let table = self.job.deck.monte_carlo.clone().unwrap_or_default();
        let moves = table.meant().map_err(|error| self.failed(error.into()))?;
        let (key, potential) = ((self.job.seed, self.replica), &*self.job.potential.potential);
        let begun = match exchanged(&self.directory)? {
            Some(checkpoint) => GrandCanonical::resume(&checkpoint, reservoir, moves, potential, key),
            None => GrandCanonical::new(start, reservoir, moves, potential, key),
        };
        let mut chain = begun.map_err(|error| chain_failed(&error))?;
        while chain.sample().moves < table.total() {
            if self.watch.stop().is_some() {
                self.keep(&chain)?;
                return Err(Unmade::Stopped);
            }
            let next = (chain.sample().moves + LOOK_EVERY).min(table.total());
            let advanced = chain.advance(next, table.equilibration_moves, table.record_every_moves);
            advanced.map_err(|error| chain_failed(&error))?;
            if next / table.checkpoint_every_moves
                != (next - LOOK_EVERY.min(next)) / table.checkpoint_every_moves
            {
                self.keep(&chain)?;
            }
            let Sample { atoms, .. } = chain.sample();
            self.tell(&format!("exchange, {atoms} {}", reservoir.species), steps_before + next);
        }
        self.keep(&chain)?;
        let path = self.directory.join(LAST);
        let text = rows(&chain.record().series);
        files::replace(&self.directory.join(MOVES), text.as_bytes())?;
        self.write(&path, chain.structure(), "exchange")?;
        Ok(path)
    }

    fn keep(&self, chain: &GrandCanonical<'_>) -> Result<(), RunError> {
        files::replace(&self.directory.join(CHECKPOINT), &chain.checkpoint().to_bytes())
    }
}

/// The chain that is kept in the directory of a replica, if there is one.
pub(crate) fn exchanged(directory: &Path) -> Result<Option<Checkpoint>, RunError> {
    let path = directory.join(CHECKPOINT);
    if !path.exists() {
        return Ok(None);
    }
    let wrong = |message: String| RunError {
        message: format!("{}: {message}", path.display()),
        file: Some(path.clone()),
        help: Some("remove the file to begin the chain anew".into()),
    };
    let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    Checkpoint::from_bytes(&bytes).map(Some).map_err(|error| wrong(error.to_string()))
}

fn chain_failed(error: &MonteCarloError) -> Unmade {
    let help = match error {
        MonteCarloError::OtherChain(_) => Some("the deck has changed: start anew with --overwrite".into()),
        _ => None,
    };
    Unmade::Failed(RunError { help, ..RunError::new(error.to_string()) })
}

/// moves.csv.
fn rows(series: &[Sample]) -> String {
    let mut text = String::from("move,atoms,energy_eV\n");
    for sample in series {
        text += &format!("{},{},{}\n", sample.moves, sample.atoms, sample.energy_ev);
    }
    text
}
