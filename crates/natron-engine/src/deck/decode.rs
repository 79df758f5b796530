//! A document into a value of a type, with every mistake of the file in one answer.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeValue;

use super::locate::{attempt, culprit, in_backticks};
use super::path::{self, KeyPath, Step};
use super::{Document, wording};
use crate::InputError;

/// A value that has the right type and still cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Where, as `--set` writes it: `stage.production.timestep_fs`, or `stage[2].name`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do, where that is known.
    pub help: Option<String>,
}

/// What a value of wrong type is replaced by, in turn, to see the mistakes after it.
const STAND_INS: [&str; 6] = ["1", "1.0", "true", "\"x\"", "[]", "{}"];

/// Mistakes after this many are not searched for.
const MAX_ERRORS: usize = 20;

/// Reads a document as `T`.
///
/// # Errors
/// Every unknown key, missing key and value of wrong type, in the order of the file.
pub fn decode<T: DeserializeOwned>(document: &Document) -> Result<T, Vec<InputError>> {
    decode_and_check(document, |_: &T| Vec::new())
}

/// Reads a document as `T` and lets `check` say what is wrong with its values.
///
/// # Errors
/// As [`decode`], and the problems found by `check`.
pub fn decode_and_check<T: DeserializeOwned>(
    document: &Document,
    check: impl Fn(&T) -> Vec<Problem>,
) -> Result<T, Vec<InputError>> {
    let mut mending = Mending::new(document)?;
    let value = mending.mend::<T>();
    let mut found = mending.found;
    if let Some(value) = &value {
        for problem in check(value) {
            let path = KeyPath::resolve(&problem.path, &mending.tree);
            if mending.tried.keys().any(|tried| tried.holds(&path)) {
                continue;
            }
            // A key that should not be there is at fault itself, whatever its value.
            let stray = ["unknown key", "does not belong"].iter().any(|text| problem.message.contains(text));
            let mut error = match stray {
                true => document.error_on_key(&path, problem.message),
                false => document.error_on(&path, problem.message),
            };
            error.help = problem.help;
            found.push(error);
        }
    }
    found.sort_by_key(|error| (error.line.is_none(), error.line, error.column));
    match value {
        Some(value) if found.is_empty() => Ok(value),
        _ => Err(found),
    }
}

/// A document under repair: each mistake is noted, then taken away.
struct Mending<'d> {
    document: &'d Document,
    tree: Spanned<DeValue<'d>>,
    found: Vec<InputError>,
    /// How often the value of each path was replaced.
    tried: HashMap<KeyPath, usize>,
}

impl<'d> Mending<'d> {
    fn new(document: &'d Document) -> Result<Self, Vec<InputError>> {
        Ok(Self { document, tree: document.tree()?, found: Vec::new(), tried: HashMap::new() })
    }

    /// Reads, notes and mends until the document can be read; `None` where mending came to an end.
    fn mend<T: DeserializeOwned>(&mut self) -> Option<T> {
        while self.found.len() < MAX_ERRORS {
            let error = match attempt::<T>(&self.tree) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            let path = culprit::<T>(&self.tree, &error);
            if let Some(missing) = error.message().strip_prefix("missing field ").and_then(in_backticks) {
                let missing = path.then(Step::Key(missing.to_string()));
                self.replace(missing, &error)?;
            } else if error.message().starts_with("unknown field") {
                self.note(&path, &error);
                path::remove(&mut self.tree, &path);
            } else {
                self.replace(path, &error)?;
            }
        }
        None
    }

    /// Puts the next stand-in at a path; the first time the mistake there is noted.
    fn replace(&mut self, path: KeyPath, error: &toml::de::Error) -> Option<()> {
        let next = self.tried.get(&path).copied().unwrap_or(0);
        if next == 0 {
            self.note(&path, error);
        }
        let text: &'static str = STAND_INS.get(next)?;
        self.tried.insert(path.clone(), next + 1);
        let (last, above) = path.0.split_last()?;
        let parent = path::at_mut(&mut self.tree, &KeyPath(above.to_vec()))?;
        let span = parent.span();
        let stand_in =
            Spanned::new(span.clone(), DeValue::parse(text).expect("stand-ins are TOML").into_inner());
        match (parent.get_mut(), last) {
            (DeValue::Table(table), Step::Key(key)) => {
                table.insert(Spanned::new(span, key.clone().into()), stand_in);
            }
            (DeValue::Array(array), Step::Index(index)) => *array.get_mut(*index)? = stand_in,
            _ => return None,
        }
        Some(())
    }

    fn note(&mut self, path: &KeyPath, error: &toml::de::Error) {
        let unknown_key = error.message().starts_with("unknown field");
        let place = match path::key_of(&self.tree, path).filter(|_| unknown_key) {
            Some(key) => Some(key.span()),
            None => path::at(&self.tree, path).map(Spanned::span),
        };
        let (message, help) = wording::reword(error.message(), &path.shown(&self.tree));
        let mut noted = match place {
            Some(span) => self.document.error_at(span.start, message),
            None => self.document.error_on(path, message),
        };
        noted.help = help;
        self.found.push(noted);
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Deck {
        seed: u64,
        name: String,
        stage: Vec<Stage>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
    #[allow(dead_code)]
    enum Stage {
        Dynamics { name: String, timestep_fs: f64, ensemble: Ensemble },
        Minimise { name: String },
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
    #[allow(dead_code, non_snake_case)]
    enum Ensemble {
        Nve {},
        NvtLangevin { temperature_K: f64 },
    }

    fn errors(text: &str) -> Vec<String> {
        let document = Document::parse("d.toml".as_ref(), text.into(), &[]).expect("TOML");
        match decode::<Deck>(&document) {
            Ok(_) => Vec::new(),
            Err(errors) => errors
                .iter()
                .map(|e| format!("{}:{} {}", e.line.unwrap_or(0), e.column.unwrap_or(0), e.message))
                .collect(),
        }
    }

    const GOOD: &str = "seed = 1\nname = \"n\"\n[[stage]]\nkind = \"dynamics\"\nname = \"a\"\ntimestep_fs = 1.0\nensemble = { kind = \"nvt-langevin\", temperature_K = 600.0 }\n[[stage]]\nkind = \"minimise\"\nname = \"b\"\n";

    #[test]
    fn a_deck_without_mistakes_is_read() {
        assert_eq!(errors(GOOD), Vec::<String>::new());
    }

    #[test]
    fn an_unknown_key_deep_in_a_tagged_table_has_its_own_place() {
        let text = GOOD.replace("temperature_K = 600.0", "temperature_K = 600.0, temprature_K = 1.0");
        assert_eq!(errors(&text), ["7:60 unknown key `temprature_K` in stage.a.ensemble"]);
    }

    #[test]
    fn all_mistakes_of_a_file_come_at_once() {
        let text = GOOD
            .replace("seed = 1", "seed = \"one\"\nsed = 1")
            .replace("timestep_fs = 1.0", "timestep_fs = \"1 fs\"")
            .replace("name = \"b\"", "nme = \"b\"");
        let found = errors(&text);
        assert_eq!(found.len(), 5, "{found:#?}");
        assert!(found[0].starts_with("1:8 `seed` must be"), "{found:#?}");
        assert!(found[1].starts_with("2:1 unknown key `sed`"), "{found:#?}");
        assert!(found[2].starts_with("7:15 `stage.a.timestep_fs` must be"), "{found:#?}");
        assert!(found[3].contains("missing key `name`"), "{found:#?}");
        assert!(found[4].starts_with("11:1 unknown key `nme`"), "{found:#?}");
    }

    #[test]
    fn an_unknown_variant_is_named_with_its_alternatives() {
        let found = errors(&GOOD.replace("nvt-langevin", "nvt-langvin"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("7:21 `stage.a.ensemble.kind`"), "{found:#?}");
    }

    #[test]
    fn problems_of_values_are_located_beside_mistakes_of_form() {
        let document = Document::parse("d.toml".as_ref(), GOOD.replace("seed = 1", "seed = 1\nx = 2"), &[])
            .expect("TOML");
        let zero = |_: &Deck| {
            vec![Problem {
                path: "stage.a.timestep_fs".into(),
                message: "must be positive".into(),
                help: None,
            }]
        };
        let found = decode_and_check(&document, zero).expect_err("two mistakes");
        assert_eq!((found[0].line, found[1].line, found[1].column), (Some(2), Some(7), Some(15)));
    }
}
