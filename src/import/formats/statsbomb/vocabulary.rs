//! Words for the types and outcomes of StatsBomb, from the StatsBomb open data specification.

/// The type of a row.
pub mod kind {
    pub const BALL_RECOVERY: u64 = 2;
    pub const DISPOSSESSED: u64 = 3;
    pub const DUEL: u64 = 4;
    pub const CAMERA_ON: u64 = 5;
    pub const BLOCK: u64 = 6;
    pub const OFFSIDE: u64 = 8;
    pub const CLEARANCE: u64 = 9;
    pub const INTERCEPTION: u64 = 10;
    pub const DRIBBLE: u64 = 14;
    pub const SHOT: u64 = 16;
    pub const PRESSURE: u64 = 17;
    pub const HALF_START: u64 = 18;
    pub const SUBSTITUTION: u64 = 19;
    pub const OWN_GOAL_AGAINST: u64 = 20;
    pub const FOUL_WON: u64 = 21;
    pub const FOUL_COMMITTED: u64 = 22;
    pub const GOAL_KEEPER: u64 = 23;
    pub const BAD_BEHAVIOUR: u64 = 24;
    pub const OWN_GOAL_FOR: u64 = 25;
    pub const PLAYER_ON: u64 = 26;
    pub const PLAYER_OFF: u64 = 27;
    pub const SHIELD: u64 = 28;
    pub const CAMERA_OFF: u64 = 29;
    pub const PASS: u64 = 30;
    pub const FIFTY_FIFTY: u64 = 33;
    pub const HALF_END: u64 = 34;
    pub const STARTING_XI: u64 = 35;
    pub const TACTICAL_SHIFT: u64 = 36;
    pub const ERROR: u64 = 37;
    pub const MISCONTROL: u64 = 38;
    pub const DRIBBLED_PAST: u64 = 39;
    pub const INJURY_STOPPAGE: u64 = 40;
    pub const REFEREE_BALL_DROP: u64 = 41;
    pub const BALL_RECEIPT: u64 = 42;
    pub const CARRY: u64 = 43;
}

/// Outcomes of shots that are no goals. A save off target was no attempt on target.
pub const SHOT_OUTCOMES: &[(&str, &str)] = &[
    ("Off T", "off_target"),
    ("Wayward", "off_target"),
    ("Saved Off Target", "off_target"),
    ("Saved Off T", "off_target"),
    ("Blocked", "blocked"),
    ("Saved", "saved"),
    ("Post", "woodwork"),
    ("Saved to Post", "saved_woodwork"),
];

/// Shots by what they were taken from.
pub const SITUATIONS: &[(&str, &str)] =
    &[("Open Play", "open_play"), ("Free Kick", "free_kick"), ("Corner", "corner"), ("Penalty", "penalty")];

pub const BODY_PARTS: &[(&str, &str)] =
    &[("Right Foot", "right_foot"), ("Left Foot", "left_foot"), ("Head", "head"), ("Other", "other")];

/// What passes are called that restart play, in this order: kick-off, goal kick, throw-in, corner, free kick.
pub const RESTARTS: [&str; 5] = ["Kick Off", "Goal Kick", "Throw-in", "Corner", "Free Kick"];

/// Outcomes of duels and interceptions.
pub const CONTEST_OUTCOMES: &[(&str, &str)] = &[
    ("Won", "won"),
    ("Success", "won"),
    ("Success In Play", "won"),
    ("Success Out", "won"),
    ("Success To Team", "won"),
    ("Lost", "lost"),
    ("Lost In Play", "lost"),
    ("Lost Out", "lost"),
    ("Success To Opposition", "lost"),
];

/// Outcomes by which the ball left the field.
pub const OUT_OUTCOMES: [&str; 4] = ["Out", "Success Out", "Lost Out", "Touched Out"];

/// Fouls that have a word of their own; a plain foul has none.
pub const FOUL_REASONS: &[(&str, &str)] = &[("Dive", "simulation"), ("6 Seconds", "time_wasting")];

/// The word for a name in a table.
pub fn word(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, word)| *word)
}

/// The name of StatsBomb as a word: `Dangerous Play` is `dangerous_play`. `None` for an empty name.
pub fn to_word(name: &str) -> Option<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    Some(parts.collect::<Vec<_>>().join("_").to_lowercase()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        assert_eq!(word(SHOT_OUTCOMES, "Saved To Post"), Some("saved_woodwork"));
        assert_eq!(word(SHOT_OUTCOMES, "Goal"), None);
        assert_eq!(to_word("Dangerous Play").as_deref(), Some("dangerous_play"));
        assert_eq!(to_word(""), None);
    }
}
