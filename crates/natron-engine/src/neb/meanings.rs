//! A deck of `natron neb` written out in full with what every value means, and its schema.

use serde_json::Value;

use super::NebDeck;
use crate::keys::{self, Key, Type, key, needed};

use Type::{Count, Flag, Number, Text, Texts};

const TABLES: [&str; 4] = ["path", "band", "potential", "output"];

const KEYS: &[Key] = &[
    needed("", "format", Count, "format of this deck"),
    needed("path", "start", Text, "file of the start, relative to this deck, its last frame"),
    needed("path", "end", Text, "file of the end: the same atoms in the same order and cell"),
    key("path", "through", Texts, "files of structures that the first guess leads through, in order"),
    key("path", "images", Count, "images between the ends"),
    key("path", "relax_ends", Flag, "relax both ends before"),
    key("band", "spring_eV_per_A2", Number, "springs between the images, which keep their distances equal"),
    key("band", "climb", Flag, "let the highest image climb to the saddle"),
    key("band", "force_max_eV_per_A", Number, "the band is at rest where no atom has a longer force"),
    key("band", "max_steps", Count, "steps at most"),
    key("potential", "name", Text, "a built-in potential"),
    key("potential", "file", Text, "file of the potential, relative to this deck"),
    key("output", "directory", Text, "run directory, relative to this deck; default: named after the deck"),
];

/// The deck as TOML.
pub(super) fn to_toml(deck: &NebDeck) -> String {
    toml::to_string(deck).expect("a deck that was read can be written")
}

/// The deck as TOML, defaults included, with a comment behind every value.
pub(super) fn explain(deck: &NebDeck) -> String {
    keys::explain(&to_toml(deck), KEYS, "")
}

/// Schema of the deck.
pub(crate) fn schema() -> Value {
    keys::schema("neb", || KEYS.iter(), &TABLES, &["path"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::contract::{assert_explained, assert_schema_is_the_readers};

    const MINIMAL: &str = "format = 1\n[path]\nstart = \"a.extxyz\"\nend = \"b.extxyz\"\n[band]\n";

    fn deck(text: &str) -> NebDeck {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_value_of_an_explained_deck_has_its_meaning_and_reads_back() {
        let more = "climb = false\n[output]\ndirectory = \"x\"\n";
        let full = deck(&format!("{}{more}", MINIMAL.replace("end", "through = [\"m.extxyz\"]\nend")));
        assert_eq!(full.problems(), []);
        let explained = explain(&full);
        assert_explained(&explained);
        assert_eq!(deck(&explained), full, "{explained}");
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let changes = [
            ("format = 1\n", ""),
            ("end = \"b.extxyz\"\n", ""),
            ("[band]\n", "[band]\nclimb = 1\n"),
            ("[band]\n", "[band]\nzz = 1\n"),
        ];
        assert_schema_is_the_readers::<NebDeck>(&schema(), MINIMAL, &changes);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let paths = |more: &str| -> Vec<String> {
            let problems = deck(&format!("{MINIMAL}{more}")).problems();
            problems.into_iter().map(|problem| problem.path).collect()
        };
        assert_eq!(paths(""), Vec::<String>::new());
        assert_eq!(paths("spring_eV_per_A2 = 0.0\n"), ["band.spring_eV_per_A2"]);
        assert_eq!(paths("force_max_eV_per_A = -1.0\n"), ["band.force_max_eV_per_A"]);
        assert_eq!(paths("[potential]\n"), ["potential"]);
        let none = MINIMAL.replace("end", "images = 0\nend");
        assert_eq!(deck(&none).problems()[0].path, "path.images");
    }
}
