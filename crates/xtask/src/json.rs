//! A small reader of JSON, enough for `cargo metadata` and `natron bench --json`.

/// A JSON value; objects keep their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one value; what follows it must be white space.
    pub fn parse(text: &str) -> Result<Json, String> {
        let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
        let value = reader.value()?;
        reader.skip_space();
        if reader.at == text.len() { Ok(value) } else { Err(reader.complaint("the end")) }
    }

    /// The member called `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> &[Json] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn complaint(&self, wanted: &str) -> String {
        format!("JSON: {wanted} expected at byte {}", self.at)
    }

    fn skip_space(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self) -> Result<Json, String> {
        self.skip_space();
        match self.bytes.get(self.at) {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(Json::Text),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") => Ok(Json::Bool(true)),
            _ if self.take("false") => Ok(Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Result<Json, String> {
        let mut members = Vec::new();
        self.sequence(b'}', |reader| {
            reader.skip_space();
            let key = reader.string()?;
            reader.skip_space();
            if !reader.take(":") {
                return Err(reader.complaint("`:`"));
            }
            members.push((key, reader.value()?));
            Ok(())
        })?;
        Ok(Json::Object(members))
    }

    fn list(&mut self) -> Result<Json, String> {
        let mut items = Vec::new();
        self.sequence(b']', |reader| {
            items.push(reader.value()?);
            Ok(())
        })?;
        Ok(Json::List(items))
    }

    /// Items between the bracket we stand on and `close`, parted by commas.
    fn sequence(
        &mut self,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        self.at += 1;
        self.skip_space();
        if self.bytes.get(self.at) == Some(&close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_space();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(byte) if *byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.complaint("`,` or a closing bracket")),
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.take("\"") {
            return Err(self.complaint("a string"));
        }
        let mut text = Vec::new();
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.complaint("a closing quote")),
                Some(b'"') => {
                    self.at += 1;
                    return String::from_utf8(text).map_err(|_| self.complaint("UTF-8"));
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(byte) => {
                    text.push(*byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let code = self.bytes.get(self.at + 1).copied();
        self.at += 2;
        match code {
            Some(b'n') => Ok('\n'),
            Some(b't') => Ok('\t'),
            Some(b'r') => Ok('\r'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(byte @ (b'"' | b'\\' | b'/')) => Ok(char::from(byte)),
            Some(b'u') => {
                let digits = self.bytes.get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
                let number = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
                self.at += 4;
                // Half of a surrogate pair is shown as a replacement: no name in a manifest needs one.
                number
                    .map(|n| char::from_u32(n).unwrap_or('\u{fffd}'))
                    .ok_or_else(|| self.complaint("\\uXXXX"))
            }
            _ => Err(self.complaint("an escape")),
        }
    }

    fn number(&mut self) -> Result<Json, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_digit() || b"+-.eE".contains(b)).count();
        let text = std::str::from_utf8(&rest[..length]).unwrap_or_default();
        let number = text.parse().map_err(|_| self.complaint("a value"))?;
        self.at += length;
        Ok(Json::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let value =
            Json::parse(r#" {"a": [1, -2.5e1, true, null], "b": {"c": "x\"\u00e9\n"}, "d": [], "e": {}} "#)
                .expect("valid JSON");
        let wanted = [Json::Number(1.0), Json::Number(-25.0), Json::Bool(true), Json::Null];
        assert_eq!(value.get("a").expect("a").items(), wanted);
        let inner = value.get("b").and_then(|b| b.get("c")).and_then(Json::text);
        assert_eq!(inner, Some("x\"é\n"));
        assert!(value.get("d").expect("d").items().is_empty());
    }

    #[test]
    fn broken_text_is_refused_with_its_place() {
        for text in ["", "{", "[1,]", "{\"a\" 1}", "\"open", "1 2", "nul", "[1 2]", "\"\\u12\"", "\"\\"] {
            let complaint = Json::parse(text).expect_err(text);
            assert!(complaint.contains("at byte"), "{complaint}");
        }
    }
}
