//! How fast dynamics goes.

use std::time::{Duration, Instant};

/// Wall time of dynamics, and steps and simulated time in it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Speed {
    /// Wall time, s.
    pub(super) seconds: f64,
    /// Steps.
    pub(super) steps: u64,
    /// Simulated time, ps.
    pub(super) simulated_ps: f64,
}

impl Speed {
    pub(super) fn steps_per_second(self) -> Option<f64> {
        (self.seconds > 0.0 && self.steps > 0).then(|| self.steps as f64 / self.seconds)
    }

    pub(super) fn us_per_atom_step(self, atoms: usize) -> Option<f64> {
        self.steps_per_second().map(|rate| 1e6 / (rate * atoms as f64))
    }

    pub(super) fn ns_per_day(self) -> Option<f64> {
        (self.seconds > 0.0 && self.simulated_ps > 0.0)
            .then(|| self.simulated_ps / self.seconds * 86_400.0 * 1e-3)
    }

    /// How long `steps` more would take.
    pub(super) fn time_for(self, steps: u64) -> Option<Duration> {
        let rate = self.steps_per_second()?;
        Duration::try_from_secs_f64(steps as f64 / rate).ok()
    }

    /// Several runs, so many at a time: their steps in the time that all took.
    pub(super) fn together(runs: &[Self], at_a_time: usize) -> Self {
        let longest = runs.iter().map(|run| run.seconds).fold(0.0, f64::max);
        let shared = runs.iter().map(|run| run.seconds).sum::<f64>() / at_a_time as f64;
        let seconds = longest.max(shared);
        let steps = runs.iter().map(|run| run.steps).sum();
        let simulated_ps = runs.iter().map(|run| run.simulated_ps).sum();
        Self { seconds, steps, simulated_ps }
    }
}

/// Measures a stage while it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct StageClock {
    started: Instant,
    first_step: u64,
    first_ps: f64,
}

impl StageClock {
    pub(super) fn start(step: u64, time_ps: f64) -> Self {
        Self { started: Instant::now(), first_step: step, first_ps: time_ps }
    }

    /// The speed since the start, at a moment.
    pub(super) fn read(&self, step: u64, time_ps: f64) -> Speed {
        Speed {
            seconds: self.started.elapsed().as_secs_f64(),
            steps: step - self.first_step,
            simulated_ps: time_ps - self.first_ps,
        }
    }
}

impl std::ops::AddAssign for Speed {
    fn add_assign(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.steps += other.steps;
        self.simulated_ps += other.simulated_ps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_speed_agree() {
        let speed = Speed { seconds: 2.0, steps: 1000, simulated_ps: 1.0 };
        assert_eq!(speed.steps_per_second(), Some(500.0));
        assert_eq!(speed.us_per_atom_step(200), Some(10.0));
        assert!((speed.ns_per_day().expect("it moved") - 43.2).abs() < 1e-12);
        assert_eq!(speed.time_for(250), Some(Duration::from_millis(500)));
        assert_eq!(Speed::default().steps_per_second(), None);
    }

    #[test]
    fn replicas_run_at_the_same_time() {
        let one = Speed { seconds: 2.0, steps: 100, simulated_ps: 0.1 };
        assert_eq!(Speed::together(&[one, one], 2).steps_per_second(), Some(100.0));
        assert_eq!(Speed::together(&[one; 4], 2).steps_per_second(), Some(100.0));
    }
}
