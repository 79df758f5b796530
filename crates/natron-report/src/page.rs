//! One self-contained HTML page: nothing is loaded, no script runs, it reads on paper and on a dark screen.

use crate::table::Table;
use crate::text::escape;

/// A report built from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    title: String,
    body: String,
}

impl Page {
    /// A page with a title and nothing else.
    pub fn new(title: &str) -> Self {
        Self { title: title.into(), body: String::new() }
    }

    /// A line under the title.
    pub fn subtitle(self, text: &str) -> Self {
        self.element("p", " class=\"subtitle\"", text)
    }

    /// A section heading.
    pub fn heading(self, text: &str) -> Self {
        self.element("h2", "", text)
    }

    /// A paragraph.
    pub fn text(self, text: &str) -> Self {
        self.element("p", "", text)
    }

    /// A remark that a reader should see.
    pub fn note(self, text: &str) -> Self {
        self.element("p", " class=\"note\"", text)
    }

    /// A reason to doubt the numbers.
    pub fn warning(self, text: &str) -> Self {
        self.element("p", " class=\"warning\" role=\"alert\"", text)
    }

    /// Text as typed, such as a deck.
    pub fn code(self, text: &str) -> Self {
        self.element("pre", "", text)
    }

    /// A table.
    pub fn table(mut self, table: &Table) -> Self {
        self.body.push_str(&table.to_html());
        self.body.push('\n');
        self
    }

    /// A picture made by this crate with a caption. The SVG is taken as it is.
    pub fn figure(mut self, svg: &str, caption: &str) -> Self {
        let caption = escape(caption);
        self.body.push_str(&format!("<figure>{svg}<figcaption>{caption}</figcaption></figure>\n"));
        self
    }

    /// A few numbers that matter, large: (label, value, unit).
    pub fn key_numbers(mut self, numbers: &[(&str, &str, &str)]) -> Self {
        let cards: String = numbers
            .iter()
            .map(|(label, value, unit)| {
                let (label, value, unit) = (escape(label), escape(value), escape(unit));
                format!("<div><dt>{label}</dt><dd>{value} <small>{unit}</small></dd></div>")
            })
            .collect();
        self.body.push_str(&format!("<dl class=\"cards\">{cards}</dl>\n"));
        self
    }

    /// The page.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
            self.body
        )
    }

    fn element(mut self, tag: &str, attributes: &str, text: &str) -> Self {
        self.body.push_str(&format!("<{tag}{attributes}>{}</{tag}>\n", escape(text)));
        self
    }
}

/// The page's look. Class names `ink`, `paper`, `grid`, `minor`, `rule`, `ink-line` are those of the pictures.
const STYLE: &str = include_str!("page.css");
