//! natron-analysis against simulated motion with a known answer, and against kinisi.

mod calibration;
mod checks;
mod coverage;
mod density;
mod kinisi;
mod published;
mod verdicts;
mod walks;
