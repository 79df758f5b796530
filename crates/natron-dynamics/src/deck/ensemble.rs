//! Checking the ensemble of a stage.

use super::check::Problems;
use super::ramp::RampDeck;
use super::spelling::closest;
use super::{EnsembleDeck, misplaced};
use crate::plan::{Barostat, Chain, Coupling, Ensemble, Piston, Ramp};
use crate::quantity::{
    CompressibilityPerGpa, FrictionPerPs, PressureGpa, QuantityError, TemperatureK, TimePs, TimestepFs,
};

/// Every ensemble with the keys it may have beside `kind` and `initial_temperature_K`.
const KINDS: [(&str, &[&str]); 7] = [
    ("nve", &[]),
    ("nvt-langevin", &["temperature_K", "friction_per_ps"]),
    ("nvt-nose-hoover", &["temperature_K", "relaxation_ps", "chain_length", "suzuki_yoshida"]),
    ("nvt-rescale", &["temperature_K", "relaxation_ps"]),
    ("nvt-berendsen", &["temperature_K", "relaxation_ps"]),
    (
        "npt-rescale",
        &[
            "temperature_K",
            "relaxation_ps",
            "pressure_GPa",
            "pressure_relaxation_ps",
            "compressibility_per_GPa",
            "coupling",
        ],
    ),
    (
        "npt-mttk",
        &[
            "temperature_K",
            "relaxation_ps",
            "chain_length",
            "suzuki_yoshida",
            "pressure_GPa",
            "pressure_relaxation_ps",
            "coupling",
        ],
    ),
];
/// What a number may be left out for.
const RELAXATION_PS: f64 = 0.1;
const PRESSURE_RELAXATION_PS: f64 = 2.0;
const COMPRESSIBILITY_PER_GPA: f64 = 0.05;
const CHAIN_LENGTH: u64 = 3;
const SUZUKI_YOSHIDA: u64 = 3;

/// What `ensemble.kind` may be, in words.
fn kinds() -> String {
    KINDS.map(|(name, _)| name).join(", ")
}

/// The checked thermostat of a group, whose name is checked elsewhere; `None` with at least one problem added.
pub(super) fn check_thermostat(deck: &EnsembleDeck, path: &str, problems: &mut Problems) -> Option<Ensemble> {
    if KINDS.iter().any(|(name, _)| *name == deck.kind) && !deck.kind.starts_with("nvt-") {
        let message = format!("a group has a thermostat of kind nvt-..., not {}", deck.kind);
        let help = KINDS.map(|(name, _)| name).into_iter().filter(|name| name.starts_with("nvt-"));
        let help = format!("there are {}", help.collect::<Vec<_>>().join(", "));
        problems.add_with_help(format!("{path}.kind"), message, help);
        return None;
    }
    if deck.group.is_none() {
        problems.add(format!("{path}.group"), "missing key");
    }
    if deck.initial_temperature_k.is_some() {
        let key = "initial_temperature_K";
        problems
            .add(format!("{path}.{key}"), format!("`{key}` does not belong to the thermostat of a group"));
    }
    let without_group = EnsembleDeck { group: None, initial_temperature_k: None, ..deck.clone() };
    check(&without_group, path, false, problems).map(|(ensemble, _)| ensemble)
}

/// The checked ensemble and `initial_temperature_K`; `None` with at least one problem added.
pub(super) fn check(
    deck: &EnsembleDeck,
    path: &str,
    first_dynamics: bool,
    problems: &mut Problems,
) -> Option<(Ensemble, Option<TemperatureK>)> {
    let Some((kind, known)) = KINDS.iter().find(|(kind, _)| *kind == deck.kind) else {
        unknown_kind(&deck.kind, path, problems);
        return None;
    };
    for key in deck.other.keys() {
        let known: Vec<&str> = known.iter().copied().chain(["kind", "initial_temperature_K"]).collect();
        let help = match closest(key, &known) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("what is known here: {}", known.join(", ")),
        };
        problems.add_with_help(format!("{path}.{key}"), format!("unknown key `{key}`"), help);
    }
    let foreign: Vec<(&str, bool)> = deck.set().into_iter().filter(|(key, _)| !known.contains(key)).collect();
    misplaced(&foreign, path, &format!("ensemble {kind}"), problems);
    let initial = deck.initial_temperature_k.map(|value| {
        let path = format!("{path}.initial_temperature_K");
        if !first_dynamics {
            problems.add(&path, "only the first dynamics stage draws velocities");
        }
        problems.quantity(path, value, TemperatureK::new)
    });
    let ensemble = Check { deck, path, problems }.ensemble()?;
    match initial {
        Some(checked) => Some((ensemble, Some(checked?))),
        None => Some((ensemble, None)),
    }
}

/// What moves in a chain or a cell must be slow against a step, or its equations are not integrated. (Rescaling velocities is exact
/// for any time.)
pub(super) fn check_times(ensemble: Ensemble, timestep: TimestepFs, path: &str, problems: &mut Problems) {
    let (chain, cell) = match ensemble {
        Ensemble::NoseHoover { chain, .. } => (Some(chain.relaxation), None),
        Ensemble::NptRescale { barostat, .. } => (None, Some((barostat.relaxation, 5.0))),
        Ensemble::NptMttk { chain, piston, .. } => (Some(chain.relaxation), Some((piston.relaxation, 20.0))),
        _ => return,
    };
    let fs = timestep.get();
    let chain = chain.map(|time| ("relaxation_ps", time, 10.0));
    let cell = cell.map(|(time, least)| ("pressure_relaxation_ps", time, least));
    for (key, time, least) in chain.into_iter().chain(cell) {
        if time.get() * 1e3 < least * fs * (1.0 - 1e-9) {
            let message = format!("{} ps is shorter than {least} timesteps of {fs} fs", time.get());
            problems.add(format!("{path}.{key}"), message);
        }
    }
}

fn unknown_kind(kind: &str, path: &str, problems: &mut Problems) {
    let path = format!("{path}.kind");
    let help = match closest(kind, &KINDS.map(|(name, _)| name)) {
        Some(close) => format!("did you mean `{close}`? There are {}", kinds()),
        None => format!("there are {}", kinds()),
    };
    problems.add_with_help(path, format!("unknown ensemble `{kind}`"), help);
}

/// The values of one ensemble.
struct Check<'a> {
    deck: &'a EnsembleDeck,
    path: &'a str,
    problems: &'a mut Problems,
}

impl Check<'_> {
    fn ensemble(&mut self) -> Option<Ensemble> {
        let deck = self.deck;
        if deck.kind == "nve" {
            return Some(Ensemble::Nve);
        }
        // Every value is looked at before the first that is wrong ends it.
        let temperature = self.temperature();
        match deck.kind.as_str() {
            "nvt-langevin" => {
                let path = self.key("friction_per_ps");
                let friction = self.problems.required(path, deck.friction_per_ps, FrictionPerPs::new);
                Some(Ensemble::Langevin { temperature: temperature?, friction: friction? })
            }
            "nvt-nose-hoover" => {
                let chain = self.chain();
                Some(Ensemble::NoseHoover { temperature: self.above_zero(temperature?)?, chain: chain? })
            }
            "nvt-rescale" => {
                let relaxation = self.relaxation();
                Some(Ensemble::Rescale { temperature: temperature?, relaxation: relaxation? })
            }
            "nvt-berendsen" => {
                let relaxation = self.relaxation();
                Some(Ensemble::Berendsen { temperature: temperature?, relaxation: relaxation? })
            }
            "npt-mttk" => {
                let (chain, cell) = (self.chain(), self.cell());
                let temperature = self.above_zero(temperature?)?;
                let (pressure, relaxation, coupling) = cell?;
                let piston = Piston { pressure, relaxation, coupling };
                Some(Ensemble::NptMttk { temperature, chain: chain?, piston })
            }
            _ => {
                let (relaxation, barostat) = (self.relaxation(), self.barostat());
                let temperature = self.above_zero(temperature?)?;
                Some(Ensemble::NptRescale { temperature, relaxation: relaxation?, barostat: barostat? })
            }
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// A number or a ramp that must be there.
    fn ramp<T: Copy>(
        &mut self,
        key: &str,
        value: Option<RampDeck>,
        check: fn(f64) -> Result<T, QuantityError>,
    ) -> Option<Ramp<T>> {
        let path = self.key(key);
        match value {
            None => {
                self.problems.add(path, "missing key");
                None
            }
            Some(RampDeck::Constant(value)) => self.problems.quantity(path, value, check).map(Ramp::from),
            Some(RampDeck::Ramp(ends)) => {
                let from = self.problems.quantity(format!("{path}.from"), ends.from, check);
                let to = self.problems.quantity(format!("{path}.to"), ends.to, check);
                Some(Ramp { from: from?, to: to? })
            }
        }
    }

    fn temperature(&mut self) -> Option<Ramp<TemperatureK>> {
        self.ramp("temperature_K", self.deck.temperature_k, TemperatureK::new)
    }

    /// Masses of thermostats and the motion of a cell come from k_B T.
    fn above_zero(&mut self, temperature: Ramp<TemperatureK>) -> Option<Ramp<TemperatureK>> {
        if temperature.from.get() > 0.0 && temperature.to.get() > 0.0 {
            return Some(temperature);
        }
        let message = format!("ensemble {} needs a temperature above 0 K", self.deck.kind);
        self.problems.add(self.key("temperature_K"), message);
        None
    }

    fn relaxation(&mut self) -> Option<TimePs> {
        let path = self.key("relaxation_ps");
        self.problems.quantity(path, self.deck.relaxation_ps.unwrap_or(RELAXATION_PS), TimePs::new)
    }

    fn chain(&mut self) -> Option<Chain> {
        let relaxation = self.relaxation();
        let (length, weights) = (
            self.deck.chain_length.unwrap_or(CHAIN_LENGTH),
            self.deck.suzuki_yoshida.unwrap_or(SUZUKI_YOSHIDA),
        );
        let (length_fits, weights_fit) = ((1..=20).contains(&length), [1, 3, 5, 7].contains(&weights));
        if !length_fits {
            let message = format!("a chain has from 1 to 20 thermostats, not {length}");
            self.problems.add(self.key("chain_length"), message);
        }
        if !weights_fit {
            let message = format!("the number of Suzuki-Yoshida weights is 1, 3, 5 or 7, not {weights}");
            self.problems.add(self.key("suzuki_yoshida"), message);
        }
        let chain = Chain { relaxation: relaxation?, length: length as usize, weights: weights as usize };
        (length_fits && weights_fit).then_some(chain)
    }

    fn barostat(&mut self) -> Option<Barostat> {
        let cell = self.cell();
        let estimate = self.deck.compressibility_per_gpa.unwrap_or(COMPRESSIBILITY_PER_GPA);
        let path = self.key("compressibility_per_GPa");
        let compressibility = self.problems.quantity(path, estimate, CompressibilityPerGpa::new);
        let (pressure, relaxation, coupling) = cell?;
        Some(Barostat { pressure, relaxation, compressibility: compressibility?, coupling })
    }

    /// What every barostat has: pressure, relaxation time, coupling.
    fn cell(&mut self) -> Option<(Ramp<PressureGpa>, TimePs, Coupling)> {
        let deck = self.deck;
        let pressure = self.ramp("pressure_GPa", deck.pressure_gpa, PressureGpa::new);
        let time = deck.pressure_relaxation_ps.unwrap_or(PRESSURE_RELAXATION_PS);
        let relaxation = self.problems.quantity(self.key("pressure_relaxation_ps"), time, TimePs::new);
        let name = deck.coupling.as_deref().unwrap_or(Coupling::Isotropic.name());
        let coupling =
            Coupling::NAMES.iter().find(|(known, _)| *known == name).map(|(_, coupling)| *coupling);
        if coupling.is_none() {
            let known = Coupling::NAMES.map(|(known, _)| known).join(", ");
            self.problems.add(self.key("coupling"), format!("unknown coupling `{name}`; there are {known}"));
        }
        Some((pressure?, relaxation?, coupling?))
    }
}
