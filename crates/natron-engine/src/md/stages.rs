//! `stages[]` and `stages_combined[]` of summary.json.

use natron_dynamics::plan::{Stage, StageKind};
use natron_dynamics::summary::DynamicsSummary;
use natron_dynamics::{StageResult, StageSummary};
use serde_json::{Map, Value};

use super::run::Replica;
use crate::envelope::{json, put_number};

/// The stage that the temperature and the drift are those of: the last recorded one, else the last dynamics.
pub(super) fn measured<'s>(plan: &[Stage], done: &'s [StageSummary]) -> Option<&'s DynamicsSummary> {
    let recorded = |summary: &&StageSummary| {
        plan.iter().any(|stage| {
            stage.name == summary.name
                && matches!(&stage.kind, StageKind::Dynamics(d) if d.trajectory_every.is_some())
        })
    };
    let last = done.iter().rev().filter(recorded).find_map(dynamics);
    last.or_else(|| done.iter().rev().find_map(dynamics))
}

fn dynamics(summary: &StageSummary) -> Option<&DynamicsSummary> {
    match &summary.result {
        StageResult::Dynamics(dynamics) => Some(dynamics),
        StageResult::Minimise { .. } => None,
    }
}

/// Every completed stage of every replica.
pub(super) fn each(replicas: &[Replica]) -> Value {
    let one = |replica: &Replica| -> Vec<Value> {
        let shown = |summary: &StageSummary| {
            let Value::Object(mut map) = json(summary) else { unreachable!("a stage summary is an object") };
            if replicas.len() > 1 {
                map.insert("replica".into(), replica.number.into());
            }
            note_nulls(&mut map, "the stage is too short for it, or the cell is not periodic");
            Value::Object(map)
        };
        replica.stages.iter().map(shown).collect()
    };
    replicas.iter().flat_map(one).collect()
}

/// Puts a note beside every null.
fn note_nulls(map: &mut Map<String, Value>, note: &str) {
    let nulls: Vec<String> =
        map.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.clone()).collect();
    for key in nulls {
        map.entry(format!("{key}_note")).or_insert(note.into());
    }
}

/// A number of a dynamics stage.
type Quantity = fn(&DynamicsSummary) -> Option<f64>;

/// What is averaged over replicas, by its key.
const QUANTITIES: [(&str, Quantity); 4] = [
    ("temperature_K", |s| Some(s.temperature_mean_k)),
    ("potential_energy_eV", |s| Some(s.potential_energy_mean_ev)),
    ("pressure_GPa", |s| s.pressure_mean_gpa),
    ("energy_drift_meV_per_atom_ps", |s| s.energy_drift_mev_per_atom_ps),
];

/// For each dynamics stage the mean over the replicas that completed it, and the standard deviation between them.
pub(super) fn combined(replicas: &[Replica]) -> Value {
    let Some(longest) = replicas.iter().map(|replica| &replica.stages).max_by_key(|stages| stages.len())
    else {
        return Value::Array(Vec::new());
    };
    let one = |stage: &StageSummary| {
        dynamics(stage)?;
        let named = |replica: &'_ Replica| -> Option<DynamicsSummary> {
            replica.stages.iter().find(|done| done.name == stage.name).and_then(dynamics).cloned()
        };
        let done: Vec<DynamicsSummary> = replicas.iter().filter_map(named).collect();
        let mut map = Map::new();
        map.insert("name".into(), stage.name.clone().into());
        map.insert("replicas".into(), done.len().into());
        for (key, value) in QUANTITIES {
            let values: Vec<f64> = done.iter().filter_map(value).collect();
            let (mean, spread) = mean_and_spread(&values);
            put_number(
                &mut map,
                &format!("{key}_mean"),
                mean,
                "the stage is too short for it, or the cell is not periodic",
            );
            put_number(&mut map, &format!("{key}_std"), spread, "it takes two replicas with a value");
        }
        Some(Value::Object(map))
    };
    longest.iter().filter_map(one).collect()
}

/// Mean and standard deviation (n - 1) of the values of replicas.
fn mean_and_spread(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (Some(mean), (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_a_sample() {
        assert_eq!(mean_and_spread(&[]), (None, None));
        assert_eq!(mean_and_spread(&[3.0]), (Some(3.0), None));
        assert_eq!(mean_and_spread(&[1.0, 3.0]), (Some(2.0), Some(2.0_f64.sqrt())));
    }
}
