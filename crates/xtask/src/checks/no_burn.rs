//! The demo's build must not compile the training library: it costs minutes.

use super::{Context, Outcome};
use crate::command::{output_of, typed};

/// Asks cargo what the demo's build is made of.
pub fn check(context: &Context) -> Outcome {
    let selection = ["tree", "--locked", "--no-default-features", "--features", "hdf5", "-p", "natron"];
    let mut command = context.cargo(&selection);
    let repeat = typed(&command);
    println!("$ {repeat}");
    let complaints = match output_of(&mut command) {
        Some(tree) => lines_with_burn(&tree),
        None => vec![format!("`{repeat}` failed")],
    };
    Outcome::from_complaints(&repeat, complaints)
}

fn lines_with_burn(tree: &str) -> Vec<String> {
    let lines = tree.lines().filter(|line| {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word == "burn" || word == "cubecl")
    });
    lines.map(|line| line.trim_start_matches([' ', '│', '├', '└', '─']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_with_burn_is_seen() {
        let tree =
            "natron v0.1.0 (/w)\n├── natron-engine v0.1.0\n│   └── burn-flex v0.22.1\n└── sunburnt v1.0.0\n";
        assert_eq!(lines_with_burn(tree), ["burn-flex v0.22.1"]);
        assert!(lines_with_burn("natron v0.1.0 (/w)\n└── clap v4.6.0\n").is_empty());
    }
}
