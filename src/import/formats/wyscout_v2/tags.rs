//! Words for the tags and sub-events of Wyscout v2, from the tables that come with the data set (`tags2name`, `eventid2name`).

/// The type of a row.
pub mod event {
    pub const DUEL: u32 = 1;
    pub const FOUL: u32 = 2;
    pub const FREE_KICK: u32 = 3;
    pub const LEAVING_LINE: u32 = 4;
    pub const INTERRUPTION: u32 = 5;
    pub const OFFSIDE: u32 = 6;
    pub const OTHERS: u32 = 7;
    pub const PASS: u32 = 8;
    pub const SAVE: u32 = 9;
    pub const SHOT: u32 = 10;
}

/// The kind of a row within its type.
pub mod sub {
    pub const AIR_DUEL: u32 = 10;
    pub const ATTACKING_DUEL: u32 = 11;
    pub const DEFENDING_DUEL: u32 = 12;
    pub const LOOSE_BALL_DUEL: u32 = 13;
    pub const CORNER: u32 = 30;
    pub const FREE_KICK_SHOT: u32 = 33;
    pub const GOAL_KICK: u32 = 34;
    pub const PENALTY: u32 = 35;
    pub const THROW_IN: u32 = 36;
    pub const BALL_OUT: u32 = 50;
    pub const ACCELERATION: u32 = 70;
    pub const CLEARANCE: u32 = 71;
    pub const CROSS: u32 = 80;
}

/// What a row says beside its type.
pub mod tag {
    pub const GOAL: u16 = 101;
    pub const OWN_GOAL: u16 = 102;
    pub const ASSIST: u16 = 301;
    pub const KEY_PASS: u16 = 302;
    pub const LEFT_FOOT: u16 = 401;
    pub const RIGHT_FOOT: u16 = 402;
    pub const HEAD: u16 = 403;
    pub const LOST: u16 = 701;
    pub const NEUTRAL: u16 = 702;
    pub const WON: u16 = 703;
    pub const INTERCEPTION: u16 = 1401;
    pub const RED_CARD: u16 = 1701;
    pub const YELLOW_CARD: u16 = 1702;
    pub const SECOND_YELLOW_CARD: u16 = 1703;
    pub const ACCURATE: u16 = 1801;
    pub const NOT_ACCURATE: u16 = 1802;
    pub const BLOCKED: u16 = 2101;
}

/// Where at or beside the goal: 1201 to 1209 on target, 1210 to 1216 off target, 1217 to 1223 the woodwork.
const ZONES: [&str; 23] = [
    "low_centre",
    "low_right",
    "centre",
    "centre_left",
    "low_left",
    "centre_right",
    "high_centre",
    "high_left",
    "high_right",
    "out_low_right",
    "out_centre_left",
    "out_low_left",
    "out_centre_right",
    "out_high_centre",
    "out_high_left",
    "out_high_right",
    "post_low_right",
    "post_centre_left",
    "post_low_left",
    "post_centre_right",
    "post_high_centre",
    "post_high_left",
    "post_high_right",
];

/// The word of a zone tag.
pub fn zone(tag: u16) -> Option<&'static str> {
    ZONES.get(usize::from(tag.checked_sub(1201)?)).copied()
}

/// Whether a zone tag is of the goal itself.
pub fn is_on_target(tag: u16) -> bool {
    (1201..=1209).contains(&tag)
}

/// Whether a zone tag is of the woodwork.
pub fn is_woodwork(tag: u16) -> bool {
    (1217..=1223).contains(&tag)
}

/// The reason of a foul, by its kind. A plain foul has none.
pub fn foul_reason(sub: u32) -> Option<&'static str> {
    Some(match sub {
        21 => "handball",
        22 => "late_card",
        23 => "out_of_game",
        24 => "protest",
        25 => "simulation",
        26 => "time_wasting",
        27 => "violent",
        _ => return None,
    })
}
