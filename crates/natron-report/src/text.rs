//! Text inside XML and HTML, and how wide it will be.

/// Text made safe for XML and HTML content and attribute values: markup characters become entities, and characters
/// that XML 1.0 forbids (control characters) become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' => safe.push(c),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(c),
        }
    }
    safe
}

/// Words that a terminal shows in ASCII as a page shows them: `+-`, `m2/s` and, alone as a unit, `A`.
pub fn typeset(text: &str) -> String {
    let word = |word: &str| match word {
        "+-" => "\u{b1}".to_owned(),
        "A" | "A," | "A)" | "A/s" => word.replace('A', "\u{c5}"),
        _ => word.replace("m2/s", "m\u{b2}/s"),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// About how wide `text` is in units of the font size, for a sans-serif face. No font is consulted: the estimate is
/// meant for margins and legend boxes, and errs on the wide side.
pub fn width_em(text: &str) -> f64 {
    text.chars().map(char_em).sum()
}

fn char_em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | 'I' => 0.28,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | '²' | '³' | '⁻' => 0.34,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' => 0.9,
        'A'..='Z' | 'Å' | '±' | '×' | '=' | '+' | '<' | '>' => 0.68,
        _ => 0.56,
    }
}

/// A coordinate with at most two decimals and no trailing zeros.
pub(crate) fn coordinate(value: f64) -> String {
    let mut text = format!("{value:.2}");
    while text.contains('.') && (text.ends_with('0') || text.ends_with('.')) {
        text.pop();
    }
    if text == "-0" { "0".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_loses_its_markup() {
        assert_eq!(escape("<b a='\"'>&\u{0}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}");
        assert_eq!(escape("Å² 10⁻⁹"), "Å² 10⁻⁹");
    }

    #[test]
    fn units_are_typeset_and_words_are_not() {
        let text = "D / (m2/s): 2 +- 1, 3.1 A, (4 A) of Ar, A.xyz";
        assert_eq!(typeset(text), "D / (m\u{b2}/s): 2 \u{b1} 1, 3.1 \u{c5}, (4 \u{c5}) of Ar, A.xyz");
    }

    #[test]
    fn coordinates_are_short() {
        for (value, text) in [(1.0, "1"), (1.5, "1.5"), (-0.001, "0"), (100.0, "100"), (2.345, "2.35")] {
            assert_eq!(coordinate(value), text);
        }
    }
}
