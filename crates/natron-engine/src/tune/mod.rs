//! `natron tune`: hyperparameters by successive halving, within the time given.
//!
//! Many settings are trained for a short while; the best third goes on three times as long, and again, until one was trained to the
//! deck's full length (Jamieson and Talwalkar, AISTATS 2016, arXiv 1502.07943). Settings are points of a low-discrepancy sequence, so that few of them
//! cover the ranges. How many there are follows from the time given and from how long the first one takes.

mod deck;
mod explain;
mod job;
mod plan;
mod points;

pub use deck::TuneDeck;
pub use job::TuneJob;
