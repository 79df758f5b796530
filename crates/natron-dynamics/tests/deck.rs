//! Decks: what is read, and what is refused with which words.

use natron_dynamics::plan::{Ensemble, PotentialChoice, StageKind};
use natron_dynamics::{MdDeck, MdPlan};

const GOOD: &str = include_str!("decks/na22c200.toml");

fn plan(text: &str) -> MdPlan {
    toml::from_str::<MdDeck>(text).expect("the deck parses").validate().expect("the deck is right")
}

#[test]
fn the_example_of_the_contract_is_read() {
    let plan = plan(GOOD);
    assert_eq!((plan.run.seed, plan.replicas, plan.frame), (1, 1, None));
    assert_eq!(plan.potential, PotentialChoice::BuiltIn("nac".to_owned()));
    assert_eq!(plan.mobile[0].symbol(), "Na");
    let names: Vec<&str> = plan.run.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names, ["relax", "equilibrate", "production"]);
    let StageKind::Dynamics(equilibrate) = &plan.run.stages[1].kind else { panic!("dynamics") };
    assert_eq!((equilibrate.steps, equilibrate.trajectory_every), (5000, None));
    assert!(matches!(equilibrate.ensemble, Ensemble::Langevin { temperature, friction }
        if temperature.from.get() == 600.0 && friction.get() == 2.0));
    let StageKind::Dynamics(production) = &plan.run.stages[2].kind else { panic!("dynamics") };
    assert_eq!((production.steps, production.ensemble), (20_000, Ensemble::Nve));
    assert_eq!(production.trajectory_every.map(|n| n.get()), Some(20));
    assert_eq!((production.thermo_every.get(), production.restart_every.get()), (20, 5000));
}

#[test]
fn the_last_dynamics_stage_is_recorded_unless_one_says_otherwise() {
    let recorded = |text: &str| -> Vec<bool> {
        let dynamics = |stage: &natron_dynamics::plan::Stage| match &stage.kind {
            StageKind::Dynamics(dynamics) => dynamics.trajectory_every.is_some(),
            StageKind::Minimise(_) => false,
        };
        plan(text).run.stages.iter().map(dynamics).collect()
    };
    assert_eq!(recorded(&GOOD.replace("record = true", "")), [false, false, true]);
    assert_eq!(recorded(&GOOD.replace("record = true", "record = false")), [false, false, false]);
    // The first `timestep_fs` is that of equilibrate.
    let both = GOOD.replacen("timestep_fs = 1.0", "timestep_fs = 1.0\nrecord = true", 1);
    assert_eq!(recorded(&both), [false, true, true]);
}

#[test]
fn a_deck_survives_being_written() {
    let deck: MdDeck = toml::from_str(GOOD).expect("parses");
    let text = toml::to_string(&deck).expect("a deck can be written");
    assert_eq!(toml::from_str::<MdDeck>(&text).expect("parses"), deck);
    assert!(text.contains("force_max_eV_per_A = 0.05") && text.contains("temperature_K = 600.0"), "{text}");
    assert!(!text.contains("[limits]"), "defaults nobody set are not written");
}

#[test]
fn a_path_as_a_name_is_a_file() {
    for name in ["./nac", "my.safetensors"] {
        let text = GOOD.replace("name = \"nac\"", &format!("name = \"{name}\""));
        assert_eq!(plan(&text).potential, PotentialChoice::File(name.to_owned()));
    }
}

/// Each file of `decks/bad` starts with `# path: words` lines: all its problems, in any order, and no other.
#[test]
fn bad_decks_are_refused_with_their_words() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decks/bad");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let mut expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let deck: MdDeck = toml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let problems = deck.validate().expect_err("it must be refused");
        let mut found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{path:?}");
        files += 1;
    }
    assert!(files >= 5, "{files} files");
}

/// What serde refuses, with the place in the file.
#[test]
fn unknown_keys_and_wrong_types_have_a_place() {
    let cases = [
        ("duration_ps = 20.0", "duration_fs = 20.0", "unknown field `duration_fs`"),
        ("timestep_fs = 1.0", "timestep_fs = \"1\"", "invalid type: string \"1\", expected f64"),
        (
            "temperature_K = 600.0",
            "temperature_K = \"hot\"",
            "invalid type: string \"hot\", expected a number or { from = ..., to = ... }",
        ),
        ("seed = 1", "sed = 1", "unknown field `sed`"),
        ("seed = 1", "seed = -1", "invalid value: integer `-1`"),
        ("replicas = 1", "replicas = 1.5", "invalid type: floating point `1.5`"),
    ];
    for (good, bad, words) in cases {
        let text = GOOD.replace(good, bad);
        assert_ne!(text, GOOD, "{good}");
        let error = toml::from_str::<MdDeck>(&text).expect_err("it must be refused");
        assert!(error.message().contains(words), "{}", error.message());
        let span = error.span().expect("a place in the file");
        let line = text[..span.start].rfind('\n').map_or(0, |n| n + 1);
        let line = text[line..].lines().next().expect("a line");
        assert!(line.contains(bad), "{bad} is not at {span:?}");
    }
}

#[test]
fn ensembles_are_read_with_their_defaults() {
    let read = |written: &str| {
        let text = GOOD.replace("ensemble = { kind = \"nve\" }", &format!("ensemble = {written}"));
        assert_ne!(text, GOOD);
        let StageKind::Dynamics(stage) = plan(&text).run.stages[2].kind.clone() else { panic!("dynamics") };
        stage.ensemble.to_string()
    };
    let cases = [
        (
            "{ kind = \"nvt-nose-hoover\", temperature_K = 300 }",
            "nvt-nose-hoover, temperature_K = 300, relaxation_ps = 0.1, chain_length = 3, suzuki_yoshida = 3",
        ),
        (
            "{ kind = \"nvt-rescale\", temperature_K = { from = 300, to = 600.5 }, relaxation_ps = 0.5 }",
            "nvt-rescale, temperature_K = 300 to 600.5, relaxation_ps = 0.5",
        ),
        (
            "{ kind = \"nvt-berendsen\", temperature_K = 300 }",
            "nvt-berendsen, temperature_K = 300, relaxation_ps = 0.1",
        ),
        (
            "{ kind = \"npt-rescale\", temperature_K = 300, pressure_GPa = { from = 0, to = 1 }, coupling = \"triclinic\" }",
            "npt-rescale, temperature_K = 300, relaxation_ps = 0.1, pressure_GPa = 0 to 1, pressure_relaxation_ps = 2, \
             compressibility_per_GPa = 0.05, coupling = triclinic",
        ),
        (
            "{ kind = \"npt-mttk\", temperature_K = 300, pressure_GPa = 1, pressure_relaxation_ps = 0.5 }",
            "npt-mttk, temperature_K = 300, relaxation_ps = 0.1, chain_length = 3, suzuki_yoshida = 3, pressure_GPa = 1, \
             pressure_relaxation_ps = 0.5, coupling = isotropic",
        ),
    ];
    for (written, meant) in cases {
        assert_eq!(read(written), meant);
    }
}

/// Intervals that are whole numbers of steps only up to the last bits of a double are whole.
#[test]
fn decimal_fractions_are_whole_numbers_of_steps() {
    for (timestep, duration_ps, steps) in [("0.1", "0.3", 3000), ("0.7", "0.0007", 1), ("0.3", "1000", 0)] {
        let text = GOOD.replace("timestep_fs = 1.0", &format!("timestep_fs = {timestep}"));
        let text = text.replace("duration_ps = 20.0", &format!("duration_ps = {duration_ps}"));
        let text = text.replace("duration_ps = 5.0", "duration_ps = 2.1");
        let text = text
            .replace("every_fs = 20.0", "every_fs = 2.1")
            .replace("restart_every_ps = 5.0", "restart_every_ps = 2.1");
        let result = toml::from_str::<MdDeck>(&text).expect("the deck parses").validate();
        match result {
            Ok(plan) => {
                let StageKind::Dynamics(production) = &plan.run.stages[2].kind else { panic!("dynamics") };
                assert_eq!(production.steps, steps, "{duration_ps} ps of {timestep} fs");
            }
            Err(problems) => {
                assert_eq!((steps, problems.len()), (0, 1), "{problems:?}");
                let help = problems[0].help.as_deref().expect("the remedy");
                assert_eq!(help, "the nearest that is: 999.9999 ps");
            }
        }
    }
}
