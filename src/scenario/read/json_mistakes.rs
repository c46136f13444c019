//! Recognises the usual mistakes in hand-written JSON, from the text alone.

/// The mark that a text begins with if it is a comment.
pub(super) fn find_comment_mark(text: &str) -> Option<&'static str> {
    ["//", "#", "/*", "--", "<!--"].into_iter().find(|mark| text.starts_with(mark))
}

/// The message about a comment that begins with `mark`.
pub(super) fn comment_text(mark: &str) -> String {
    format!("JSON Lines have no comments: remove {mark:?} and what follows it")
}

/// The message about a usual mistake, recognised by the text around the byte at which parsing failed.
pub(super) fn json_mistake_text(text: &str, byte: usize) -> Option<&'static str> {
    let (before, rest) = (text[..byte].trim_end(), &text[byte..]);
    let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    // serde_json stops within an unknown word, not at its beginning.
    let begun = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let whole = [begun, word].concat();
    match rest.chars().next()? {
        '\'' => Some("write texts in double quotation marks, not single ones"),
        '“' | '”' | '„' | '«' | '‘' | '’' => Some("write straight quotation marks: \""),
        '}' | ']' if before.ends_with(',') => Some("remove the comma before the closing bracket"),
        '"' if before.ends_with(['"', '}', ']']) || before.ends_with(|c: char| c.is_ascii_alphanumeric()) => {
            Some("a comma is missing before this, or a quotation mark within a text is not written as \\\"")
        }
        '/' | '#' => Some("JSON has no comments"),
        '\u{0}'..='\u{1f}' => Some("write a tab or line end within a text as \\t or \\n"),
        _ if ["True", "False", "None", "NaN", "Infinity", "undefined", "nil"].contains(&&*whole) => {
            Some("not a JSON object: write true, false or null, and numbers in digits")
        }
        c if (c.is_ascii_alphabetic() || c == '_') && before.ends_with(['{', ',']) => {
            Some("write field names in double quotation marks")
        }
        c if c.is_ascii_alphabetic() && before.ends_with('"') => {
            Some("write a quotation mark within a text as \\\", or add the missing comma")
        }
        c if c.is_ascii_alphabetic() && before.ends_with(':') => Some("write texts in double quotation marks"),
        '0'..='9' if before.ends_with('0') => Some("write numbers without a leading 0"),
        _ => None,
    }
}

/// The text after a key, in a line that is nearly JSON.
pub(super) fn text_after_key<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    const QUOTES: &[char] = &['"', '\'', '“', '”', '’'];
    text.match_indices(key).find_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| !QUOTES.contains(&c) && !"{, ".contains(c)) {
            return None;
        }
        let rest = text[at + key.len()..].trim_start_matches(QUOTES).trim_start().strip_prefix([':', '='])?;
        let rest = rest.trim_start().strip_prefix(QUOTES)?;
        let end = rest.find(QUOTES)?;
        (1..=200).contains(&end).then(|| &rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_what_is_nearly_json() {
        for text in [r#"{"id":"g1" "type":"goal"}"#, "{'id': 'g1', 'type': 'goal'}", "{id: \"g1\", type: \"goal\"}"] {
            assert_eq!(
                (text_after_key(text, "id"), text_after_key(text, "type")),
                (Some("g1"), Some("goal")),
                "{text}"
            );
        }
        assert_eq!(text_after_key(r#"{"told_id":"x"}"#, "id"), None);
    }
}
