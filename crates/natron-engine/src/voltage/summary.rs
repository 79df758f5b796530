//! voltage.csv, summary.json, the table at the end, and the report beside them.

use natron_analysis::voltage::Estimate;
use serde_json::{Map, Value, json};

use super::isotherm::Isotherm;
use super::metal::Metal;
use super::points::{Filled, Middle, Point, Range, middles};
use super::{VoltageJob, report};
use crate::envelope::{Build, put_end, put_number};
use crate::job::RunOutcome;
use crate::watch::{Stop, Watch};
use crate::{Failure, RunError, files};

/// A host that heals by more than this for each inserted atom changes its voltage visibly, eV.
const HEALING_EV_PER_ATOM: f64 = 0.05;
/// A standard deviation above this hides what a curve shows, V.
const UNSURE_V: f64 = 0.1;
const NO_ENSEMBLE: &str = "the potential has no ensemble";

/// What a reader should know before the numbers.
pub(super) fn warnings(job: &VoltageJob, hosts: &[Filled]) -> Vec<String> {
    let mut warnings = Vec::new();
    for host in hosts {
        let name = job.host_name(host.number);
        // A factor for what the text of a file rounds.
        let rest = 1.05 * job.deck.insert.force_max_ev_per_a;
        for point in host.points.iter().filter(|point| point.force_max_ev_per_a > rest) {
            warnings.push(format!(
                "{name}: {} {} are not at rest, the longest force is {:.2} eV/A",
                point.x, job.mobile, point.force_max_ev_per_a
            ));
        }
        let healed = |point: &&Point| point.healing_ev.abs() > HEALING_EV_PER_ATOM * point.x as f64;
        if let Some(point) = host.points.iter().rfind(healed) {
            let (word, difference) = match point.healing_ev < 0.0 {
                true => ("below", "high"),
                false => ("above", "low"),
            };
            warnings.push(format!(
                "{name}: emptied of {} {} it lies {:.2} eV {word} the pristine host, which makes the voltage against the pristine host {:.2} V too {difference}",
                point.x, job.mobile, point.healing_ev.abs(), point.healing_ev.abs() / point.x as f64
            ));
        }
    }
    let stds = hosts.iter().flat_map(|host| &host.points).filter_map(|point| point.emptied.std());
    if let Some(worst) = stds.reduce(f64::max).filter(|worst| *worst > UNSURE_V) {
        warnings.push(format!(
            "the ensemble of the potential disagrees by up to {worst:.2} V: what is smaller than that in these curves means nothing"
        ));
    }
    warnings
}

/// What the potential's errors on its test frames would do to the voltages, where that is visible.
fn test_errors(job: &VoltageJob, middles: &[Middle]) -> Option<String> {
    let rmse = job.test_rmse_mev_per_atom?;
    let (first, last) = (middles.first()?, middles.last()?);
    let (most, least) = (first.test_error_v?, last.test_error_v?);
    (most > UNSURE_V).then(|| {
        format!(
            "energies of potential {} are off by {rmse:.1} meV/atom on its test frames: were they off like that in the filled and the empty host, independently, the mean voltage would be off by {most:.2} V at x = {} and by {least:.2} V at x = {}",
            job.potential.name, first.x, last.x
        )
    })
}

/// All that was found so far.
#[derive(Clone, Copy)]
pub(super) struct Found<'f> {
    pub(super) metal: &'f Metal,
    pub(super) hosts: &'f [Filled],
    pub(super) isotherm: Option<&'f Isotherm>,
    pub(super) failures: &'f [RunError],
}

/// Writes everything that was found so far.
pub(super) fn write(
    job: &VoltageJob,
    build: &Build,
    started_utc: &str,
    found: Found<'_>,
    stopped: Option<Stop>,
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    let Found { metal, hosts, isotherm, failures } = found;
    let (middles, mut warnings) = (middles(job, hosts), warnings(job, hosts));
    warnings.extend(test_errors(job, &middles));
    warnings.extend(isotherm.iter().flat_map(|isotherm| isotherm.warnings(job)));
    for warning in &warnings {
        watch.warning(warning);
    }
    let mut map = head(job, build);
    map.insert("metal".into(), metal.json(job));
    map.insert("hosts".into(), hosts.iter().map(|host| host_json(job, host)).collect());
    map.insert("curve".into(), middles.iter().map(middle_json).collect());
    if let Some(isotherm) = isotherm {
        map.insert("grand_canonical".into(), isotherm.json(job));
    }
    let failed = failures.iter().map(|error| json!({ "message": error.message }));
    map.insert("failed".into(), failed.collect());
    map.insert("warnings".into(), warnings.clone().into());
    let complete = hosts.len() == job.hosts() && isotherm.is_none_or(|isotherm| isotherm.is_complete(job));
    put_end(&mut map, started_utc, complete, stopped);
    let summary = Value::Object(map);
    let path = |name: &str| job.directory.join(name);
    let mut text = serde_json::to_string_pretty(&summary).expect("a JSON value is text");
    text.push('\n');
    files::replace(&path("summary.json"), text.as_bytes())?;
    files::replace(&path("voltage.csv"), csv(job, hosts).as_bytes())?;
    let mut reports = vec![path("report.html"), path("voltage.csv"), path("summary.json")];
    if let Some(isotherm) = isotherm {
        files::replace(&path("isotherm.csv"), isotherm.csv(job).as_bytes())?;
        reports.insert(2, path("isotherm.csv"));
    }
    let page = report::page(job, found, &middles, &warnings, stopped);
    files::replace(&path("report.html"), page.as_bytes())?;
    let table = report::table(&middles).to_text();
    Ok(RunOutcome { summary, table, reports, stopped })
}

/// The answer where not even the metal was finished.
pub(super) fn stopped(job: &VoltageJob, build: &Build, stopped: Option<Stop>) -> RunOutcome {
    let mut map = head(job, build);
    map.insert("finished".into(), false.into());
    map.insert("stopped_by".into(), stopped.map(Stop::name).into());
    RunOutcome { summary: map.into(), table: String::new(), reports: Vec::new(), stopped }
}

fn head(job: &VoltageJob, build: &Build) -> Map<String, Value> {
    let mut map = build.envelope("voltage");
    map.insert("species".into(), job.mobile.symbol().into());
    map.insert("host".into(), job.formula.clone().into());
    map.insert("host_mass_amu".into(), job.host_mass_amu.into());
    let potential = json!({ "name": job.potential.name, "sha256": job.potential.sha256_hex() });
    map.insert("potential".into(), potential);
    map.insert("simd".into(), job.potential.simd.into());
    map.insert("seed".into(), job.deck.seed.into());
    map
}

fn put_estimate(map: &mut Map<String, Value>, name: &str, estimate: &Estimate) {
    map.insert(format!("{name}_V"), estimate.value.into());
    put_number(map, &format!("{name}_std_V"), estimate.std(), NO_ENSEMBLE);
}

fn host_json(job: &VoltageJob, host: &Filled) -> Value {
    let point = |point: &Point| {
        let mut map = Map::new();
        map.insert("x".into(), point.x.into());
        map.insert("capacity_mAh_per_g".into(), point.capacity_mah_per_g.into());
        map.insert("energy_eV".into(), point.energy.value.into());
        put_number(&mut map, "energy_std_eV", point.energy.std(), NO_ENSEMBLE);
        map.insert("force_max_eV_per_A".into(), point.force_max_ev_per_a.into());
        put_estimate(&mut map, "voltage", &point.pristine);
        put_estimate(&mut map, "voltage_emptied", &point.emptied);
        map.insert("step_from_x".into(), point.from_x.into());
        put_estimate(&mut map, "step", &point.step);
        if let Some(hull) = &point.hull {
            put_estimate(&mut map, "hull", hull);
        }
        map.insert("healing_eV".into(), point.healing_ev.into());
        Value::Object(map)
    };
    let mut map = Map::new();
    map.insert("host".into(), host.number.into());
    map.insert("file".into(), job.host_name(host.number).into());
    map.insert("energy_eV".into(), host.energy.value.into());
    map.insert("points".into(), host.points.iter().map(point).collect());
    map.into()
}

fn middle_json(middle: &Middle) -> Value {
    let mut map = Map::new();
    map.insert("x".into(), middle.x.into());
    map.insert("step_from_x".into(), middle.from_x.into());
    map.insert("capacity_mAh_per_g".into(), middle.capacity_mah_per_g.into());
    map.insert("hosts".into(), middle.hosts.into());
    let mut put = |name: &str, range: &Range| {
        map.insert(format!("{name}_V"), range.median.into());
        map.insert(format!("{name}_low_V"), range.low.into());
        map.insert(format!("{name}_high_V"), range.high.into());
        put_number(&mut map, &format!("{name}_std_V"), range.std, NO_ENSEMBLE);
    };
    put("voltage", &middle.pristine);
    put("voltage_emptied", &middle.emptied);
    put("step", &middle.step);
    if let Some(hull) = &middle.hull {
        put("hull", hull);
    }
    put_number(
        &mut map,
        "voltage_test_error_V",
        middle.test_error_v,
        "the potential says nothing of its errors on test frames",
    );
    map.into()
}

/// One row for each filling of each host; an empty field is no number.
fn csv(job: &VoltageJob, hosts: &[Filled]) -> String {
    let mut text = String::from(
        "host,file,x,capacity_mAh_per_g,energy_eV,voltage_V,voltage_std_V,voltage_emptied_V,voltage_emptied_std_V,step_from_x,step_V,step_std_V,healing_eV,force_max_eV_per_A,hull_V,hull_std_V\n",
    );
    let std = |estimate: &Estimate| estimate.std().map(|std| std.to_string()).unwrap_or_default();
    for host in hosts {
        let file = job.host_name(host.number).replace('"', "\"\"");
        for point in &host.points {
            let fields = [
                host.number.to_string(),
                format!("\"{file}\""),
                point.x.to_string(),
                point.capacity_mah_per_g.to_string(),
                point.energy.value.to_string(),
                point.pristine.value.to_string(),
                std(&point.pristine),
                point.emptied.value.to_string(),
                std(&point.emptied),
                point.from_x.to_string(),
                point.step.value.to_string(),
                std(&point.step),
                point.healing_ev.to_string(),
                point.force_max_ev_per_a.to_string(),
                point.hull.as_ref().map(|hull| hull.value.to_string()).unwrap_or_default(),
                point.hull.as_ref().map(std).unwrap_or_default(),
            ];
            text += &fields.join(",");
            text.push('\n');
        }
    }
    text
}
