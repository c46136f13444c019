//! Matches, teams, players and rules: everything known before kick-off, as on the team sheet.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::match_clock::PeriodRules;
use super::words::{Period, Side};

/// Declares an identifier type: a shared, immutable string that cannot be confused with another kind of id.
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
    /// The id of a match within a scenario: `juv-nap`.
    MatchId
}
impl MatchId {
    /// The most characters of an id.
    pub(crate) const MAX_CHARS: usize = 100;

    /// Whether a character may not be part of an id: ids are listed in addresses.
    pub(crate) fn is_forbidden(c: char) -> bool {
        matches!(c, ',' | '/' | '?' | '#' | '&') || c.is_control()
    }

    /// An id of a text, with hyphens for forbidden characters.
    pub(crate) fn cleaned(text: &str) -> Self {
        let clean = text.trim().chars().map(|c| if Self::is_forbidden(c) { '-' } else { c });
        let clean: String = clean.take(Self::MAX_CHARS).collect();
        if clean.is_empty() { "match".into() } else { clean.into() }
    }
}

id! {
    /// The id of a team: `juventus`.
    TeamId
}
id! {
    /// The id of a player within a match: `koulibaly`.
    PlayerId
}
id! {
    /// The id of an event within a match. All revisions of the event share it.
    EventId
}

/// A player on a team sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Player {
    /// Identifies the player in events.
    pub id: PlayerId,
    /// The full name, with diacritics.
    pub name: Arc<str>,
    /// The shirt number, if known.
    pub number: Option<u16>,
    /// The position: `GK` for the goalkeeper, otherwise as in the source.
    pub position: Option<Arc<str>>,
    /// Whether the player is in the starting eleven.
    pub starts: bool,
    /// Whether the player is the captain.
    pub captain: bool,
}

impl Player {
    /// Whether the player is a goalkeeper.
    pub fn is_goalkeeper(&self) -> bool {
        self.position.as_deref() == Some("GK")
    }
}

/// The coach of a team.
#[derive(Debug, Clone, PartialEq)]
pub struct Coach {
    /// Identifies the coach in cards, if the sheet gives an id. No player of the match has the same id.
    pub id: Option<PlayerId>,
    /// The full name.
    pub name: Arc<str>,
}

/// One side of a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// Identifies the team in matches and tables.
    pub id: TeamId,
    /// The name: `Juventus`.
    pub name: Arc<str>,
    /// An abbreviation of about three letters, for scoreboards: `JUV`.
    pub short: Arc<str>,
    /// Up to two colours as `#rrggbb`: shirt, then detail.
    pub colours: Vec<Arc<str>>,
    /// The formation: `4-2-3-1`.
    pub formation: Option<Arc<str>>,
    /// The coach, if known.
    pub coach: Option<Coach>,
    /// Starters and substitutes, in sheet order.
    pub players: Vec<Player>,
}

impl Team {
    /// The index of a player on the sheet.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.players.iter().position(|player| player.id.as_str() == id)
    }
}

/// A wall-clock time in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(pub i64);

impl UtcMillis {
    /// What importers write for a kick-off that is not known.
    #[cfg_attr(not(feature = "import"), allow(dead_code))]
    pub(crate) const UNKNOWN: Self = Self(0);
}

/// The rules of the competition for a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Substitutions allowed to each side, not counting those before kick-off.
    pub substitutions: u8,
    /// Further substitutions allowed from extra time on.
    pub extra_time_substitutions: u8,
    /// Further substitutions allowed for a suspected concussion. Each gives the other side one further substitution of any
    /// kind.
    pub concussion_substitutions: u8,
    /// Whether a player who has been replaced may come on again.
    pub return_substitutions: bool,
    /// The lengths of the periods.
    pub periods: PeriodRules,
    /// Whether a draw leads to extra time.
    pub extra_time: bool,
    /// Whether a video assistant referee is in use.
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

/// Whether a text is a colour: `#rrggbb`.
pub(crate) fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A match as known before kick-off: teams, time, venue and rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Identifies the match within the scenario.
    pub id: MatchId,
    /// The competition: `Serie A`.
    pub competition: Option<Arc<str>>,
    /// The season: `2017/18`.
    pub season: Option<Arc<str>>,
    /// The round: `34`.
    pub round: Option<Arc<str>>,
    /// The scheduled kick-off.
    pub kickoff: UtcMillis,
    /// The stated starts of periods, if known. Without one, half-time lasts fifteen minutes.
    pub period_starts: Vec<(Period, UtcMillis)>,
    /// Stadium and town.
    pub venue: Option<Arc<str>>,
    /// The officials, in file order: role and names.
    pub officials: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// The rules of the competition.
    pub rules: Rules,
    /// The home team.
    pub home: Team,
    /// The away team.
    pub away: Team,
}

impl Match {
    /// The team of a side.
    pub fn team(&self, side: Side) -> &Team {
        match side {
            Side::Home => &self.home,
            Side::Away => &self.away,
        }
    }

    /// Looks up a player of either side: the side, the index on its sheet and the player.
    pub fn player(&self, id: &str) -> Option<(Side, usize, &Player)> {
        Side::ALL.iter().find_map(|&side| {
            let team = self.team(side);
            team.index_of(id).map(|index| (side, index, &team.players[index]))
        })
    }

    /// Looks up a coach by id: the side and the coach.
    pub fn coach(&self, id: &str) -> Option<(Side, &Coach)> {
        let of = |side: Side| self.team(side).coach.as_ref().map(|coach| (side, coach));
        let named = |coach: &Coach| coach.id.as_ref().is_some_and(|own| own.as_str() == id);
        Side::ALL.iter().copied().filter_map(of).find(|(_, coach)| named(coach))
    }
}
