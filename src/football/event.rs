//! One happening of a match, in one of its revisions.

use std::borrow::Cow;
use std::sync::Arc;

use super::event_type::{EventType, Field};
use super::lineup::{EventId, PlayerId, UtcMillis};
use super::match_clock::{MatchClock, Minute};
use super::pitch::Point;
use super::score::Score;
use super::words::{Op, Side, Status};

/// What happened: complete in itself, whichever revision it is.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchEvent {
    /// Names the happening for ever; revisions share it.
    pub id: EventId,
    /// Rises by one with each revision, from 0.
    pub rev: u32,
    /// What this revision does.
    pub op: Op,
    /// What happened.
    pub kind: EventType,
    /// When it happened.
    pub clock: MatchClock,
    /// When the feed learned of it, where that is not when it happened. Boxed, because most events have none.
    pub told: Option<Box<MatchClock>>,
    /// Where the match is once this has been told.
    pub status: Status,
    /// The minute as the record has it, where it differs from the clock's.
    pub official: Option<Minute>,
    /// Whose it is; for goals the side that is credited.
    pub side: Option<Side>,
    /// All else.
    pub details: Details,
}

impl MatchEvent {
    /// When the feed tells it.
    pub fn telling(&self) -> MatchClock {
        self.told.as_deref().copied().unwrap_or(self.clock)
    }

    /// The player who did it.
    pub fn player(&self) -> Option<&PlayerId> {
        self.details.player(Field::Player)
    }

    /// Whether it was scored against the scorer's own side.
    pub fn is_own_goal(&self) -> bool {
        self.details.flag(Field::OwnGoal) == Some(true)
    }

    /// Whether it stands: told and not taken back.
    pub fn stands(&self) -> bool {
        self.op != Op::Remove
    }
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// `wyscout`, `match report`.
    pub provider: Arc<str>,
    /// The provider's own name for the event.
    pub id: Option<Arc<str>>,
    /// What else should be known: "second inferred".
    pub note: Option<Arc<str>>,
}

/// The value of a [`Field`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A player on one of the two sheets.
    Player(PlayerId),
    /// Another event of the match.
    Event(EventId),
    /// Several of them.
    Events(Arc<[EventId]>),
    /// A word or a text.
    Text(Arc<str>),
    /// Yes or no.
    Flag(bool),
    /// Whole minutes.
    Minutes(u16),
    /// A coordinate.
    Metres(f32),
    /// A place on the field.
    Point(Point),
    /// A probability.
    Probability(f32),
    /// A moment in the world.
    Moment(UtcMillis),
    /// Goals of both sides.
    Score(Score),
    /// Where the fact comes from.
    Source(Arc<Source>),
    /// In an update only: what the revision before said is withdrawn.
    Withdrawn,
}

/// What an event carries beside its type, clock and side: a short list ordered by [`Field`].
///
/// A full feed is mostly passes with two places each, told by the same few players: so coordinates stand here, and the
/// list of all other values may be shared by all events that have the same.
#[derive(Debug, Clone)]
pub struct Details {
    /// Which fields have a value in the list: bit by place of the field in [`Field::ALL`].
    listed: u32,
    /// Metres; not a number where they are not known, as are all of these.
    x: f32,
    y: f32,
    end: Point,
    /// The values of the fields that are listed, in their order.
    values: Arc<[Value]>,
    /// Fields of an unknown event type, each as the JSON text it had.
    unknown: Option<Box<Unknown>>,
}

/// Names and JSON texts.
type Unknown = Vec<(Arc<str>, Arc<str>)>;

/// No coordinate.
const NOWHERE: Point = Point { x: f32::NAN, y: f32::NAN };

// One bit for each.
const _: () = assert!(Field::ALL.len() <= u32::BITS as usize);

impl Default for Details {
    fn default() -> Self {
        Self { listed: 0, x: f32::NAN, y: f32::NAN, end: NOWHERE, values: Arc::default(), unknown: None }
    }
}

impl PartialEq for Details {
    fn eq(&self, other: &Self) -> bool {
        let places = |of: &Self| [of.x, of.y, of.end.x, of.end.y];
        let same = |(one, other): (f32, f32)| one == other || one.is_nan() && other.is_nan();
        self.listed == other.listed
            && places(self).into_iter().zip(places(other)).all(same)
            && self.values == other.values
            && self.unknown() == other.unknown()
    }
}

impl Details {
    /// Of fields in any order, each once. `share` turns those that are listed, in order, into their values: two events
    /// with the same may be given the same list.
    pub(crate) fn gathered(
        fields: &mut Vec<(Field, Value)>,
        share: impl FnOnce(&mut Vec<(Field, Value)>) -> Arc<[Value]>,
    ) -> Self {
        let mut details = Self::default();
        fields.retain(|(field, value)| !details.put_place(*field, value));
        fields.sort_unstable_by_key(|(field, _)| *field);
        details.listed = fields.iter().fold(0, |listed, (field, _)| listed | bit(*field));
        if !fields.is_empty() {
            details.values = share(fields);
        }
        fields.clear();
        details
    }

    /// Keeps a coordinate; tells whether it is one.
    fn put_place(&mut self, field: Field, value: &Value) -> bool {
        match (field, value) {
            (Field::X, Value::Metres(x)) if !x.is_nan() => self.x = *x,
            (Field::Y, Value::Metres(y)) if !y.is_nan() => self.y = *y,
            (Field::End, Value::Point(end)) if !end.x.is_nan() && !end.y.is_nan() => self.end = *end,
            _ => return false,
        }
        true
    }

    /// The coordinates in a field.
    fn place(&self, field: Field) -> Option<Value> {
        match field {
            Field::X => Some(Value::Metres(self.x)).filter(|_| !self.x.is_nan()),
            Field::Y => Some(Value::Metres(self.y)).filter(|_| !self.y.is_nan()),
            Field::End => Some(Value::Point(self.end)).filter(|_| !self.end.x.is_nan()),
            _ => None,
        }
    }

    /// The place of a field in the list, if it stands there; else the place where it would.
    fn index_of(&self, field: Field) -> Result<usize, usize> {
        let index = (self.listed & (bit(field) - 1)).count_ones() as usize;
        if self.listed & bit(field) != 0 { Ok(index) } else { Err(index) }
    }

    fn listed(&self, field: Field) -> Option<&Value> {
        self.index_of(field).ok().and_then(|index| self.values.get(index))
    }

    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<Cow<'_, Value>> {
        self.listed(field).map(Cow::Borrowed).or_else(|| self.place(field).map(Cow::Owned))
    }

    /// Sets a field, replacing what it held.
    pub fn set(&mut self, field: Field, value: Value) {
        self.remove(field);
        if self.put_place(field, &value) {
            return;
        }
        if let Err(index) = self.index_of(field) {
            let mut values = self.values.to_vec();
            values.insert(index, value);
            self.values = values.into();
            self.listed |= bit(field);
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
            self.listed &= !bit(field);
        }
    }

    /// All known fields, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Cow<'_, Value>)> {
        let place = |known: bool, field: Field| if known { bit(field) } else { 0 };
        let x = place(!self.x.is_nan(), Field::X) | place(!self.y.is_nan(), Field::Y);
        let mut left = self.listed | x | place(!self.end.x.is_nan(), Field::End);
        std::iter::from_fn(move || {
            let field = *Field::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some((field, self.get(field)?))
        })
    }

    /// The fields of an unknown event type: name and JSON text, in the order of the file.
    pub fn unknown(&self) -> &[(Arc<str>, Arc<str>)] {
        self.unknown.as_deref().map_or(&[], Vec::as_slice)
    }

    /// Keeps a field of an unknown event type, replacing what it held.
    pub fn set_unknown(&mut self, name: Arc<str>, json: Arc<str>) {
        let unknown = self.unknown.get_or_insert_default();
        match unknown.iter_mut().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = json,
            None => unknown.push((name, json)),
        }
    }

    /// These details as a correction leaves them: what it gives replaces, what it withdraws goes, the rest stays.
    pub fn corrected(&self, changes: &Self) -> Self {
        let mut corrected = self.clone();
        for (field, value) in changes.iter() {
            match &*value {
                Value::Withdrawn => corrected.remove(field),
                value => corrected.set(field, value.clone()),
            }
        }
        for (name, json) in changes.unknown() {
            corrected.set_unknown(name.clone(), json.clone());
        }
        corrected
    }

    /// Drops the fields of which `keep` does not approve.
    pub fn retain(&mut self, keep: impl Fn(Field) -> bool) {
        let dropped: Vec<Field> = self.iter().map(|(field, _)| field).filter(|field| !keep(*field)).collect();
        for field in dropped {
            self.remove(field);
        }
    }

    /// The player that a field names.
    pub fn player(&self, field: Field) -> Option<&PlayerId> {
        match self.listed(field)? {
            Value::Player(id) => Some(id),
            _ => None,
        }
    }

    /// The word or text in a field.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.listed(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The yes or no in a field.
    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.listed(field)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The probability in a field.
    pub fn probability(&self, field: Field) -> Option<f32> {
        match self.listed(field)? {
            Value::Probability(share) => Some(*share),
            _ => None,
        }
    }

    /// The moment in a field.
    pub fn moment(&self, field: Field) -> Option<UtcMillis> {
        match self.listed(field)? {
            Value::Moment(at) => Some(*at),
            _ => None,
        }
    }

    /// The goals in a field.
    pub fn score(&self, field: Field) -> Option<Score> {
        match self.listed(field)? {
            Value::Score(score) => Some(*score),
            _ => None,
        }
    }

    /// The minutes in a field.
    pub fn minutes(&self, field: Field) -> Option<u16> {
        match self.listed(field)? {
            Value::Minutes(minutes) => Some(*minutes),
            _ => None,
        }
    }

    /// Where it happened, if both coordinates are known.
    pub fn point(&self) -> Option<Point> {
        (!self.x.is_nan() && !self.y.is_nan()).then_some(Point { x: self.x, y: self.y })
    }

    /// The other events that it names.
    pub fn references(&self) -> impl Iterator<Item = &EventId> {
        self.values.iter().flat_map(|value| match value {
            Value::Event(id) => std::slice::from_ref(id),
            Value::Events(ids) => ids,
            _ => &[],
        })
    }
}

/// The bit of a field.
const fn bit(field: Field) -> u32 {
    1 << field as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_replaces_withdraws_and_keeps() {
        let mut first = Details::default();
        first.set(Field::Text, Value::Text("scored by Roe".into()));
        first.set(Field::Player, Value::Player("roe".into()));
        first.set(Field::Assist, Value::Player("poe".into()));
        let mut changes = Details::default();
        changes.set(Field::Player, Value::Player("doe".into()));
        changes.set(Field::Assist, Value::Withdrawn);

        let second = first.corrected(&changes);
        assert_eq!(second.player(Field::Player).map(PlayerId::as_str), Some("doe"));
        assert_eq!(second.get(Field::Assist), None);
        assert_eq!(second.text(Field::Text), Some("scored by Roe"));
        let order: Vec<_> = second.iter().map(|(field, _)| field).collect();
        assert_eq!(order, [Field::Player, Field::Text], "in the order of the wire");
    }
}
