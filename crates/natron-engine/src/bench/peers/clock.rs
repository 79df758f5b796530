//! Time of a stretch of work on this thread, by the wall and by the processor.

use std::time::Instant;

/// Started when a stretch of work begins.
pub(super) struct Clock {
    started: Instant,
    processor_ns: Option<u64>,
}

impl Clock {
    /// Begins now.
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), processor_ns: processor_ns() }
    }

    /// Wall time since then, s.
    pub(super) fn wall_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Processor time of this thread since then, s, where the system tells.
    pub(super) fn processor_s(&self) -> Option<f64> {
        Some((processor_ns()? - self.processor_ns?) as f64 * 1e-9)
    }
}

/// Linux keeps the nanoseconds a thread has run.
fn processor_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().filter(|ns| *ns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_takes_no_processor_time() {
        let clock = Clock::start();
        std::thread::sleep(std::time::Duration::from_millis(60));
        assert!(clock.wall_s() >= 0.06);
        if let Some(processor) = clock.processor_s() {
            assert!(processor < 0.03, "{processor}");
        }
    }
}
