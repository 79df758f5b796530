//! The schema takes what the reader takes and refuses what it refuses.

use serde_json::{Value, json};

use super::md;

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&md()).expect("a schema of draft 7")
}

fn deck(text: &str) -> Value {
    toml::from_str(text).expect("TOML")
}

const EXAMPLE: &str = include_str!("../../../../examples/na22c200.toml");

#[test]
fn the_schema_is_one() {
    jsonschema::draft7::meta::validate(&md()).expect("it keeps to its own dialect");
}

#[test]
fn decks_that_run_are_taken() {
    let validator = validator();
    let new = crate::new_deck::deck_for(
        &crate::files::example_structure(crate::new_deck::EXAMPLE_STRUCTURE),
        "na22c200.extxyz",
    );
    for text in [EXAMPLE, &new.text] {
        let errors: Vec<String> = validator.iter_errors(&deck(text)).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{text}");
    }
}

/// Groups and what stages do with them.
const GROUPS: &str = r#"
[[group]]
name = "sodium"
species = ["Na"]
[[group]]
name = "few"
indices = [0, "3-7"]
[[group]]
name = "low"
region = { kind = "slab", axis = "z", from_A = 0, to_A = 4.5 }
[[group]]
name = "rest"
expression = "not (sodium or few)"
[[stage]]
name = "flow"
kind = "dynamics"
duration_ps = 1.0
timestep_fs = 1.0
ensemble = { kind = "nve" }
thermostats = [{ group = "rest", kind = "nvt-langevin", temperature_K = 300, friction_per_ps = 2.0 }]
fixed = ["few"]
zero_momentum = ["rest"]
[[stage]]
name = "squeeze"
kind = "minimise"
force_max_eV_per_A = 0.01
method = "lbfgs"
cell = "triclinic"
pressure_GPa = 1
stress_max_GPa = 0.1
"#;

#[test]
fn groups_are_taken_or_refused() {
    let validator = validator();
    let text = format!("{EXAMPLE}{GROUPS}");
    let errors: Vec<String> = validator.iter_errors(&deck(&text)).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    for (good, bad) in [
        ("species = [\"Na\"]", "species = [\"Na\"]\nindices = [1]"),
        ("species = [\"Na\"]", ""),
        ("axis = \"z\", ", ""),
        ("to_A = 4.5", "to_A = 4.5, radius_A = 1.0"),
        ("\"3-7\"", "\"3:7\""),
        ("group = \"rest\", ", ""),
        ("kind = \"nvt-langevin\"", "kind = \"nve\""),
        ("fixed = [\"few\"]", "fixed = \"few\""),
        ("method = \"lbfgs\"", "zero_momentum = []"),
    ] {
        let changed = text.replacen(good, bad, 1);
        assert_ne!(changed, text, "{good}");
        assert!(!validator.is_valid(&deck(&changed)), "{bad}");
    }
}

#[test]
fn decks_with_a_mistake_are_refused() {
    let validator = validator();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut deck = deck(EXAMPLE);
        change(&mut deck);
        !validator.is_valid(&deck)
    };
    assert!(!refused(&|_| ()));
    assert!(refused(&|deck| deck["sede"] = json!(1)));
    assert!(refused(&|deck| drop(deck.as_object_mut().expect("a table").remove("seed"))));
    assert!(refused(&|deck| drop(deck.as_object_mut().expect("a table").remove("potential"))));
    assert!(refused(&|deck| deck["seed"] = json!("one")));
    assert!(refused(&|deck| deck["seed"] = json!(1.5)));
    assert!(refused(&|deck| deck["seed"] = json!(-1)));
    assert!(refused(&|deck| deck["format"] = json!(2)));
    assert!(refused(&|deck| deck["system"]["frme"] = json!(0)));
    assert!(refused(&|deck| deck["potential"] = json!({})));
    assert!(refused(&|deck| deck["potential"] = json!({ "name": "nac", "file": "a.safetensors" })));
    assert!(refused(&|deck| deck["analysis"]["mobile"] = json!("Na")));
    assert!(refused(&|deck| deck["stage"][0]["kind"] = json!("minimize")));
    assert!(refused(&|deck| deck["stage"][0]["timestep_fs"] = json!(1.0)), "it belongs to dynamics");
    assert!(refused(&|deck| deck["stage"][1]["ensemble"]["kind"] = json!("nvt")));
    assert!(refused(
        &|deck| deck["stage"][1]["ensemble"] = json!({ "kind": "nvt-langevin", "temperature_K": 3.0 })
    ));
    assert!(refused(&|deck| deck["stage"][1]["ensemble"] = json!({ "kind": "nve", "friction_per_ps": 3.0 })));
    assert!(refused(&|deck| deck["stage"][1]["ensemble"]["temprature_K"] = json!(3.0)));
}

/// serde lists what it knows when it meets what it does not.
#[test]
fn no_key_is_forgotten() {
    let schema = md();
    let known = |change: &dyn Fn(&mut Value)| -> Vec<String> {
        let mut deck = deck(EXAMPLE);
        change(&mut deck);
        let error = serde_json::from_value::<natron_dynamics::MdDeck>(deck).expect_err("there is no key zz");
        let (_, list) = error
            .to_string()
            .split_once("expected ")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("a list");
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let described = |table: &Value, keys: Vec<String>| {
        assert!(keys.len() > 1 || table["properties"].as_object().is_some_and(|p| p.len() == 1), "{keys:?}");
        for key in keys {
            assert!(table["properties"].get(&key).is_some(), "`{key}` is not in the schema: {table}");
        }
    };
    described(&schema, known(&|deck| deck["zz"] = json!(1)));
    for section in ["system", "potential", "output", "analysis", "limits", "uncertainty", "neighbour"] {
        described(&schema["properties"][section], known(&|deck| deck[section]["zz"] = json!(1)));
    }
    let groups = &schema["properties"]["output"]["properties"]["trajectory_groups"]["items"];
    assert_eq!(groups["required"], json!(["name"]));
    assert_eq!(groups["properties"]["every_fs"]["type"], "number");
    let group = |deck: &mut Value| deck["output"]["trajectory_groups"] = json!([{ "name": "na", "zz": 1 }]);
    described(groups, known(&group));
    let named = known(&|deck| deck["group"] = json!([{ "name": "g", "zz": 1 }]));
    described(&schema["properties"]["group"]["items"], named);
    let stages = schema["properties"]["stage"]["items"]["oneOf"].as_array().expect("kinds of stages");
    let mut all = json!({ "properties": {} });
    for (key, value) in stages.iter().flat_map(|stage| stage["properties"].as_object().expect("keys")) {
        all["properties"][key] = value.clone();
    }
    described(&all, known(&|deck| deck["stage"][0]["zz"] = json!(1)));
}

/// The checker names the ensembles that there are.
#[test]
fn no_ensemble_is_forgotten() {
    let schema = md();
    let stages = schema["properties"]["stage"]["items"]["oneOf"].as_array().expect("kinds of stages");
    let dynamics = stages.iter().find(|stage| stage["title"] == "dynamics").expect("dynamics");
    let branches = dynamics["properties"]["ensemble"]["oneOf"].as_array().expect("ensembles");
    let described: Vec<&str> = branches.iter().filter_map(|branch| branch["title"].as_str()).collect();
    let mut wrong = deck(EXAMPLE);
    wrong["stage"][1]["ensemble"]["kind"] = json!("zz");
    let wrong: natron_dynamics::MdDeck = serde_json::from_value(wrong).expect("any kind is read");
    let problems = wrong.validate().expect_err("there is no ensemble zz");
    let help =
        problems.iter().filter_map(|p| p.help.as_deref()).find(|help| help.contains("nve")).expect("help");
    let (_, list) = help.split_once("there are ").expect("a list");
    assert_eq!(list.split(", ").collect::<Vec<_>>(), described);
}
