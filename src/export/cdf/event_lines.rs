//! `event.jsonl`: a line for each event, in the order of time.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::event_ids::ExportedIds;
use super::json_text::{moment, number};
use super::row_kind::{RowClass, RowKind, Writing, writing_of};
use super::wall_clock::period_word;
use super::{DatedEvent, FinishedMatch, UNKNOWN};
use crate::football::{EventId, EventType, Field, FieldValue, MatchEvent, PITCH_LENGTH, PITCH_WIDTH, Point, Side};

/// Stands for a place that is not known: the corner of the validator's range, outside any field.
const NOWHERE: (f64, f64) = (-65.0, -42.5);
/// Stands for a body part that is not known: any of them.
const ANY_BODY_PART: &str = "body";

#[derive(Serialize)]
struct EventLine<'a> {
    r#match: MatchReference<'a>,
    meta: SyncNote,
    event: EventFields<'a>,
}

#[derive(Serialize)]
struct MatchReference<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct SyncNote {
    is_synced: bool,
}

#[derive(Serialize)]
struct EventFields<'a> {
    id: &'a str,
    time: String,
    period: &'static str,
    r#type: &'static str,
    sub_type: Option<&'a str>,
    is_successful: bool,
    outcome_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    player_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    official_id: Option<&'a str>,
    receiver_id: Option<&'a str>,
    receiver_time: Option<&'a str>,
    receiver_team_id: Option<&'a str>,
    x: f64,
    y: f64,
    x_end: Option<f64>,
    y_end: Option<f64>,
    body_part: Option<&'static str>,
    related_event_ids: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    match_clock: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<RowMetrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    var: Option<VarFlags>,
}

#[derive(Serialize)]
struct RowMetrics {
    xg: f64,
}

/// Whether the video assistant looked at an event, and what came of it.
#[derive(Debug, Clone, Copy, Serialize)]
struct VarFlags {
    reviewed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    upheld: Option<bool>,
}

/// An event that is written, and how.
struct PlannedRow<'a> {
    dated: &'a DatedEvent<'a>,
    row: RowKind,
    /// The second row, of the referee, with its id.
    referee: Option<(RowKind, String)>,
}

/// The lines of a match, and how many events are left out, by the reason.
pub(super) fn write(finished: &FinishedMatch<'_>) -> (String, Vec<(&'static str, usize)>) {
    let mut left_out: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut written = Vec::with_capacity(finished.events.len());
    for (index, dated) in finished.events.iter().enumerate() {
        match writing_of(dated.event) {
            Writing::LeftOut(reason) => *left_out.entry(reason).or_default() += 1,
            Writing::Row(_) if kicks_off_with_a_pass(&finished.events, index) => {
                *left_out.entry("kick-offs, which the passes of the same instant are").or_default() += 1;
            }
            Writing::Row(mut row) => {
                if is_kick_off_pass(&finished.events, index) {
                    row.sub_type = Some("kick_off".into());
                }
                written.push((dated, row, None));
            }
            Writing::PlayerAndReferee { player, referee } => written.push((dated, player, Some(referee))),
        }
    }
    let mut ids = ExportedIds::new(written.iter().map(|(dated, ..)| &dated.event.id));
    let planned: Vec<PlannedRow<'_>> = written
        .into_iter()
        .map(|(dated, row, referee)| {
            let own = ids.get(&dated.event.id).unwrap_or(UNKNOWN).to_owned();
            PlannedRow { dated, row, referee: referee.map(|row| (row, ids.take(format!("{own}-referee")))) }
        })
        .collect();
    let writer = EventLineWriter { finished, ids: &ids, reviews: reviews(&finished.events) };
    let mut text = String::new();
    for planned in &planned {
        for line in writer.lines(planned) {
            if let Ok(line) = serde_json::to_string(&line) {
                text.push_str(&line);
                text.push('\n');
            }
        }
    }
    (text, left_out.into_iter().collect())
}

/// The two records of one kick-off: of the restart, and of the pass that it is.
fn are_one_kick_off(restart: &DatedEvent<'_>, pass: &DatedEvent<'_>) -> bool {
    let (a, b) = (restart.event, pass.event);
    a.kind == EventType::KickOff
        && b.kind == EventType::Pass
        && restart.at == pass.at
        && a.side == b.side
        && a.player().is_some()
        && a.player() == b.player()
}

fn kicks_off_with_a_pass(events: &[DatedEvent<'_>], index: usize) -> bool {
    events.get(index + 1).is_some_and(|next| are_one_kick_off(&events[index], next))
}

fn is_kick_off_pass(events: &[DatedEvent<'_>], index: usize) -> bool {
    index.checked_sub(1).is_some_and(|before| are_one_kick_off(&events[before], &events[index]))
}

/// What the video assistant did, by the event in question.
fn reviews<'a>(events: &[DatedEvent<'a>]) -> HashMap<&'a EventId, VarFlags> {
    let mut reviews = HashMap::new();
    for DatedEvent { event, .. } in events {
        if !matches!(event.kind, EventType::VarReview | EventType::VarDecision) {
            continue;
        }
        if let Some(about) = about(event) {
            let upheld = decision(event);
            let flags: &mut VarFlags = reviews.entry(about).or_insert(VarFlags { reviewed: true, upheld });
            flags.upheld = upheld.or(flags.upheld);
        }
    }
    reviews
}

fn decision(event: &MatchEvent) -> Option<bool> {
    event.details.text(Field::Outcome).filter(|_| event.kind == EventType::VarDecision).and_then(|word| match word {
        "upheld" => Some(true),
        "overturned" => Some(false),
        _ => None,
    })
}

fn about(event: &MatchEvent) -> Option<&EventId> {
    match event.details.get(Field::About) {
        Some(Cow::Borrowed(FieldValue::Event(id))) => Some(id),
        _ => None,
    }
}

fn listed_as_related(event: &MatchEvent) -> &[EventId] {
    match event.details.get(Field::Related) {
        Some(Cow::Borrowed(FieldValue::Events(ids))) => ids,
        _ => &[],
    }
}

struct EventLineWriter<'a> {
    finished: &'a FinishedMatch<'a>,
    ids: &'a ExportedIds<'a>,
    reviews: HashMap<&'a EventId, VarFlags>,
}

impl<'a> EventLineWriter<'a> {
    /// The lines of an event: one, or one each for player and referee.
    fn lines(&self, planned: &'a PlannedRow<'a>) -> Vec<EventLine<'a>> {
        let own = self.ids.get(&planned.dated.event.id).unwrap_or(UNKNOWN);
        let mut lines = vec![self.line(planned, own, &planned.row, planned.referee.as_ref().map(|(_, id)| &**id))];
        if let Some((row, id)) = &planned.referee {
            lines.push(self.line(planned, id, row, Some(own)));
        }
        lines
    }

    fn line(&self, planned: &'a PlannedRow<'a>, id: &'a str, row: &'a RowKind, twin: Option<&'a str>) -> EventLine<'a> {
        let DatedEvent { event, at } = planned.dated;
        let fixture = self.finished.fixture;
        let by_referee = row.class == RowClass::Referee;
        let side = event.side.map(|side| if event.is_own_goal() { side.other() } else { side });
        let player = event.player().map_or(UNKNOWN, |player| player.as_str());
        let team = side.map_or(UNKNOWN, |side| fixture.team(side).id.as_str());
        let receiver = event.details.player(Field::Recipient).filter(|_| row.class == RowClass::Pass);
        let receiver_team = receiver.and_then(|id| fixture.player(id.as_str()));
        let ends = matches!(row.class, RowClass::Pass | RowClass::Shot);
        let (x, y) = place(event).unwrap_or(NOWHERE);
        let end = end_place(event).filter(|_| !by_referee).or(ends.then_some(NOWHERE));
        let body_part = event.details.text(Field::BodyPart).map(body_part).or(ends.then_some(ANY_BODY_PART));
        EventLine {
            r#match: MatchReference { id: fixture.id.as_str() },
            meta: SyncNote { is_synced: false },
            event: EventFields {
                id,
                time: moment(*at),
                period: period_word(self.finished.wall.period_of(event.clock, *at)),
                r#type: row.class.as_str(),
                sub_type: row.sub_type.as_deref(),
                is_successful: row.is_successful,
                outcome_type: &row.outcome,
                player_id: (!by_referee).then_some(player),
                team_id: (!by_referee).then_some(team),
                official_id: by_referee.then(|| super::meta_data::referee_id(fixture)),
                receiver_id: receiver.map(|id| id.as_str()),
                receiver_time: None,
                receiver_team_id: receiver_team.map(|(side, ..): (Side, _, _)| fixture.team(side).id.as_str()),
                x,
                y,
                x_end: end.map(|(x, _)| x),
                y_end: end.map(|(_, y)| y),
                body_part,
                related_event_ids: self.related(event, twin),
                match_clock: self.finished.wall.match_clock(event.clock),
                metrics: event.details.probability(Field::Xg).map(|xg| RowMetrics { xg: number(xg) }),
                var: self.var_flags(event),
            },
        }
    }

    /// Related events that are exported, the one that this is about first.
    fn related(&self, event: &'a MatchEvent, twin: Option<&'a str>) -> Option<Vec<&'a str>> {
        let listed = listed_as_related(event);
        let mut related: Vec<&str> = Vec::new();
        for id in about(event).into_iter().chain(listed).filter_map(|id| self.ids.get(id)).chain(twin) {
            if !related.contains(&id) {
                related.push(id);
            }
        }
        Some(related).filter(|related| !related.is_empty())
    }

    fn var_flags(&self, event: &MatchEvent) -> Option<VarFlags> {
        match event.kind {
            EventType::VarReview => Some(VarFlags { reviewed: true, upheld: None }),
            EventType::VarDecision => Some(VarFlags { reviewed: true, upheld: decision(event) }),
            _ => self.reviews.get(&event.id).copied(),
        }
    }
}

/// Where an event happened: metres from the centre, the home side towards greater x, y upwards.
fn place(event: &MatchEvent) -> Option<(f64, f64)> {
    let metres = |field| match event.details.get(field).as_deref() {
        Some(FieldValue::Metres(metres)) => Some(*metres),
        _ => None,
    };
    Some(from_centre(Point { x: metres(Field::X)?, y: metres(Field::Y)? }))
}

fn end_place(event: &MatchEvent) -> Option<(f64, f64)> {
    match event.details.get(Field::End).as_deref() {
        Some(FieldValue::Point(end)) => Some(from_centre(*end)),
        _ => None,
    }
}

/// To the centimetre.
fn from_centre(point: Point) -> (f64, f64) {
    // Not -0.
    let centimetres = |metres: f64| (metres * 100.0).round() / 100.0 + 0.0;
    let (x, y) = (f64::from(point.x), f64::from(point.y));
    (centimetres(x - f64::from(PITCH_LENGTH) / 2.0), centimetres(f64::from(PITCH_WIDTH) / 2.0 - y))
}

fn body_part(word: &str) -> &'static str {
    match word {
        "head" => "head",
        "left_foot" => "left_foot",
        "right_foot" => "right_foot",
        _ => "other",
    }
}
