//! Replicas side by side, each on threads of its own.
//!
//! The one decision here: replicas do not share a thread pool. In a common pool a thread that waits for a
//! part of one replica's forces may take up the whole of another replica meanwhile, and the first stands still until that one ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::RunError;

/// How many replicas run at a time, and on how many threads each: as many replicas as threads, and what threads are left
/// over go to the first.
pub(crate) fn shares(replicas: u32, threads: usize) -> Vec<usize> {
    let at_a_time = threads.clamp(1, replicas.max(1) as usize);
    (0..at_a_time)
        .map(|k| threads / at_a_time + usize::from(k < threads % at_a_time))
        .map(|n| n.max(1))
        .collect()
}

/// The same in words.
pub(crate) fn shares_in_words(replicas: u32, threads: usize) -> String {
    let shares = shares(replicas, threads);
    let (most, fewest) = (shares[0], shares[shares.len() - 1]);
    let each = match most {
        1 => "1 thread".to_string(),
        _ if fewest == most => format!("{most} threads"),
        _ => format!("{fewest} or {most} threads"),
    };
    format!("{} at a time on {each} each", shares.len())
}

/// Calls `work` with the number of every replica, from 0, as threads become free; the results in the order of numbers.
///
/// # Errors
/// The system gives no threads.
pub(crate) fn side_by_side<T: Send>(
    replicas: u32,
    threads: usize,
    work: impl Fn(u32) -> T + Sync,
) -> Result<Vec<T>, RunError> {
    let pools = shares(replicas, threads)
        .into_iter()
        .map(|threads| ThreadPoolBuilder::new().num_threads(threads).build())
        .collect::<Result<Vec<ThreadPool>, _>>()
        .map_err(|error| RunError::new(format!("cannot start {threads} threads: {error}")))?;
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(u32, T)>> = Mutex::new(Vec::new());
    let take = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        (number < replicas as usize).then_some(number as u32)
    };
    let worker = || {
        while let Some(number) = take() {
            let result = work(number);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
        }
    };
    std::thread::scope(|scope| {
        for pool in &pools {
            scope.spawn(|| pool.install(worker));
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_shared_out_whole() {
        assert_eq!(shares(1, 4), [4]);
        assert_eq!(shares(2, 4), [2, 2]);
        assert_eq!(shares(3, 8), [3, 3, 2]);
        assert_eq!(shares(10, 2), [1, 1]);
        assert_eq!(shares_in_words(10, 2), "2 at a time on 1 thread each");
        assert_eq!(shares_in_words(3, 8), "3 at a time on 2 or 3 threads each");
        assert_eq!(shares_in_words(2, 4), "2 at a time on 2 threads each");
    }

    /// Every replica once, each in a pool of its share's size, as many at a time as there are shares: the first four wait for
    /// each other.
    #[test]
    fn every_replica_is_run_once() {
        let (four, running) = (std::sync::Barrier::new(4), AtomicUsize::new(0));
        let found = side_by_side(7, 4, |number| {
            assert!(running.fetch_add(1, Ordering::SeqCst) < 4, "more at a time than shares");
            if number < 4 {
                four.wait();
            }
            running.fetch_sub(1, Ordering::SeqCst);
            (number, rayon::current_num_threads())
        });
        let expected: Vec<(u32, usize)> = (0..7).map(|number| (number, 1)).collect();
        assert_eq!(found, Ok(expected));
    }
}
