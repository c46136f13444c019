//! The rows of an events file, as they stand there.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Code;
use super::tags::tag;
use crate::football::Period;

/// The file of one match.
#[derive(Debug, Default, Deserialize)]
pub struct MatchFile {
    pub events: Vec<Row>,
    /// Teams in file order: the first one is usually the home team.
    #[serde(default)]
    pub teams: Ordered<TeamEntry>,
    /// The squads of the teams.
    #[serde(default)]
    pub players: Ordered<Vec<Option<PlayerEntry>>>,
}

#[derive(Debug, Deserialize)]
pub struct TeamEntry {
    pub team: Option<TeamRecord>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TeamRecord {
    #[serde(rename = "wyId")]
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
    #[serde(rename = "wyId")]
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

/// An event.
#[derive(Debug, Deserialize)]
pub struct Row {
    pub id: u64,
    #[serde(rename = "matchId", default)]
    pub match_id: u64,
    #[serde(rename = "teamId")]
    pub team_id: u64,
    /// 0 if unknown.
    #[serde(rename = "playerId", default)]
    pub player_id: u64,
    #[serde(rename = "matchPeriod")]
    pub period: RowPeriod,
    /// Seconds since the period began.
    #[serde(rename = "eventSec")]
    pub seconds: f64,
    #[serde(rename = "eventId", default)]
    event: Code,
    /// Some copies have the number of the event here.
    #[serde(rename = "eventName", default)]
    event_name: Code,
    #[serde(rename = "subEventId", default)]
    sub_event: Code,
    #[serde(rename = "subEventName", default)]
    sub_event_name: Code,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default)]
    pub positions: RowPositions,
}

impl Row {
    pub fn event(&self) -> u32 {
        if self.event.0 > 0 { self.event.0 } else { self.event_name.0 }
    }

    pub fn sub(&self) -> u32 {
        if self.sub_event.0 > 0 { self.sub_event.0 } else { self.sub_event_name.0 }
    }

    pub fn has(&self, tag: u16) -> bool {
        self.tags.0.contains(&tag)
    }

    /// `accurate` or `inaccurate`.
    pub fn accuracy(&self) -> Option<&'static str> {
        let words = [(tag::ACCURATE, "accurate"), (tag::NOT_ACCURATE, "inaccurate")];
        words.iter().find(|(tag, _)| self.has(*tag)).map(|(_, word)| *word)
    }
}

/// The period of a row, `None` for a word that is none.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPeriod(pub Result<Period, Box<str>>);

impl<'de> Deserialize<'de> for RowPeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PeriodVisitor;
        impl Visitor<'_> for PeriodVisitor {
            type Value = RowPeriod;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a period: 1H, 2H, E1, E2 or P")
            }
            fn visit_str<E>(self, word: &str) -> Result<RowPeriod, E> {
                Ok(RowPeriod(Ok(match word {
                    "1H" => Period::First,
                    "2H" => Period::Second,
                    "E1" => Period::ExtraFirst,
                    "E2" => Period::ExtraSecond,
                    "P" => Period::Shootout,
                    other => return Ok(RowPeriod(Err(other.into()))),
                })))
            }
        }
        deserializer.deserialize_str(PeriodVisitor)
    }
}

/// The most tags of a row that are kept. The data set has up to seven.
const MAX_TAGS: usize = 12;

/// The ids of the tags; 0 fills the rest.
#[derive(Debug, Default)]
pub struct Tags([u16; MAX_TAGS]);

impl Tags {
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().copied().take_while(|tag| *tag > 0)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tag {
            id: Code,
        }
        struct TagsVisitor;
        impl<'de> Visitor<'de> for TagsVisitor {
            type Value = Tags;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of tags")
            }
            fn visit_unit<E>(self) -> Result<Tags, E> {
                Ok(Tags::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tags, A::Error> {
                let (mut tags, mut count) = (Tags::default(), 0);
                while let Some(tag) = list.next_element::<Tag>()? {
                    if let (Ok(id @ 1..), Some(place)) = (u16::try_from(tag.id.0), tags.0.get_mut(count)) {
                        *place = id;
                        count += 1;
                    }
                }
                Ok(tags)
            }
        }
        deserializer.deserialize_any(TagsVisitor)
    }
}

/// The start and the end, each if known, as x and y.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowPositions(pub [Option<(f64, f64)>; 2]);

impl<'de> Deserialize<'de> for RowPositions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct RowPosition {
            x: Option<f64>,
            y: Option<f64>,
        }
        struct PositionsVisitor;
        impl<'de> Visitor<'de> for PositionsVisitor {
            type Value = RowPositions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of positions")
            }
            fn visit_unit<E>(self) -> Result<RowPositions, E> {
                Ok(RowPositions::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RowPositions, A::Error> {
                let mut positions = RowPositions::default();
                for place in &mut positions.0 {
                    let Some(position) = list.next_element::<Option<RowPosition>>()? else { return Ok(positions) };
                    *place = position.and_then(|position| position.x.zip(position.y));
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(positions)
            }
        }
        deserializer.deserialize_any(PositionsVisitor)
    }
}

/// The members of an object, in file order, by the number that is their name.
#[derive(Debug)]
pub struct Ordered<T>(pub Vec<(u64, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub fn get(&self, id: u64) -> Option<&T> {
        self.0.iter().find(|(known, _)| *known == id).map(|(_, value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrderedVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object by id")
            }
            fn visit_unit<E>(self) -> Result<Ordered<T>, E> {
                Ok(Ordered::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Option<T>>()? {
                    members.extend(key.parse().ok().zip(value));
                }
                Ok(Ordered(members))
            }
        }
        deserializer.deserialize_any(OrderedVisitor(std::marker::PhantomData))
    }
}
