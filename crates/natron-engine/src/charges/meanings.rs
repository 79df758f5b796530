//! A charges deck written out in full with what every value means, and its schema.

use serde_json::{Value, json};

use super::ChargesDeck;
use crate::keys::{self, Key, Type, key, needed};

use Type::{Count, Number, Numbers, Text, Texts};

const TABLES: [&str; 5] = ["potential", "charges", "fit", "density", "output"];

const KEYS: &[Key] = &[
    needed("", "format", Count, "format of this deck"),
    key(
        "",
        "structures",
        Texts,
        "files of structures, trajectories or run directories, relative to this deck",
    ),
    key("", "every", Count, "take every n-th frame of each file"),
    needed("", "mobile", Texts, "elements whose atoms for 200 others are the filling x"),
    key("potential", "name", Text, "a built-in potential"),
    key("potential", "file", Text, "file of a neural potential, relative to this deck"),
    key(
        "charges",
        "head",
        Text,
        "file of a head for that potential; default: what a built-in potential comes with",
    ),
    key("charges", "total_e", Number, "charge of every cell: the charges of its atoms add up to it"),
    key("charges", "labels", Text, "column of reference charges in the files"),
    key("charges", "split_key", Text, "key of the comment line that says to which split a frame belongs"),
    needed("fit", "files", Texts, "files of frames with reference charges and splits, relative to this deck"),
    key("fit", "reads", Texts, "what heads read: hidden, features, both; the best on split valid is taken"),
    key("fit", "ridges", Numbers, "what holds back their weights; the best on split valid is taken"),
    key("density", "rule", Text, "width of the kernels: scott or silverman"),
    key("density", "bandwidth_e", Number, "one width for all curves instead of the rule"),
    key("density", "x_step", Number, "frames are put together by x, rounded to multiples of this"),
    key("density", "points", Count, "points of a curve"),
    key("output", "directory", Text, "run directory, relative to this deck; default: named after the deck"),
];

/// The deck as TOML.
pub(super) fn to_toml(deck: &ChargesDeck) -> String {
    toml::to_string(deck).expect("a deck that was read can be written")
}

/// The deck as TOML, defaults included, with a comment behind every value.
pub(super) fn explain(deck: &ChargesDeck) -> String {
    keys::explain(&to_toml(deck), KEYS, "")
}

/// Schema of the charges deck.
pub(crate) fn schema() -> Value {
    let mut schema = keys::schema("charges", || KEYS.iter(), &TABLES, &[]);
    let tables = &mut schema["properties"];
    tables["fit"]["properties"]["reads"]["items"] = json!({ "enum": ["hidden", "features", "both"] });
    tables["density"]["properties"]["rule"] = json!({ "enum": ["scott", "silverman"], "description": tables["density"]["properties"]["rule"]["description"] });
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::contract::{assert_explained, assert_schema_is_the_readers};

    const DECK: &str = "format = 1\nstructures = [\"a.extxyz\"]\nevery = 2\nmobile = [\"Na\"]\n[charges]\nhead = \"h\"\n\
        [fit]\nfiles = [\"b.extxyz\"]\nreads = [\"both\"]\n[density]\nrule = \"scott\"\nbandwidth_e = 0.1\n[output]\ndirectory = \"x\"\n";

    #[test]
    fn every_key_is_explained() {
        assert_explained(&explain(&toml::from_str(DECK).expect("a deck")));
    }

    #[test]
    fn the_schema_takes_what_the_reader_takes() {
        let changes = [
            ("every", "evry"),
            ("\"both\"", "\"all\""),
            ("\"scott\"", "\"scot\""),
            ("mobile = [\"Na\"]\n", ""),
            ("files = [\"b.extxyz\"]\n", ""),
            ("bandwidth_e = 0.1", "bandwidth_e = \"0.1\""),
        ];
        assert_schema_is_the_readers::<ChargesDeck>(&schema(), DECK, &changes);
    }
}
