//! What is known of one species at one temperature beside D: other ways to D, directions, charge, conductivity, finite size.

use natron_analysis::arrhenius::{Line, Point, combine};
use natron_analysis::charge::{conductivity_s_per_m, yeh_hummer_m2_per_s};
use natron_analysis::checks::{Checks, Outcome, checks};
use natron_analysis::value::Value as Number;
use natron_analysis::{DiffusionError, Recording};
use serde_json::{Map, Value, json};

use super::groups::Group;
use super::source::Run;
use super::{Analysis, DiffusionOptions};
use crate::envelope::put_number;

/// What was found beside D.
#[derive(Debug, Clone)]
pub struct Transport {
    /// Symbol of the mobile species.
    pub species: String,
    /// Symbols of the reference: the frame in which all displacements are measured.
    pub reference: Vec<String>,
    /// Mean temperature, K, where it is known.
    pub temperature_k: Option<f64>,
    /// Trajectories that were pooled.
    pub runs: usize,
    /// Tensor, posterior, charge and other checks.
    pub checks: Checks,
    /// Conductivity from D*, S/m.
    pub nernst_einstein: Outcome<Number>,
    /// Conductivity from D_charge, S/m.
    pub collective: Outcome<Number>,
    /// What the finite cell takes from D, m2/s.
    pub finite_size: Outcome<f64>,
    /// The common D of the replicas, each analysed alone.
    pub replicas: Outcome<Line>,
}

/// A cell is cubic if its volume is that of its least height to within this fraction.
const CUBIC: f64 = 0.03;

impl Transport {
    pub(super) fn new(
        members: &[&Run],
        group: &Group,
        analysis: &Analysis,
        alone: &[Outcome<Number>],
        options: &DiffusionOptions,
    ) -> Result<Self, DiffusionError> {
        let recordings: Vec<&Recording> = members.iter().map(|run| &run.recording).collect();
        let mut checks = checks(&recordings, analysis.species, &analysis.diffusion)?;
        if let Some(why) =
            members.iter().flat_map(|run| &run.ensembles).find_map(|ensemble| dragged(ensemble))
        {
            checks.green_kubo = Err(why);
        }
        let result = &analysis.diffusion.result;
        let volume = mean(recordings.iter().map(|recording| recording.volume_a3));
        let conditions = conditions(group.temperature_k, volume);
        let conductivity = |d: Outcome<Number>| {
            let (temperature_k, volume_a3) = conditions.clone()?;
            Ok(conductivity_s_per_m(d?, checks.ions, volume_a3, temperature_k))
        };
        Ok(Self {
            nernst_einstein: conductivity(number(result)),
            collective: conductivity(number(&checks.charge.result)),
            finite_size: finite_size(&recordings, result, group.temperature_k, volume, options),
            replicas: replicas(alone, group.temperature_k),
            species: result.species.clone(),
            reference: result.reference.clone(),
            temperature_k: group.temperature_k,
            runs: members.len(),
            checks,
        })
    }

    /// One entry of `transport[]`.
    pub fn json(&self) -> Value {
        let mut map = Map::new();
        map.insert("species".into(), self.species.clone().into());
        map.insert("reference".into(), self.reference.clone().into());
        put_number(&mut map, "temperature_K", self.temperature_k, NO_TEMPERATURE);
        map.insert("runs".into(), self.runs.into());
        map.insert("ions".into(), self.checks.ions.into());
        put_posterior(&mut map, self);
        put(&mut map, "D_plain_m2_per_s", "D_plain_err_m2_per_s", &self.checks.plain);
        put(&mut map, "D_green_kubo_m2_per_s", "D_green_kubo_err_m2_per_s", &self.checks.green_kubo);
        put_tensor(&mut map, self);
        put_charge(&mut map, self);
        put(&mut map, "haven_ratio", "haven_ratio_err", &self.checks.haven);
        put(
            &mut map,
            "conductivity_nernst_einstein_S_per_m",
            "conductivity_nernst_einstein_err_S_per_m",
            &self.nernst_einstein,
        );
        put(
            &mut map,
            "conductivity_collective_S_per_m",
            "conductivity_collective_err_S_per_m",
            &self.collective,
        );
        map.insert("conductivity_note".into(), CONDUCTIVITY_NOTE.into());
        put_outcome(&mut map, "D_finite_size_correction_m2_per_s", self.finite_size.as_ref().copied());
        put_replicas(&mut map, self);
        map.into()
    }
}

pub(super) const NO_TEMPERATURE: &str = "the files do not say it: give --temperature-K";
/// What conductivities assume.
pub(super) const CONDUCTIVITY_NOTE: &str = "assumes the charge +1 on every ion; beside metallic sodium, whose charge is shared, conductivity is not defined by it";

fn put_posterior(map: &mut Map<String, Value>, transport: &Transport) {
    let posterior = transport.checks.posterior.as_ref();
    put_outcome(map, "D_posterior_mean_m2_per_s", posterior.map(|p| p.mean_m2_per_s()));
    put_outcome(map, "D_posterior_std_m2_per_s", posterior.map(|p| p.std_m2_per_s()));
    put_outcome(map, "D_posterior_low95_m2_per_s", posterior.map(|p| p.quantile_m2_per_s(0.025)));
    put_outcome(map, "D_posterior_high95_m2_per_s", posterior.map(|p| p.quantile_m2_per_s(0.975)));
}

fn put_tensor(map: &mut Map<String, Value>, transport: &Transport) {
    let keys = [
        "D_tensor_m2_per_s",
        "D_tensor_err_m2_per_s",
        "D_eigenvalues_m2_per_s",
        "D_eigenvalues_err_m2_per_s",
        "D_eigenvectors",
    ];
    match &transport.checks.tensor {
        Ok(tensor) => {
            let rows = |m: &natron_atoms::Mat3| json!([0, 1, 2].map(|i| [0, 1, 2].map(|j| m[(i, j)])));
            let values = [
                rows(&tensor.d_m2_per_s),
                rows(&tensor.err_m2_per_s),
                json!(tensor.eigenvalues_m2_per_s),
                json!(tensor.eigenvalue_errs_m2_per_s),
                json!(tensor.eigenvectors),
            ];
            map.extend(keys.map(String::from).into_iter().zip(values));
        }
        Err(why) => {
            for key in keys {
                map.insert(key.into(), Value::Null);
                map.insert(format!("{key}_note"), why.clone().into());
            }
        }
    }
}

fn put_charge(map: &mut Map<String, Value>, transport: &Transport) {
    let result = &transport.checks.charge.result;
    let why = result.D_m2_per_s_note.as_deref().unwrap_or_default();
    put_number(map, "D_charge_m2_per_s", result.D_m2_per_s, why);
    put_number(map, "D_charge_err_m2_per_s", result.D_err_m2_per_s, why);
    put_number(map, "D_charge_low95_m2_per_s", result.D_low95_m2_per_s, why);
    put_number(map, "D_charge_high95_m2_per_s", result.D_high95_m2_per_s, why);
    map.insert("D_charge_verdict".into(), result.verdict.as_str().into());
}

fn put_replicas(map: &mut Map<String, Value>, transport: &Transport) {
    let at = transport.temperature_k.unwrap_or(1.0);
    let line = transport.replicas.as_ref();
    put_outcome(map, "D_replicas_m2_per_s", line.map(|line| line.d_m2_per_s(at).median));
    put_outcome(map, "D_replicas_low95_m2_per_s", line.map(|line| line.d_m2_per_s(at).in95.0));
    put_outcome(map, "D_replicas_high95_m2_per_s", line.map(|line| line.d_m2_per_s(at).in95.1));
    put_outcome(map, "between_replicas_std_ln", line.map(Line::between_runs));
}

fn put_outcome(map: &mut Map<String, Value>, key: &str, value: Result<f64, &String>) {
    put_number(map, key, value.ok(), value.err().map_or("not finite", String::as_str));
}

fn put(map: &mut Map<String, Value>, key: &str, error: &str, value: &Outcome<Number>) {
    put_outcome(map, key, value.as_ref().map(|v| v.value));
    put_outcome(map, error, value.as_ref().map(|v| v.err));
}

/// D of a result, or why there is none.
pub(super) fn number(result: &natron_analysis::DiffusionResult) -> Outcome<Number> {
    let found = result.D_m2_per_s.zip(result.D_err_m2_per_s).map(|(value, err)| Number { value, err });
    found.ok_or_else(|| result.D_m2_per_s_note.clone().unwrap_or_else(|| "there is no D".into()))
}

fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values = values.collect::<Option<Vec<f64>>>()?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

fn conditions(temperature_k: Option<f64>, volume_a3: Option<f64>) -> Outcome<(f64, f64)> {
    let temperature_k = temperature_k.ok_or(NO_TEMPERATURE)?;
    let volume_a3 = volume_a3.ok_or("the cell does not repeat in all three directions: it has no volume")?;
    Ok((temperature_k, volume_a3))
}

/// Friction takes part of each velocity away: its autocorrelation is not that of the free motion.
fn dragged(ensemble: &str) -> Option<String> {
    let (stage, conditions) = ensemble.split_once(": ")?;
    conditions.contains("nvt-langevin").then(|| {
        format!("stage {stage} was recorded in nvt-langevin, whose friction is in the velocities: record it in nve")
    })
}

fn finite_size(
    recordings: &[&Recording],
    result: &natron_analysis::DiffusionResult,
    temperature_k: Option<f64>,
    volume_a3: Option<f64>,
    options: &DiffusionOptions,
) -> Outcome<f64> {
    if !result.reference.is_empty() {
        return Err(format!(
            "does not apply to ions in a solid matrix, which takes up their momentum: here {}; for a fluid name no reference (--reference \"\")",
            result.reference.join(", ")
        ));
    }
    let viscosity =
        options.viscosity_mpa_s.ok_or("needs the shear viscosity of the fluid: --viscosity-mPa-s")?;
    let (temperature_k, volume_a3) = conditions(temperature_k, volume_a3)?;
    let height = mean(recordings.iter().map(|recording| recording.height_a)).unwrap_or_default();
    if (height.powi(3) / volume_a3 - 1.0).abs() > CUBIC {
        return Err("holds for cubic cells only".into());
    }
    result.D_m2_per_s.ok_or_else(|| result.D_m2_per_s_note.clone().unwrap_or_default())?;
    Ok(yeh_hummer_m2_per_s(temperature_k, viscosity, height))
}

fn replicas(alone: &[Outcome<Number>], temperature_k: Option<f64>) -> Outcome<Line> {
    if alone.len() < 2 {
        return Err("there is one run".into());
    }
    let found: Vec<Number> = alone.iter().filter_map(|d| d.as_ref().ok().copied()).collect();
    if found.len() < alone.len() {
        return Err(format!(
            "{} of {} replicas have no D of their own",
            alone.len() - found.len(),
            alone.len()
        ));
    }
    // One temperature, known or not, says no more than that it is one.
    let temperature_k = temperature_k.unwrap_or(1.0);
    let points: Vec<Point> =
        found.iter().map(|d| Point { temperature_k, d_m2_per_s: d.value, err_m2_per_s: d.err }).collect();
    combine(&points).map_err(|error| error.to_string())
}
