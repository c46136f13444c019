//! Words for the tags and sub-events of Wyscout v2, from the tables that come with the data set (`tags2name`, `eventid2name`).

use crate::import::wyscout::words::ZONE_COUNT;

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

/// What a row says beside its type: one bit each, for a set of them.
pub mod tag {
    pub const GOAL: u64 = 1 << 32;
    pub const OWN_GOAL: u64 = 1 << 33;
    pub const ASSIST: u64 = 1 << 34;
    pub const KEY_PASS: u64 = 1 << 35;
    pub const LEFT_FOOT: u64 = 1 << 36;
    pub const RIGHT_FOOT: u64 = 1 << 37;
    pub const HEAD: u64 = 1 << 38;
    pub const LOST: u64 = 1 << 39;
    pub const NEUTRAL: u64 = 1 << 40;
    pub const WON: u64 = 1 << 41;
    pub const INTERCEPTION: u64 = 1 << 42;
    pub const RED_CARD: u64 = 1 << 43;
    pub const YELLOW_CARD: u64 = 1 << 44;
    pub const SECOND_YELLOW_CARD: u64 = 1 << 45;
    pub const ACCURATE: u64 = 1 << 46;
    pub const NOT_ACCURATE: u64 = 1 << 47;
    pub const BLOCKED: u64 = 1 << 48;

    /// The lower bits are zones.
    pub const ZONES: u64 = (1 << super::ZONE_COUNT) - 1;
}

/// The bit of a tag. Tags without a meaning for a scenario have none.
pub fn bit_of(tag: u32) -> u64 {
    match tag {
        101 => tag::GOAL,
        102 => tag::OWN_GOAL,
        301 => tag::ASSIST,
        302 => tag::KEY_PASS,
        401 => tag::LEFT_FOOT,
        402 => tag::RIGHT_FOOT,
        403 => tag::HEAD,
        701 => tag::LOST,
        702 => tag::NEUTRAL,
        703 => tag::WON,
        1201..=1232 => (1 << (tag - 1201)) & tag::ZONES,
        1401 => tag::INTERCEPTION,
        1701 => tag::RED_CARD,
        1702 => tag::YELLOW_CARD,
        1703 => tag::SECOND_YELLOW_CARD,
        1801 => tag::ACCURATE,
        1802 => tag::NOT_ACCURATE,
        2101 => tag::BLOCKED,
        _ => 0,
    }
}

/// The word of the first of some tags that a row has.
pub fn word_of(tags: u64, words: &[(u64, &'static str)]) -> Option<&'static str> {
    words.iter().find(|(tag, _)| tags & tag != 0).map(|(_, word)| *word)
}
