//! `[[group]]`: checking named groups of atoms.

use natron_atoms::{Species, Vec3};
use serde::{Deserialize, Serialize};

use super::IndexDeck;
use super::check::Problems;
use super::spelling::closest;
use crate::groups::{ALL, Axis, Expression, Group, Region, Selection};

/// More groups than this are no deck that anyone wrote.
const MAX_GROUPS: usize = 256;
/// Words of expressions and the group of every atom.
const RESERVED: [&str; 4] = ["and", "or", "not", ALL];

/// `[[group]]`: exactly one of `species`, `indices`, `region` and `expression`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupDeck {
    /// Unique name: letters, digits, `-`, `_`.
    pub name: String,
    /// Symbols of elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub species: Option<Vec<String>>,
    /// Indices from 0 and ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indices: Option<Vec<IndexDeck>>,
    /// A part of space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionDeck>,
    /// `and`, `or`, `not` and brackets over groups defined before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}

/// `region = { kind = ... }`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionDeck {
    /// `block`, `slab`, `sphere` or `cylinder`.
    pub kind: String,
    /// block: from and to along x, A; absent: everywhere.
    #[serde(default, rename = "x_A", skip_serializing_if = "Option::is_none")]
    pub x_a: Option<[f64; 2]>,
    /// block: along y.
    #[serde(default, rename = "y_A", skip_serializing_if = "Option::is_none")]
    pub y_a: Option<[f64; 2]>,
    /// block: along z.
    #[serde(default, rename = "z_A", skip_serializing_if = "Option::is_none")]
    pub z_a: Option<[f64; 2]>,
    /// slab, cylinder: `x`, `y` or `z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<String>,
    /// slab, cylinder: lower end along the axis, A.
    #[serde(default, rename = "from_A", skip_serializing_if = "Option::is_none")]
    pub from_a: Option<f64>,
    /// slab, cylinder: upper end along the axis, A.
    #[serde(default, rename = "to_A", skip_serializing_if = "Option::is_none")]
    pub to_a: Option<f64>,
    /// sphere: its centre; cylinder: a point on its axis, A.
    #[serde(default, rename = "centre_A", skip_serializing_if = "Option::is_none")]
    pub centre_a: Option<[f64; 3]>,
    /// sphere, cylinder, A.
    #[serde(default, rename = "radius_A", skip_serializing_if = "Option::is_none")]
    pub radius_a: Option<f64>,
}

/// Kinds of regions with their keys, those that must be there first.
const REGIONS: [(&str, &[&str], &[&str]); 4] = [
    ("block", &[], &["x_A", "y_A", "z_A"]),
    ("slab", &["axis", "from_A", "to_A"], &[]),
    ("sphere", &["centre_A", "radius_A"], &[]),
    ("cylinder", &["axis", "centre_A", "radius_A"], &["from_A", "to_A"]),
];

/// The checked groups; those with a problem are left out.
pub(super) fn check(decks: &[GroupDeck], problems: &mut Problems) -> Vec<Group> {
    if decks.len() > MAX_GROUPS {
        problems.add("group", format!("a deck has at most {MAX_GROUPS} groups, not {}", decks.len()));
        return Vec::new();
    }
    let mut groups: Vec<Group> = Vec::new();
    for (index, deck) in decks.iter().enumerate() {
        let before: Vec<&str> = decks[..index].iter().map(|group| group.name.as_str()).collect();
        let named = name(deck, index, &before, problems);
        let path = if named { format!("group.{}", deck.name) } else { format!("group[{index}]") };
        if let Some(selection) = (Check { path: &path, before: &before, problems }).selection(deck) {
            groups.push(Group { name: deck.name.clone(), selection });
        }
    }
    groups
}

/// Whether the name is good and unique.
fn name(deck: &GroupDeck, index: usize, before: &[&str], problems: &mut Problems) -> bool {
    let path = format!("group[{index}].name");
    let name = deck.name.as_str();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        problems.add(path, format!("`{name}` is no group name: letters, digits, - and _ only"));
    } else if RESERVED.contains(&name) {
        problems.add(path, format!("`{name}` cannot be the name of a group: {}", reserved(name)));
    } else if before.contains(&name) {
        problems.add(path, format!("there are two groups named `{name}`"));
    } else {
        return true;
    }
    false
}

fn reserved(name: &str) -> &'static str {
    if name == ALL { "it is that of all atoms" } else { "it is a word of expressions" }
}

/// Adds a problem for each name that is no group; `path` is that of the list.
pub(super) fn check_names(names: &[String], path: &str, groups: &[GroupDeck], problems: &mut Problems) {
    for (k, name) in names.iter().enumerate() {
        check_name(name, &format!("{path}[{k}]"), groups, problems);
    }
}

/// Adds a problem if this is the name of no group.
pub(super) fn check_name(name: &str, path: &str, groups: &[GroupDeck], problems: &mut Problems) {
    let known: Vec<&str> = groups.iter().map(|group| group.name.as_str()).chain([ALL]).collect();
    if !known.contains(&name) {
        problems.add_with_help(path, format!("there is no group `{name}`"), unknown(name, &known));
    }
}

fn unknown(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("there are {}; a [[group]] table defines one", known.join(", ")),
    }
}

struct Check<'a> {
    path: &'a str,
    /// Names of the groups before.
    before: &'a [&'a str],
    problems: &'a mut Problems,
}

impl Check<'_> {
    fn selection(&mut self, deck: &GroupDeck) -> Option<Selection> {
        match (&deck.species, &deck.indices, &deck.region, &deck.expression) {
            (Some(symbols), None, None, None) => self.species(symbols),
            (None, Some(indices), None, None) => self.indices(indices),
            (None, None, Some(region), None) => self.region(region).map(Selection::Region),
            (None, None, None, Some(text)) => self.expression(text),
            _ => {
                let help = "species = [\"C\"], indices = [0, \"10-19\"], region = { kind = \"slab\", ... } or expression = \"a and not b\"";
                let message = "a group has exactly one of species, indices, region and expression";
                self.problems.add_with_help(self.path, message, help);
                None
            }
        }
    }

    fn species(&mut self, symbols: &[String]) -> Option<Selection> {
        let path = format!("{}.species", self.path);
        if symbols.is_empty() {
            self.problems.add(&path, "no species is named");
        }
        let unknown = symbols.iter().filter(|symbol| Species::from_symbol(symbol).is_none());
        unknown.for_each(|symbol| self.problems.add(&path, format!("`{symbol}` is no chemical element")));
        let species: Option<Vec<Species>> = symbols.iter().map(|s| Species::from_symbol(s)).collect();
        species.filter(|species| !species.is_empty()).map(Selection::Species)
    }

    fn indices(&mut self, indices: &[IndexDeck]) -> Option<Selection> {
        let path = format!("{}.indices", self.path);
        if indices.is_empty() {
            self.problems.add(&path, "no index is named");
        }
        for (k, index) in indices.iter().enumerate() {
            if let (IndexDeck::Range(text), None) = (index, index.ends()) {
                let help = "first and last atom, counted from 0, both included: \"10-19\"";
                self.problems.add_with_help(format!("{path}[{k}]"), format!("`{text}` is no range"), help);
            }
        }
        let ranges: Option<Vec<(usize, usize)>> = indices.iter().map(IndexDeck::ends).collect();
        ranges.filter(|ranges| !ranges.is_empty()).map(Selection::Indices)
    }

    fn expression(&mut self, text: &str) -> Option<Selection> {
        let path = format!("{}.expression", self.path);
        let expression = match Expression::parse(text) {
            Ok(expression) => expression,
            Err(error) => {
                self.problems.add_with_help(
                    path,
                    error.to_string(),
                    "for example `carbon and not (top or bottom)`",
                );
                return None;
            }
        };
        let known: Vec<&str> = self.before.iter().copied().chain([ALL]).collect();
        let unknown_name = expression.names().into_iter().find(|name| !known.contains(name));
        if let Some(name) = unknown_name {
            let message = format!("no group `{name}` is defined before this one");
            self.problems.add_with_help(path, message, unknown(name, &known));
            return None;
        }
        Some(Selection::Expression(expression))
    }

    fn region(&mut self, deck: &RegionDeck) -> Option<Region> {
        let path = format!("{}.region", self.path);
        let Some((kind, needed, allowed)) = REGIONS.iter().find(|(kind, ..)| *kind == deck.kind) else {
            let kinds = REGIONS.map(|(kind, ..)| kind).join(", ");
            let message = format!("unknown kind of region `{}`; there are {kinds}", deck.kind);
            self.problems.add(format!("{path}.kind"), message);
            return None;
        };
        let before = self.problems.0.len();
        for (key, set) in deck.set() {
            let key_path = format!("{path}.{key}");
            match (set, needed.contains(&key), allowed.contains(&key)) {
                (false, true, _) => self.problems.add(key_path, "missing key"),
                (true, false, false) => {
                    self.problems
                        .add(key_path, format!("`{key}` does not belong to a region of kind {kind}"));
                }
                _ => {}
            }
        }
        if *kind == "block" && [deck.x_a, deck.y_a, deck.z_a].iter().all(Option::is_none) {
            self.problems.add(&path, "a block needs at least one of x_A, y_A and z_A");
        }
        let axis = self.axis(deck, &path);
        self.numbers(deck, &path);
        if self.problems.0.len() > before { None } else { Some(deck.region(axis)) }
    }

    fn axis(&mut self, deck: &RegionDeck, path: &str) -> Axis {
        let Some(name) = deck.axis.as_deref() else { return Axis::Z };
        let known = Axis::NAMES.iter().find(|(known, _)| *known == name);
        if known.is_none() {
            self.problems.add(format!("{path}.axis"), format!("unknown axis `{name}`; there are x, y, z"));
        }
        known.map_or(Axis::Z, |(_, axis)| *axis)
    }

    fn numbers(&mut self, deck: &RegionDeck, path: &str) {
        let centre = deck.centre_a.into_iter().flatten();
        let ends = [deck.x_a, deck.y_a, deck.z_a].into_iter().flatten().flatten();
        let others = [deck.from_a, deck.to_a, deck.radius_a].into_iter().flatten();
        if !centre.chain(ends).chain(others).all(f64::is_finite) {
            self.problems
                .add(path, "every number of a region must be finite; leave out a bound that is not there");
            return;
        }
        if deck.radius_a.is_some_and(|radius| radius <= 0.0) {
            self.problems.add(format!("{path}.radius_A"), "a radius must be above 0 A");
        }
        let along = deck.from_a.zip(deck.to_a).map(|(from, to)| [from, to]);
        for (key, range) in [("x_A", deck.x_a), ("y_A", deck.y_a), ("z_A", deck.z_a), ("to_A", along)] {
            if let Some([from, to]) = range
                && from > to
            {
                self.problems.add(format!("{path}.{key}"), format!("from {from} to {to} A there is nothing"));
            }
        }
    }
}

impl RegionDeck {
    fn set(&self) -> [(&'static str, bool); 8] {
        [
            ("x_A", self.x_a.is_some()),
            ("y_A", self.y_a.is_some()),
            ("z_A", self.z_a.is_some()),
            ("axis", self.axis.is_some()),
            ("from_A", self.from_a.is_some()),
            ("to_A", self.to_a.is_some()),
            ("centre_A", self.centre_a.is_some()),
            ("radius_A", self.radius_a.is_some()),
        ]
    }

    /// The region of a deck in order; what is not there is without bounds.
    fn region(&self, axis: Axis) -> Region {
        let (from, to) = (self.from_a.unwrap_or(f64::NEG_INFINITY), self.to_a.unwrap_or(f64::INFINITY));
        let centre_a = self.centre_a.map_or_else(Vec3::zeros, Vec3::from);
        let radius_a = self.radius_a.unwrap_or(0.0);
        match self.kind.as_str() {
            "sphere" => Region::Sphere { centre_a, radius_a },
            "cylinder" => Region::Cylinder { axis, centre_a, radius_a, from_a: from, to_a: to },
            kind => {
                let mut bounds = [self.x_a, self.y_a, self.z_a];
                if kind == "slab" {
                    bounds[axis as usize] = Some([from, to]);
                }
                let end = |k: usize, none: f64| Vec3::from(bounds.map(|b| b.map_or(none, |b| b[k])));
                Region::Block { from_a: end(0, f64::NEG_INFINITY), to_a: end(1, f64::INFINITY) }
            }
        }
    }
}
