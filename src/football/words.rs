//! The closed sets of words that football is told in: statuses, sides, event types and what they may carry.
//!
//! Each set is one list here; the file format, the wire, the filters, the help texts and the "did you mean" all
//! read that list, so a new word is one line.

use std::fmt;
use std::sync::Arc;

/// Declares an enum whose variants are words, with the list of all of them and conversions both ways.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Every word, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word as it stands in files and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The member that a word names.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Which of the two teams: always in the order home, away.
    Side {
        /// The team named first.
        Home = "home",
        /// The team named second.
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

    /// 0 for home, 1 for away: the place in any pair of things kept a side each.
    pub const fn index(self) -> usize {
        self as usize
    }
}

words! {
    /// Where a match is: what a scoreboard shows beside the clock.
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
        /// Not played on this day.
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
    pub const fn in_play(self) -> bool {
        self.period().is_some()
    }

    /// Whether nothing more will be played.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::FullTime | Self::Abandoned | Self::Postponed)
    }

    /// What a scoreboard shows in place of a minute while the ball is not in play.
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

/// A stretch of play: 1 and 2 the halves, 3 and 4 extra time, 5 the shoot-out.
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
    /// All five, in order of play.
    pub const ALL: [Self; 5] = [Self::First, Self::Second, Self::ExtraFirst, Self::ExtraSecond, Self::Shootout];

    /// 1 to 5, as written in files and on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The period of that number.
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|period| u64::from(period.number()) == number)
    }

    /// The status while it is played.
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
    /// What a revision does to a happening.
    Op {
        /// Tells it for the first time.
        Add = "add",
        /// Tells it anew, changed.
        Update = "update",
        /// Takes it back: it did not happen, or does not count.
        Remove = "remove",
    }
}

/// Declares [`EventType`]: the words, and the fields of its own that each may carry.
macro_rules! event_types {
    ($($(#[$meta:meta])* $variant:ident = $word:literal [$($field:ident),*],)+) => {
        /// What happened, in one word.
        ///
        /// Words that this version does not know are kept, with whatever they carried, as [`EventType::Other`].
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[$meta])* $variant,)+
            /// A word from a later version, or the scenario's own; passed through untouched.
            Other(Arc<str>),
        }

        impl EventType {
            /// Every word known to this version, in the order of the documentation.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The type that a word names, if this version knows it.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The word as it stands in files and on the wire.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)+ Self::Other(word) => word }
            }

            /// The fields of its own, beside those that any event may carry.
            pub fn own_fields(&self) -> &'static [Field] {
                match self { $(Self::$variant => &[$(Field::$field),*],)+ Self::Other(_) => &[] }
            }
        }
    };
}

event_types! {
    /// The ball is in the net and counts.
    Goal = "goal" [Assist, Situation, BodyPart, OwnGoal],
    /// The ball was in the net and does not count; never told as a goal.
    DisallowedGoal = "disallowed_goal" [Reason],
    /// An attempt that did not become a goal.
    Shot = "shot" [Outcome, Situation, BodyPart, Zone],
    /// A goalkeeper keeps a shot out.
    Save = "save" [About],
    /// The referee points to the spot.
    PenaltyAwarded = "penalty_awarded" [Fouled],
    /// A penalty in play that was not scored; counts as a shot.
    PenaltyMissed = "penalty_missed" [Outcome],
    /// A kick of the shoot-out.
    ShootoutPenalty = "shootout_penalty" [Outcome],
    /// A foul.
    Foul = "foul" [Fouled, Reason],
    /// A caution.
    YellowCard = "yellow_card" [About, Reason],
    /// The second caution of a player: sent off.
    SecondYellowCard = "second_yellow_card" [About, Reason],
    /// Sent off at once.
    RedCard = "red_card" [About, Reason],
    /// One player for another.
    Substitution = "substitution" [In, Out, Reason],
    /// A player is hurt and play stops.
    Injury = "injury" [Opponent],
    /// A corner is taken.
    Corner = "corner" [],
    /// A free kick is taken.
    FreeKick = "free_kick" [],
    /// A throw-in is taken.
    ThrowIn = "throw_in" [],
    /// A goal kick is taken.
    GoalKick = "goal_kick" [],
    /// The ball is kicked off.
    KickOff = "kick_off" [],
    /// A player is caught offside.
    Offside = "offside" [Passer],
    /// The fourth official shows the minutes to be added.
    AddedTime = "added_time" [Minutes],
    /// The video assistant looks at something.
    VarReview = "var_review" [About, Question],
    /// What came of it.
    VarDecision = "var_decision" [About, Question, Outcome],
    /// A pass.
    Pass = "pass" [Outcome, Opponent],
    /// A cross.
    Cross = "cross" [Outcome, Opponent],
    /// The ball is cleared.
    Clearance = "clearance" [Outcome, Opponent],
    /// A pass is intercepted.
    Interception = "interception" [Outcome, Opponent],
    /// Two players contest the ball.
    Duel = "duel" [Outcome, Opponent],
    /// A player tries to go past another.
    TakeOn = "take_on" [Outcome, Opponent],
    /// The ball leaves the field.
    BallOut = "ball_out" [Outcome],
    /// A team changes its shape.
    FormationChange = "formation_change" [Formation],
    /// A player leaves the field for a while.
    PlayerOff = "player_off" [Reason],
    /// He comes back.
    PlayerOn = "player_on" [Reason],
    /// The referee drops the ball.
    DropBall = "drop_ball" [],
    /// A team's line-up is known.
    Lineup = "lineup" [],
    /// A period begins.
    PeriodStart = "period_start" [],
    /// A period ends.
    PeriodEnd = "period_end" [],
    /// The match is over.
    MatchEnd = "match_end" [],
    /// Play is interrupted, to go on later.
    Suspended = "suspended" [Reason],
    /// Play goes on.
    Resumed = "resumed" [Reason],
    /// The match ends before its time.
    Abandoned = "abandoned" [Reason],
    /// Words only.
    Commentary = "commentary" [Reason],
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl EventType {
    /// Whether a late joiner's ticker wants it: goals, cards, substitutions, VAR and changes of status.
    pub fn is_key(&self) -> bool {
        use EventType::*;
        matches!(
            self,
            Goal | DisallowedGoal
                | PenaltyAwarded
                | PenaltyMissed
                | ShootoutPenalty
                | YellowCard
                | SecondYellowCard
                | RedCard
                | Substitution
                | VarReview
                | VarDecision
                | PeriodStart
                | PeriodEnd
                | MatchEnd
                | Suspended
                | Resumed
                | Abandoned
        )
    }

    /// Whether an event of this type may carry a field.
    pub fn carries(&self, field: Field) -> bool {
        Field::COMMON.contains(&field) || self.own_fields().contains(&field)
    }

    /// The words that may stand in `outcome`; empty where any word may.
    pub fn outcomes(&self) -> &'static [&'static str] {
        match self {
            Self::Shot => &["off_target", "saved", "blocked", "woodwork", "saved_woodwork"],
            Self::PenaltyMissed => &["saved", "off_target", "woodwork", "saved_woodwork"],
            Self::ShootoutPenalty => &["scored", "saved", "missed"],
            Self::VarDecision => &["upheld", "overturned"],
            _ => &[],
        }
    }
}

/// Names for several types at once, for filters and for seeking. May stand wherever a type may.
pub const GROUPS: &[(&str, &[EventType])] = &[
    ("card", &[EventType::YellowCard, EventType::SecondYellowCard, EventType::RedCard]),
    ("var", &[EventType::VarReview, EventType::VarDecision]),
    ("shot", &[EventType::Shot, EventType::Goal, EventType::PenaltyMissed]),
    (
        "set_piece",
        &[EventType::Corner, EventType::FreeKick, EventType::ThrowIn, EventType::GoalKick, EventType::KickOff],
    ),
];

/// One type, or a group of them: what a filter or `next:` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeSelector(Arc<str>);

impl TypeSelector {
    /// The selector that a word names: a group, a known type, or one of `others` (a scenario's own types).
    pub fn parse<'a>(word: &str, others: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, String> {
        let known = || GROUPS.iter().map(|(name, _)| *name).chain(EventType::WORDS.iter().copied());
        if known().any(|name| name == word) || others.clone().into_iter().any(|name| name == word) {
            return Ok(Self(word.into()));
        }
        let hint = crate::error::did_you_mean(word, known().chain(others));
        Err(format!("unknown event type {word:?}{hint}"))
    }

    /// Whether an event of this type is meant.
    pub fn selects(&self, kind: &EventType) -> bool {
        match GROUPS.iter().find(|(name, _)| *name == &*self.0) {
            Some((_, members)) => members.contains(kind),
            None => kind.as_str() == &*self.0,
        }
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

words! {
    /// What an event may carry beside its type, clock and side. The order is the order on the wire.
    Field {
        /// Who did it.
        Player = "player",
        /// Who comes on.
        In = "in",
        /// Who goes off.
        Out = "out",
        /// Who made the last pass before a goal.
        Assist = "assist",
        /// Who was fouled.
        Fouled = "fouled",
        /// Against whom.
        Opponent = "opponent",
        /// Who played the pass to the player offside.
        Passer = "passer",
        /// What came of it.
        Outcome = "outcome",
        /// What is being looked at.
        Question = "question",
        /// The event that this one is about.
        About = "about",
        /// Why.
        Reason = "reason",
        /// How the attempt came about.
        Situation = "situation",
        /// With what.
        BodyPart = "body_part",
        /// Where at or beside the goal.
        Zone = "zone",
        /// Scored against one's own side.
        OwnGoal = "own_goal",
        /// False while the fact may still change.
        Confirmed = "confirmed",
        /// Minutes of stoppage time shown.
        Minutes = "minutes",
        /// The new shape of a team.
        Formation = "formation",
        /// Metres from the left goal line.
        X = "x",
        /// Metres from the upper touchline.
        Y = "y",
        /// Where it ended.
        End = "end",
        /// Events that belong to the same happening.
        Related = "related",
        /// The story in words.
        Text = "text",
        /// Where the fact comes from.
        Source = "source",
    }
}

impl Field {
    /// The fields that any event may carry.
    pub const COMMON: &'static [Self] =
        &[Self::Player, Self::Confirmed, Self::X, Self::Y, Self::End, Self::Related, Self::Text, Self::Source];

    /// The closed list of words that may stand in it; empty where the value is free or of another kind.
    pub fn accepted(self, kind: &EventType) -> &'static [&'static str] {
        match self {
            Self::Outcome => kind.outcomes(),
            Self::Situation => &["open_play", "corner", "free_kick", "penalty", "throw_in"],
            Self::BodyPart => &["head", "left_foot", "right_foot", "other"],
            Self::Question => &["goal", "penalty", "red_card", "identity"],
            _ => &[],
        }
    }

    /// Whether its value names a player.
    pub const fn names_player(self) -> bool {
        matches!(
            self,
            Self::Player | Self::In | Self::Out | Self::Assist | Self::Fouled | Self::Opponent | Self::Passer
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_both_ways() {
        for (word, status) in Status::WORDS.iter().zip(Status::ALL) {
            assert_eq!(Status::parse(word), Some(*status));
            assert_eq!(status.as_str(), *word);
        }
        for word in EventType::WORDS {
            assert_eq!(EventType::parse(word).expect("listed").as_str(), *word);
        }
    }

    #[test]
    fn a_group_selects_its_members() {
        let shots = TypeSelector::parse("shot", []).expect("a group");
        assert!(shots.selects(&EventType::Goal) && shots.selects(&EventType::Shot));
        assert!(!shots.selects(&EventType::Save));
        let error = TypeSelector::parse("gaol", []).expect_err("mistyped");
        assert!(error.contains("did you mean \"goal\""), "{error}");
        assert!(TypeSelector::parse("drone", ["drone"]).expect("own type").selects(&EventType::Other("drone".into())));
    }

    #[test]
    fn a_break_shows_a_word_and_play_shows_a_minute() {
        for status in Status::ALL {
            assert_eq!(status.label().is_none(), status.in_play(), "{status}");
        }
    }
}
