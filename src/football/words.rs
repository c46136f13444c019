//! The closed vocabularies: sides, statuses, periods and operations.
//!
//! Each vocabulary is one list here. The file format, the wire, filters, help texts and suggestions all read that list,
//! so a new word is one line.

use crate::words::words;

words! {
    /// One of the two teams. Pairs are always in the order home, away.
    Side {
        /// The home team.
        Home = "home",
        /// The away team.
        Away = "away",
    }
}

impl Side {
    /// The opponents.
    pub const fn other(self) -> Self {
        match self {
            Self::Home => Self::Away,
            Self::Away => Self::Home,
        }
    }

    /// 0 for home, 1 for away: the index in any pair kept by side.
    pub const fn index(self) -> usize {
        self as usize
    }
}

words! {
    /// The status of a match: what a scoreboard shows beside the clock.
    #[non_exhaustive]
    Status {
        /// Before kick-off; the clock counts down to it and is negative.
        Scheduled = "scheduled",
        /// Period 1.
        FirstHalf = "first_half",
        /// Between periods 1 and 2.
        HalfTime = "half_time",
        /// Period 2.
        SecondHalf = "second_half",
        /// Between period 2 and extra time.
        ExtraTimeBreak = "extra_time_break",
        /// Period 3.
        ExtraFirstHalf = "extra_first_half",
        /// Between periods 3 and 4.
        ExtraHalfTime = "extra_half_time",
        /// Period 4.
        ExtraSecondHalf = "extra_second_half",
        /// Before the shoot-out.
        ShootoutBreak = "shootout_break",
        /// Period 5.
        Shootout = "shootout",
        /// Over.
        FullTime = "full_time",
        /// Interrupted, to go on later.
        Suspended = "suspended",
        /// Ended before its time, not to go on.
        Abandoned = "abandoned",
        /// Called off before kick-off, to be played on another day.
        Postponed = "postponed",
    }
}

impl Status {
    /// The period that is being played, if any.
    pub const fn period(self) -> Option<Period> {
        match self {
            Self::FirstHalf => Some(Period::First),
            Self::SecondHalf => Some(Period::Second),
            Self::ExtraFirstHalf => Some(Period::ExtraFirst),
            Self::ExtraSecondHalf => Some(Period::ExtraSecond),
            Self::Shootout => Some(Period::Shootout),
            _ => None,
        }
    }

    /// Whether the ball is in play, so that the clock runs as a match clock.
    pub const fn is_in_play(self) -> bool {
        self.period().is_some()
    }

    /// Whether nothing more will be played.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::FullTime | Self::Abandoned | Self::Postponed)
    }

    /// The scoreboard's abbreviation in place of a minute; `None` in play.
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Scheduled => Some("pre"),
            Self::HalfTime => Some("HT"),
            Self::ExtraTimeBreak | Self::ExtraHalfTime => Some("ET"),
            Self::ShootoutBreak => Some("PEN"),
            Self::FullTime => Some("FT"),
            Self::Suspended => Some("susp"),
            Self::Abandoned => Some("abd"),
            Self::Postponed => Some("ppd"),
            _ => None,
        }
    }
}

/// A period of play: 1 and 2 the halves, 3 and 4 extra time, 5 the shoot-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// The first half.
    First = 1,
    /// The second half.
    Second = 2,
    /// The first half of extra time.
    ExtraFirst = 3,
    /// The second half of extra time.
    ExtraSecond = 4,
    /// Kicks from the penalty mark.
    Shootout = 5,
}

impl Period {
    /// All five, in playing order.
    pub const ALL: [Self; 5] = [Self::First, Self::Second, Self::ExtraFirst, Self::ExtraSecond, Self::Shootout];

    /// 1 to 5, as written in files and on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The period with that number.
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|period| u64::from(period.number()) == number)
    }

    /// The status of the match during the period.
    pub const fn status(self) -> Status {
        match self {
            Self::First => Status::FirstHalf,
            Self::Second => Status::SecondHalf,
            Self::ExtraFirst => Status::ExtraFirstHalf,
            Self::ExtraSecond => Status::ExtraSecondHalf,
            Self::Shootout => Status::Shootout,
        }
    }
}

words! {
    /// What a revision does to its event.
    Op {
        /// The original report.
        Add = "add",
        /// A changed report.
        Update = "update",
        /// Removes the event: it did not happen, or does not count.
        Remove = "remove",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for (word, status) in Status::WORDS.iter().zip(Status::ALL) {
            assert_eq!(Status::parse(word), Some(*status));
            assert_eq!(status.as_str(), *word);
        }
    }

    #[test]
    fn a_break_shows_a_word_and_play_shows_a_minute() {
        for status in Status::ALL {
            assert_eq!(status.label().is_none(), status.is_in_play(), "{status}");
        }
    }
}
