//! The frames of a training: prepared and held as far as memory allows, the others read and prepared anew when they are needed.
//!
//! A few threads read ahead of whoever walks over the frames, each no further than its share of a batch. They deliver in the
//! order in which frames are asked for, and a frame prepared anew is the same bit for bit, so that it makes no difference to a
//! training which frames are held.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use natron_potential::ModelSpec;

use crate::data::{Depth, Origin, Prepared, Sample, TrainError};

/// Threads that read ahead, at most.
const MOST_LOADERS: usize = 8;

/// Labelled frames by their number. Reading one again gives the same frame.
pub trait FrameSource: Send + Sync {
    /// Number of frames.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame of a number below [`FrameSource::len`]; several threads ask at the same time.
    ///
    /// # Errors
    /// It cannot be read: [`TrainError::Source`].
    fn load(&self, number: usize) -> Result<Arc<Sample>, TrainError>;
}

impl FrameSource for Vec<Arc<Sample>> {
    fn len(&self) -> usize {
        self.len()
    }

    fn load(&self, number: usize) -> Result<Arc<Sample>, TrainError> {
        Ok(self[number].clone())
    }
}

/// The frames of a training and the memory they may take.
#[derive(Clone)]
pub struct Sources {
    /// To learn from.
    pub train: Arc<dyn FrameSource>,
    /// To choose the best epoch by.
    pub valid: Arc<dyn FrameSource>,
    /// What prepared frames may take, bytes; those beyond are prepared anew whenever they are needed.
    pub memory_bytes: u64,
}

impl Sources {
    /// Frames that are in memory and may take as much as they need.
    pub fn held(train: Vec<Sample>, valid: Vec<Sample>) -> Self {
        let shared = |samples: Vec<Sample>| -> Arc<dyn FrameSource> {
            Arc::new(samples.into_iter().map(Arc::new).collect::<Vec<_>>())
        };
        Self { train: shared(train), valid: shared(valid), memory_bytes: u64::MAX }
    }
}

/// What frames and a step of a training take; the program itself and its libraries come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Frames that are held.
    pub held_frames: usize,
    /// Frames that are read and prepared when they are needed.
    pub streamed_frames: usize,
    /// What the former take, bytes.
    pub held_bytes: u64,
    /// What a step and the frames that are read ahead of it take, bytes.
    pub step_bytes: u64,
}

/// What is known of every frame without reading it again.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub origin: Origin,
    pub kind: String,
    pub energy_ev: f64,
    /// Atoms by species.
    pub counts: Vec<u32>,
}

impl Known {
    pub fn of(frame: &Prepared, species: usize) -> Self {
        let mut counts = vec![0; species];
        frame.numbers.iter().for_each(|&s| counts[s] += 1);
        let sample = &frame.sample;
        Self { origin: sample.origin, kind: sample.kind.clone(), energy_ev: sample.energy_ev, counts }
    }
}

/// Frames of one purpose.
pub(crate) struct Frames {
    source: Arc<dyn FrameSource>,
    spec: ModelSpec,
    depth: Depth,
    /// The first frames.
    held: Vec<Arc<Prepared>>,
    held_bytes: u64,
    /// What the largest frame takes, and its density, bytes.
    largest_bytes: [u64; 2],
    known: Vec<Known>,
}

impl Frames {
    /// Looks at every frame, and holds the first of them as long as they fit into `memory_bytes`, which it lessens.
    ///
    /// # Errors
    /// A frame cannot be read, or does not suit the model.
    pub fn new(
        source: Arc<dyn FrameSource>,
        spec: &ModelSpec,
        depth: Depth,
        memory_bytes: &mut u64,
    ) -> Result<Self, TrainError> {
        let (count, species) = (source.len(), spec.species.len());
        let mut frames = Self {
            source,
            spec: spec.clone(),
            depth,
            held: Vec::new(),
            held_bytes: 0,
            largest_bytes: [0; 2],
            known: Vec::with_capacity(count),
        };
        let (mut held, mut known, mut largest, mut is_full) = (Vec::new(), Vec::new(), [0; 2], false);
        frames.batches(0..count, MOST_LOADERS, depth, |_, batch| {
            for frame in batch {
                let bytes = frame.bytes() as u64;
                largest[0] = bytes.max(largest[0]);
                largest[1] = (frame.density_bytes() as u64).max(largest[1]);
                known.push(Known::of(frame, species));
                is_full |= bytes > *memory_bytes;
                if !is_full {
                    *memory_bytes -= bytes;
                    held.push(frame.clone());
                }
            }
            Ok(())
        })?;
        frames.held_bytes = held.iter().map(|frame| frame.bytes() as u64).sum();
        (frames.held, frames.known, frames.largest_bytes) = (held, known, largest);
        Ok(frames)
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn held_frames(&self) -> usize {
        self.held.len()
    }

    pub fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// What the largest frame takes, bytes.
    pub fn largest_bytes(&self) -> u64 {
        self.largest_bytes[0]
    }

    /// What the largest density takes, bytes.
    pub fn largest_density_bytes(&self) -> u64 {
        self.largest_bytes[1]
    }

    /// What is known of each.
    pub fn known(&self) -> &[Known] {
        &self.known
    }

    /// Numbers of the frames whose labels are of the method that is learnt.
    pub fn reference(&self) -> Vec<usize> {
        (0..self.len()).filter(|&k| self.known[k].origin == Origin::Reference).collect()
    }

    /// Frames that are read ahead of batches of `size`, at most, where any are.
    pub fn most_ahead(&self, size: usize) -> usize {
        let loaders = loaders();
        if self.held.len() == self.len() { 0 } else { size + 2 * loaders }
    }

    /// Calls `with` for one batch of frames after the other, with their numbers; frames that are not held are as deep as
    /// `depth` asks for at least.
    ///
    /// # Errors
    /// Those of `with`, or of a frame that cannot be read.
    pub fn batches(
        &self,
        order: impl IntoIterator<Item = usize>,
        size: usize,
        depth: Depth,
        mut with: impl FnMut(&[usize], &[Arc<Prepared>]) -> Result<(), TrainError>,
    ) -> Result<(), TrainError> {
        let order: Vec<usize> = order.into_iter().collect();
        let wanted: Vec<usize> = order.iter().copied().filter(|&k| k >= self.held.len()).collect();
        std::thread::scope(|scope| {
            let loaders = loaders().min(wanted.len());
            let ahead = size.div_ceil(loaders.max(1));
            let (senders, receivers): (Vec<_>, Vec<_>) = (0..loaders).map(|_| sync_channel(ahead)).unzip();
            for (first, sender) in senders.into_iter().enumerate() {
                let share = wanted.iter().skip(first).step_by(loaders);
                scope.spawn(move || self.deliver(share, depth, &sender));
            }
            let mut next = receivers.iter().cycle();
            for numbers in order.chunks(size) {
                let one = |&number: &usize| match self.held.get(number) {
                    Some(frame) => Ok(frame.clone()),
                    None => receive(next.next().expect("there is a loader where a frame is wanted")),
                };
                let batch = numbers.iter().map(one).collect::<Result<Vec<_>, _>>()?;
                with(numbers, &batch)?;
            }
            Ok(())
        })
    }

    /// Sends frames until the last, the first that fails, or nobody listens any more.
    fn deliver<'a>(&self, numbers: impl Iterator<Item = &'a usize>, depth: Depth, to: &SyncSender<Delivery>) {
        for &number in numbers {
            let frame = self.source.load(number);
            let frame = frame.and_then(|sample| Prepared::new(sample, &self.spec, depth.min(self.depth)));
            let failed = frame.is_err();
            if to.send(frame.map(Arc::new)).is_err() || failed {
                return;
            }
        }
    }
}

type Delivery = Result<Arc<Prepared>, TrainError>;

fn loaders() -> usize {
    rayon::current_num_threads().clamp(1, MOST_LOADERS)
}

/// The next frame of a loader. A loader computes on the threads of rayon; if this is one of them, it helps while it waits.
fn receive(from: &Receiver<Delivery>) -> Delivery {
    const GONE: &str = "a loader ends after its last frame or an error";
    loop {
        match from.try_recv() {
            Ok(frame) => return frame,
            Err(TryRecvError::Disconnected) => panic!("{GONE}"),
            Err(TryRecvError::Empty) => (),
        }
        match rayon::yield_now() {
            None => return from.recv().expect(GONE),
            Some(rayon::Yield::Executed) => (),
            Some(rayon::Yield::Idle) => match from.recv_timeout(Duration::from_millis(1)) {
                Ok(frame) => return frame,
                Err(RecvTimeoutError::Disconnected) => panic!("{GONE}"),
                Err(RecvTimeoutError::Timeout) => (),
            },
        }
    }
}

#[cfg(test)]
impl Frames {
    /// Some frames by their numbers.
    pub fn get(&self, numbers: &[usize]) -> Vec<Arc<Prepared>> {
        let mut found = Vec::new();
        let take = |_: &[usize], batch: &[Arc<Prepared>]| {
            found.extend_from_slice(batch);
            Ok(())
        };
        self.batches(numbers.iter().copied(), numbers.len().max(1), self.depth, take).expect("frames");
        found
    }
}
