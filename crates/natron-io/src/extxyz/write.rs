//! Frames as extended XYZ.

use std::io::{self, Write};

use natron_atoms::{AtomArray, Cell, Frame, InfoValue, Mat3, Vec3};

use super::{info, names};

/// Writes frames one after the other. Numbers are printed with as many digits as give them back exactly.
///
/// # Errors
/// The writer fails; or a frame cannot be written so that it reads back ([`io::ErrorKind::InvalidInput`]).
pub fn write_frames<W: Write + ?Sized>(writer: &mut W, frames: &[Frame]) -> io::Result<()> {
    frames.iter().try_for_each(|frame| write_frame(writer, frame))
}

/// Writes one frame.
///
/// # Errors
/// See [`write_frames`].
pub fn write_frame<W: Write + ?Sized>(writer: &mut W, frame: &Frame) -> io::Result<()> {
    check(frame).map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
    writeln!(writer, "{}\n{}", frame.structure.len(), comment(frame))?;
    let mut line = String::new();
    for atom in 0..frame.structure.len() {
        line.clear();
        push_atom(&mut line, frame, atom);
        writeln!(writer, "{line}")?;
    }
    Ok(())
}

fn comment(frame: &Frame) -> String {
    let mut words = Vec::new();
    let cell = &frame.structure.cell;
    let closed = *cell != Cell::open();
    if closed {
        words.push(format!("Lattice=\"{}\"", by_rows(cell.rows())));
    }
    words.push(format!("Properties={}", properties(frame)));
    let labels = &frame.labels;
    words.extend(labels.energy_ev.map(|e| format!("energy={e:?}")));
    words.extend(labels.free_energy_ev.map(|e| format!("free_energy={e:?}")));
    words.extend(labels.virial_ev.map(|v| format!("virial=\"{}\"", by_rows(&v))));
    words.extend(info_words(frame));
    let [a, b, c] = cell.periodic().map(info::truth_word);
    words.push(format!("pbc=\"{a} {b} {c}\""));
    words.join(" ")
}

/// The additional keys with their values.
pub(super) fn info_words(frame: &Frame) -> impl Iterator<Item = String> + '_ {
    frame.info.iter().map(|(key, value)| format!("{}={}", info::key_word(key), info::written(value)))
}

fn by_rows(matrix: &Mat3) -> String {
    let numbers: Vec<String> = matrix.transpose().iter().map(|x| format!("{x:?}")).collect();
    numbers.join(" ")
}

fn properties(frame: &Frame) -> String {
    let mut text = String::from("species:S:1:pos:R:3");
    let known = [(names::VELOCITIES[0], &frame.velocities), (names::FORCES[0], &frame.labels.forces)];
    for (name, _) in known.iter().filter(|(_, values)| values.is_some()) {
        text.push_str(&format!(":{name}:R:3"));
    }
    for (name, array) in &frame.arrays {
        let (letter, columns, _) = shape(array);
        text.push_str(&format!(":{name}:{letter}:{columns}"));
    }
    // Blanks in a name would end the value.
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text }
}

/// Type letter, columns, number of values.
fn shape(array: &AtomArray) -> (char, usize, usize) {
    match array {
        AtomArray::Text { columns, values } => ('S', *columns, values.len()),
        AtomArray::Real { columns, values } => ('R', *columns, values.len()),
        AtomArray::Int { columns, values } => ('I', *columns, values.len()),
        AtomArray::Bool { columns, values } => ('L', *columns, values.len()),
    }
}

fn push_atom(line: &mut String, frame: &Frame, atom: usize) {
    line.push_str(frame.structure.species[atom].symbol());
    push_vector(line, &frame.structure.positions[atom]);
    for vectors in [&frame.velocities, &frame.labels.forces].into_iter().flatten() {
        push_vector(line, &vectors[atom]);
    }
    for (_, array) in &frame.arrays {
        let (_, columns, _) = shape(array);
        for k in columns * atom..columns * (atom + 1) {
            line.push(' ');
            match array {
                AtomArray::Text { values, .. } => line.push_str(&values[k]),
                AtomArray::Real { values, .. } => push_number(line, values[k]),
                AtomArray::Int { values, .. } => line.push_str(&values[k].to_string()),
                AtomArray::Bool { values, .. } => line.push_str(info::truth_word(values[k])),
            }
        }
    }
}

fn push_vector(line: &mut String, vector: &Vec3) {
    for x in vector {
        line.push(' ');
        push_number(line, *x);
    }
}

/// The shortest decimal that reads back as the same number.
fn push_number(line: &mut String, x: f64) {
    use std::fmt::Write;
    write!(line, "{x:?}").expect("writing to a String cannot fail");
}

/// Refuses a frame that would not read back.
pub(super) fn check(frame: &Frame) -> Result<(), String> {
    let atoms = frame.structure.len();
    for vectors in [&frame.velocities, &frame.labels.forces].into_iter().flatten() {
        if vectors.len() != atoms {
            return Err(format!("{} vectors for {atoms} atoms", vectors.len()));
        }
    }
    check_finite(frame)?;
    frame.info.iter().enumerate().try_for_each(|(k, (key, value))| {
        check_key(frame, key)?;
        if frame.info[..k].iter().any(|(other, _)| other == key) {
            return Err(format!("`{key}` appears twice"));
        }
        check_info(key, value)
    })?;
    frame.arrays.iter().enumerate().try_for_each(|(k, (name, array))| {
        if frame.arrays[..k].iter().any(|(other, _)| other == name) {
            return Err(format!("column `{name}` appears twice"));
        }
        check_array(frame, name, array)
    })
}

fn check_finite(frame: &Frame) -> Result<(), String> {
    let labels = &frame.labels;
    let vectors = [Some(&frame.structure.positions), frame.velocities.as_ref(), labels.forces.as_ref()];
    let vectors_fine = vectors.into_iter().flatten().flatten().all(|v| v.iter().all(|x| x.is_finite()));
    let energies_fine = [labels.energy_ev, labels.free_energy_ev].into_iter().flatten().all(f64::is_finite);
    let virial_fine = labels.virial_ev.iter().flatten().all(|x| x.is_finite());
    if vectors_fine && energies_fine && virial_fine {
        return Ok(());
    }
    Err("a position, velocity, force, energy or virial is not finite".to_owned())
}

/// A key that stands for a field may not be used for something else.
fn check_key(frame: &Frame, key: &str) -> Result<(), String> {
    let labels = &frame.labels;
    let taken = [names::LATTICE, names::PROPERTIES, names::PBC].iter().any(|s| names::is(key, s))
        || (labels.energy_ev.is_none() && names::is(key, names::ENERGY))
        || (labels.free_energy_ev.is_none() && names::is(key, names::FREE_ENERGY))
        || (labels.virial_ev.is_none() && (names::is(key, names::VIRIAL) || names::is(key, names::STRESS)))
        || ["energy", "free_energy", "virial"].contains(&key);
    if key.is_empty() || taken {
        return Err(format!("`{key}` cannot be the name of an additional value"));
    }
    Ok(())
}

fn check_info(key: &str, value: &InfoValue) -> Result<(), String> {
    let finite = match value {
        InfoValue::Real(x) => x.is_finite(),
        InfoValue::Reals(list) => list.iter().all(|x| x.is_finite()),
        _ => true,
    };
    if finite { Ok(()) } else { Err(format!("`{key}` is not finite")) }
}

fn check_array(frame: &Frame, name: &str, array: &AtomArray) -> Result<(), String> {
    let atoms = frame.structure.len();
    let (_, columns, values) = shape(array);
    if columns == 0 || values != columns * atoms {
        return Err(format!("column `{name}` has {values} values for {atoms} atoms"));
    }
    // Other spellings of what is written under its own name are fine: that name goes first.
    let taken = ["species", "pos"].contains(&name)
        || names::is(name, names::FORCES) && (frame.labels.forces.is_none() || name == names::FORCES[0])
        || names::is(name, names::VELOCITIES) && (frame.velocities.is_none() || name == names::VELOCITIES[0]);
    if taken || name.is_empty() || name.contains([':', '"', '\\']) || name.contains(char::is_control) {
        return Err(format!("`{name}` cannot be the name of an additional column"));
    }
    let fine = match array {
        AtomArray::Real { values, .. } => values.iter().all(|x| x.is_finite()),
        AtomArray::Text { values, .. } => {
            values.iter().all(|w| !w.is_empty() && !w.contains(char::is_whitespace))
        }
        _ => true,
    };
    if fine {
        Ok(())
    } else {
        Err(format!("column `{name}` has a value that is not finite, or text with blanks"))
    }
}
