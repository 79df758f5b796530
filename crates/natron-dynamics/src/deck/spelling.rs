//! The word that was meant.

/// The closest of some known words, if it is at most two edits away.
pub fn closest<'w>(given: &str, known: &[&'w str]) -> Option<&'w str> {
    let close = known.iter().map(|word| (edits(given, word), *word)).min_by_key(|(edits, _)| *edits);
    close.filter(|(edits, _)| *edits <= 2).map(|(_, word)| word)
}

/// Edits between two words (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count_insertions_deletions_and_substitutions() {
        assert_eq!((edits("kitten", "sitting"), edits("", "abc"), edits("same", "same")), (3, 3, 0));
    }

    #[test]
    fn only_what_is_close_is_suggested() {
        let known = ["temperature_K", "friction_per_ps"];
        assert_eq!(closest("temprature_K", &known), Some("temperature_K"));
        assert_eq!(closest("pressure", &known), None);
        assert_eq!(closest("pressure", &[]), None);
    }
}
