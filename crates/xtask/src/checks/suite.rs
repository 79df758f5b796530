//! Unit, integration and documentation tests, counted.

use super::{Context, Outcome};
use crate::command::{cargo, succeeds, typed};

/// All tests but those in documentation: with nextest where it is installed, which runs them in parallel.
pub fn check(context: &Context) -> Outcome {
    let has_nextest = succeeds(cargo().args(["nextest", "--version"]));
    let line: &[&str] = if has_nextest {
        &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]
    } else {
        &["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]
    };
    run(context, line)
}

/// Documentation tests, which nextest does not run.
pub fn check_docs(context: &Context) -> Outcome {
    run(context, &["test", "--doc", "--workspace", "--locked", "--no-fail-fast"])
}

fn run(context: &Context, line: &[&str]) -> Outcome {
    let command = context.cargo(&[line, &context.features()].concat());
    let repeat = typed(&command);
    match context.listen(command) {
        Ok(said) => outcome(&said.text, said.success, repeat),
        Err(complaint) => Outcome::from_complaints(&repeat, vec![complaint]),
    }
}

/// The outcome by the runners' own counts. A runner that fails without counting a failure (a crate that
/// does not compile) is one failure.
fn outcome(text: &str, success: bool, repeat: String) -> Outcome {
    let counts: Vec<Counts> =
        text.lines().filter_map(|line| libtest(line).or_else(|| nextest(line))).collect();
    let passed = counts.iter().map(|count| count.passed).sum();
    let failed = counts.iter().map(|count| count.failed).sum();
    let complaints = failures(text);
    if !success && failed == 0 {
        return Outcome { passed, failed: 1, complaints: vec![format!("`{repeat}` failed")], repeat };
    }
    Outcome { passed, failed, complaints, repeat }
}

#[derive(Debug, PartialEq)]
struct Counts {
    passed: usize,
    failed: usize,
}

/// `test result: ok. 12 passed; 0 failed; 1 ignored; ...`
fn libtest(line: &str) -> Option<Counts> {
    let counts = line.strip_prefix("test result: ")?;
    Some(Counts { passed: number_before(counts, "passed")?, failed: number_before(counts, "failed")? })
}

/// `     Summary [   0.512s] 13 tests run: 12 passed (1 slow), 1 failed, 1 timed out, 0 skipped`
fn nextest(line: &str) -> Option<Counts> {
    let counts = line.trim_start().strip_prefix("Summary [")?;
    let ran = number_before(counts, "test")?;
    let passed = number_before(counts, "passed").unwrap_or(0);
    Some(Counts { passed, failed: ran.saturating_sub(passed) })
}

/// The number that stands in front of the first word that starts with `word`.
fn number_before(text: &str, word: &str) -> Option<usize> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).find(|pair| pair[1].starts_with(word))?.first()?.parse().ok()
}

/// Names of failed tests, as either runner lists them.
fn failures(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        let by_nextest =
            ["FAIL [", "TIMEOUT [", "SIGNAL ["].iter().any(|word| line.trim_start().starts_with(word));
        let by_libtest = line.starts_with("test ") && line.ends_with("... FAILED");
        let name = match () {
            () if by_nextest => line.split_once(']').map(|(_, name)| name.trim().to_owned()),
            () if by_libtest => Some(line["test ".len()..].trim_end_matches(" ... FAILED").to_owned()),
            () => None,
        };
        // nextest lists a failure twice: when it happens and at the end.
        names.extend(name.filter(|name| !names.contains(name)));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXTEST: &str = "\
        PASS [   0.008s] natron-atoms cell::tests::volume\n\
        FAIL [   0.018s] natron-atoms cell::tests::shift\n\
------------\n\
     Summary [   0.512s] 3 tests run: 2 passed (1 slow), 1 failed, 4 skipped\n\
        FAIL [   0.018s] natron-atoms cell::tests::shift\n";

    #[test]
    fn nextest_is_counted() {
        let found = outcome(NEXTEST, false, String::new());
        assert_eq!((found.passed, found.failed), (2, 1));
        assert_eq!(found.complaints, ["natron-atoms cell::tests::shift"]);
        let all_passed = "     Summary [   0.5s] 1 test run: 1 passed, 0 skipped\n";
        assert_eq!(outcome(all_passed, true, String::new()).passed, 1);
    }

    #[test]
    fn several_binaries_of_libtest_are_added() {
        let text = "test a::b ... ok\ntest a::c ... FAILED\n\
            test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\n\
            test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured\n";
        let found = outcome(text, false, String::new());
        assert_eq!((found.passed, found.failed), (6, 1));
        assert_eq!(found.complaints, ["a::c"]);
    }

    #[test]
    fn a_build_that_breaks_is_a_failure_though_nothing_was_counted() {
        let found = outcome("error: could not compile `natron-io`", false, "cargo test".into());
        assert_eq!((found.passed, found.failed), (0, 1));
        assert_eq!(found.complaints, ["`cargo test` failed"]);
    }
}
