//! Frames into a file.

use std::io;
use std::path::Path;

use hdf5_metno::{File, Group, H5Type};
use natron_atoms::{Frame, Mat3};

use super::{ATOMS_AT_ONCE, FORMAT, FRAMES_AT_ONCE, NAME, VALUE};
use crate::extxyz;
use crate::h5md::attribute::{set_integers, set_string};
use crate::h5md::layout::extents;
use crate::h5md::library;
use crate::h5md::series::Series;
use crate::h5md::writer::temporary;
use crate::replace::{folder_of, sync_folder};

/// Writes frames as a whole or not at all; memory holds a few.
///
/// # Errors
/// The frames fail, one cannot be kept ([`io::ErrorKind::InvalidInput`]), or the file cannot be written.
pub fn write(path: &Path, frames: &mut dyn Iterator<Item = io::Result<Frame>>) -> io::Result<()> {
    let temporary = temporary(path)?;
    let file = library::builder().create(&temporary)?;
    let mut writer = Writer::create(&file)?;
    for frame in frames {
        writer.push(&frame?)?;
    }
    writer.flush()?;
    drop(writer);
    file.close()?;
    std::fs::File::open(&temporary)?.sync_all()?;
    temporary.persist(path).map_err(|failed| failed.error)?;
    sync_folder(folder_of(path))
}

struct Writer {
    atoms: Series<u32>,
    info_bytes: Series<u32>,
    periodic: Series<u8>,
    /// Cell, energy, free energy, virial.
    of_frame: [Series<f64>; 4],
    species: Series<u8>,
    /// Position, force, velocity.
    of_atom: [Series<f64>; 3],
    info: Series<u8>,
}

impl Writer {
    fn create(file: &File) -> hdf5_metno::Result<Self> {
        set_string(file, NAME, VALUE)?;
        set_integers(file, "format", &[FORMAT])?;
        let (frame, atom) = (file.create_group("frame")?, file.create_group("atom")?);
        Ok(Self {
            atoms: series(&frame, "atoms", &[])?,
            info_bytes: series(&frame, "info_bytes", &[])?,
            periodic: series(&frame, "periodic", &[3])?,
            of_frame: [
                series(&frame, "cell", &[9])?,
                series(&frame, "energy", &[])?,
                series(&frame, "free_energy", &[])?,
                series(&frame, "virial", &[9])?,
            ],
            species: series(&atom, "species", &[])?,
            of_atom: [
                series(&atom, "position", &[3])?,
                series(&atom, "force", &[3])?,
                series(&atom, "velocity", &[3])?,
            ],
            info: series(file, "info", &[])?,
        })
    }

    fn push(&mut self, frame: &Frame) -> io::Result<()> {
        let info = extxyz::info_text(frame)
            .map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))?;
        let (structure, labels) = (&frame.structure, &frame.labels);
        let count = |n: usize| {
            u32::try_from(n)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a frame too large to count"))
        };
        self.atoms.push([count(structure.len())?]);
        self.info_bytes.push([count(info.len())?]);
        self.info.push(info.into_bytes());
        self.periodic.push(structure.cell.periodic().map(u8::from));
        let [cell, energy, free_energy, virial] = &mut self.of_frame;
        cell.push(by_rows(structure.cell.rows()));
        energy.push([labels.energy_ev.unwrap_or(f64::NAN)]);
        free_energy.push([labels.free_energy_ev.unwrap_or(f64::NAN)]);
        virial.push(by_rows(&labels.virial_ev.unwrap_or(Mat3::repeat(f64::NAN))));
        self.species.push(structure.species.iter().map(|s| s.number()));
        let all = [Some(&structure.positions), labels.forces.as_ref(), frame.velocities.as_ref()];
        for (series, vectors) in self.of_atom.iter_mut().zip(all) {
            match vectors {
                Some(vectors) => series.push(vectors.iter().flat_map(|v| [v.x, v.y, v.z])),
                None => series.push(std::iter::repeat_n(f64::NAN, 3 * structure.len())),
            }
        }
        if self.species.rows_waiting() >= ATOMS_AT_ONCE || self.atoms.rows_waiting() >= FRAMES_AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.atoms.write()?;
        self.info_bytes.write()?;
        self.periodic.write()?;
        self.species.write()?;
        self.info.write()?;
        for series in self.of_frame.iter_mut().chain(&mut self.of_atom) {
            series.write()?;
        }
        Ok(())
    }
}

fn series<T: H5Type>(group: &Group, name: &str, row: &[usize]) -> hdf5_metno::Result<Series<T>> {
    let bytes = size_of::<T>() * row.iter().product::<usize>().max(1);
    let chunk = [&[((1 << 16) / bytes).max(1)], row].concat();
    group.new_dataset::<T>().chunk(chunk).shuffle().deflate(1).shape(extents(row)).create(name)?;
    Series::open(group, name)
}

fn by_rows(matrix: &Mat3) -> [f64; 9] {
    std::array::from_fn(|k| matrix[(k / 3, k % 3)])
}
