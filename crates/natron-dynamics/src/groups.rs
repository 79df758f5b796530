//! Named groups of atoms: what they are made of, and who belongs to them.
//!
//! Who belongs to a group is decided once, on the structure that a run starts from, and kept in the restart: an atom that
//! leaves a region stays in its group.

use natron_atoms::{Species, Structure};

mod expression;
mod region;

pub use expression::{Expression, ExpressionError};
pub use region::{Axis, Region};

use crate::deck::DeckProblem;

/// The group of every atom, which needs no definition.
pub const ALL: &str = "all";

/// What a group is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Atoms of these elements.
    Species(Vec<Species>),
    /// Atoms by their index from 0: first and last of each range.
    Indices(Vec<(usize, usize)>),
    /// Atoms that lie in a region at the start.
    Region(Region),
    /// Atoms of other groups, defined before.
    Expression(Expression),
}

/// A named group as defined.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name, unique, not `all`.
    pub name: String,
    /// What it is made of.
    pub selection: Selection,
}

/// Who belongs to the groups of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Groups {
    /// In the order of their definition.
    pub(crate) named: Vec<NamedGroup>,
}

/// Who belongs to one group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NamedGroup {
    pub(crate) name: String,
    /// `[n]`
    pub(crate) holds: Vec<bool>,
}

impl Groups {
    /// The groups of the atoms of a structure.
    ///
    /// # Errors
    /// A group without an atom, an index beyond the last atom, or an expression that names a group not defined before.
    pub fn of(definitions: &[Group], structure: &Structure) -> Result<Self, DeckProblem> {
        let mut groups = Self::default();
        for group in definitions {
            let holds = groups.select(group, structure)?;
            if !holds.contains(&true) {
                return Err(DeckProblem {
                    path: format!("group.{}", group.name),
                    message: format!("group `{}` has no atom in this structure", group.name),
                    help: Some(emptiness(&group.selection, structure)),
                });
            }
            groups.named.push(NamedGroup { name: group.name.clone(), holds });
        }
        Ok(groups)
    }

    /// Which of `atoms` atoms belong to a group; `None` if there is no such group.
    pub fn mask(&self, name: &str, atoms: usize) -> Option<Vec<bool>> {
        if name == ALL {
            return Some(vec![true; atoms]);
        }
        self.named.iter().find(|group| group.name == name).map(|group| group.holds.clone())
    }

    fn select(&self, group: &Group, structure: &Structure) -> Result<Vec<bool>, DeckProblem> {
        let atoms = structure.len();
        Ok(match &group.selection {
            Selection::Species(species) => structure.species.iter().map(|s| species.contains(s)).collect(),
            Selection::Indices(ranges) => {
                if let Some((_, last)) = ranges.iter().find(|(_, last)| *last >= atoms) {
                    return Err(DeckProblem {
                        path: format!("group.{}.indices", group.name),
                        message: format!("there is no atom {last} among {atoms}, counted from 0"),
                        help: Some(format!("the last atom is {}", atoms - 1)),
                    });
                }
                (0..atoms).map(|i| ranges.iter().any(|&(first, last)| first <= i && i <= last)).collect()
            }
            Selection::Region(region) => region.holds(structure),
            Selection::Expression(expression) => {
                expression.evaluate(atoms, |name| self.mask(name, atoms)).map_err(|name| DeckProblem {
                    path: format!("group.{}.expression", group.name),
                    message: format!("no group `{name}` is defined before"),
                    help: None,
                })?
            }
        })
    }
}

/// What to look at where a group is empty.
fn emptiness(selection: &Selection, structure: &Structure) -> String {
    match selection {
        Selection::Species(_) => {
            let mut present: Vec<&str> = structure.species.iter().map(|s| s.symbol()).collect();
            present.sort_unstable();
            present.dedup();
            format!("the structure holds {}", present.join(", "))
        }
        Selection::Region(_) => {
            let positions = &structure.positions;
            let end = |fold: fn(f64, f64) -> f64, from: f64| {
                [0, 1, 2].map(|k| positions.iter().map(|p| p[k]).fold(from, fold))
            };
            let (low, high) = (end(f64::min, f64::INFINITY), end(f64::max, f64::NEG_INFINITY));
            let span = |k: usize| format!("{:.2} to {:.2}", low[k], high[k]);
            format!("the atoms lie at x = {}, y = {}, z = {} A", span(0), span(1), span(2))
        }
        Selection::Indices(_) => "name at least one atom".to_owned(),
        Selection::Expression(_) => {
            "no atom satisfies the expression; look at the groups it names".to_owned()
        }
    }
}
