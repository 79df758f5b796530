//! An MD deck written out in full, with what every value means.

use serde_json::{Map, Value};

use crate::envelope::json;
use natron_dynamics::MdDeck;

/// What a key means. `default` is shown, commented out, where the deck leaves the key out.
struct Meaning {
    path: &'static str,
    text: &'static str,
    default: Option<&'static str>,
}

const fn key(path: &'static str, text: &'static str) -> Meaning {
    Meaning { path, text, default: None }
}

const fn with_default(path: &'static str, text: &'static str, default: &'static str) -> Meaning {
    Meaning { path, text, default: Some(default) }
}

/// Every key of the deck in the order in which it is written; `stage.` stands for each `[[stage]]`.
const MEANINGS: &[Meaning] = &[
    key("format", "format of this deck"),
    key("seed", "seed of every random number: the same deck gives the same run"),
    key(
        "replicas",
        "independent runs side by side in replica-000/, ...; they differ in their random numbers alone",
    ),
    key(
        "system.structure",
        "file of the start: extended XYZ, POSCAR, CIF or LAMMPS data, relative to this deck",
    ),
    with_default("system.frame", "which of its frames, counted from 0", "the last"),
    key("system.fixed", "groups that stay where they are in every stage that has no fixed of its own"),
    key("potential.name", "a built-in potential"),
    key("potential.file", "file of the potential, relative to this deck"),
    with_default("output.directory", "run directory, relative to this deck", "named after the deck"),
    key("output.trajectory_every_fs", "time between frames of trajectory.h5"),
    key("output.thermo_every_fs", "time between rows of thermo.csv"),
    key("output.restart_every_ps", "time between restarts; the two newest are kept"),
    key(
        "output.trajectory_precision",
        "how positions, velocities and forces are stored: f64, or f32 in half the space",
    ),
    key("output.trajectory_velocities", "whether velocities go to trajectory.h5"),
    key("output.trajectory_forces", "whether forces do"),
    with_default(
        "output.trajectory_groups",
        "some of the atoms once more, each group with its own interval: [{ name = \"na\", species = [\"Na\"], every_fs = 5.0 }]",
        "none",
    ),
    key("analysis.mobile", "elements whose diffusion is reported"),
    key("analysis.reference", "elements whose drift is removed first; [] is the whole system"),
    with_default(
        "uncertainty.action",
        "what happens where the potential is unsure: stop, warn or collect (into uncertain.extxyz)",
        "stop",
    ),
    with_default(
        "uncertainty.atom_energy_std_max_meV",
        "largest standard deviation of the energy of an atom",
        "none",
    ),
    with_default(
        "uncertainty.force_std_max_eV_per_A",
        "largest standard deviation of the force on an atom",
        "none",
    ),
    with_default(
        "uncertainty.force_every_steps",
        "steps between looks at forces, each as long as some 35 steps",
        "1000",
    ),
    with_default(
        "uncertainty.collect_every_steps",
        "least number of steps between frames that are collected",
        "100",
    ),
    with_default("limits.force_max_eV_per_A", "a longer force stops dynamics", "200"),
    with_default("limits.temperature_max_K", "a higher temperature stops dynamics", "10000"),
    with_default("limits.displacement_max_A", "a longer way in one step stops dynamics", "0.5"),
    with_default(
        "limits.energy_change_max_meV_per_atom",
        "a larger change of the total energy stops nve",
        "50",
    ),
    with_default(
        "neighbour.skin_A",
        "how far beyond the cutoff neighbours are kept: speed, not physics",
        "1",
    ),
    key("group.name", "name, for stages and for the expressions of groups after it"),
    key("group.species", "the atoms of these elements"),
    key("group.indices", "these atoms, counted from 0; \"10-19\" is a range, both ends included"),
    key(
        "group.region",
        "the atoms that start in a block (x_A, y_A, z_A), slab, sphere or cylinder, periodic images included",
    ),
    key("group.expression", "and, or, not and brackets over the groups before; `all` is every atom"),
    key("stage.name", "name, for messages and for --set stage.NAME.key=value"),
    key(
        "stage.kind",
        "minimise relaxes positions (and the cell), dynamics integrates the equations of motion",
    ),
    key("stage.force_max_eV_per_A", "relaxed when no force is longer"),
    key("stage.max_steps", "stop relaxing there, converged or not"),
    key("stage.method", "fire: robust; lbfgs: fewer steps near the minimum"),
    key("stage.cell", "what of the cell is relaxed as well: isotropic, anisotropic or triclinic"),
    key("stage.pressure_GPa", "the pressure that the cell is relaxed to"),
    key("stage.stress_max_GPa", "relaxed when no component of the stress is farther from that pressure"),
    key("stage.duration_ps", "simulated time"),
    key("stage.timestep_fs", "one step: 1 fs, or 0.5 fs with hydrogen"),
    key("stage.ensemble", "what is held constant"),
    key("stage.thermostats", "thermostats of groups; the ensemble nve moves the atoms of no group"),
    key("stage.fixed", "groups that stay where they are: no force on them counts; [] lets all go"),
    key(
        "stage.zero_momentum",
        "groups whose total momentum is kept zero: their centre of mass rests, 3 degrees of freedom less each",
    ),
    key("stage.record", "whether the stage goes to trajectory.h5; where none says so, the last does"),
];

/// The keys of an entry of `output.trajectory_groups`.
pub(crate) const OUTPUT_GROUP_KEYS: [(&str, &str); 8] = [
    ("name", "name of the group in trajectory.h5: lower-case letters, digits, - and _, sorted behind `all`"),
    ("species", "elements: all their atoms"),
    ("indices", "atoms from 0: 7, or a range, \"0-21\""),
    ("group", "a group of the deck"),
    ("every_fs", "time between frames of the group (default: trajectory_every_fs)"),
    ("precision", "f32 or f64 (default: trajectory_precision)"),
    ("velocities", "whether velocities are stored (default: trajectory_velocities)"),
    ("forces", "whether forces are stored (default: trajectory_forces)"),
];

/// Path, meaning and default of every key.
pub(crate) fn meanings() -> impl Iterator<Item = (&'static str, &'static str, Option<&'static str>)> {
    MEANINGS.iter().map(|meaning| (meaning.path, meaning.text, meaning.default))
}

/// The sections after the top level, in order.
const SECTIONS: [&str; 6] = ["system", "potential", "output", "analysis", "limits", "uncertainty"];

/// The deck as TOML with a comment behind every value; keys that are left out appear with their default.
pub fn explain(deck: &MdDeck) -> String {
    Page { deck, comments: true }.write()
}

/// The deck as TOML.
pub fn to_toml(deck: &MdDeck) -> String {
    Page { deck, comments: false }.write()
}

struct Page<'d> {
    deck: &'d MdDeck,
    comments: bool,
}

impl Page<'_> {
    fn write(&self) -> String {
        let Value::Object(mut deck) = json(self.deck) else { unreachable!("a deck is an object") };
        let stages = deck.remove("stage");
        let groups = deck.remove("group");
        let mut text = self.table("", &deck);
        for section in SECTIONS.into_iter().chain(["neighbour"]) {
            let lines = match deck.get(section) {
                Some(Value::Object(table)) => self.table(section, table),
                _ => self.table(section, &Map::new()),
            };
            if !lines.is_empty() {
                text += &format!("\n[{section}]\n{lines}");
            }
        }
        for (name, tables) in [("group", groups), ("stage", stages)] {
            for table in tables.iter().filter_map(Value::as_array).flatten() {
                let Value::Object(table) = table else { continue };
                text += &format!("\n[[{name}]]\n{}", self.table(name, table));
            }
        }
        text
    }

    /// The lines of one table, comments aligned.
    fn table(&self, section: &str, table: &Map<String, Value>) -> String {
        let inside = |path: &str| match path.split_once('.') {
            Some((above, _)) => above == section,
            None => section.is_empty(),
        };
        let lines: Vec<(String, String)> =
            MEANINGS.iter().filter(|m| inside(m.path)).filter_map(|m| self.line(m, table)).collect();
        let width = lines.iter().map(|(code, _)| code.len()).filter(|n| *n <= 44).max().unwrap_or(0);
        let shown = |(code, comment): &(String, String)| match self.comments {
            true => format!("{code:width$}  # {comment}\n"),
            false => format!("{code}\n"),
        };
        lines.iter().map(shown).collect()
    }

    fn line(&self, meaning: &Meaning, table: &Map<String, Value>) -> Option<(String, String)> {
        let key = meaning.path.rsplit('.').next().expect("a path has a last part");
        match (table.get(key), meaning.default) {
            (Some(value), _) => {
                let comment = ensemble(value).unwrap_or(meaning.text);
                Some((format!("{key} = {}", toml(value)), comment.to_string()))
            }
            (None, Some(default)) if self.comments => {
                Some((format!("# {key}"), format!("{} (default: {default})", meaning.text)))
            }
            _ => None,
        }
    }
}

/// What an ensemble means, where the value is one.
fn ensemble(value: &Value) -> Option<&'static str> {
    match value.get("kind")?.as_str()? {
        "nve" => Some("energy is conserved: nothing drags on D"),
        "nvt-langevin" => {
            Some("random kicks hold temperature_K, friction_per_ps says how hard; the friction drags on D")
        }
        "nvt-nose-hoover" => Some(
            "a chain of thermostats holds temperature_K: deterministic, for large systems in equilibrium",
        ),
        "nvt-rescale" => Some(
            "velocities are scaled to the canonical kinetic energy at temperature_K within relaxation_ps",
        ),
        "nvt-berendsen" => {
            Some("goes to temperature_K within relaxation_ps; samples no ensemble: only prepare")
        }
        "npt-rescale" => Some(
            "the cell (coupling) follows pressure_GPa within pressure_relaxation_ps; compressibility_per_GPa may be a guess",
        ),
        _ => None,
    }
}

/// A JSON value in TOML's spelling.
fn toml(value: &Value) -> String {
    match value {
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let entries: Vec<String> =
                table.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key that a deck can have.
    const FULL: &str = r#"
format = 1
seed = 18446744073709551615
replicas = 2
[system]
structure = "a \"b\".extxyz"
frame = 3
fixed = ["few"]
[potential]
file = "p.safetensors"
[output]
directory = "run"
trajectory_every_fs = 10.0
trajectory_precision = "f32"
trajectory_velocities = false
trajectory_forces = true
trajectory_groups = [
    { name = "na", species = ["Na"], every_fs = 5.0, precision = "f64", velocities = true, forces = false },
    { name = "some", indices = ["0-3", "7"] },
]
[analysis]
mobile = ["Na"]
reference = ["C"]
[limits]
force_max_eV_per_A = 100.0
temperature_max_K = 5000.0
displacement_max_A = 0.25
energy_change_max_meV_per_atom = 1e-3
[uncertainty]
action = "collect"
atom_energy_std_max_meV = 300.0
force_std_max_eV_per_A = 2.0
force_every_steps = 50
collect_every_steps = 200
[neighbour]
skin_A = 0.5
[[group]]
name = "sodium"
species = ["Na"]
[[group]]
name = "few"
indices = [0, "3-7", 9]
[[group]]
name = "low"
region = { kind = "block", x_A = [0.0, 5.0], y_A = [-1.5, 5.0], z_A = [0.0, 4.0] }
[[group]]
name = "rod"
region = { kind = "cylinder", axis = "z", centre_A = [0.0, 1.0, 2.0], radius_A = 3.0, from_A = 0.0, to_A = 4.0 }
[[group]]
name = "rest"
expression = "not (sodium or few) and low"
[[stage]]
name = "relax"
kind = "minimise"
force_max_eV_per_A = 0.05
max_steps = 7
method = "lbfgs"
cell = "triclinic"
pressure_GPa = 0.5
stress_max_GPa = 0.1
[[stage]]
name = "flow"
kind = "dynamics"
duration_ps = 1.0
timestep_fs = 1.0
ensemble = { kind = "nve" }
thermostats = [{ group = "rest", kind = "nvt-langevin", temperature_K = 300.0, friction_per_ps = 2.0 }, { group = "rod", kind = "nvt-rescale", temperature_K = { from = 300.0, to = 600.0 } }]
fixed = ["few"]
zero_momentum = ["rest"]
[[stage]]
name = "run"
kind = "dynamics"
duration_ps = 1.0
timestep_fs = 1.0
ensemble = { kind = "nvt-langevin", temperature_K = 300.0, friction_per_ps = 2.0, initial_temperature_K = 600.0 }
record = true
[[stage]]
name = "chain"
kind = "dynamics"
duration_ps = 1.0
timestep_fs = 1.0
ensemble = { kind = "nvt-nose-hoover", temperature_K = { from = 300.0, to = 600.0 }, relaxation_ps = 0.2, chain_length = 4, suzuki_yoshida = 5 }
[[stage]]
name = "press"
kind = "dynamics"
duration_ps = 1.0
timestep_fs = 1.0
ensemble = { kind = "npt-rescale", temperature_K = 300.0, relaxation_ps = 0.2, pressure_GPa = { from = 0.0, to = 1.0 }, pressure_relaxation_ps = 3.0, compressibility_per_GPa = 0.1, coupling = "triclinic" }
"#;

    #[test]
    fn what_is_written_reads_back_as_the_same_deck() {
        let deck: MdDeck = toml::from_str(FULL).expect("a deck");
        for text in [to_toml(&deck), explain(&deck)] {
            assert_eq!(toml::from_str::<MdDeck>(&text).expect("a deck"), deck, "{text}");
        }
    }

    #[test]
    fn what_is_left_out_is_shown_with_its_default() {
        let minimal = "format = 1\nseed = 1\n[system]\nstructure = \"a.xyz\"\n[potential]\nname = \"nac\"\n";
        let text = explain(&toml::from_str(minimal).expect("a deck"));
        assert!(text.contains("# temperature_max_K"), "{text}");
        assert!(text.contains("trajectory_every_fs = 20.0"), "{text}");
    }
}
