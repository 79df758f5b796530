//! What goes to the trajectory beside positions, and of which atoms.

use natron_atoms::{Species, Structure};

use crate::deck::DeckProblem;
use crate::groups::Groups;
use crate::quantity::TimestepFs;

/// What frames hold.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputPlan {
    /// Of all atoms.
    pub all: Recorded,
    /// Of some of them besides, in the order of their names.
    pub groups: Vec<OutputGroup>,
}

/// What is recorded, how and how often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recorded {
    /// Time between frames, fs.
    pub every_fs: f64,
    /// How positions, velocities and forces are stored.
    pub precision: TrajectoryPrecision,
    /// Whether velocities are.
    pub velocities: bool,
    /// Whether forces are.
    pub forces: bool,
}

/// How numbers of atoms are stored in a trajectory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrajectoryPrecision {
    /// 4 bytes.
    F32,
    /// 8 bytes: what is read is what was computed.
    F64,
}

/// Atoms that are recorded in a group of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputGroup {
    /// Name of the group in the file.
    pub name: String,
    /// Atoms of these elements belong to it,
    pub species: Vec<Species>,
    /// and those of these indices, from 0: first and last of each range,
    pub indices: Vec<(usize, usize)>,
    /// and those of this group of the run.
    pub group: Option<String>,
    /// What of them.
    pub recorded: Recorded,
}

impl OutputPlan {
    /// The group with the shortest interval, `None` for all atoms: it has a frame whenever any has.
    pub fn shortest(&self) -> Option<&OutputGroup> {
        let shortest = self.groups.iter().min_by(|a, b| a.recorded.every_fs.total_cmp(&b.recorded.every_fs));
        shortest.filter(|group| group.recorded.every_fs < self.all.every_fs)
    }

    /// Steps between frames of all atoms and of each group, all atoms first.
    pub fn intervals(&self, timestep: TimestepFs) -> Vec<u64> {
        let every = std::iter::once(&self.all).chain(self.groups.iter().map(|group| &group.recorded));
        every.map(|recorded| (recorded.every_fs / timestep.get()).round().max(1.0) as u64).collect()
    }
}

impl OutputGroup {
    /// The atoms of the group in a structure, in order.
    ///
    /// # Errors
    /// The structure has no atom of an element, or of an index, or there is no such group.
    pub fn atoms(&self, structure: &Structure, groups: &Groups) -> Result<Vec<usize>, DeckProblem> {
        let problem = |key: &str, message: String| {
            Err(DeckProblem {
                path: format!("output.trajectory_groups.{}.{key}", self.name),
                message,
                help: None,
            })
        };
        if let Some(absent) = self.species.iter().find(|species| !structure.species.contains(species)) {
            return problem("species", format!("there is no {absent} atom in the structure to record"));
        }
        if let Some((_, last)) = self.indices.iter().find(|(_, last)| *last >= structure.len()) {
            let message = format!("there is no atom {last} among {}, counted from 0", structure.len());
            return problem("indices", message);
        }
        let mask = match &self.group {
            None => Vec::new(),
            Some(name) => match groups.mask(name, structure.len()) {
                Some(mask) => mask,
                None => return problem("group", format!("there is no group `{name}`")),
            },
        };
        let belongs = |atom: &usize| {
            self.species.contains(&structure.species[*atom])
                || mask.get(*atom).is_some_and(|holds| *holds)
                || self.indices.iter().any(|(first, last)| (*first..=*last).contains(atom))
        };
        Ok((0..structure.len()).filter(belongs).collect())
    }
}
