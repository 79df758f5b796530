//! Running a checked path: the ends at rest, the band between them, the result.

use natron_atoms::{Frame, Labels, Structure};
use natron_build::BuildError;
use natron_build::relax::{self, Relaxation};
use natron_dynamics::band::{Band, BandError, BandProgress, straight};

use super::{NebJob, meanings, summary};
use crate::envelope::Build;
use crate::job::{Job, RunOutcome};
use crate::md::now_utc;
use crate::run_directory::{Existing, RunDirectory};
use crate::watch::{Progress, Watch};
use crate::{Failure, RunError, files};

/// The images, as they relax and in the end.
pub(super) const PATH: &str = "path.extxyz";
/// Steps between two writings of the images.
const WRITE_EVERY: u64 = 25;

impl Job for NebJob {
    fn command(&self) -> &'static str {
        "neb"
    }

    fn about(&self) -> String {
        format!(
            "{} images between two structures of {} atoms with potential {} into {}",
            self.deck.path.images,
            self.points[0].len(),
            self.potential.name,
            self.directory.display()
        )
    }

    fn explain(&self) -> String {
        meanings::explain(&self.deck)
    }

    fn run(&self, build: &Build, watch: &dyn Watch) -> Result<RunOutcome, Failure> {
        let started_utc = now_utc();
        let head = format!("natron {}: {}", build.version, self.about());
        let held = RunDirectory::begin(&self.directory, self.existing, &self.deck_for_directory(), &head)?;
        let images = match self.images(watch) {
            Ok(images) => images,
            Err(Unfinished::Stopped) => return Ok(summary::without_band(self, build, watch.stop())),
            Err(Unfinished::Failed(error)) => return Err(error.into()),
        };
        let potential = &*self.potential.potential;
        let mut band = Band::new(images, potential).map_err(failed)?;
        self.write(&band)?;
        let (mut stopped, mut unwritten) = (None, None);
        let done = band.relax(potential, &self.deck.band.settings(), &mut |band, progress| {
            self.show(progress, watch);
            if progress.steps.is_multiple_of(WRITE_EVERY) {
                unwritten = self.write(band).err();
            }
            stopped = watch.stop();
            stopped.is_some() || unwritten.is_some()
        });
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                let frames: Vec<Frame> = band.images.iter().cloned().map(Frame::new).collect();
                let file = self.directory.join("failure.extxyz");
                files::write_frames(&file, &frames)?;
                return Err(RunError { file: Some(file), ..failed(error) }.into());
            }
        };
        if let Some(error) = unwritten {
            return Err(error.into());
        }
        self.write(&band)?;
        held.note(&format!("{} steps, longest force {:.4} eV/A", done.steps, done.force_ev_per_a))?;
        summary::write(self, build, &started_utc, &band, &done, stopped, watch)
    }
}

enum Unfinished {
    Stopped,
    Failed(RunError),
}

fn failed(error: BandError) -> RunError {
    RunError::new(error.to_string())
}

impl NebJob {
    /// The first guess, or what a run that was stopped has left.
    fn images(&self, watch: &dyn Watch) -> Result<Vec<Structure>, Unfinished> {
        let kept = self.directory.join(PATH);
        if self.existing == Existing::Resume && kept.exists() {
            let frames = files::read_frames(&kept);
            let frames = frames.map_err(|error| Unfinished::Failed(RunError::new(error.to_string())))?;
            if frames.len() == self.deck.path.images + 2 {
                return Ok(frames.into_iter().map(|frame| frame.structure).collect());
            }
        }
        let mut points = self.points.clone();
        if self.deck.path.relax_ends {
            let last = points.len() - 1;
            for (point, name) in [(0, "the start"), (last, "the end")] {
                points[point] = self.at_rest(points[point].clone(), name, watch)?;
            }
        }
        straight(&points, self.deck.path.images).map_err(|error| Unfinished::Failed(failed(error)))
    }

    fn at_rest(&self, end: Structure, name: &str, watch: &dyn Watch) -> Result<Structure, Unfinished> {
        let relaxation = Relaxation {
            force_max_ev_per_a: self.deck.band.force_max_ev_per_a,
            max_steps: self.deck.band.max_steps,
            dynamics: None,
            cell: None,
        };
        let plan =
            relaxation.plan(0).map_err(|error| Unfinished::Failed(RunError::new(error.to_string())))?;
        let stop = || watch.stop().is_some();
        match relax::run(&plan, 0, end, &*self.potential.potential, &stop) {
            Ok(relaxed) => Ok(relaxed.structure),
            Err(BuildError::Stopped) => Err(Unfinished::Stopped),
            Err(error) => Err(Unfinished::Failed(RunError::new(format!("{name}: {error}")))),
        }
    }

    /// Images with energies and forces, as a whole or not at all.
    fn write(&self, band: &Band) -> Result<(), RunError> {
        let one = |(image, evaluation): (&Structure, &natron_potential::Evaluation)| {
            let labels = Labels {
                energy_ev: Some(evaluation.energy_ev),
                forces: Some(evaluation.forces.clone()),
                ..Labels::default()
            };
            Frame { labels, ..Frame::new(image.clone()) }
        };
        let frames: Vec<Frame> = band.images.iter().zip(&band.evaluations).map(one).collect();
        files::write_frames(&self.directory.join(PATH), &frames)
    }

    fn show(&self, progress: &BandProgress, watch: &dyn Watch) {
        let climbs = if progress.climbs { ", climbing" } else { "" };
        watch.progress(&Progress {
            replica: 0,
            stage: format!("longest force {:.3} eV/A{climbs}", progress.force_ev_per_a),
            steps_done: progress.steps,
            steps_total: self.deck.band.max_steps,
            state: None,
            ns_per_day: None,
            time_left: None,
        });
    }
}
