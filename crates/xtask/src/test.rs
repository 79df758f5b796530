//! `cargo xtask test`: set-up, then every check, cheapest first.

use std::process::ExitCode;
use std::time::Instant;

use crate::checks::{self, Context, Outcome};
use crate::failure::Failure;
use crate::setup;
use crate::workspace::Workspace;

/// Runs the checks, also after one has failed, and tells at the end what failed and how to repeat it.
pub fn run(checks: &[&checks::Check]) -> Result<ExitCode, Failure> {
    let start = Instant::now();
    let hdf5 = setup::for_build()?;
    let context = Context::new(Workspace::load()?, &hdf5);
    println!("set-up: done in {:.1} s", start.elapsed().as_secs_f64());

    let results: Vec<Performed> = checks.iter().map(|check| perform(check, &context)).collect();
    print!("{}", summary(&results, start.elapsed().as_secs_f64()));
    let all_passed = results.iter().all(|result| result.outcome.failed == 0);
    Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A check's name, outcome and time.
struct Performed {
    name: &'static str,
    outcome: Outcome,
    seconds: f64,
}

fn perform(check: &checks::Check, context: &Context) -> Performed {
    println!("\n== {}: {}", check.name, check.meaning);
    let start = Instant::now();
    let outcome = (check.perform)(context);
    let seconds = start.elapsed().as_secs_f64();
    for complaint in &outcome.complaints {
        println!("{}: {complaint}", check.name);
    }
    println!("== {}: {} in {seconds:.1} s", check.name, outcome.word());
    Performed { name: check.name, outcome, seconds }
}

/// The closing table. Its last line stands alone: the sum over tests and checks.
fn summary(results: &[Performed], seconds: f64) -> String {
    let mut text = format!("\nchecks, {seconds:.0} s in all\n");
    for Performed { name, outcome, seconds } in results {
        let counts = format!("{} passed, {} failed", outcome.passed, outcome.failed);
        text += &format!("  {name:<10} {:<7} {seconds:>7.1} s   {counts}\n", outcome.word());
    }
    for Performed { name, outcome, .. } in results.iter().filter(|result| result.outcome.failed > 0) {
        text += &format!("\nFAILED {name}; to repeat it: {}\n", outcome.repeat);
        for complaint in outcome.complaints.iter().take(20) {
            text += &format!("  {complaint}\n");
        }
    }
    let passed: usize = results.iter().map(|result| result.outcome.passed).sum();
    let failed: usize = results.iter().map(|result| result.outcome.failed).sum();
    text + &format!("\n{passed} passed, {failed} failed\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_sum() {
        let tests =
            Outcome { passed: 41, failed: 1, complaints: vec!["a::b".into()], repeat: "cargo test".into() };
        let results = [
            Performed {
                name: "fmt",
                outcome: Outcome::from_complaints("cargo fmt", Vec::new()),
                seconds: 1.0,
            },
            Performed { name: "tests", outcome: tests, seconds: 2.0 },
        ];
        let text = summary(&results, 3.0);
        assert_eq!(text.lines().last(), Some("42 passed, 1 failed"));
        assert!(text.contains("FAILED tests; to repeat it: cargo test\n  a::b"), "{text}");
        assert!(!text.contains("FAILED fmt"), "{text}");
    }
}
