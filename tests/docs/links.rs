//! Links between documents.

use std::path::Path;

use super::markdown::Document;

/// Links of a document that lead nowhere. Addresses on the web are not followed.
pub fn complaints(path: &Path, text: &str) -> Vec<String> {
    let document = Document::read(text);
    let folder = path.parent().expect("a file lies in a folder");
    let targets =
        document.prose.iter().flat_map(|(line, prose)| targets(prose).map(move |target| (*line, target)));
    targets
        .filter(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"))
        .filter_map(|(line, target)| {
            let problem = problem(path, folder, &document, target)?;
            Some(format!("{}:{line}: {target}: {problem}", path.display()))
        })
        .collect()
}

fn problem(path: &Path, folder: &Path, document: &Document, target: &str) -> Option<&'static str> {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let full = if file.is_empty() { path.to_owned() } else { folder.join(file) };
    if !full.exists() {
        return Some("no such file");
    }
    let anchor = anchor?;
    let anchors =
        if file.is_empty() { document.anchors() } else { Document::read(&super::read(&full)).anchors() };
    (!anchors.iter().any(|known| known == anchor)).then_some("no such heading")
}

/// What `](target)` and `src="target"` point at in a line; code between backticks does not count.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let prose = line.split('`').step_by(2);
    prose.flat_map(|part| {
        let inline = part.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let html = part.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
        inline.chain(html).map(|target| target.split_whitespace().next().unwrap_or_default())
    })
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let path = crate::support::repository().join("README.md");
    let text = "# Top\nsee [a](Cargo.toml), [b](no-such-file.md), [c](#top) and\n[d](#bottom) `[e](nor-this.md)`\n\
        <img src=\"no-such-picture.svg\"> [f](https://example.org/x)\n";
    let found = complaints(&path, text);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains(":2: no-such-file.md: no such file"), "{found:?}");
    assert!(found[1].contains(":3: #bottom: no such heading"), "{found:?}");
    assert!(found[2].contains(":4: no-such-picture.svg"), "{found:?}");
}
