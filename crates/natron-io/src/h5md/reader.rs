//! Opening a trajectory.

use std::path::{Path, PathBuf};

use hdf5_metno::{File, Group};
use natron_atoms::Species;

use super::attribute;
use super::cells::Cells;
use super::frames::Frames;
use super::layout::{self, ALL, CREATOR};
use super::library::{self, Opened};
use super::link;
use super::numbers::{Kind, Numbers};
use super::refusal::Refusal;
use super::times::{Element, times_ps};
use super::units::{self, Quantity};
use crate::ReadError;

/// A trajectory that was looked over: shapes agree, nothing lies outside the file, and there are no more frames
/// than all parts hold.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    group: String,
    closed: bool,
    species: Vec<Species>,
    masses_amu: Vec<f64>,
    steps: Vec<u64>,
    times_ps: Vec<f64>,
    ensembles: Vec<String>,
    mean_temperature_k: Option<f64>,
    pub(super) cells: Cells,
    pub(super) position: Vectors,
    pub(super) velocity: Option<Vectors>,
    pub(super) image: Option<Element>,
    /// Whether positions go on through the walls of the cell.
    pub(super) unwrapped: bool,
}

/// Three numbers per atom in each frame.
#[derive(Debug)]
pub(super) struct Vectors {
    pub element: Element,
    /// From the file's unit to A or A/fs.
    pub factor: f64,
}

impl Reader {
    /// Opens a trajectory. One that is being written, or whose writer was killed, has the frames of the last flush.
    /// Of several particle groups `all` is taken, else the first by name that has positions.
    ///
    /// # Errors
    /// The file is not there, is damaged, or is no trajectory of chemical elements.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::of(path, &Self::open_file(path)?, None).map_err(|refusal| refusal.of(path))
    }

    /// As [`Reader::open`], of the particle group of a name.
    ///
    /// # Errors
    /// As [`Reader::open`], or there is no such group.
    pub fn open_group(path: &Path, name: &str) -> Result<Self, ReadError> {
        Self::of(path, &Self::open_file(path)?, Some(name)).map_err(|refusal| refusal.of(path))
    }

    pub(super) fn open_file(path: &Path) -> Result<Opened, ReadError> {
        let start =
            library::start_of(path).map_err(|error| ReadError::of_file(path, error.to_string(), ""))?;
        library::open_to_read(path, &start).map_err(|error| unopened(path, &start, &error))
    }

    pub(super) fn of(
        path: &Path,
        Opened { file, closed }: &Opened,
        name: Option<&str>,
    ) -> Result<Self, Refusal> {
        let (name, group) = particles(file, name)?;
        let position = vectors(&group, "position", Quantity::Length)?.ok_or_else(no_position)?;
        let atoms = position.element.value.shape[1];
        let velocity = vectors(&group, "velocity", Quantity::Velocity)?;
        let image = Element::open(&group, "image", Kind::Integer)?;
        let cells = Cells::open(&group, position.factor)?;
        let (time, time_to_ps) = times_ps(&group)?;

        let others = velocity.as_ref().map(|v| &v.element).into_iter().chain(&image).chain(cells.element());
        let elements: Vec<&Element> = std::iter::once(&position.element).chain(others).collect();
        let rows = elements.iter().map(|element| element.rows()).chain(time.rows());
        let frames = rows.clone().min().unwrap_or(0);
        let even = elements.iter().all(|element| element.is_even()) && rows.clone().all(|n| n == frames);
        if *closed && !even {
            let counts: Vec<usize> = rows.collect();
            return Err(Refusal::new(
                format!("its elements differ in their number of frames ({counts:?})"),
                "write all of them in each frame",
            ));
        }
        let steps = position.element.steps(frames)?;
        for element in &elements[1..] {
            element.check_steps(&steps)?;
        }
        for vectors in velocity.iter().map(|v| &v.element).chain(&image) {
            if vectors.value.shape[1..] != [atoms, 3] {
                return Err(vectors.value.refusal(&format!("is not [frames, {atoms}, 3]"), SEE));
            }
        }
        let times_ps = time.values(frames)?.into_iter().map(|t| t * time_to_ps).collect();
        let species = species(&group, atoms)?;
        Ok(Self {
            path: path.to_owned(),
            group: name,
            closed: *closed,
            masses_amu: masses(&group, &species)?,
            species,
            steps: steps.into_iter().map(|step| step as u64).collect(),
            times_ps,
            ensembles: layout::ensembles(file)?,
            mean_temperature_k: mean_temperature_k(file)?,
            unwrapped: creator(file)?.as_deref() == Some(CREATOR),
            cells,
            position,
            velocity,
            image,
        })
    }

    /// What each recorded stage held constant, `name: ensemble, parameter = value, ...`, where the file says so.
    pub fn ensembles(&self) -> &[String] {
        &self.ensembles
    }

    /// The mean of the file's temperatures, K, where it has any that are numbers.
    pub fn mean_temperature_k(&self) -> Option<f64> {
        self.mean_temperature_k
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The particle group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Whether the file was closed by its writer. If not, the writer is at work or was killed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Chemical elements, `[n]`.
    pub fn species(&self) -> &[Species] {
        &self.species
    }

    /// Masses, amu, `[n]`; the standard ones if the file has none.
    pub fn masses_amu(&self) -> &[f64] {
        &self.masses_amu
    }

    /// Which directions of the cell repeat.
    pub fn periodic(&self) -> [bool; 3] {
        self.cells.periodic
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.times_ps.len()
    }

    /// Whether there is no frame.
    pub fn is_empty(&self) -> bool {
        self.times_ps.is_empty()
    }

    /// Time of each frame, ps.
    pub fn times_ps(&self) -> &[f64] {
        &self.times_ps
    }

    /// Simulation step of each frame.
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// Whether frames have velocities.
    pub fn has_velocities(&self) -> bool {
        self.velocity.is_some()
    }

    /// The frames from the first on.
    pub fn frames(&self) -> Frames<'_> {
        Frames::new(self)
    }
}

const SEE: &str = "see the H5MD standard, nongnu.org/h5md";

fn unopened(path: &Path, start: &[u8], error: &hdf5_metno::Error) -> ReadError {
    if start.starts_with(library::SIGNATURE) {
        let message = format!("the HDF5 file is damaged or cut short: {error}");
        return ReadError::of_file(path, message, "take a copy that is whole");
    }
    ReadError::of_file(
        path,
        "this is not an HDF5 file",
        "trajectories are HDF5 files in the H5MD layout, .h5",
    )
}

fn no_position() -> Refusal {
    Refusal::new("there is no group with positions under /particles", SEE)
}

/// Names of the particle groups that have positions, sorted.
pub(super) fn groups(file: &File) -> Result<Vec<String>, Refusal> {
    let particles = link::group(file, "particles")?.ok_or_else(no_position)?;
    let mut found = Vec::new();
    for name in link::names(&particles)? {
        if let Some(group) = link::group(&particles, &name)?
            && link::group(&group, "position")?.is_some()
        {
            found.push(name);
        }
    }
    Ok(found)
}

/// The particle group of a name; without one `all`, else the first that has positions.
fn particles(file: &File, wanted: Option<&str>) -> Result<(String, Group), Refusal> {
    let names = groups(file)?;
    let name = match wanted {
        Some(wanted) => names.iter().find(|name| *name == wanted).ok_or_else(|| {
            let there = names.join(", ");
            Refusal::new(format!("there is no particle group `{wanted}`"), format!("there are: {there}"))
        })?,
        None => names.iter().find(|name| *name == ALL).or(names.first()).ok_or_else(no_position)?,
    };
    let group = link::group(file, &layout::path(name))?.ok_or_else(no_position)?;
    Ok((name.clone(), group))
}

fn vectors(group: &Group, name: &str, quantity: Quantity) -> Result<Option<Vectors>, Refusal> {
    let Some(element) = Element::open(group, name, Kind::Real)? else { return Ok(None) };
    let [_, _, 3] = element.value.shape[..] else {
        let what = format!("has the shape {:?} and not [frames, atoms, 3]", element.value.shape);
        return Err(element.value.refusal(&what, SEE));
    };
    let factor = units::needed(&element.value.dataset, &element.value.name, quantity)?;
    Ok(Some(Vectors { element, factor }))
}

fn species(group: &Group, atoms: usize) -> Result<Vec<Species>, Refusal> {
    let help = "write a dataset `species` [atoms] of atomic numbers into the particle group with h5py";
    let numbers = Numbers::open(group, "species", Kind::Integer)?.ok_or_else(|| {
        Refusal::new("there is no fixed `species`: which elements the atoms are is not known", help)
    })?;
    if numbers.shape != [atoms] {
        return Err(numbers.refusal(&format!("has the shape {:?} for {atoms} atoms", numbers.shape), help));
    }
    let element = |&number: &i64| {
        let known = u8::try_from(number).ok().and_then(Species::from_number);
        known.ok_or_else(|| numbers.refusal(&format!("holds {number}, which is no atomic number"), help))
    };
    numbers.read_all::<i64>()?.iter().map(element).collect()
}

fn masses(group: &Group, species: &[Species]) -> Result<Vec<f64>, Refusal> {
    let Some(numbers) = Numbers::open(group, "mass", Kind::Real)? else {
        return Ok(species.iter().map(|s| s.mass_amu()).collect());
    };
    let factor = units::factor(&numbers.dataset, "mass", Quantity::Mass)?.unwrap_or(1.0);
    let masses: Vec<f64> = numbers.read_all::<f64>()?.into_iter().map(|mass| mass * factor).collect();
    if masses.len() != species.len() || masses.iter().any(|mass| !(mass.is_finite() && *mass > 0.0)) {
        return Err(numbers.refusal("is not one positive mass for each atom", SEE));
    }
    Ok(masses)
}

/// Mean of `observables/temperature`. What is not as H5MD has it is left alone: nothing but this number hangs on it.
fn mean_temperature_k(file: &File) -> Result<Option<f64>, Refusal> {
    let Ok(Some(group)) = link::group(file, "observables") else { return Ok(None) };
    let Ok(Some(element)) = Element::open(&group, "temperature", Kind::Real) else { return Ok(None) };
    let unit = attribute::string(&element.value.dataset, "unit")?;
    if element.value.shape.len() != 1 || unit.is_some_and(|unit| unit != "K") {
        return Ok(None);
    }
    let values = element.value.read_rows::<f64>(0, element.rows())?;
    let finite: Vec<f64> = values.into_iter().filter(|t| t.is_finite() && *t > 0.0).collect();
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    Ok((!finite.is_empty()).then_some(mean))
}

fn creator(file: &File) -> Result<Option<String>, Refusal> {
    match link::group(file, "h5md/creator")? {
        Some(creator) => Ok(attribute::string(&creator, "name")?),
        None => Ok(None),
    }
}
