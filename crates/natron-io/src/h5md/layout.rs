//! The groups and datasets of a trajectory.

use hdf5_metno::{Dataset, File, Group, H5Type};
use natron_atoms::{Species, Structure};

use super::attribute::{self, set_integers, set_string, set_strings};

/// The particle group. MDAnalysis opens the one whose name sorts first.
pub(super) const GROUP: &str = "particles/all";
/// What `h5md/creator` says of files whose positions are unwrapped.
pub(super) const CREATOR: &str = "natron";

/// Where H5MD keeps what is a program's own.
const PARAMETERS: &str = "parameters";
/// The attribute that says what was held constant.
const ENSEMBLES: &str = "ensembles";

/// What a file says of the ensembles of its stages.
pub(super) fn ensembles(file: &File) -> hdf5_metno::Result<Vec<String>> {
    if !file.link_exists(PARAMETERS) {
        return Ok(Vec::new());
    }
    let Ok(parameters) = file.group(PARAMETERS) else { return Ok(Vec::new()) };
    Ok(attribute::strings(&parameters, ENSEMBLES)?.unwrap_or_default())
}

/// How numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 8 bytes: what is read is what was written.
    #[default]
    F64,
    /// 4 bytes: half the file, 7 digits.
    F32,
}

/// What a trajectory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How positions and velocities are stored; all else is f64.
    pub precision: Precision,
    /// Whether velocities are stored.
    pub velocities: bool,
    /// `h5md/author`; the standard demands one.
    pub author: String,
    /// `parameters/ensembles`: what each recorded stage held constant, `name: ensemble, parameter = value, ...`; empty:
    /// nothing is said.
    pub ensembles: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { precision: Precision::F64, velocities: true, author: CREATOR.into(), ensembles: Vec::new() }
    }
}

/// The part of a trajectory that is the same in all frames.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    pub species: Vec<Species>,
    pub masses_amu: Vec<f64>,
    pub periodic: [bool; 3],
    pub options: Options,
}

impl Fixed {
    pub fn of(structure: &Structure, options: &Options) -> Self {
        Self {
            species: structure.species.clone(),
            masses_amu: structure.species.iter().map(|s| s.mass_amu()).collect(),
            periodic: structure.cell.periodic(),
            options: options.clone(),
        }
    }

    /// Frames in a chunk of positions: 64 KiB is large enough to compress and read well, and small enough that
    /// the chunks rewritten at each flush are a small part of the file.
    pub fn frames_per_chunk(&self) -> usize {
        let size = match self.options.precision {
            Precision::F64 => 8,
            Precision::F32 => 4,
        };
        ((1 << 16) / (size * 3 * self.species.len().max(1))).clamp(1, 1024)
    }
}

/// Makes all groups and datasets, the growing ones empty. Nothing can be added once the file is in single-writer
/// mode.
pub(super) fn create(file: &File, fixed: &Fixed) -> hdf5_metno::Result<()> {
    about(file, &fixed.options.author)?;
    if !fixed.options.ensembles.is_empty() {
        let ensembles: Vec<&str> = fixed.options.ensembles.iter().map(String::as_str).collect();
        let parameters = file.create_group(PARAMETERS)?;
        set_strings(&parameters, ENSEMBLES, &ensembles)?;
    }
    let all = file.create_group(GROUP)?;
    let species: Vec<u8> = fixed.species.iter().map(|s| s.number()).collect();
    all.new_dataset_builder().with_data(&species).create("species")?;
    let masses = all.new_dataset_builder().with_data(&fixed.masses_amu).create("mass")?;
    set_string(&masses, "unit", "u")?;

    let position = all.create_group("position")?;
    growing::<i64>(&position, "step", &[])?;
    let time = growing::<f64>(&position, "time", &[])?;
    set_string(&time, "unit", "ps")?;
    let vectors = |group: &Group, unit: &str| -> hdf5_metno::Result<()> {
        let value = per_atom(group, fixed)?;
        set_string(&value, "unit", unit)
    };
    vectors(&position, "Angstrom")?;
    if fixed.options.velocities {
        vectors(&element(file, "particles/all/velocity")?, "Angstrom fs-1")?;
    }
    simulation_box(file, fixed.periodic)?;
    for (name, unit) in [("potential_energy", "eV"), ("temperature", "K"), ("pressure", "GPa")] {
        let value = growing::<f64>(&element(file, &format!("observables/{name}"))?, "value", &[])?;
        set_string(&value, "unit", unit)?;
    }
    Ok(())
}

fn about(file: &File, author: &str) -> hdf5_metno::Result<()> {
    let h5md = file.create_group("h5md")?;
    set_integers(&h5md, "version", &[1, 1])?;
    let by = h5md.create_group("author")?;
    set_string(&by, "name", author)?;
    let creator = h5md.create_group("creator")?;
    set_string(&creator, "name", CREATOR)?;
    set_string(&creator, "version", env!("CARGO_PKG_VERSION"))
}

fn simulation_box(file: &File, periodic: [bool; 3]) -> hdf5_metno::Result<()> {
    let simulation_box = file.create_group(&format!("{GROUP}/box"))?;
    set_integers(&simulation_box, "dimension", &[3])?;
    let boundary = periodic.map(|p| if p { "periodic" } else { "none" });
    set_strings(&simulation_box, "boundary", &boundary)?;
    let edges = element(file, "particles/all/box/edges")?;
    let value = growing::<f64>(&edges, "value", &[3, 3])?;
    set_string(&value, "unit", "Angstrom")
}

/// A group whose steps and times are those of the positions: the same datasets under a second name.
fn element(file: &File, path: &str) -> hdf5_metno::Result<Group> {
    let group = file.create_group(path)?;
    for name in ["step", "time"] {
        file.link_hard(&format!("{GROUP}/position/{name}"), &format!("{path}/{name}"))?;
    }
    Ok(group)
}

/// A short row in each frame. Not compressed: a chunk of fixed size is rewritten in its place at each flush, where
/// a compressed one would leave a hole.
fn growing<T: H5Type>(group: &Group, name: &str, row: &[usize]) -> hdf5_metno::Result<Dataset> {
    let chunk = [&[if row.is_empty() { 512 } else { 64 }], row].concat();
    group.new_dataset::<T>().chunk(chunk).shape(extents(row)).create(name)
}

/// Three numbers per atom in each frame.
fn per_atom(group: &Group, fixed: &Fixed) -> hdf5_metno::Result<Dataset> {
    let row = [fixed.species.len(), 3];
    let chunk = [&[fixed.frames_per_chunk()], &row[..]].concat();
    let new = match fixed.options.precision {
        Precision::F64 => group.new_dataset::<f64>(),
        Precision::F32 => group.new_dataset::<f32>(),
    };
    new.chunk(chunk).shuffle().deflate(1).shape(extents(&row)).create("value")
}

pub(super) fn extents(row: &[usize]) -> hdf5_metno::SimpleExtents {
    let first = hdf5_metno::Extent::resizable(0);
    let rest = row.iter().map(|&size| hdf5_metno::Extent::fixed(size));
    hdf5_metno::SimpleExtents::from_vec(std::iter::once(first).chain(rest).collect())
}
