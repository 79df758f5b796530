//! A POSCAR into a frame.

use std::io::Read;
use std::path::Path;

use natron_atoms::{AtomArray, Cell, Frame, InfoValue, Mat3, Species, Structure, Vec3};

use super::MOVE_MASK;
use crate::text::{Line, Lines, Text, Word, vector};
use crate::{ReadError, SourceFrame};

/// A POSCAR is not read beyond this, bytes.
const MAX_BYTES: u64 = 1 << 30;
const COUNTS_HELP: &str = "line 6 names the elements (Na C), line 7 says how many atoms each has (22 200)";

/// Reads the frame of a POSCAR; `path` names it in errors.
///
/// # Errors
/// Anything in it is wrong: see [`ReadError`].
pub fn read(input: impl Read, path: &Path) -> Result<SourceFrame, ReadError> {
    let text = Text::read(input, path, MAX_BYTES)?;
    let mut lines = text.lines();
    let comment = lines.expect("the comment line")?.text.trim();
    let (cell, scale) = cell(&mut lines)?;
    let species = species(&mut lines)?;
    let (positions, mask) = positions(&mut lines, &cell, scale, &species)?;
    let structure = Structure::new(cell, species, positions).expect("as many finite positions as species");
    let mut frame = Frame::new(structure);
    let mut ignored = Vec::new();
    frame.velocities = velocities(&mut lines, frame.structure.len(), &mut ignored)?;
    if !comment.is_empty() {
        frame.info.push(("comment".to_owned(), InfoValue::Text(comment.to_owned())));
    }
    if let Some(values) = mask {
        frame.arrays.push((MOVE_MASK.to_owned(), AtomArray::Bool { columns: 3, values }));
    }
    Ok(SourceFrame { ignored, ..SourceFrame::new(frame, 1) })
}

/// The cell, and by what Cartesian positions are to be multiplied.
fn cell(lines: &mut Lines<'_>) -> Result<(Cell, Vec3), ReadError> {
    let line = lines.expect("the scale")?;
    let scales = scales(line)?;
    let first = lines.clone().next();
    let mut rows = Mat3::zeros();
    for k in 0..3 {
        let line = lines.expect("a cell vector")?;
        rows.set_row(k, &vector(line, &mut line.words(), "a cell vector")?.transpose());
    }
    let scale = match *scales.as_slice() {
        [x, y, z] => Vec3::new(x, y, z),
        [volume] if volume < 0.0 => Vec3::repeat((-volume / rows.determinant().abs()).cbrt()),
        _ => Vec3::repeat(scales[0]),
    };
    let scaled: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| rows[(i, j)] * scale[j]));
    let cell = Cell::new(scaled, [true; 3]).map_err(|error| {
        let help = "lines 3 to 5 hold the cell vectors, which must span a volume";
        first.unwrap_or(line).refuse(error.to_string(), help)
    })?;
    Ok((cell, scale))
}

/// One number other than zero, or three positive ones.
fn scales(line: Line<'_>) -> Result<Vec<f64>, ReadError> {
    // Some programs write a comment behind the number.
    let numbers: Vec<Word<'_>> = line.words().take_while(|w| w.text.parse::<f64>().is_ok()).collect();
    let values = numbers.iter().map(|w| w.real("the scale")).collect::<Result<Vec<_>, _>>()?;
    let fits = match values.as_slice() {
        [one] => *one != 0.0,
        three => three.len() == 3 && three.iter().all(|s| *s > 0.0),
    };
    if fits {
        return Ok(values);
    }
    let help = "line 2 is one factor for the cell vectors (1.0), the volume of the cell as a negative number, or three positive factors";
    Err(line.refuse(format!("`{}` is no scale", line.text.trim()), help))
}

fn species(lines: &mut Lines<'_>) -> Result<Vec<Species>, ReadError> {
    let line = lines.expect("the line of elements")?;
    if line.words().next().is_none_or(|word| word.text.parse::<u64>().is_ok()) {
        let message = "there is no line of elements before the numbers of atoms";
        return Err(line.refuse(message, format!("this is a file of VASP 4: {COUNTS_HELP}")));
    }
    let elements = line.words().map(element).collect::<Result<Vec<_>, _>>()?;
    let line = lines.expect("the numbers of atoms")?;
    let words: Vec<Word<'_>> = line.words().collect();
    if words.len() != elements.len() {
        let message = format!("{} numbers of atoms for {} elements", words.len(), elements.len());
        return Err(line.refuse(message, COUNTS_HELP));
    }
    // Every atom has a line of at least six bytes.
    let room = lines.clone().map(|line| line.text.len() + 1).sum::<usize>() / 6 + 1;
    let mut species = Vec::new();
    for (word, element) in words.into_iter().zip(elements) {
        let count = word.whole::<usize>("the number of atoms")?;
        if count > room - species.len().min(room) {
            let message = format!("{count} atoms cannot fit in the rest of the file");
            return Err(word.refuse(message, "the file is cut short, or this number is wrong"));
        }
        species.extend(std::iter::repeat_n(element, count));
    }
    Ok(species)
}

/// An element; VASP may add the variant and the hash of its potential: `Na_pv`, `C/0123abcd`.
fn element(word: Word<'_>) -> Result<Species, ReadError> {
    let symbol = word.text.split(['_', '/', '.']).next().unwrap_or_default();
    Species::from_symbol(symbol).map_or_else(|| word.element(), Ok)
}

/// Positions in A, and the flags of selective dynamics.
type Positions = (Vec<Vec3>, Option<Vec<bool>>);

fn positions(
    lines: &mut Lines<'_>,
    cell: &Cell,
    scale: Vec3,
    species: &[Species],
) -> Result<Positions, ReadError> {
    let mut line = lines.expect("Direct or Cartesian")?;
    let selective = line.text.trim_start().starts_with(['S', 's']);
    if selective {
        line = lines.expect("Direct or Cartesian")?;
    }
    let cartesian = is_cartesian(line)?;
    let (mut positions, mut mask) = (Vec::new(), Vec::new());
    for (atom, &element) in species.iter().enumerate() {
        let line = lines.expect(&format!("the position of atom {} of {}", atom + 1, species.len()))?;
        let mut words = line.words();
        let point = vector(line, &mut words, "a position")?;
        let point = if cartesian { point.component_mul(&scale) } else { cell.cartesian(&point) };
        if point.iter().any(|x| !x.is_finite()) {
            return Err(line.refuse("the position is not finite", "check the scale and this line"));
        }
        positions.push(point);
        if selective {
            for _ in 0..3 {
                mask.push(flag(line, words.next())?);
            }
        }
        check_name(words.next(), element)?;
    }
    Ok((positions, selective.then_some(mask)))
}

fn is_cartesian(line: Line<'_>) -> Result<bool, ReadError> {
    match line.text.trim_start().chars().next() {
        Some('c' | 'C' | 'k' | 'K') => Ok(true),
        Some('d' | 'D') => Ok(false),
        _ => {
            let message = format!("expected Direct or Cartesian, found `{}`", line.text.trim());
            Err(line
                .refuse(message, "write Direct (fractions of the cell) or Cartesian before the coordinates"))
        }
    }
}

fn flag(line: Line<'_>, word: Option<Word<'_>>) -> Result<bool, ReadError> {
    let help = "with selective dynamics every position is followed by three flags, T or F";
    let Some(word) = word else {
        return Err(line.refuse_end("the line ends where T or F should be", help));
    };
    match word.text.trim_matches('.').chars().next() {
        Some('T' | 't') => Ok(true),
        Some('F' | 'f') => Ok(false),
        _ => Err(word.refuse(format!("`{}` is not T or F", word.text), help)),
    }
}

/// Some programs repeat the element behind the position; then it must be the same.
fn check_name(word: Option<Word<'_>>, element: Species) -> Result<(), ReadError> {
    match word.map(|word| (word, Species::from_symbol(word.text))) {
        Some((word, Some(named))) if named != element => Err(word.refuse(
            format!("this atom is {element} by lines 6 and 7, but {named} here"),
            "one of the two is wrong: is the order of the atoms that of line 6?",
        )),
        _ => Ok(()),
    }
}

/// The velocities, A/fs, if the file goes on with them.
fn velocities(
    lines: &mut Lines<'_>,
    atoms: usize,
    ignored: &mut Vec<String>,
) -> Result<Option<Vec<Vec3>>, ReadError> {
    let mut head = lines.next();
    if head.is_some_and(|line| line.text.trim_start().starts_with(['L', 'l'])) {
        ignored.push("lattice velocities".to_owned());
        for _ in 0..7 {
            lines.expect("the block of lattice velocities")?;
        }
        head = lines.next();
    }
    let Some(head) = head else { return Ok(None) };
    // Without the line that names the coordinates the block would be that of the integrator, which starts with one number.
    let Some(first) = lines.clone().find(|line| !line.is_blank()) else { return Ok(None) };
    if head.is_blank() && first.words().count() < 3 {
        return Ok(None);
    }
    if !head.is_blank() && !is_cartesian(head)? {
        let help = "VASP means cell vectors per time step here, and the step is not in the file: write them as Cartesian (A/fs), or remove them";
        return Err(head.refuse("velocities in Direct coordinates", help));
    }
    let mut velocities = Vec::new();
    for atom in 0..atoms {
        let line = lines.expect(&format!("the velocity of atom {} of {atoms}", atom + 1))?;
        velocities.push(vector(line, &mut line.words(), "a velocity")?);
    }
    // VASP writes zeros after a relaxation: nobody moved, which is not the same as a state at 0 K.
    Ok(Some(velocities).filter(|velocities| velocities.iter().any(|v| *v != Vec3::zeros())))
}
