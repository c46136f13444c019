//! The counts of one player: substitutions, cards and goals, and the presence on the field that follows from them.

use super::event::MatchEvent;
use super::event_type::EventType;
use super::lineup::Player;

/// The counts of one player or coach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Times the player came on, temporary returns among them.
    pub(super) came_on: i32,
    /// Times the player went off, temporarily or for good.
    pub(super) went_off: i32,
    /// Times the player left temporarily, less the returns.
    away: i32,
    /// Times the player was sent off.
    sent_off: i32,
    /// Cautions.
    pub yellow_cards: i32,
    /// Goals for the player's own side.
    pub goals: i32,
    /// Own goals.
    pub own_goals: i32,
}

/// Whether a player is on the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// On the field.
    On,
    /// Not yet used.
    Bench,
    /// Has left the field.
    Off,
    /// Sent off.
    SentOff,
}

impl Tally {
    /// Whether an event of this type counts for its acting player. Most do not, which saves looking the player up.
    pub(super) fn is_counted(kind: &EventType) -> bool {
        use EventType::*;
        matches!(kind, Goal | YellowCard | SecondYellowCard | RedCard | PlayerOff | PlayerOn)
    }

    /// Adds (`by` 1) or subtracts (`by` -1) the contribution of an event.
    pub(super) fn add_contribution(&mut self, event: &MatchEvent, by: i32) {
        match event.kind {
            EventType::Goal if event.is_own_goal() => self.own_goals += by,
            EventType::Goal => self.goals += by,
            EventType::YellowCard => self.yellow_cards += by,
            EventType::SecondYellowCard => {
                self.yellow_cards += by;
                self.sent_off += by;
            }
            EventType::RedCard => self.sent_off += by,
            EventType::PlayerOff => {
                self.went_off += by;
                self.away += by;
            }
            EventType::PlayerOn => {
                self.came_on += by;
                self.away -= by;
            }
            _ => {}
        }
    }

    /// The player's presence.
    pub(super) fn presence(&self, player: &Player) -> Presence {
        if self.is_sent_off() { Presence::SentOff } else { self.presence_without_cards(player) }
    }

    /// Whether the player or coach is sent off.
    pub fn is_sent_off(&self) -> bool {
        self.sent_off > 0
    }

    /// The presence without regard to cards: for a player who is sent off, the presence before.
    pub(crate) fn presence_without_cards(&self, player: &Player) -> Presence {
        if self.field_balance(player) > 0 {
            Presence::On
        } else if self.went_off > 0 {
            Presence::Off
        } else {
            Presence::Bench
        }
    }

    /// Whether the player has left the field temporarily and has not been replaced.
    pub(crate) fn is_away(&self, player: &Player) -> bool {
        self.presence_without_cards(player) == Presence::Off && self.is_in_the_team(player)
    }

    /// Whether `player_off` events outnumber returns: the player is away, or was replaced while away.
    pub(crate) fn left_while_away(&self) -> bool {
        self.away > 0
    }

    /// How often the player came on (a start counts as once), went off, left temporarily without a return, and was sent off.
    pub(crate) fn move_counts(&self, starts: bool) -> [i32; 4] {
        [i32::from(starts) + self.came_on, self.went_off, self.away, self.sent_off]
    }

    /// Whether the player is one of the eleven: on the field or temporarily away.
    pub(super) fn is_in_the_team(&self, player: &Player) -> bool {
        self.field_balance(player) + self.away.max(0) > 0
    }

    /// Positive if the player is on the field.
    fn field_balance(&self, player: &Player) -> i32 {
        i32::from(player.starts) + self.came_on - self.went_off
    }
}
