//! Rows as events: by their type, one event each, unless another row records the same.

use std::collections::HashMap;

use super::clocks::{PeriodTimes, RowClocks, read_clocks};
use super::ids::{ADMINISTRATIVE, CUSTOM_TYPES, formation, kind, period, q, word_of};
use super::pairs::{find_pairs, is_second, second_row_reason};
use super::row::OptaRow;
use super::sheets::OptaSheets;
use crate::football::{EventId, EventType, Field, MatchClock, Period, PlayerId, Point, Reading, Side, Status};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::frame::PitchFrame;

/// Percentages from the bottom left.
const FRAME: PitchFrame = PitchFrame { from_right: true, ..PitchFrame::PERCENT };

/// A match whose rows are being mapped.
pub struct OptaMapping<'a> {
    pub(super) rows: &'a [OptaRow],
    pub(super) clocks: Vec<Option<MatchClock>>,
    pub(super) partners: Vec<Option<usize>>,
    pub(super) sheets: OptaSheets,
    pub(super) draft: MatchDraft,
    pub(super) times: PeriodTimes,
    /// The rows of a team by the id that others refer to.
    by_event: HashMap<(&'a str, u32), Vec<usize>>,
    /// Whether the rows have the corners as they are taken. Sparse feeds have only who was awarded one.
    corners_are_passes: bool,
}

impl<'a> OptaMapping<'a> {
    pub fn new(rows: &'a [OptaRow], sheets: OptaSheets, mut draft: MatchDraft) -> Self {
        let RowClocks { clocks, times, too_early } = read_clocks(rows, &draft.fixture);
        if too_early > 0 {
            draft
                .warn(format!("{too_early} rows have a minute before their period began: they stand at its beginning"));
        }
        let mut by_event: HashMap<(&str, u32), Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            if let (Some(team), Some(id)) = (row.team.as_deref(), row.event_id) {
                by_event.entry((team, id)).or_default().push(index);
            }
        }
        let corners_are_passes = rows.iter().any(|row| row.kind == kind::PASS && row.has(q::CORNER_TAKEN));
        Self { rows, clocks, partners: find_pairs(rows), sheets, draft, times, by_event, corners_are_passes }
    }

    /// Maps all rows.
    pub fn finish(mut self) -> MatchDraft {
        // The start of a period comes before rows whose minute is too early.
        let (starts, others): (Vec<usize>, Vec<usize>) =
            (0..self.rows.len()).partition(|index| self.rows[*index].kind == kind::START);
        for index in starts.into_iter().chain(others) {
            self.map_row(index);
        }
        self.set_period_starts();
        self.set_rules();
        self.move_ends();
        self.draft
    }

    fn map_row(&mut self, index: usize) {
        let row = &self.rows[index];
        let Some(clock) = self.clocks[index] else {
            return self.map_row_before_match(index);
        };
        if let Some(partner) = self.partners[index]
            && is_second(self.rows, index, partner)
        {
            return self.draft.leave_out(second_row_reason(row));
        }
        match clock.period() {
            None => self.map_row_outside_play(index),
            Some(Period::Shootout) => self.map_shootout_row(index),
            Some(_) => self.map_row_in_play(index),
        }
    }

    fn map_row_in_play(&mut self, index: usize) {
        let row = &self.rows[index];
        match row.kind {
            kind::PASS => self.add_pass(index),
            kind::OFFSIDE_PASS => self.add_offside_pass(index),
            kind::CAUGHT_OFFSIDE => self.add_caught_offside(index),
            kind::OFFSIDE_PROVOKED => self.draft.leave_out("second rows of offsides"),
            kind::TAKE_ON | kind::TACKLE | kind::AERIAL | kind::CHALLENGE | kind::DISPOSSESSED | kind::FIFTY_FIFTY => {
                self.add_challenge(index);
            }
            kind::FOUL => self.add_foul(index),
            kind::OUT => self.add_plain(index, EventType::BallOut),
            kind::CORNER_AWARDED if self.corners_are_passes => {
                self.draft.leave_out("awards of corners, which are passes as well");
            }
            kind::CORNER_AWARDED => self.add_event(index, EventType::Corner),
            kind::INTERCEPTION => self.add_plain(index, EventType::Interception),
            kind::BLOCKED_PASS => {
                let blocked = self.event(index, EventType::Interception, "").text(Field::Outcome, Some("blocked"));
                self.draft.add(blocked.at(self.point(row)));
            }
            kind::CLEARANCE => {
                let clearance = self.event(index, EventType::Clearance, "").text(Field::Outcome, Some(row.accuracy()));
                self.draft.add(clearance.at(self.point(row)).to(self.end(row)));
            }
            kind::BALL_TOUCH | kind::OTHER_BALL_CONTACT | kind::CONTROL => self.add_plain(index, EventType::Touch),
            kind::MISS | kind::POST | kind::ATTEMPT_SAVED | kind::GOAL => self.add_shot(index),
            kind::SAVE => self.add_save(index),
            kind::PENALTY_FACED => self.add_penalty_faced(index),
            kind::DROP_BALL => self.add_plain(index, EventType::DropBall),
            kind::ADDED_TIME => self.add_added_time(index),
            _ => self.map_incident(index),
        }
    }

    /// Rows that belong to no action with the ball, in play or outside it.
    pub(super) fn map_incident(&mut self, index: usize) {
        let row = &self.rows[index];
        match row.kind {
            kind::CARD => self.add_card(index),
            kind::PLAYER_OFF | kind::PLAYER_ON => self.add_substitution(index),
            kind::PLAYER_RETIRED => {
                let off = self.event(index, EventType::PlayerOff, "").text(Field::Reason, Some("injury"));
                self.draft.add(off);
            }
            kind::OFF_PITCH if row.has(q::PLAYER_COMES_BACK) => self.add_event(index, EventType::PlayerOn),
            kind::OFF_PITCH => self.add_event(index, EventType::PlayerOff),
            kind::PLAYER_RETURNS => self.add_event(index, EventType::PlayerOn),
            kind::BECOMES_GOALKEEPER => {
                let change = self.event(index, EventType::PositionChange, "").text(Field::Position, Some("GK"));
                self.draft.add(change);
            }
            kind::START_DELAY | kind::END_DELAY => self.add_delay(index),
            kind::START => self.add_period_mark(index, EventType::PeriodStart),
            kind::END => self.add_period_mark(index, EventType::PeriodEnd),
            kind::FORMATION_CHANGE => {
                let shape = row.value(q::FORMATION).and_then(formation);
                let change = self.event(index, EventType::FormationChange, "").text(Field::Formation, shape);
                self.draft.add(change);
            }
            kind::REFEREE_DECISION => self.add_referee_decision(index),
            kind::DELETED_AFTER_REVIEW => self.add_deleted_after_review(index),
            kind::TEMPORARY_GOAL | kind::TEMPORARY_ATTEMPT | kind::TEMPORARY_SAVE => {
                self.draft.leave_out("provisional rows, which others replace");
            }
            other if ADMINISTRATIVE.contains(&other) => self.draft.leave_out("rows about other things than play"),
            other => match word_of(CUSTOM_TYPES, |id| id == other) {
                Some(_) if self.clocks[index].is_none_or(|clock| clock.period().is_none()) => {
                    self.draft.leave_out("rows between and after the periods");
                }
                Some(word) => self.add_plain(index, EventType::Other(word.into())),
                None => self.draft.leave_out("rows of an unknown type"),
            },
        }
    }

    fn map_row_before_match(&mut self, index: usize) {
        let row = &self.rows[index];
        let Some(side) = self.sheets.side(row).filter(|_| row.kind == kind::TEAM_SET_UP) else {
            return self.draft.leave_out("rows before the match");
        };
        let of_sheet = self.sheets.set_ups[side.index()].as_ref().is_some_and(|id| id.as_str() == &*row.id);
        if !of_sheet || !self.draft.fixture.team(side).players.iter().any(|player| player.starts) {
            return self.draft.leave_out("other set-ups of teams");
        }
        let clock = MatchClock { status: Status::Scheduled, reading: Reading::default() };
        self.draft.add(DraftEvent::new(&*row.id, EventType::Lineup, clock).side(side));
    }

    fn map_row_outside_play(&mut self, index: usize) {
        let row = &self.rows[index];
        match row.kind {
            kind::END if row.period == period::FULL_TIME => self.add_match_end(index),
            kind::CARD
            | kind::PLAYER_OFF
            | kind::PLAYER_ON
            | kind::PLAYER_RETIRED
            | kind::PLAYER_RETURNS
            | kind::BECOMES_GOALKEEPER
            | kind::FORMATION_CHANGE => self.map_incident(index),
            _ => self.draft.leave_out("rows between and after the periods"),
        }
    }

    pub(super) fn clock(&self, index: usize) -> MatchClock {
        let start = MatchClock::in_period(Period::First, Reading::default());
        self.clocks.get(index).copied().flatten().unwrap_or(start)
    }

    /// An event of a row, with its clock, side and player.
    pub(super) fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let row = &self.rows[index];
        let event = DraftEvent::new(id_of(row, suffix), kind, self.clock(index));
        event.side(self.sheets.side(row)).player(Field::Player, player(row).as_ref())
    }

    pub(super) fn add_event(&mut self, index: usize, kind: EventType) {
        let event = self.event(index, kind, "");
        self.draft.add(event);
    }

    pub(super) fn add_plain(&mut self, index: usize, kind: EventType) {
        let row = &self.rows[index];
        let event = self.event(index, kind, "").at(self.point(row)).to(self.end(row));
        self.draft.add(event);
    }

    /// Where a row was. `(0, 0)` stands for an unknown point.
    pub(super) fn point(&self, row: &OptaRow) -> Option<Point> {
        let (x, y) = row.place.filter(|place| *place != (0.0, 0.0))?;
        FRAME.point(self.sheets.side(row)?, x, y)
    }

    /// Where a pass or a clearance ended.
    pub(super) fn end(&self, row: &OptaRow) -> Option<Point> {
        self.point_of(row, row.number(q::END_X)?, row.number(q::END_Y)?)
    }

    pub(super) fn point_of(&self, row: &OptaRow, x: f64, y: f64) -> Option<Point> {
        FRAME.point(self.sheets.side(row)?, x, y)
    }

    /// The row of the same team that a row refers to.
    pub(super) fn related(&self, index: usize) -> Option<usize> {
        let row = &self.rows[index];
        self.nearest_row(index, row.team.as_deref()?, row.number(q::RELATED_EVENT)?)
    }

    /// The row of the other team that a row refers to.
    pub(super) fn opposite(&self, index: usize) -> Option<usize> {
        let row = &self.rows[index];
        let other = self.draft.fixture.team(self.sheets.side(row)?.other()).id.as_str();
        self.nearest_row(index, other, row.number(q::OPPOSITE_EVENT)?)
    }

    fn nearest_row(&self, index: usize, team: &str, event_id: u32) -> Option<usize> {
        let rows = self.by_event.get(&(team, event_id))?;
        rows.iter().copied().filter(|row| *row != index).min_by_key(|row| row.abs_diff(index))
    }

    /// The rows of the same period up to so many milliseconds before one, the latest first, with their indexes.
    pub(super) fn rows_before(&self, index: usize, within: i64) -> impl Iterator<Item = (usize, &'a OptaRow)> {
        let rows: &'a [OptaRow] = self.rows;
        let row = &rows[index];
        let near = move |other: &OptaRow| other.period == row.period && row.millis() - other.millis() <= within;
        rows[..index].iter().enumerate().rev().take_while(move |(_, other)| near(other))
    }

    /// A row of the shoot-out. The keeper has a row for each kick as well.
    fn map_shootout_row(&mut self, index: usize) {
        match self.rows[index].kind {
            kind::GOAL | kind::ATTEMPT_SAVED | kind::MISS | kind::POST => self.add_shot(index),
            kind::SAVE | kind::PENALTY_FACED => self.draft.leave_out("keepers' rows of the shoot-out"),
            kind::CARD | kind::START | kind::END | kind::PLAYER_OFF | kind::PLAYER_ON => self.map_incident(index),
            _ => self.draft.leave_out("other rows of the shoot-out"),
        }
    }

    /// The side whose player a row names in a qualifier.
    pub(super) fn side_of(&self, player: Option<&str>) -> Option<Side> {
        self.sheets.side_of_player(player?)
    }
}

/// The id of a row, or of another event that is made of it.
pub(super) fn id_of(row: &OptaRow, suffix: &str) -> EventId {
    if suffix.is_empty() { (&*row.id).into() } else { format!("{}{suffix}", row.id).into() }
}

pub(super) fn player(row: &OptaRow) -> Option<PlayerId> {
    row.player.as_deref().map(PlayerId::from)
}
