//! Prose of the API as documentation of a language.

use serde::Deserialize;

/// How documentation is written; `[doc]` of `language.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocStyle {
    /// Longest line of the text, without prefix and indentation.
    pub width: usize,
    /// Begins a comment, such as `"""` or `/**`.
    pub open: String,
    /// Ends a comment, such as `"""` or ` */`.
    pub close: String,
    /// Before every line.
    pub prefix: String,
    /// Whether the text begins on the line of `open` and a single line ends on it.
    pub inline: bool,
    /// How a name or a value is set in running text; `{text}` is it.
    pub code: String,
    /// How an address is set in running text; `{text}` is it.
    pub link: String,
    /// Replacements in Asterisk's prose, for characters that mean something in the markup. One that begins with a blank
    /// is for the beginning of a word.
    pub replace: Vec<(String, String)>,
    /// The same in names and values, that is inside `code`.
    pub code_replace: Vec<(String, String)>,
    /// Replacements in the finished text, for what would end the comment.
    pub guard: Vec<(String, String)>,
    pub operation: OperationStyle,
}

impl Default for DocStyle {
    fn default() -> Self {
        DocStyle {
            width: 90,
            open: String::new(),
            close: String::new(),
            prefix: String::new(),
            inline: false,
            code: "{text}".to_string(),
            link: "{text}".to_string(),
            replace: Vec::new(),
            code_replace: Vec::new(),
            guard: Vec::new(),
            operation: OperationStyle::default(),
        }
    }
}

/// The sections of an operation's documentation, in this order. An empty pattern leaves its section out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperationStyle {
    /// `{method}` and `{path}`
    pub operation: String,
    /// `{since}`
    pub since: String,
    /// Heading of the parameters.
    pub parameters: String,
    /// One of them: `{name}` is Asterisk's name, `{identifier}` the language's; `{type}`, `{text}`.
    pub parameter: String,
    pub parameters_end: String,
    /// `{type}` and `{text}`
    pub returns: String,
    /// Heading of the errors.
    pub errors: String,
    /// One of them: `{class}`, `{status}`, `{text}`.
    pub error: String,
    pub errors_end: String,
    /// Indentation of the second and later lines of one parameter, return value or error.
    pub hang: usize,
}

impl Default for OperationStyle {
    fn default() -> Self {
        let text = |text: &str| text.to_string();
        OperationStyle {
            operation: text("ARI: {method} {path}"),
            since: text("Since Asterisk {since}."),
            parameters: text("Parameters:"),
            parameter: text("- {name}: {text}"),
            parameters_end: String::new(),
            returns: text("Returns {type}: {text}"),
            errors: text("Errors:"),
            error: text("- {class}: {text}"),
            errors_end: String::new(),
            hang: 2,
        }
    }
}

impl DocStyle {
    /// Asterisk's prose with the markup's own characters made harmless, in one line. What stands between backticks is
    /// code.
    pub fn prose(&self, text: &str) -> String {
        let text = one_line(text);
        let parts: Vec<&str> = text.split('`').collect();
        // One backtick without its other half is just a character.
        if parts.len().is_multiple_of(2) {
            return self.words(&text);
        }
        let set = |(i, part): (usize, &&str)| match i % 2 {
            0 => self.words(part),
            _ => self.code(part),
        };
        parts.iter().enumerate().map(set).collect()
    }

    fn words(&self, text: &str) -> String {
        text.split(' ').map(|word| self.word(word)).collect::<Vec<_>>().join(" ")
    }

    fn word(&self, word: &str) -> String {
        let plain = |text: &str| replace_in_words(text, &self.replace);
        let Some(start) = word.find("https://").or_else(|| word.find("http://")) else {
            return plain(word);
        };
        // The full stop of the sentence is no part of the address.
        let end = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'']).len().max(start);
        plain(&word[..start]) + &self.link.replace("{text}", &word[start..end]) + &plain(&word[end..])
    }

    /// A name or a value in running text.
    pub fn code(&self, text: &str) -> String {
        self.code.replace("{text}", &replace_in_words(text, &self.code_replace))
    }

    /// Paragraphs as wrapped lines.
    pub fn paragraphs(&self, paragraphs: &[String]) -> String {
        paragraphs
            .iter()
            .filter(|paragraph| !paragraph.trim().is_empty())
            .map(|paragraph| self.wrap(paragraph, 0))
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    /// Wraps each line of a text; what follows the first break of a line is indented by `hang`.
    pub fn wrap(&self, text: &str, hang: usize) -> String {
        let mut lines = Vec::new();
        for source in text.lines() {
            let lead: String = source.chars().take_while(|c| *c == ' ').collect();
            let mut line = lead;
            let mut is_empty = true;
            for word in source.split_whitespace() {
                let length = line.chars().count() + 1 + word.chars().count();
                if !is_empty && length > self.width {
                    lines.push(std::mem::replace(&mut line, " ".repeat(hang)));
                    is_empty = true;
                }
                if !is_empty {
                    line.push(' ');
                }
                line.push_str(word);
                is_empty = false;
            }
            lines.push(line.trim_end().to_string());
        }
        lines.join("\n")
    }

    /// The text as a comment; every line but the first is indented.
    pub fn comment(&self, text: &str, indent: usize) -> String {
        let text = replace_all(text, &self.guard);
        let mut lines: Vec<String> =
            text.lines().map(|line| format!("{}{line}", self.prefix).trim_end().to_string()).collect();
        if !self.open.is_empty() {
            if self.inline {
                let first = lines.first().map(String::as_str).unwrap_or_default();
                let opened = format!("{}{first}", self.open);
                match lines.len() {
                    0 | 1 => lines = vec![opened + &self.close],
                    _ => {
                        lines[0] = opened;
                        lines.push(self.close.clone());
                    }
                }
            } else {
                lines.insert(0, self.open.clone());
                lines.push(self.close.clone());
            }
        }
        let indentation = " ".repeat(indent);
        let mut comment = String::new();
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                comment.push('\n');
                if !line.is_empty() {
                    comment.push_str(&indentation);
                }
            }
            comment.push_str(line);
        }
        comment
    }
}

/// Replacements, those for the beginning of a word included.
fn replace_in_words(text: &str, replacements: &[(String, String)]) -> String {
    let replaced = replace_all(&format!(" {text}"), replacements);
    replaced.strip_prefix(' ').map(str::to_string).unwrap_or(replaced)
}

/// A text without line breaks and double blanks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Replacements in one pass from the left, so that none touches what another has written.
pub fn replace_all(text: &str, replacements: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let found = replacements.iter().find(|(from, _)| !from.is_empty() && rest.starts_with(from.as_str()));
        match found {
            Some((from, to)) => {
                out.push_str(to);
                rest = &rest[from.len()..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// A text as a sentence: it ends with a full stop, unless it ends with another such mark.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) {
        text.to_string()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_string(), to.to_string())
    }

    #[test]
    fn a_comment_cannot_be_ended_from_inside() {
        let python = DocStyle {
            open: "\"\"\"".into(),
            close: "\"\"\"".into(),
            inline: true,
            guard: vec![pair("\\", "\\\\"), pair("\"", "\\\"")],
            ..DocStyle::default()
        };
        assert_eq!(python.comment("ends with \"\"\"", 4), r##""""ends with \"\"\"""""##);
        assert_eq!(python.comment("a\n\nb", 4), "\"\"\"a\n\n    b\n    \"\"\"");
        let php = DocStyle {
            open: "/**".into(),
            close: " */".into(),
            prefix: " * ".into(),
            guard: vec![pair("*/", "* /")],
            ..DocStyle::default()
        };
        assert_eq!(php.comment("end */\n\nmore", 2), "/**\n   * end * /\n   *\n   * more\n   */");
    }

    #[test]
    fn long_lines_are_wrapped_and_items_hang() {
        let style = DocStyle { width: 12, ..DocStyle::default() };
        assert_eq!(style.wrap("one two three four", 0), "one two\nthree four");
        assert_eq!(style.wrap("  - one two three", 4), "  - one two\n    three");
        assert_eq!(style.wrap("größer größer größer", 0), "größer\ngrößer\ngrößer");
        assert_eq!(style.wrap("unbreakableunbreakable x", 0), "unbreakableunbreakable\nx");
    }

    #[test]
    fn addresses_become_links() {
        let style = DocStyle {
            link: "<{text}>".into(),
            replace: vec![pair("<", "\\<"), pair("_", "\\_")],
            ..DocStyle::default()
        };
        assert_eq!(style.prose("see (https://x.org/a_b).  a_b <c"), "see (<https://x.org/a_b>). a\\_b \\<c");
    }

    #[test]
    fn code_has_rules_of_its_own() {
        let rust = DocStyle { code: "`{text}`".into(), replace: vec![pair("<", "\\<")], ..DocStyle::default() };
        assert_eq!(rust.prose("a <b> `c <d>` <e"), "a \\<b> `c <d>` \\<e");
        assert_eq!(rust.prose("half a <b> `c"), "half a \\<b> `c");
        let escapes = vec![pair("<", "E<lt>"), pair(">", "E<gt>"), pair(" =", " E<61>")];
        let pod = DocStyle {
            code: "C<{text}>".into(),
            replace: escapes.clone(),
            code_replace: escapes,
            ..DocStyle::default()
        };
        assert_eq!(pod.prose("=cut a=b `a>b =cut` a, =pod"), "E<61>cut a=b C<aE<gt>b E<61>cut> a, E<61>pod");
        assert_eq!(pod.prose("`=cut`"), "C<E<61>cut>");
        assert_eq!(pod.code("x < y"), "C<x E<lt> y>");
    }

    #[test]
    fn replacements_do_not_touch_each_other() {
        assert_eq!(replace_all("a\\b", &[pair("\\", "\\\\"), pair("b", "\\")]), "a\\\\\\");
        assert_eq!(sentence(" No stop "), "No stop.");
        assert_eq!(sentence("Really?"), "Really?");
    }
}
