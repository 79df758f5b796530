//! A frame as LAMMPS data file.

use std::io::{self, Write};

use natron_atoms::{AtomArray, Cell, Frame, Mat3, Species, Vec3};

use super::CHARGES;
use crate::convert;

/// Names under which other programs keep charges.
const CHARGE_NAMES: [&str; 4] = [CHARGES, "charge", "charges", "q"];
/// Room around a cluster, A.
const MARGIN_A: f64 = 1.0;

/// Writes a frame in units metal: a restricted box (the cell is turned so that a lies along x and b in the plane of x
/// and y), `Masses` with elements as comments, `Atoms # atomic` or, where the frame has charges, `# charge`, with image
/// flags, and `Velocities` where it has them. Types are the elements by atomic number.
///
/// # Errors
/// The writer fails; or the frame cannot be written ([`io::ErrorKind::InvalidInput`]).
pub fn write<W: Write + ?Sized>(writer: &mut W, frame: &Frame) -> io::Result<()> {
    convert::check(frame)?;
    let structure = &frame.structure;
    let placed = Placement::of(frame)?;
    let mut types = structure.species.clone();
    types.sort_unstable();
    types.dedup();
    let boundary = structure.cell.periodic().map(|periodic| if periodic { "p" } else { "f" }).join(" ");
    writeln!(writer, "LAMMPS data file written by natron, units = metal, boundary = {boundary}\n")?;
    writeln!(writer, "{} atoms\n{} atom types\n", structure.len(), types.len())?;
    for (k, axis) in ["x", "y", "z"].into_iter().enumerate() {
        let [low, high] = placed.bounds_a[k];
        writeln!(writer, "{low:?} {high:?} {axis}lo {axis}hi")?;
    }
    let rows = placed.cell.rows();
    let tilt = [rows[(1, 0)], rows[(2, 0)], rows[(2, 1)]];
    if tilt != [0.0; 3] {
        writeln!(writer, "{:?} {:?} {:?} xy xz yz", tilt[0], tilt[1], tilt[2])?;
    }
    writeln!(writer, "\nMasses\n")?;
    for (k, species) in types.iter().enumerate() {
        writeln!(writer, "{} {:?} # {species}", k + 1, species.mass_amu())?;
    }
    atoms(writer, frame, &placed, &types)?;
    let Some(velocities) = &frame.velocities else { return Ok(()) };
    writeln!(writer, "\nVelocities\n")?;
    for (k, velocity) in velocities.iter().enumerate() {
        // A/fs to A/ps.
        writeln!(writer, "{}{}", k + 1, numbers(&(placed.turned(velocity) * 1e3)))?;
    }
    Ok(())
}

fn atoms<W: Write + ?Sized>(
    writer: &mut W,
    frame: &Frame,
    placed: &Placement,
    types: &[Species],
) -> io::Result<()> {
    let charges = charges(frame);
    writeln!(writer, "\nAtoms # {}\n", if charges.is_some() { "charge" } else { "atomic" })?;
    for (k, (species, position)) in frame.structure.species.iter().zip(&frame.structure.positions).enumerate()
    {
        let kind = types.iter().position(|t| t == species).expect("types hold every element") + 1;
        let charge = charges.map_or_else(String::new, |charges| format!(" {:?}", charges[k]));
        let (wrapped, [a, b, c]) = placed.cell.wrap(&placed.moved(position));
        writeln!(writer, "{} {kind}{charge}{} {a} {b} {c}", k + 1, numbers(&wrapped))?;
    }
    Ok(())
}

/// What of a frame a data file cannot hold, in words.
pub fn left_out(frame: &Frame) -> Vec<String> {
    let kept = |name: &str| CHARGE_NAMES.contains(&name) && charges(frame).is_some();
    let mut left_out = convert::labels_and_others(frame, |_| false, kept);
    if Placement::of(frame).is_ok_and(|placed| placed.turn.is_some()) {
        left_out.push(
            "the direction of the cell (it is turned: a along x, b in the plane of x and y)".to_owned(),
        );
    }
    left_out
}

fn charges(frame: &Frame) -> Option<&[f64]> {
    frame.arrays.iter().find_map(|(name, array)| match array {
        AtomArray::Real { columns: 1, values }
            if CHARGE_NAMES.contains(&name.as_str())
                && values.len() == frame.structure.len()
                && values.iter().all(|q| q.is_finite()) =>
        {
            Some(values.as_slice())
        }
        _ => None,
    })
}

/// How the frame lies in LAMMPS' box.
struct Placement {
    cell: Cell,
    /// Lower and upper bound along x, y, z, A.
    bounds_a: [[f64; 2]; 3],
    /// Turns a row vector of the frame; `None`: no turn.
    turn: Option<Mat3>,
    shift_a: Vec3,
}

impl Placement {
    fn of(frame: &Frame) -> io::Result<Self> {
        let structure = &frame.structure;
        if structure.cell == Cell::open() {
            return Self::cluster(&structure.positions);
        }
        let mut rows = *structure.cell.rows();
        let mut shift_a = Vec3::zeros();
        // LAMMPS takes right-handed boxes alone; the opposite vectors span the same lattice, and the cell they span
        // from the origin is the old one moved by the sum of the vectors.
        if rows.determinant() < 0.0 {
            shift_a = -rows.row_sum().transpose();
            rows = -rows;
        }
        let (restricted, turn) = restricted(&rows);
        let entries = std::array::from_fn(|i| std::array::from_fn(|j| restricted[(i, j)]));
        let cell = Cell::new(entries, structure.cell.periodic())
            .map_err(|error| convert::refused(format!("turned for LAMMPS, {error}")))?;
        let bounds_a = std::array::from_fn(|k| [0.0, restricted[(k, k)]]);
        Ok(Self { cell, bounds_a, turn, shift_a })
    }

    /// A box around a cluster.
    fn cluster(positions: &[Vec3]) -> io::Result<Self> {
        let start = (positions[0], positions[0]);
        let (low, high) = positions.iter().fold(start, |(low, high), p| (low.inf(p), high.sup(p)));
        let bounds_a: [[f64; 2]; 3] = std::array::from_fn(|k| [low[k] - MARGIN_A, high[k] + MARGIN_A]);
        let entries = std::array::from_fn(|i| {
            std::array::from_fn(|j| if i == j { bounds_a[i][1] - bounds_a[i][0] } else { 0.0 })
        });
        let cell = Cell::new(entries, [false; 3]).map_err(|error| convert::refused(error.to_string()))?;
        Ok(Self { cell, bounds_a, turn: None, shift_a: Vec3::zeros() })
    }

    fn turned(&self, vector: &Vec3) -> Vec3 {
        self.turn.map_or(*vector, |turn| turn.tr_mul(vector))
    }

    fn moved(&self, point: &Vec3) -> Vec3 {
        self.turned(&(point + self.shift_a))
    }
}

/// The rows turned so that a lies along x and b in the plane of x and y, and the matrix that turns them from the right.
/// <https://docs.lammps.org/Howto_triclinic.html>
fn restricted(rows: &Mat3) -> (Mat3, Option<Mat3>) {
    let above = [(0, 1), (0, 2), (1, 2)];
    if above.iter().all(|&place| rows[place] == 0.0) && (0..3).all(|k| rows[(k, k)] > 0.0) {
        return (*rows, None);
    }
    let [a, b, c] = [0, 1, 2].map(|k| rows.row(k).transpose());
    let x = a.normalize();
    let z = a.cross(&b).normalize();
    let y = z.cross(&x);
    let turn = Mat3::from_columns(&[x, y, z]);
    // What is zero by construction is written as zero.
    let turned = Mat3::new(a.norm(), 0.0, 0.0, b.dot(&x), b.dot(&y), 0.0, c.dot(&x), c.dot(&y), c.dot(&z));
    (turned, Some(turn))
}

/// Three numbers, each the shortest decimal that reads back as the same number.
fn numbers(vector: &Vec3) -> String {
    vector.iter().map(|x| format!(" {x:?}")).collect()
}
