//! `natron data split`: train, valid and test by whole groups of frames.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use natron_atoms::{Frame, InfoValue};
use natron_io::{Item, ReadError, SourceFrame};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::sources::{Sources, Visitor, visit};
use crate::envelope::Build;
use crate::{Failure, InputError, files};

/// Shares of train, valid and test; they sum to one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fractions([f64; 3]);

impl Fractions {
    /// Shares that are not negative and sum to one.
    ///
    /// # Errors
    /// They are not, in words.
    pub fn new(shares: [f64; 3]) -> Result<Self, String> {
        let sum: f64 = shares.iter().sum();
        if shares.iter().all(|s| s.is_finite() && *s >= 0.0) && (sum - 1.0).abs() < 1e-9 {
            return Ok(Self(shares));
        }
        Err("give three shares that sum to 1: train,valid,test such as 0.8,0.1,0.1".to_owned())
    }
}

/// What to split.
#[derive(Debug, Clone)]
pub struct SplitOptions {
    /// Files and folders of frames.
    pub paths: Vec<PathBuf>,
    /// Where the frames go, with the key `split`.
    pub output: PathBuf,
    /// Frames with the same value of this key stay together; `file`: those of one file.
    pub by: String,
    /// Shares of the frames.
    pub fractions: Fractions,
    /// Which groups go where.
    pub seed: u64,
    /// Replace an output that exists.
    pub overwrite: bool,
}

/// How it was split.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitReport {
    /// Where the frames are.
    pub output: PathBuf,
    /// Name, groups and frames of train, valid and test.
    pub splits: [(&'static str, usize, usize); 3],
}

/// Errors that are listed, at most.
const MOST_ERRORS: usize = 10;

const NAMES: [&str; 3] = ["train", "valid", "test"];

/// Splits frames and writes them in their order. The files are read twice, first for their groups, so that memory holds a few
/// frames.
///
/// # Errors
/// Nothing can be read, a frame lacks the key, there are fewer groups than splits, the output exists or cannot be written.
pub fn split(options: &SplitOptions) -> Result<SplitReport, Failure> {
    check_output(&options.output, options.overwrite)?;
    let sources = Sources::find(&options.paths)?;
    let mut groups = Groups { by: &options.by, ..Groups::default() };
    visit(&sources.files, &mut groups)?;
    if !groups.errors.is_empty() {
        return Err(groups.errors.into());
    }
    let wanted = options.fractions.0.iter().filter(|share| **share > 0.0).count();
    if groups.sizes.len() < wanted {
        let help = "split by another key, or ask for fewer splits; frames of one group are too much alike to test each other";
        let message =
            format!("{} groups by `{}` cannot fill {wanted} splits", groups.sizes.len(), options.by);
        return Err(InputError::new(message).help(help).into());
    }
    let split_of_group = groups.assign(options);
    let mut splits = NAMES.map(|name| (name, 0, 0));
    for (size, split) in groups.sizes.iter().zip(&split_of_group) {
        splits[*split].1 += 1;
        splits[*split].2 += size;
    }
    let split_of_frame: Vec<usize> =
        groups.of_frame.iter().map(|group| split_of_group[*group as usize]).collect();
    write(&options.output, again(&sources.files, groups.held), &split_of_frame)?;
    Ok(SplitReport { output: options.output.clone(), splits })
}

/// Which group each frame belongs to.
#[derive(Default)]
struct Groups<'a> {
    by: &'a str,
    file: PathBuf,
    /// Numbers of the groups, in the order in which they are met.
    numbers: BTreeMap<String, u32>,
    /// Frames of each.
    sizes: Vec<usize>,
    /// Number of each frame's group.
    of_frame: Vec<u32>,
    /// Frames of pipes, which cannot be read twice, by the number of the file.
    held: BTreeMap<usize, Vec<Frame>>,
    errors: Vec<InputError>,
}

impl Visitor for Groups<'_> {
    fn file(&mut self, path: &Path, _format: natron_io::Format) {
        self.file = path.to_owned();
    }

    fn frame(&mut self, file: usize, source: SourceFrame) -> Result<(), Failure> {
        let Some(name) = group(&source.frame, self.by, &self.file) else {
            if self.errors.len() < MOST_ERRORS {
                self.errors.push(
                    InputError::new(format!("a frame has no key `{}`", self.by))
                        .in_file(&self.file)
                        .at_line(source.line)
                        .help(
                            "choose another key after --by, or `file` to keep the frames of a file together",
                        ),
                );
            }
            return Ok(());
        };
        let next = u32::try_from(self.sizes.len()).expect("fewer groups than 2^32 fit into memory");
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.sizes.push(0);
        }
        self.sizes[number as usize] += 1;
        self.of_frame.push(number);
        if !self.file.is_file() && !self.file.is_dir() {
            self.held.entry(file).or_default().push(source.frame);
        }
        Ok(())
    }
}

impl Groups<'_> {
    /// The split of each group. The draw takes the groups by their names, whatever the order of the frames.
    fn assign(&self, options: &SplitOptions) -> Vec<usize> {
        let sizes: Vec<usize> = self.numbers.values().map(|number| self.sizes[*number as usize]).collect();
        let assigned = assign(&sizes, options.fractions.0, options.seed);
        let mut splits = vec![0; sizes.len()];
        for (number, split) in self.numbers.values().zip(assigned) {
            splits[*number as usize] = split;
        }
        splits
    }
}

/// The frames of all files once more.
fn again(
    files: &[PathBuf],
    mut held: BTreeMap<usize, Vec<Frame>>,
) -> impl Iterator<Item = Result<Frame, ReadError>> {
    let one = move |(number, file): (usize, &PathBuf)| -> Box<dyn Iterator<Item = _>> {
        if let Some(frames) = held.remove(&number) {
            return Box::new(frames.into_iter().map(Ok));
        }
        match natron_io::open_frames(file, None) {
            Ok(stream) => Box::new(stream.filter_map(|item| match item {
                Ok(Item::Frame(source)) => Some(Ok(source.frame)),
                Ok(Item::Skipped(_)) => None,
                Err(error) => Some(Err(error)),
            })),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    };
    files.iter().enumerate().flat_map(one)
}

/// Writes frames in their order, each with its split.
fn write(
    output: &Path,
    mut frames: impl Iterator<Item = Result<Frame, ReadError>>,
    split_of_frame: &[usize],
) -> Result<(), Failure> {
    let (mut refused, mut splits) = (None, split_of_frame.iter());
    let mut with_split = || -> Result<Option<Frame>, InputError> {
        let frame = frames.next().transpose()?;
        match (frame, splits.next()) {
            (None, None) => Ok(None),
            (Some(mut frame), Some(split)) => {
                frame.info.retain(|(key, _)| key != "split");
                frame.info.push(("split".into(), InfoValue::Text(NAMES[*split].into())));
                Ok(Some(frame))
            }
            _ => Err(InputError::new("the frames have changed while they were split")),
        }
    };
    let mut stream = std::iter::from_fn(|| match with_split() {
        Ok(frame) => frame.map(Ok),
        Err(error) => {
            refused = Some(error);
            Some(Err(std::io::Error::other("the input is wrong")))
        }
    });
    let written = files::write_data(output, &mut stream);
    match refused {
        Some(error) => Err(error.into()),
        None => written,
    }
}

/// Refuses an output that exists or whose format is not known.
pub(super) fn check_output(output: &Path, overwrite: bool) -> Result<(), InputError> {
    files::data_format(output)?;
    if output.exists() && !overwrite {
        return Err(InputError::new("the output exists already")
            .in_file(output)
            .help("choose another name, or replace it with --overwrite"));
    }
    Ok(())
}

fn group(frame: &Frame, by: &str, path: &Path) -> Option<String> {
    if by == "file" {
        return Some(path.display().to_string());
    }
    let (_, value) = frame.info.iter().find(|(key, _)| key == by)?;
    Some(match value {
        InfoValue::Text(text) => text.clone(),
        InfoValue::Int(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}

/// Which split each group goes to: in random order, each to the split that lacks the largest part of its share; the first
/// ones fill the splits so that none stays empty.
fn assign(sizes: &[usize], fractions: [f64; 3], seed: u64) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut filled = [0_usize; 3];
    let mut assigned = vec![0; sizes.len()];
    for group in order {
        let lack = |split: usize| {
            let target = fractions[split] * total as f64;
            if target > 0.0 { (target - filled[split] as f64) / target } else { f64::NEG_INFINITY }
        };
        let best = (1..3).fold(0, |best, split| if lack(split) > lack(best) { split } else { best });
        assigned[group] = best;
        filled[best] += sizes[group];
    }
    assigned
}

impl SplitReport {
    /// The JSON of `natron data split`.
    pub fn json(&self, build: &Build) -> Value {
        let mut map = build.envelope("data");
        map.insert("output".into(), self.output.display().to_string().into());
        let one = |(name, groups, frames): &(&str, usize, usize)| json!({"split": name, "groups": groups, "frames": frames});
        map.insert("splits".into(), self.splits.iter().map(one).collect());
        map.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_met_and_no_group_is_divided() {
        let sizes: Vec<usize> = (0..60).map(|k| 5 + k % 7).collect();
        let total: usize = sizes.iter().sum();
        for seed in 0..5 {
            let assigned = assign(&sizes, [0.8, 0.1, 0.1], seed);
            for (split, share) in [0.8, 0.1, 0.1].iter().enumerate() {
                let frames: usize =
                    sizes.iter().zip(&assigned).filter(|(_, s)| **s == split).map(|(n, _)| n).sum();
                // Off by at most about one group.
                assert!((frames as f64 - share * total as f64).abs() < 15.0, "{split}: {frames} of {total}");
            }
        }
        assert_ne!(assign(&sizes, [0.8, 0.1, 0.1], 1), assign(&sizes, [0.8, 0.1, 0.1], 2));
        assert_eq!(assign(&sizes, [0.8, 0.1, 0.1], 1), assign(&sizes, [0.8, 0.1, 0.1], 1));
    }

    #[test]
    fn three_groups_fill_three_splits_and_a_share_of_zero_stays_empty() {
        let mut assigned = assign(&[10, 10, 10], [0.8, 0.1, 0.1], 7);
        assigned.sort_unstable();
        assert_eq!(assigned, [0, 1, 2]);
        assert!(assign(&[10; 9], [0.9, 0.0, 0.1], 7).iter().all(|split| *split != 1));
        assert!(Fractions::new([0.5, 0.5, 0.1]).is_err());
    }
}
