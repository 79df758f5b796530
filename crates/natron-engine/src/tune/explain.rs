//! What the keys of the deck mean.

use super::TuneDeck;
use crate::keys::annotate;

const MEANINGS: &[(&str, &str)] = &[
    ("format", "format of this deck"),
    ("seed", "seed of the points that are tried"),
    ("time_min", "time for the whole search, minutes"),
    ("trials_max", "settings that are tried at most"),
    ("deck", "deck of `natron train`; its optimiser.epochs is the full length"),
    ("path", "key of the training deck to vary, as --set takes it"),
    ("low", "lower end of its range"),
    ("high", "upper end of its range"),
    ("log", "even in the logarithm"),
    ("whole", "whole numbers only"),
    ("choices", "values to choose from, instead of a range"),
    ("directory", "run directory, relative to this deck"),
];

/// The deck as TOML with a comment behind every value.
pub(super) fn explain(deck: &TuneDeck) -> String {
    let text = toml::to_string(deck).expect("a deck that was read can be written");
    annotate(&text, |_, key| MEANINGS.iter().find(|(name, _)| *name == key).map(|(_, meaning)| *meaning))
}
