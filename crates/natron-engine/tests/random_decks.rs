//! Thousands of decks, right and wrong, checked as `natron md --check` does it.

#[path = "../../../tests/support/random_deck.rs"]
mod random_deck;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use natron_engine::Failure;
use natron_engine::job::JobOptions;
use natron_engine::md::MdJob;
use natron_engine::run_directory::Existing;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const DECKS: u64 = 10_000;

/// Whether the deck is in order; fails on a panic, and on a refusal without file, line or words.
fn check(folder: &Path, number: u64, text: &str) -> bool {
    let deck = folder.join(format!("{number}.toml"));
    std::fs::write(&deck, text).expect("the folder is ours");
    let options = JobOptions { deck: deck.clone(), overrides: Vec::new(), existing: Existing::Refuse };
    let outcome = catch_unwind(AssertUnwindSafe(|| MdJob::prepare(&options)));
    std::fs::remove_file(&deck).expect("it was there");
    let outcome = outcome.unwrap_or_else(|_| panic!("deck {number} panics:\n{text}"));
    let errors = match outcome {
        Ok(_) => return true,
        Err(Failure::Input(errors)) => errors,
        Err(other) => panic!("deck {number} fails as a run does: {other:?}\n{text}"),
    };
    assert!(!errors.is_empty(), "deck {number} is refused for no reason:\n{text}");
    for error in errors {
        let complete = error.file.is_some() && error.line.is_some() && !error.message.is_empty();
        assert!(complete, "deck {number}: {error:?}\n{text}");
    }
    false
}

#[test]
#[allow(clippy::print_stderr)]
fn every_deck_is_taken_or_refused_with_file_and_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    random_deck::write_structures(folder.path());
    let before = std::fs::read_dir(folder.path()).expect("a folder").count();
    let start = Instant::now();
    let taken: Vec<bool> = (0..DECKS)
        .into_par_iter()
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(number);
            // Every tenth is valid.
            let valid = number % 10 == 0;
            let text = if valid { random_deck::valid(&mut rng) } else { random_deck::mutated(&mut rng) };
            let taken = check(folder.path(), number, &text);
            assert!(taken || !valid, "deck {number} is valid and refused:\n{text}");
            taken
        })
        .collect();
    let count = taken.iter().filter(|taken| **taken).count();
    eprintln!("{DECKS} decks in {:.1} s, {count} of them in order", start.elapsed().as_secs_f64());
    // Most accidents matter: a check that takes everything would pass otherwise.
    assert!((1_000..5_000).contains(&count), "{count}");
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        before,
        "a check wrote something"
    );
}
