//! The rows of an events file, as they stand there.

use std::fmt;
use std::hash::Hash;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::tags::{bit_of, event, sub, tag, word_of};
use crate::football::Period;
use crate::import::wyscout::mapping::WyscoutRow;
use crate::import::wyscout::values::{read_code, read_each, read_number, read_optional};
use crate::import::wyscout::words;

/// The file of one match.
#[derive(Debug, Default, Deserialize)]
pub struct WyscoutV2File {
    pub events: Vec<WyscoutV2Row>,
    /// Teams in file order: the first one is usually the home team.
    #[serde(default)]
    pub teams: ById<TeamEntry>,
    /// The squads of the teams.
    #[serde(default)]
    pub players: ById<Vec<Option<PlayerEntry>>>,
}

#[derive(Debug, Deserialize)]
pub struct TeamEntry {
    pub team: Option<NamedTeam>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NamedTeam {
    #[serde(rename = "wyId", deserialize_with = "read_number")]
    pub id: u64,
    pub name: Option<String>,
    #[serde(rename = "officialName")]
    pub official_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct PlayerEntry {
    pub player: Option<PlayerRecord>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PlayerRecord {
    #[serde(rename = "wyId", deserialize_with = "read_number")]
    pub id: u64,
    #[serde(rename = "shortName")]
    pub short_name: Option<String>,
    #[serde(rename = "firstName")]
    pub first_name: Option<String>,
    #[serde(rename = "lastName")]
    pub last_name: Option<String>,
    pub role: Option<PlayerRole>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PlayerRole {
    /// `GK`, `DF`, `MD` or `FW`.
    pub code2: Option<String>,
}

/// An event. Ids are 0 if unknown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WyscoutV2Row {
    #[serde(deserialize_with = "read_number")]
    pub id: u64,
    #[serde(default, deserialize_with = "read_number")]
    pub match_id: u64,
    #[serde(deserialize_with = "read_number")]
    pub team_id: u64,
    #[serde(default, deserialize_with = "read_number")]
    pub player_id: u64,
    #[serde(rename = "matchPeriod")]
    pub period: RowPeriod,
    /// Seconds since the period began.
    #[serde(rename = "eventSec", deserialize_with = "read_number")]
    pub seconds: f64,
    #[serde(default, deserialize_with = "read_code")]
    event_id: u32,
    /// Some copies have the number of the event here.
    #[serde(default, deserialize_with = "read_code")]
    event_name: u32,
    #[serde(default, deserialize_with = "read_code")]
    sub_event_id: u32,
    #[serde(default, deserialize_with = "read_code")]
    sub_event_name: u32,
    /// Bits of [`tag`].
    #[serde(default, deserialize_with = "read_tags")]
    tags: u64,
    /// The start and the end.
    #[serde(default, deserialize_with = "read_positions")]
    pub positions: [Option<(f64, f64)>; 2],
}

impl WyscoutV2Row {
    pub fn event(&self) -> u32 {
        if self.event_id > 0 { self.event_id } else { self.event_name }
    }

    pub fn sub(&self) -> u32 {
        if self.sub_event_id > 0 { self.sub_event_id } else { self.sub_event_name }
    }

    /// Whether it has one of the tags of a set.
    pub fn has(&self, tags: u64) -> bool {
        self.tags & tags != 0
    }

    pub fn word_of(&self, words: &[(u64, &'static str)]) -> Option<&'static str> {
        word_of(self.tags, words)
    }

    pub fn zone(&self) -> Option<&'static str> {
        words::zone((self.tags & tag::ZONES).trailing_zeros())
    }

    pub fn is_accurate(&self) -> Option<bool> {
        self.has(tag::ACCURATE).then_some(true).or(self.has(tag::NOT_ACCURATE).then_some(false))
    }

    /// What tells it from other rows of its id. `None` without an id.
    pub fn identity(&self) -> Option<impl Hash + Eq + use<>> {
        let period = self.period.0.as_ref().ok().copied();
        let of_row = (
            self.id,
            period,
            self.seconds.to_bits(),
            self.event(),
            self.sub(),
            self.team_id,
            self.player_id,
            self.tags,
        );
        (self.id > 0).then_some(of_row)
    }
}

impl WyscoutRow for WyscoutV2Row {
    fn id(&self) -> u64 {
        self.id
    }

    fn team_id(&self) -> u64 {
        self.team_id
    }

    fn player_id(&self) -> u64 {
        self.player_id
    }

    fn place(&self) -> Option<(f64, f64)> {
        self.positions[0]
    }

    fn is_pass(&self) -> bool {
        self.event() == event::PASS
    }

    fn is_assist(&self) -> bool {
        self.has(tag::ASSIST)
    }

    fn attempt_suffix(&self) -> Option<&'static str> {
        match (self.event(), self.sub()) {
            (event::SHOT, _) | (event::FREE_KICK, sub::FREE_KICK_SHOT | sub::PENALTY) => Some(""),
            // Straight from the corner, or from a cross that nobody touched.
            (event::FREE_KICK, _) if self.has(tag::GOAL) => Some("-goal"),
            _ => None,
        }
    }

    fn is_foul(&self) -> bool {
        self.event() == event::FOUL
    }

    fn is_set_piece(&self) -> bool {
        self.event() == event::FREE_KICK
    }

    fn is_corner(&self) -> bool {
        self.is_set_piece() && self.sub() == sub::CORNER
    }

    fn stops_play(&self) -> bool {
        matches!(self.event(), event::INTERRUPTION | event::FOUL | event::OFFSIDE)
            || self.has(tag::GOAL | tag::OWN_GOAL)
    }
}

/// The period of a row, or the word that is none.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPeriod(pub Result<Period, Box<str>>);

impl<'de> Deserialize<'de> for RowPeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PeriodVisitor;
        impl Visitor<'_> for PeriodVisitor {
            type Value = RowPeriod;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a period: {}", words::PERIODS)
            }
            fn visit_str<E>(self, word: &str) -> Result<RowPeriod, E> {
                Ok(RowPeriod(words::period(word).ok_or_else(|| word.into())))
            }
        }
        deserializer.deserialize_str(PeriodVisitor)
    }
}

/// Reads tags as their bits.
fn read_tags<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    struct Tag {
        #[serde(deserialize_with = "read_code")]
        id: u32,
    }
    let mut tags = 0;
    read_each(input, |tag: Tag| tags |= bit_of(tag.id))?;
    Ok(tags)
}

/// Reads the start and the end, each if known, as x and y.
fn read_positions<'de, D: Deserializer<'de>>(input: D) -> Result<[Option<(f64, f64)>; 2], D::Error> {
    #[derive(Deserialize)]
    struct RowPosition {
        #[serde(default, deserialize_with = "read_optional")]
        x: Option<f64>,
        #[serde(default, deserialize_with = "read_optional")]
        y: Option<f64>,
    }
    let mut positions = [None; 2];
    let mut places = positions.iter_mut();
    read_each(input, |position: Option<RowPosition>| {
        if let Some(place) = places.next() {
            *place = position.and_then(|position| position.x.zip(position.y));
        }
    })?;
    Ok(positions)
}

/// The members of an object, in file order, by the number that is their name.
#[derive(Debug)]
pub struct ById<T>(pub Vec<(u64, T)>);

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ById<T> {
    pub fn get(&self, id: u64) -> Option<&T> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ById<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByIdVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ByIdVisitor<T> {
            type Value = ById<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object by id")
            }
            fn visit_unit<E>(self) -> Result<ById<T>, E> {
                Ok(ById::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ById<T>, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Option<T>>()? {
                    members.extend(key.parse().ok().zip(value));
                }
                Ok(ById(members))
            }
        }
        deserializer.deserialize_any(ByIdVisitor(std::marker::PhantomData))
    }
}
