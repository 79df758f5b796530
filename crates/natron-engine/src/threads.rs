//! How many threads natron computes with.

use crate::InputError;

/// Fixes the number of threads of this process; `None` is what CPU affinity and cgroup allow, whatever
/// the environment of the thread pool says.
///
/// # Errors
/// The threads cannot be started, or computing has begun already.
pub fn use_threads(threads: Option<usize>) -> Result<(), InputError> {
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| InputError::new(format!("cannot compute with {threads} threads: {error}")))
}
