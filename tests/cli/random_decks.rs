//! Random decks through the program itself; thousands go through the engine in its own tests.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{files_in, run, stderr};
use crate::support::random_deck;

#[test]
fn twenty_decks_are_taken_or_refused_in_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    random_deck::write_structures(folder.path());
    for number in 0..20 {
        // Not the seeds of the engine's own test.
        let mut rng = ChaCha8Rng::seed_from_u64(1_000_000 + number);
        let valid = number % 5 == 0;
        let text = if valid { random_deck::valid(&mut rng) } else { random_deck::mutated(&mut rng) };
        std::fs::write(folder.path().join("deck.toml"), &text).expect("writes");
        let before = files_in(folder.path());
        let output = run(folder.path(), &["md", "deck.toml", "--check"]);
        let said = stderr(&output);
        match output.status.code() {
            Some(0) => assert!(output.stdout.starts_with(b"in order: "), "deck {number}\n{text}"),
            Some(2) => {
                assert!(!valid, "deck {number} is valid:\n{said}\n{text}");
                let places = said.lines().filter_map(|line| line.trim_start().strip_prefix("--> "));
                let with_line = places.filter(|place| {
                    let mut parts = place.split(':').skip(1);
                    parts.next().is_some_and(|line| line.parse::<usize>().is_ok_and(|line| line > 0))
                });
                assert_eq!(
                    with_line.count(),
                    said.matches("error: ").count(),
                    "deck {number}:\n{said}\n{text}"
                );
            }
            other => panic!("deck {number} ends with {other:?}:\n{said}\n{text}"),
        }
        assert_eq!(files_in(folder.path()), before, "deck {number} left something behind");
    }
}
