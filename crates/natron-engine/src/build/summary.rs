//! summary.json, the table at the end, and the report beside them.

use std::path::{Path, PathBuf};

use natron_atoms::{Species, Structure};
use serde_json::{Map, Value, json};

use super::exchange::{Exchange, Exchanged, exchanged};
use super::facts::Facts;
use super::make::{HOST, Unmade};
use super::{BuildJob, exchange_summary, graphite, report};
use crate::envelope::{Build, put_end};
use crate::job::RunOutcome;
use crate::md::recorder::replica_directory;
use crate::watch::{Stop, Watch};
use crate::{Failure, RunError, files};

/// A structure that was made.
pub(super) struct Made {
    pub(super) replica: u32,
    /// Relative to the run directory.
    pub(super) file: String,
    pub(super) structure: Structure,
    pub(super) facts: Facts,
}

impl Made {
    /// Whether nothing was inserted into it.
    pub(super) fn is_host(&self) -> bool {
        self.file.ends_with(HOST)
    }
}

/// Describes what was made and writes it down. Where a replica failed the others are written all the same; then the failures are
/// the answer.
pub(super) fn write(
    job: &BuildJob,
    build: &Build,
    started_utc: &str,
    results: Vec<Result<Vec<PathBuf>, Unmade>>,
    exchange: Option<&Exchange>,
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    let carbon = job.potential.knows(&[Species::C]);
    let graphite = carbon.then(|| graphite::energy_and_bond(&job.potential).ok()).flatten();
    let (mut made, mut chains, mut failures, mut waiting) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (number, result) in results.into_iter().enumerate() {
        let replica = number as u32;
        match result {
            Ok(paths) => {
                for path in paths {
                    made.push(described(job, replica, &path, graphite.map(|(energy, _)| energy))?);
                }
                let directory = replica_directory(&job.directory, replica, job.deck.replicas);
                if let (Some(_), Some(checkpoint)) = (exchange, exchanged(&directory)?) {
                    chains.push(Exchanged { replica, checkpoint });
                }
            }
            Err(Unmade::Stopped) => waiting += 1,
            Err(Unmade::Failed(error)) => failures.push((replica, error)),
        }
    }
    let stopped = if waiting > 0 { watch.stop() } else { None };
    let found = exchange.map(|exchange| (exchange, chains.as_slice()));
    let mut all = warnings(&made);
    all.extend(exchange.and_then(|exchange| exchange.metal.as_ref()?.warning()));
    all.extend(exchange_summary::warnings(&chains));
    let finished = waiting == 0;
    let mut summary = json_of(job, build, started_utc, &made, &all, &failures, graphite, finished, stopped);
    if let Some((exchange, chains)) = found {
        summary["grand_canonical"] = exchange_summary::json_of(job, exchange, chains);
    }
    for warning in &all {
        watch.warning(warning);
    }
    let (summary_path, report_path) = (job.directory.join("summary.json"), job.directory.join("report.html"));
    let mut text = serde_json::to_string_pretty(&summary).expect("a JSON value is text");
    text.push('\n');
    files::replace(&summary_path, text.as_bytes())?;
    let page = report::page(job, &made, found, &all, &failures, stopped);
    files::replace(&report_path, page.as_bytes())?;
    if failures.is_empty() {
        let table = report::table(&made).to_text();
        return Ok(RunOutcome { summary, table, reports: vec![report_path, summary_path], stopped });
    }
    let many = job.deck.replicas > 1;
    let named = |(replica, error): (u32, RunError)| match many {
        true => RunError { message: format!("replica {replica}: {}", error.message), ..error },
        false => error,
    };
    Err(Failure::Run(failures.into_iter().map(named).collect()))
}

/// The answer where not even the reservoir was there.
pub(super) fn stopped(job: &BuildJob, build: &Build, stopped: Option<Stop>) -> RunOutcome {
    let mut map = build.envelope("build");
    map.insert("kind".into(), super::meanings::kind_of(&job.deck.structure).into());
    map.insert("finished".into(), false.into());
    map.insert("stopped_by".into(), stopped.map(Stop::name).into());
    RunOutcome { summary: map.into(), table: String::new(), reports: Vec::new(), stopped }
}

/// Each warning about a structure, with its file.
fn warnings(made: &[Made]) -> Vec<String> {
    let one =
        |m: &Made| m.facts.warnings.iter().map(|text| format!("{}: {text}", m.file)).collect::<Vec<_>>();
    made.iter().flat_map(one).collect()
}

fn described(job: &BuildJob, replica: u32, path: &Path, graphite_ev: Option<f64>) -> Result<Made, RunError> {
    let frames = files::read_frames(path).map_err(|error| RunError::new(error.to_string()))?;
    let frame = frames.into_iter().last().ok_or_else(|| RunError::new("a structure was lost"))?;
    let file = path.strip_prefix(&job.directory).unwrap_or(path).to_string_lossy().into_owned();
    let facts = Facts::of(&frame.structure, &job.potential, graphite_ev);
    Ok(Made { replica, file, structure: frame.structure, facts })
}

#[expect(clippy::too_many_arguments, reason = "the parts of one object, used once")]
fn json_of(
    job: &BuildJob,
    build: &Build,
    started_utc: &str,
    made: &[Made],
    warnings: &[String],
    failures: &[(u32, RunError)],
    graphite: Option<(f64, f64)>,
    finished: bool,
    stopped: Option<Stop>,
) -> Value {
    let mut map = build.envelope("build");
    map.insert("kind".into(), super::meanings::kind_of(&job.deck.structure).into());
    let one = |m: &Made| {
        let mut entry = Map::new();
        entry.insert("replica".into(), m.replica.into());
        entry.insert("file".into(), m.file.clone().into());
        entry.extend(m.facts.json.clone());
        Value::Object(entry)
    };
    map.insert("structures".into(), made.iter().map(one).collect());
    let failed = |(replica, error): &(u32, RunError)| json!({ "replica": replica, "message": error.message, "file": error.file.as_ref().map(|f| f.display().to_string()), "file_note": "the frame at which it failed, where there is one" });
    map.insert("failed".into(), failures.iter().map(failed).collect());
    if let Some((energy, bond)) = graphite {
        map.insert(
            "graphite".into(),
            json!({ "energy_eV_per_atom": energy, "bond_A": bond, "spacing_A": 3.35 }),
        );
    }
    map.insert("reference".into(), report::reference_json());
    let potential = json!({ "name": job.potential.name, "sha256": job.potential.sha256_hex() });
    map.insert("potential".into(), potential);
    map.insert("simd".into(), job.potential.simd.into());
    map.insert("seed".into(), job.seed.into());
    map.insert("replicas".into(), job.deck.replicas.into());
    map.insert("warnings".into(), warnings.into());
    put_end(&mut map, started_utc, finished && failures.is_empty(), stopped);
    Value::Object(map)
}
