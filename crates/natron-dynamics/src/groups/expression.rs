//! Expressions over groups: `sodium and not (bottom or top)`.
//!
//! `not` binds strongest, `or` weakest:
//!
//! ```text
//! either  = both { "or" both }
//! both    = single { "and" single }
//! single  = "not" single | "(" either ")" | name
//! name    = letters, digits, - and _
//! ```

/// Brackets and `not` inside each other: deeper is no expression that anyone wrote.
const DEPTH_MAX: usize = 100;

/// A condition on the groups of an atom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// It belongs to this group.
    Group(String),
    /// The condition does not hold.
    Not(Box<Self>),
    /// All of them hold.
    All(Vec<Self>),
    /// One of them holds.
    Any(Vec<Self>),
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// A character that no word has.
    #[error("`{0}` cannot stand in an expression")]
    Character(char),
    /// A word where another is due.
    #[error("`{found}` stands where {wanted} is due")]
    Unexpected {
        /// The word.
        found: String,
        /// What should be there.
        wanted: &'static str,
    },
    /// It ends too early.
    #[error("the expression ends where {0} is due")]
    End(&'static str),
    /// Too many brackets inside each other.
    #[error("more than {DEPTH_MAX} brackets inside each other")]
    Depth,
}

impl Expression {
    /// The expression of a text.
    ///
    /// # Errors
    /// The text is none; the words say where.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut words = Words { words: split(text)?, next: 0, depth: 0 };
        let expression = words.either()?;
        match words.peek() {
            None => Ok(expression),
            Some(word) => {
                Err(ExpressionError::Unexpected { found: word.to_owned(), wanted: "`and`, `or` or the end" })
            }
        }
    }

    /// The groups that it names.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Group(name) => vec![name],
            Self::Not(inner) => inner.names(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::names).collect(),
        }
    }

    /// Which of `atoms` atoms satisfy it, `[atoms]`, where `group` says who belongs to a group.
    ///
    /// # Errors
    /// The name of a group that is not there.
    pub fn evaluate(
        &self,
        atoms: usize,
        group: impl Fn(&str) -> Option<Vec<bool>> + Copy,
    ) -> Result<Vec<bool>, String> {
        let fold = |parts: &[Self], start: bool, join: fn(bool, bool) -> bool| {
            let mut holds = vec![start; atoms];
            for part in parts {
                let other = part.evaluate(atoms, group)?;
                holds.iter_mut().zip(other).for_each(|(a, b)| *a = join(*a, b));
            }
            Ok(holds)
        };
        match self {
            Self::Group(name) => group(name).ok_or_else(|| name.clone()),
            Self::Not(inner) => Ok(inner.evaluate(atoms, group)?.into_iter().map(|holds| !holds).collect()),
            Self::All(parts) => fold(parts, true, |a, b| a && b),
            Self::Any(parts) => fold(parts, false, |a, b| a || b),
        }
    }
}

/// Whether a character may stand in a name.
fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn split(text: &str) -> Result<Vec<&str>, ExpressionError> {
    let (mut words, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            _ => rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len()),
        };
        if length == 0 {
            return Err(ExpressionError::Character(first));
        }
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

struct Words<'t> {
    words: Vec<&'t str>,
    next: usize,
    depth: usize,
}

impl<'t> Words<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.peek() == Some(word);
        self.next += usize::from(there);
        there
    }

    fn either(&mut self) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.both()?];
        while self.take("or") {
            parts.push(self.both()?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn both(&mut self) -> Result<Expression, ExpressionError> {
        let mut parts = vec![self.single()?];
        while self.take("and") {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn single(&mut self) -> Result<Expression, ExpressionError> {
        const WANTED: &str = "a group, `not` or `(`";
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(ExpressionError::Depth);
        }
        let found = self.peek().ok_or(ExpressionError::End(WANTED))?;
        self.next += 1;
        let expression = match found {
            "not" => Expression::Not(Box::new(self.single()?)),
            "(" => {
                let inner = self.either()?;
                if !self.take(")") {
                    return Err(match self.peek() {
                        Some(word) => ExpressionError::Unexpected {
                            found: word.to_owned(),
                            wanted: "`)`, `and` or `or`",
                        },
                        None => ExpressionError::End("`)`"),
                    });
                }
                inner
            }
            ")" | "and" | "or" => {
                return Err(ExpressionError::Unexpected { found: found.to_owned(), wanted: WANTED });
            }
            name => Expression::Group(name.to_owned()),
        };
        self.depth -= 1;
        Ok(expression)
    }
}

fn one_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight atoms, one for each way to belong to a, b and c.
    fn truth(text: &str) -> Vec<bool> {
        let group = |name: &str| {
            let bit = ["a", "b", "c"].iter().position(|known| *known == name)?;
            Some((0..8).map(|atom| atom >> bit & 1 == 1).collect())
        };
        Expression::parse(text).expect("an expression").evaluate(8, group).expect("known groups")
    }

    fn by(condition: fn(bool, bool, bool) -> bool) -> Vec<bool> {
        (0..8).map(|atom| condition(atom & 1 == 1, atom >> 1 & 1 == 1, atom >> 2 & 1 == 1)).collect()
    }

    #[test]
    fn not_binds_stronger_than_and_and_and_than_or() {
        assert_eq!(truth("a"), by(|a, _, _| a));
        assert_eq!(truth("not a and b"), by(|a, b, _| !a && b));
        assert_eq!(truth("a or b and c"), by(|a, b, c| a || (b && c)));
        assert_eq!(truth("(a or b) and c"), by(|a, b, c| (a || b) && c));
        assert_eq!(truth("a and not (b or c)"), by(|a, b, c| a && !(b || c)));
        assert_eq!(truth("not not(a)and(b)or c"), by(|a, b, c| (a && b) || c));
        assert_eq!(truth(" a\tor b or\nc "), by(|a, b, c| a || b || c));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| Expression::parse(text).expect_err("it is none").to_string();
        assert_eq!(wrong(""), "the expression ends where a group, `not` or `(` is due");
        assert_eq!(wrong("a and"), "the expression ends where a group, `not` or `(` is due");
        assert_eq!(wrong("a b"), "`b` stands where `and`, `or` or the end is due");
        assert_eq!(wrong("a or )"), "`)` stands where a group, `not` or `(` is due");
        assert_eq!(wrong("(a or b"), "the expression ends where `)` is due");
        assert_eq!(wrong("(a b)"), "`b` stands where `)`, `and` or `or` is due");
        assert_eq!(wrong("a & b"), "`&` cannot stand in an expression");
        assert_eq!(wrong("and"), "`and` stands where a group, `not` or `(` is due");
        assert_eq!(wrong(&"(".repeat(100_000)), "more than 100 brackets inside each other");
        assert_eq!(wrong(&"not ".repeat(100_000)), "more than 100 brackets inside each other");
    }

    #[test]
    fn an_unknown_group_is_named() {
        let expression = Expression::parse("a or not z").expect("an expression");
        assert_eq!(expression.names(), ["a", "z"]);
        let found = expression.evaluate(1, |name| (name == "a").then(|| vec![true]));
        assert_eq!(found, Err("z".to_owned()));
    }
}
