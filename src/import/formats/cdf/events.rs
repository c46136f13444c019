//! Rows as events. What a referee decides has a row of the referee, and who it was stands in a player's row or in the match sheet.

use std::collections::{HashMap, HashSet};

use super::clocks::MatchTimes;
use super::match_data::{CdfMatchRecord, SheetRow};
use super::row_kinds::{body_part, is_own_goal, kind_of_player_row, outcome, situation};
use super::rows::{CdfRow, CentredPitch, RowTime};
use super::sheet_matching::SheetEntries;
use super::sheets::begin_draft;
use crate::football::{
    EventId, EventType, Field, FieldValue, MatchClock, PITCH_LENGTH, PITCH_WIDTH, Period, PeriodRules, PlayerId, Point,
    Side, TypeClass,
};
use crate::import::draft::{DraftEvent, MatchDraft};

/// Makes the draft of a match from its rows.
pub fn draft_match(match_id: &str, rows: &[CdfRow], record: &CdfMatchRecord) -> MatchDraft {
    let times = MatchTimes::new(record, rows);
    let draft = begin_draft(match_id, record, &times, rows.iter().any(|row| row.reviewed));
    let reviewed = rows.iter().filter(|row| is_of_video_assistant(row)).flat_map(|row| &row.related);
    let mut mapping = CdfMapping {
        rows,
        record,
        times,
        draft,
        by_id: rows.iter().enumerate().map(|(index, row)| (row.id.as_str(), index)).collect(),
        decided_elsewhere: reviewed.map(String::as_str).collect(),
        goals: SheetEntries::new(&record.goals),
        cards: SheetEntries::new(&record.cards),
        substitutions: SheetEntries::new(&record.substitutions),
        planned: Vec::with_capacity(rows.len()),
    };
    mapping.draft.rows = rows.len();
    for row in rows {
        mapping.map_row(row);
    }
    mapping.add_sheet_entries_without_rows();
    mapping.finish()
}

fn is_of_video_assistant(row: &CdfRow) -> bool {
    row.is_referee() && matches!(row.sub(), "var_review" | "var_decision")
}

/// An event, and the rows that it is related to.
struct PlannedEvent<'a> {
    event: DraftEvent,
    related: &'a [String],
}

struct CdfMapping<'a> {
    rows: &'a [CdfRow],
    record: &'a CdfMatchRecord,
    times: MatchTimes,
    draft: MatchDraft,
    by_id: HashMap<&'a str, usize>,
    /// The rows whose review has a row of its own.
    decided_elsewhere: HashSet<&'a str>,
    goals: SheetEntries<'a>,
    cards: SheetEntries<'a>,
    substitutions: SheetEntries<'a>,
    planned: Vec<PlannedEvent<'a>>,
}

impl<'a> CdfMapping<'a> {
    fn map_row(&mut self, row: &'a CdfRow) {
        let Some(clock) = self.times.place(row.time()) else {
            return self.draft.leave_out("rows whose time cannot be placed");
        };
        if row.is_referee() {
            self.map_referee_row(row, clock);
        } else {
            self.map_player_row(row, clock);
        }
    }

    fn plan(&mut self, row: &'a CdfRow, mut event: DraftEvent) {
        event.suspended_at = self.times.suspended_at(row.time, event.clock);
        self.planned.push(PlannedEvent { event, related: &row.related });
    }

    fn map_player_row(&mut self, row: &'a CdfRow, clock: MatchClock) {
        let Some(kind) = kind_of_player_row(row) else {
            return self.draft.leave_out("rows of an unknown type");
        };
        let team = row.team.as_deref().and_then(|team| self.record.side_of_team(team));
        let own_goal = is_own_goal(row);
        let of_player = || row.player.as_deref().and_then(|player| self.record.side_of_player(player));
        // An own goal counts for the other side than the scorer's.
        let side = if own_goal { of_player().or(team).map(Side::other) } else { team.or_else(of_player) };
        if kind.is(TypeClass::Play) && clock.period().is_none() {
            return self.draft.leave_out("rows of play outside the periods");
        }
        let is_kick_off_pass = kind == EventType::KickOff && row.outcome.is_some();
        if is_kick_off_pass {
            let id = format!("{}-kick-off", row.id);
            let kick_off = DraftEvent::new(id, EventType::KickOff, clock).side(side);
            let kick_off = kick_off.player(Field::Player, row.player.as_deref().map(PlayerId::from).as_ref());
            let kick_off = kick_off.at(self.point(row, row.start));
            self.planned.push(PlannedEvent { event: kick_off, related: &[] });
        }
        let kind = if is_kick_off_pass { EventType::Pass } else { kind };
        let event = self.player_event(row, &row.id, kind, clock, side).flag(Field::OwnGoal, own_goal);
        self.plan(row, event);
        self.add_review(row, clock);
    }

    fn player_event(
        &mut self,
        row: &CdfRow,
        id: &str,
        kind: EventType,
        clock: MatchClock,
        side: Option<Side>,
    ) -> DraftEvent {
        let carries = |field: Field| kind.carries(field);
        let receiver = row.receiver.as_deref().map(PlayerId::from);
        let receiver_side = row.receiver_team.as_deref().map_or(side, |team| self.record.side_of_team(team));
        let receiver_field = if receiver_side == side { Field::Recipient } else { Field::Opponent };
        let assist = Some(()).filter(|()| kind == EventType::Goal).and_then(|()| self.assist(row));
        #[allow(clippy::cast_possible_truncation)]
        let xg = row.xg.filter(|xg| (0.0..=1.0).contains(xg)).map(|xg| FieldValue::Probability(xg as f32));
        let event = DraftEvent::new(id, kind.clone(), clock)
            .side(side)
            .player(Field::Player, row.player.as_deref().map(PlayerId::from).as_ref())
            .player(receiver_field, receiver.filter(|_| carries(receiver_field)).as_ref())
            .player(Field::Assist, assist.as_ref())
            .text(Field::Outcome, outcome(row, &kind).as_deref())
            .text(Field::Situation, situation(row).filter(|_| carries(Field::Situation)))
            .text(Field::BodyPart, body_part(row).filter(|_| carries(Field::BodyPart)))
            .set(Field::Xg, xg.filter(|_| carries(Field::Xg)));
        event.at(self.point(row, row.start)).to(self.point(row, row.end))
    }

    fn assist(&mut self, goal: &CdfRow) -> Option<PlayerId> {
        let entry = self.goals.take(goal, |entry| entry.player == goal.player)?;
        entry.other.as_deref().map(PlayerId::from)
    }

    fn point(&self, row: &CdfRow, place: Option<(f64, f64)>) -> Option<Point> {
        let usual = CentredPitch { length: f64::from(PITCH_LENGTH), width: f64::from(PITCH_WIDTH) };
        let period = self.record.periods.iter().find(|known| Some(known.period) == row.period);
        let to_the_right = period.map_or(Side::Home, |period| period.to_the_right);
        self.record.pitch.unwrap_or(usual).point(place?, to_the_right)
    }

    /// The decision of the video assistant, where the row itself says that there was one. When it fell is not said.
    fn add_review(&mut self, row: &'a CdfRow, clock: MatchClock) {
        if !row.reviewed || self.decided_elsewhere.contains(row.id.as_str()) {
            return;
        }
        let kind = if row.upheld.is_some() { EventType::VarDecision } else { EventType::VarReview };
        let review = DraftEvent::new(format!("{}-var", row.id), kind, clock).about(Some(&row.id.as_str().into()));
        self.planned.push(PlannedEvent { event: review.text(Field::Outcome, decision(row)), related: &[] });
    }

    fn map_referee_row(&mut self, row: &'a CdfRow, clock: MatchClock) {
        let is_twin = |id: &String| {
            let other = self.by_id.get(id.as_str()).and_then(|index| self.rows.get(*index));
            other.is_some_and(|other| !other.is_referee() && other.sub_type == row.sub_type)
        };
        if row.related.iter().any(is_twin) {
            return self.draft.leave_out("referees' rows of what a player's row says");
        }
        let outcome = row.outcome.as_deref().unwrap_or_default();
        match (row.sub(), outcome) {
            (_, "yellow_card") => self.add_card(row, clock, EventType::YellowCard),
            (_, "second_yellow_card") => self.add_card(row, clock, EventType::SecondYellowCard),
            (_, "red_card") => self.add_card(row, clock, EventType::RedCard),
            ("substitution", _) => self.add_substitution(row, clock),
            ("suspended", _) => self.add_decision(row, clock, EventType::Suspended),
            ("resumed", _) => self.add_decision(row, clock, EventType::Resumed),
            ("abandoned", _) => self.add_decision(row, clock, EventType::Abandoned),
            ("drop_ball", _) => self.add_decision(row, clock, EventType::DropBall),
            ("var_review", _) => self.add_decision(row, clock, EventType::VarReview),
            ("var_decision", _) => self.add_decision(row, clock, EventType::VarDecision),
            ("period_end", _) => self.add_whistle(row, clock, EventType::PeriodEnd),
            ("final_whistle", _) if self.has_period_end(row.period) => {
                self.add_decision(row, clock, EventType::MatchEnd);
            }
            ("final_whistle", _) | (_, "end") => self.add_whistle(row, clock, EventType::PeriodEnd),
            ("period_start", _) | (_, "start") => self.add_whistle(row, clock, EventType::PeriodStart),
            ("foul" | "offside" | "penalty_awarded" | "injury" | "player_off" | "player_on", _) => {
                self.draft.leave_out("referees' rows that do not say of whom");
            }
            _ => self.draft.leave_out("referees' rows of an unknown type"),
        }
    }

    fn has_period_end(&self, period: Option<Period>) -> bool {
        self.rows.iter().any(|row| row.is_referee() && row.sub() == "period_end" && row.period == period)
    }

    fn add_decision(&mut self, row: &'a CdfRow, clock: MatchClock, kind: EventType) {
        let decided = decision(row).filter(|_| kind == EventType::VarDecision);
        let event = DraftEvent::new(row.id.as_str(), kind, clock).text(Field::Outcome, decided);
        let event = event.at(self.point(row, row.start));
        self.plan(row, event);
    }

    fn add_whistle(&mut self, row: &'a CdfRow, clock: MatchClock, kind: EventType) {
        let start = |period| MatchClock::in_period(period, PeriodRules::default().start(period));
        let clock = match (clock.period(), row.period) {
            (None, Some(period)) if kind == EventType::PeriodStart => start(period),
            (None, _) => return self.draft.leave_out("whistles outside the periods"),
            _ => clock,
        };
        self.add_decision(row, clock, kind);
    }

    fn add_card(&mut self, row: &'a CdfRow, clock: MatchClock, kind: EventType) {
        let Some(entry) = self.cards.take(row, |entry| entry.card.as_deref() == Some(kind.as_str())) else {
            return self.draft.leave_out("cards of which no match sheet says who was shown them");
        };
        match self.card(&row.id, clock, kind, entry) {
            Some(event) => {
                let event = event.at(self.point(row, row.start));
                self.plan(row, event);
                self.add_review(row, clock);
            }
            None => self.draft.leave_out("cards of an unknown team"),
        }
    }

    fn card(&self, id: &str, clock: MatchClock, kind: EventType, entry: &SheetRow) -> Option<DraftEvent> {
        let event = DraftEvent::new(id, kind, clock).side(self.side_of(entry)?);
        Some(event.player(Field::Player, entry.player.as_deref().map(PlayerId::from).as_ref()))
    }

    fn side_of(&self, entry: &SheetRow) -> Option<Side> {
        let by_player = || self.record.side_of_player(entry.player.as_deref()?);
        entry.team.as_deref().and_then(|team| self.record.side_of_team(team)).or_else(by_player)
    }

    fn add_substitution(&mut self, row: &'a CdfRow, clock: MatchClock) {
        let Some(entry) = self.substitutions.take(row, |_| true) else {
            return self.draft.leave_out("substitutions of which no match sheet says of whom");
        };
        match self.substitution(&row.id, clock, entry) {
            Some(event) => {
                let event = event.at(self.point(row, row.start));
                self.plan(row, event);
            }
            None => self.draft.leave_out("substitutions of an unknown team"),
        }
    }

    fn substitution(&self, id: &str, clock: MatchClock, entry: &SheetRow) -> Option<DraftEvent> {
        let player = |id: &Option<String>| id.as_deref().map(PlayerId::from);
        let event = DraftEvent::new(id, EventType::Substitution, self.times.before_restart(clock));
        let event = event.side(self.side_of(entry)?).player(Field::In, player(&entry.player).as_ref());
        Some(event.player(Field::Out, player(&entry.other).as_ref()))
    }

    /// Cards and substitutions that only the match sheet has.
    fn add_sheet_entries_without_rows(&mut self) {
        let place =
            |entry: &SheetRow| self.times.place(RowTime { time: entry.time, period: entry.period, clock: None });
        let cards = self.cards.left().filter_map(|(number, entry)| {
            let kind = entry.card.as_deref().and_then(EventType::parse).filter(EventType::is_card)?;
            self.card(&format!("card-{number}"), place(entry)?, kind, entry)
        });
        let substitutions = self
            .substitutions
            .left()
            .filter_map(|(number, entry)| self.substitution(&format!("substitution-{number}"), place(entry)?, entry));
        let events: Vec<DraftEvent> = cards.chain(substitutions).collect();
        self.planned.extend(events.into_iter().map(|event| PlannedEvent { event, related: &[] }));
    }

    /// Adds the events to the draft. What a save or a decision is about stands among its related rows.
    fn finish(self) -> MatchDraft {
        let Self { planned, mut draft, .. } = self;
        let kinds: HashMap<EventId, EventType> =
            planned.iter().map(|planned| (planned.event.id.clone(), planned.event.kind.clone())).collect();
        for PlannedEvent { event, related } in planned {
            // Those that are rows without an event are dropped by the draft.
            let mut related: Vec<EventId> = related.iter().map(|id| EventId::from(id.as_str())).collect();
            related.retain(|id| *id != event.id);
            let is_shot =
                |kind: &EventType| matches!(kind, EventType::Shot | EventType::Goal | EventType::PenaltyMissed);
            let is_subject = |kind: &EventType| match event.kind {
                EventType::Save => is_shot(kind),
                EventType::VarReview | EventType::VarDecision => true,
                _ => event.kind.is_card(),
            };
            let about = related.iter().position(|id| kinds.get(id).is_some_and(is_subject));
            let about = about.map(|at| related.remove(at));
            let related = (!related.is_empty()).then(|| FieldValue::Events(related.into()));
            draft.add(event.about(about.as_ref()).set(Field::Related, related));
        }
        draft
    }
}

/// What the video assistant decided.
fn decision(row: &CdfRow) -> Option<&'static str> {
    match (row.upheld, row.outcome.as_deref()) {
        (Some(true), _) | (None, Some("upheld")) => Some("upheld"),
        (Some(false), _) | (None, Some("overturned")) => Some("overturned"),
        _ => None,
    }
}
