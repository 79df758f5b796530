//! Frames of every filling and temperature with what is known of each atom, and how much of it can be trusted.
//!
//! One file for each cell of the grid: some frames of each of its productions, with the standard deviation of the force on each atom and how
//! far each ion gets. Charges, the map and the marks in the figure all speak of these frames.

use std::path::PathBuf;

use natron_analysis::mobility::displacements_a;
use natron_atoms::{AtomArray, Frame, InfoValue, NeighbourList, Structure};

use super::StudyJob;
use super::job::Item;
use super::point::Point;
use crate::diffusion::paths_and_frames;
use crate::md::TRAJECTORY;
use crate::structure::column;
use crate::{Failure, InputError, files};

/// The file in the folder of a filling and a temperature.
pub(super) const ENVIRONMENTS: &str = "environments.extxyz";
/// Column: length of the standard deviation of the force on an atom, eV/A.
pub(super) const FORCE_STD: &str = "force_std_eV_per_A";
/// Column: how far an ion gets, A; 0 for other atoms.
pub(super) const DISPLACEMENT: &str = "displacement_A";

/// Environments of ions, and those beyond what is trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) environments: usize,
    pub(super) not_trusted: usize,
}

impl Looked {
    /// The share that is not trusted.
    pub(super) fn share(self) -> f64 {
        self.not_trusted as f64 / self.environments.max(1) as f64
    }
}

impl StudyJob {
    /// The file of a filling and a temperature.
    pub(super) fn environments_file(&self, item: Item) -> PathBuf {
        self.folder(item).join(ENVIRONMENTS)
    }

    /// Writes the file of a cell; what was looked at, where the potential knows its uncertainty.
    pub(super) fn environments(&self, points: &[Point]) -> Result<Option<Looked>, Failure> {
        let Some(first) = points.first() else { return Ok(None) };
        let mut frames = Vec::new();
        for point in points {
            frames.extend(self.frames_of(point)?);
        }
        files::write_frames(&self.environments_file(first.item), &frames)?;
        let limit = self.deck.trust.force_std_max_ev_per_a;
        let mut looked = Looked::default();
        for frame in &frames {
            let Some(stds) = column(frame, FORCE_STD) else { return Ok(None) };
            let mobile = frame.structure.species.iter().zip(stds).filter(|(s, _)| **s == self.mobile);
            for (_, std) in mobile {
                looked.environments += 1;
                looked.not_trusted += usize::from(*std > limit);
            }
        }
        Ok(Some(looked))
    }

    /// Some frames of a production, evenly spaced.
    fn frames_of(&self, point: &Point) -> Result<Vec<Frame>, InputError> {
        let file = point.directory.join(TRAJECTORY);
        let (paths, sample) = paths_and_frames(&file, self.mobile, &self.reference)?;
        let time_ps = self.deck.environments.displacement_ps.unwrap_or(0.1 * self.deck.run.production_ps);
        let lag = (time_ps / paths.spacing_ps).round().max(1.0) as usize;
        let ways = displacements_a(&paths, lag);
        let kept = sample.frames();
        let wanted = self.deck.environments.frames.min(kept.len());
        let one = |k: usize| {
            let number = k * kept.len() / wanted;
            let mut frame = self.described(&kept[number], ways.as_deref()).map_err(|e| e.in_file(&file))?;
            let time_ps = (number * sample.stride()) as f64 * paths.spacing_ps;
            frame.info.push(("x".into(), InfoValue::Int(point.item.x as i64)));
            frame.info.push(("temperature_K".into(), InfoValue::Real(point.item.temperature_k)));
            frame.info.push(("replica".into(), InfoValue::Int(i64::from(point.item.replica))));
            frame.info.push(("time_ps".into(), InfoValue::Real(time_ps)));
            Ok(frame)
        };
        (0..wanted).map(one).collect()
    }

    /// A frame with its columns.
    fn described(&self, structure: &Structure, ways_a: Option<&[f64]>) -> Result<Frame, InputError> {
        let refuse = |why: String| InputError::new(why);
        let mut frame = Frame::new(structure.clone());
        let potential = &self.potential.potential;
        let list = NeighbourList::build(structure, potential.max_cutoff_a(), 0.0)
            .map_err(|error| refuse(error.to_string()))?;
        let stds =
            potential.force_std_ev_per_a(structure, &list).map_err(|error| refuse(error.to_string()))?;
        if let Some(stds) = stds {
            let values = stds.iter().map(|std| std.norm()).collect();
            frame.arrays.push((FORCE_STD.into(), AtomArray::Real { columns: 1, values }));
        }
        if let Some(ways) = ways_a {
            let mut next = ways.iter();
            let way = |mobile: bool| if mobile { next.next().copied().unwrap_or(0.0) } else { 0.0 };
            let values = structure.species.iter().map(|species| *species == self.mobile).map(way).collect();
            frame.arrays.push((DISPLACEMENT.into(), AtomArray::Real { columns: 1, values }));
        }
        Ok(frame)
    }
}
