//! Which frames are worth a label: uncertain, possible, and unlike each other and all that is known.

use natron_atoms::{Frame, InfoValue, NeighbourList, Species, Structure};
use rayon::prelude::*;

use super::deck::SelectTable;
use super::explore::Explored;
use crate::data::Describer;
use crate::potentials::LoadedPotential;
use crate::{Failure, InputError};

/// What was chosen, and from how many.
#[derive(Debug, Clone)]
pub(super) struct Selected {
    pub frames: Vec<Frame>,
    pub uncertain: usize,
    pub dropped: usize,
}

/// Chooses frames of `explored`, away from `known`.
pub(super) fn select(
    explored: &[Explored],
    known: &[Frame],
    table: &SelectTable,
    potential: &LoadedPotential,
) -> Result<Selected, Failure> {
    let candidates: Vec<(&Explored, &Frame)> =
        explored.iter().flat_map(|run| run.uncertain.iter().map(move |frame| (run, frame))).collect();
    let uncertain = candidates.len();
    let kept: Vec<Frame> = candidates
        .into_par_iter()
        .filter_map(|(run, frame)| possible(run, frame, table, potential))
        .collect();
    let dropped = uncertain - kept.len();
    let count = table.frames.min(kept.len());
    if count == 0 {
        return Ok(Selected { frames: Vec::new(), uncertain, dropped });
    }
    let mut species: Vec<Species> =
        kept.iter().chain(known).flat_map(|frame| frame.structure.species.iter().copied()).collect();
    species.sort_unstable();
    species.dedup();
    let describer = Describer::new(species);
    let points = |frames: &[Frame]| -> Result<Vec<Vec<f64>>, InputError> {
        let one = |frame: &Frame| describer.point(&frame.structure);
        frames
            .par_iter()
            .map(one)
            .collect::<Result<_, _>>()
            .map_err(|error| InputError::new(error.to_string()))
    };
    let chosen = crate::data::farthest_frames(&points(&kept)?, &points(known)?, count);
    Ok(Selected { frames: chosen.into_iter().map(|k| kept[k].clone()).collect(), uncertain, dropped })
}

/// The frame with what is known of it, unless it is no physics.
fn possible(
    run: &Explored,
    frame: &Frame,
    table: &SelectTable,
    potential: &LoadedPotential,
) -> Option<Frame> {
    let structure = wrapped(&frame.structure);
    let close = NeighbourList::build(&structure, table.distance_min_a.max(0.1), 0.0).ok()?;
    let touching = (0..structure.len())
        .any(|atom| close.neighbours(&structure, atom).any(|n| n.distance_a < table.distance_min_a));
    if touching {
        return None;
    }
    let list = NeighbourList::build(&structure, potential.potential.max_cutoff_a(), 0.0).ok()?;
    let stds = potential.potential.force_std_ev_per_a(&structure, &list).ok()??;
    let largest = stds.iter().map(|std| std.amax()).fold(0.0, f64::max);
    if !largest.is_finite() || largest > table.force_std_max_ev_per_a {
        return None;
    }
    let mut kept = Frame::new(structure);
    kept.info = vec![
        ("from".into(), InfoValue::Text(run.name.clone())),
        ("temperature_K".into(), InfoValue::Real(run.temperature_k)),
        ("force_std_eV_per_A".into(), InfoValue::Real(largest)),
    ];
    kept.info.extend(frame.info.iter().filter(|(key, _)| key == "host" || key == "step").cloned());
    Some(kept)
}

/// Positions inside the cell, where a DFT code expects them.
fn wrapped(structure: &Structure) -> Structure {
    let mut out = structure.clone();
    for position in &mut out.positions {
        *position = structure.cell.wrap(position).0;
    }
    out
}
