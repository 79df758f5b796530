//! summary.json, the table at the end, and the report beside them.

use std::path::Path;

use natron_dynamics::plan::{Stage, StageKind};
use natron_dynamics::summary::DynamicsSummary;
use natron_dynamics::{StageResult, StageSummary};
use serde_json::{Map, Value};

use super::run::{Replica, TRAJECTORY};
use super::speed::Speed;
use super::{MdJob, report};
use crate::diffusion::{self, Analysis};
use crate::envelope::{Build, json, put_number};
use crate::job::RunOutcome;
use crate::watch::{Stop, Watch};
use crate::{Failure, files};

/// What is the same for the summary of the whole run and of each replica.
pub(super) struct Summary<'a> {
    pub(super) job: &'a MdJob,
    pub(super) build: &'a Build,
    pub(super) started_utc: String,
    pub(super) stopped: Option<Stop>,
    pub(super) threads: usize,
}

/// Analyses the trajectories and writes summary.json and report.html, for each replica and for all together.
pub(super) fn write_results(
    summary: &Summary<'_>,
    directory: &Path,
    replicas: &[Replica],
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    if replicas.len() > 1 {
        for replica in replicas {
            write_one(summary, &replica.directory, std::slice::from_ref(replica), watch)?;
        }
    }
    write_one(summary, directory, replicas, watch)
}

fn write_one(
    summary: &Summary<'_>,
    directory: &Path,
    replicas: &[Replica],
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    let job = summary.job;
    let analyses = analyse(job, replicas, watch);
    let value = Value::Object(summary.json(replicas, &analyses));
    let mut text = serde_json::to_string_pretty(&value).expect("a JSON value is text");
    text.push('\n');
    let (summary_path, report_path) = (directory.join("summary.json"), directory.join("report.html"));
    files::replace(&summary_path, text.as_bytes())?;
    let rows = rows(&value);
    let page = report::page(job, replicas, &analyses, &rows, summary.stopped);
    files::replace(&report_path, page.as_bytes())?;
    Ok(RunOutcome {
        summary: value,
        table: report::text_table(&rows),
        reports: vec![report_path, summary_path],
        stopped: summary.stopped,
    })
}

/// One analysis for each mobile species; a reason in words where there can be none.
fn analyse(job: &MdJob, replicas: &[Replica], watch: &dyn Watch) -> Result<Vec<Analysis>, String> {
    if !job.is_recorded() {
        return Err("no stage is recorded".into());
    }
    if job.plan.mobile.is_empty() {
        return Err("analysis.mobile names no species".into());
    }
    let paths: Vec<_> = replicas.iter().map(|replica| replica.directory.join(TRAJECTORY)).collect();
    diffusion::analyse(&paths, &job.plan.mobile, &job.plan.reference).map_err(|failure| {
        let reason = failure.causes()[0].message.clone();
        watch.warning(&format!("no diffusion coefficient: {reason}"));
        reason
    })
}

impl Summary<'_> {
    fn json(&self, replicas: &[Replica], analyses: &Result<Vec<Analysis>, String>) -> Map<String, Value> {
        let job = self.job;
        let mut map = self.build.envelope("md");
        put_diffusion(&mut map, analyses);
        let measured: Vec<&DynamicsSummary> =
            replicas.iter().filter_map(|replica| measured(&job.plan.run.stages, &replica.stages)).collect();
        let mean = |value: fn(&DynamicsSummary) -> Option<f64>| {
            let values: Option<Vec<f64>> = measured.iter().map(|summary| value(summary)).collect();
            values.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
        };
        let unfinished = "no dynamics stage was completed";
        put_number(&mut map, "temperature_K_mean", mean(|s| Some(s.temperature_mean_k)), unfinished);
        let drift = mean(|s| s.energy_drift_mev_per_atom_ps);
        put_number(&mut map, "energy_drift_meV_per_atom_ps", drift, unfinished);
        let speed = Speed::together(&replicas.iter().map(|replica| replica.speed).collect::<Vec<_>>());
        let still = "no step of dynamics was made";
        put_number(&mut map, "steps_per_second", speed.steps_per_second(), still);
        put_number(&mut map, "us_per_atom_step", speed.us_per_atom_step(job.atoms()), still);
        put_number(&mut map, "ns_per_day", speed.ns_per_day(), still);
        map.insert("diffusion".into(), diffusion_json(analyses));
        map.insert("stages".into(), stages(replicas));
        map.insert("atoms".into(), job.atoms().into());
        map.insert("replicas".into(), replicas.len().into());
        let potential =
            serde_json::json!({ "name": job.potential.name, "sha256": job.potential.sha256_hex() });
        map.insert("potential".into(), potential);
        map.insert("simd".into(), job.potential.simd.into());
        map.insert("precision".into(), job.potential.precision.into());
        map.insert("threads".into(), self.threads.into());
        map.insert("seed".into(), job.plan.run.seed.into());
        map.insert("started_utc".into(), self.started_utc.clone().into());
        map.insert("ended_utc".into(), super::now_utc().into());
        map.insert("finished".into(), replicas.iter().all(|replica| replica.finished).into());
        map.insert("stopped_by".into(), self.stopped.map(Stop::name).into());
        map
    }
}

/// The keys of mobile[0] at top level.
fn put_diffusion(map: &mut Map<String, Value>, analyses: &Result<Vec<Analysis>, String>) {
    const KEYS: [&str; 2] = ["D_m2_per_s", "D_err_m2_per_s"];
    let first = analyses.as_ref().ok().and_then(|analyses| analyses.first());
    let Some(Value::Object(result)) = first.map(|analysis| json(&analysis.diffusion.result)) else {
        let why = analyses.as_ref().err().map_or("there is no mobile species", String::as_str);
        for key in KEYS {
            put_number(map, key, None, why);
        }
        return;
    };
    for key in KEYS {
        let note = result.get(&format!("{key}_note")).and_then(Value::as_str).unwrap_or("not finite");
        put_number(map, key, result.get(key).and_then(Value::as_f64), note);
    }
}

fn diffusion_json(analyses: &Result<Vec<Analysis>, String>) -> Value {
    analyses.iter().flatten().map(|analysis| json(&analysis.diffusion.result)).collect()
}

/// The stage that the temperature and the drift are those of: the last recorded one, else the last dynamics.
fn measured<'s>(plan: &[Stage], done: &'s [StageSummary]) -> Option<&'s DynamicsSummary> {
    let recorded = |summary: &&StageSummary| {
        plan.iter().any(|stage| {
            stage.name == summary.name
                && matches!(&stage.kind, StageKind::Dynamics(d) if d.trajectory_every.is_some())
        })
    };
    let dynamics = |summary: &'s StageSummary| match &summary.result {
        StageResult::Dynamics(dynamics) => Some(dynamics),
        StageResult::Minimise { .. } => None,
    };
    let last = done.iter().rev().filter(recorded).find_map(dynamics);
    last.or_else(|| done.iter().rev().find_map(dynamics))
}

fn stages(replicas: &[Replica]) -> Value {
    let one = |(number, replica): (usize, &Replica)| -> Vec<Value> {
        let shown = |summary: &StageSummary| {
            let Value::Object(mut map) = json(summary) else { unreachable!("a stage summary is an object") };
            if replicas.len() > 1 {
                map.insert("replica".into(), number.into());
            }
            note_nulls(&mut map, "the stage is too short for it, or the cell is not periodic");
            Value::Object(map)
        };
        replica.stages.iter().map(shown).collect()
    };
    replicas.iter().enumerate().flat_map(one).collect()
}

/// Puts a note beside every null.
fn note_nulls(map: &mut Map<String, Value>, note: &str) {
    let nulls: Vec<String> =
        map.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.clone()).collect();
    for key in nulls {
        map.entry(format!("{key}_note")).or_insert(note.into());
    }
}

/// What the table at the end and the report say: quantity and value.
fn rows(summary: &Value) -> Vec<(String, String)> {
    let number = |key: &str| summary[key].as_f64();
    let mut rows = Vec::new();
    let mut add = |name: &str, value: String| rows.push((name.to_string(), value));
    if let Some(temperature) = number("temperature_K_mean") {
        add("temperature", format!("{temperature:.1} K"));
    }
    for entry in summary["diffusion"].as_array().into_iter().flatten() {
        let species = entry["species"].as_str().unwrap_or_default();
        for (name, value) in diffusion::rows(entry) {
            add(&format!("{name} ({species})"), value);
        }
    }
    if summary["diffusion"].as_array().is_none_or(Vec::is_empty) {
        let why = summary["D_m2_per_s_note"].as_str().unwrap_or_default();
        add("D", format!("none: {why}"));
    }
    if let Some(drift) = number("energy_drift_meV_per_atom_ps") {
        add("drift of the energy", format!("{drift:.2e} meV/atom/ps"));
    }
    if let (Some(rate), Some(cost)) = (number("steps_per_second"), number("us_per_atom_step")) {
        add("speed", format!("{rate:.1} steps/s, {cost:.2} us/atom/step"));
    }
    if let Some(ns) = number("ns_per_day") {
        add("simulated", format!("{ns:.2} ns/day"));
    }
    rows
}
