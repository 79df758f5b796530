//! Elements behind the labels that programs let users give to kinds of atoms.

use natron_atoms::Species;

/// The element of `Fe`, `Fe1`, `FE`, `Na_pv`, `O.5`: what its first letters spell.
pub(super) fn of_label(label: &str) -> Option<Species> {
    let letters: String = label.trim().chars().take_while(char::is_ascii_alphabetic).collect();
    let mut characters = letters.chars();
    let first = characters.next()?.to_ascii_uppercase();
    let symbol: String = std::iter::once(first).chain(characters.map(|c| c.to_ascii_lowercase())).collect();
    Species::from_symbol(&symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_begins_with_its_element() {
        for (label, symbol) in [("Fe1", "Fe"), ("NA_pv", "Na"), ("o.5", "O"), ("C", "C"), (" H ", "H")] {
            assert_eq!(of_label(label).map(Species::symbol), Some(symbol), "{label}");
        }
        assert_eq!(of_label("Xx"), None);
        assert_eq!(of_label("1"), None);
    }
}
