//! `[output]`: what is written, of which atoms and how often.

use natron_atoms::Species;
use serde::{Deserialize, Serialize};

use super::check::{Problems, whole_ratio};
use super::{GroupDeck, IndexDeck, OutputDeck, group};
use crate::plan::{OutputGroup, OutputPlan, Recorded, TrajectoryPrecision};

/// The group of all atoms in a trajectory; other names sort behind it, because MDAnalysis opens the first.
const ALL: &str = "all";

/// One of `trajectory_groups`: some of the atoms, recorded once more.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputGroupDeck {
    /// Name of the group in trajectory.h5.
    pub name: String,
    /// Symbols of elements: all their atoms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub species: Vec<String>,
    /// Atoms from 0: `7`, or a range, `"0-21"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indices: Vec<IndexDeck>,
    /// A `[[group]]` of the deck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Time between frames, fs; default: `trajectory_every_fs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_fs: Option<f64>,
    /// `f32` or `f64`; default: `trajectory_precision`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// Whether velocities are stored; default: `trajectory_velocities`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub velocities: Option<bool>,
    /// Whether forces are stored; default: `trajectory_forces`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forces: Option<bool>,
}

/// The checked `[output]`, `None` with at least one problem added.
pub(super) fn check(deck: &OutputDeck, named: &[GroupDeck], problems: &mut Problems) -> Option<OutputPlan> {
    let intervals = [
        ("output.trajectory_every_fs", deck.trajectory_every_fs),
        ("output.thermo_every_fs", deck.thermo_every_fs),
        ("output.restart_every_ps", deck.restart_every_ps),
    ];
    for (path, value) in intervals {
        positive(path, value, problems);
    }
    if deck.directory.as_deref() == Some("") {
        problems.add("output.directory", "the name of the run directory is empty");
    }
    let all = Recorded {
        every_fs: deck.trajectory_every_fs,
        precision: precision("output.trajectory_precision", &deck.trajectory_precision, problems)?,
        velocities: deck.trajectory_velocities,
        forces: deck.trajectory_forces,
    };
    let names: Vec<&str> = deck.trajectory_groups.iter().map(|group| group.name.as_str()).collect();
    let mut groups = Vec::new();
    for (index, group) in deck.trajectory_groups.iter().enumerate() {
        if !is_name(&group.name) || names[..index].contains(&group.name.as_str()) {
            let message = format!("`{}` is no name of a group here", group.name);
            let help = "lower-case letters, digits, - and _, once each, and sorted behind `all`: MDAnalysis opens the \
                        group whose name sorts first";
            problems.add_with_help(format!("output.trajectory_groups[{index}].name"), message, help);
            continue;
        }
        groups.extend(check_group(group, &all, named, problems));
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    commensurate(&all, &groups, problems);
    Some(OutputPlan { all, groups })
}

/// The shortest interval must go into the others, so that one interval of steps serves all.
fn commensurate(all: &Recorded, groups: &[OutputGroup], problems: &mut Problems) {
    let shortest = groups.iter().map(|group| group.recorded.every_fs).fold(all.every_fs, f64::min);
    let odd = |every_fs: f64| every_fs > 0.0 && shortest > 0.0 && whole_ratio(every_fs, shortest).is_none();
    let mut complain = |path: String, every_fs: f64| {
        let message =
            format!("{every_fs} fs is no multiple of the shortest interval of frames, {shortest} fs");
        problems.add(path, message);
    };
    if odd(all.every_fs) {
        complain("output.trajectory_every_fs".into(), all.every_fs);
    }
    for group in groups.iter().filter(|group| odd(group.recorded.every_fs)) {
        let path = format!("output.trajectory_groups.{}.every_fs", group.name);
        complain(path, group.recorded.every_fs);
    }
}

fn check_group(
    deck: &OutputGroupDeck,
    all: &Recorded,
    groups: &[GroupDeck],
    problems: &mut Problems,
) -> Option<OutputGroup> {
    let path = |key: &str| format!("output.trajectory_groups.{}.{key}", deck.name);
    let mut species = Vec::new();
    for symbol in &deck.species {
        match Species::from_symbol(symbol) {
            Some(element) => species.push(element),
            None => problems.add(path("species"), format!("`{symbol}` is no chemical element")),
        }
    }
    let mut indices = Vec::new();
    for index in &deck.indices {
        match index.ends() {
            Some(range) => indices.push(range),
            None => problems.add_with_help(
                path("indices"),
                format!("`{}` names no atoms", index.written()),
                "an index from 0, 7, or a range, \"0-21\"",
            ),
        }
    }
    if let Some(name) = &deck.group {
        group::check_name(name, &path("group"), groups, problems);
    }
    if deck.species.is_empty() && deck.indices.is_empty() && deck.group.is_none() {
        let place = format!("output.trajectory_groups.{}", deck.name);
        let help = "species = [\"Na\"], indices = [\"0-21\"] or group = \"...\"";
        problems.add_with_help(place, "the group says of no atoms", help);
    }
    let every_fs = deck.every_fs.unwrap_or(all.every_fs);
    positive(&path("every_fs"), every_fs, problems);
    let stored = match &deck.precision {
        Some(text) => precision(&path("precision"), text, problems)?,
        None => all.precision,
    };
    let recorded = Recorded {
        every_fs,
        precision: stored,
        velocities: deck.velocities.unwrap_or(all.velocities),
        forces: deck.forces.unwrap_or(all.forces),
    };
    Some(OutputGroup { name: deck.name.clone(), species, indices, group: deck.group.clone(), recorded })
}

fn positive(path: &str, value: f64, problems: &mut Problems) {
    if !(value > 0.0 && value.is_finite()) {
        problems.add(path, format!("an interval must be above 0, not {value}"));
    }
}

fn precision(path: &str, text: &str, problems: &mut Problems) -> Option<TrajectoryPrecision> {
    match text {
        "f32" => Some(TrajectoryPrecision::F32),
        "f64" => Some(TrajectoryPrecision::F64),
        other => {
            problems.add(path, format!("unknown precision `{other}`; there are f32, f64"));
            None
        }
    }
}

fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    name > ALL && name.len() <= 64 && name.chars().all(good)
}
