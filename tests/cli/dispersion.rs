//! A training with a dispersion term, and what its potential does, as a user runs them.

use super::{json, number, run, stderr};
use crate::support::training::folder;

/// train.toml with this for `[model] dispersion`.
fn deck(folder: &std::path::Path, name: &str, dispersion: &str) {
    let deck = std::fs::read_to_string(folder.join("train.toml")).expect("reads");
    let with = deck.replace("walls = []", &format!("walls = []\ndispersion = {dispersion}"));
    std::fs::write(folder.join(name), with).expect("writes");
}

#[test]
fn a_term_is_learnt_around_and_shipped() {
    let folder = folder();
    let folder = folder.path();
    deck(folder, "d3.toml", r#"{ method = "d3bj", functional = "pbe", cutoff_A = 10.0 }"#);
    let [plain, with] = ["train.toml", "d3.toml"].map(|deck| json(folder, &["train", deck]));
    let error = |summary: &serde_json::Value| number(&summary["valid"], "force_rmse_meV_per_A");
    assert!(error(&with) < 3.0 * error(&plain), "{} with, {} without", error(&with), error(&plain));
    // The file says so, and the whole labels are what it is compared with.
    let about = json(folder, &["view", "d3/potential.safetensors"]);
    assert_eq!(
        (&about["dispersion"]["functional"], number(&about["dispersion"], "cutoff_A")),
        (&"pbe".into(), 10.0)
    );
    assert!(json(folder, &["view", "train/potential.safetensors"])["dispersion"].is_null());
    let evaluated = json(folder, &["evaluate", "-p", "d3/potential.safetensors", "data.extxyz"]);
    assert!(number(&evaluated, "force_rmse_meV_per_A") < 3.0 * error(&with));
    // A training goes on from it, with its term.
    let on = std::fs::read_to_string(folder.join("d3.toml")).expect("reads")
        + "[start]\npotential = \"d3/potential.safetensors\"\n";
    std::fs::write(folder.join("on.toml"), &on).expect("writes");
    assert!(error(&json(folder, &["train", "on.toml"])) <= error(&with) + 1e-6);
    std::fs::write(folder.join("off.toml"), on.replace("10.0", "11.0")).expect("writes");
    assert!(stderr(&run(folder, &["train", "off.toml", "--check"])).contains("another model"));
}

#[test]
fn a_term_that_does_not_exist_is_refused_with_what_to_do() {
    let folder = folder();
    let folder = folder.path();
    for (dispersion, expected) in [
        (r#"{ method = "d3bj", functional = "pbx" }"#, ["`pbx`", "help: known are b3lyp, blyp"]),
        (r#"{ method = "d3bj" }"#, ["neither a functional", "help: give functional = \"pbe\""]),
        (
            r#"{ method = "d3bj", functional = "pbe", cutoff_A = 60.0 }"#,
            ["cutoff_A must be 3..40, not 60", "help: with cutoff_A = 31.75"],
        ),
        (r#"{ method = "d4", functional = "pbe" }"#, ["d4", "d3bj"]),
        (r#"{ method = "d3bj", functional = "pbe", cutof_A = 9.0 }"#, ["cutof_A", "cutoff_A"]),
    ] {
        deck(folder, "bad.toml", dispersion);
        let output = run(folder, &["train", "bad.toml", "--check"]);
        assert_eq!(output.status.code(), Some(2), "{dispersion}");
        let said = stderr(&output);
        assert!(expected.iter().all(|part| said.contains(part)), "{dispersion}: {said}");
        assert!(said.contains("bad.toml:"), "a line is named: {said}");
    }
}
