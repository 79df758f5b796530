//! What a run will need: time, memory and disk, from a few evaluations of its start. Nothing is run.

use std::time::{Duration, Instant};

use natron_atoms::NeighbourList;
use natron_dynamics::plan::{StageKind, TrajectoryPrecision};
use natron_potential::Evaluation;
use rayon::ThreadPoolBuilder;
use serde_json::json;

use super::{MdJob, replicas};
use crate::bench::memory::Memory;
use crate::job::Estimate;

/// The forces are evaluated for so long, after a first time that fills the caches.
const PATIENCE: Duration = Duration::from_millis(300);
/// And so often at most.
const EVALUATIONS: u32 = 50;
/// What a step takes besides its forces: neighbour lists, integration, output (docs/performance.md).
const BESIDES: f64 = 1.1;

impl MdJob {
    /// Measures the start of the run; `None` where it cannot be evaluated, which the run itself would say better.
    pub(super) fn measure(&self) -> Option<Estimate> {
        let threads = rayon::current_num_threads();
        let shares = replicas::shares(self.plan.replicas, threads);
        let before = Memory::now();
        let pool = ThreadPoolBuilder::new().num_threads(shares[0]).build().ok()?;
        let step_s = BESIDES * pool.install(|| self.evaluation_s())?;
        let after = Memory::now();
        let rounds = (self.plan.replicas as usize).div_ceil(shares.len());
        let dynamics = || {
            self.plan.run.stages.iter().filter_map(|stage| match &stage.kind {
                StageKind::Dynamics(dynamics) => Some(dynamics),
                StageKind::Minimise(_) => None,
            })
        };
        let steps: u64 = dynamics().map(|stage| stage.steps).sum();
        let frames: u64 = dynamics()
            .filter_map(|stage| stage.trajectory_every.map(|every| stage.steps / every.get()))
            .sum();
        let atoms = self.atoms() as f64;
        let wall_s = rounds as f64 * steps as f64 * step_s;
        let recorded = &self.plan.output.all;
        let vectors = 1 + u32::from(recorded.velocities) + u32::from(recorded.forces);
        let bytes = match recorded.precision {
            TrajectoryPrecision::F32 => 4.0,
            TrajectoryPrecision::F64 => 8.0,
        };
        let all_frames = frames as f64 * f64::from(self.plan.replicas);
        let disk_mb = all_frames * atoms * 3.0 * f64::from(vectors) * bytes * 1e-6;
        let mobile = self.start.structure.species.iter().filter(|s| self.plan.mobile.contains(s)).count();
        let analysis_mb = all_frames * (mobile + 1) as f64 * 24e-6;
        let memory_mb = before.zip(after).map(|(before, after)| {
            let one = after.resident.saturating_sub(before.resident) as f64 * 1e-6;
            after.resident as f64 * 1e-6 + one * (shares.len() - 1) as f64 + analysis_mb
        });
        let memory = memory_mb.map_or(String::new(), |mb| format!(", {mb:.0} MB of memory"));
        let minimised = self.plan.run.stages.iter().any(|stage| matches!(stage.kind, StageKind::Minimise(_)));
        let besides = if minimised { ", minimisation not counted" } else { "" };
        Some(Estimate {
            text: format!(
                "about {}{memory}, up to {disk_mb:.0} MB of trajectory ({:.1} us per atom and step{besides})",
                in_words(wall_s),
                step_s * 1e6 / atoms
            ),
            json: json!({
                "dynamics_wall_time_s": wall_s,
                "us_per_atom_step": step_s * 1e6 / atoms,
                "steps": steps,
                "memory_MB": memory_mb,
                "trajectory_MB": disk_mb,
            }),
        })
    }

    /// What one evaluation of the start takes, s.
    fn evaluation_s(&self) -> Option<f64> {
        let (structure, potential) = (&self.start.structure, &self.potential.potential);
        let skin_a = self.plan.run.skin.get();
        let list = NeighbourList::build_by_pair(structure, potential.cutoffs(), skin_a).ok()?;
        let mut evaluator = potential.evaluator();
        let mut out = Evaluation::zeros(structure.len());
        evaluator.evaluate(structure, &list, &mut out).ok()?;
        let (begin, mut count) = (Instant::now(), 0);
        while count == 0 || (count < EVALUATIONS && begin.elapsed() < PATIENCE) {
            evaluator.evaluate(structure, &list, &mut out).ok()?;
            count += 1;
        }
        Some(begin.elapsed().as_secs_f64() / f64::from(count))
    }
}

/// A time with its unit.
fn in_words(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn times_have_a_fitting_unit() {
        let found = [3.0, 600.0, 7200.0, 864_000.0].map(in_words);
        assert_eq!(found, ["3 s", "10 min", "2.0 h", "10.0 days"]);
    }
}
