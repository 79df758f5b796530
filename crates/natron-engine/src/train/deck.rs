//! The training deck.

use natron_potential::ModelSpec;
use natron_train::{LossSettings, OptimiserSettings};
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
    /// What the model looks like.
    pub model: ModelSpec,
    /// What counts as error.
    #[serde(default)]
    pub loss: LossSettings,
    /// How the weights move.
    #[serde(default)]
    pub optimiser: OptimiserSettings,
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
        if self.output.checkpoint_every == 0 {
            found.push(problem(
                "output.checkpoint_every",
                "`output.checkpoint_every` must be at least 1".into(),
            ));
        }
        if let Err(error) = self.model.validate() {
            found.push(problem("model", format!("[model]: {error}")));
        }
        let ranges = self.loss.problems().into_iter().chain(self.optimiser.problems());
        found.extend(ranges.map(|(path, message)| problem(&path, format!("`{path}` {message}"))));
        found
    }
}
