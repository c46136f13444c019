//! Match events and their details. A [`MatchEvent`] is one revision of an event: the original or a correction.

use std::borrow::Cow;
use std::sync::Arc;

use super::event_type::{EventType, Field};
use super::lineup::{EventId, PlayerId, UtcMillis};
use super::match_clock::{MatchClock, Minute};
use super::pitch::Point;
use super::score::Score;
use super::words::{Op, Side, Status};

/// One revision of an event. Every revision is complete: a correction repeats what it does not change.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchEvent {
    /// Identifies the event within its match. All revisions of the event share it.
    pub id: EventId,
    /// The revision number: 0 for the original, one more for each correction.
    pub rev: u32,
    /// Whether this revision adds, updates or removes the event.
    pub op: Op,
    /// The event type.
    pub kind: EventType,
    /// The match clock at which it happened.
    pub clock: MatchClock,
    /// The match clock at which the feed reports it, if that differs from [`clock`](Self::clock). Boxed, because most
    /// events have none.
    pub told: Option<Box<MatchClock>>,
    /// The status of the match after this event.
    pub status: Status,
    /// The minute in the official record, if it differs from the clock's.
    pub official: Option<Minute>,
    /// The side that the event belongs to; for goals, the side that is credited.
    pub side: Option<Side>,
    /// All other fields.
    pub details: Details,
}

impl MatchEvent {
    /// The match clock at which the feed reports it.
    pub fn reported_at(&self) -> MatchClock {
        self.told.as_deref().copied().unwrap_or(self.clock)
    }

    /// The acting player.
    pub fn player(&self) -> Option<&PlayerId> {
        self.details.player(Field::Player)
    }

    /// Whether it is an own goal.
    pub fn is_own_goal(&self) -> bool {
        self.details.flag(Field::OwnGoal) == Some(true)
    }

    /// Whether the event counts after this revision: false if the revision removes it.
    pub fn is_in_force(&self) -> bool {
        self.op != Op::Remove
    }
}

/// The source of a fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The provider: `wyscout`, `match report`.
    pub provider: Arc<str>,
    /// The provider's id for the event.
    pub id: Option<Arc<str>>,
    /// A remark, such as "second inferred".
    pub note: Option<Arc<str>>,
}

/// The value of a [`Field`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FieldValue {
    /// A player on one of the two team sheets.
    Player(PlayerId),
    /// Another event of the match.
    Event(EventId),
    /// Several other events of the match.
    Events(Arc<[EventId]>),
    /// A word or free text.
    Text(Arc<str>),
    /// A boolean.
    Flag(bool),
    /// A number of minutes.
    Minutes(u16),
    /// One coordinate, in metres.
    Metres(f32),
    /// A point on the field.
    Point(Point),
    /// A probability, from 0 to 1.
    Probability(f32),
    /// A wall-clock time.
    Moment(UtcMillis),
    /// The goals of both sides.
    Score(Score),
    /// The source of a fact.
    Source(Arc<Source>),
    /// In an update only: removes the value of the previous revision.
    Withdrawn,
}

/// The fields of an event beside its type, clock and side, ordered by [`Field`].
///
/// A full feed consists mostly of passes between the same few players, each with two points. Coordinates are therefore
/// stored inline, and events with equal other values can share one list of them.
#[derive(Debug, Clone)]
pub struct Details {
    /// The fields that have a value in `values`: bit n for the n-th field of [`Field::ALL`].
    listed: u32,
    /// Coordinates in metres; NaN if unknown.
    x: f32,
    y: f32,
    end: Point,
    /// The values of the fields in `listed`, in field order.
    values: Arc<[FieldValue]>,
    /// The fields of an unknown event type, as JSON text.
    unknown: Option<Box<UnknownFields>>,
}

/// Field names and their JSON text.
type UnknownFields = Vec<(Arc<str>, Arc<str>)>;

/// An unknown point.
const NOWHERE: Point = Point { x: f32::NAN, y: f32::NAN };

// `listed` has one bit per field.
const _: () = assert!(Field::ALL.len() <= u32::BITS as usize);

impl Default for Details {
    fn default() -> Self {
        Self { listed: 0, x: f32::NAN, y: f32::NAN, end: NOWHERE, values: Arc::default(), unknown: None }
    }
}

impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        let coordinates = |of: &Self| [of.x, of.y, of.end.x, of.end.y];
        let same = |(one, other): (f32, f32)| one == other || one.is_nan() && other.is_nan();
        self.listed == other.listed
            && coordinates(self).into_iter().zip(coordinates(other)).all(same)
            && self.values == other.values
            && self.unknown_fields() == other.unknown_fields()
    }
}

/// The value in a field, if it is of this variant of [`FieldValue`].
macro_rules! value_of {
    ($details:ident, $field:ident, $variant:ident) => {
        match $details.find_value($field) {
            Some(FieldValue::$variant(value)) => Some(value),
            _ => None,
        }
    };
}

impl Details {
    /// Builds details from fields in any order, each at most once. `share` turns the sorted list into the values; it may
    /// return one shared list for events with equal fields.
    pub(crate) fn from_fields(
        fields: &mut Vec<(Field, FieldValue)>,
        share: impl FnOnce(&mut Vec<(Field, FieldValue)>) -> Arc<[FieldValue]>,
    ) -> Self {
        let mut details = Self::default();
        fields.retain(|(field, value)| !details.set_coordinate(*field, value));
        fields.sort_unstable_by_key(|(field, _)| *field);
        details.listed = fields.iter().fold(0, |listed, (field, _)| listed | field_bit(*field));
        if !fields.is_empty() {
            details.values = share(fields);
        }
        fields.clear();
        details
    }

    /// Stores a coordinate. Returns false if the field is no coordinate.
    fn set_coordinate(&mut self, field: Field, value: &FieldValue) -> bool {
        match (field, value) {
            (Field::X, FieldValue::Metres(x)) if !x.is_nan() => self.x = *x,
            (Field::Y, FieldValue::Metres(y)) if !y.is_nan() => self.y = *y,
            (Field::End, FieldValue::Point(end)) if !end.x.is_nan() && !end.y.is_nan() => self.end = *end,
            _ => return false,
        }
        true
    }

    /// The value of a coordinate field.
    fn coordinate(&self, field: Field) -> Option<FieldValue> {
        match field {
            Field::X => Some(FieldValue::Metres(self.x)).filter(|_| !self.x.is_nan()),
            Field::Y => Some(FieldValue::Metres(self.y)).filter(|_| !self.y.is_nan()),
            Field::End => Some(FieldValue::Point(self.end)).filter(|_| !self.end.x.is_nan()),
            _ => None,
        }
    }

    /// The index of a field in `values`, or the index at which to insert it.
    fn index_of(&self, field: Field) -> Result<usize, usize> {
        let index = (self.listed & (field_bit(field) - 1)).count_ones() as usize;
        if self.listed & field_bit(field) != 0 { Ok(index) } else { Err(index) }
    }

    fn find_value(&self, field: Field) -> Option<&FieldValue> {
        self.index_of(field).ok().and_then(|index| self.values.get(index))
    }

    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<Cow<'_, FieldValue>> {
        self.find_value(field).map(Cow::Borrowed).or_else(|| self.coordinate(field).map(Cow::Owned))
    }

    /// Sets a field, replacing its value.
    pub fn set(&mut self, field: Field, value: FieldValue) {
        self.remove(field);
        if self.set_coordinate(field, &value) {
            return;
        }
        if let Err(index) = self.index_of(field) {
            let mut values = self.values.to_vec();
            values.insert(index, value);
            self.values = values.into();
            self.listed |= field_bit(field);
        }
    }

    fn remove(&mut self, field: Field) {
        match field {
            Field::X => self.x = f32::NAN,
            Field::Y => self.y = f32::NAN,
            Field::End => self.end = NOWHERE,
            _ => {}
        }
        if let Ok(index) = self.index_of(field) {
            let mut values = self.values.to_vec();
            values.remove(index);
            self.values = values.into();
            self.listed &= !field_bit(field);
        }
    }

    /// All known fields, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Cow<'_, FieldValue>)> {
        let bit_if = |known: bool, field: Field| if known { field_bit(field) } else { 0 };
        let xy = bit_if(!self.x.is_nan(), Field::X) | bit_if(!self.y.is_nan(), Field::Y);
        let mut left = self.listed | xy | bit_if(!self.end.x.is_nan(), Field::End);
        std::iter::from_fn(move || {
            let field = *Field::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some((field, self.get(field)?))
        })
    }

    /// The fields of an unknown event type, in file order: name and JSON text.
    pub fn unknown_fields(&self) -> &[(Arc<str>, Arc<str>)] {
        self.unknown.as_deref().map_or(&[], Vec::as_slice)
    }

    /// Sets a field of an unknown event type, replacing its value.
    pub(crate) fn set_unknown(&mut self, name: Arc<str>, json: Arc<str>) {
        let unknown = self.unknown.get_or_insert_default();
        match unknown.iter_mut().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = json,
            None => unknown.push((name, json)),
        }
    }

    /// Applies a correction: a given value replaces the old one, a withdrawn field is removed, all others stay.
    pub(crate) fn corrected(&self, changes: &Self) -> Self {
        let mut corrected = self.clone();
        for (field, value) in changes.iter() {
            match &*value {
                FieldValue::Withdrawn => corrected.remove(field),
                value => corrected.set(field, value.clone()),
            }
        }
        for (name, json) in changes.unknown_fields() {
            corrected.set_unknown(name.clone(), json.clone());
        }
        corrected
    }

    /// Removes the known fields for which `keep` returns false.
    pub(crate) fn retain(&mut self, keep: impl Fn(Field) -> bool) {
        let dropped: Vec<Field> = self.iter().map(|(field, _)| field).filter(|field| !keep(*field)).collect();
        for field in dropped {
            self.remove(field);
        }
    }

    /// The player in a field.
    pub fn player(&self, field: Field) -> Option<&PlayerId> {
        value_of!(self, field, Player)
    }

    /// The word or text in a field.
    pub fn text(&self, field: Field) -> Option<&str> {
        value_of!(self, field, Text).map(|text| &**text)
    }

    /// The boolean in a field.
    pub fn flag(&self, field: Field) -> Option<bool> {
        value_of!(self, field, Flag).copied()
    }

    /// The probability in a field.
    pub fn probability(&self, field: Field) -> Option<f32> {
        value_of!(self, field, Probability).copied()
    }

    /// The wall-clock time in a field.
    pub fn time(&self, field: Field) -> Option<UtcMillis> {
        value_of!(self, field, Moment).copied()
    }

    /// The goals in a field.
    pub fn score(&self, field: Field) -> Option<Score> {
        value_of!(self, field, Score).copied()
    }

    /// The minutes in a field.
    pub fn minutes(&self, field: Field) -> Option<u16> {
        value_of!(self, field, Minutes).copied()
    }
}

/// The bit of a field.
const fn field_bit(field: Field) -> u32 {
    1 << field as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_replaces_withdraws_and_keeps() {
        let mut first = Details::default();
        first.set(Field::Text, FieldValue::Text("scored by Roe".into()));
        first.set(Field::Player, FieldValue::Player("roe".into()));
        first.set(Field::Assist, FieldValue::Player("poe".into()));
        let mut changes = Details::default();
        changes.set(Field::Player, FieldValue::Player("doe".into()));
        changes.set(Field::Assist, FieldValue::Withdrawn);

        let second = first.corrected(&changes);
        assert_eq!(second.player(Field::Player).map(PlayerId::as_str), Some("doe"));
        assert_eq!(second.get(Field::Assist), None);
        assert_eq!(second.text(Field::Text), Some("scored by Roe"));
        let order: Vec<_> = second.iter().map(|(field, _)| field).collect();
        assert_eq!(order, [Field::Player, Field::Text], "in wire order");
    }
}
