//! Potentials, restarts, Monte Carlo chains and HDF5 files.

use std::path::Path;

use natron_dynamics::Restart;
use natron_dynamics::monte_carlo::Checkpoint;
use natron_io::h5md;
use natron_potential::{ChargeHead, NepPotential, file};
use serde_json::{Value, json};

use super::Facts;
use super::frames::{self, counted, describe_cell};
use crate::envelope::{hex, json as to_json};
use crate::{InputError, potentials};

/// Whether bytes begin like a restart.
pub(super) fn is_restart(head: &[u8]) -> bool {
    head.starts_with(b"NATRONRS")
}

/// Whether bytes begin like the checkpoint of a Monte Carlo chain.
pub(super) fn is_chain(head: &[u8]) -> bool {
    head.starts_with(b"NATRONGC")
}

/// Whether bytes begin like a potential: a safetensors header (its length, then JSON), or a NEP.
pub(super) fn is_potential(head: &[u8]) -> bool {
    NepPotential::recognises(head)
        || head.get(8) == Some(&b'{') && head[..8].iter().skip(4).all(|byte| *byte == 0)
}

pub(super) fn restart(path: &Path, bytes: &[u8]) -> Result<(&'static str, Facts), InputError> {
    let restart =
        Restart::from_bytes(bytes).map_err(|error| InputError::new(error.to_string()).in_file(path))?;
    let structure = restart.structure();
    let mut facts = Facts::new();
    facts.insert("step".into(), restart.step().into());
    facts.insert("time_ps".into(), restart.time_ps().into());
    facts.insert("stage".into(), restart.stage().into());
    facts.insert("seed".into(), restart.seed().into());
    facts.insert("replica".into(), restart.replica().into());
    facts.insert("atoms".into(), structure.len().into());
    facts.insert("composition".into(), counted(&structure.species).into());
    describe_cell(&structure.cell, &mut facts);
    facts.insert("potential_sha256".into(), hex(&restart.tag().sha256).into());
    facts.insert("kernel".into(), restart.tag().kernel.clone().into());
    facts.insert("trajectory_frames".into(), restart.trajectory_frames().into());
    Ok(("restart", facts))
}

pub(super) fn chain(path: &Path, bytes: &[u8]) -> Result<(&'static str, Facts), InputError> {
    let checkpoint =
        Checkpoint::from_bytes(bytes).map_err(|error| InputError::new(error.to_string()).in_file(path))?;
    let (reservoir, record) = (checkpoint.reservoir(), checkpoint.record());
    let structure = checkpoint.structure();
    let mut facts = Facts::new();
    facts.insert("moves".into(), checkpoint.moves().into());
    facts.insert("exchanged".into(), reservoir.species.symbol().into());
    facts.insert("temperature_K".into(), reservoir.temperature.get().into());
    facts.insert("chemical_potential_eV".into(), reservoir.chemical_potential_ev.into());
    facts.insert("atoms_mean".into(), record.mean().into());
    facts.insert("atoms_err".into(), record.mean_error().into());
    facts.insert("composition".into(), counted(&structure.species).into());
    describe_cell(&structure.cell, &mut facts);
    Ok(("Monte Carlo chain", facts))
}

/// A head for charges, if the file is one.
fn charge_head(path: &Path) -> Option<Facts> {
    let (head, provenance) = ChargeHead::from_bytes(&std::fs::read(path).ok()?).ok()?;
    let mut facts = Facts::new();
    facts.insert("species".into(), head.species.into());
    facts.insert("reads".into(), to_json(&head.reads));
    facts.insert("numbers_per_atom".into(), head.weights.first().map_or(0, Vec::len).into());
    facts.insert("potential_sha256".into(), provenance.potential_sha256.into());
    facts.insert("data_sha256".into(), provenance.data_sha256.into());
    facts.insert("rmse_e".into(), to_json(&provenance.rmse_e));
    Some(facts)
}

pub(super) fn potential(path: &Path) -> Result<(&'static str, Facts), InputError> {
    if let Some(facts) = charge_head(path) {
        return Ok(("charge head", facts));
    }
    let loaded = potentials::load_file(path)?;
    let species = loaded.potential.species().unwrap_or_default();
    let mut facts = Facts::new();
    facts.insert("species".into(), species.iter().map(|s| s.symbol()).collect::<Vec<_>>().into());
    let mut cutoffs = serde_json::Map::new();
    for &a in &species {
        for &b in &species {
            cutoffs.insert(format!("{a}-{b}"), loaded.potential.cutoff_a(a, b).into());
        }
    }
    facts.insert("cutoffs_A".into(), cutoffs.into());
    let mut isolated = serde_json::Map::new();
    for &s in &species {
        isolated.insert(s.symbol().into(), loaded.potential.isolated_energy_ev(s).into());
    }
    facts.insert("isolated_energies_eV".into(), isolated.into());
    facts.insert("knows_uncertainty".into(), loaded.potential.knows_uncertainty().into());
    let sha256 = loaded.sha256_hex();
    let Some(spec) = loaded.spec else {
        facts.insert("sha256".into(), sha256.into());
        return Ok(("NEP potential", facts));
    };
    facts.insert("features".into(), spec.features().into());
    facts.insert("radial_functions".into(), spec.radial_functions.into());
    facts.insert("couplings".into(), spec.couplings.len().into());
    facts.insert("five_body".into(), spec.five_body.len().into());
    facts.insert("hidden".into(), spec.hidden.clone().into());
    facts.insert("residual".into(), spec.residual.into());
    let walls: Vec<String> = spec
        .walls
        .iter()
        .map(|w| format!("{}-{} {} to {} A", w.pair[0], w.pair[1], w.inner_a, w.outer_a))
        .collect();
    facts.insert("walls".into(), walls.into());
    facts.insert("dispersion".into(), to_json(&spec.dispersion));
    let bytes = std::fs::read(path).map_err(|error| InputError::new(error.to_string()).in_file(path))?;
    let (_, provenance) =
        file::from_bytes(&bytes).map_err(|error| InputError::new(error.to_string()).in_file(path))?;
    facts.insert("errors_valid".into(), to_json(&provenance.errors.valid));
    facts.insert("errors_test".into(), to_json(&provenance.errors.test));
    facts.insert("uncertainty_factor".into(), provenance.uncertainty.map(|factors| factors.forces).into());
    let energies = provenance.uncertainty.map(|factors| factors.energies);
    facts.insert("uncertainty_factor_energies".into(), energies.into());
    facts.insert("data_sha256".into(), provenance.data_sha256.into());
    facts.insert("sha256".into(), sha256.into());
    Ok(("natron potential", facts))
}

/// A trajectory, or a data set of frames.
pub(super) fn hdf5(path: &Path) -> Result<(&'static str, Facts), InputError> {
    match h5md::Reader::open(path) {
        Ok(reader) => Ok(("H5MD trajectory", trajectory(&reader)?)),
        // What is wrong with it as a trajectory is only of interest where it is no data set either.
        Err(error) => match h5md::data_set::Reader::open(path) {
            Ok(_) => frames::look(path).map(|(_, facts)| ("natron data set", facts)),
            Err(_) => Err(error.into()),
        },
    }
}

fn trajectory(reader: &h5md::Reader) -> Result<Facts, InputError> {
    let mut facts = Facts::new();
    let (times, steps) = (reader.times_ps(), reader.steps());
    facts.insert("frames".into(), reader.len().into());
    facts.insert("atoms".into(), reader.species().len().into());
    facts.insert("composition".into(), counted(reader.species()).into());
    facts.insert("from_ps".into(), times.first().copied().into());
    facts.insert("to_ps".into(), times.last().copied().into());
    let spacing = match times {
        [first, .., last] => Some((last - first) / (times.len() - 1) as f64),
        _ => None,
    };
    facts.insert("spacing_ps".into(), spacing.into());
    facts.insert("last_step".into(), steps.last().copied().into());
    facts.insert("group".into(), reader.group().into());
    facts.insert("velocities".into(), reader.has_velocities().into());
    facts.insert("ensembles".into(), reader.ensembles().to_vec().into());
    facts.insert("closed".into(), reader.is_closed().into());
    if !reader.is_closed() {
        facts.insert("closed_note".into(), "a run is writing it, or was killed: natron repair".into());
    }
    if let Some(first) = reader.frames().next() {
        describe_cell(&first?.cell, &mut facts);
    }
    let periodic: Value = json!(reader.periodic());
    facts.insert("periodic".into(), periodic);
    Ok(facts)
}
