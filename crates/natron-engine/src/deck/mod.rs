//! Decks: TOML documents in which every mistake has a line.
//!
//! The one decision that shaped this module: serde stops at the first mistake and forgets where it
//! was as soon as a tagged enum is involved. So the document stays a tree of located values;
//! [`decode()`] finds the culprit of each mistake in that tree, mends it and tries again, until every mistake of the file
//! is known.

mod decode;
mod document;
mod locate;
mod output;
mod overrides;
mod path;
mod wording;

pub use decode::{Problem, decode, decode_and_check};
pub use document::{Document, MAX_DECK_BYTES};
pub use output::OutputTable;
pub use overrides::Override;
pub use path::{KeyPath, Step};
