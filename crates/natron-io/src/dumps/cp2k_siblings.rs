//! The files that CP2K writes beside each other: positions, forces, cells, stresses, and the input.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use natron_atoms::units::{BOHR_A, EV_PER_A3_IN_GPA};
use natron_atoms::{Mat3, Species, Vec3};

use super::elements;
use super::lines::Lines;
use crate::ReadError;

/// A frame of PROJECT-pos-1.xyz or PROJECT-frc-1.xyz.
#[derive(Debug)]
pub(super) struct XyzFrame {
    pub line: usize,
    /// `i = ` of the comment line.
    pub step: Option<i64>,
    /// `E = ` of the comment line, hartree.
    pub energy_hartree: Option<f64>,
    pub species: Vec<Species>,
    /// As written.
    pub vectors: Vec<Vec3>,
}

/// A stream of such frames.
#[derive(Debug)]
pub(super) struct XyzFile {
    lines: Lines<BufReader<File>>,
}

impl XyzFile {
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Ok(Self { lines: Lines::new(BufReader::new(open(path)?), path) })
    }

    pub fn next(&mut self) -> Result<Option<XyzFrame>, ReadError> {
        let Some((atoms, line)) = self.count()? else { return Ok(None) };
        let comment = self.lines.expect("a comment line")?.to_owned();
        let (step, energy_hartree) = (named(&comment, "i").map(|x| x as i64), named(&comment, "E"));
        let (mut species, mut vectors) = (Vec::new(), Vec::new());
        for _ in 0..atoms {
            let text = self.lines.expect("a frame")?;
            let label = text.split_whitespace().next().unwrap_or_default().to_owned();
            let element = elements::of_label(&label);
            species.push(element.ok_or_else(|| {
                self.lines.refuse(format!("`{label}` is no element"), "name the kinds after their elements")
            })?);
            vectors.push(self.lines.vector_at(1, "a vector")?);
        }
        Ok(Some(XyzFrame { line, step, energy_hartree, species, vectors }))
    }

    fn count(&mut self) -> Result<Option<(usize, usize)>, ReadError> {
        while self.lines.advance()? {
            let text = self.lines.text().trim();
            if !text.is_empty() {
                let count = text.parse().map_err(|_| {
                    let help = "a frame begins with its number of atoms; is the frame before complete?";
                    self.lines.refuse(format!("expected a number of atoms, found `{text}`"), help)
                });
                return Ok(Some((count?, self.lines.number())));
            }
        }
        Ok(None)
    }
}

fn open(path: &Path) -> Result<File, ReadError> {
    File::open(path).map_err(|error| {
        ReadError::of_file(
            path,
            format!("cannot open the file: {error}"),
            "check the path and its permissions",
        )
    })
}

/// `name = number` of ` i = 1, time = 0.500, E = -8.07`
fn named(comment: &str, name: &str) -> Option<f64> {
    comment.split(',').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key.trim() == name).then(|| crate::number::real(value.split_whitespace().next()?)).flatten()
    })
}

/// Frames of an XYZ file found by the energy in their comment lines, in file order.
#[derive(Debug)]
pub(super) struct ByEnergy {
    path: PathBuf,
    /// Places (byte, line) of the frames of an energy, and which of them come next.
    places: HashMap<i64, Vec<(u64, usize)>>,
    file: File,
}

/// Ten decimals are printed.
const RESOLUTION: f64 = 1e-9;

impl ByEnergy {
    /// Goes through the file once; `None` where there is no such file.
    pub fn open(path: &Path) -> Result<Option<Self>, ReadError> {
        if !path.is_file() {
            return Ok(None);
        }
        let mut xyz = XyzFile::open(path)?;
        let mut places: HashMap<i64, Vec<(u64, usize)>> = HashMap::new();
        while let Some((atoms, line)) = xyz.count()? {
            let offset = xyz.lines.offset();
            let energy = named(xyz.lines.expect("a comment line")?, "E");
            for _ in 0..atoms {
                xyz.lines.expect("a frame")?;
            }
            if let Some(energy) = energy {
                places.entry((energy / RESOLUTION).round() as i64).or_default().push((offset, line));
            }
        }
        // The first is taken from the end.
        places.values_mut().for_each(|list| list.reverse());
        Ok(Some(Self { path: path.to_owned(), places, file: open(path)? }))
    }

    /// The next frame of this energy.
    pub fn take(&mut self, energy_hartree: f64) -> Result<Option<XyzFrame>, ReadError> {
        let key = (energy_hartree / RESOLUTION).round() as i64;
        let near = [key, key.saturating_sub(1), key.saturating_add(1)];
        let Some((offset, line)) = near.iter().find_map(|key| self.places.get_mut(key)?.pop()) else {
            return Ok(None);
        };
        let failed = |error: std::io::Error| {
            ReadError::of_file(&self.path, format!("cannot read the file: {error}"), "check the disk")
        };
        let mut file = self.file.try_clone().map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let lines = Lines::new(BufReader::new(file), &self.path).beginning_at(offset, line);
        XyzFile { lines }.next()
    }
}

/// Rows of numbers behind a step number: PROJECT-1.cell, PROJECT-1.stress.
fn table(path: &Path) -> Result<Option<HashMap<i64, Mat3>>, ReadError> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut lines = Lines::new(BufReader::new(open(path)?), path);
    let mut rows = HashMap::new();
    while lines.advance()? {
        let text = lines.text();
        if !text.trim_start().starts_with('#') && !text.trim().is_empty() {
            let [step, _, a, b, c, d, e, f, g, h, i] = lines.first(text, "a row of the table")?;
            rows.insert(step as i64, Mat3::new(a, b, c, d, e, f, g, h, i));
        }
    }
    Ok(Some(rows))
}

/// Cells by step, A, vectors as rows.
pub(super) fn cells(path: &Path) -> Result<Option<HashMap<i64, Mat3>>, ReadError> {
    table(path)
}

/// Stresses by step in CP2K's sign (positive under compression), eV/A^3; the file has bar.
pub(super) fn stresses(path: &Path) -> Result<Option<HashMap<i64, Mat3>>, ReadError> {
    let bar = 1e-4 / EV_PER_A3_IN_GPA;
    Ok(table(path)?.map(|rows| rows.into_iter().map(|(step, m)| (step, m * bar)).collect()))
}

/// A cell as an input describes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InputCell {
    pub rows: [[f64; 3]; 3],
    pub periodic: [bool; 3],
}

/// The cell of the input or restart file of a project in a folder.
pub(super) fn cell_of_project(folder: &Path, project: &str) -> Result<Option<InputCell>, ReadError> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut inputs: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "inp" || e == "restart")).collect();
    inputs.sort();
    for path in inputs {
        let input = read_input(&path)?;
        if input.project.as_deref() == Some(project) && input.cell.is_some() {
            return Ok(input.cell);
        }
    }
    Ok(None)
}

struct Input {
    project: Option<String>,
    cell: Option<InputCell>,
}

fn read_input(path: &Path) -> Result<Input, ReadError> {
    let mut lines = Lines::new(BufReader::new(open(path)?), path);
    let (mut project, mut inside, mut given) = (None, false, Given::default());
    while lines.advance()? {
        let text = lines.text().trim();
        let mut words = text.split_whitespace();
        let Some(keyword) = words.next().map(str::to_uppercase) else { continue };
        match keyword.as_str() {
            "&CELL" => inside = true,
            "PROJECT" | "PROJECT_NAME" => project = words.next().map(str::to_owned),
            _ if keyword.starts_with('&') => inside = false,
            _ if inside => given.line(&lines, &keyword)?,
            _ => (),
        }
    }
    Ok(Input { project, cell: given.cell() })
}

/// Keywords of the section CELL.
#[derive(Default)]
struct Given {
    vectors: [Option<[f64; 3]>; 3],
    lengths: Option<[f64; 3]>,
    angles_deg: Option<[f64; 3]>,
    periodic: Option<[bool; 3]>,
}

impl Given {
    fn line<R: std::io::BufRead>(&mut self, lines: &Lines<R>, keyword: &str) -> Result<(), ReadError> {
        let text = lines.text();
        let unit = if text.to_lowercase().contains("[bohr]") { BOHR_A } else { 1.0 };
        let words: Vec<&str> =
            text.split_whitespace().skip(1).filter(|word| !word.starts_with('[')).collect();
        let numbers = || lines.first::<3>(&words.join(" "), "the cell");
        match keyword {
            "A" => self.vectors[0] = Some(numbers()?.map(|x| x * unit)),
            "B" => self.vectors[1] = Some(numbers()?.map(|x| x * unit)),
            "C" => self.vectors[2] = Some(numbers()?.map(|x| x * unit)),
            "ABC" => self.lengths = Some(numbers()?.map(|x| x * unit)),
            "ALPHA_BETA_GAMMA" => self.angles_deg = Some(numbers()?),
            "PERIODIC" => {
                let which = words.first().copied().unwrap_or_default().to_uppercase();
                self.periodic = Some(if which == "NONE" {
                    [false; 3]
                } else {
                    ['X', 'Y', 'Z'].map(|axis| which.contains(axis))
                });
            }
            _ => (),
        }
        Ok(())
    }

    fn cell(&self) -> Option<InputCell> {
        let periodic = self.periodic.unwrap_or([true; 3]);
        if let [Some(a), Some(b), Some(c)] = self.vectors {
            return Some(InputCell { rows: [a, b, c], periodic });
        }
        let [a, b, c] = self.lengths?;
        let [alpha, beta, gamma] = self.angles_deg.unwrap_or([90.0; 3]).map(f64::to_radians);
        // a along x, b in the plane of x and y, as CP2K places them; right angles exactly.
        let cos = |angle: f64| if angle == 90_f64.to_radians() { 0.0 } else { angle.cos() };
        let (bx, by) = (b * cos(gamma), b * gamma.sin());
        let cx = c * cos(beta);
        let cy = c * (cos(alpha) - cos(beta) * cos(gamma)) / gamma.sin();
        let cz = (c * c - cx * cx - cy * cy).max(0.0).sqrt();
        Some(InputCell { rows: [[a, 0.0, 0.0], [bx, by, 0.0], [cx, cy, cz]], periodic })
    }
}
