//! The box of a particle group.

use hdf5_metno::Group;
use natron_atoms::Cell;

use super::attribute;
use super::link;
use super::numbers::{Kind, Numbers};
use super::refusal::Refusal;
use super::times::Element;
use super::units::{self, Quantity};

const SEE: &str = "see the H5MD standard, nongnu.org/h5md, \"Simulation box\"";

/// The cells of a trajectory.
#[derive(Debug)]
pub(super) struct Cells {
    pub periodic: [bool; 3],
    edges: Edges,
}

#[derive(Debug)]
enum Edges {
    Open,
    Fixed(Cell),
    PerFrame { element: Element, to_a: f64 },
}

impl Cells {
    /// The box of a particle group; `length_to_a` is the unit of edges that name none.
    pub fn open(particles: &Group, length_to_a: f64) -> Result<Self, Refusal> {
        let missing = || Refusal::new("the particle group has no `box`", SEE);
        let group = link::group(particles, "box")?.ok_or_else(missing)?;
        let periodic = boundary(&group)?;
        if let Some(element) = Element::open(particles, "box/edges", Kind::Real)? {
            let to_a = units::factor(&element.value.dataset, "box/edges/value", Quantity::Length)?;
            shape_of(&element.value, &element.value.shape[1..])?;
            return Ok(Self {
                periodic,
                edges: Edges::PerFrame { element, to_a: to_a.unwrap_or(length_to_a) },
            });
        }
        let edges = match Numbers::open(particles, "box/edges", Kind::Real)? {
            Some(edges) => {
                let to_a =
                    units::factor(&edges.dataset, "box/edges", Quantity::Length)?.unwrap_or(length_to_a);
                let size = shape_of(&edges, &edges.shape)?;
                let values = edges.read_all::<f64>()?;
                Edges::Fixed(
                    cell(&values[..size], to_a, periodic).map_err(|error| edges.refusal(&error, SEE))?,
                )
            }
            None if periodic == [false; 3] => Edges::Open,
            None => return Err(Refusal::new("the box is periodic and has no `edges`", SEE)),
        };
        Ok(Self { periodic, edges })
    }

    /// What changes from frame to frame, if anything does.
    pub fn element(&self) -> Option<&Element> {
        match &self.edges {
            Edges::PerFrame { element, .. } => Some(element),
            _ => None,
        }
    }

    /// The cells of the frames `from..to`.
    pub fn read(&self, from: usize, to: usize) -> Result<Vec<Cell>, Refusal> {
        match &self.edges {
            Edges::Open => Ok(vec![Cell::open(); to - from]),
            Edges::Fixed(cell) => Ok(vec![cell.clone(); to - from]),
            Edges::PerFrame { element, to_a } => {
                let values = element.value.read_finite(from, to)?;
                let size = element.value.row_bytes() / 8;
                let frames = values.chunks_exact(size).zip(from..);
                let one = |(edges, frame): (&[f64], usize)| {
                    cell(edges, *to_a, self.periodic)
                        .map_err(|error| element.value.refusal(&format!("of frame {frame}: {error}"), SEE))
                };
                frames.map(one).collect()
            }
        }
    }
}

/// Which directions repeat: an array of `periodic` and `none`.
fn boundary(group: &Group) -> Result<[bool; 3], Refusal> {
    let wrong = |found: String| Refusal::new(format!("the attribute `boundary` of `box` {found}"), SEE);
    let words = attribute::strings(group, "boundary")?.ok_or_else(|| wrong("is missing".into()))?;
    let periodic = |word: &String| match word.as_str() {
        "periodic" => Some(true),
        "none" | "nonperiodic" => Some(false),
        _ => None,
    };
    let found = words.iter().map(periodic).collect::<Option<Vec<bool>>>();
    match found.as_deref() {
        Some(&[all]) => Ok([all; 3]),
        Some(&[a, b, c]) => Ok([a, b, c]),
        _ => Err(wrong(format!("is {words:?}: three of `periodic` and `none` are needed"))),
    }
}

/// Checks that a row of edges is a diagonal or a matrix; returns its size.
fn shape_of(edges: &Numbers, row: &[usize]) -> Result<usize, Refusal> {
    match row {
        [3] | [3, 3] => Ok(row.iter().product()),
        _ => Err(edges.refusal(&format!("has the shape {:?}", edges.shape), SEE)),
    }
}

/// A cell from the lengths of its edges or their vectors.
fn cell(edges: &[f64], to_a: f64, periodic: [bool; 3]) -> Result<Cell, String> {
    let at = |i: usize, j: usize| match edges.len() {
        3 if i == j => edges[i] * to_a,
        3 => 0.0,
        _ => edges[3 * i + j] * to_a,
    };
    let rows = std::array::from_fn(|i| std::array::from_fn(|j| at(i, j)));
    Cell::new(rows, periodic).map_err(|error| error.to_string())
}
