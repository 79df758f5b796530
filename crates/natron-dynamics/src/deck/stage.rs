//! Checking one stage of a deck.

use std::num::NonZeroU64;

use super::check::{Problems, whole_ratio};
use super::{OutputDeck, StageDeck, ensemble, misplaced};
use crate::plan::{Dynamics, MaxSteps, Minimise, OutputPlan, Stage, StageKind};
use crate::quantity::{ForceEvPerA, TimestepFs};

/// Steps a minimisation may take where the deck does not say.
const DEFAULT_MAX_STEPS: u64 = 10_000;

/// What a stage's check needs to know about the rest of the deck.
pub(super) struct Context<'a> {
    pub(super) output: &'a OutputDeck,
    /// The same, checked.
    pub(super) plan: Option<&'a OutputPlan>,
    /// Key path of the stage.
    pub(super) path: String,
    pub(super) recorded: bool,
    pub(super) first_dynamics: bool,
}

/// The checked stage; `None` with at least one problem added.
pub(super) fn check(stage: &StageDeck, context: &Context<'_>, problems: &mut Problems) -> Option<Stage> {
    let kind = match stage.kind.as_str() {
        "minimise" => StageKind::Minimise(minimise(stage, &context.path, problems)?),
        "dynamics" => StageKind::Dynamics(dynamics(stage, context, problems)?),
        other => {
            let path = format!("{}.kind", context.path);
            problems.add(path, format!("unknown kind of stage `{other}`; there are minimise, dynamics"));
            return None;
        }
    };
    Some(Stage { name: stage.name.clone(), kind })
}

fn minimise(stage: &StageDeck, path: &str, problems: &mut Problems) -> Option<Minimise> {
    let foreign = [
        ("duration_ps", stage.duration_ps.is_some()),
        ("timestep_fs", stage.timestep_fs.is_some()),
        ("ensemble", stage.ensemble.is_some()),
        ("record", stage.record.is_some()),
    ];
    misplaced(&foreign, path, "a stage of kind minimise", problems);
    let force_max =
        problems.required(format!("{path}.force_max_eV_per_A"), stage.force_max_ev_per_a, ForceEvPerA::new);
    if stage.max_steps == Some(0) {
        problems.add(format!("{path}.max_steps"), "max_steps must be at least 1");
    }
    let max_steps = stage.max_steps.map_or(MaxSteps::Fail(DEFAULT_MAX_STEPS), MaxSteps::Stop);
    Some(Minimise { force_max: force_max?, max_steps })
}

fn dynamics(stage: &StageDeck, context: &Context<'_>, problems: &mut Problems) -> Option<Dynamics> {
    let path = &context.path;
    let foreign = [
        ("force_max_eV_per_A", stage.force_max_ev_per_a.is_some()),
        ("max_steps", stage.max_steps.is_some()),
    ];
    misplaced(&foreign, path, "a stage of kind dynamics", problems);
    let timestep = problems.required(format!("{path}.timestep_fs"), stage.timestep_fs, TimestepFs::new);
    let steps = duration(stage, timestep, path, problems);
    let ensemble = match &stage.ensemble {
        Some(deck) => ensemble::check(deck, &format!("{path}.ensemble"), context.first_dynamics, problems),
        None => {
            let help = "ensemble = { kind = \"nve\" } or { kind = \"nvt-langevin\", temperature_K = 300.0, friction_per_ps = 2.0 }";
            problems.add_with_help(format!("{path}.ensemble"), "missing key", help);
            None
        }
    };
    let timestep = timestep?;
    if let Some((ensemble, _)) = &ensemble {
        ensemble::check_times(*ensemble, timestep, &format!("{path}.ensemble"), problems);
    }
    let output = context.output;
    let mut every = |key: &str, fs: f64| interval(key, fs, timestep, &stage.name, problems);
    let thermo_every = every("thermo_every_fs", output.thermo_every_fs);
    let restart_every = every("restart_every_ps", output.restart_every_ps * 1000.0);
    let trajectory_every = context.recorded.then(|| {
        let all = every("trajectory_every_fs", output.trajectory_every_fs);
        shortest(context.plan?, all, |key, fs| every(key, fs))
    });
    let (ensemble, initial_temperature) = ensemble?;
    Some(Dynamics {
        steps: steps?,
        timestep,
        ensemble,
        initial_temperature,
        thermo_every: thermo_every?,
        // An inner None is a problem already reported, an outer one a stage that is not recorded.
        trajectory_every: match trajectory_every {
            Some(every) => Some(every?),
            None => None,
        },
        restart_every: restart_every?,
    })
}

/// Steps between frames: those of all atoms or of the group that has them most often, the others a multiple of it.
fn shortest(
    plan: &OutputPlan,
    all: Option<NonZeroU64>,
    mut interval: impl FnMut(&str, f64) -> Option<NonZeroU64>,
) -> Option<NonZeroU64> {
    let key = |name: &str| format!("trajectory_groups.{name}.every_fs");
    let of_groups: Option<Vec<NonZeroU64>> =
        plan.groups.iter().map(|group| interval(&key(&group.name), group.recorded.every_fs)).collect();
    of_groups?.into_iter().chain([all?]).min()
}

fn duration(
    stage: &StageDeck,
    timestep: Option<TimestepFs>,
    path: &str,
    problems: &mut Problems,
) -> Option<u64> {
    let path = format!("{path}.duration_ps");
    let Some(duration) = stage.duration_ps else {
        problems.add(path, "missing key");
        return None;
    };
    if !(duration > 0.0 && duration.is_finite()) {
        problems.add(path, format!("a duration must be above 0 ps, not {duration} ps"));
        return None;
    }
    let timestep = timestep?.get();
    let steps = whole_ratio(duration * 1000.0, timestep);
    if steps.is_none() {
        let message = format!("{duration} ps is no whole number of timesteps of {timestep} fs");
        problems.add_with_help(path, message, nearest(duration * 1000.0, timestep, 1e-3, "ps"));
    }
    steps
}

/// An `[output]` interval in steps.
fn interval(
    key: &str,
    interval_fs: f64,
    timestep: TimestepFs,
    stage: &str,
    problems: &mut Problems,
) -> Option<NonZeroU64> {
    // A bad interval is reported once, by the check of [output].
    if !(interval_fs > 0.0 && interval_fs.is_finite()) {
        return None;
    }
    let steps = whole_ratio(interval_fs, timestep.get()).and_then(NonZeroU64::new);
    if steps.is_none() {
        let (unit, factor) = if key.ends_with("_ps") { ("ps", 1e-3) } else { ("fs", 1.0) };
        let message = format!(
            "{} {unit} is no whole number of timesteps of stage {stage} ({} fs)",
            interval_fs * factor,
            timestep.get()
        );
        let help = nearest(interval_fs, timestep.get(), factor, unit);
        problems.add_with_help(format!("output.{key}"), message, help);
    }
    steps
}

fn nearest(time_fs: f64, timestep_fs: f64, factor: f64, unit: &str) -> String {
    let steps = (time_fs / timestep_fs).round().max(1.0);
    format!("the nearest that is: {} {unit}", (steps * timestep_fs * factor * 1e9).round() / 1e9)
}
