//! Words of Wyscout, and what they are in a scenario. Version 2 has numbers for most of them.

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

/// The periods that there are, for messages.
pub const PERIODS: &str = "1H, 2H, E1, E2, P";

/// Places at or beside the goal, by the `goalZone` of version 3, in the order of the tags of version 2 from 1201: on target,
/// off target, the woodwork.
const ZONES: [(&str, &str); 23] = [
    ("gb", "low_centre"),
    ("gbr", "low_right"),
    ("gc", "centre"),
    ("gl", "centre_left"),
    ("glb", "low_left"),
    ("gr", "centre_right"),
    ("gt", "high_centre"),
    ("gtl", "high_left"),
    ("gtr", "high_right"),
    ("obr", "out_low_right"),
    ("ol", "out_centre_left"),
    ("olb", "out_low_left"),
    ("or", "out_centre_right"),
    ("ot", "out_high_centre"),
    ("otl", "out_high_left"),
    ("otr", "out_high_right"),
    ("pbr", "post_low_right"),
    ("pl", "post_centre_left"),
    ("plb", "post_low_left"),
    ("pr", "post_centre_right"),
    ("pt", "post_high_centre"),
    ("ptl", "post_high_left"),
    ("ptr", "post_high_right"),
];

/// How many zones there are.
pub const ZONE_COUNT: u32 = ZONES.len() as u32;

/// The word of a zone by its number, from 0.
pub fn zone(number: u32) -> Option<&'static str> {
    ZONES.get(usize::try_from(number).ok()?).map(|(_, word)| *word)
}

/// The word of a `goalZone`. `bc` is a blocked shot, which has none.
pub fn zone_of_code(code: &str) -> Option<&'static str> {
    ZONES.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

/// The outcome of an attempt that is no goal.
///
/// The zone decides: of a saved penalty it is on target, although the row is tagged as inaccurate.
pub fn outcome(blocked: bool, zone: Option<&str>, on_target: Option<bool>) -> Option<&'static str> {
    match zone.map(|zone| zone.split('_').next().unwrap_or(zone)) {
        _ if blocked => Some("blocked"),
        Some("out") => Some("off_target"),
        Some("post") => Some("woodwork"),
        Some(_) => Some("saved"),
        None => on_target.map(|yes| if yes { "saved" } else { "off_target" }),
    }
}

/// The reasons of fouls, by the `subEventId` of version 2 and the `infraction.type` of version 3. A plain foul has none.
const FOULS: [(u32, &str, &str); 7] = [
    (21, "hand_foul", "handball"),
    (22, "late_card_foul", "late_card"),
    (23, "out_of_play_foul", "out_of_game"),
    (24, "protest_foul", "protest"),
    (25, "simulation_foul", "simulation"),
    (26, "time_lost_foul", "time_wasting"),
    (27, "violent_foul", "violent"),
];

pub fn foul_reason(sub_event: u32) -> Option<&'static str> {
    FOULS.iter().find(|(number, ..)| *number == sub_event).map(|(_, _, reason)| *reason)
}

pub fn foul_reason_of_type(kind: &str) -> Option<&'static str> {
    FOULS.iter().find(|(_, known, _)| *known == kind).map(|(_, _, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_words() {
        assert_eq!(zone_of_code("gbr"), Some("low_right"));
        assert_eq!(zone_of_code("otl"), Some("out_high_left"));
        for code in ["bc", "", "g", "gx", "ö"] {
            assert_eq!(zone_of_code(code), None, "{code}");
        }
        assert_eq!((zone(1), zone(16), zone(23)), (Some("low_right"), Some("post_low_right"), None));
        let outcomes =
            ["centre", "low_left", "out_low_left", "post_high_left"].map(|zone| outcome(false, Some(zone), None));
        assert_eq!(outcomes, ["saved", "saved", "off_target", "woodwork"].map(Some));
        assert_eq!(
            (outcome(false, None, Some(false)), outcome(true, None, None)),
            (Some("off_target"), Some("blocked"))
        );
    }

    #[test]
    fn periods_have_words() {
        assert_eq!(period("2H"), Some(Period::Second));
        assert_eq!(period("3H"), None);
    }
}
