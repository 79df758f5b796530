//! The deck of `natron tune`.

use serde::{Deserialize, Serialize};

use crate::deck::{OutputTable, Problem};

/// A deck, format 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuneDeck {
    /// Format of this deck.
    pub format: u64,
    /// Seed of the points that are tried.
    pub seed: u64,
    /// Time for the whole search, minutes.
    pub time_min: f64,
    /// Settings that are tried at most.
    #[serde(default = "trials")]
    pub trials_max: usize,
    /// What is trained.
    pub train: TrainTable,
    /// What is varied.
    pub parameter: Vec<Parameter>,
    /// Where the results go.
    #[serde(default)]
    pub output: OutputTable,
}

/// `[train]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainTable {
    /// A deck of `natron train`, relative to this one; its `optimiser.epochs` is the full length.
    pub deck: String,
}

/// `[[parameter]]`: a range or a list of choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Key of the training deck, as `--set` takes it.
    pub path: String,
    /// Lower end of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Whether the range is even in its logarithm.
    #[serde(default)]
    pub log: bool,
    /// Whether values are whole numbers.
    #[serde(default)]
    pub whole: bool,
    /// Values to choose from instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<toml::Value>,
}

fn trials() -> usize {
    243
}

/// Keys of the training deck that a search sets itself.
const RESERVED: [&str; 2] = ["optimiser.epochs", "output.directory"];

impl TuneDeck {
    /// Everything that is out of range.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut check = |fine: bool, path: &str, need: &str| {
            let message = format!("`{path}` {need}");
            found.extend((!fine).then(|| Problem { path: path.into(), message, help: None }));
        };
        check(self.format == 1, "format", "must be 1: this natron reads format 1");
        check(self.time_min > 0.0 && self.time_min.is_finite(), "time_min", "must be positive");
        check((1..=10_000).contains(&self.trials_max), "trials_max", "must be from 1 to 10000");
        check(!self.parameter.is_empty(), "parameter", "must list something to vary");
        for (k, parameter) in self.parameter.iter().enumerate() {
            let at = |key: &str| format!("parameter[{k}].{key}");
            check(!RESERVED.contains(&parameter.path.as_str()), &at("path"), "is set by the search itself");
            let twice = self.parameter[..k].iter().any(|earlier| earlier.path == parameter.path);
            check(!twice, &at("path"), "is varied already");
            match (parameter.low, parameter.high) {
                (None, None) => {
                    check(!parameter.choices.is_empty(), &at("path"), "needs low and high, or choices");
                }
                (Some(low), Some(high)) => {
                    check(parameter.choices.is_empty(), &at("choices"), "exclude low and high");
                    check(
                        low < high && low.is_finite() && high.is_finite(),
                        &at("high"),
                        "must be above low",
                    );
                    check(!parameter.log || low > 0.0, &at("low"), "must be positive where log = true");
                }
                (None, Some(_)) => check(false, &at("high"), "needs low"),
                (Some(_), None) => check(false, &at("low"), "needs high"),
            }
        }
        found
    }
}
