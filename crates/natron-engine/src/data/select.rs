//! `natron data select`: the frames that cover what all of them cover, by farthest points.

use std::path::PathBuf;

use natron_atoms::{Frame, Species};
use natron_io::{Format, SourceFrame};
use serde_json::Value;

use super::descriptor::{Describer, distance_squared};
use super::sources::{Sources, Visitor, visit};
use super::split::check_output;
use crate::envelope::{Build, put_number};
use crate::{Failure, InputError, files};

/// What to select.
#[derive(Debug, Clone)]
pub struct SelectOptions {
    /// Files and folders of frames.
    pub paths: Vec<PathBuf>,
    /// Where the chosen frames go, extended XYZ or natron's data set.
    pub output: PathBuf,
    /// How many to choose.
    pub count: usize,
    /// Files of frames that are there already: the choice keeps away from them.
    pub have: Vec<PathBuf>,
    /// Replace an output that exists.
    pub overwrite: bool,
}

/// What was selected.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectReport {
    /// Where the chosen frames are.
    pub output: PathBuf,
    /// Frames there were.
    pub frames_read: usize,
    /// The chosen ones by their number among all, in the order in which they were chosen.
    pub chosen: Vec<usize>,
    /// How far each was from those before it when it was chosen.
    pub distances: Vec<f64>,
    /// How far the farthest frame left out is from a chosen one.
    pub left_out_distance: Option<f64>,
}

/// Frames and where they came from.
#[derive(Default)]
pub(crate) struct Collected {
    files: Vec<PathBuf>,
    pub frames: Vec<Frame>,
    pub places: Vec<(PathBuf, usize)>,
}

impl Visitor for Collected {
    fn file(&mut self, path: &std::path::Path, _format: Format) {
        self.files.push(path.to_owned());
    }

    fn frame(&mut self, _file: usize, frame: SourceFrame) -> Result<(), Failure> {
        let path = self.files.last().cloned().unwrap_or_default();
        self.places.push((path, frame.line));
        self.frames.push(frame.frame);
        Ok(())
    }
}

impl Collected {
    /// Everything behind some paths.
    pub fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut collected = Self::default();
        visit(&Sources::find(paths)?.files, &mut collected)?;
        Ok(collected)
    }

    fn points(&self, describer: &Describer) -> Result<Vec<Vec<f64>>, Failure> {
        use rayon::prelude::*;
        let one = |(frame, (path, line)): (&Frame, &(PathBuf, usize))| {
            describer
                .point(&frame.structure)
                .map_err(|error| InputError::new(error.to_string()).in_file(path).at_line(*line))
        };
        let points: Result<Vec<Vec<f64>>, InputError> =
            self.frames.par_iter().zip(&self.places).map(one).collect();
        Ok(points?)
    }
}

/// Chooses frames and writes them in the order in which they were chosen.
///
/// # Errors
/// Nothing can be read, there are fewer frames than asked for, the output exists or cannot be written.
pub fn select(options: &SelectOptions) -> Result<SelectReport, Failure> {
    check_output(&options.output, options.overwrite)?;
    let pool = Collected::read(&options.paths)?;
    if options.count == 0 || options.count > pool.frames.len() {
        return Err(InputError::new(format!(
            "cannot choose {} of {} frames",
            options.count,
            pool.frames.len()
        ))
        .help("give --count from 1 to the number of frames")
        .into());
    }
    let have = if options.have.is_empty() { Collected::default() } else { Collected::read(&options.have)? };
    let mut species: Vec<Species> =
        pool.frames.iter().chain(&have.frames).flat_map(|f| f.structure.species.iter().copied()).collect();
    species.sort_unstable();
    species.dedup();
    let describer = Describer::new(species);
    let (points, known) = (pool.points(&describer)?, have.points(&describer)?);
    let choice = farthest(&points, &known, options.count);
    files::write_data(&options.output, &mut choice.chosen.iter().map(|k| Ok(pool.frames[*k].clone())))?;
    Ok(SelectReport {
        output: options.output.clone(),
        frames_read: points.len(),
        chosen: choice.chosen,
        distances: choice.distances,
        left_out_distance: choice.left_out,
    })
}

/// The numbers of `count` points, farthest first from those known and from each other.
#[cfg(feature = "train")]
pub(crate) fn farthest_frames(points: &[Vec<f64>], known: &[Vec<f64>], count: usize) -> Vec<usize> {
    farthest(points, known, count).chosen
}

struct Choice {
    chosen: Vec<usize>,
    distances: Vec<f64>,
    left_out: Option<f64>,
}

/// Farthest points first (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5): each choice is the point farthest from all before;
/// the first is farthest from those known, else nearest to the mean. Ties go to the earlier.
fn farthest(points: &[Vec<f64>], known: &[Vec<f64>], count: usize) -> Choice {
    let mut distance: Vec<f64> = points
        .iter()
        .map(|p| known.iter().map(|k| distance_squared(p, k)).fold(f64::INFINITY, f64::min))
        .collect();
    let (mut chosen, mut distances) = (Vec::new(), Vec::new());
    let mut next = if known.is_empty() { nearest_to_mean(points) } else { largest(&distance) };
    while chosen.len() < count {
        distances.push(if distance[next].is_finite() { distance[next].max(0.0).sqrt() } else { 0.0 });
        chosen.push(next);
        for (d, p) in distance.iter_mut().zip(points) {
            *d = d.min(distance_squared(p, &points[next]));
        }
        // A chosen point is not chosen again, not even where all that is left are its doubles.
        distance[next] = -1.0;
        chosen.iter().for_each(|k| distance[*k] = -1.0);
        next = largest(&distance);
    }
    let left_out = (count < points.len()).then(|| distance[next].max(0.0).sqrt());
    Choice { chosen, distances, left_out }
}

fn largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, k| if values[k] > values[best] { k } else { best })
}

fn nearest_to_mean(points: &[Vec<f64>]) -> usize {
    let mut mean = vec![0.0; points[0].len()];
    for point in points {
        mean.iter_mut().zip(point).for_each(|(m, x)| *m += x / points.len() as f64);
    }
    let negative: Vec<f64> = points.iter().map(|p| -distance_squared(p, &mean)).collect();
    largest(&negative)
}

impl SelectReport {
    /// The JSON of `natron data select`.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("data");
        map.insert("output".into(), self.output.display().to_string().into());
        map.insert("frames_read".into(), self.frames_read.into());
        map.insert("frames".into(), self.chosen.len().into());
        map.insert("chosen".into(), self.chosen.clone().into());
        map.insert("distances".into(), self.distances.clone().into());
        put_number(&mut map, "left_out_distance", self.left_out_distance, "no frame is left out");
        map.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_line_come_after_its_middle() {
        let points: Vec<Vec<f64>> = (0..11).map(|k| vec![f64::from(k)]).collect();
        let choice = farthest(&points, &[], 4);
        assert_eq!(choice.chosen[..3], [5, 0, 10]);
        assert_eq!(choice.distances[1..3], [5.0, 5.0]);
        assert_eq!((choice.chosen[3], choice.left_out), (2, Some(2.0)));
        let away = farthest(&points, &[vec![0.0]], 1);
        assert_eq!((away.chosen, away.distances), (vec![10], vec![10.0]));
    }

    #[test]
    fn doubles_are_chosen_once_each() {
        let points = vec![vec![1.0]; 5];
        let mut chosen = farthest(&points, &[], 5).chosen;
        chosen.sort_unstable();
        assert_eq!(chosen, [0, 1, 2, 3, 4]);
    }
}
