//! serde's messages in the words of someone who wrote a deck.

use natron_dynamics::deck::closest;

use super::locate::in_backticks;

/// Message and help for the value at `path` (as a user writes it).
pub(super) fn reword(message: &str, path: &str) -> (String, Option<String>) {
    let (table, _) = path.rsplit_once('.').unwrap_or(("", path));
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let key = in_backticks(rest).unwrap_or(path);
        return (format!("unknown key `{key}`{}", inside(table)), alternatives(key, rest));
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        let key = in_backticks(rest).unwrap_or(path);
        return (format!("missing key `{key}`{}", inside(table)), Some(format!("add `{key} = ...`")));
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let given = in_backticks(rest).unwrap_or_default();
        return (format!("`{path}` cannot be \"{given}\""), alternatives(given, rest));
    }
    let unexpected =
        message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match unexpected.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((given, expected)) => (format!("`{path}` must be {}, not {given}", plain(expected)), None),
        None => (format!("`{path}`: {message}"), None),
    }
}

fn inside(table: &str) -> String {
    if table.is_empty() { String::new() } else { format!(" in {table}") }
}

/// What serde expects, without Rust's type names.
fn plain(expected: &str) -> &str {
    match expected {
        "f64" | "f32" => "a number",
        "u64" | "u32" | "usize" | "u16" | "u8" => "a whole number, 0 or more",
        "i64" | "i32" => "a whole number",
        "a sequence" => "an array",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other if other.starts_with("internally tagged enum") => "a table with a `kind`",
        other => other,
    }
}

/// The closest of the alternatives in serde's list, or all of them.
fn alternatives(given: &str, rest: &str) -> Option<String> {
    let (_, list) = rest.split_once(", ")?;
    let known: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    match closest(given, &known) {
        Some(close) => Some(format!("did you mean `{close}`?")),
        None if known.is_empty() => None,
        None => Some(format!("what is known here: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_gets_the_key_that_was_meant() {
        let serde = "unknown field `temprature_K`, expected one of `temperature_K`, `friction_per_ps`";
        let (message, help) = reword(serde, "stage.heat.ensemble.temprature_K");
        assert_eq!(message, "unknown key `temprature_K` in stage.heat.ensemble");
        assert_eq!(help.as_deref(), Some("did you mean `temperature_K`?"));
    }

    #[test]
    fn a_foreign_key_gets_the_list() {
        let (_, help) = reword("unknown field `pressure`, expected `format` or `seed`", "pressure");
        assert_eq!(help.as_deref(), Some("what is known here: format, seed"));
    }

    #[test]
    fn types_are_named_without_rust() {
        let (message, _) = reword("invalid type: string \"x\", expected f64", "stage.a.duration_ps");
        assert_eq!(message, "`stage.a.duration_ps` must be a number, not string \"x\"");
    }
}
