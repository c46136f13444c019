//! One happening of a match, in one of its revisions.

use std::sync::Arc;

use super::event_type::{EventType, Field};
use super::lineup::{EventId, PlayerId};
use super::match_clock::{MatchClock, Minute};
use super::pitch::Point;
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
    /// When the feed learned of it, where that is not when it happened.
    pub told: Option<MatchClock>,
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
        self.told.unwrap_or(self.clock)
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
    /// Where the fact comes from.
    Source(Arc<Source>),
    /// In an update only: what the revision before said is withdrawn.
    Withdrawn,
}

/// What an event carries beside its type, clock and side: a short list ordered by [`Field`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    known: Vec<(Field, Value)>,
    /// Fields of an unknown event type, each as the JSON text it had.
    unknown: Vec<(Arc<str>, Arc<str>)>,
}

impl Details {
    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.known.binary_search_by_key(&field, |(field, _)| *field).ok().map(|at| &self.known[at].1)
    }

    /// Sets a field, replacing what it held.
    pub fn set(&mut self, field: Field, value: Value) {
        match self.known.binary_search_by_key(&field, |(field, _)| *field) {
            Ok(at) => self.known[at].1 = value,
            Err(at) => self.known.insert(at, (field, value)),
        }
    }

    /// All known fields, in the order of the wire.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &Value)> {
        self.known.iter().map(|(field, value)| (*field, value))
    }

    /// The fields of an unknown event type: name and JSON text, in the order of the file.
    pub fn unknown(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.unknown
    }

    /// Keeps a field of an unknown event type, replacing what it held.
    pub fn set_unknown(&mut self, name: Arc<str>, json: Arc<str>) {
        match self.unknown.iter_mut().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = json,
            None => self.unknown.push((name, json)),
        }
    }

    /// These details as a correction leaves them: what it gives replaces, what it withdraws goes, the rest stays.
    pub fn corrected(&self, changes: &Self) -> Self {
        let mut corrected = self.clone();
        for (field, value) in changes.iter() {
            corrected.set(field, value.clone());
        }
        corrected.known.retain(|(_, value)| *value != Value::Withdrawn);
        for (name, json) in &changes.unknown {
            corrected.set_unknown(name.clone(), json.clone());
        }
        corrected
    }

    /// Drops the fields of which `keep` does not approve.
    pub fn retain(&mut self, keep: impl Fn(Field) -> bool) {
        self.known.retain(|(field, _)| keep(*field));
    }

    /// The player that a field names.
    pub fn player(&self, field: Field) -> Option<&PlayerId> {
        match self.get(field)? {
            Value::Player(id) => Some(id),
            _ => None,
        }
    }

    /// The word or text in a field.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.get(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The yes or no in a field.
    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The minutes in a field.
    pub fn minutes(&self, field: Field) -> Option<u16> {
        match self.get(field)? {
            Value::Minutes(minutes) => Some(*minutes),
            _ => None,
        }
    }

    /// Where it happened, if both coordinates are known.
    pub fn point(&self) -> Option<Point> {
        match (self.get(Field::X)?, self.get(Field::Y)?) {
            (Value::Metres(x), Value::Metres(y)) => Some(Point { x: *x, y: *y }),
            _ => None,
        }
    }

    /// The other events that it names.
    pub fn references(&self) -> impl Iterator<Item = &EventId> {
        self.known.iter().flat_map(|(_, value)| match value {
            Value::Event(id) => std::slice::from_ref(id),
            Value::Events(ids) => ids,
            _ => &[],
        })
    }
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
