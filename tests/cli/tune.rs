//! A search of hyperparameters as a user runs it.

use super::{run, stderr, value};
use crate::support::training::folder;

const DECK: &str = r#"
format = 1
seed = 2
time_min = 10.0
trials_max = 4
[train]
deck = "train.toml"
[[parameter]]
path = "optimiser.learning_rate"
low = 1e-4
high = 2e-2
log = true
[[parameter]]
path = "model.hidden"
choices = [[4], [6]]
"#;

#[test]
fn the_best_setting_is_found_kept_and_trained_again() {
    let folder = folder();
    std::fs::write(folder.path().join("tune.toml"), DECK).expect("writes");
    // 18 epochs: four settings for six epochs, then the best two for all of them.
    let arguments = ["tune", "tune.toml", "--set", "train.deck=\"long.toml\"", "--json"];
    let long = std::fs::read_to_string(folder.path().join("train.toml")).expect("reads");
    std::fs::write(folder.path().join("long.toml"), long.replace("epochs = 4", "epochs = 18"))
        .expect("writes");
    let output = run(folder.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let summary = value(&output);
    let trials = summary["trials"].as_array().expect("trials");
    let of = |epochs: u64| trials.iter().filter(|trial| trial["epochs"] == epochs).collect::<Vec<_>>();
    assert_eq!((of(6).len(), of(18).len(), trials.len()), (4, 2, 6));
    let score = |trial: &serde_json::Value| trial["score"].as_f64().expect("a score");
    let mut first: Vec<f64> = of(6).into_iter().map(score).collect();
    first.sort_by(f64::total_cmp);
    // Those that went on are the best two.
    for trial in of(18) {
        let before =
            of(6).into_iter().find(|t| t["number"] == trial["number"]).expect("it was in the first rung");
        assert!(score(before) <= first[1]);
    }
    let best = of(18).into_iter().map(score).fold(f64::INFINITY, f64::min);
    assert_eq!(summary["best"]["score"].as_f64(), Some(best));
    // The winner's deck gives the winner again.
    let again = run(folder.path(), &["train", "tune/best.toml", "--json"]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(value(&again)["valid_score"].as_f64(), Some(best));
    // A search that is over stays as it is.
    let mut resumed = arguments.to_vec();
    resumed.insert(2, "--resume");
    let output = run(folder.path(), &resumed);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(value(&output)["trials"], summary["trials"]);
}

#[test]
fn a_search_keeps_to_its_time_and_to_its_deck() {
    let folder = folder();
    std::fs::write(folder.path().join("tune.toml"), DECK).expect("writes");
    let begin = std::time::Instant::now();
    let output = run(
        folder.path(),
        &["tune", "tune.toml", "--set", "time_min=0.02", "--set", "trials_max=1000", "--json"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let summary = value(&output);
    assert!(summary["best"].is_object(), "one training there always is");
    // 1.2 s were given; the rest is for reading, and for a machine with other things to do.
    assert!(begin.elapsed().as_secs_f64() < 30.0, "{:?}", begin.elapsed());
    assert!(summary["trials"].as_array().expect("trials").len() < 1000);
    let refused = run(
        folder.path(),
        &[
            "tune",
            "tune.toml",
            "--set",
            "output.directory=\"x\"",
            "--set",
            "parameter=[{ path = \"optimiser.epochs\", low = 1, high = 2 }]",
        ],
    );
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("set by the search itself"), "{}", stderr(&refused));
    let unknown = run(
        folder.path(),
        &[
            "tune",
            "tune.toml",
            "--set",
            "parameter=[{ path = \"optimiser.speed\", low = 1, high = 2 }]",
            "--check",
        ],
    );
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("speed"), "{}", stderr(&unknown));
}
