//! `--set PATH=VALUE`: a value laid over a deck before it is decoded.

use std::fmt;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::name_of;
use crate::InputError;

/// A change of one value. `stage.production.duration_ps=50`: an element of an array of tables goes by
/// its `name` or its position from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    path: Vec<String>,
    /// TOML, or plain text that stands for itself.
    value: String,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not PATH=VALUE, such as stage.production.duration_ps=50");
        let (path, value) = text.split_once('=').ok_or_else(wrong)?;
        let path: Vec<String> = path.trim().split('.').map(|part| part.trim().to_string()).collect();
        if path.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { path, value: value.trim().to_string() })
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path.join("."), self.value)
    }
}

impl Override {
    /// The value as TOML: as given if it is TOML, else quoted, so that no shell has to pass quotes.
    pub(super) fn toml_value(&self) -> String {
        match DeValue::parse(&self.value) {
            Ok(_) if !self.value.is_empty() => self.value.clone(),
            _ => toml::Value::String(self.value.clone()).to_string(),
        }
    }
}

/// Puts `value` where the override says. Tables on the way are made, elements of arrays must exist.
pub(super) fn apply<'i>(
    root: &mut Spanned<DeValue<'i>>,
    change: &Override,
    value: Spanned<DeValue<'i>>,
) -> Result<(), InputError> {
    let wrong = |message: String| InputError::new(message).in_file(format!("--set {change}"));
    let (last, above) = change.path.split_last().expect("a path has at least one part");
    let span = value.span();
    let mut here = root;
    for part in above {
        here = descend(here, part, &span).map_err(wrong)?;
    }
    match here.get_mut() {
        DeValue::Table(table) => {
            // The key is replaced together with its value: both were written on the command line.
            table.remove(last.as_str());
            table.insert(Spanned::new(span, last.clone().into()), value);
            Ok(())
        }
        DeValue::Array(_) => {
            *descend(here, last, &span).map_err(wrong)? = value;
            Ok(())
        }
        other => Err(wrong(format!("`{last}` would lie inside a {}, not a table", other.type_str()))),
    }
}

fn descend<'v, 'i>(
    value: &'v mut Spanned<DeValue<'i>>,
    part: &str,
    span: &std::ops::Range<usize>,
) -> Result<&'v mut Spanned<DeValue<'i>>, String> {
    match value.get_mut() {
        DeValue::Table(table) => {
            if !table.contains_key(part) {
                let empty = Spanned::new(span.clone(), DeValue::Table(DeTable::new()));
                table.insert(Spanned::new(span.clone(), part.to_string().into()), empty);
            }
            Ok(table.get_mut(part).expect("it was just put there"))
        }
        DeValue::Array(array) => {
            let names: Vec<String> = array.iter().filter_map(name_of).map(str::to_string).collect();
            let found = array
                .iter()
                .position(|element| name_of(element) == Some(part))
                .or_else(|| part.parse().ok().filter(|index| *index < array.len()));
            match found {
                Some(index) => Ok(&mut array.as_mut()[index]),
                None => Err(format!("there is no `{part}` here; the names are: {}", names.join(", "))),
            }
        }
        other => Err(format!("`{part}` would lie inside a {}, not a table", other.type_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{Document, decode};

    const DECK: &str =
        "a = 1\n[[stage]]\nname = \"one\"\nlength = 2.0\n[[stage]]\nname = \"two\"\nlength = 3.0\n";

    fn with(changes: &[&str]) -> Result<toml::Table, Vec<InputError>> {
        let changes: Vec<Override> = changes.iter().map(|text| text.parse().expect("valid")).collect();
        decode(&Document::parse("deck.toml".as_ref(), DECK.into(), &changes)?)
    }

    #[test]
    fn stages_go_by_name_and_by_position() {
        let table = with(&["stage.two.length=50", "stage.0.length=7.5", "a=9"]).expect("applies");
        assert_eq!(table["stage"][1]["length"].as_integer(), Some(50));
        assert_eq!(table["stage"][0]["length"].as_float(), Some(7.5));
        assert_eq!(table["a"].as_integer(), Some(9));
    }

    #[test]
    fn plain_text_needs_no_quotes_and_tables_are_made() {
        let table = with(&["output.directory=my run", "stage.one.e.kind=\"nve\""]).expect("applies");
        assert_eq!(table["output"]["directory"].as_str(), Some("my run"));
        assert_eq!(table["stage"][0]["e"]["kind"].as_str(), Some("nve"));
    }

    #[test]
    fn an_unknown_stage_is_refused_with_the_names_there_are() {
        let errors = with(&["stage.three.length=1", "a.b=1"]).expect_err("no such places");
        assert_eq!(errors.len(), 2);
        assert!(errors[0].message.contains("one, two"), "{}", errors[0].message);
        assert_eq!(errors[0].file.as_deref(), Some("--set stage.three.length=1".as_ref()));
        assert!(errors[1].message.contains("integer"), "{}", errors[1].message);
        assert!("novalue".parse::<Override>().is_err());
        assert!("a..b=1".parse::<Override>().is_err());
    }
}
