//! How many threads natron computes with.

use crate::InputError;

/// Fixes the number of threads of this process; without it, what CPU affinity and cgroup allow.
///
/// # Errors
/// The threads cannot be started, or computing has begun already.
pub fn use_threads(threads: usize) -> Result<(), InputError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| InputError::new(format!("cannot compute with {threads} threads: {error}")))
}
