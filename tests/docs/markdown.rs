//! As much of Markdown as the checks need: fenced blocks, headings, and the prose between them.

/// A fenced block.
#[derive(Debug, PartialEq)]
pub struct Block {
    /// What stands behind the opening fence: a language, and `title=NAME` for a file.
    pub info: String,
    /// Its lines.
    pub text: String,
    /// Line of the opening fence, from 1.
    pub line: usize,
}

impl Block {
    /// The first word behind the fence.
    pub fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }

    /// The file this block is the content of.
    pub fn title(&self) -> Option<&str> {
        self.info.split_whitespace().find_map(|word| word.strip_prefix("title="))
    }
}

/// A document in its parts.
#[derive(Debug, Default)]
pub struct Document {
    /// The fenced blocks.
    pub blocks: Vec<Block>,
    /// Lines outside fences with their numbers, from 1.
    pub prose: Vec<(usize, String)>,
}

impl Document {
    /// Takes a text apart.
    pub fn read(text: &str) -> Self {
        let mut document = Self::default();
        let mut open: Option<Block> = None;
        for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
            match (line.trim_start().strip_prefix("```"), open.as_mut()) {
                (Some(info), None) => {
                    open = Some(Block { info: info.trim().to_owned(), text: String::new(), line: number });
                }
                (Some(_), Some(_)) => document.blocks.extend(open.take()),
                (None, Some(block)) => block.text += &format!("{line}\n"),
                (None, None) => document.prose.push((number, line.to_owned())),
            }
        }
        document.blocks.extend(open);
        document
    }

    /// The names by which headings are linked to.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.prose.iter().filter(|(_, line)| line.starts_with('#'));
        headings.map(|(_, line)| anchor(line.trim_start_matches('#'))).collect()
    }
}

/// A heading's anchor: lower case, punctuation dropped, spaces to hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn blocks_and_prose_are_parted() {
    let text = "# A `b`: c\nsee\n```toml title=run.toml\nx = 1\n```\nend\n```console\n$ natron\n";
    let document = Document::read(text);
    assert_eq!(document.anchors(), ["a-b-c"]);
    assert_eq!(document.blocks.len(), 2, "an open block ends with the text");
    assert_eq!(document.blocks[0].title(), Some("run.toml"));
    assert_eq!(document.blocks[0].language(), "toml");
    assert_eq!(document.blocks[1].line, 7);
    assert_eq!(document.prose.last(), Some(&(6, "end".to_owned())));
}
