//! What the comment line means: cell, labels, columns, and the rest.

use natron_atoms::{Cell, InfoValue, Labels, Mat3};

use super::comment::{self, Entry, Value};
use super::properties::{self, Property};
use super::{info, names};
use crate::error::LineError;
use crate::number;

/// A comment line, understood.
#[derive(Debug)]
pub(super) struct Header {
    pub cell: Cell,
    pub labels: Labels,
    pub properties: Vec<Property>,
    pub info: Vec<(String, InfoValue)>,
}

/// Reads a comment line. Without `Lattice` and `Properties` it may be any text: that is plain XYZ, and what does
/// not look like `key=value` pairs becomes the text `comment`.
pub(super) fn parse(line: &str) -> Result<Header, LineError> {
    let outcome = comment::parse(line).and_then(Entries::new);
    let lower = line.to_ascii_lowercase();
    match outcome {
        Err(_) if !lower.contains("lattice") && !lower.contains("properties") => Ok(Header {
            cell: Cell::open(),
            labels: Labels::default(),
            properties: properties::plain(),
            info: vec![("comment".to_owned(), InfoValue::Text(line.trim().to_owned()))],
        }),
        outcome => outcome.and_then(interpret),
    }
}

/// The pairs not yet used.
struct Entries(Vec<Entry>);

impl Entries {
    fn new(entries: Vec<Entry>) -> Result<Self, LineError> {
        for (k, entry) in entries.iter().enumerate() {
            if entries[..k].iter().any(|e| e.key == entry.key) {
                let message = format!("`{}` appears twice", entry.key);
                return Err(LineError::new(entry.column, message, "keep one of them"));
            }
        }
        Ok(Self(entries))
    }

    /// Takes out the pair of the first spelling present.
    fn take(&mut self, spellings: &[&str]) -> Option<Entry> {
        let found =
            spellings.iter().find_map(|s| self.0.iter().position(|entry| entry.key.eq_ignore_ascii_case(s)));
        found.map(|k| self.0.remove(k))
    }
}

fn interpret(mut entries: Entries) -> Result<Header, LineError> {
    let properties = match entries.take(names::PROPERTIES) {
        Some(entry) => properties::parse(required(&entry)?)?,
        None => properties::plain(),
    };
    let cell = cell(entries.take(names::LATTICE), entries.take(names::PBC))?;
    let energy_ev = entries.take(names::ENERGY).map(|e| single(&e)).transpose()?;
    let free_energy_ev = entries.take(names::FREE_ENERGY).map(|e| single(&e)).transpose()?;
    let virial_ev = virial(&mut entries, &cell)?;
    let labels = Labels { energy_ev, free_energy_ev, forces: None, virial_ev };
    let info = entries.0.into_iter().map(|e| (e.key, info::typed(e.value.as_ref()))).collect();
    Ok(Header { cell, labels, properties, info })
}

fn cell(lattice: Option<Entry>, pbc: Option<Entry>) -> Result<Cell, LineError> {
    let periodic = pbc.as_ref().map(periodic).transpose()?;
    let Some(lattice) = lattice else {
        return match pbc {
            Some(entry) if periodic != Some([false; 3]) => Err(LineError::new(
                entry.column,
                "periodic without a Lattice",
                "add Lattice=\"ax ay az bx by bz cx cy cz\" (A)",
            )),
            _ => Ok(Cell::open()),
        };
    };
    let value = required(&lattice)?;
    let numbers = numbers(&lattice.key, value)?;
    let rows = by_rows(&numbers).ok_or_else(|| {
        let message = format!("`{}` has {} numbers, not 9", lattice.key, numbers.len());
        LineError::new(value.column, message, "give the three cell vectors, ax ay az bx by bz cx cy cz (A)")
    })?;
    Cell::new(rows, periodic.unwrap_or([true; 3])).map_err(|error| {
        let help = "the three vectors must span a volume; along an open direction any vector will do";
        LineError::new(value.column, error.to_string(), help)
    })
}

fn periodic(entry: &Entry) -> Result<[bool; 3], LineError> {
    let truth = |word: &str| match word {
        "1" => Some(true),
        "0" => Some(false),
        _ => number::truth(word),
    };
    let Some(value) = &entry.value else { return Ok([true; 3]) };
    let flags: Option<Vec<bool>> = value.words().map(truth).collect();
    match flags.as_deref() {
        Some([all]) => Ok([*all; 3]),
        Some([a, b, c]) => Ok([*a, *b, *c]),
        _ => {
            let message = format!("`{}` is not three truth values: `{}`", entry.key, value.text);
            Err(LineError::new(value.column, message, "write pbc=\"T T T\", or F where a direction is open"))
        }
    }
}

/// The virial (eV), from its own key or from the stress (eV/A^3) as -V stress; a stress beside a virial is kept as it is.
fn virial(entries: &mut Entries, cell: &Cell) -> Result<Option<Mat3>, LineError> {
    if let Some(entry) = entries.take(names::VIRIAL) {
        return tensor(&entry).map(Some);
    }
    let Some(entry) = entries.take(names::STRESS) else { return Ok(None) };
    if cell.periodic() == [false; 3] {
        let help = "a cluster has no volume: give virial (eV) instead, or remove it";
        return Err(LineError::new(entry.column, format!("`{}` without a periodic cell", entry.key), help));
    }
    let virial = tensor(&entry)? * -cell.volume_a3();
    if virial.iter().all(|x| x.is_finite()) {
        return Ok(Some(virial));
    }
    Err(LineError::new(
        entry.column,
        format!("`{}` times the volume is not finite", entry.key),
        "check the units",
    ))
}

/// Nine numbers by rows, or six in the order of Voigt: xx yy zz yz xz xy.
fn tensor(entry: &Entry) -> Result<Mat3, LineError> {
    let value = required(entry)?;
    let numbers = numbers(&entry.key, value)?;
    let rows = match numbers.as_slice() {
        &[xx, yy, zz, yz, xz, xy] => Some([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]),
        other => by_rows(other),
    };
    let rows = rows.ok_or_else(|| {
        let message = format!("`{}` has {} numbers, not 9 or 6", entry.key, numbers.len());
        LineError::new(value.column, message, "give 9 numbers by rows, or 6 as xx yy zz yz xz xy")
    })?;
    Ok(Mat3::from_fn(|i, j| rows[i][j]))
}

fn by_rows(numbers: &[f64]) -> Option<[[f64; 3]; 3]> {
    match *numbers {
        [a, b, c, d, e, f, g, h, i] => Some([[a, b, c], [d, e, f], [g, h, i]]),
        _ => None,
    }
}

fn numbers(key: &str, value: &Value) -> Result<Vec<f64>, LineError> {
    let one = |word: &str| {
        number::real(word).ok_or_else(|| {
            let (message, help) = number::refuse(&format!("`{key}`"), word);
            LineError::new(value.column, message, help)
        })
    };
    value.words().map(one).collect()
}

fn single(entry: &Entry) -> Result<f64, LineError> {
    let value = required(entry)?;
    match numbers(&entry.key, value)?.as_slice() {
        [number] => Ok(*number),
        other => {
            let message = format!("`{}` has {} numbers, not one", entry.key, other.len());
            Err(LineError::new(value.column, message, "give the total of the frame (eV)"))
        }
    }
}

fn required(entry: &Entry) -> Result<&Value, LineError> {
    let missing = || {
        LineError::new(
            entry.column,
            format!("`{}` has no value", entry.key),
            format!("write {}=...", entry.key),
        )
    };
    entry.value.as_ref().ok_or_else(missing)
}
