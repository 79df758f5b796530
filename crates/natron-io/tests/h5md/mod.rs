//! Trajectories against h5py and MDAnalysis, broken files and killed writers.

mod damaged;
mod foreign;
mod groups;
mod killed;
mod oracle;
mod resume;
mod round_trip;

use std::path::Path;

use natron_atoms::{Cell, Species, Structure, Vec3};
use natron_io::h5md::{Frame, NewFrame, Options, Reader, Writer};

/// A made-up run whose every number follows from the frame's index, cell included.
pub struct Run {
    pub atoms: usize,
    pub periodic: [bool; 3],
}

/// A small run.
pub const SMALL: Run = Run { atoms: 7, periodic: [true; 3] };

impl Run {
    pub fn structure(&self) -> Structure {
        let species = (0..self.atoms).map(|k| if k % 3 == 0 { Species::NA } else { Species::C }).collect();
        Structure::new(self.frame(0).cell, species, self.frame(0).positions_a).expect("a structure")
    }

    pub fn frame(&self, index: u64) -> Frame {
        let t = index as f64;
        let vector = |k: usize, scale: f64| {
            Vec3::new((t * 0.31 + k as f64).sin(), (t * 0.17 - k as f64).cos(), t / 7.0 + k as f64) * scale
        };
        let rows = [[9.0 + 1e-3 * t.sin(), 0.0, 0.0], [1.5, 8.0, 0.0], [-0.5, 0.7, 11.0]];
        Frame {
            step: 20 * index,
            time_ps: 0.02 * t,
            cell: Cell::new(rows, self.periodic).expect("a cell"),
            positions_a: (0..self.atoms).map(|k| vector(k, 3.0)).collect(),
            velocities_a_per_fs: Some((0..self.atoms).map(|k| vector(k, 1e-3)).collect()),
        }
    }

    pub fn append(&self, writer: &mut Writer, index: u64) {
        let frame = self.frame(index);
        writer
            .append(&NewFrame {
                step: frame.step,
                time_ps: frame.time_ps,
                cell: &frame.cell,
                positions_a: &frame.positions_a,
                velocities_a_per_fs: frame.velocities_a_per_fs.as_deref().unwrap_or_default(),
                forces_ev_per_a: &[],
                potential_energy_ev: -3.5 * index as f64,
                temperature_k: 300.0 + index as f64,
                pressure_gpa: (self.periodic == [true; 3]).then_some(0.25 * index as f64),
            })
            .expect("appended");
    }

    pub fn write(&self, path: &Path, options: &Options, frames: u64) {
        let mut writer = Writer::create(path, &self.structure(), options).expect("created");
        for index in 0..frames {
            self.append(&mut writer, index);
        }
        writer.close().expect("closed");
    }

    /// Checks that a file holds exactly the first `frames` frames.
    pub fn check(&self, path: &Path, frames: u64) {
        let read = read(path);
        assert_eq!(read.len() as u64, frames);
        for (frame, index) in read.into_iter().zip(0..) {
            assert_eq!(frame, self.frame(index), "frame {index}");
        }
    }
}

/// All frames of a file that is expected to be whole.
pub fn read(path: &Path) -> Vec<Frame> {
    let reader = Reader::open(path).expect("opened");
    reader.frames().collect::<Result<_, _>>().expect("frames")
}
