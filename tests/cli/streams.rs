//! stdout, stderr, colours, exit codes.

use std::process::Stdio;

use super::{argon_folder, json, natron, number, one_object, run, stderr, succeeds};

#[test]
fn commands_that_do_not_exist_are_usage_errors() {
    let folder = argon_folder();
    for command in ["charge", "nonsense"] {
        let output = run(folder.path(), &[command]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(stderr(&output).starts_with("error: unrecognized subcommand"), "{}", stderr(&output));
    }
}

#[test]
fn usage_errors_are_json_where_json_was_asked_for() {
    let folder = argon_folder();
    let output = run(folder.path(), &["md", "--json", "--no-such-flag"]);
    assert_eq!(output.status.code(), Some(2));
    let object = one_object(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(object["schema"], "natron.md/1");
    assert!(object["error"]["message"].as_str().expect("a message").contains("--no-such-flag"));
}

#[test]
fn help_teaches_with_examples() {
    let folder = argon_folder();
    for command in [&["md"][..], &["evaluate"], &["diffusion"], &["bench"], &["new", "md"]] {
        let text = succeeds(folder.path(), &[command, &["--help"]].concat());
        assert!(text.contains("Examples:\n  natron "), "{command:?}\n{text}");
    }
}

#[test]
fn a_closed_pipe_ends_natron_silently() {
    let mut child = natron()
        .args(["bench", "-p", "lj-argon", "--atoms", "1", "--seconds", "0.2", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("natron starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("natron ends");
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn colours_are_the_users_choice() {
    let folder = argon_folder();
    let colored = |arguments: &[&str], variable: Option<(&str, &str)>| {
        let mut command = natron();
        command.current_dir(folder.path()).args(["md", "none.toml"]).args(arguments).envs(variable);
        let output = command.output().expect("natron starts");
        stderr(&output).contains('\u{1b}')
    };
    assert!(!colored(&[], None), "stderr is no terminal here");
    assert!(colored(&["--color", "always"], None));
    assert!(colored(&["--color", "always"], Some(("NO_COLOR", "1"))), "the flag wins");
    assert!(colored(&[], Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&["--color=never"], Some(("CLICOLOR_FORCE", "1"))));
}

#[test]
fn threads_come_from_the_flag_before_the_environment() {
    let folder = argon_folder();
    let bench = ["bench", "-p", "lj-argon", "--atoms", "1", "--seconds", "0.02"];
    let value = json(folder.path(), &[&bench[..], &["--threads", "2"]].concat());
    assert_eq!(number(&value, "threads"), 2.0);
    for key in ["us_per_atom_step", "atoms", "threads"] {
        assert_eq!(value[key], value["results"][0][key], "the first result is the headline");
    }
    assert!(number(&value, "us_per_atom_step") > 0.0);
    assert_eq!(value["potential"], "lj-argon");
    assert!(value["machine"]["threads_available"].as_u64().expect("a number") >= 1);
    let output = natron().args(bench).env("NATRON_THREADS", "none").output().expect("natron starts");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn quiet_means_errors_only() {
    let folder = argon_folder();
    let arguments = ["md", "argon.toml", "-q", "--set", "stage.production.duration_ps=0.2"];
    let output = run(folder.path(), &arguments);
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
    let output = run(folder.path(), &arguments);
    assert!(
        stderr(&output).starts_with("error: the run directory exists already\n  --> "),
        "{}",
        stderr(&output)
    );
}
