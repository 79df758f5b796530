//! The groups and datasets of a trajectory.

use hdf5_metno::{Dataset, File, Group, H5Type};
use natron_atoms::{Species, Structure};

use super::attribute::{self, set_integers, set_string, set_strings};

/// The particle group of all atoms. MDAnalysis opens the one whose name sorts first.
pub(super) const ALL: &str = "all";
/// The dataset that says which atoms a group holds.
pub(super) const ID: &str = "id";
/// The unit of forces: of those that MDAnalysis takes the nearest to eV/A.
pub(super) const FORCE_UNIT: &str = "kJ mol-1 Angstrom-1";
/// One value in each frame of all atoms, and its unit.
pub(super) const OBSERVABLES: [(&str, &str); 3] =
    [("potential_energy", "eV"), ("temperature", "K"), ("pressure", "GPa")];

/// Path of a particle group.
pub(super) fn path(name: &str) -> String {
    format!("particles/{name}")
}

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
    /// How positions, velocities and forces are stored; all else is f64.
    pub precision: Precision,
    /// Whether velocities are stored.
    pub velocities: bool,
    /// Whether forces are stored.
    pub forces: bool,
    /// `h5md/author`; the standard demands one.
    pub author: String,
    /// `parameters/ensembles`: what each recorded stage held constant, `name: ensemble, parameter = value, ...`; empty:
    /// nothing is said.
    pub ensembles: Vec<String>,
    /// Some of the atoms once more, each selection in a particle group and with times of its own.
    pub groups: Vec<Selected>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            precision: Precision::F64,
            velocities: true,
            forces: false,
            author: CREATOR.into(),
            ensembles: Vec::new(),
            groups: Vec::new(),
        }
    }
}

/// Some of the atoms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Name of the particle group; see [`is_group_name`].
    pub name: String,
    /// Which atoms, from 0; `id` in the file.
    pub atoms: Vec<usize>,
    /// How their positions, velocities and forces are stored.
    pub precision: Precision,
    /// Whether their velocities are stored.
    pub velocities: bool,
    /// Whether their forces are stored.
    pub forces: bool,
}

/// Whether a particle group may have this name: lower-case letters, digits, `-` and `_`, sorted behind `all`, because MDAnalysis
/// opens the group whose name sorts first.
pub fn is_group_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    name > ALL && name.len() <= 64 && name.chars().all(good)
}

/// The part of a trajectory that is the same in all frames.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    /// The first is of all atoms.
    pub particles: Vec<Particles>,
    pub periodic: [bool; 3],
    pub author: String,
    pub ensembles: Vec<String>,
}

/// A particle group as it is made.
#[derive(Debug, Clone)]
pub(super) struct Particles {
    pub name: String,
    /// `None`: all of them.
    pub atoms: Option<Vec<usize>>,
    pub species: Vec<Species>,
    pub masses_amu: Vec<f64>,
    pub precision: Precision,
    pub velocities: bool,
    pub forces: bool,
}

impl Fixed {
    pub fn of(structure: &Structure, options: &Options) -> Self {
        let (precision, velocities, forces) = (options.precision, options.velocities, options.forces);
        let particles = |name: &str, atoms: Option<Vec<usize>>, species: Vec<Species>| Particles {
            name: name.to_owned(),
            atoms,
            masses_amu: species.iter().map(|s| s.mass_amu()).collect(),
            species,
            precision,
            velocities,
            forces,
        };
        let all = particles(ALL, None, structure.species.clone());
        let mut groups = options.groups.clone();
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        let some = groups.iter().map(|group| Particles {
            precision: group.precision,
            velocities: group.velocities,
            forces: group.forces,
            ..particles(
                &group.name,
                Some(group.atoms.clone()),
                group.atoms.iter().map(|&atom| structure.species[atom]).collect(),
            )
        });
        Self {
            particles: std::iter::once(all).chain(some).collect(),
            periodic: structure.cell.periodic(),
            author: options.author.clone(),
            ensembles: options.ensembles.clone(),
        }
    }
}

impl Particles {
    /// Frames in a chunk of positions: 64 KiB is large enough to compress and read well, and small enough that
    /// the chunks rewritten at each flush are a small part of the file.
    pub fn frames_per_chunk(&self) -> usize {
        let size = match self.precision {
            Precision::F64 => 8,
            Precision::F32 => 4,
        };
        ((1 << 16) / (size * 3 * self.species.len().max(1))).clamp(1, 1024)
    }
}

/// Makes all groups and datasets, the growing ones empty. Nothing can be added once the file is in single-writer
/// mode.
pub(super) fn create(file: &File, fixed: &Fixed) -> hdf5_metno::Result<()> {
    about(file, &fixed.author)?;
    if !fixed.ensembles.is_empty() {
        let ensembles: Vec<&str> = fixed.ensembles.iter().map(String::as_str).collect();
        let parameters = file.create_group(PARAMETERS)?;
        set_strings(&parameters, ENSEMBLES, &ensembles)?;
    }
    for particles in &fixed.particles {
        create_particles(file, particles, fixed.periodic)?;
    }
    for (name, unit) in OBSERVABLES {
        let value = growing::<f64>(&element(file, ALL, &format!("observables/{name}"))?, "value", &[])?;
        set_string(&value, "unit", unit)?;
    }
    Ok(())
}

fn create_particles(file: &File, particles: &Particles, periodic: [bool; 3]) -> hdf5_metno::Result<()> {
    let group = file.create_group(&path(&particles.name))?;
    let species: Vec<u8> = particles.species.iter().map(|s| s.number()).collect();
    group.new_dataset_builder().with_data(&species).create("species")?;
    let masses = group.new_dataset_builder().with_data(&particles.masses_amu).create("mass")?;
    set_string(&masses, "unit", "u")?;
    if let Some(atoms) = &particles.atoms {
        let ids: Vec<u64> = atoms.iter().map(|&atom| atom as u64).collect();
        group.new_dataset_builder().with_data(&ids).create(ID)?;
    }
    let position = group.create_group("position")?;
    growing::<i64>(&position, "step", &[])?;
    let time = growing::<f64>(&position, "time", &[])?;
    set_string(&time, "unit", "ps")?;
    let value = per_atom(&position, particles)?;
    set_string(&value, "unit", "Angstrom")?;
    let more = [("velocity", particles.velocities, "Angstrom fs-1"), ("force", particles.forces, FORCE_UNIT)];
    for (name, _, unit) in more.into_iter().filter(|(_, stored, _)| *stored) {
        let group = element(file, &particles.name, &format!("{}/{name}", path(&particles.name)))?;
        let value = per_atom(&group, particles)?;
        set_string(&value, "unit", unit)?;
    }
    simulation_box(file, &particles.name, periodic)
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

fn simulation_box(file: &File, name: &str, periodic: [bool; 3]) -> hdf5_metno::Result<()> {
    let simulation_box = file.create_group(&format!("{}/box", path(name)))?;
    set_integers(&simulation_box, "dimension", &[3])?;
    let boundary = periodic.map(|p| if p { "periodic" } else { "none" });
    set_strings(&simulation_box, "boundary", &boundary)?;
    let edges = element(file, name, &format!("{}/box/edges", path(name)))?;
    let value = growing::<f64>(&edges, "value", &[3, 3])?;
    set_string(&value, "unit", "Angstrom")
}

/// A group whose steps and times are those of the positions of a particle group: the same datasets under a second name.
fn element(file: &File, name: &str, at: &str) -> hdf5_metno::Result<Group> {
    let group = file.create_group(at)?;
    for sequence in ["step", "time"] {
        file.link_hard(&format!("{}/position/{sequence}", path(name)), &format!("{at}/{sequence}"))?;
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
fn per_atom(group: &Group, particles: &Particles) -> hdf5_metno::Result<Dataset> {
    let row = [particles.species.len(), 3];
    let chunk = [&[particles.frames_per_chunk()], &row[..]].concat();
    let new = match particles.precision {
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
