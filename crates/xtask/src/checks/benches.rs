//! Every bench once: that it runs, not how fast.

use super::{Context, Outcome};

/// Runs the benches as tests, in the profile of the tests, so that nothing is compiled anew for them.
pub fn check(context: &Context) -> Outcome {
    let names = context.workspace.packages.iter().flat_map(|package| &package.benches);
    let targets: Vec<&str> = names.flat_map(|name| ["--bench", name]).collect();
    if targets.is_empty() {
        println!("there are none");
        return Outcome { passed: 0, failed: 0, complaints: Vec::new(), repeat: String::new() };
    }
    let line = ["test", "--workspace", "--locked"];
    context.cargo_check(&[&line[..], &context.features(), &targets].concat())
}
