//! The crate's behaviour from outside.

mod ordered;
