//! Type ids, qualifier ids and period ids of Opta, and the words that stand for them.

/// The type of a row.
pub mod kind {
    pub const PASS: u16 = 1;
    pub const OFFSIDE_PASS: u16 = 2;
    pub const TAKE_ON: u16 = 3;
    pub const FOUL: u16 = 4;
    pub const OUT: u16 = 5;
    pub const CORNER_AWARDED: u16 = 6;
    pub const TACKLE: u16 = 7;
    pub const INTERCEPTION: u16 = 8;
    pub const SAVE: u16 = 10;
    pub const CLEARANCE: u16 = 12;
    pub const MISS: u16 = 13;
    pub const POST: u16 = 14;
    pub const ATTEMPT_SAVED: u16 = 15;
    pub const GOAL: u16 = 16;
    pub const CARD: u16 = 17;
    pub const PLAYER_OFF: u16 = 18;
    pub const PLAYER_ON: u16 = 19;
    pub const PLAYER_RETIRED: u16 = 20;
    pub const PLAYER_RETURNS: u16 = 21;
    pub const BECOMES_GOALKEEPER: u16 = 22;
    pub const START_DELAY: u16 = 27;
    pub const END_DELAY: u16 = 28;
    pub const END: u16 = 30;
    pub const START: u16 = 32;
    pub const TEAM_SET_UP: u16 = 34;
    pub const TEMPORARY_GOAL: u16 = 38;
    pub const TEMPORARY_ATTEMPT: u16 = 39;
    pub const FORMATION_CHANGE: u16 = 40;
    pub const DELETED: u16 = 43;
    pub const AERIAL: u16 = 44;
    pub const CHALLENGE: u16 = 45;
    pub const DISPOSSESSED: u16 = 50;
    pub const OFFSIDE_PROVOKED: u16 = 55;
    pub const PENALTY_FACED: u16 = 58;
    pub const BALL_TOUCH: u16 = 61;
    pub const TEMPORARY_SAVE: u16 = 63;
    pub const REFEREE_DECISION: u16 = 65;
    pub const FIFTY_FIFTY: u16 = 67;
    pub const DROP_BALL: u16 = 68;
    pub const ADDED_TIME: u16 = 70;
    pub const CAUGHT_OFFSIDE: u16 = 72;
    pub const OTHER_BALL_CONTACT: u16 = 73;
    pub const BLOCKED_PASS: u16 = 74;
    pub const OFF_PITCH: u16 = 77;
    pub const CONTROL: u16 = 82;
    pub const DELETED_AFTER_REVIEW: u16 = 84;
}

/// What a row says beside its type.
pub mod q {
    pub const CROSS: u16 = 2;
    pub const FREE_KICK_TAKEN: u16 = 5;
    pub const CORNER_TAKEN: u16 = 6;
    pub const PLAYER_OFFSIDE: u16 = 7;
    pub const PENALTY: u16 = 9;
    pub const HEAD: u16 = 15;
    pub const RIGHT_FOOT: u16 = 20;
    pub const OTHER_BODY_PART: u16 = 21;
    pub const REGULAR_PLAY: u16 = 22;
    pub const FAST_BREAK: u16 = 23;
    pub const SET_PIECE: u16 = 24;
    pub const FROM_CORNER: u16 = 25;
    pub const DIRECT_FREE_KICK: u16 = 26;
    pub const OWN_GOAL: u16 = 28;
    pub const ASSISTED: u16 = 29;
    pub const PLAYERS: u16 = 30;
    pub const YELLOW_CARD: u16 = 31;
    pub const SECOND_YELLOW_CARD: u16 = 32;
    pub const RED_CARD: u16 = 33;
    pub const INJURY: u16 = 41;
    pub const TACTICAL: u16 = 42;
    pub const LINES: u16 = 44;
    pub const INJURED_PLAYER: u16 = 53;
    pub const RELATED_EVENT: u16 = 55;
    pub const SHIRT_NUMBERS: u16 = 59;
    pub const LEFT_FOOT: u16 = 72;
    pub const BLOCKED: u16 = 82;
    pub const DEFENSIVE_BLOCK: u16 = 94;
    pub const CORNER_SITUATION: u16 = 96;
    pub const GOAL_MOUTH_Y: u16 = 102;
    pub const THROW_IN: u16 = 107;
    pub const GOAL_KICK: u16 = 124;
    pub const FORMATION: u16 = 130;
    pub const PLACES_IN_FORMATION: u16 = 131;
    pub const HIT_WOODWORK: u16 = 138;
    pub const END_X: u16 = 140;
    pub const END_Y: u16 = 141;
    pub const DELETED_TYPE: u16 = 144;
    pub const BLOCKED_X: u16 = 146;
    pub const BLOCKED_Y: u16 = 147;
    pub const THROW_IN_SET_PIECE: u16 = 160;
    pub const PENALTY_SAVED: u16 = 187;
    pub const CAPTAIN: u16 = 194;
    pub const ASSIST: u16 = 210;
    pub const OPPOSITE_EVENT: u16 = 233;
    pub const DIRECT_CORNER: u16 = 263;
    pub const MINUTES: u16 = 277;
    pub const KICK_OFF: u16 = 279;
    pub const PLAYER_COMES_BACK: u16 = 311;
    pub const EXPECTED_GOALS: u16 = 321;
    pub const DECISION_CONFIRMED: u16 = 335;
    pub const DECISION_CANCELLED: u16 = 336;
    pub const VIDEO_DELAY: u16 = 364;
    pub const REVIEWED_EVENT: u16 = 365;
    pub const TYPE_BEFORE_REVIEW: u16 = 436;
    pub const CONCUSSION: u16 = 486;
}

/// The period of a row. 1 to 5 are the periods of play; these are around them.
pub mod period {
    pub const HALF_TIME: u16 = 10;
    pub const EXTRA_TIME_BREAK: u16 = 11;
    pub const EXTRA_HALF_TIME: u16 = 12;
    pub const SHOOTOUT_BREAK: u16 = 13;
    pub const FULL_TIME: u16 = 14;
}

/// The question under review, by qualifier.
pub const QUESTIONS: &[(u16, &str)] = &[
    (329, "goal"),
    (341, "goal"),
    (330, "penalty"),
    (331, "penalty"),
    (332, "red_card"),
    (342, "red_card"),
    (333, "identity"),
];

/// The reason of a foul, by qualifier. A plain foul has none.
pub const FOUL_REASONS: &[(u16, &str)] = &[
    (10, "handball"),
    (132, "simulation"),
    (12, "dangerous_play"),
    (95, "back_pass"),
    (242, "obstruction"),
    (294, "push"),
    (295, "holding"),
    (296, "elbow"),
    (313, "illegal_restart"),
    (11, "six_seconds"),
];

/// The reason of a card, by qualifier.
pub const CARD_REASONS: &[(u16, &str)] = &[
    (166, "handball"),
    (165, "professional_foul"),
    (34, "referee_abuse"),
    (35, "argument"),
    (36, "violent_conduct"),
    (37, "time_wasting"),
    (38, "excessive_celebration"),
    (39, "crowd_interaction"),
    (132, "simulation"),
    (158, "persistent_infringement"),
    (159, "abusive_language"),
    (161, "encroachment"),
    (162, "leaving_field"),
    (163, "entering_field"),
    (164, "spitting"),
    (184, "dissent"),
    (191, "off_the_ball_foul"),
    (192, "handball"),
    (245, "serious_foul"),
    (10, "handball"),
    (13, "foul"),
];

/// Where at or beside the goal, by qualifier.
pub const ZONES: &[(u16, &str)] = &[
    (76, "low_left"),
    (77, "high_left"),
    (78, "low_centre"),
    (79, "high_centre"),
    (80, "low_right"),
    (81, "high_right"),
    (86, "out_close_left_high"),
    (87, "out_close_right_high"),
    (83, "out_close_left"),
    (84, "out_close_right"),
    (85, "out_close_high"),
    (73, "out_left"),
    (74, "out_high"),
    (75, "out_right"),
];

/// Actions that a scenario has no type for, by type id: the word of the custom type.
pub const CUSTOM_TYPES: &[(u16, &str)] = &[
    (11, "goalkeeper_claim"),
    (41, "goalkeeper_punch"),
    (42, "good_skill"),
    (49, "ball_recovery"),
    (51, "error_by_player"),
    (52, "goalkeeper_pick_up"),
    (53, "cross_not_claimed"),
    (54, "goalkeeper_smother"),
    (56, "shielded_ball"),
    (57, "foul_throw"),
    (59, "goalkeeper_sweep"),
    (60, "ball_not_reached"),
    (69, "failed_to_block"),
    (81, "obstacle"),
    (83, "attempted_tackle"),
];

/// Rows that are no events of the match.
pub const ADMINISTRATIVE: &[u16] = &[23, 24, 25, 29, 36, 37, 64, 66, 71, 75, 76, 79];

/// The formation of an id.
pub fn formation(id: &str) -> Option<&'static str> {
    Some(match id {
        "2" => "4-4-2",
        "3" => "4-1-2-1-2",
        "4" => "4-3-3",
        "5" => "4-5-1",
        "6" => "4-4-1-1",
        "7" => "4-1-4-1",
        "8" => "4-2-3-1",
        "9" => "4-3-2-1",
        "10" => "5-3-2",
        "11" => "5-4-1",
        "12" => "3-5-2",
        "13" => "3-4-3",
        "15" => "4-2-2-2",
        "16" => "3-5-1-1",
        "17" => "3-4-2-1",
        "18" => "3-4-1-2",
        "19" => "3-1-4-2",
        "20" => "3-4-3d",
        "21" => "4-1-3-2",
        "22" => "4-2-4-0",
        "23" => "4-3-1-2",
        "24" => "3-2-4-1",
        "25" => "3-3-3-1",
        _ => return None,
    })
}

/// The word of the first qualifier of a table that a row has.
pub fn word_of(table: &[(u16, &'static str)], has: impl Fn(u16) -> bool) -> Option<&'static str> {
    table.iter().find(|(id, _)| has(*id)).map(|(_, word)| *word)
}
