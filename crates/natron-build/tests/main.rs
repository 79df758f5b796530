//! The crate's behaviour from outside.

mod filled;
mod ordered;
mod thrown;
