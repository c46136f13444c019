//! The usual slips of JSON that is written by hand, told from the text alone.

/// What a comment begins with, if this is one.
pub(super) fn comment(text: &str) -> Option<&'static str> {
    ["//", "#", "/*", "--", "<!--"].into_iter().find(|mark| text.starts_with(mark))
}

/// What is said of a comment that begins so.
pub(super) fn not_a_comment(mark: &str) -> String {
    format!("JSON Lines have no comments: remove {mark:?} and what follows it")
}

/// The usual slips of those who write JSON by hand, by what stands where it stops being JSON.
pub(super) fn slip(text: &str, byte: usize) -> Option<&'static str> {
    let (before, rest) = (text[..byte].trim_end(), &text[byte..]);
    let word = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    // serde_json stops at a letter of a word that is none of its own.
    let begun = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let whole = [begun, word].concat();
    match rest.chars().next()? {
        '\'' => Some("JSON has double quotation marks, not single ones"),
        '“' | '”' | '„' | '«' | '‘' | '’' => Some("JSON has straight quotation marks: \""),
        '}' | ']' if before.ends_with(',') => Some("a comma stands before the closing bracket: JSON has none there"),
        '"' if before.ends_with(['"', '}', ']']) || before.ends_with(|c: char| c.is_ascii_alphanumeric()) => {
            Some("a comma is missing before this, or a quotation mark in a text is not written as \\\"")
        }
        '/' | '#' => Some("JSON has no comments"),
        '\u{0}'..='\u{1f}' => Some("a tab or line end in a text is written as \\t or \\n"),
        _ if ["True", "False", "None", "NaN", "Infinity", "undefined", "nil"].contains(&&*whole) => {
            Some("not a JSON object: JSON has true, false and null, and numbers in digits")
        }
        c if (c.is_ascii_alphabetic() || c == '_') && before.ends_with(['{', ',']) => {
            Some("the name of a field stands in double quotation marks")
        }
        c if c.is_ascii_alphabetic() && before.ends_with('"') => {
            Some("a quotation mark in a text is written as \\\", or a comma is missing")
        }
        c if c.is_ascii_alphabetic() && before.ends_with(':') => Some("a text stands in double quotation marks"),
        '0'..='9' if before.ends_with('0') => Some("a number does not begin with 0"),
        _ => None,
    }
}

/// The text that stands behind a name in something that is nearly JSON.
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
    fn names_are_found_in_what_is_nearly_json() {
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
