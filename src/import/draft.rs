//! A match under construction: what an importer has found, in any order, and the scenario that is made of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::football::{
    Details, EventId, EventType, Field, FieldValue, Match, MatchClock, MatchEvent, Minute, Op, Period, PlayerId, Point,
    Reading, Score, Side, Status,
};
use crate::scenario::{EventRecord, Interner, LineContent, Scenario, TimedLine};

use super::{Detail, Document, Format, ImportedMatch};

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
    pub fields: Vec<(Field, FieldValue)>,
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
            fields: Vec::with_capacity(6),
        }
    }

    pub fn side(mut self, side: impl Into<Option<Side>>) -> Self {
        self.side = side.into();
        self
    }

    /// Sets a field, unless the value is unknown.
    pub fn set(mut self, field: Field, value: Option<FieldValue>) -> Self {
        self.fields.extend(value.map(|value| (field, value)));
        self
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
        *self.left_out.entry(reason).or_default() += 1;
    }

    /// Reports something that a reader of the scenario should know.
    pub fn warn(&mut self, message: String) {
        if !self.warnings.contains(&message) {
            self.warnings.push(message);
        }
    }

    /// The events so far, in the order in which they were added.
    pub fn events_mut(&mut self) -> &mut [DraftEvent] {
        &mut self.events
    }

    /// Makes the scenario: events in the order of the match, with starts and ends of periods where the importer has none, ids
    /// made unique, labels that do not run backwards, and no player where the sheet has none.
    pub fn finish(mut self, document: &Document, format: &'static Format, detail: Detail) -> ImportedMatch {
        tell_short_names_apart(&mut self.fixture);
        self.add_frame();
        // Equal clocks keep the order of the rows.
        self.events.sort_by_key(|event| {
            let place = event.suspended_at.unwrap_or(event.clock);
            (place.status, place.reading, ends_period(&event.kind))
        });
        self.remove_unknown_players();
        self.compare_results();
        if detail == Detail::LiveScore {
            self.events.retain(|event| is_live_score(&event.kind));
        }
        self.drop_labels_that_run_backwards();
        let title = format!("{} - {}", self.fixture.home.name, self.fixture.away.name);
        let mut interner = Interner::default();
        let mut ids: HashSet<EventId> = HashSet::with_capacity(self.events.len());
        let events = self.events.into_iter().map(|mut event| {
            if !ids.insert(event.id.clone()) {
                event.id = unused_id(&ids, &event.id);
                ids.insert(event.id.clone());
            }
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

    /// Adds line-ups, starts and ends of periods, and the end of the match, where they are missing.
    fn add_frame(&mut self) {
        // Each goes to the front.
        for side in Side::ALL.iter().rev() {
            if self.fixture.team(*side).players.iter().any(|player| player.starts) {
                let clock = MatchClock { status: Status::Scheduled, reading: Reading::default() };
                self.add_if_missing("lineup", EventType::Lineup, clock, Some(*side));
            }
        }
        let mut last = None;
        for period in Period::ALL {
            let clocks = || self.events.iter().map(|event| event.clock).filter(|clock| clock.period() == Some(period));
            let Some(end) = clocks().map(|clock| clock.reading).max() else { continue };
            let start = MatchClock::in_period(period, self.fixture.rules.periods.start(period));
            let end = MatchClock::in_period(period, end);
            self.add_if_missing("start", EventType::PeriodStart, start, None);
            self.add_if_missing("end", EventType::PeriodEnd, end, None);
            last = Some((period, end));
        }
        if let Some((period, end)) = last
            && !matches!(period, Period::First | Period::ExtraFirst)
        {
            self.add_if_missing("match", EventType::MatchEnd, end, None);
        }
    }

    fn add_if_missing(&mut self, word: &str, kind: EventType, clock: MatchClock, side: Option<Side>) {
        let same = |event: &DraftEvent| match kind {
            EventType::MatchEnd => event.kind == kind,
            EventType::Lineup => event.kind == kind && event.side == side,
            _ => event.kind == kind && event.clock.status == clock.status,
        };
        if self.events.iter().any(same) {
            return;
        }
        let id = match side {
            Some(side) => format!("{word}-{side}"),
            None => format!("{word}-{}", clock.status).replace('_', "-"),
        };
        self.events.push(DraftEvent::new(id.as_str(), kind.clone(), clock).side(side));
        // A start comes before everything of its period.
        if matches!(kind, EventType::PeriodStart | EventType::Lineup) {
            self.events.rotate_right(1);
        }
    }

    /// A player who is on neither sheet cannot be named, nor one of the wrong side.
    fn remove_unknown_players(&mut self) {
        let mut sides: HashMap<PlayerId, Side> = HashMap::new();
        for side in Side::ALL {
            let team = self.fixture.team(*side);
            let coach = team.coach.as_ref().and_then(|coach| coach.id.as_ref());
            sides.extend(team.players.iter().map(|player| &player.id).chain(coach).map(|id| (id.clone(), *side)));
        }
        let (mut unknown, mut mixed_up) = (0_usize, 0_usize);
        for event in &mut self.events {
            let own_goal = event.fields.iter().any(|(field, _)| *field == Field::OwnGoal);
            let side = event.side.filter(|_| !names_any_player(&event.kind));
            event.fields.retain(|(field, value)| {
                let FieldValue::Player(id) = value else { return true };
                let expected = match field {
                    Field::Fouled | Field::Opponent => side.map(Side::other),
                    Field::Player if own_goal => side.map(Side::other),
                    _ => side,
                };
                match sides.get(id) {
                    None => unknown += 1,
                    Some(side) if expected.is_some_and(|expected| expected != *side) => mixed_up += 1,
                    Some(_) => return true,
                }
                false
            });
        }
        if unknown > 0 {
            self.warn(format!("players on neither sheet are left out of events: {unknown} times"));
        }
        if mixed_up > 0 {
            self.warn(format!("players of the other side are left out of events: {mixed_up} times"));
        }
    }

    fn drop_labels_that_run_backwards(&mut self) {
        let rules = self.fixture.rules.periods;
        let own = |event: &DraftEvent| event.clock.minute(&rules);
        for index in 0..self.events.len() {
            let Some(label) = self.events[index].official else { continue };
            let event = &self.events[index];
            let status = event.clock.status;
            let shown = |event: &DraftEvent| event.official.or(own(event)).filter(|_| event.clock.status == status);
            let before = self.events[..index].iter().rev().find_map(shown);
            let after =
                self.events[index + 1..].iter().find_map(|event| own(event).filter(|_| event.clock.status == status));
            let fits = before.is_none_or(|before| before <= label) && after.is_none_or(|after| label <= after);
            if own(event).is_none() || own(event) == Some(label) || !fits {
                self.events[index].official = None;
            }
        }
    }

    /// The score of the events, after extra time, and that of the shoot-out.
    fn counted_result(&self) -> (Score, Score) {
        let (mut score, mut shootout) = (Score::default(), Score::default());
        for event in &self.events {
            let Some(side) = event.side else { continue };
            let scored = |(field, value): &(Field, FieldValue)| {
                *field == Field::Outcome && matches!(value, FieldValue::Text(word) if &**word == "scored")
            };
            match event.kind {
                EventType::Goal => score.add_goal(side),
                EventType::ShootoutPenalty if event.fields.iter().any(scored) => shootout.add_goal(side),
                _ => {}
            }
        }
        (score, shootout)
    }

    fn compare_results(&mut self) {
        let Some(recorded) = self.recorded else { return };
        let (score, shootout) = self.counted_result();
        let text = |score: Score| format!("{}-{}", score.home, score.away);
        if score != recorded.score {
            self.warn(format!(
                "the events give {}, the match data {}: the scenario has the score of the events",
                text(score),
                text(recorded.score)
            ));
        }
        if let Some(kicks) = recorded.shootout.filter(|kicks| *kicks != shootout) {
            self.warn(format!(
                "the shoot-out ends {} by the events, {} by the match data",
                text(shootout),
                text(kicks)
            ));
        }
    }
}

/// The names of two teams may begin alike: Real Madrid and Real Sociedad are then RMA and RSO.
fn tell_short_names_apart(fixture: &mut Match) {
    if fixture.home.short != fixture.away.short {
        return;
    }
    for team in [&mut fixture.home, &mut fixture.away] {
        let mut words = team.name.split_whitespace();
        if let (Some(first), Some(second)) = (words.next(), words.next()) {
            let short: String = first.chars().take(1).chain(second.chars().take(2)).collect();
            team.short = short.to_uppercase().into();
        }
    }
}

/// Whether an event of this type may name players of either side.
fn names_any_player(kind: &EventType) -> bool {
    matches!(kind, EventType::PenaltyAwarded | EventType::VarReview | EventType::VarDecision | EventType::Commentary)
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

fn unused_id(ids: &HashSet<EventId>, id: &EventId) -> EventId {
    (2..)
        .map(|number| EventId::from(format!("{id}-{number}")))
        .find(|id| !ids.contains(id))
        .unwrap_or_else(|| id.clone())
}
