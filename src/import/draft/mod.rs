//! A match under construction: what an importer has found, in any order, and the scenario that is made of it.

mod course;
mod players;
mod references;
mod result;
mod sheets;
mod substitutions;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::football::{
    Details, EventId, EventType, Field, FieldValue, Match, MatchClock, MatchEvent, Minute, Op, PlayerId, Point, Score,
    Side,
};
use crate::scenario::{EventRecord, Interner, LineContent, Scenario, TimedLine};

use super::{Detail, Document, Format, ImportedMatch};

/// The most warnings of a match. A file of nonsense could have one for each row.
const MAX_WARNINGS: usize = 100;
/// The fields that most events have at most.
const USUAL_FIELDS: usize = 6;

/// An event under construction.
#[derive(Debug)]
pub(super) struct DraftEvent {
    pub id: EventId,
    pub kind: EventType,
    pub clock: MatchClock,
    pub side: Option<Side>,
    /// The minute of the record, if the clock's may differ. It is dropped where labels would run backwards.
    pub official: Option<Minute>,
    /// Of an event while the match is suspended: the clock at which it was.
    pub suspended_at: Option<MatchClock>,
    pub(super) fields: Vec<(Field, FieldValue)>,
}

impl DraftEvent {
    pub fn new(id: impl Into<EventId>, kind: EventType, clock: MatchClock) -> Self {
        Self {
            id: id.into(),
            kind,
            clock,
            side: None,
            official: None,
            suspended_at: None,
            fields: Vec::with_capacity(USUAL_FIELDS),
        }
    }

    pub fn side(mut self, side: impl Into<Option<Side>>) -> Self {
        self.side = side.into();
        self
    }

    /// Sets a field, in place of an earlier value, unless the value is unknown.
    pub fn set(mut self, field: Field, value: Option<FieldValue>) -> Self {
        let Some(value) = value else { return self };
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => *known = value,
            None => self.fields.push((field, value)),
        }
        self
    }

    fn text_of(&self, field: Field) -> Option<&str> {
        self.fields.iter().find_map(|(known, value)| match value {
            FieldValue::Text(text) if *known == field => Some(&**text),
            _ => None,
        })
    }

    pub fn player(self, field: Field, player: Option<&PlayerId>) -> Self {
        self.set(field, player.map(|id| FieldValue::Player(id.clone())))
    }

    pub fn text(self, field: Field, text: Option<&str>) -> Self {
        self.set(field, text.map(|text| FieldValue::Text(text.into())))
    }

    pub fn flag(self, field: Field, flag: bool) -> Self {
        self.set(field, flag.then_some(FieldValue::Flag(true)))
    }

    pub fn about(self, id: Option<&EventId>) -> Self {
        self.set(Field::About, id.map(|id| FieldValue::Event(id.clone())))
    }

    /// Sets who got a pass: the recipient, or the opponent who won the ball. A player of an unknown side is a recipient.
    pub(super) fn received_by(self, player: Option<&PlayerId>, side: Option<Side>) -> Self {
        let own = side.is_none() || side == self.side;
        self.player(if own { Field::Recipient } else { Field::Opponent }, player)
    }

    /// Where it happened, in metres. See [`PitchFrame`](super::frame::PitchFrame).
    pub fn at(self, point: Option<Point>) -> Self {
        self.set(Field::X, point.map(|point| FieldValue::Metres(point.x)))
            .set(Field::Y, point.map(|point| FieldValue::Metres(point.y)))
    }

    /// Where it ended.
    pub fn to(self, point: Option<Point>) -> Self {
        self.set(Field::End, point.map(FieldValue::Point))
    }
}

/// The result of a match, by another part of the data than its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordedResult {
    /// After extra time, if there was any.
    pub score: Score,
    pub shootout: Option<Score>,
}

/// A match under construction.
#[derive(Debug)]
pub(super) struct MatchDraft {
    pub fixture: Match,
    /// Where the facts come from.
    pub sources: Vec<Arc<str>>,
    /// The result that the events have to give.
    pub recorded: Option<RecordedResult>,
    /// The rows of the document that belong to the match.
    pub rows: usize,
    events: Vec<DraftEvent>,
    left_out: BTreeMap<&'static str, usize>,
    warnings: Vec<String>,
}

impl MatchDraft {
    pub fn new(fixture: Match) -> Self {
        Self {
            fixture,
            sources: Vec::new(),
            recorded: None,
            rows: 0,
            events: Vec::new(),
            left_out: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds an event. One that counts for a side, and has none, is left out.
    pub fn add(&mut self, event: DraftEvent) {
        if event.side.is_none() && event.kind.needs_side() {
            return self.leave_out("rows without a team");
        }
        self.events.push(event);
    }

    /// Counts a row of which no event is made, by the reason.
    pub fn leave_out(&mut self, reason: &'static str) {
        self.leave_out_rows(reason, 1);
    }

    pub fn leave_out_rows(&mut self, reason: &'static str, count: usize) {
        if count > 0 {
            *self.left_out.entry(reason).or_default() += count;
        }
    }

    /// Reports something that a reader of the scenario should know.
    pub fn warn(&mut self, message: String) {
        if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&message) {
            self.warnings.push(message);
        }
    }

    /// The events so far, in the order in which they were added.
    pub fn events_mut(&mut self) -> &mut [DraftEvent] {
        &mut self.events
    }

    /// Makes the scenario: sheets and references as a scenario may have them, events in the order of the match, starts and ends
    /// of periods where the importer has none, and labels that do not run backwards.
    pub fn finish(mut self, document: &Document, format: &'static Format, detail: Detail) -> ImportedMatch {
        self.clean_sheets();
        self.clean_ids();
        self.add_frame();
        // Equal clocks keep the order of the rows.
        self.events.sort_by_key(|event| {
            let place = event.suspended_at.unwrap_or(event.clock);
            (place.status, place.reading, ends_period(&event.kind))
        });
        let listed = self.listed_people();
        self.drop_strangers(&listed);
        self.complete_substitutions();
        self.check_presence(listed);
        self.set_rules_shown();
        self.compare_results();
        if detail == Detail::LiveScore {
            self.events.retain(|event| is_live_score(&event.kind));
        }
        self.drop_labels_that_run_backwards();
        self.drop_dangling_references();
        let title = format!("{} - {}", self.fixture.home.name, self.fixture.away.name);
        let mut interner = Interner::default();
        let events = self.events.into_iter().map(|mut event| {
            let details = Details::from_fields(&mut event.fields, |fields| interner.intern_values(fields));
            let record = MatchEvent {
                id: event.id,
                rev: 0,
                op: Op::Add,
                kind: event.kind,
                clock: event.clock,
                told: None,
                status: event.clock.status,
                official: event.official,
                side: event.side,
                details,
            };
            TimedLine { line: 0, track: 0, item: LineContent::Event(EventRecord::First(Arc::new(record))) }
        });
        let entries = events.collect();
        let scenario = Scenario {
            title: title.into(),
            about: Some(format.about(detail).into()),
            sources: self.sources,
            matches: vec![Arc::new(self.fixture)],
            entries,
            ..Scenario::default()
        };
        ImportedMatch {
            document: document.name().to_owned(),
            format,
            scenario,
            rows: self.rows,
            left_out: self.left_out.into_iter().collect(),
            warnings: self.warnings,
        }
    }
}

/// Orders events of the same instant: what ends a period comes last.
fn ends_period(kind: &EventType) -> u8 {
    match kind {
        EventType::PeriodEnd => 1,
        EventType::MatchEnd => 2,
        _ => 0,
    }
}

/// Whether a live-score feed sends events of this type.
fn is_live_score(kind: &EventType) -> bool {
    kind.is_key()
        || matches!(
            kind,
            EventType::Lineup
                | EventType::AddedTime
                | EventType::Injury
                | EventType::Shot
                | EventType::Save
                | EventType::Corner
                | EventType::Foul
                | EventType::Offside
                | EventType::FormationChange
                | EventType::Commentary
        )
}

#[cfg(test)]
mod tests;
