//! The structures of one host: relaxed, filled, and emptied again, each in a file.

use natron_atoms::{Frame, Structure};
use natron_build::relax;

use super::VoltageJob;
use super::metal::{failed, last_structure};
use crate::build::{BuildJob, filled_name};
use crate::envelope::Build;
use crate::job::{Job, JobOptions};
use crate::run_directory::existing_for;
use crate::study::{OneOf, Unfinished, is_finished};
use crate::watch::Watch;
use crate::{RunError, files};

impl VoltageJob {
    /// Makes the structures of a host that are not there yet.
    pub(super) fn fill(&self, host: usize, build: &Build, watch: &dyn Watch) -> Result<(), Unfinished> {
        let directory = self.folder(host);
        if !is_finished(&directory) {
            let deck = self.directory.join(format!("host-{host:03}.toml"));
            let text = toml::to_string(&self.filling(host)).expect("a deck of natron's own can be written");
            files::replace(&deck, text.as_bytes())?;
            let existing = existing_for(&directory);
            let job = BuildJob::prepare(&JobOptions { deck, overrides: Vec::new(), existing })?;
            let name = format!("host {host}");
            let steps_total = self.steps_of_filling();
            let one = OneOf { watch, number: host, name, steps_before: 0, steps_total };
            if job.run(build, &one)?.stopped.is_some() {
                return Err(Unfinished::Stopped);
            }
        }
        for &x in &self.deck.insert.atoms {
            self.empty(host, x, watch)?;
        }
        Ok(())
    }

    /// Takes the inserted atoms out of a filled host and relaxes what is left, unless that was done.
    fn empty(&self, host: usize, x: usize, watch: &dyn Watch) -> Result<(), Unfinished> {
        let path = self.emptied_file(host, x);
        if path.exists() {
            return Ok(());
        }
        let filled = last_structure(&self.folder(host).join(filled_name(&self.deck.insert.species, x)))?;
        let emptied = self.without_mobile(&filled)?;
        let what = format!("the host emptied of {x} {}", self.mobile);
        let plan = self.relaxation().relaxation().plan(self.deck.seed);
        let plan = plan.map_err(|error| failed(&what, error.into()))?;
        let stop = || watch.stop().is_some();
        let relaxed = relax::run(&plan, 0, emptied, &*self.potential.potential, &stop);
        let structure = relaxed.map_err(|error| failed(&what, error))?.structure;
        let folder = path.parent().expect("it lies in the run directory");
        std::fs::create_dir_all(folder).map_err(|error| RunError::writing(folder, error))?;
        files::write_frames(&path, &[Frame::new(structure)])?;
        watch.detail(&format!("host {host}: {what} is at rest"));
        Ok(())
    }

    fn without_mobile(&self, filled: &Structure) -> Result<Structure, RunError> {
        let stays = |atom: &usize| filled.species[*atom] != self.mobile;
        let atoms: Vec<usize> = (0..filled.len()).filter(stays).collect();
        let species = atoms.iter().map(|&atom| filled.species[atom]).collect();
        let positions = atoms.iter().map(|&atom| filled.positions[atom]).collect();
        let emptied = Structure::new(filled.cell.clone(), species, positions);
        emptied.map_err(|error| RunError::new(error.to_string()))
    }

    /// Steps of dynamics of filling one host.
    fn steps_of_filling(&self) -> u64 {
        let insert = &self.deck.insert;
        let rungs = natron_build::insert::ladder(0, &insert.atoms, insert.step).len() as u64;
        rungs * (insert.relax_ps * 1e3 / insert.timestep_fs).round().max(1.0) as u64
    }
}
