//! Hints: the words that other feeds use for event types, fields and values, and the word of this format for each.
//!
//! The hints are tables of rows `right: advice <- words;`. `right` is the word of this format and may be empty; the advice
//! is the end of a sentence, and may be left out; the words of other feeds are [plain](normalise_word). To add a word, add
//! it to a row of [`event_types`], [`fields`] or [`values`]. A hint is preferred to "did you mean", which compares only the
//! spelling: `on_target` is one letter from its opposite.

mod clock;
mod event_types;
mod fields;
mod values;

pub(super) use clock::{clock_from_number, clock_hint};
pub(super) use event_types::{event_type_hint, find_event_types};
pub(super) use fields::{event_object, field_hint};
pub(super) use values::{is_goalkeeper, period_hint, value_hint};

/// What to write in place of a word of another feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WordHint {
    /// The word of this format; empty where no single word is right.
    pub right: &'static str,
    /// What to write, as the end of a sentence; empty where the word is enough.
    pub advice: &'static str,
}

impl WordHint {
    /// The hint at the beginning of a row.
    fn parse(head: &'static str) -> Self {
        let (right, advice) = head.split_once(": ").unwrap_or((head, ""));
        Self { right, advice }
    }
}

/// The rows of a table: the beginning of each, and the words of other feeds.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.trim_start().split_terminator(";\n").filter_map(|row| row.split_once(" <-"))
}

/// A word in lower case, letters and digits only: `ownGoal`, `own-goal` and `OWN GOAL` are all `owngoal`.
pub(super) fn normalise_word(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(60).collect()
}

/// Whether `plain` is the plain form of a word of this format.
fn is_normalised_form_of(known: &str, plain: &str) -> bool {
    !plain.is_empty() && known.bytes().filter(|byte| *byte != b'_').eq(plain.bytes())
}

/// Whether a space-separated list contains a word.
fn contains_word(words: &str, word: &str) -> bool {
    !word.is_empty() && words.split_ascii_whitespace().any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_in_any_spelling() {
        for word in ["own_goal", "ownGoal", "OWN GOAL", "own-goal", "Own.Goal"] {
            assert_eq!(normalise_word(word), "owngoal");
        }
        assert!(contains_word("a bc", "bc") && !contains_word("a bc", "b") && !contains_word("a bc", ""));
    }
}
