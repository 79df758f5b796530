//! How far a run is: a bar on a terminal, else one plain line a minute.

use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use natron_engine::watch::{Progress, Stop, Thermo, Watch};

use crate::output::Output;
use crate::signals::Signals;
use crate::time_limit;

/// Time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(60);
/// The same with `-vv`.
const LINE_EVERY_VERBOSE: Duration = Duration::from_secs(5);

/// The watch of a command line.
pub struct Screen<'o> {
    output: &'o Output,
    signals: Signals,
    deadline: Option<Instant>,
    state: Mutex<State>,
}

struct State {
    /// The latest word of each replica.
    replicas: Vec<Option<Progress>>,
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl<'o> Screen<'o> {
    /// A screen that also listens for signals and to the clock.
    ///
    /// # Errors
    /// The system refuses the signal handler.
    pub fn new(output: &'o Output, deadline: Option<Instant>) -> io::Result<Self> {
        let bar = (!output.quiet && io::stderr().is_terminal()).then(bar);
        Ok(Self {
            output,
            signals: Signals::listen()?,
            deadline,
            state: Mutex::new(State { replicas: Vec::new(), bar, last_line: Instant::now() }),
        })
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.lock().bar {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn line_every(&self) -> Duration {
        if self.output.verbose > 1 { LINE_EVERY_VERBOSE } else { LINE_EVERY }
    }

    /// Prints without tearing the bar.
    fn print(&self, print: impl FnOnce(&Output)) {
        match &self.lock().bar {
            Some(bar) => bar.suspend(|| print(self.output)),
            None => print(self.output),
        }
    }
}

fn bar() -> ProgressBar {
    // Speed and state on a line of their own: beside them 80 columns leave no room for the bar.
    let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len}\n{prefix}")
        .expect("the template is valid")
        .progress_chars("=> ");
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar
}

impl Watch for Screen<'_> {
    fn progress(&self, progress: &Progress) {
        let mut state = self.lock();
        if state.replicas.len() <= progress.replica {
            state.replicas.resize(progress.replica + 1, None);
        }
        state.replicas[progress.replica] = Some(progress.clone());
        let total = Total::of(&state.replicas);
        match &state.bar {
            Some(bar) => {
                bar.set_length(total.steps_total);
                bar.set_position(total.steps_done);
                bar.set_message(progress.stage.clone());
                bar.set_prefix(total.speed());
            }
            None if state.last_line.elapsed() >= self.line_every() => {
                state.last_line = Instant::now();
                drop(state);
                self.output.info(&total.line(&progress.stage));
            }
            None => {}
        }
    }

    fn info(&self, text: &str) {
        self.print(|output| output.info(text));
    }

    fn warning(&self, text: &str) {
        self.print(|output| output.warning(text));
    }

    fn detail(&self, text: &str) {
        self.print(|output| output.detail(text));
    }

    fn stop(&self) -> Option<Stop> {
        let late = || self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        self.signals.received().or_else(|| late().then_some(Stop::MaxTime))
    }
}

/// All replicas together.
#[derive(Debug, Default, PartialEq)]
struct Total {
    steps_done: u64,
    steps_total: u64,
    state: Option<Thermo>,
    ns_per_day: Option<f64>,
    time_left: Option<Duration>,
}

impl Total {
    fn of(replicas: &[Option<Progress>]) -> Self {
        let mut total = Self::default();
        let (mut longest, mut steps_per_second) = (None, 0.0);
        for progress in replicas.iter().flatten() {
            total.steps_done += progress.steps_done;
            total.steps_total += progress.steps_total;
            total.ns_per_day = match (total.ns_per_day, progress.ns_per_day) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            };
            total.state = total.state.into_iter().chain(progress.state).reduce(worse);
            longest = longest.max(progress.time_left);
            if let Some(left) = progress.time_left.filter(|left| !left.is_zero()) {
                steps_per_second += (progress.steps_total - progress.steps_done) as f64 / left.as_secs_f64();
            }
        }
        // Replicas that wait for a thread have no speed yet; the others will have gone on by then.
        let left = (total.steps_total - total.steps_done) as f64;
        let together = Duration::try_from_secs_f64(left / steps_per_second).ok();
        total.time_left = longest.map(|longest| together.map_or(longest, |all| all.max(longest)));
        total
    }

    fn speed(&self) -> String {
        let speed = self.ns_per_day.map(|ns| format!("{ns:.2} ns/day"));
        let state = self.state.map(|now| {
            let Thermo { temperature_k, total_energy_ev, drift_mev_per_atom } = now;
            format!("{temperature_k:.0} K, {total_energy_ev:.3} eV, drift {drift_mev_per_atom:+.3} meV/atom")
        });
        let left = self.time_left.map(|left| format!("{} left", time_limit::shown(left)));
        [speed, state, left].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn line(&self, stage: &str) -> String {
        let percent = 100.0 * self.steps_done as f64 / self.steps_total.max(1) as f64;
        let head = format!("{stage}: step {}/{} ({percent:.0} %)", self.steps_done, self.steps_total);
        match self.speed() {
            speed if speed.is_empty() => head,
            speed => format!("{head}, {speed}"),
        }
    }
}

/// Of several replicas the one that drifts most is worth a look.
fn worse(a: Thermo, b: Thermo) -> Thermo {
    if b.drift_mev_per_atom.abs() > a.drift_mev_per_atom.abs() { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_add_up() {
        let one = |replica, left| {
            Some(Progress {
                replica,
                stage: "run".into(),
                steps_done: 50,
                steps_total: 200,
                state: Some(Thermo {
                    temperature_k: 300.0,
                    total_energy_ev: -8.5,
                    drift_mev_per_atom: -0.01 * left as f64,
                }),
                ns_per_day: Some(1.5),
                time_left: Some(Duration::from_secs(left)),
            })
        };
        let total = Total::of(&[one(0, 10), None, one(2, 3661)]);
        assert_eq!(
            total.line("run"),
            "run: step 100/400 (25 %), 3.00 ns/day, 300 K, -8.500 eV, drift -36.610 meV/atom, 01:01:01 left"
        );
    }

    /// Two at work with 100 steps to go in 50 s each, two waiting with 100 steps each: as long again.
    #[test]
    fn who_waits_for_a_thread_takes_time_too() {
        let one = |replica, ns_per_day, left: Option<u64>| {
            let time_left = left.map(Duration::from_secs);
            let stage = "run".into();
            let (steps_done, steps_total, state) = (0, 100, None);
            Some(Progress { replica, stage, steps_done, steps_total, state, ns_per_day, time_left })
        };
        let total = Total::of(&[
            one(0, Some(1.0), Some(50)),
            one(1, Some(1.0), Some(50)),
            one(2, None, None),
            one(3, None, None),
        ]);
        assert_eq!(total.line("run"), "run: step 0/400 (0 %), 2.00 ns/day, 00:01:40 left");
    }
}
