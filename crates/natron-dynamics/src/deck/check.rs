//! Collecting every problem of a deck.

use crate::quantity::QuantityError;

/// One thing that is wrong in a deck.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct DeckProblem {
    /// Key path, as `--set` addresses it: `stage.production.timestep_fs`, or `stage[2].name` where a
    /// name cannot tell the stages apart. The key may be absent from the file; then its table is meant.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<DeckProblem>);

impl Problems {
    pub(super) fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(DeckProblem { path: path.into(), message: message.into(), help: None });
    }

    pub(super) fn add_with_help(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.0.push(DeckProblem { path: path.into(), message: message.into(), help: Some(help.into()) });
    }

    /// The quantity, or a problem and `None`.
    pub(super) fn quantity<T>(
        &mut self,
        path: impl Into<String>,
        value: f64,
        check: fn(f64) -> Result<T, QuantityError>,
    ) -> Option<T> {
        check(value).map_err(|error| self.add(path, error.to_string())).ok()
    }

    /// The quantity of a key that must be there.
    pub(super) fn required<T>(
        &mut self,
        path: impl Into<String>,
        value: Option<f64>,
        check: fn(f64) -> Result<T, QuantityError>,
    ) -> Option<T> {
        match value {
            Some(value) => self.quantity(path, value, check),
            None => {
                self.add(path, "missing key");
                None
            }
        }
    }
}

/// How many whole `part`s make `whole` (both > 0), if a whole number does, to one in a million.
pub(super) fn whole_ratio(whole: f64, part: f64) -> Option<u64> {
    let ratio = whole / part;
    let steps = ratio.round();
    ((ratio - steps).abs() <= 1e-6 && (1.0..=1e15).contains(&steps)).then_some(steps as u64)
}
