//! `natron view`: any file in a few lines.

use super::{argon_folder, json, number, run, succeeds};

#[test]
fn a_run_and_what_it_wrote_are_known() {
    let folder = argon_folder();
    succeeds(folder.path(), &["md", "argon.toml"]);
    let about = json(folder.path(), &["view", "run"]);
    assert_eq!((&about["schema"], &about["kind"]), (&"natron.view/1".into(), &"run directory".into()));
    let trajectory = json(folder.path(), &["view", "run/trajectory.h5"]);
    assert_eq!((&trajectory["kind"], number(&trajectory, "atoms")), (&"H5MD trajectory".into(), 32.0));
    assert_eq!(trajectory["frames"], about["trajectory_frames"]);
    assert_eq!(trajectory["closed"], true);
    let restart = about["newest_restart"].as_str().expect("a path").to_string();
    let restart = json(folder.path(), &["view", &restart]);
    assert_eq!((&restart["kind"], &restart["step"]), (&"restart".into(), &about["restart_step"]));
    let result = json(folder.path(), &["view", "run/summary.json"]);
    assert_eq!((&result["kind"], &result["of_schema"]), (&"natron result".into(), &"natron.md/1".into()));
    assert_eq!(json(folder.path(), &["view", "run/deck.toml"])["kind"], "md deck");
    let text = succeeds(folder.path(), &["view", "argon.extxyz"]);
    assert!(text.contains("Ar32") && text.contains("extxyz"), "{text}");
}

#[test]
fn data_sets_are_known_and_others_refused() {
    let folder = argon_folder();
    succeeds(folder.path(), &["data", "convert", "argon.extxyz", "frames.h5"]);
    let found = json(folder.path(), &["view", "frames.h5"]);
    assert_eq!((&found["kind"], number(&found, "frames")), (&"natron data set".into(), 1.0));
    std::fs::write(folder.path().join("noise.bin"), [7u8; 100]).expect("writes");
    assert_eq!(run(folder.path(), &["view", "noise.bin"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), &["view", "missing"]).status.code(), Some(2));
}
