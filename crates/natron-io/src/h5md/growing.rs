//! A particle group that grows frame by frame.

use hdf5_metno::File;
use natron_atoms::Vec3;
use natron_atoms::units::EV_IN_KJ_PER_MOL;

use super::layout::{ALL, ID, OBSERVABLES, path};
use super::series::Series;
use super::writer::NewFrame;

/// The datasets of one particle group that hold frames.
#[derive(Debug)]
pub(super) struct Growing {
    /// Which atoms of a frame; `None`: all.
    atoms: Option<Vec<usize>>,
    frames_per_write: usize,
    position: Series<f64>,
    velocity: Option<Series<f64>>,
    force: Option<Series<f64>>,
    edges: Series<f64>,
    /// Of all atoms alone.
    observables: Vec<Series<f64>>,
    // Written after all values, steps last: their number is the number of frames.
    time: Series<f64>,
    step: Series<i64>,
}

impl Growing {
    pub fn open(file: &File, name: &str) -> hdf5_metno::Result<Self> {
        let group = file.group(&path(name))?;
        let vectors = |element: &str| {
            let there = group.link_exists(element);
            there.then(|| Series::open(&group, &format!("{element}/value"))).transpose()
        };
        let ids = |set: hdf5_metno::Dataset| -> hdf5_metno::Result<Vec<usize>> {
            Ok(set.read_raw::<u64>()?.into_iter().map(|id| id as usize).collect())
        };
        let observables = match name {
            ALL => {
                let all = file.group("observables")?;
                let open = |(name, _)| Series::open(&all, &format!("{name}/value"));
                OBSERVABLES.into_iter().map(open).collect::<hdf5_metno::Result<_>>()?
            }
            _ => Vec::new(),
        };
        let position: Series<f64> = Series::open(&group, "position/value")?;
        Ok(Self {
            atoms: group.link_exists(ID).then(|| ids(group.dataset(ID)?)).transpose()?,
            frames_per_write: position.rows_per_chunk(),
            position,
            velocity: vectors("velocity")?,
            force: vectors("force")?,
            edges: Series::open(&group, "box/edges/value")?,
            observables,
            time: Series::open(&group, "position/time")?,
            step: Series::open(&group, "position/step")?,
        })
    }

    /// Atoms in the group, or what is wrong with its positions.
    pub fn len(&self) -> Option<usize> {
        match self.position.row()[..] {
            [atoms, 3] => Some(atoms),
            _ => None,
        }
    }

    pub fn frames(&self) -> usize {
        self.step.rows()
    }

    pub fn has_velocities(&self) -> bool {
        self.velocity.is_some()
    }

    pub fn has_forces(&self) -> bool {
        self.force.is_some()
    }

    /// Takes its part of a frame, and hands whole chunks to HDF5.
    pub fn push(&mut self, frame: &NewFrame<'_>) -> hdf5_metno::Result<()> {
        let atoms = self.atoms.as_deref();
        self.position.push(flat(frame.positions_a, atoms));
        if let Some(velocity) = &mut self.velocity {
            velocity.push(flat(frame.velocities_a_per_fs, atoms));
        }
        if let Some(force) = &mut self.force {
            force.push(flat(frame.forces_ev_per_a, atoms).map(|f| f * EV_IN_KJ_PER_MOL));
        }
        let rows = frame.cell.rows();
        self.edges.push((0..9).map(|k| rows[(k / 3, k % 3)]));
        let values = [frame.potential_energy_ev, frame.temperature_k, frame.pressure_gpa.unwrap_or(f64::NAN)];
        for (series, value) in self.observables.iter_mut().zip(values) {
            series.push([value]);
        }
        self.time.push([frame.time_ps]);
        self.step.push([frame.step as i64]);
        if self.position.rows_waiting() >= self.frames_per_write {
            for series in self.values() {
                series.write()?;
            }
        }
        Ok(())
    }

    /// Writes all frames, down to the file. Whether there was one.
    pub fn flush(&mut self) -> hdf5_metno::Result<bool> {
        if self.step.rows_waiting() == 0 {
            return Ok(false);
        }
        for series in self.values() {
            series.flush()?;
        }
        self.time.flush()?;
        self.step.flush()?;
        Ok(true)
    }

    /// See [`Series::abandon`].
    pub fn abandon(&mut self) {
        self.numbers().for_each(|series| series.abandon());
        self.step.abandon();
    }

    fn values(&mut self) -> impl Iterator<Item = &mut Series<f64>> {
        [&mut self.position, &mut self.edges]
            .into_iter()
            .chain(&mut self.velocity)
            .chain(&mut self.force)
            .chain(&mut self.observables)
    }

    /// All but the steps, in the order in which `resume` copies them.
    pub fn numbers(&mut self) -> impl Iterator<Item = &mut Series<f64>> {
        let Self { position, velocity, force, edges, observables, time, .. } = self;
        let optional = velocity.iter_mut().chain(force);
        [position, edges].into_iter().chain(optional).chain(observables).chain([time])
    }

    pub fn steps(&mut self) -> &mut Series<i64> {
        &mut self.step
    }
}

/// The numbers of some vectors, or of all.
fn flat<'a>(vectors: &'a [Vec3], atoms: Option<&'a [usize]>) -> impl Iterator<Item = f64> + 'a {
    let count = atoms.map_or(vectors.len(), <[usize]>::len);
    (0..count).map(move |k| &vectors[atoms.map_or(k, |atoms| atoms[k])]).flat_map(|v| [v.x, v.y, v.z])
}
