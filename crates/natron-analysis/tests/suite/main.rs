//! natron-analysis against simulated motion with a known answer, and against kinisi.

mod coverage;
mod kinisi;
mod published;
mod verdicts;
mod walks;
