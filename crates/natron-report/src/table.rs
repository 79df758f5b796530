//! Tables for the terminal and for a page.

use crate::text::{escape, typeset};

/// Rows of text under a heading.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl Table {
    /// A table with these column headings and no row.
    pub fn new<S: AsRef<str>>(heading: &[S]) -> Self {
        let heading: Vec<String> = heading.iter().map(|h| h.as_ref().to_string()).collect();
        let right = vec![false; heading.len()];
        Self { heading, rows: Vec::new(), right }
    }

    /// A row; missing cells are empty, cells beyond the heading are left out.
    pub fn row<S: AsRef<str>>(mut self, cells: &[S]) -> Self {
        self.push(cells);
        self
    }

    /// Like [`Table::row`], in place.
    pub fn push<S: AsRef<str>>(&mut self, cells: &[S]) {
        let mut row: Vec<String> = cells.iter().map(|c| c.as_ref().to_string()).collect();
        row.resize(self.heading.len(), String::new());
        self.rows.push(row);
    }

    /// Aligns a column (from 0) to the right, as numbers want.
    pub fn right(mut self, column: usize) -> Self {
        if let Some(flag) = self.right.get_mut(column) {
            *flag = true;
        }
        self
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Aligned columns for a terminal, ending in a newline. Control characters (a file's name may hold escape
    /// sequences) become U+FFFD.
    pub fn to_text(&self) -> String {
        let lines: Vec<Vec<String>> = std::iter::once(&self.heading)
            .chain(&self.rows)
            .map(|r| r.iter().map(|c| plain(c)).collect())
            .collect();
        let widths: Vec<usize> = (0..self.heading.len())
            .map(|k| lines.iter().map(|line| line[k].chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for (k, line) in lines.iter().enumerate() {
            if k == 1 {
                let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
                text.push_str(&format!("{}\n", rule.join("  ")));
            }
            let cells: Vec<String> =
                (0..widths.len()).map(|c| pad(&line[c], widths[c], self.right[c])).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    /// An HTML `<table>`, its words as a page can show them: plus-minus, powers, angstrom.
    pub fn to_html(&self) -> String {
        let row = |tag: &str, cells: &[String]| {
            let cell = |(k, text): (usize, &String)| {
                let class = if self.right[k] { " class=\"right\"" } else { "" };
                format!("<{tag}{class}>{}</{tag}>", escape(&typeset(text)))
            };
            format!("<tr>{}</tr>", cells.iter().enumerate().map(cell).collect::<String>())
        };
        let body: String = self.rows.iter().map(|r| row("td", r)).collect();
        format!(
            "<div class=\"wide\"><table{}><thead>{}</thead><tbody>{body}</tbody></table></div>",
            // Name and value: long values break, where wider tables are scrolled.
            if self.heading.len() == 2 { " class=\"facts\"" } else { "" },
            row("th", &self.heading)
        )
    }
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn pad(text: &str, width: usize, right: bool) -> String {
    if right { format!("{text:>width$}") } else { format!("{text:<width$}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let table = Table::new(&["quantity", "value", "unit"])
            .right(1)
            .row(&["D", "2.10e-9", "m²/s"])
            .row(&["temperature", "600", "K"]);
        assert_eq!(
            table.to_text(),
            "quantity       value  unit\n-----------  -------  ----\nD            2.10e-9  m²/s\ntemperature      600  K\n"
        );
    }

    #[test]
    fn short_and_long_rows_fit_the_heading() {
        let table = Table::new(&["a", "b"]).row(&["1"]).row(&["1", "2", "3"]);
        assert_eq!(table.to_html().matches("<td>").count(), 4);
    }

    #[test]
    fn hostile_cells_are_harmless() {
        let table = Table::new(&["<h>"]).row(&["\u{1b}[2J<script>"]);
        assert!(!table.to_text().contains('\u{1b}'));
        assert!(!table.to_html().contains("<script>") && !table.to_html().contains("<h>"));
    }
}
