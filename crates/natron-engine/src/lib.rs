//! Decks and files to run directories: md, train, evaluate, bench.
