//! path.csv, summary.json, the table at the end, and the report beside them.

use natron_analysis::voltage::Estimate;
use natron_dynamics::band::{Band, BandProgress};
use natron_potential::Evaluation;
use natron_report::Table;
use serde_json::{Map, Value, json};

use super::{NebJob, report};
use crate::envelope::{Build, put_end, put_number};
use crate::job::RunOutcome;
use crate::watch::{Stop, Watch};
use crate::{Failure, files};

const NO_ENSEMBLE: &str = "the potential has no ensemble";

/// What a band says.
pub(super) struct Barrier {
    /// Energy of each image relative to the start, eV.
    pub profile: Vec<Estimate>,
    pub distances_a: Vec<f64>,
    /// The highest image between the ends.
    pub saddle: usize,
    /// From the start to the saddle, eV.
    pub forward: Estimate,
    /// From the end to the saddle, eV.
    pub backward: Estimate,
    /// From the start to the end, eV.
    pub reaction: Estimate,
}

impl Barrier {
    fn of(band: &Band) -> Self {
        let estimate = |evaluation: &Evaluation| Estimate {
            value: evaluation.energy_ev,
            members: evaluation.member_energies_ev.clone(),
        };
        let all: Vec<Estimate> = band.evaluations.iter().map(estimate).collect();
        let last = all.len() - 1;
        let less = |a: &Estimate, b: &Estimate| Estimate::sum(&[(1.0, a), (-1.0, b)]);
        let saddle = band.highest();
        Self {
            profile: all.iter().map(|one| less(one, &all[0])).collect(),
            distances_a: band.distances_a(),
            forward: less(&all[saddle], &all[0]),
            backward: less(&all[saddle], &all[last]),
            reaction: less(&all[last], &all[0]),
            saddle,
        }
    }
}

fn warnings(job: &NebJob, band: &Band, done: &BandProgress, barrier: &Barrier, stopped: bool) -> Vec<String> {
    let mut found = Vec::new();
    let asked = job.deck.band.force_max_ev_per_a;
    if !stopped && done.force_ev_per_a > asked {
        found.push(format!(
            "the band is not at rest after {} steps: the longest force is {:.3} eV/A where {asked} was asked for; --resume with a larger band.max_steps goes on",
            done.steps, done.force_ev_per_a
        ));
    }
    for (name, image) in [("start", 0), ("end", band.images.len() - 1)] {
        let force = band.evaluations[image].forces.iter().map(|force| force.norm()).fold(0.0, f64::max);
        // A factor for what the text of a file rounds.
        if force > 1.05 * asked {
            found.push(format!("the {name} is not at rest: an atom has a force of {force:.3} eV/A"));
        }
    }
    let (before, after) = (barrier.saddle == 1, barrier.saddle + 2 == band.images.len());
    let highest = barrier.profile[barrier.saddle].value;
    if (before || after) && (highest <= 0.0 || highest <= barrier.reaction.value) {
        found.push(
            "no image lies above both ends: there is no barrier on this path, or an end is no minimum".into(),
        );
    }
    if let Some(std) = barrier.forward.std().filter(|std| *std > 0.5 * barrier.forward.value.abs()) {
        found.push(format!("the ensemble of the potential disagrees about the barrier by {std:.3} eV"));
    }
    found
}

/// Writes everything.
pub(super) fn write(
    job: &NebJob,
    build: &Build,
    started_utc: &str,
    band: &Band,
    done: &BandProgress,
    stopped: Option<Stop>,
    watch: &dyn Watch,
) -> Result<RunOutcome, Failure> {
    let barrier = Barrier::of(band);
    let warnings = warnings(job, band, done, &barrier, stopped.is_some());
    warnings.iter().for_each(|warning| watch.warning(warning));
    let mut map = head(job, build);
    let mut put = |name: &str, estimate: &Estimate| {
        map.insert(format!("{name}_eV"), estimate.value.into());
        put_number(&mut map, &format!("{name}_std_eV"), estimate.std(), NO_ENSEMBLE);
    };
    put("barrier_forward", &barrier.forward);
    put("barrier_backward", &barrier.backward);
    put("reaction_energy", &barrier.reaction);
    map.insert("saddle_image".into(), barrier.saddle.into());
    map.insert("climbs".into(), done.climbs.into());
    map.insert("steps".into(), done.steps.into());
    map.insert("force_max_eV_per_A".into(), done.force_ev_per_a.into());
    map.insert("at_rest".into(), (done.force_ev_per_a <= job.deck.band.force_max_ev_per_a).into());
    let image = |k: usize| {
        let mut one = Map::new();
        one.insert("image".into(), k.into());
        one.insert("distance_A".into(), barrier.distances_a[k].into());
        one.insert("energy_eV".into(), barrier.profile[k].value.into());
        put_number(&mut one, "energy_std_eV", barrier.profile[k].std(), NO_ENSEMBLE);
        Value::Object(one)
    };
    map.insert("images".into(), (0..band.images.len()).map(image).collect());
    map.insert("warnings".into(), warnings.clone().into());
    put_end(&mut map, started_utc, stopped.is_none(), stopped);
    let summary = Value::Object(map);
    let path = |name: &str| job.directory.join(name);
    let mut text = serde_json::to_string_pretty(&summary).expect("a JSON value is text");
    text.push('\n');
    files::replace(&path("summary.json"), text.as_bytes())?;
    files::replace(&path("path.csv"), csv(&barrier).as_bytes())?;
    let page = report::page(job, build, band, &barrier, &warnings, stopped);
    files::replace(&path("report.html"), page.as_bytes())?;
    let reports = vec![path("report.html"), path(super::run::PATH), path("summary.json")];
    Ok(RunOutcome { summary, table: table(&barrier).to_text(), reports, stopped })
}

/// The answer where not even the ends were at rest.
pub(super) fn without_band(job: &NebJob, build: &Build, stopped: Option<Stop>) -> RunOutcome {
    let mut map = head(job, build);
    map.insert("finished".into(), false.into());
    map.insert("stopped_by".into(), stopped.map(Stop::name).into());
    RunOutcome { summary: map.into(), table: String::new(), reports: Vec::new(), stopped }
}

fn head(job: &NebJob, build: &Build) -> Map<String, Value> {
    let mut map = build.envelope("neb");
    let potential = json!({ "name": job.potential.name, "sha256": job.potential.sha256_hex() });
    map.insert("potential".into(), potential);
    map.insert("simd".into(), job.potential.simd.into());
    map.insert("atoms".into(), job.points[0].len().into());
    map
}

/// The barriers.
pub(super) fn table(barrier: &Barrier) -> Table {
    let mut table = Table::new(&["", "eV", "std of the ensemble / eV"]).right(1).right(2);
    let rows = [
        ("barrier, from start to end", &barrier.forward),
        ("barrier, from end to start", &barrier.backward),
        ("end less start", &barrier.reaction),
    ];
    for (name, estimate) in rows {
        let std = estimate.std().map_or("-".to_string(), |std| format!("{std:.3}"));
        // No minus before a zero.
        let value = (1e4 * estimate.value).round() / 1e4 + 0.0;
        table.push(&[name.to_string(), format!("{value:.4}"), std]);
    }
    table
}

fn csv(barrier: &Barrier) -> String {
    let mut text = String::from("image,distance_A,energy_eV,energy_std_eV\n");
    for (image, (distance, energy)) in barrier.distances_a.iter().zip(&barrier.profile).enumerate() {
        let std = energy.std().map(|std| std.to_string()).unwrap_or_default();
        text += &format!("{image},{distance},{},{std}\n", energy.value);
    }
    text
}
