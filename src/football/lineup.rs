//! The two teams of a match and their players, as the team sheet has them.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::match_clock::PeriodRules;
use super::words::{Period, Side};

/// Declares an identifier: a cheap, shared, immutable string that cannot be mixed up with another kind.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identifier as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<T: Into<Arc<str>>> From<T> for $name {
            fn from(text: T) -> Self {
                Self(text.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

id! {
    /// Names a match within a scenario: `juv-nap`.
    MatchId
}
id! {
    /// Names a team: `juventus`.
    TeamId
}
id! {
    /// Names a player within a match: `koulibaly`.
    PlayerId
}
id! {
    /// Names a happening within a match, for ever: revisions share it.
    EventId
}

/// A player on a team sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Player {
    /// Names the player in events.
    pub id: PlayerId,
    /// In full, with diacritics.
    pub name: Arc<str>,
    /// Shirt number, where known.
    pub number: Option<u16>,
    /// The role: `GK` for the goalkeeper, otherwise as the source says.
    pub position: Option<Arc<str>>,
    /// Among the eleven who start.
    pub starts: bool,
    /// Wears the armband.
    pub captain: bool,
}

impl Player {
    /// Whether the player keeps goal.
    pub fn is_goalkeeper(&self) -> bool {
        self.position.as_deref() == Some("GK")
    }
}

/// The coach of a team.
#[derive(Debug, Clone, PartialEq)]
pub struct Coach {
    /// Names the coach in cards, where the sheet gives an id. No player of the match has the same.
    pub id: Option<PlayerId>,
    /// In full.
    pub name: Arc<str>,
}

/// One side of a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// Names it across matches and tables.
    pub id: TeamId,
    /// `Juventus`.
    pub name: Arc<str>,
    /// About three letters, for scoreboards: `JUV`.
    pub short: Arc<str>,
    /// Up to two colours, as `#rrggbb`: shirt, then detail.
    pub colours: Vec<Arc<str>>,
    /// `4-2-3-1`.
    pub formation: Option<Arc<str>>,
    /// Who coaches it, where known.
    pub coach: Option<Coach>,
    /// Starters and bench.
    pub players: Vec<Player>,
}

impl Team {
    /// The place of a player on the sheet.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.players.iter().position(|player| player.id.as_str() == id)
    }
}

/// A moment in the world, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(pub i64);

/// What the competition allows in a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Changes allowed to each side, those before kick-off apart.
    pub substitutions: u8,
    /// Further changes allowed from extra time on.
    pub extra_time_substitutions: u8,
    /// Further changes allowed for players with a suspected concussion. Each gives the other side one further change of any
    /// kind.
    pub concussion_substitutions: u8,
    /// Whether a player who has been replaced may come on again.
    pub return_substitutions: bool,
    /// How long the periods are.
    pub periods: PeriodRules,
    /// Whether a draw leads to extra time.
    pub extra_time: bool,
    /// Whether a video assistant is in use.
    pub var: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            substitutions: 5,
            extra_time_substitutions: 0,
            concussion_substitutions: 0,
            return_substitutions: false,
            periods: PeriodRules::default(),
            extra_time: false,
            var: false,
        }
    }
}

/// Who plays whom, when, where and under which rules: all that is known before the first whistle.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Names it within the scenario.
    pub id: MatchId,
    /// `Serie A`.
    pub competition: Option<Arc<str>>,
    /// `2017/18`.
    pub season: Option<Arc<str>>,
    /// `34`.
    pub round: Option<Arc<str>>,
    /// When the ball is first kicked.
    pub kickoff: UtcMillis,
    /// When later periods began, where known; otherwise half-time lasts fifteen minutes.
    pub period_starts: Vec<(Period, UtcMillis)>,
    /// Stadium and town.
    pub venue: Option<Arc<str>>,
    /// Role and names, in the order of the file.
    pub officials: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// What the competition allows.
    pub rules: Rules,
    /// The team named first.
    pub home: Team,
    /// The team named second.
    pub away: Team,
}

impl Match {
    /// One of the two teams.
    pub fn team(&self, side: Side) -> &Team {
        match side {
            Side::Home => &self.home,
            Side::Away => &self.away,
        }
    }

    /// A player of either side, with the side and the place on the sheet.
    pub fn player(&self, id: &str) -> Option<(Side, usize, &Player)> {
        Side::ALL.iter().find_map(|&side| {
            let team = self.team(side);
            team.index_of(id).map(|index| (side, index, &team.players[index]))
        })
    }

    /// The coach of that id, with the side.
    pub fn coach(&self, id: &str) -> Option<(Side, &Coach)> {
        let of = |side: Side| self.team(side).coach.as_ref().map(|coach| (side, coach));
        let named = |coach: &Coach| coach.id.as_ref().is_some_and(|own| own.as_str() == id);
        Side::ALL.iter().copied().filter_map(of).find(|(_, coach)| named(coach))
    }
}
