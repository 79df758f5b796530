//! The training deck.

use natron_potential::{ModelError, ModelSpec};
use natron_train::{ComputeSettings, LossSettings, OptimiserSettings};
use serde::{Deserialize, Serialize};

use crate::deck::Problem;

/// A training deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainDeck {
    /// Format of this deck.
    pub format: u64,
    /// Seed of the initial weights and the order of frames.
    pub seed: u64,
    /// Where the frames are.
    pub data: DataTable,
    /// What the model looks like; with `[start]` that of its potential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelSpec>,
    /// A potential to start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartTable>,
    /// More structures, labelled by other potentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<DistillationTable>,
    /// What counts as error.
    #[serde(default)]
    pub loss: LossSettings,
    /// How the weights move.
    #[serde(default)]
    pub optimiser: OptimiserSettings,
    /// Where it computes, and how exactly.
    #[serde(default)]
    pub compute: ComputeSettings,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

/// `[data]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataTable {
    /// Files of frames; `*` matches within a name.
    pub files: Vec<String>,
    /// Key of a frame that says train, valid or test.
    #[serde(default = "split")]
    pub split_key: String,
    /// Key of a frame that gives its weight; frames without it have 1.
    #[serde(default = "weight")]
    pub weight_key: String,
    /// Which energy to learn.
    #[serde(default)]
    pub energy: EnergyChoice,
    /// Also train once for each host (key `host`) of the training and validation frames without it, and report
    /// the errors on the frames left out.
    #[serde(default)]
    pub leave_one_host_out: bool,
    /// Kinds whose errors are pooled as `selected` in the report; empty: all.
    #[serde(default)]
    pub report_kinds: Vec<String>,
    /// Kinds whose frames are left out altogether.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_kinds: Vec<String>,
    /// What frames may take in memory, 1e9 bytes: those beyond are read and prepared whenever they are needed. None: half of the
    /// machine's memory.
    #[serde(default, rename = "memory_GB", skip_serializing_if = "Option::is_none")]
    pub memory_gb: Option<f64>,
}

/// `[start]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartTable {
    /// A built-in name or a file, relative to the deck. Weights, standardisation of the features and energies of isolated
    /// atoms (where the data have none) are its.
    pub potential: String,
}

/// `[distillation]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillationTable {
    /// Potentials whose mean labels the structures; `*` matches within a name. None: the files bring their labels, made
    /// by another program.
    #[serde(default)]
    pub teachers: Vec<String>,
    /// Files of structures; `*` matches within a name. Labels in them are looked at where there are no teachers.
    pub structures: Vec<String>,
    /// Kinds (key `kind` of a frame) that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_kinds: Vec<String>,
}

fn weight() -> String {
    "weight".into()
}

fn split() -> String {
    "split".into()
}

/// Which energy to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnergyChoice {
    /// `free_energy` where every frame has it, else `energy`.
    #[default]
    Auto,
    /// `free_energy`, the one that forces derive from.
    FreeEnergy,
    /// `energy`.
    Energy,
}

/// `[output]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputTable {
    /// Run directory, relative to the deck; default: named after the deck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Epochs between checkpoints.
    pub checkpoint_every: usize,
}

impl Default for OutputTable {
    fn default() -> Self {
        Self { directory: None, checkpoint_every: 20 }
    }
}

impl TrainDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |path: &str, message: String| Problem { path: path.into(), message, help: None };
        let mut found = Vec::new();
        if self.format != 1 {
            found.push(problem("format", format!("this natron reads format 1, not {}", self.format)));
        }
        if self.data.files.is_empty() {
            found.push(problem("data.files", "`data.files` names no file".into()));
        }
        if self.data.memory_gb.is_some_and(|gb| !(gb >= 0.0 && gb.is_finite())) {
            found.push(problem("data.memory_GB", "`data.memory_GB` must be 0 or more".into()));
        }
        if self.output.checkpoint_every == 0 {
            found.push(problem(
                "output.checkpoint_every",
                "`output.checkpoint_every` must be at least 1".into(),
            ));
        }
        match &self.model {
            Some(model) => {
                let error = model.validate().err();
                found.extend(error.map(|error| match error {
                    ModelError::Dispersion(error) => Problem {
                        path: "model.dispersion".into(),
                        message: format!("[model] {error}"),
                        help: Some(error.help()),
                    },
                    error => problem("model", format!("[model]: {error}")),
                }));
            }
            None if self.start.is_none() => found.push(Problem {
                path: String::new(),
                message: "the deck says neither what the model looks like nor where it starts from".into(),
                help: Some("give [model], or [start] with a potential".into()),
            }),
            None => {}
        }
        if self.data.leave_one_host_out && (self.start.is_some() || self.distillation.is_some()) {
            found.push(Problem {
                path: "data.leave_one_host_out".into(),
                message: "a host cannot be left out of what a start or teachers have learnt".into(),
                help: Some("leave out [start] and [distillation], or leave_one_host_out".into()),
            });
        }
        if let Some(distillation) = &self.distillation {
            let path = "distillation.structures";
            found.extend(
                distillation.structures.is_empty().then(|| problem(path, format!("`{path}` names no file"))),
            );
        }
        let ranges = self.loss.problems().into_iter().chain(self.optimiser.problems());
        found.extend(ranges.map(|(path, message)| problem(&path, format!("`{path}` {message}"))));
        let choices = self.compute.problems().into_iter().map(|(path, message)| Problem {
            message: format!("`{path}` {message}"),
            path,
            help: Some("`device = \"cpu\"` computes on the processor; the feature: cargo build --release --features gpu".into()),
        });
        found.extend(choices);
        found
    }
}
