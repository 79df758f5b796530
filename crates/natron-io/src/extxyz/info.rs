//! Values of the comment line that natron keeps without understanding them, and how they are written.

use natron_atoms::InfoValue;

use super::comment::{Form, Value, words};
use crate::number;

/// The type of a value, from how it looks.
///
/// A bare word is a truth value, a number or text; a list in quotes or brackets is an array if all its words are
/// truth values or numbers; a single word in quotes is text.
pub(super) fn typed(value: Option<&Value>) -> InfoValue {
    let Some(value) = value else { return InfoValue::Bool(true) };
    let as_text = || InfoValue::Text(value.text.clone());
    match value.form {
        Form::Escaped => as_text(),
        Form::Bare => scalar(&value.text).unwrap_or_else(as_text),
        Form::Bracketed if value.text.contains(['[', '{', '(']) => {
            InfoValue::Text(format!("[{}]", value.text))
        }
        Form::Bracketed => array(&value.text).unwrap_or_else(|| InfoValue::Text(format!("[{}]", value.text))),
        Form::Quoted if words(&value.text).nth(1).is_none() => as_text(),
        Form::Quoted => array(&value.text).unwrap_or_else(as_text),
    }
}

fn scalar(word: &str) -> Option<InfoValue> {
    number::truth(word)
        .map(InfoValue::Bool)
        .or_else(|| whole(word).map(InfoValue::Int))
        .or_else(|| decimal(word).map(InfoValue::Real))
}

/// A list of one type; whole numbers among decimal ones are decimal. Nested lists are not arrays.
fn array(text: &str) -> Option<InfoValue> {
    if text.contains(['[', '{', '(']) {
        return None;
    }
    let all = || words(text);
    let ints: Option<Vec<i64>> = all().map(whole).collect();
    ints.map(InfoValue::Ints)
        .or_else(|| {
            all()
                .map(|w| decimal(w).or_else(|| whole(w).map(|n| n as f64)))
                .collect::<Option<_>>()
                .map(InfoValue::Reals)
        })
        .or_else(|| all().map(number::truth).collect::<Option<_>>().map(InfoValue::Bools))
}

/// A whole number that its digits say nothing more about: `007` is a label.
fn whole(word: &str) -> Option<i64> {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    let plain = digits == "0" || !digits.starts_with('0');
    plain.then(|| word.parse().ok()).flatten()
}

/// A finite decimal number, recognised by point or exponent.
fn decimal(word: &str) -> Option<f64> {
    let looks = word.contains(['.', 'e', 'E']) && word.contains(|c: char| c.is_ascii_digit());
    looks.then(|| word.parse().ok()).flatten().filter(|x: &f64| x.is_finite())
}

/// Writes a value so that [`typed`] gives it back.
pub(super) fn written(value: &InfoValue) -> String {
    match value {
        InfoValue::Bool(truth) => truth_word(*truth).to_owned(),
        InfoValue::Int(n) => n.to_string(),
        InfoValue::Real(x) => format!("{x:?}"),
        InfoValue::Text(text) => text_word(text),
        InfoValue::Ints(list) => list_word(list.iter().map(i64::to_string)),
        InfoValue::Reals(list) => list_word(list.iter().map(|x| format!("{x:?}"))),
        InfoValue::Bools(list) => list_word(list.iter().map(|&t| truth_word(t).to_owned())),
    }
}

pub(super) fn truth_word(truth: bool) -> &'static str {
    if truth { "T" } else { "F" }
}

/// Quotes as every reader takes them; brackets where quotes would say something else.
fn list_word(words: impl ExactSizeIterator<Item = String>) -> String {
    let many = words.len() > 1;
    let joined = words.collect::<Vec<_>>().join(" ");
    if many { format!("\"{joined}\"") } else { format!("[{joined}]") }
}

/// Text, bare where that is safe; text that looks like something else gets quotes or an escape.
fn text_word(text: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '+' | '@' | '%');
    if !text.is_empty() && text.chars().all(safe) && scalar(text).is_none() {
        return text.to_owned();
    }
    let looks_like_list = words(text).nth(1).is_some() && array(text).is_some();
    quote(text, looks_like_list)
}

fn quote(text: &str, mark_as_text: bool) -> String {
    let mut quoted = String::from("\"");
    for (k, c) in text.chars().enumerate() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' => quoted.extend(['\\', c]),
            // The escape of an ordinary character is itself; `n` and `r` never start a list.
            _ if k == 0 && mark_as_text => quoted.extend(['\\', c]),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key, quoted where it has to be.
pub(super) fn key_word(key: &str) -> String {
    let special = |c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'' | '\\' | '[' | ']' | '{' | '}');
    if key.contains(special) { quote(key, false) } else { key.to_owned() }
}
