//! What the time of a step goes to.

use natron_potential::PhaseTimes;
use serde_json::{Map, Value};

use super::steps::{Cost, TimedParts};
use crate::envelope::put_number;

/// Parts of a step, us per atom and step of one replica; list, evaluation and integration add up to the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Keeping the neighbour list up to date.
    pub neighbour_list: f64,
    /// Energy, forces and virial, by the clock.
    pub evaluation: f64,
    /// Of it: pairs, radial functions, harmonics, density, features. These three are processor time, summed over
    /// threads; `None` where the potential does not tell them apart.
    pub forward: Option<f64>,
    /// Of it: energies from features, and their gradient.
    pub network: Option<f64>,
    /// Of it: from that gradient to forces and the virial.
    pub backward: Option<f64>,
    /// Of it: the dispersion term and its lists, by the clock; `None` where the potential has none.
    pub dispersion: Option<f64>,
    /// All the rest of a step: moving the atoms, checks, averages.
    pub integration: f64,
}

impl Split {
    /// For a step that costs `cost`, in the proportions of a stretch of steps whose parts were timed: timing costs time,
    /// so that the whole is measured without. The stretch may hold more or fewer new lists than its share; what one
    /// costs is known from steps with and without.
    pub(super) fn new(timed: &TimedParts, cost: &Cost, atoms: usize) -> Self {
        let steps = timed.steps as f64;
        let list = timed.times.neighbour_list.as_secs_f64();
        let evaluation = timed.times.evaluation.as_secs_f64();
        let checks = (list - timed.rebuilds as f64 * cost.rebuild_s).max(0.0) / steps;
        let list_s = (checks + cost.rebuilds_per_step * cost.rebuild_s).min(cost.step_s);
        let rest = (cost.step_s - list_s) / (timed.total_s - list);
        let us = |seconds: f64| 1e6 * seconds / atoms as f64;
        let phase = |of: fn(PhaseTimes) -> f64| timed.times.phases.map(|phases| us(rest * of(phases)));
        Self {
            neighbour_list: us(list_s),
            evaluation: us(rest * evaluation),
            forward: phase(|phases| phases.forward_s),
            network: phase(|phases| phases.network_s),
            backward: phase(|phases| phases.backward_s),
            dispersion: timed.times.phases.and_then(|phases| Some(us(rest * phases.dispersion_s?))),
            integration: us(rest * (timed.total_s - list - evaluation).max(0.0)),
        }
    }

    /// Its keys.
    pub(super) fn json(&self) -> Value {
        let mut map = Map::new();
        let note = "this potential does not time its parts";
        let parts = [
            ("neighbour_list", Some(self.neighbour_list)),
            ("evaluation", Some(self.evaluation)),
            ("forward", self.forward),
            ("network", self.network),
            ("backward", self.backward),
            ("integration", Some(self.integration)),
        ];
        for (key, value) in parts {
            put_number(&mut map, key, value, note);
        }
        if self.dispersion.is_some() {
            put_number(&mut map, "dispersion", self.dispersion, note);
        }
        map.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use natron_dynamics::ForceTimes;
    use std::time::Duration;

    fn timed(phases: Option<PhaseTimes>) -> TimedParts {
        let times = ForceTimes {
            neighbour_list: Duration::from_millis(130),
            evaluation: Duration::from_millis(800),
            phases,
        };
        TimedParts { times, total_s: 1.13, steps: 100, rebuilds: 3 }
    }

    /// 10 ms a step without lists; a new one costs 30 ms, and every tenth step has one.
    const COST: Cost =
        Cost { step_s: 0.0134, spread_s: 0.0, processor_s: None, rebuild_s: 0.03, rebuilds_per_step: 0.1 };

    #[test]
    fn the_parts_add_up_to_the_whole() {
        let phases = PhaseTimes { forward_s: 0.4, network_s: 0.2, backward_s: 0.1, dispersion_s: Some(0.05) };
        let split = Split::new(&timed(Some(phases)), &COST, 100);
        assert!((split.neighbour_list + split.evaluation + split.integration - 134.0).abs() < 1e-9);
        // 0.4 ms to check in each step and a tenth of 30 ms.
        assert!((split.neighbour_list - 34.0).abs() < 1e-9, "{split:?}");
        assert!((split.evaluation - 80.0).abs() < 1e-9);
        assert!((split.forward.expect("timed") - 40.0).abs() < 1e-9);
        assert!(split.json()["dispersion"].as_f64().is_some_and(|us| (us - 5.0).abs() < 1e-9));
    }

    #[test]
    fn what_is_not_timed_is_null() {
        let value = Split::new(&timed(None), &COST, 100).json();
        assert!(value["forward"].is_null() && value["forward_note"].is_string());
        assert!(value.get("dispersion").is_none(), "a key only where there is such a term");
        assert!(value["evaluation"].as_f64().is_some_and(|us| (us - 80.0).abs() < 1e-9));
    }
}
