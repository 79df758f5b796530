//! How far the kernel is from what the processor could do.

use std::time::{Duration, Instant};

use natron_descriptor::SimdPath;
use natron_descriptor::peak::{CHAINS, multiply_adds_f32, multiply_adds_f64};
use serde_json::{Value, json};

use super::operations::Operations;

/// A burst of multiply-adds lasts about so long: shorter than a time slice, so that some burst is undisturbed.
const BURST: Duration = Duration::from_millis(2);
/// Bursts for each number of chains.
const BURSTS: usize = 25;

/// The least time an atom and step can take on this machine, and how near the kernel comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    /// SIMD path.
    pub simd: &'static str,
    /// `f32` or `f64`.
    pub precision: &'static str,
    /// Operations on sixteen numbers that one core does in a second.
    pub peak_per_s: f64,
    /// What the kernel does of them for an atom.
    pub operations: Operations,
    /// Measured on one thread, us per atom and step.
    pub measured_us: f64,
}

impl Floor {
    /// Measures the peak of one core.
    pub(super) fn measure(
        simd: &'static str,
        precision: &'static str,
        operations: Operations,
        measured_us: f64,
    ) -> Self {
        let path = SimdPath::from_name(simd).unwrap_or(SimdPath::Portable);
        Self { simd, precision, peak_per_s: peak_per_s(path, precision == "f64"), operations, measured_us }
    }

    /// The least time, us per atom and step.
    pub fn floor_us(&self) -> f64 {
        1e6 * self.operations.total() / self.peak_per_s
    }

    /// Share of the measured time that the floor is.
    pub fn fraction(&self) -> f64 {
        self.floor_us() / self.measured_us
    }

    /// Its keys.
    pub(super) fn json(&self) -> Value {
        let count = &self.operations;
        json!({
            "simd": self.simd,
            "precision": self.precision,
            "peak_fma_16_lanes_per_s": self.peak_per_s,
            "fma_16_lanes_per_atom": {
                "neighbours": count.neighbours,
                "radial": count.radial,
                "harmonics": count.harmonics,
                "expansion": count.expansion,
                "contraction": count.contraction,
                "invariants": count.invariants,
                "network": count.network,
                "total": count.total(),
            },
            "us_per_atom_step": self.floor_us(),
            "measured_us_per_atom_step": self.measured_us,
            "fraction": self.fraction(),
        })
    }

    /// One line for people.
    pub fn text(&self) -> String {
        format!(
            "floor {} {}: {:.0} operations on 16 lanes for an atom with {:.1} neighbours at a peak of {:.2e}/s: \
             {:.2} us/atom/step, {:.0} % of it reached",
            self.simd,
            self.precision,
            self.operations.total(),
            self.operations.neighbours,
            self.peak_per_s,
            self.floor_us(),
            100.0 * self.fraction()
        )
    }
}

/// Multiply-adds of sixteen lanes in a second, the best of many bursts.
fn peak_per_s(path: SimdPath, double: bool) -> f64 {
    let burst = |chains: usize, rounds: u64| {
        let started = Instant::now();
        if double {
            std::hint::black_box(multiply_adds_f64(path, chains, rounds));
        } else {
            std::hint::black_box(multiply_adds_f32(path, chains, rounds));
        }
        (rounds * chains as u64) as f64 / started.elapsed().as_secs_f64()
    };
    let rate = burst(CHAINS[0], 100_000);
    let rounds = |chains: usize| (rate * BURST.as_secs_f64() / chains as f64).max(1.0) as u64;
    let bursts = CHAINS.iter().flat_map(|&chains| (0..BURSTS).map(move |_| chains));
    bursts.map(|chains| burst(chains, rounds(chains))).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_work_over_peak() {
        let part = |operations| Operations {
            neighbours: 40.0,
            radial: operations,
            harmonics: 0.0,
            expansion: operations,
            contraction: 0.0,
            invariants: 0.0,
            network: operations,
        };
        let mut floor = Floor::measure(SimdPath::detect().name(), "f32", part(1e3), 5.0);
        // No processor that natron runs on does less than a scalar operation in ten clocks.
        assert!(floor.peak_per_s > 1e6 && floor.peak_per_s.is_finite(), "{}", floor.peak_per_s);
        floor.peak_per_s = 3e9;
        assert!((floor.floor_us() - 1.0).abs() < 1e-12);
        assert!((floor.fraction() - 0.2).abs() < 1e-12);
        assert_eq!(floor.json()["fma_16_lanes_per_atom"]["total"], 3e3);
        assert!(floor.text().contains("1.00 us/atom/step, 20 % of it reached"), "{}", floor.text());
    }
}
