//! Calls of the reference programs' Python.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Runs `tests/oracles/<script>` on a file with `$NATRON_ORACLE_PYTHON` and returns the JSON it prints. Without the
/// variable the test is skipped (`None`), unless `$NATRON_REQUIRE_ORACLES` is 1.
pub fn ask(script: &str, file: &Path) -> Option<serde_json::Value> {
    ask_with(script, &[file])
}

/// As [`ask`], with any arguments.
#[allow(clippy::print_stderr)]
pub fn ask_with<S: AsRef<OsStr>>(script: &str, arguments: &[S]) -> Option<serde_json::Value> {
    let Some(python) = std::env::var_os("NATRON_ORACLE_PYTHON") else {
        let required = std::env::var_os("NATRON_REQUIRE_ORACLES").is_some_and(|v| v == "1");
        assert!(!required, "NATRON_REQUIRE_ORACLES is set, but NATRON_ORACLE_PYTHON is not");
        eprintln!("skipped: needs cargo xtask setup");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles").join(script);
    let output = Command::new(python).arg(script).args(arguments).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("the script prints JSON"))
}
