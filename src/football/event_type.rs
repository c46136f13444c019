//! Event types, the fields that each may carry, and selectors for filters and seeks.
//!
//! To add a type, add a line in the list below, and count it in `state.rs`, `statistics.rs` or `tally.rs` if a state
//! depends on it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::message::{did_you_mean, excerpt};
use crate::words::words;

/// Declares [`EventType`]: each variant with its word, its specific fields and its classes.
macro_rules! event_types {
    ($($(#[$meta:meta])* $variant:ident = $word:literal [$($field:ident),*] $(: $($class:ident)+)?,)+) => {
        /// The type of an event.
        ///
        /// A word that this version does not know becomes [`EventType::Other`]; the event keeps all its fields.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventType {
            $($(#[$meta])* $variant,)+
            /// A type of a later version, or a custom type of the scenario; passed through unchanged.
            Other(CustomType),
        }

        impl EventType {
            /// All words known to this version, in documentation order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// Parses a known word. `None` for a custom type.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The word, as in files and on the wire.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)+ Self::Other(word) => word }
            }

            /// Its index in [`WORDS`](Self::WORDS); `WORDS.len()` for a custom type.
            pub(crate) fn index(&self) -> usize {
                enum Ordinal { $($variant,)+ }
                match self { $(Self::$variant => Ordinal::$variant as usize,)+ Self::Other(_) => Self::WORDS.len() }
            }

            /// The specific fields of the type, beside [`Field::COMMON`].
            pub fn own_fields(&self) -> &'static [Field] {
                match self { $(Self::$variant => &[$(Field::$field),*],)+ Self::Other(_) => &[] }
            }

            /// Whether it is of a class.
            pub(crate) fn is(&self, class: TypeClass) -> bool {
                let classes = match self {
                    $(Self::$variant => 0 $($(| TypeClass::$class as u8)+)?,)+
                    Self::Other(_) => TypeClass::Anywhere as u8,
                };
                classes & class as u8 != 0
            }
        }
    };
}

/// A class of event types: one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeClass {
    /// A late joiner's ticker includes it.
    Key = 1,
    /// An action of a player on the field. A substitute can be shown a card, and an injured player may be off the field by
    /// the time the feed tells the injury.
    Play = 2,
    /// It may happen outside the periods.
    Anywhere = 4,
}

/// An event type that this version does not know. A thin pointer, because every event stores its type and hardly any
/// type is custom.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomType(Arc<Box<str>>);

impl From<&str> for CustomType {
    fn from(word: &str) -> Self {
        Self(Arc::new(word.into()))
    }
}

impl Deref for CustomType {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

event_types! {
    /// The ball is in the net and counts.
    Goal = "goal" [Assist, Situation, BodyPart, OwnGoal, Xg]: Key Play,
    /// The ball was in the net and does not count; never reported as a goal.
    DisallowedGoal = "disallowed_goal" [Reason]: Key Play,
    /// An attempt that did not become a goal.
    Shot = "shot" [Outcome, Situation, BodyPart, Zone, Xg]: Play,
    /// A goalkeeper keeps a shot out.
    Save = "save" [About]: Play,
    /// The referee points to the spot.
    PenaltyAwarded = "penalty_awarded" [Fouled]: Key,
    /// A penalty in play that was not scored; counts as a shot.
    PenaltyMissed = "penalty_missed" [Outcome, Xg]: Key Play,
    /// A kick of the shoot-out.
    ShootoutPenalty = "shootout_penalty" [Outcome]: Key Play,
    /// A foul.
    Foul = "foul" [Fouled, Reason]: Play,
    /// A caution.
    YellowCard = "yellow_card" [About, Reason]: Key Anywhere,
    /// The second caution of a player: sent off.
    SecondYellowCard = "second_yellow_card" [About, Reason]: Key Anywhere,
    /// Sent off at once.
    RedCard = "red_card" [About, Reason]: Key Anywhere,
    /// One player for another.
    Substitution = "substitution" [In, Out, Reason]: Key Anywhere,
    /// A player is hurt and play stops.
    Injury = "injury" [Opponent]: Anywhere,
    /// A corner is taken.
    Corner = "corner" []: Play,
    /// A free kick is taken.
    FreeKick = "free_kick" []: Play,
    /// A throw-in is taken.
    ThrowIn = "throw_in" []: Play,
    /// A goal kick is taken.
    GoalKick = "goal_kick" []: Play,
    /// The ball is kicked off.
    KickOff = "kick_off" []: Play,
    /// A player is caught offside.
    Offside = "offside" [Passer]: Play,
    /// The fourth official shows the minutes to be added.
    AddedTime = "added_time" [Minutes],
    /// The video assistant reviews an incident.
    VarReview = "var_review" [About, Question]: Key Anywhere,
    /// The result of a review.
    VarDecision = "var_decision" [About, Question, Outcome]: Key Anywhere,
    /// A pass.
    Pass = "pass" [Outcome, Opponent, Recipient, KeyPass]: Play,
    /// A cross.
    Cross = "cross" [Outcome, Opponent, Recipient, KeyPass]: Play,
    /// The ball is cleared.
    Clearance = "clearance" [Outcome, Opponent]: Play,
    /// A pass is intercepted.
    Interception = "interception" [Outcome, Opponent]: Play,
    /// Two players contest the ball.
    Duel = "duel" [Outcome, Opponent]: Play,
    /// A player tries to go past another.
    TakeOn = "take_on" [Outcome, Opponent]: Play,
    /// The ball leaves the field.
    BallOut = "ball_out" [Outcome]: Play,
    /// A player moves with the ball.
    Carry = "carry" []: Play,
    /// A player receives a pass.
    BallReceipt = "ball_receipt" [Outcome]: Play,
    /// A player presses an opponent who has the ball.
    Pressure = "pressure" [Opponent]: Play,
    /// A player touches the ball.
    Touch = "touch" []: Play,
    /// A player dribbles.
    Dribble = "dribble" [Outcome, Opponent]: Play,
    /// A team changes its shape.
    FormationChange = "formation_change" [Formation]: Anywhere,
    /// A player takes another position, such as that of a goalkeeper.
    PositionChange = "position_change" [Position]: Key Anywhere,
    /// A player leaves the field for a while.
    PlayerOff = "player_off" [Reason]: Anywhere,
    /// The player comes back.
    PlayerOn = "player_on" [Reason]: Anywhere,
    /// The referee drops the ball.
    DropBall = "drop_ball" [],
    /// A team's line-up is known.
    Lineup = "lineup" []: Anywhere,
    /// A period begins.
    PeriodStart = "period_start" []: Key,
    /// A period ends.
    PeriodEnd = "period_end" []: Key,
    /// The match is over.
    MatchEnd = "match_end" []: Key Anywhere,
    /// Play is interrupted, to go on later.
    Suspended = "suspended" [Reason]: Key Anywhere,
    /// Play goes on.
    Resumed = "resumed" [Reason]: Key Anywhere,
    /// The match ends before its time.
    Abandoned = "abandoned" [Reason]: Key Anywhere,
    /// The match is called off before kick-off, to be played on another day.
    Postponed = "postponed" [Reason]: Key Anywhere,
    /// The match kicks off later than scheduled.
    Delayed = "delayed" [Kickoff, Reason]: Key Anywhere,
    /// A body of the competition decides the result.
    Awarded = "awarded" [Score, Reason]: Key Anywhere,
    /// Text only.
    Commentary = "commentary" [Reason]: Anywhere,
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl EventType {
    /// Whether a late joiner's ticker includes it: goals, cards, substitutions, VAR and changes of status.
    pub fn is_key(&self) -> bool {
        self.is(TypeClass::Key)
    }

    /// Whether it is a card. Only cards may name a coach.
    pub fn is_card(&self) -> bool {
        matches!(self, Self::YellowCard | Self::SecondYellowCard | Self::RedCard)
    }

    /// Whether it counts for a side, and needs one.
    pub(crate) fn needs_side(&self) -> bool {
        use EventType::*;
        matches!(
            self,
            Goal | DisallowedGoal
                | Shot
                | Save
                | PenaltyAwarded
                | PenaltyMissed
                | ShootoutPenalty
                | Foul
                | YellowCard
                | SecondYellowCard
                | RedCard
                | Substitution
                | Corner
                | Offside
                | Lineup
                | PositionChange
        )
    }

    /// Whether an event of this type may carry a field.
    pub fn carries(&self, field: Field) -> bool {
        Field::COMMON.contains(&field) || self.own_fields().contains(&field)
    }

    /// The words accepted in `outcome`; empty if any word is.
    pub(crate) fn outcomes(&self) -> &'static [&'static str] {
        match self {
            Self::Shot => &["off_target", "saved", "blocked", "woodwork", "saved_woodwork"],
            Self::PenaltyMissed => &["saved", "off_target", "woodwork", "saved_woodwork"],
            Self::ShootoutPenalty => &["scored", "saved", "missed"],
            Self::VarDecision => &["upheld", "overturned"],
            _ => &[],
        }
    }
}

/// Names for groups of types. Filters and seeks accept them wherever they accept a type.
pub const GROUPS: &[(&str, &[EventType])] = &[
    ("card", &[EventType::YellowCard, EventType::SecondYellowCard, EventType::RedCard]),
    ("var", &[EventType::VarReview, EventType::VarDecision]),
    ("shot", &[EventType::Shot, EventType::Goal, EventType::PenaltyMissed]),
    (
        "set_piece",
        &[EventType::Corner, EventType::FreeKick, EventType::ThrowIn, EventType::GoalKick, EventType::KickOff],
    ),
];

/// One type or a group of types, as named by a filter or `next:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeSelector(Arc<str>);

impl TypeSelector {
    /// Parses a group, a known type, or one of `others` (the scenario's custom types). The error suggests a similar word.
    pub(crate) fn parse<'a>(word: &str, others: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, String> {
        let known = || GROUPS.iter().map(|(name, _)| *name).chain(EventType::WORDS.iter().copied());
        if known().any(|name| name == word) || others.clone().into_iter().any(|name| name == word) {
            return Ok(Self(word.into()));
        }
        let hint = did_you_mean(word, known().chain(others));
        Err(format!("unknown event type {:?}{hint}", excerpt(word)))
    }

    /// Whether it selects events of this type.
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
    /// A field of an event beside its type, clock and side. The order is the wire order.
    #[non_exhaustive]
    Field {
        /// The acting player.
        Player = "player",
        /// The player who comes on.
        In = "in",
        /// The player who goes off.
        Out = "out",
        /// The player who made the last pass before a goal.
        Assist = "assist",
        /// The player who was fouled.
        Fouled = "fouled",
        /// The opposing player.
        Opponent = "opponent",
        /// The player who passed to the player offside.
        Passer = "passer",
        /// The intended receiver of a pass.
        Recipient = "recipient",
        /// The result of the action.
        Outcome = "outcome",
        /// The question under review.
        Question = "question",
        /// The event that this one refers to.
        About = "about",
        /// The reason.
        Reason = "reason",
        /// The situation that the attempt came from.
        Situation = "situation",
        /// The body part used.
        BodyPart = "body_part",
        /// The zone of the goal, or beside it.
        Zone = "zone",
        /// Scored against the scorer's own side.
        OwnGoal = "own_goal",
        /// Expected goals: the probability of the attempt being a goal, from 0 to 1.
        Xg = "xg",
        /// A pass that leads to an attempt.
        KeyPass = "key_pass",
        /// False while the fact may still change.
        Confirmed = "confirmed",
        /// Minutes of stoppage time shown.
        Minutes = "minutes",
        /// The player's new position.
        Position = "position",
        /// The new kick-off time.
        Kickoff = "kickoff",
        /// The awarded result.
        Score = "score",
        /// The new formation of a team.
        Formation = "formation",
        /// Metres from the left goal line.
        X = "x",
        /// Metres from the upper touchline.
        Y = "y",
        /// The point at which the action ended.
        End = "end",
        /// Other events of the same incident.
        Related = "related",
        /// A description in words.
        Text = "text",
        /// The source of the fact.
        Source = "source",
    }
}

impl Field {
    /// The fields that any event may carry.
    pub const COMMON: &'static [Self] =
        &[Self::Player, Self::Confirmed, Self::X, Self::Y, Self::End, Self::Related, Self::Text, Self::Source];

    /// The closed list of words that it accepts in an event of this type; empty if it accepts any text or is no text.
    pub fn accepted_values(self, kind: &EventType) -> &'static [&'static str] {
        match self {
            Self::Outcome => kind.outcomes(),
            Self::Situation => &["open_play", "corner", "free_kick", "penalty", "throw_in"],
            Self::BodyPart => &["head", "left_foot", "right_foot", "other"],
            Self::Question => &["goal", "penalty", "red_card", "identity"],
            _ => &[],
        }
    }

    /// Whether its value names a player.
    pub(crate) const fn names_player(self) -> bool {
        matches!(
            self,
            Self::Player
                | Self::In
                | Self::Out
                | Self::Assist
                | Self::Fouled
                | Self::Opponent
                | Self::Passer
                | Self::Recipient
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_as_it_is_written() {
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
        assert!(
            TypeSelector::parse("drone", ["drone"]).expect("custom type").selects(&EventType::Other("drone".into()))
        );
    }
}
