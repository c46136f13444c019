//! Words of Wyscout v3 and what they are in a scenario.

use crate::football::Period;

/// The period of `matchPeriod`.
pub fn period(word: &str) -> Option<Period> {
    Some(match word {
        "1H" => Period::First,
        "2H" => Period::Second,
        "E1" | "1E" => Period::ExtraFirst,
        "E2" | "2E" => Period::ExtraSecond,
        "P" => Period::Shootout,
        _ => return None,
    })
}

/// Places at or beside the goal, by the code after its first letter: `g` on target, `o` off target, `p` the woodwork.
const PLACES: [(&str, &str); 9] = [
    ("b", "low_centre"),
    ("br", "low_right"),
    ("c", "centre"),
    ("l", "centre_left"),
    ("lb", "low_left"),
    ("r", "centre_right"),
    ("t", "high_centre"),
    ("tl", "high_left"),
    ("tr", "high_right"),
];

/// The word of a `goalZone`. `bc` is a blocked shot, which has none.
pub fn zone(code: &str) -> Option<String> {
    let prefix = match code.get(..1)? {
        "g" => "",
        "o" => "out_",
        "p" => "post_",
        _ => return None,
    };
    let place = PLACES.iter().find(|(known, _)| code.get(1..) == Some(known))?.1;
    Some(format!("{prefix}{place}"))
}

/// The reason of a foul. A plain foul has none.
pub fn foul_reason(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "hand_foul" => "handball",
        "late_card_foul" => "late_card",
        "out_of_play_foul" => "out_of_game",
        "protest_foul" => "protest",
        "simulation_foul" => "simulation",
        "time_lost_foul" => "time_wasting",
        "violent_foul" => "violent",
        _ => return None,
    })
}

/// The role of an official, as in `officials`.
pub fn official(role: &str) -> &str {
    match role {
        "firstAssistant" | "secondAssistant" => "assistants",
        "fourthOfficial" => "fourth_official",
        "firstAdditionalAssistant" | "secondAdditionalAssistant" => "additional_assistants",
        other => other,
    }
}

/// Whether a competition is a tournament of one summer.
pub fn is_tournament(id: u64) -> bool {
    matches!(id, 28 | 102)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_words() {
        assert_eq!(zone("gbr").as_deref(), Some("low_right"));
        assert_eq!(zone("otl").as_deref(), Some("out_high_left"));
        assert_eq!(zone("pt").as_deref(), Some("post_high_centre"));
        for code in ["bc", "", "g", "gx", "ö"] {
            assert_eq!(zone(code), None, "{code}");
        }
    }

    #[test]
    fn periods_have_words() {
        assert_eq!(period("2H"), Some(Period::Second));
        assert_eq!(period("3H"), None);
    }
}
