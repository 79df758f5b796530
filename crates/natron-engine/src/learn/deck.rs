//! The deck of `natron learn`.

use serde::{Deserialize, Serialize};

use crate::deck::Problem;

/// A deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnDeck {
    /// Format of this deck.
    pub format: u64,
    /// Seed of velocities and thermostats.
    pub seed: u64,
    /// How many times to go round.
    pub rounds: usize,
    /// What the first round explores with.
    pub potential: PotentialTable,
    /// Where to look.
    pub explore: ExploreTable,
    /// What to take.
    #[serde(default)]
    pub select: SelectTable,
    /// Who labels it.
    pub label: LabelTable,
    /// How to train.
    pub train: TrainTable,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

/// `[potential]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PotentialTable {
    /// A built-in name, or a file relative to the deck.
    pub name: String,
}

/// `[explore]`: molecular dynamics (nvt-langevin) of every structure at every temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExploreTable {
    /// Files of structures, every frame of each; `*` matches within a name.
    pub structures: Vec<String>,
    /// Temperatures, K.
    #[serde(rename = "temperatures_K")]
    pub temperatures_k: Vec<f64>,
    /// Length of each run, ps.
    pub duration_ps: f64,
    /// Step, fs.
    #[serde(default = "one")]
    pub timestep_fs: f64,
    /// Friction of the thermostat, 1/ps.
    #[serde(default = "friction")]
    pub friction_per_ps: f64,
    /// A frame is of interest where the standard deviation of a force is above, eV/A.
    #[serde(rename = "force_std_min_eV_per_A")]
    pub force_std_min_ev_per_a: f64,
    /// Steps between looks.
    #[serde(default = "look")]
    pub look_every_steps: u64,
    /// Least number of steps between frames that are kept.
    #[serde(default = "collect")]
    pub collect_every_steps: u64,
}

/// `[select]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SelectTable {
    /// Frames to label in a round.
    pub frames: usize,
    /// Frames of which a force is less certain than this have left what the potential can describe, eV/A.
    #[serde(rename = "force_std_max_eV_per_A")]
    pub force_std_max_ev_per_a: f64,
    /// Frames with atoms closer than this are no physics, A.
    #[serde(rename = "distance_min_A")]
    pub distance_min_a: f64,
}

impl Default for SelectTable {
    fn default() -> Self {
        Self { frames: 10, force_std_max_ev_per_a: 20.0, distance_min_a: 0.8 }
    }
}

/// `[label]`: the command runs once for each frame, in a folder of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelTable {
    /// Program and arguments; `{deck}`, `{input}`, `{output}` and `{directory}` stand for paths. No shell reads it.
    pub command: Vec<String>,
    /// Name of the file the structure is written to; the name says the format: *.extxyz, POSCAR, *.data.
    #[serde(default = "input")]
    pub input: String,
    /// A text, relative to the deck, that becomes the input instead: `{n_atoms}`, `{elements}`, `{a_A}`, `{b_A}`, `{c_A}` (cell vectors)
    /// and `{atoms_A}` (a line of symbol and position for each atom) in it are filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Name of the file the labels are read from, in any format that natron reads.
    pub output: String,
    /// Files that are copied into the folder before, relative to the deck.
    #[serde(default)]
    pub files: Vec<String>,
    /// Commands at a time.
    #[serde(default = "jobs")]
    pub jobs: usize,
    /// A command that takes longer has failed, s.
    #[serde(default = "timeout")]
    pub timeout_s: f64,
    /// The `kind` that labelled frames carry.
    #[serde(default = "kind")]
    pub kind: String,
}

/// `[train]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainTable {
    /// A deck of `natron train`, relative to this one; the labels of all rounds are added to its files.
    pub deck: String,
    /// Start from the potential of the round before, not from random weights.
    #[serde(default)]
    pub warm_start: bool,
}

/// `[output]`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputTable {
    /// Run directory, relative to the deck; default: named after the deck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}

fn one() -> f64 {
    1.0
}

fn friction() -> f64 {
    2.0
}

fn look() -> u64 {
    50
}

fn collect() -> u64 {
    200
}

fn input() -> String {
    "structure.extxyz".into()
}

fn jobs() -> usize {
    1
}

fn timeout() -> f64 {
    86_400.0
}

fn kind() -> String {
    "learnt".into()
}

impl LearnDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut check = |fine: bool, path: &str, need: &str| {
            let message = format!("`{path}` {need}");
            found.extend((!fine).then(|| Problem { path: path.into(), message, help: None }));
        };
        let positive = |value: f64| value > 0.0 && value.is_finite();
        check(self.format == 1, "format", "must be 1: this natron reads format 1");
        check((1..=999).contains(&self.rounds), "rounds", "must be from 1 to 999");
        let explore = &self.explore;
        check(!explore.structures.is_empty(), "explore.structures", "names no file");
        let temperatures = &explore.temperatures_k;
        let fine = !temperatures.is_empty() && temperatures.iter().all(|t| positive(*t));
        check(fine, "explore.temperatures_K", "must list positive temperatures");
        check(positive(explore.duration_ps), "explore.duration_ps", "must be positive");
        check(positive(explore.timestep_fs), "explore.timestep_fs", "must be positive");
        check(positive(explore.friction_per_ps), "explore.friction_per_ps", "must be positive");
        check(positive(explore.force_std_min_ev_per_a), "explore.force_std_min_eV_per_A", "must be positive");
        check(explore.look_every_steps > 0, "explore.look_every_steps", "must be at least 1");
        check(explore.collect_every_steps > 0, "explore.collect_every_steps", "must be at least 1");
        check(self.select.frames > 0, "select.frames", "must be at least 1");
        let highest = self.select.force_std_max_ev_per_a;
        check(
            highest > explore.force_std_min_ev_per_a,
            "select.force_std_max_eV_per_A",
            "must be above explore.force_std_min_eV_per_A",
        );
        check(self.select.distance_min_a >= 0.0, "select.distance_min_A", "must be 0 or more");
        let label = &self.label;
        check(!label.command.is_empty(), "label.command", "names no program");
        let plain = |name: &str| !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        check(plain(&label.input), "label.input", "must be the name of a file, without a folder");
        check(plain(&label.output), "label.output", "must be the name of a file, without a folder");
        check(label.input != label.output, "label.output", "must differ from label.input");
        check(label.jobs > 0, "label.jobs", "must be at least 1");
        check(positive(label.timeout_s), "label.timeout_s", "must be positive");
        check(!label.kind.contains(char::is_whitespace), "label.kind", "must be one word");
        found
    }
}
