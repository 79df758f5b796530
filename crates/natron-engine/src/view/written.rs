//! What natron writes for readers and for itself: tables, logs, reports, checkpoints of a training.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Value, json};

use super::Facts;
use crate::InputError;

/// What a checkpoint of a training begins with.
const CHECKPOINT: &[u8] = b"natrontr";
/// Words of a column that are counted apart, at most.
const WORDS: usize = 12;
/// Lines of a log that are shown.
const LAST_LINES: usize = 3;

pub(super) fn is_checkpoint(head: &[u8]) -> bool {
    head.starts_with(CHECKPOINT)
}

pub(super) fn is_report(head: &[u8]) -> bool {
    head.starts_with(b"<!doctype html>")
}

/// Whether the first line begins with a time, as in `2026-11-23T02:25:04Z natron ...`.
pub(super) fn is_log(head: &[u8]) -> bool {
    let pattern = b"dddd-dd-ddTdd:dd:ddZ ";
    head.len() >= pattern.len()
        && head.iter().zip(pattern).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            wanted => byte == wanted,
        })
}

/// Whether the first line names columns, separated by commas: at least two names, none of them a number.
pub(super) fn is_table(head: &[u8]) -> bool {
    let first = head.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut reader = csv::Reader::from_reader(first);
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    reader.headers().is_ok_and(|names| names.len() > 1 && names.iter().all(is_name))
}

/// One column as far as it was read.
#[derive(Default)]
struct Column {
    name: String,
    numbers: usize,
    sum: f64,
    range: Option<(f64, f64)>,
    words: Vec<String>,
}

impl Column {
    fn take(&mut self, field: &str) {
        match field.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => {
                self.numbers += 1;
                self.sum += number;
                let (low, high) = self.range.unwrap_or((number, number));
                self.range = Some((low.min(number), high.max(number)));
            }
            None if field.is_empty() || self.words.len() >= WORDS => {}
            None if !self.words.iter().any(|word| word == field) => self.words.push(field.to_owned()),
            None => {}
        }
    }

    /// Lowest, mean and highest; of words which there are.
    fn facts(&self) -> Value {
        match self.range {
            Some((low, high)) => json!([low, self.sum / self.numbers as f64, high]),
            None if self.words.is_empty() => Value::Null,
            None => json!(self.words),
        }
    }
}

/// A table: its rows, and of each column lowest, mean and highest.
pub(super) fn table(path: &Path) -> Result<(&'static str, Facts), InputError> {
    let unreadable = |error: csv::Error| match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            // The row under a pen that was lifted too early.
            let message = format!("{len} fields where the first line names {expected_len}");
            let line = pos.as_ref().map_or(0, |pos| usize::try_from(pos.line()).unwrap_or(0));
            InputError::new(message)
                .in_file(path)
                .at_line(line)
                .help("the last row of a killed run may be cut off: remove it")
        }
        _ => InputError::new(format!("cannot read it: {error}")).in_file(path),
    };
    let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
    let names = reader.headers().map_err(unreadable)?;
    let mut columns: Vec<Column> =
        names.iter().map(|name| Column { name: name.to_owned(), ..Column::default() }).collect();
    let (mut rows, mut row) = (0_usize, csv::StringRecord::new());
    while reader.read_record(&mut row).map_err(unreadable)? {
        rows += 1;
        columns.iter_mut().zip(&row).for_each(|(column, field)| column.take(field));
    }
    let mut facts = Facts::new();
    facts.insert("rows".into(), rows.into());
    facts.insert("columns".into(), columns.iter().map(|column| Value::from(column.name.clone())).collect());
    let values: Facts = columns.iter().map(|column| (column.name.clone(), column.facts())).collect();
    facts.insert("low_mean_high".into(), values.into());
    Ok(("table", facts))
}

/// A log: from when to when, and how it ends.
pub(super) fn log(path: &Path) -> Result<(&'static str, Facts), InputError> {
    let all = lines(path)?.collect::<Result<Vec<String>, InputError>>()?;
    let time =
        |line: Option<&String>| line.and_then(|line| line.split_once(' ')).map(|(time, _)| time.to_owned());
    let mut facts = Facts::new();
    facts.insert("lines".into(), all.len().into());
    facts.insert("from_utc".into(), time(all.first()).into());
    facts.insert("to_utc".into(), time(all.last()).into());
    for (k, line) in all.iter().rev().take(LAST_LINES).rev().enumerate() {
        let text = line.split_once(' ').map_or(line.as_str(), |(_, text)| text);
        facts.insert(format!("last_{}", k + 1), text.into());
    }
    Ok(("log", facts))
}

/// A report: its title, its warnings, how many pictures.
pub(super) fn report(path: &Path) -> Result<(&'static str, Facts), InputError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| InputError::new(format!("cannot read it: {error}")).in_file(path))?;
    let between = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from)?.1;
        Some(rest.split_once(to)?.0.to_owned())
    };
    let mut facts = Facts::new();
    facts.insert("title".into(), between(&text, "<title>", "</title>").into());
    facts.insert("pictures".into(), text.matches("<svg").count().into());
    let warnings = text.split("class=\"warning\" role=\"alert\">").skip(1);
    let warnings: Vec<String> =
        warnings.filter_map(|rest| Some(rest.split_once("</p>")?.0.to_owned())).collect();
    facts.insert("warnings".into(), warnings.into());
    Ok(("report", facts))
}

/// A checkpoint of a training: what its header says.
pub(super) fn checkpoint(path: &Path, bytes: &[u8]) -> Result<(&'static str, Facts), InputError> {
    let damaged = || InputError::new("the checkpoint is damaged").in_file(path);
    let rest = &bytes[CHECKPOINT.len()..];
    let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let header = rest.get(..length).ok_or_else(damaged)?;
    match serde_json::from_slice(header).map_err(|_| damaged())? {
        Value::Object(facts) => Ok(("training checkpoint", facts)),
        _ => Err(damaged()),
    }
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<String, InputError>>, InputError> {
    let unreadable =
        move |error: std::io::Error| InputError::new(format!("cannot read it: {error}")).in_file(path);
    let file = File::open(path).map_err(unreadable)?;
    Ok(BufReader::new(file).lines().map(move |line| line.map_err(unreadable)))
}
