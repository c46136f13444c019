//! What other feeds and people write where this format has a word of its own, and the right word for it.
//!
//! The contains_word are tables: a new word is a word in a row of [`event_types`], [`fields`] or [`values`]. They come before
//! "did you mean", which knows only how near two words are written: `on_target` is one letter from its opposite.

mod clock;
mod event_types;
mod fields;
mod values;

pub(super) use clock::{meant, meant_number};
pub(super) use event_types::{event_type, types_in};
pub(super) use fields::{FieldHint, event_object, field};
pub(super) use values::{is_goalkeeper, period, value};

/// A word without what differs from feed to feed: `ownGoal`, `own-goal` and `OWN GOAL` are all `owngoal`.
pub(super) fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(60).collect()
}

/// Whether a word of this format is this one, made [plain].
fn is_plain_of(known: &str, plain: &str) -> bool {
    !plain.is_empty() && known.bytes().filter(|byte| *byte != b'_').eq(plain.bytes())
}

/// Whether a list of words, separated by blanks, has the word.
fn contains_word(words: &str, word: &str) -> bool {
    !word.is_empty() && words.split_ascii_whitespace().any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_in_any_spelling() {
        for word in ["own_goal", "ownGoal", "OWN GOAL", "own-goal", "Own.Goal"] {
            assert_eq!(plain(word), "owngoal");
        }
        assert!(contains_word("a bc", "bc") && !contains_word("a bc", "b") && !contains_word("a bc", ""));
    }
}
