//! D(x, T) and E_a(x): study.csv, summary.json, the table at the end, the report beside them.

use std::path::PathBuf;

use natron_analysis::DiffusionResult;
use natron_analysis::arrhenius::{Line, Point as Measured, arrhenius};
use serde_json::{Map, Value, json};

use super::environments::Looked;
use super::panels::TrustTable;
use super::point::{Point, Unfinished};
use super::{StudyJob, figure, report};
use crate::diffusion::{self, DiffusionReport};
use crate::envelope::{Build, json as to_json, put_end, put_number};
use crate::job::RunOutcome;
use crate::md::TRAJECTORY;
use crate::watch::{Stop, Watch};
use crate::{Failure, RunError, files};

/// Where D is also given, K.
pub(super) const ROOM_K: f64 = 300.0;

/// One filling at one temperature.
pub(super) struct Cell {
    pub(super) x: usize,
    pub(super) temperature_k: f64,
    /// Mean of the runs, K.
    pub(super) temperature_mean_k: Option<f64>,
    pub(super) points: Vec<Point>,
    /// What the runs together say; why there is nothing.
    pub(super) found: Result<DiffusionReport, String>,
    /// How far its environments can be trusted, where the potential says so.
    pub(super) looked: Option<Looked>,
}

impl Cell {
    pub(super) fn result(&self) -> Option<&DiffusionResult> {
        self.found.as_ref().ok()?.analyses.first().map(|analysis| &analysis.diffusion.result)
    }

    pub(super) fn settled(&self) -> bool {
        !self.points.is_empty() && self.points.iter().all(|point| point.settled)
    }

    /// Whether more of its environments than allowed are beyond what is trusted.
    pub(super) fn is_doubtful(&self, trust: &TrustTable) -> bool {
        self.looked.is_some_and(|looked| looked.share() > trust.share_max)
    }

    pub(super) fn measured(&self) -> Option<Measured> {
        let result = self.result()?;
        let temperature_k = self.temperature_mean_k.unwrap_or(self.temperature_k);
        Some(Measured { temperature_k, d_m2_per_s: result.D_m2_per_s?, err_m2_per_s: result.D_err_m2_per_s? })
    }
}

/// One filling over its temperatures.
pub(super) struct Filling {
    pub(super) x: usize,
    /// Temperatures that gave a number.
    pub(super) measured: Vec<Measured>,
    /// The line through them, or why there is none.
    pub(super) line: Result<Line, String>,
}

/// Every cell of the grid, by filling and temperature.
fn cells(job: &StudyJob, points: &[Point]) -> Result<Vec<Cell>, Failure> {
    let mut cells = Vec::new();
    for &x in &job.deck.insert.atoms {
        for &temperature_k in &job.deck.grid.temperature_k {
            let of_cell = |p: &&Point| p.item.x == x && p.item.temperature_k == temperature_k;
            let points: Vec<Point> = points.iter().filter(of_cell).cloned().collect();
            let means: Vec<f64> = points.iter().filter_map(|p| p.temperature_mean_k).collect();
            let mean = means.iter().sum::<f64>() / means.len() as f64;
            let found = analyse(job, &points);
            let temperature_mean_k = (!means.is_empty()).then_some(mean);
            // A trajectory that could not be analysed has its reason in the table.
            let looked = if found.is_ok() { job.environments(&points)? } else { None };
            cells.push(Cell { x, temperature_k, temperature_mean_k, points, found, looked });
        }
    }
    Ok(cells)
}

fn analyse(job: &StudyJob, points: &[Point]) -> Result<DiffusionReport, String> {
    if points.is_empty() {
        return Err("no run of it was finished".into());
    }
    let files: Vec<_> = points.iter().map(|point| point.directory.join(TRAJECTORY)).collect();
    let found = diffusion::analyse(&files, &[job.mobile], &job.reference);
    found.map_err(|failure| failure.causes()[0].message.clone())
}

fn fillings(cells: &[Cell], job: &StudyJob) -> Vec<Filling> {
    let one = |&x: &usize| {
        let measured: Vec<Measured> =
            cells.iter().filter(|cell| cell.x == x).filter_map(Cell::measured).collect();
        let line = arrhenius(&measured).map_err(|error| error.to_string());
        Filling { x, measured, line }
    };
    job.deck.insert.atoms.iter().map(one).collect()
}

/// What a reader should know before the numbers.
fn warnings(job: &StudyJob, cells: &[Cell], fillings: &[Filling]) -> Vec<String> {
    let mut warnings = Vec::new();
    for cell in cells.iter().filter(|cell| !cell.points.is_empty() && !cell.settled()) {
        warnings.push(format!(
            "x = {}, {} K: the energy had not settled at the end of the equilibration",
            cell.x, cell.temperature_k
        ));
    }
    for cell in cells.iter().filter(|cell| cell.is_doubtful(&job.deck.trust)) {
        let Looked { environments, not_trusted } = cell.looked.unwrap_or_default();
        warnings.push(format!(
            "x = {}, {} K: {not_trusted} of {environments} environments are beyond what the potential can be trusted with",
            cell.x, cell.temperature_k
        ));
    }
    for filling in fillings {
        if let Err(why) = &filling.line {
            warnings.push(format!("x = {}: no activation energy: {why}", filling.x));
        }
    }
    warnings
}

/// Writes everything the study found so far.
pub(super) fn write(
    job: &StudyJob,
    (build, watch): (&Build, &dyn Watch),
    started_utc: &str,
    points: &[Point],
    failures: &mut Vec<RunError>,
    stopped: Option<Stop>,
) -> Result<RunOutcome, Failure> {
    let cells = cells(job, points)?;
    let fillings = fillings(&cells, job);
    let warnings = warnings(job, &cells, &fillings);
    if stopped.is_none() {
        let files = job.items_of_environments().into_iter().map(|item| job.environments_file(item));
        let files: Vec<PathBuf> = files.filter(|file| file.exists()).collect();
        // Whatever they could not be made of: days of runs have their table all the same.
        if let Err(failure) = job.run_charges_and_map(&files, build, watch)
            && let Unfinished::Failed(errors) = failure.into()
        {
            failures.extend(errors);
        }
    }
    let panels = figure::panels(job, &cells, &fillings)?;
    let mut map = head(job, build);
    map.insert("cells".into(), cells.iter().map(cell_json).collect());
    map.insert("fillings".into(), fillings.iter().map(filling_json).collect());
    let failed = failures.iter().map(|error| json!({ "message": error.message }));
    map.insert("failed".into(), failed.collect());
    map.insert("warnings".into(), warnings.clone().into());
    map.insert("trust".into(), to_json(&job.deck.trust));
    map.insert("panels".into(), panels.iter().map(|panel| Value::from(panel.name)).collect());
    put_end(&mut map, started_utc, points.len() == job.items().len(), stopped);
    let summary = Value::Object(map);
    let path = |name: &str| job.directory.join(name);
    files::replace(&path("figure.svg"), figure::whole(&panels).as_bytes())?;
    let mut text = serde_json::to_string_pretty(&summary).expect("a JSON value is text");
    text.push('\n');
    files::replace(&path("summary.json"), text.as_bytes())?;
    files::replace(&path("study.csv"), csv(&cells).as_bytes())?;
    let page = report::page(
        &report::Found {
            job,
            build,
            started_utc,
            cells: &cells,
            fillings: &fillings,
            panels: &panels,
            failures: failures.as_slice(),
        },
        &warnings,
        stopped,
    );
    files::replace(&path("report.html"), page.as_bytes())?;
    let table =
        format!("{}\n{}", report::cells_table(&cells).to_text(), report::fillings_table(&fillings).to_text());
    let reports = vec![path("report.html"), path("figure.svg"), path("study.csv"), path("summary.json")];
    Ok(RunOutcome { summary, table, reports, stopped })
}

/// The answer where a part before the runs was not finished.
pub(super) fn stopped(job: &StudyJob, build: &Build, part: &str, outcome: RunOutcome) -> RunOutcome {
    let mut map = head(job, build);
    map.insert(part.into(), outcome.summary);
    map.insert("finished".into(), false.into());
    map.insert("stopped_by".into(), outcome.stopped.map(Stop::name).into());
    RunOutcome { summary: map.into(), reports: Vec::new(), ..outcome }
}

fn head(job: &StudyJob, build: &Build) -> Map<String, Value> {
    let mut map = build.envelope("study");
    map.insert("species".into(), job.mobile.symbol().into());
    let reference = job.reference.iter().map(|species| Value::from(species.symbol()));
    map.insert("reference".into(), reference.collect());
    let potential = json!({ "name": job.potential.name, "sha256": job.potential.sha256_hex() });
    map.insert("potential".into(), potential);
    map.insert("simd".into(), job.potential.simd.into());
    map.insert("seed".into(), job.deck.seed.into());
    map
}

fn cell_json(cell: &Cell) -> Value {
    let mut map = Map::new();
    map.insert("x".into(), cell.x.into());
    map.insert("temperature_K".into(), cell.temperature_k.into());
    put_number(&mut map, "temperature_K_mean", cell.temperature_mean_k, "no run was finished");
    map.insert("replicas".into(), cell.points.len().into());
    map.insert("settled".into(), cell.settled().into());
    let longest = cell.points.iter().map(|point| point.equilibrated_ps).reduce(f64::max);
    put_number(&mut map, "equilibrated_ps", longest, "no run was finished");
    if let Some(looked) = cell.looked {
        map.insert("environments".into(), looked.environments.into());
        map.insert("environments_not_trusted".into(), looked.not_trusted.into());
    }
    match &cell.found {
        Ok(found) => {
            if let Some(Value::Object(result)) = cell.result().map(to_json) {
                map.extend(result);
            }
            map.insert("structure".into(), found.structure.iter().map(|found| found.json(false)).collect());
            map.insert("motion".into(), found.motion.iter().map(|found| found.json(false)).collect());
        }
        Err(why) => put_number(&mut map, "D_m2_per_s", None, why),
    }
    map.into()
}

fn filling_json(filling: &Filling) -> Value {
    let mut map = Map::new();
    map.insert("x".into(), filling.x.into());
    map.insert("temperatures".into(), filling.measured.len().into());
    let half = |(low, high): (f64, f64)| 0.5 * (high - low);
    let mut put = |key: &str, value: &dyn Fn(&Line) -> f64| {
        let note = filling.line.as_ref().err().map_or("not finite", String::as_str);
        put_number(&mut map, key, filling.line.as_ref().ok().map(value), note);
    };
    put("E_a_eV", &|line| line.activation_energy_ev().median);
    put("E_a_err_eV", &|line| half(line.activation_energy_ev().in68));
    put("E_a_low95_eV", &|line| line.activation_energy_ev().in95.0);
    put("E_a_high95_eV", &|line| line.activation_energy_ev().in95.1);
    put("ln_D0", &|line| line.ln_d0().median);
    put("ln_D0_err", &|line| half(line.ln_d0().in68));
    put("between_runs_std_ln", &Line::between_runs);
    put("D_300K_m2_per_s", &|line| line.d_m2_per_s(ROOM_K).median);
    put("D_300K_low95_m2_per_s", &|line| line.d_m2_per_s(ROOM_K).in95.0);
    put("D_300K_high95_m2_per_s", &|line| line.d_m2_per_s(ROOM_K).in95.1);
    let extrapolated = filling.line.as_ref().ok().map(|line| line.extrapolates_to(ROOM_K));
    map.insert("D_300K_extrapolated".into(), extrapolated.into());
    map.into()
}

/// One row for each filling and temperature; an empty field is no number.
fn csv(cells: &[Cell]) -> String {
    let mut text = String::from(
        "x,temperature_K,temperature_K_mean,replicas,settled,D_m2_per_s,D_err_m2_per_s,D_low95_m2_per_s,D_high95_m2_per_s,D_upper_m2_per_s,slope,slope_err,verdict\n",
    );
    let shown = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for cell in cells {
        let result = cell.result();
        let number = |of: fn(&DiffusionResult) -> Option<f64>| shown(result.and_then(of));
        let fields = [
            cell.x.to_string(),
            cell.temperature_k.to_string(),
            shown(cell.temperature_mean_k),
            cell.points.len().to_string(),
            cell.settled().to_string(),
            number(|r| r.D_m2_per_s),
            number(|r| r.D_err_m2_per_s),
            number(|r| r.D_low95_m2_per_s),
            number(|r| r.D_high95_m2_per_s),
            number(|r| r.D_upper_m2_per_s),
            number(|r| r.slope),
            number(|r| r.slope_err),
            result.map(|r| r.verdict.to_string()).unwrap_or_default(),
        ];
        text += &fields.join(",");
        text.push('\n');
    }
    text
}
