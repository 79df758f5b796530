//! natron.
fn main() {}
