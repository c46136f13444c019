//! Words of the DFL and what they are in a scenario.

use crate::football::Period;

/// A wall-clock time with its offset, in milliseconds since 1970.
pub fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// The periods by `GameSection`. The shoot-out begins with `StartPenaltyShootOut`; only its whistle has a section.
const SECTIONS: [(&str, Period); 5] = [
    ("firstHalf", Period::First),
    ("secondHalf", Period::Second),
    ("firstHalfExtra", Period::ExtraFirst),
    ("secondHalfExtra", Period::ExtraSecond),
    ("penaltyShootOut", Period::Shootout),
];

pub fn section(word: &str) -> Option<Period> {
    find(&SECTIONS, word)
}

/// The words of [`section`], for messages.
pub fn sections() -> String {
    SECTIONS.map(|(word, _)| word).join(", ")
}

/// The body part of `TypeOfShot`.
pub fn body_part(word: &str) -> Option<&'static str> {
    let parts = [
        ("head", "head"),
        ("leftLeg", "left_foot"),
        ("rightLeg", "right_foot"),
        ("upperBody", "other"),
        ("noHeader", "other"),
    ];
    find(&parts, word)
}

/// The situation of `BuildUp`. That of a shot after a penalty is unknown: the penalty is a row of its own.
pub fn situation(word: &str) -> Option<&'static str> {
    let situations = [
        ("crossOpenPlay", "open_play"),
        ("passOpenPlay", "open_play"),
        ("lossOfPossession", "open_play"),
        ("run", "open_play"),
        ("cornerKick", "corner"),
        ("freeKick", "free_kick"),
        ("throwIn", "throw_in"),
    ];
    find(&situations, word)
}

/// The outcome of a pass by its `Evaluation`.
pub fn evaluation(word: &str) -> Option<&'static str> {
    let outcomes = [("successfullyCompleted", "accurate"), ("successful", "accurate"), ("unsuccessful", "inaccurate")];
    find(&outcomes, word)
}

/// The reason of a foul by its `FoulType`. A plain foul has none.
pub fn foul_reason(word: &str) -> Option<&'static str> {
    find(&[("handBall", "handball"), ("other", "other")], word)
}

/// The role of an official, as in `officials`.
pub fn official(word: &str) -> String {
    let roles = [
        ("firstAssistant", "assistants"),
        ("secondAssistant", "assistants"),
        ("videoReferee", "var"),
        ("videoRefereeAssistant", "avar"),
    ];
    find(&roles, word).map_or_else(|| snake_case(word), str::to_owned)
}

/// The question of a video review, by the word for what is reviewed.
pub fn question(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let questions = [("penalty", "penalty"), ("goal", "goal"), ("red", "red_card"), ("identity", "identity")];
    questions.iter().find(|(part, _)| word.contains(part)).map(|(_, question)| *question)
}

/// `slidingTackle` as `sliding_tackle`.
pub fn snake_case(word: &str) -> String {
    let mut text = String::with_capacity(word.len() + 4);
    for letter in word.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// Capital letters differ between deliveries: `InterceptedBall`, `interceptedBall`.
fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_capitals() {
        assert_eq!(section("SecondHalfExtra"), Some(Period::ExtraSecond));
        assert_eq!(section("halfTime"), None);
        assert_eq!(evaluation("unsuccessful"), Some("inaccurate"));
        assert_eq!(situation("penaltyKick"), None);
        assert_eq!(official("fourthOfficial"), "fourth_official");
        assert_eq!(question("penaltyAwarded"), Some("penalty"));
        assert_eq!(snake_case("HandBall"), "hand_ball");
    }

    #[test]
    fn a_moment_has_an_offset() {
        assert_eq!(moment("2020-06-05T20:30:00.210+02:00"), moment("2020-06-05T18:30:00.21Z"));
        assert_eq!(moment("1970-01-01T00:00:01Z"), Some(1_000));
        assert_eq!(moment("2020-06-05T20:30:00"), None);
        assert_eq!(moment(""), None);
    }
}
