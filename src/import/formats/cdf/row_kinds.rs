//! What a row is: its type, sub-type and outcome as an event type and the words of its fields.

use super::rows::CdfRow;
use crate::football::{EventType, Period, is_completed_pass};

/// Sub-types of rows that do not tell how the ball was played, and the event of each. Other words are event types of their own.
const ACTIONS: &[(&str, EventType)] = &[
    ("clearance", EventType::Clearance),
    ("interception", EventType::Interception),
    ("pressing", EventType::Pressure),
    ("pressure", EventType::Pressure),
    ("duel", EventType::Duel),
    ("ground_duel", EventType::Duel),
    ("aerial_duel", EventType::Duel),
    ("tackle", EventType::Duel),
    ("take_on", EventType::TakeOn),
    ("dribble", EventType::Dribble),
    ("carry", EventType::Carry),
    ("touch", EventType::Touch),
    ("other_ball_action", EventType::Touch),
    ("ball_out", EventType::BallOut),
    ("ball_receipt", EventType::BallReceipt),
    ("disallowed_goal", EventType::DisallowedGoal),
    ("foul", EventType::Foul),
    ("offside", EventType::Offside),
    ("injury", EventType::Injury),
    ("penalty_awarded", EventType::PenaltyAwarded),
    ("player_off", EventType::PlayerOff),
    ("player_on", EventType::PlayerOn),
];

/// Sub-types of passes that are restarts.
const RESTARTS: &[(&str, EventType)] = &[
    ("kick_off", EventType::KickOff),
    ("corner_kick", EventType::Corner),
    ("free_kick", EventType::FreeKick),
    ("throw_in", EventType::ThrowIn),
    ("goal_kick", EventType::GoalKick),
    ("cross", EventType::Cross),
];

fn find(table: &[(&str, EventType)], word: &str) -> Option<EventType> {
    table.iter().find(|(known, _)| *known == word).map(|(_, kind)| kind.clone())
}

/// The event type of a player's row. `None` if the row is of no known type.
pub fn kind_of_player_row(row: &CdfRow) -> Option<EventType> {
    let named =
        || row.sub_type.as_deref().map(|word| find(ACTIONS, word).unwrap_or_else(|| EventType::Other(word.into())));
    Some(match row.class.as_str() {
        "shot" => kind_of_shot(row),
        "pass" => find(RESTARTS, row.sub()).unwrap_or(EventType::Pass),
        "save" => kind_of_save(row),
        "goalkeeping" if matches!(row.sub(), "save" | "save_attempt") => kind_of_save(row),
        "defending" | "goalkeeping" | "misc" => named()?,
        class => find(ACTIONS, class)?,
    })
}

fn kind_of_save(row: &CdfRow) -> EventType {
    let saved = row.sub() != "save_attempt" && row.is_successful != Some(false);
    if saved { EventType::Save } else { EventType::Other("failed_save".into()) }
}

fn kind_of_shot(row: &CdfRow) -> EventType {
    if row.period == Some(Period::Shootout) {
        return EventType::ShootoutPenalty;
    }
    if is_own_goal(row) || is_scored(row) {
        EventType::Goal
    } else if situation(row) == Some("penalty") {
        EventType::PenaltyMissed
    } else {
        EventType::Shot
    }
}

pub fn is_own_goal(row: &CdfRow) -> bool {
    row.class == "shot" && row.outcome.as_deref() == Some("own_goal")
}

/// Whether a shot is a goal. Its outcome says so more exactly than the flag: a shot that was saved may count as successful.
fn is_scored(row: &CdfRow) -> bool {
    match row.outcome.as_deref() {
        Some("successful" | "goal" | "scored") => row.is_successful != Some(false),
        Some(_) => false,
        None => row.is_successful == Some(true),
    }
}

/// The situation that an attempt came from.
pub fn situation(row: &CdfRow) -> Option<&'static str> {
    Some(match row.sub() {
        "penalty_kick" | "penalty" => "penalty",
        "free_kick" => "free_kick",
        "corner_kick" | "corner" => "corner",
        "throw_in" => "throw_in",
        "open_play" => "open_play",
        _ => return None,
    })
}

/// The outcome of an event of this type.
pub fn outcome(row: &CdfRow, kind: &EventType) -> Option<String> {
    let word = row.outcome.as_deref();
    let attempt = || {
        Some(match word? {
            "wide" | "off_target" | "over" | "missed" => "off_target",
            "saved" => "saved",
            "blocked" => "blocked",
            "woodwork" | "post" | "bar" => "woodwork",
            "saved_woodwork" => "saved_woodwork",
            _ => return None,
        })
    };
    let word = match kind {
        EventType::Shot => attempt()?,
        // A penalty is not blocked.
        EventType::PenaltyMissed => attempt().filter(|word| *word != "blocked")?,
        EventType::ShootoutPenalty if is_scored(row) => "scored",
        EventType::ShootoutPenalty => match word? {
            "saved" | "saved_woodwork" => "saved",
            _ => "missed",
        },
        EventType::Pass | EventType::Cross => match word {
            Some(word) if is_completed_pass(Some(word)) && row.is_successful == Some(false) => "unsuccessful",
            Some(word) => word,
            None if row.is_successful == Some(false) => "unsuccessful",
            None => return None,
        },
        EventType::Duel => match word? {
            "successful" => "won",
            "unsuccessful" => "lost",
            word => word,
        },
        EventType::Clearance
        | EventType::Interception
        | EventType::TakeOn
        | EventType::Dribble
        | EventType::BallReceipt => {
            // Where the outcome only repeats the type, there is none.
            word.filter(|word| *word != kind.as_str())?
        }
        EventType::BallOut => word.filter(|word| *word != "successful")?,
        _ => return None,
    };
    Some(word.to_owned())
}

/// The body part, if it says which one. `feet` and `body` do not.
pub fn body_part(row: &CdfRow) -> Option<&'static str> {
    Some(match row.body_part.as_deref()? {
        "left_foot" => "left_foot",
        "right_foot" => "right_foot",
        "head" => "head",
        "hands" | "upper_body" | "lower_body" | "other" => "other",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(class: &str, sub: &str, outcome: &str, is_successful: bool) -> CdfRow {
        let word = |word: &str| Some(word.to_owned()).filter(|word| !word.is_empty());
        CdfRow {
            class: class.to_owned(),
            sub_type: word(sub),
            outcome: word(outcome),
            is_successful: Some(is_successful),
            period: Some(Period::First),
            ..CdfRow::default()
        }
    }

    #[test]
    fn rows_of_players_are_events() {
        let cases = [
            (row("shot", "", "successful", true), "goal", None),
            (row("shot", "", "own_goal", false), "goal", None),
            (row("shot", "penalty_kick", "successful", true), "goal", None),
            (row("shot", "penalty_kick", "saved", false), "penalty_missed", Some("saved")),
            (row("shot", "penalty_kick", "blocked", false), "penalty_missed", None),
            (row("shot", "corner_kick", "wide", false), "shot", Some("off_target")),
            (row("shot", "", "saved", true), "shot", Some("saved")),
            (row("pass", "", "intercepted", false), "pass", Some("intercepted")),
            (row("pass", "", "successful", false), "pass", Some("unsuccessful")),
            (row("pass", "corner_kick", "successful", true), "corner", None),
            (row("pass", "cross", "out_of_play", false), "cross", Some("out_of_play")),
            (row("save", "", "successful", true), "save", None),
            (row("goalkeeping", "save_attempt", "save_attempt", false), "failed_save", None),
            (row("goalkeeping", "claim", "claim", true), "claim", None),
            (row("defending", "interception", "interception", true), "interception", None),
            (row("interception", "", "lost", false), "interception", Some("lost")),
            (row("duel", "ground_duel", "successful", true), "duel", Some("won")),
            (row("misc", "tackle", "unsuccessful", false), "duel", Some("lost")),
            (row("misc", "chance_without_shot", "successful", true), "chance_without_shot", None),
            (row("misc", "ball_out", "successful", true), "ball_out", None),
        ];
        for (row, word, expected) in cases {
            let kind = kind_of_player_row(&row).expect("known");
            assert_eq!((kind.as_str(), outcome(&row, &kind).as_deref()), (word, expected), "{row:?}");
        }
        for unknown in [row("misc", "", "", true), row("juggling", "", "", true)] {
            assert_eq!(kind_of_player_row(&unknown), None);
        }
    }

    #[test]
    fn kicks_of_the_shootout() {
        let kick = |outcome: &str, is_successful| {
            let kick = CdfRow { period: Some(Period::Shootout), ..row("shot", "penalty_kick", outcome, is_successful) };
            let kind = kind_of_player_row(&kick).expect("known");
            assert_eq!(kind, EventType::ShootoutPenalty);
            super::outcome(&kick, &kind)
        };
        let found = [kick("successful", true), kick("saved", false), kick("woodwork", false), kick("", false)];
        assert_eq!(found.map(|word| word.unwrap_or_default()), ["scored", "saved", "missed", ""]);
    }
}
