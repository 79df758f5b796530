//! The `[output]` table of decks that say no more than where the results go.

use serde::{Deserialize, Serialize};

/// `[output]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputTable {
    /// Run directory, relative to the deck; default: named after the deck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
}
