//! Checking one stage of a deck.

use std::num::NonZeroU64;

use super::check::{Problems, whole_ratio};
use super::{GroupDeck, MdDeck, StageDeck, ensemble, group, misplaced};
use crate::plan::{
    CellTarget, Coupling, Dynamics, Ensemble, GroupThermostat, MaxSteps, Minimise, OutputPlan, Relaxation,
    Stage, StageKind,
};
use crate::quantity::{ForceEvPerA, PressureGpa, StressGpa, TimestepFs};

/// Steps a minimisation may take where the deck does not say.
const DEFAULT_MAX_STEPS: u64 = 10_000;

/// How far the stress may be from the pressure where the deck does not say, GPa.
const DEFAULT_STRESS_MAX_GPA: f64 = 0.05;

/// What a stage's check needs to know about the rest of the deck.
pub(super) struct Context<'a> {
    pub(super) deck: &'a MdDeck,
    /// Its `[output]`, checked.
    pub(super) plan: Option<&'a OutputPlan>,
    /// Key path of the stage.
    pub(super) path: String,
    pub(super) recorded: bool,
    pub(super) first_dynamics: bool,
}

/// The checked stage; `None` with at least one problem added.
pub(super) fn check(stage: &StageDeck, context: &Context<'_>, problems: &mut Problems) -> Option<Stage> {
    let kind = match stage.kind.as_str() {
        "minimise" => StageKind::Minimise(minimise(stage, context, problems)?),
        "dynamics" => StageKind::Dynamics(dynamics(stage, context, problems)?),
        other => {
            let path = format!("{}.kind", context.path);
            problems.add(path, format!("unknown kind of stage `{other}`; there are minimise, dynamics"));
            return None;
        }
    };
    Some(Stage { name: stage.name.clone(), kind })
}

fn minimise(stage: &StageDeck, context: &Context<'_>, problems: &mut Problems) -> Option<Minimise> {
    let path = &context.path;
    let fixed = fixed(stage, context, problems);
    let foreign = [
        ("zero_momentum", stage.zero_momentum.is_some()),
        ("thermostats", stage.thermostats.is_some()),
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
    let method = relaxation(stage, path, problems);
    let cell = cell(stage, path, problems);
    if stage.cell.is_some() && !fixed.is_empty() {
        let key = if stage.fixed.is_some() { format!("{path}.fixed") } else { "system.fixed".to_owned() };
        let message =
            format!("stage {} cannot hold atoms fixed: it moves the cell and every atom with it", stage.name);
        problems.add_with_help(key, message, "write fixed = [] in that stage, or leave out its cell");
    }
    Some(Minimise { force_max: force_max?, max_steps, fixed, method: method?, cell: cell? })
}

fn relaxation(stage: &StageDeck, path: &str, problems: &mut Problems) -> Option<Relaxation> {
    let Some(name) = stage.method.as_deref() else { return Some(Relaxation::Fire) };
    let found = Relaxation::NAMES.iter().find(|(known, _)| *known == name);
    if found.is_none() {
        problems.add(format!("{path}.method"), format!("unknown method `{name}`; there are fire, lbfgs"));
    }
    found.map(|(_, method)| *method)
}

/// What of the cell is relaxed; the outer `None` with at least one problem added.
fn cell(stage: &StageDeck, path: &str, problems: &mut Problems) -> Option<Option<CellTarget>> {
    let Some(name) = stage.cell.as_deref() else {
        let keys = [
            ("pressure_GPa", stage.pressure_gpa.is_some()),
            ("stress_max_GPa", stage.stress_max_gpa.is_some()),
        ];
        for (key, _) in keys.iter().filter(|(_, set)| *set) {
            let help = "cell = \"isotropic\", \"anisotropic\" or \"triclinic\"";
            problems.add_with_help(format!("{path}.{key}"), format!("`{key}` needs a `cell` to relax"), help);
        }
        return Some(None);
    };
    let coupling = Coupling::NAMES.iter().find(|(known, _)| *known == name).map(|(_, coupling)| *coupling);
    if coupling.is_none() {
        let known = Coupling::NAMES.map(|(known, _)| known).join(", ");
        problems.add(format!("{path}.cell"), format!("unknown cell `{name}`; there are {known}"));
    }
    let pressure = stage.pressure_gpa.unwrap_or(0.0);
    let pressure = problems.quantity(format!("{path}.pressure_GPa"), pressure, PressureGpa::new);
    let stress_max = stage.stress_max_gpa.unwrap_or(DEFAULT_STRESS_MAX_GPA);
    let stress_max = problems.quantity(format!("{path}.stress_max_GPa"), stress_max, StressGpa::new);
    Some(Some(CellTarget { coupling: coupling?, pressure: pressure?, stress_max: stress_max? }))
}

fn dynamics(stage: &StageDeck, context: &Context<'_>, problems: &mut Problems) -> Option<Dynamics> {
    let path = &context.path;
    let foreign = [
        ("force_max_eV_per_A", stage.force_max_ev_per_a.is_some()),
        ("max_steps", stage.max_steps.is_some()),
        ("method", stage.method.is_some()),
        ("cell", stage.cell.is_some()),
        ("pressure_GPa", stage.pressure_gpa.is_some()),
        ("stress_max_GPa", stage.stress_max_gpa.is_some()),
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
    let (fixed, zero_momentum) = (fixed(stage, context, problems), stage.zero_momentum.clone());
    let zero_momentum = zero_momentum.unwrap_or_default();
    group::check_names(&zero_momentum, &format!("{path}.zero_momentum"), &context.deck.groups, problems);
    let thermostats = thermostats(stage, path, timestep, &context.deck.groups, problems);
    if let Some((ensemble, _)) = &ensemble {
        check_parts(*ensemble, stage, context, &fixed, problems);
    }
    let output = &context.deck.output;
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
        thermostats: thermostats?,
        fixed,
        zero_momentum,
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

/// The groups that are fixed in a stage.
fn fixed(stage: &StageDeck, context: &Context<'_>, problems: &mut Problems) -> Vec<String> {
    match &stage.fixed {
        Some(own) => {
            group::check_names(own, &format!("{}.fixed", context.path), &context.deck.groups, problems);
            own.clone()
        }
        // Their names are checked once, with [system].
        None => context.deck.system.fixed.clone(),
    }
}

/// The thermostats of groups; `None` with at least one problem added.
fn thermostats(
    stage: &StageDeck,
    path: &str,
    timestep: TimestepFs,
    groups: &[GroupDeck],
    problems: &mut Problems,
) -> Option<Vec<GroupThermostat>> {
    let decks = stage.thermostats.as_deref().unwrap_or_default();
    let one = |(k, deck): (usize, &super::EnsembleDeck)| {
        let path = format!("{path}.thermostats[{k}]");
        if let Some(name) = &deck.group {
            group::check_name(name, &format!("{path}.group"), groups, problems);
        }
        let ensemble = ensemble::check_thermostat(deck, &path, problems)?;
        ensemble::check_times(ensemble, timestep, &path, problems);
        Some(GroupThermostat { group: deck.group.clone()?, ensemble })
    };
    // Every one is looked at before the first that is wrong ends it.
    let checked: Vec<Option<GroupThermostat>> = decks.iter().enumerate().map(one).collect();
    checked.into_iter().collect()
}

/// What does not go together with an ensemble.
fn check_parts(
    ensemble: Ensemble,
    stage: &StageDeck,
    context: &Context<'_>,
    fixed: &[String],
    problems: &mut Problems,
) {
    let path = &context.path;
    if stage.thermostats.as_ref().is_some_and(|list| !list.is_empty()) && ensemble != Ensemble::Nve {
        let message = format!("thermostats of groups go with ensemble nve, not {}", ensemble.name());
        let help =
            "ensemble = { kind = \"nve\" } moves the rest; a group of the rest may have a thermostat as well";
        problems.add_with_help(format!("{path}.thermostats"), message, help);
    }
    if !ensemble.moves_cell() {
        return;
    }
    let moving = format!("ensemble {} moves the cell and every atom with it", ensemble.name());
    if !fixed.is_empty() {
        let key = if stage.fixed.is_some() { format!("{path}.fixed") } else { "system.fixed".to_owned() };
        let message = format!("stage {} cannot hold atoms fixed: {moving}", stage.name);
        problems.add_with_help(
            key,
            message,
            "write fixed = [] in that stage, or choose an ensemble of constant volume",
        );
    }
    if stage.zero_momentum.as_ref().is_some_and(|list| !list.is_empty()) {
        let help =
            "leave it out: the total momentum is zero there anyway, or choose an ensemble of constant volume";
        problems.add_with_help(
            format!("{path}.zero_momentum"),
            format!("no group can be held: {moving}"),
            help,
        );
    }
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
