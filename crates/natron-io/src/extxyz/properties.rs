//! The columns of the atom lines, as `Properties=name:type:columns:...` says.

use super::comment::Value;
use super::names;
use crate::error::LineError;

/// A named group of columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    pub name: String,
    pub kind: Kind,
    pub columns: usize,
    pub role: Role,
}

/// The type letter of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Real,
    Int,
    Bool,
}

/// What natron does with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Symbol,
    Number,
    Position,
    Force,
    Velocity,
    Kept,
}

/// The properties of plain XYZ, and of a comment line that names none.
pub(super) fn plain() -> Vec<Property> {
    let property = |name: &str, kind, columns, role| Property { name: name.to_owned(), kind, columns, role };
    vec![property("species", Kind::Text, 1, Role::Symbol), property("pos", Kind::Real, 3, Role::Position)]
}

/// Reads the value of `Properties`.
pub(super) fn parse(value: &Value) -> Result<Vec<Property>, LineError> {
    let refuse = |message: String| LineError::new(value.column, message, HELP);
    let fields: Vec<&str> = value.text.trim().split(':').collect();
    if !fields.len().is_multiple_of(3) {
        return Err(refuse(format!("Properties has {} fields, not a multiple of three", fields.len())));
    }
    let mut properties: Vec<Property> = Vec::new();
    for field in fields.chunks_exact(3) {
        let (name, letter, count) = (field[0], field[1], field[2]);
        let kind = match letter {
            "S" | "s" => Kind::Text,
            "R" | "r" => Kind::Real,
            "I" | "i" => Kind::Int,
            "L" | "l" => Kind::Bool,
            _ => return Err(refuse(format!("column `{name}` has the unknown type `{letter}`"))),
        };
        let columns = count.parse().ok().filter(|&n: &usize| n > 0);
        let Some(columns) = columns else {
            return Err(refuse(format!("column `{name}` has the width `{count}`, not a positive number")));
        };
        if name.is_empty() || properties.iter().any(|p| p.name == name) {
            return Err(refuse(format!("column `{name}` is unnamed or appears twice")));
        }
        properties.push(Property { name: name.to_owned(), kind, columns, role: Role::Kept });
    }
    assign_roles(&mut properties).map_err(refuse)?;
    Ok(properties)
}

const HELP: &str = "write Properties=name:type:columns:..., such as species:S:1:pos:R:3:forces:R:3, with the types S \
                    (text), R (real), I (whole), L (T or F)";

fn assign_roles(properties: &mut [Property]) -> Result<(), String> {
    let symbols = assign(properties, names::SYMBOLS, Role::Symbol, Kind::Text, 1)?;
    if !symbols && !assign(properties, names::NUMBERS, Role::Number, Kind::Int, 1)? {
        return Err("no column says which elements the atoms are".to_owned());
    }
    if !assign(properties, names::POSITIONS, Role::Position, Kind::Real, 3)? {
        return Err("no column holds the positions".to_owned());
    }
    assign(properties, names::FORCES, Role::Force, Kind::Real, 3)?;
    assign(properties, names::VELOCITIES, Role::Velocity, Kind::Real, 3)?;
    Ok(())
}

/// Gives `role` to the property of the first spelling present; returns whether there is one.
fn assign(
    properties: &mut [Property],
    spellings: &[&str],
    role: Role,
    kind: Kind,
    columns: usize,
) -> Result<bool, String> {
    let place = spellings
        .iter()
        .find_map(|s| properties.iter().position(|p| p.role == Role::Kept && p.name.eq_ignore_ascii_case(s)));
    let Some(property) = place.map(|k| &mut properties[k]) else { return Ok(false) };
    // Positions that happen to be whole numbers are numbers all the same.
    let fits = property.kind == kind || (kind == Kind::Real && property.kind == Kind::Int);
    if !fits || property.columns != columns {
        return Err(format!("column `{}` must be {columns} wide and of type {kind:?}", property.name));
    }
    property.role = role;
    Ok(true)
}

/// How many words an atom line has; `None` where the sum is beyond counting.
pub(super) fn width(properties: &[Property]) -> Option<usize> {
    properties.iter().try_fold(0_usize, |sum, p| sum.checked_add(p.columns))
}
