//! From the deck as written to the plan as meant.

use std::collections::BTreeSet;
use std::num::NonZeroU64;

use natron_atoms::Species;

use super::check::{DeckProblem, Problems};
use super::group;
use super::stage::{self, Context};
use super::{AnalysisDeck, FORMAT, LimitsDeck, MdDeck, PotentialDeck, StageDeck, UncertaintyDeck, output};
use crate::plan::{
    Limits, MdPlan, OutputPlan, PotentialChoice, RunPlan, Stage, StageKind, UncertaintyAction,
    UncertaintyLimits,
};
use crate::quantity::{EnergyMev, EnergyMevPerAtom, ForceEvPerA, LengthA, TemperatureK};

/// More replicas than this are a slip of the finger.
const MAX_REPLICAS: u32 = 1000;

impl MdDeck {
    /// The plan this deck describes.
    ///
    /// # Errors
    /// Every problem of the deck, in the order of its sections; never an empty list.
    pub fn validate(&self) -> Result<MdPlan, Vec<DeckProblem>> {
        let mut problems = Problems::default();
        if self.format != FORMAT {
            let message = format!("format {} is not known; this version reads format {FORMAT}", self.format);
            problems.add("format", message);
        }
        if !(1..=MAX_REPLICAS).contains(&self.replicas) {
            problems
                .add("replicas", format!("replicas must be from 1 to {MAX_REPLICAS}, not {}", self.replicas));
        }
        if self.system.structure.is_empty() {
            problems.add("system.structure", "the name of the structure file is empty");
        }
        let potential = potential(&self.potential, &mut problems);
        let output = output::check(&self.output, &self.groups, &mut problems);
        let (mobile, reference) = analysis(&self.analysis, &mut problems);
        let limits = limits(&self.limits, &mut problems);
        let watched = (self.uncertainty != UncertaintyDeck::default()).then_some(&self.uncertainty);
        let uncertainty = watched.map(|deck| uncertainty(deck, &mut problems));
        let limits = limits.map(|limits| Limits { uncertainty: uncertainty.flatten(), ..limits });
        let skin = problems.quantity("neighbour.skin_A", self.neighbour.skin_a, LengthA::new);
        let groups = group::check(&self.groups, &mut problems);
        group::check_names(&self.system.fixed, "system.fixed", &self.groups, &mut problems);
        let stages = self.stages(output.as_ref(), &mut problems);
        if let Some(limits) = &limits {
            reachable(&stages, limits, &mut problems);
        }
        match (potential, limits, skin, output) {
            (Some(potential), Some(limits), Some(skin), Some(output)) if problems.0.is_empty() => {
                Ok(MdPlan {
                    structure: self.system.structure.clone(),
                    frame: self.system.frame,
                    potential,
                    directory: self.output.directory.clone(),
                    replicas: self.replicas,
                    mobile,
                    reference,
                    output,
                    run: RunPlan { seed: self.seed, groups, stages, limits, skin },
                })
            }
            _ => Err(problems.0),
        }
    }

    /// The stages that pass their check.
    fn stages(&self, output: Option<&OutputPlan>, problems: &mut Problems) -> Vec<Stage> {
        if self.stages.is_empty() {
            problems.add_with_help("stage", "the deck has no stage", "add a [[stage]] table");
        }
        let recorded = recorded(&self.stages);
        let first_dynamics = self.stages.iter().position(|stage| stage.kind == "dynamics");
        let paths = stage_paths(&self.stages, problems);
        let mut stages = Vec::new();
        for (index, (deck, path)) in self.stages.iter().zip(paths).enumerate() {
            let context = Context {
                deck: self,
                plan: output,
                path,
                recorded: recorded.contains(&index),
                first_dynamics: first_dynamics == Some(index),
            };
            stages.extend(stage::check(deck, &context, problems));
        }
        // Two stages with one timestep trip over the same interval: say it once.
        let mut seen = BTreeSet::new();
        problems.0.retain(|p| {
            let shared = p.path.starts_with("output.") || p.path.starts_with("system.");
            !shared || seen.insert(p.path.clone())
        });
        stages
    }
}

/// Which stages go to the trajectory: those that say so, or else the last dynamics stage unless it says no.
fn recorded(stages: &[StageDeck]) -> Vec<usize> {
    let named: Vec<usize> = (0..stages.len()).filter(|&k| stages[k].record == Some(true)).collect();
    if !named.is_empty() {
        return named;
    }
    let last = stages.iter().rposition(|stage| stage.kind == "dynamics");
    last.filter(|&k| stages[k].record.is_none()).into_iter().collect()
}

/// The key path of each stage: by name where the name is good and unique, else by index.
fn stage_paths(stages: &[StageDeck], problems: &mut Problems) -> Vec<String> {
    let good = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let mut paths = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        let by_index = format!("stage[{index}]");
        let unique = stages.iter().filter(|other| other.name == stage.name).count() == 1;
        if !good(&stage.name) {
            let message = format!("`{}` is no stage name: letters, digits, - and _ only", stage.name);
            problems.add(format!("{by_index}.name"), message);
        } else if !unique && stages[..index].iter().any(|other| other.name == stage.name) {
            problems.add(format!("{by_index}.name"), format!("there are two stages named `{}`", stage.name));
        }
        let by_name = good(&stage.name) && unique;
        paths.push(if by_name { format!("stage.{}", stage.name) } else { by_index });
    }
    paths
}

/// A temperature the deck asks for must not be one its limit forbids; fluctuations need room as well.
fn reachable(stages: &[Stage], limits: &Limits, problems: &mut Problems) {
    let limit = limits.temperature_max.get();
    for stage in stages {
        let StageKind::Dynamics(dynamics) = &stage.kind else { continue };
        let baths = dynamics.thermostats.iter().map(|thermostat| thermostat.ensemble);
        let ramps = baths.chain([dynamics.ensemble]).filter_map(|ensemble| ensemble.temperature());
        let ends = ramps.flat_map(|ramp| [ramp.from, ramp.to]).chain(dynamics.initial_temperature);
        let wanted = ends.map(|t| t.get());
        let hottest = wanted.fold(0.0, f64::max);
        if 2.0 * hottest > limit {
            let path = format!("stage.{}.ensemble", stage.name);
            let message = format!("{hottest} K is more than half of the limit of {limit} K");
            problems.add_with_help(path, message, "raise limits.temperature_max_K");
        }
    }
}

fn potential(deck: &PotentialDeck, problems: &mut Problems) -> Option<PotentialChoice> {
    let choice = match (&deck.name, &deck.file) {
        (Some(name), None) if name.contains('/') || name.ends_with(".safetensors") => {
            PotentialChoice::File(name.clone())
        }
        (Some(name), None) => PotentialChoice::BuiltIn(name.clone()),
        (None, Some(file)) => PotentialChoice::File(file.clone()),
        _ => {
            let help = "name = \"nac\" for a built-in potential or file = \"my.safetensors\"";
            problems.add_with_help("potential", "give exactly one of name and file", help);
            return None;
        }
    };
    let (PotentialChoice::BuiltIn(text) | PotentialChoice::File(text)) = &choice;
    if text.is_empty() {
        problems.add("potential", "the potential's name is empty");
        return None;
    }
    Some(choice)
}

fn analysis(deck: &AnalysisDeck, problems: &mut Problems) -> (Vec<Species>, Vec<Species>) {
    let mut species = |key: &str, symbols: &[String]| -> Vec<Species> {
        let mut found = Vec::new();
        for symbol in symbols {
            match Species::from_symbol(symbol) {
                Some(element) if found.contains(&element) => {
                    problems.add(format!("analysis.{key}"), format!("`{symbol}` is named twice"));
                }
                Some(element) => found.push(element),
                None => problems.add(format!("analysis.{key}"), format!("`{symbol}` is no chemical element")),
            }
        }
        found
    };
    (species("mobile", &deck.mobile), species("reference", &deck.reference))
}

fn limits(deck: &LimitsDeck, problems: &mut Problems) -> Option<Limits> {
    let default = Limits::default();
    let force_max = deck.force_max_ev_per_a.unwrap_or(default.force_max.get());
    let temperature_max = deck.temperature_max_k.unwrap_or(default.temperature_max.get());
    let displacement_max = deck.displacement_max_a.unwrap_or(default.displacement_max.get());
    let energy_change_max = deck.energy_change_max_mev_per_atom.unwrap_or(default.energy_change_max.get());
    let force_max = problems.quantity("limits.force_max_eV_per_A", force_max, ForceEvPerA::new);
    let temperature_max = problems.quantity("limits.temperature_max_K", temperature_max, TemperatureK::new);
    let displacement_max = problems.quantity("limits.displacement_max_A", displacement_max, LengthA::new);
    let path = "limits.energy_change_max_meV_per_atom";
    let energy_change_max = problems.quantity(path, energy_change_max, EnergyMevPerAtom::new);
    Some(Limits {
        force_max: force_max?,
        temperature_max: temperature_max?,
        displacement_max: displacement_max?,
        energy_change_max: energy_change_max?,
        uncertainty: None,
    })
}

fn uncertainty(deck: &UncertaintyDeck, problems: &mut Problems) -> Option<UncertaintyLimits> {
    let action = match deck.action.as_deref() {
        None | Some("stop") => Some(UncertaintyAction::Stop),
        Some("warn") => Some(UncertaintyAction::Warn),
        Some("collect") => Some(UncertaintyAction::Collect),
        Some(other) => {
            let message = format!("uncertainty.action must be stop, warn or collect, not `{other}`");
            problems.add("uncertainty.action", message);
            None
        }
    };
    if deck.atom_energy_std_max_mev.is_none() && deck.force_std_max_ev_per_a.is_none() {
        let help = "give atom_energy_std_max_meV (looked at in every step), force_std_max_eV_per_A, or both";
        problems.add_with_help("uncertainty", "[uncertainty] sets no limit", help);
    }
    let mut count = |key: &str, value: Option<u64>, default: u64| {
        let count = NonZeroU64::new(value.unwrap_or(default));
        if count.is_none() {
            problems.add(format!("uncertainty.{key}"), format!("uncertainty.{key} must be at least 1"));
        }
        count
    };
    // A look at forces takes as long as some 35 steps: every thousandth step it does not show.
    let force_every = count("force_every_steps", deck.force_every_steps, 1000);
    let collect_every = count("collect_every_steps", deck.collect_every_steps, 100);
    let path = "uncertainty.atom_energy_std_max_meV";
    let energy = deck.atom_energy_std_max_mev.map(|value| problems.quantity(path, value, EnergyMev::new));
    let path = "uncertainty.force_std_max_eV_per_A";
    let force = deck.force_std_max_ev_per_a.map(|value| problems.quantity(path, value, ForceEvPerA::new));
    Some(UncertaintyLimits {
        action: action?,
        atom_energy_max_mev: energy.flatten(),
        force_max: force.flatten(),
        force_every: force_every?,
        collect_every: collect_every?,
    })
}
