//! summary.json, the table at the end, and the report beside them.

use std::path::Path;

use natron_dynamics::summary::DynamicsSummary;
use serde_json::{Map, Value};

use super::replicas::shares;
use super::run::{Replica, TRAJECTORY};
use super::speed::Speed;
use super::{MdJob, report, stages};
use crate::diffusion::{self, DiffusionReport};
use crate::envelope::{Build, json, put_number};
use crate::job::{Job, RunOutcome};
use crate::watch::{Stop, Watch};
use crate::{Failure, RunError, files};

/// What is the same for the summary of the whole run and of each replica.
pub(super) struct Summary<'a> {
    pub(super) job: &'a MdJob,
    pub(super) build: &'a Build,
    pub(super) started_utc: String,
    pub(super) threads: usize,
}

/// Writes the results of all replicas together. `results` has an entry for each, `None` if it was stopped before it began.
/// What the others found is written also where one has failed; then the failures are the answer.
pub(super) fn write_results(
    summary: &Summary<'_>,
    directory: &Path,
    results: Vec<Result<Option<Replica>, Failure>>,
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    let one = results.len() == 1;
    let (mut replicas, mut failures) = (Vec::new(), Vec::new());
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Ok(replica) => replicas.extend(replica),
            Err(failure) if one => return Err(failure),
            Err(failure) => failures.extend(failure.causes().into_iter().map(|cause| RunError {
                message: format!("replica {number}: {}", cause.message),
                file: cause.file,
                help: cause.help,
            })),
        }
    }
    if failures.is_empty() {
        return write_one(summary, directory, &replicas, watch);
    }
    if !replicas.is_empty() {
        write_one(summary, directory, &replicas, watch)?;
    }
    Err(Failure::Run(failures))
}

/// Analyses the trajectories of one or all replicas and writes summary.json and report.html.
pub(super) fn write_one(
    summary: &Summary<'_>,
    directory: &Path,
    replicas: &[Replica],
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    let job = summary.job;
    let found = analyse(job, replicas, watch);
    let alone = directory != job.directory;
    let wanted = if alone { 1 } else { job.plan.replicas as usize };
    let finished = replicas.iter().filter(|replica| replica.finished).count() == wanted;
    let stopped = if finished { None } else { watch.stop() };
    let mut map = summary.json(replicas, &found);
    match replicas {
        [replica] if alone => map.insert("replica".into(), replica.number.into()),
        _ if wanted > 1 => map.insert("stages_combined".into(), stages::combined(replicas)),
        _ => None,
    };
    map.insert("warnings".into(), job.warnings().into());
    map.insert("finished".into(), finished.into());
    map.insert("stopped_by".into(), stopped.map(Stop::name).into());
    let value = Value::Object(map);
    let mut text = serde_json::to_string_pretty(&value).expect("a JSON value is text");
    text.push('\n');
    let (summary_path, report_path) = (directory.join("summary.json"), directory.join("report.html"));
    files::replace(&summary_path, text.as_bytes())?;
    let rows = rows(&value);
    let page = report::page(summary, replicas, &found, &rows, &value, stopped);
    files::replace(&report_path, page.as_bytes())?;
    Ok(RunOutcome {
        summary: value,
        table: report::text_table(&rows),
        reports: vec![report_path, summary_path],
        stopped,
    })
}

/// What the trajectories say; a reason in words where there can be none.
fn analyse(job: &MdJob, replicas: &[Replica], watch: &dyn Watch) -> Result<DiffusionReport, String> {
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
    fn json(&self, replicas: &[Replica], found: &Result<DiffusionReport, String>) -> Map<String, Value> {
        let job = self.job;
        let mut map = self.build.envelope("md");
        put_diffusion(&mut map, found);
        let measured: Vec<&DynamicsSummary> = replicas
            .iter()
            .filter_map(|replica| stages::measured(&job.plan.run.stages, &replica.stages))
            .collect();
        let mean = |value: fn(&DynamicsSummary) -> Option<f64>| {
            let values: Option<Vec<f64>> = measured.iter().map(|summary| value(summary)).collect();
            values.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
        };
        let unfinished = "no dynamics stage was completed";
        put_number(&mut map, "temperature_K_mean", mean(|s| Some(s.temperature_mean_k)), unfinished);
        let drift = mean(|s| s.energy_drift_mev_per_atom_ps);
        put_number(&mut map, "energy_drift_meV_per_atom_ps", drift, unfinished);
        let speeds: Vec<Speed> = replicas.iter().map(|replica| replica.speed).collect();
        let speed = Speed::together(&speeds, shares(speeds.len() as u32, self.threads).len());
        let still = "no step of dynamics was made";
        put_number(&mut map, "steps_per_second", speed.steps_per_second(), still);
        put_number(&mut map, "us_per_atom_step", speed.us_per_atom_step(job.atoms()), still);
        put_number(&mut map, "ns_per_day", speed.ns_per_day(), still);
        map.insert("diffusion".into(), diffusion_json(found));
        let structure = found.iter().flat_map(|found| &found.structure);
        map.insert("structure".into(), structure.map(|structure| structure.json(false)).collect());
        let motion = found.iter().flat_map(|found| &found.motion);
        map.insert("motion".into(), motion.map(|motion| motion.json(false)).collect());
        map.insert("stages".into(), stages::each(replicas));
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
        map
    }
}

/// The keys of mobile[0] at top level.
fn put_diffusion(map: &mut Map<String, Value>, found: &Result<DiffusionReport, String>) {
    const KEYS: [&str; 2] = ["D_m2_per_s", "D_err_m2_per_s"];
    let first = found.as_ref().ok().and_then(|found| found.analyses.first());
    let Some(Value::Object(result)) = first.map(|analysis| json(&analysis.diffusion.result)) else {
        let why = found.as_ref().err().map_or("there is no mobile species", String::as_str);
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

fn diffusion_json(found: &Result<DiffusionReport, String>) -> Value {
    found.iter().flat_map(|found| &found.analyses).map(|analysis| json(&analysis.diffusion.result)).collect()
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
    for entry in summary["motion"].as_array().into_iter().flatten() {
        let species = entry["species"].as_str().unwrap_or_default();
        for (name, value) in diffusion::motion_rows(entry) {
            add(&format!("{name} ({species})"), value);
        }
    }
    for entry in summary["structure"].as_array().into_iter().flatten() {
        for (name, value) in diffusion::structure_rows(entry) {
            add(&name, value);
        }
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
