//! A build deck written out in full with what every value means, and its schema: one list of keys serves both.

use natron_build::recipe::StructureTable;
use serde_json::{Value, json};

use super::BuildDeck;
use crate::envelope::json as to_json;
use crate::keys::{self, Key, Type, belongs, key, needed, object};

use Type::{Count, Counts, Flag, Number, Text};

const fn of(kinds: &'static str, name: &'static str, value: Type, text: &'static str) -> Key {
    Key { table: "structure", kinds, name, value, required: false, text }
}

const fn must(kinds: &'static str, name: &'static str, value: Type, text: &'static str) -> Key {
    Key { table: "structure", kinds, name, value, required: true, text }
}

const KINDS: [&str; 8] =
    ["graphite", "turbostratic", "slit-pore", "diamond", "bcc", "liquid", "amorphous", "file"];
const MELTS: &str = "liquid amorphous";
const ALL: &str = "";

pub(crate) const KEYS: &[Key] = &[
    needed("", "format", Count, "format of this deck"),
    key(
        "",
        "seed",
        Count,
        "seed of every random number: the same deck gives the same structures; needed where anything is random",
    ),
    key(
        "",
        "replicas",
        Count,
        "independent structures, in replica-000/, ...; they differ in their random numbers alone",
    ),
    must("slit-pore", "width_A", Number, "distance between the planes of atoms on both sides of the pore"),
    must(
        "graphite slit-pore",
        "repeat",
        Counts(2),
        "two-atom cells along a1 and a2, which enclose 60 degrees",
    ),
    must("diamond bcc", "repeat", Counts(3), "cubes along x, y and z"),
    must(
        "turbostratic",
        "supercell",
        Counts(2),
        "(m, n): first edge of a layer, m a1 + n a2; with n a1 + m a2 as the other orientation",
    ),
    must(
        "graphite turbostratic slit-pore",
        "layers",
        Count,
        "number of layers; a multiple of the stacking's period",
    ),
    must(ALL, "kind", Text, "graphite, turbostratic, slit-pore, diamond, bcc, liquid, amorphous or file"),
    of("graphite slit-pore", "stacking", Text, "AA, AB or ABC"),
    of("graphite turbostratic slit-pore", "spacing_A", Number, "distance between layers"),
    of("graphite turbostratic slit-pore", "bond_A", Number, "length of a C-C bond"),
    must(MELTS, "atoms", Count, "number of atoms"),
    must("amorphous", "density_g_per_cm3", Number, "density; the cell is a cube and keeps its size"),
    of("liquid", "density_g_per_cm3", Number, "density; the cell is a cube and keeps its size"),
    of("bcc liquid amorphous", "species", Text, "element"),
    of("diamond bcc", "edge_A", Number, "edge of the cube"),
    of("liquid", "temperature_K", Number, "temperature"),
    of("liquid", "duration_ps", Number, "how long it is stirred"),
    of("amorphous", "melt_K", Number, "temperature of the melt"),
    of("amorphous", "melt_ps", Number, "how long it stays there"),
    of("amorphous", "cool_ps", Number, "how long it takes from the melt to the anneal"),
    of("amorphous", "anneal_K", Number, "temperature of the anneal"),
    of("amorphous", "anneal_ps", Number, "how long it stays there: longer gives more sp2"),
    of("amorphous", "quench_ps", Number, "how long it takes from the anneal to the end"),
    of("amorphous", "final_K", Number, "temperature at the end, before the last relaxation"),
    of(MELTS, "timestep_fs", Number, "step of the dynamics"),
    of(MELTS, "friction_per_ps", Number, "friction of its thermostat"),
    of("amorphous", "force_max_eV_per_A", Number, "longest force after the last relaxation"),
    must("file", "file", Text, "file of a structure, relative to this deck"),
    of("file", "frame", Count, "which of its frames, counted from 0; default: the last"),
    needed("vacancies", "count", Count, "atoms that are taken away, by lot"),
    key("vacancies", "distance_min_A", Number, "least distance between two of them"),
    key("relax", "force_max_eV_per_A", Number, "relaxed when no force is longer"),
    key("relax", "max_steps", Count, "stop relaxing there, converged or not"),
    key("relax", "cell", Text, "what of the cell is relaxed as well: isotropic, anisotropic or triclinic"),
    key("relax", "pressure_GPa", Number, "the pressure that the cell is relaxed to"),
    needed(
        "insert",
        "atoms",
        Counts(0),
        "numbers of atoms that are wanted, rising; a structure of each is written",
    ),
    key("insert", "species", Text, "element that is inserted into voids"),
    key("insert", "step", Count, "atoms inserted at once, at most"),
    key("insert", "trials", Count, "placements of which the one of lowest energy after relaxation is kept"),
    key(
        "insert",
        "host_distance_min_A",
        Number,
        "least distance from other elements where an atom is placed",
    ),
    key("insert", "own_distance_min_A", Number, "least distance from its own element"),
    key("insert", "temperature_K", Number, "temperature of the dynamics after each step"),
    key("insert", "relax_ps", Number, "how long it lasts; 0: none"),
    key("insert", "timestep_fs", Number, "its step"),
    key("insert", "force_max_eV_per_A", Number, "longest force at the end of each step"),
    key(
        "insert",
        "cell",
        Text,
        "what of the cell follows the pressure: isotropic, anisotropic or triclinic; default: the cell is fixed",
    ),
    key("insert", "pressure_GPa", Number, "that pressure"),
    key("grand_canonical", "species", Text, "element that is exchanged with a reservoir"),
    needed("grand_canonical", "temperature_K", Number, "temperature of the reservoir and the structure"),
    key(
        "grand_canonical",
        "chemical_potential_eV",
        Number,
        "chemical potential of the reservoir on the energy scale of the potential, momenta included",
    ),
    key(
        "grand_canonical",
        "voltage_V",
        Number,
        "instead of it: a voltage against the body-centred metal of the potential at this temperature",
    ),
    key("monte_carlo", "moves", Count, "moves that enter the means"),
    key("monte_carlo", "equilibration_moves", Count, "moves before them"),
    key("monte_carlo", "record_every_moves", Count, "moves between rows of moves.csv"),
    key("monte_carlo", "checkpoint_every_moves", Count, "moves between checkpoints"),
    key(
        "monte_carlo",
        "exchange_weight",
        Number,
        "how often insertions and deletions are tried, relative to other moves",
    ),
    key("monte_carlo", "displacement_weight", Number, "how often one exchanged atom is displaced"),
    key("monte_carlo", "hybrid_weight", Number, "how often all atoms go along dynamics; 0: a rigid host"),
    key("monte_carlo", "displacement_max_A", Number, "longest displacement along each axis"),
    key("monte_carlo", "hybrid_steps", Count, "steps of dynamics in a hybrid move"),
    key("monte_carlo", "hybrid_timestep_fs", Number, "their length"),
    key("monte_carlo", "cavity_bias", Flag, "atoms are thrown into cavities alone, not anywhere"),
    key("monte_carlo", "host_distance_min_A", Number, "least distance of a cavity from other elements"),
    key("monte_carlo", "own_distance_min_A", Number, "least distance of a cavity from its own element"),
    key("monte_carlo", "grid_A", Number, "grid on which cavities are looked for"),
    key("potential", "name", Text, "a built-in potential"),
    key("potential", "file", Text, "file of the potential, relative to this deck"),
    key("output", "directory", Text, "run directory, relative to this deck; default: named after the deck"),
    key("output", "restart_every_ps", Number, "time between restarts of a melt; the two newest are kept"),
];

/// The kind of a structure as the deck writes it.
pub(super) fn kind_of(structure: &StructureTable) -> String {
    to_json(structure)["kind"].as_str().unwrap_or_default().to_owned()
}

/// The deck as TOML.
pub(super) fn to_toml(deck: &BuildDeck) -> String {
    toml::to_string(deck).expect("a deck that was read can be written")
}

/// The deck as TOML, defaults included, with a comment behind every value.
pub(super) fn explain(deck: &BuildDeck) -> String {
    keys::explain(&to_toml(deck), KEYS, &kind_of(&deck.structure))
}

/// Schema of the build deck.
pub(crate) fn schema() -> Value {
    let mut root = object(KEYS.iter().filter(|key| key.table.is_empty()));
    let mut properties = root["properties"].take();
    properties["format"]["const"] = 1.into();
    properties["structure"] = json!({ "oneOf": KINDS.map(structure) });
    for table in ["vacancies", "relax", "insert", "grand_canonical", "monte_carlo", "potential", "output"] {
        properties[table] = object(KEYS.iter().filter(|key| key.table == table));
    }
    properties["potential"]["oneOf"] = keys::one_potential();
    properties["grand_canonical"]["oneOf"] =
        json!([{ "required": ["chemical_potential_eV"] }, { "required": ["voltage_V"] }]);
    root["properties"] = properties;
    root["required"].as_array_mut().expect("a list").push("structure".into());
    keys::of_deck("build", &root)
}

/// `[structure]` of one kind.
fn structure(kind: &str) -> Value {
    let mut table = object(KEYS.iter().filter(|key| key.table == "structure" && belongs(key, kind)));
    table["title"] = kind.into();
    table["properties"]["kind"] = json!({ "const": kind });
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A deck of every kind with what it needs and nothing else.
    const MINIMAL: [(&str, &str); 8] = [
        ("graphite", "repeat = [4, 4]\nlayers = 2"),
        ("turbostratic", "supercell = [2, 1]\nlayers = 3"),
        ("slit-pore", "repeat = [4, 4]\nlayers = 2\nwidth_A = 7"),
        ("diamond", "repeat = [2, 2, 2]"),
        ("bcc", "repeat = [2, 2, 2]"),
        ("liquid", "atoms = 20"),
        ("amorphous", "atoms = 20\ndensity_g_per_cm3 = 1.5"),
        ("file", "file = \"a.extxyz\""),
    ];

    fn text(kind: &str, keys: &str) -> String {
        let rest = "[vacancies]\ncount = 1\n[relax]\ncell = \"isotropic\"\npressure_GPa = 1\n[insert]\natoms = [1]\ncell = \"triclinic\"\npressure_GPa = 0.0\n[grand_canonical]\ntemperature_K = 300.0\nvoltage_V = 0.1\n[monte_carlo]\nmoves = 10";
        format!(
            "format = 1\nseed = 1\n[structure]\nkind = \"{kind}\"\n{keys}\n{rest}\n[output]\ndirectory = \"x\"\n"
        )
    }

    fn deck(text: &str) -> BuildDeck {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_value_of_an_explained_deck_has_its_meaning_and_reads_back() {
        assert_eq!(MINIMAL.map(|(kind, _)| kind), KINDS);
        for (kind, keys) in MINIMAL {
            let deck = deck(&text(kind, keys));
            assert_eq!(deck.problems(), [], "{kind}");
            let explained = explain(&deck);
            let bare: Vec<&str> =
                explained.lines().filter(|line| line.contains(" = ") && !line.contains(" # ")).collect();
            assert_eq!(bare, Vec::<&str>::new(), "{kind}");
            assert_eq!(super::BuildDeck::clone(&deck), self::deck(&explained), "{explained}");
        }
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let schema = schema();
        jsonschema::draft7::meta::validate(&schema).expect("it keeps to its own dialect");
        let validator = jsonschema::draft7::new(&schema).expect("a schema of draft 7");
        for (kind, keys) in MINIMAL {
            let text = text(kind, keys);
            let value: Value = toml::from_str(&text).expect("TOML");
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{text}");
            // Every default that is written out is a key of the schema as well.
            let full = to_json(&deck(&text));
            assert!(validator.is_valid(&full), "{kind}: {full}");
            // What the reader refuses, the schema refuses.
            for line in keys.lines() {
                let without = text.replacen(&format!("{line}\n"), "", 1);
                assert!(toml::from_str::<BuildDeck>(&without).is_err(), "{without}");
                assert!(!validator.is_valid(&toml::from_str::<Value>(&without).expect("TOML")), "{without}");
            }
            let stray = text.replacen("[vacancies]", "zz = 1\n[vacancies]", 1);
            assert!(toml::from_str::<BuildDeck>(&stray).is_err());
            assert!(!validator.is_valid(&toml::from_str::<Value>(&stray).expect("TOML")));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_place() {
        let refused = |kind: &str, keys: &str, change: &dyn Fn(&mut String)| -> Vec<String> {
            let mut text = text(kind, keys);
            change(&mut text);
            deck(&text).problems().into_iter().map(|problem| problem.path).collect()
        };
        let as_it_is = |_: &mut String| {};
        assert_eq!(refused("graphite", "repeat = [4, 4]\nlayers = 3", &as_it_is), ["structure.layers"]);
        assert_eq!(refused("graphite", "repeat = [4, 0]\nlayers = 2", &as_it_is), ["structure.repeat"]);
        assert_eq!(
            refused("turbostratic", "supercell = [0, 0]\nlayers = 2", &as_it_is),
            ["structure.supercell"]
        );
        assert_eq!(
            refused("amorphous", "atoms = 20\ndensity_g_per_cm3 = 1.5\nmelt_K = 1000.0", &as_it_is),
            ["structure.melt_K"]
        );
        assert_eq!(refused("bcc", "repeat = [2, 2, 2]\nspecies = \"Xx\"", &as_it_is), ["structure.species"]);
        let seedless = |text: &mut String| *text = text.replace("seed = 1\n", "");
        assert_eq!(refused("diamond", "repeat = [2, 2, 2]", &seedless), ["seed"]);
        let falling = |text: &mut String| *text = text.replace("atoms = [1]", "atoms = [4, 2]");
        assert_eq!(refused("diamond", "repeat = [2, 2, 2]", &falling), ["insert.atoms"]);
        let fixed = |text: &mut String| *text = text.replace("cell = \"isotropic\"\n", "");
        assert_eq!(refused("diamond", "repeat = [2, 2, 2]", &fixed), ["relax.pressure_GPa"]);
        let same: BuildDeck =
            deck("format = 1\nreplicas = 2\n[structure]\nkind = \"diamond\"\nrepeat = [1, 1, 1]\n");
        assert_eq!(same.problems().len(), 1);
    }
}
