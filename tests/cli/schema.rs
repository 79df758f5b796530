//! `natron schema`, `natron completions`, `natron man`: what other programs take from natron.

use super::{json, succeeds};

#[test]
fn the_schema_names_the_keys_of_a_deck() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = succeeds(folder.path(), &["schema", "md"]);
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["properties"]["seed"]["type"], "integer");
    assert_eq!(schema["required"][0], "format");
    assert_eq!(json(folder.path(), &["schema", "md"])["json_schema"], schema);
    let study = json(folder.path(), &["schema", "study"]);
    assert_eq!(study["json_schema"]["title"], "natron study deck");
    let build = json(folder.path(), &["schema", "build"]);
    assert_eq!(build["json_schema"]["title"], "natron build deck");
}

#[test]
fn completions_and_manual_know_every_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for shell in ["bash", "zsh", "fish"] {
        let text = succeeds(folder.path(), &["completions", shell]);
        assert!(text.contains("overwrite") && text.contains("diffusion"), "{shell}");
    }
    let manual = succeeds(folder.path(), &["man"]);
    for command in ["evaluate", "diffusion", "data", "schema"] {
        assert!(manual.contains(&format!("natron\\-{command}")), "{command} is not in the manual");
    }
    assert!(json(folder.path(), &["man"])["text"].as_str().is_some_and(|text| text == manual));
}
