//! Text for messages: excerpts of foreign text, and "did you mean" suggestions.

use std::cmp::Reverse;
use std::fmt::Display;

/// The maximum length of quoted foreign text, in characters.
const EXCERPT: usize = 60;

/// Foreign text for a message: at most its first 60 characters, then `…`.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `1 event`, `2 events`.
pub(crate) fn format_count<N: Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

/// A number with a comma between thousands: `1,733`.
pub(crate) fn group_digits(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A message lists the accepted values up to this many: all faults and presets.
const MAX_LISTED: usize = 30;

/// A message, followed by the accepted values if they are few.
pub(crate) fn with_accepted(message: &str, accepted: &[String]) -> String {
    match accepted {
        [_, ..] if accepted.len() <= MAX_LISTED => format!("{message}; accepted: {}", accepted.join(", ")),
        _ => message.to_owned(),
    }
}

/// The candidate most similar to `word`, if one is similar enough to suggest.
///
/// Similar means at most one edit per three letters; swapping two neighbours is one edit. A word with the opposite
/// meaning is never suggested.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Computing the distance takes quadratic time.
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let lower = word.to_lowercase();
    let letters = lower.chars().count();
    let allowed = (letters / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            // The distance is at least the difference in length.
            let comparable = other.chars().count().abs_diff(letters) <= allowed;
            // Of equally similar ones, that which begins alike longer: the first letters are rarely wrong.
            let alike = lower.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
            comparable.then(|| (strsim::damerau_levenshtein(&lower, &other), Reverse(alike), candidate))
        })
        .filter(|(distance, _, candidate)| *distance <= allowed && !are_opposites(&lower, &candidate.to_lowercase()))
        // Deterministic among equally similar candidates, whatever their order.
        .min()
        .map(|(.., candidate)| candidate)
}

/// Pairs of words with opposite meanings.
const OPPOSITES: &[(&str, &str)] = &[
    ("on", "off"),
    ("in", "out"),
    ("onside", "offside"),
    ("start", "end"),
    ("starts", "ends"),
    ("started", "ended"),
    ("begin", "end"),
    ("scored", "missed"),
    ("scored", "saved"),
    ("home", "away"),
    ("first", "second"),
    ("left", "right"),
    ("won", "lost"),
    ("true", "false"),
    ("allowed", "disallowed"),
    ("yellow", "red"),
];

/// Whether two names differ by a word with the opposite meaning: `on_target` and `off_target`, `unconfirmed` and
/// `confirmed`, `not_overturned` and `overturned`.
fn are_opposites(one: &str, other: &str) -> bool {
    let words = |name: &str| name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    let negates = |one: &str, other: &str| ["un", "non", "not"].iter().any(|not| one.strip_prefix(not) == Some(other));
    let opposite = |(one, other): (&String, &String)| {
        OPPOSITES.iter().any(|pair| *pair == (one.as_str(), other.as_str()) || *pair == (other.as_str(), one.as_str()))
            || negates(one, other)
            || negates(other, one)
    };
    let negated = |one: &[String], other: &[String]| matches!(one, [not, rest @ ..] if not == "not" && rest == other);
    one.len() == other.len() && one.iter().zip(&other).any(opposite) || negated(&one, &other) || negated(&other, &one)
}

/// ` (did you mean "goal"?)` or an empty string, to append to a message about an unknown word.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    suggest(word, candidates).map(suggestion_text).unwrap_or_default()
}

/// ` (did you mean "goal"?)` for a known candidate.
pub(crate) fn suggestion_text(right: &str) -> String {
    format!(" (did you mean {right:?}?)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_foreign_text_is_shortened() {
        for (text, shown) in [("", String::new()), ("höhe", "höhe".to_owned())] {
            assert_eq!(excerpt(text), shown);
        }
        assert_eq!(excerpt(&"ö".repeat(60)), "ö".repeat(60));
        assert_eq!(excerpt(&"ö".repeat(61)), "ö".repeat(60) + "…");
    }

    #[test]
    fn a_similar_word_is_suggested_and_a_different_one_is_not() {
        let words = ["goal", "corner", "offside"];
        assert_eq!(suggest("gaol", words), Some("goal"));
        assert_eq!(suggest("Cornr", words), Some("corner"));
        assert_eq!(suggest("penalty", words), None);
        assert_eq!(suggest("", words), None);
        assert_eq!(suggest("n", ["m", "g"]), suggest("n", ["g", "m"]), "in either order");
        assert_eq!(did_you_mean("ofside", words), " (did you mean \"offside\"?)");
    }

    #[test]
    fn the_opposite_is_never_suggested() {
        for (word, opposite) in [
            ("on_target", "off_target"),
            ("onside", "offside"),
            ("player_in", "player_out"),
            ("Player On", "player_off"),
            ("penalty_scored", "penalty_missed"),
            ("unconfirmed", "confirmed"),
            ("not_confirmed", "confirmed"),
            ("left_foot", "right_foot"),
            ("period_start", "period_end"),
        ] {
            assert_eq!((suggest(word, [opposite]), suggest(opposite, [word])), (None, None), "{word}");
        }
        assert_eq!(suggest("of_target", ["off_target", "saved"]), Some("off_target"));
        assert_eq!(suggest("rigth_foot", ["left_foot", "right_foot"]), Some("right_foot"));
    }
}
