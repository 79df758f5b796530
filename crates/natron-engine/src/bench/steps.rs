//! Times of single steps, and what a step costs by them.

use std::cell::Cell;
use std::time::{Duration, Instant};

use natron_dynamics::{ForceTimes, Moment, Observer, ObserverError, Simulation};

use super::dynamics::failed;
use crate::Failure;

/// What is measured first is not counted: caches and clocks settle.
const WARM_UP: Duration = Duration::from_millis(300);
/// The measurement is cut into so many parts; their differences are its uncertainty.
const PARTS: usize = 5;
/// A measurement takes at least so many steps.
const LEAST_STEPS: usize = 2 * PARTS;
/// It goes on so many times as long as asked for, to see a neighbour list built.
const PATIENCE: u32 = 3;

/// The times of steps, s, and which of them built a neighbour list.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct StepTimes {
    times_s: Vec<f64>,
    rebuilt: Vec<bool>,
}

/// What a step costs, s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) step_s: f64,
    /// Half the distance between the second and the fourth of five parts.
    pub(super) spread_s: f64,
    /// How much more a step costs that builds a neighbour list.
    pub(super) rebuild_s: f64,
    /// The share of such steps.
    pub(super) rebuilds_per_step: f64,
}

/// A stretch of steps whose parts were timed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TimedParts {
    pub(super) times: ForceTimes,
    /// All of it, s.
    pub(super) total_s: f64,
    pub(super) steps: usize,
    /// Neighbour lists built.
    pub(super) rebuilds: u64,
}

impl StepTimes {
    /// The steps of a simulation over `seconds`, after a warm-up; `rebuilds` says whether a list is to be seen built.
    pub(super) fn measure(
        simulation: &mut Simulation<'_>,
        seconds: f64,
        rebuilds: bool,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        simulation.run(&mut (), &|| started.elapsed() >= WARM_UP).map_err(failed)?;
        let mut watch = Stopwatch::new(simulation);
        let enough = Duration::from_secs_f64(seconds);
        let started = Instant::now();
        loop {
            let steps = Cell::new(0usize);
            let stop = || {
                steps.set(steps.get() + 1);
                started.elapsed() >= enough && steps.get() >= LEAST_STEPS
            };
            watch.last = Instant::now();
            simulation.run(&mut watch, &stop).map_err(failed)?;
            let waits = rebuilds && watch.steps.rebuilds() == 0;
            if !waits || started.elapsed() >= PATIENCE * enough {
                return Ok(watch.steps);
            }
        }
    }

    /// Number of steps.
    pub(super) fn len(&self) -> usize {
        self.times_s.len()
    }

    /// Neighbour lists built.
    pub(super) fn rebuilds(&self) -> u64 {
        self.rebuilt.iter().filter(|rebuilt| **rebuilt).count() as u64
    }

    /// The cost of a step of which the share `rebuilds_per_step` builds a list.
    ///
    /// Medians, so that whoever interrupts us does not count; of steps with and without a new list apart, since a
    /// plain median would leave the lists out.
    pub(super) fn cost(&self, rebuilds_per_step: f64) -> Cost {
        let plain =
            |from: usize, to: usize| median(self.kind(false, from, to)).or(median(self.kind(true, from, to)));
        let whole = plain(0, self.len()).unwrap_or(0.0);
        let extra = median(self.kind(true, 0, self.len())).map_or(0.0, |rebuilt| (rebuilt - whole).max(0.0));
        let length = self.len() / PARTS;
        let mut parts: Vec<f64> =
            (0..PARTS).filter_map(|part| plain(part * length, (part + 1) * length)).collect();
        parts.sort_by(f64::total_cmp);
        let spread_s = if parts.len() == PARTS { 0.5 * (parts[3] - parts[1]) } else { 0.0 };
        Cost { step_s: whole + rebuilds_per_step * extra, spread_s, rebuild_s: extra, rebuilds_per_step }
    }

    fn kind(&self, rebuilt: bool, from: usize, to: usize) -> Vec<f64> {
        let steps = self.times_s[from..to].iter().zip(&self.rebuilt[from..to]);
        steps.filter(|(_, r)| **r == rebuilt).map(|(time, _)| *time).collect()
    }
}

/// Middle of the values; `None` of none.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        1 => Some(values[half]),
        _ => (half > 0).then(|| 0.5 * (values[half - 1] + values[half])),
    }
}

/// Times the parts of steps over `seconds`.
pub(super) fn time_parts(simulation: &mut Simulation<'_>, seconds: f64) -> Result<TimedParts, Failure> {
    simulation.time_phases(true);
    let mut watch = Stopwatch::new(simulation);
    let started = watch.last;
    let enough = || started.elapsed().as_secs_f64() >= seconds;
    simulation.run(&mut watch, &enough).map_err(failed)?;
    let times = simulation.times().unwrap_or_default();
    simulation.time_phases(false);
    let steps = watch.steps;
    Ok(TimedParts {
        times,
        total_s: steps.times_s.iter().sum(),
        steps: steps.len(),
        rebuilds: steps.rebuilds(),
    })
}

/// Notes when each step is done.
struct Stopwatch {
    last: Instant,
    last_rebuilds: u64,
    steps: StepTimes,
}

impl Stopwatch {
    fn new(simulation: &Simulation<'_>) -> Self {
        let last_rebuilds = simulation.list_rebuilds();
        Self { last_rebuilds, steps: StepTimes::default(), last: Instant::now() }
    }
}

impl Observer for Stopwatch {
    fn on_step(&mut self, at: Moment) -> Result<(), ObserverError> {
        let now = Instant::now();
        self.steps.times_s.push((now - self.last).as_secs_f64());
        self.steps.rebuilt.push(at.list_rebuilds > self.last_rebuilds);
        (self.last, self.last_rebuilds) = (now, at.list_rebuilds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(period: usize, plain: f64, rebuilt: f64, steps: usize) -> StepTimes {
        let rebuilds = (0..steps).map(|n| n % period == period - 1);
        StepTimes {
            times_s: rebuilds.clone().map(|r| if r { rebuilt } else { plain }).collect(),
            rebuilt: rebuilds.collect(),
        }
    }

    #[test]
    fn new_lists_count_by_their_share() {
        let times = every(10, 1.0, 3.0, 100);
        assert_eq!(times.rebuilds(), 10);
        let cost = times.cost(0.1);
        assert!((cost.step_s - 1.2).abs() < 1e-12 && cost.spread_s == 0.0, "{cost:?}");
        assert!((times.cost(0.05).step_s - 1.1).abs() < 1e-12);
        assert_eq!(every(1, 1.0, 3.0, 100).cost(1.0).step_s, 3.0);
    }

    #[test]
    fn an_interruption_changes_nothing_a_slow_half_shows() {
        let mut times = every(10, 1.0, 3.0, 100);
        times.times_s[17] = 500.0;
        assert!((times.cost(0.1).step_s - 1.2).abs() < 1e-12);
        for time in &mut times.times_s[60..] {
            *time *= 2.0;
        }
        assert!(times.cost(0.1).spread_s > 0.4);
    }

    #[test]
    fn the_median_of_few() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![2.0]), Some(2.0));
        assert_eq!(median(vec![3.0, 1.0]), Some(2.0));
    }
}
