//! Kernel densities against SciPy's `gaussian_kde`.

use natron_analysis::density::{Rule, kernel_density};
use serde_json::Value;

const SCRIPT: &str = "
import sys, json, numpy as np
from scipy.stats import gaussian_kde
asked = json.load(sys.stdin)
out = []
for case in asked:
    kde = gaussian_kde(case['sample'], bw_method=case['rule'])
    out.append({'bandwidth': float(np.sqrt(kde.covariance[0, 0])), 'density': kde(case['at']).tolist()})
print(json.dumps(out))
";

/// Two peaks and a tail, without a random generator: what the rules are worst for.
fn sample(n: u32) -> Vec<f64> {
    let golden = |k: u32| (f64::from(k) * 0.618_033_988_75).fract();
    (0..n).map(|k| if k % 3 == 0 { 0.8 + 0.1 * golden(k) } else { -0.1 - 0.2 * golden(k).powi(3) }).collect()
}

#[test]
#[allow(clippy::print_stderr)]
fn agrees_with_scipy() {
    let Some(python) = std::env::var_os("NATRON_ORACLE_PYTHON") else {
        assert!(std::env::var_os("NATRON_REQUIRE_ORACLES").is_none(), "NATRON_ORACLE_PYTHON is not set");
        eprintln!("skipped: needs cargo xtask setup");
        return;
    };
    let at: Vec<f64> = (0..60).map(|k| -0.6 + 0.03 * f64::from(k)).collect();
    let cases: Vec<(Rule, Vec<f64>)> = [3, 40, 700]
        .into_iter()
        .flat_map(|n| [Rule::Scott, Rule::Silverman].map(|rule| (rule, sample(n))))
        .collect();
    let asked: Vec<Value> = cases
        .iter()
        .map(|(rule, sample)| serde_json::json!({ "rule": rule.name(), "sample": sample, "at": at }))
        .collect();
    let mut child = std::process::Command::new(python)
        .args(["-W", "ignore", "-c", SCRIPT])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the oracle's Python starts");
    let input = child.stdin.take().expect("a pipe");
    serde_json::to_writer(input, &asked).expect("the script reads");
    let output = child.wait_with_output().expect("the script ends");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for ((rule, sample), said) in cases.iter().zip(said.as_array().expect("answers")) {
        let bandwidth = rule.bandwidth(sample).expect("a spread");
        let expected = said["bandwidth"].as_f64().expect("a number");
        assert!((bandwidth / expected - 1.0).abs() < 1e-12, "{rule:?}: {bandwidth}, SciPy {expected}");
        let density = kernel_density(sample, bandwidth, &at);
        for (found, expected) in density.iter().zip(said["density"].as_array().expect("a curve")) {
            let expected = expected.as_f64().expect("a number");
            assert!(
                (found - expected).abs() < 1e-11 * (1.0 + expected),
                "{rule:?}: {found}, SciPy {expected}"
            );
        }
    }
}
