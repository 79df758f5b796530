//! The steps and times of an element.

use hdf5_metno::Group;

use super::attribute;
use super::link;
use super::numbers::{Kind, Numbers};
use super::refusal::Refusal;
use super::units::{self, Quantity};

/// More frames than this are not read.
const MOST_FRAMES: usize = 100_000_000;

/// Steps or times: one for each frame, or evenly spaced (H5MD 1.1, "Time-dependent data").
#[derive(Debug)]
pub(super) enum Sequence {
    Each(Numbers),
    Even { first: f64, by: f64 },
}

impl Sequence {
    /// The steps or times at a path below a particle group, if they are there.
    pub fn open(particles: &Group, path: &str, kind: Kind) -> Result<Option<Self>, Refusal> {
        let Some(numbers) = Numbers::open(particles, path, kind)? else { return Ok(None) };
        match numbers.shape[..] {
            [frames] if frames <= MOST_FRAMES => Ok(Some(Self::Each(numbers))),
            [] => {
                let by = numbers.dataset.read_scalar::<f64>()?;
                let first = attribute::number(&numbers.dataset, "offset")?.unwrap_or(0.0);
                Ok(Some(Self::Even { first, by }))
            }
            _ => Err(numbers.refusal(
                &format!("has the shape {:?} and not [frames]", numbers.shape),
                "see the H5MD standard, nongnu.org/h5md",
            )),
        }
    }

    /// Frames it knows of; `None` if it goes on for ever.
    pub fn rows(&self) -> Option<usize> {
        match self {
            Self::Each(numbers) => Some(numbers.rows()),
            Self::Even { .. } => None,
        }
    }

    /// The first `frames` values.
    pub fn values(&self, frames: usize) -> Result<Vec<f64>, Refusal> {
        match self {
            Self::Each(numbers) => numbers.read_finite(0, frames),
            Self::Even { first, by } => Ok((0..frames).map(|k| first + by * k as f64).collect()),
        }
    }
}

/// An element that has a value in each frame.
#[derive(Debug)]
pub(super) struct Element {
    pub value: Numbers,
    step: Sequence,
    /// Path of the group, for messages.
    name: String,
}

impl Element {
    /// The element at a path below a particle group, if there is one.
    pub fn open(particles: &Group, path: &str, kind: Kind) -> Result<Option<Self>, Refusal> {
        if link::group(particles, path)?.is_none() {
            return Ok(None);
        }
        let named = |name: &str| format!("{path}/{name}");
        let missing = |name: &str| {
            Refusal::new(format!("`{path}` has no `{name}`"), "see the H5MD standard, nongnu.org/h5md")
        };
        let value = Numbers::open(particles, &named("value"), kind)?.ok_or_else(|| missing("value"))?;
        let step =
            Sequence::open(particles, &named("step"), Kind::Integer)?.ok_or_else(|| missing("step"))?;
        Ok(Some(Self { value, step, name: path.to_owned() }))
    }

    /// Frames it has both a step and a value for.
    pub fn rows(&self) -> usize {
        self.step.rows().unwrap_or(usize::MAX).min(self.value.rows())
    }

    /// Whether steps and values are equally many.
    pub fn is_even(&self) -> bool {
        self.step.rows().is_none_or(|rows| rows == self.value.rows())
    }

    pub fn steps(&self, frames: usize) -> Result<Vec<f64>, Refusal> {
        self.step.values(frames)
    }

    /// Refuses an element that was not sampled when the positions were.
    pub fn check_steps(&self, steps: &[f64]) -> Result<(), Refusal> {
        if self.steps(steps.len())? == steps {
            return Ok(());
        }
        Err(Refusal::new(
            format!("`{}` was not written at the steps of `position`", self.name),
            "write both in each frame",
        ))
    }
}

/// Times of the positions, ps.
pub(super) fn times_ps(particles: &Group) -> Result<(Sequence, f64), Refusal> {
    let missing = || {
        Refusal::new(
            "`position/time` is missing: when the frames are is not known",
            "write it along with `position/step`",
        )
    };
    let time = Sequence::open(particles, "position/time", Kind::Real)?.ok_or_else(missing)?;
    let dataset = particles.dataset("position/time")?;
    let factor = units::needed(&dataset, "position/time", Quantity::Time)?;
    Ok((time, factor))
}
