//! Rows of Wyscout v2 as events: each row gives one event, some give two, and some are the second record of another.

use super::match_data::MatchDataset;
use super::rows::{MatchFile, Row};
use super::sheets::{Sheets, begin_draft};
use super::substitutions::add_substitutions;
use super::tags::{event, foul_reason, is_on_target, is_woodwork, sub, tag, zone};
use crate::football::{EventId, EventType, Field, MatchClock, Period, Point, Side};
use crate::import::attempt::Attempt;
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::frame::PitchFrame;
use crate::import::row_clocks::{PeriodOffsets, rows_before};

/// The longest time between a pass and the goal that it led to, and between a shot and its save, in milliseconds.
const ATTACK: i64 = 20_000;
/// The longest time between a foul and its penalty.
const BEFORE_PENALTY: i64 = 360_000;
/// The longest time between both rows of a duel.
const DUEL: i64 = 2_000;
/// How far the two rows of a duel may differ, in percent of the field.
const DUEL_DISTANCE: f64 = 15.0;
/// A kick-off is taken this near the centre, in percent of the field. A longer way is another pass.
const NEAR_CENTRE: f64 = 8.0;

/// Makes the draft of a match from its rows.
pub fn draft_match(match_id: u64, file: &MatchFile, dataset: &MatchDataset) -> Result<MatchDraft, String> {
    let (draft, sheets) = begin_draft(match_id, file, dataset)?;
    let clocks = read_clocks(&file.events, &draft)?;
    let mut mapping = Mapping { rows: &file.events, clocks, sheets, draft, kick_off_due: true };
    for index in 0..mapping.rows.len() {
        mapping.map_row(index);
    }
    let Mapping { clocks, sheets, mut draft, .. } = mapping;
    draft.rows = file.events.len();
    if clocks.iter().any(|clock| clock.status.period() >= Some(Period::ExtraFirst)) {
        draft.fixture.rules.extra_time = true;
        draft.fixture.rules.extra_time_substitutions = 1;
    }
    if let Some(record) = dataset.find_match(match_id) {
        for side in Side::ALL {
            add_substitutions(
                &mut draft,
                &sheets,
                *side,
                &record.teams[side.index()].substitutions,
                &file.events,
                &clocks,
            );
        }
    }
    Ok(draft)
}

/// The clock of each row.
///
/// `eventSec` counts from the start of the period, in edited copies from kick-off.
fn read_clocks(rows: &[Row], draft: &MatchDraft) -> Result<Vec<MatchClock>, String> {
    let mut offsets = PeriodOffsets::new(draft.fixture.rules.periods);
    let clock = |(at, row): (usize, &Row)| {
        let period =
            row.period.0.as_ref().map_err(|word| {
                format!("events[{at}] has \"matchPeriod\":{word:?}, which is none of 1H, 2H, E1, E2, P")
            })?;
        if !(0.0..=36_000.0).contains(&row.seconds) {
            return Err(format!("events[{at}] has \"eventSec\":{}, which is no time within a period", row.seconds));
        }
        #[allow(clippy::cast_possible_truncation)]
        Ok(offsets.clock(*period, (row.seconds * 1_000.0).round() as i64))
    };
    rows.iter().enumerate().map(clock).collect()
}

struct Mapping<'a> {
    rows: &'a [Row],
    clocks: Vec<MatchClock>,
    sheets: Sheets,
    draft: MatchDraft,
    /// The next pass from the centre is a kick-off.
    kick_off_due: bool,
}

impl Mapping<'_> {
    fn map_row(&mut self, index: usize) {
        let row = &self.rows[index];
        let (clock, period) = (self.clocks[index], self.clocks[index].period());
        if index > 0 && self.clocks[index - 1].period() != period {
            self.kick_off_due = true;
        }
        if period == Some(Period::Shootout) {
            return self.map_shootout_row(index);
        }
        self.add_kick_off(index);
        if row.has(tag::INTERCEPTION) && row.event() != event::OTHERS {
            let interception = self.event(index, EventType::Interception, "-interception").at(self.point(row, 0));
            self.draft.add(interception);
        }
        match (row.event(), row.sub()) {
            (event::DUEL, _) => self.add_duel(index),
            (event::FOUL, kind) => {
                let foul = self.event(index, EventType::Foul, "").text(Field::Reason, foul_reason(kind));
                self.draft.add(foul.at(self.point(row, 0)));
            }
            // Straight from the corner, or from a cross that nobody touched.
            (event::FREE_KICK, kind) if row.has(tag::GOAL) && !matches!(kind, sub::PENALTY | sub::FREE_KICK_SHOT) => {
                let (restart, situation) = match kind {
                    sub::CORNER => (EventType::Corner, "corner"),
                    _ => (EventType::FreeKick, "free_kick"),
                };
                self.add_restart(index, restart);
                self.add_shot(index, Some(situation), "-goal");
            }
            (event::FREE_KICK, sub::CORNER) => self.add_restart(index, EventType::Corner),
            (event::FREE_KICK, sub::GOAL_KICK) => self.add_restart(index, EventType::GoalKick),
            (event::FREE_KICK, sub::THROW_IN) => self.add_restart(index, EventType::ThrowIn),
            (event::FREE_KICK, sub::PENALTY) => {
                self.add_penalty_awarded(index);
                self.add_shot(index, Some("penalty"), "");
            }
            (event::FREE_KICK, sub::FREE_KICK_SHOT) => self.add_shot(index, Some("free_kick"), ""),
            (event::FREE_KICK, _) => self.add_restart(index, EventType::FreeKick),
            (event::LEAVING_LINE, _) => self.add_plain(index, EventType::Other("goalkeeper_exit".into())),
            (event::INTERRUPTION, sub::BALL_OUT) => {
                // The team of the row is not the one that put it out; it tells only how the coordinates lie.
                let ball_out = DraftEvent::new(id_of(row, ""), EventType::BallOut, clock);
                self.draft.add(ball_out.at(self.point(row, 0)));
            }
            (event::INTERRUPTION, _) => {
                self.draft.add(DraftEvent::new(id_of(row, ""), EventType::Other("interruption".into()), clock));
            }
            (event::OFFSIDE, _) => self.add_plain(index, EventType::Offside),
            (event::OTHERS, sub::CLEARANCE) => {
                let clearance = self.event(index, EventType::Clearance, "").text(Field::Outcome, row.accuracy());
                self.draft.add(clearance.at(self.point(row, 0)).to(self.point(row, 1)));
            }
            (event::OTHERS, sub::ACCELERATION) => self.add_plain(index, EventType::Carry),
            (event::OTHERS, _) if row.has(tag::INTERCEPTION) => self.add_plain(index, EventType::Interception),
            (event::OTHERS, _) => self.add_plain(index, EventType::Touch),
            (event::PASS, kind) => {
                let kind = if kind == sub::CROSS { EventType::Cross } else { EventType::Pass };
                let pass = self.event(index, kind, "").text(Field::Outcome, row.accuracy());
                let pass = pass.flag(Field::KeyPass, row.has(tag::KEY_PASS) || row.has(tag::ASSIST));
                self.draft.add(pass.at(self.point(row, 0)).to(self.point(row, 1)));
            }
            (event::SAVE, _) => self.add_save(index),
            (event::SHOT, _) => self.add_shot(index, None, ""),
            (_, _) => self.draft.leave_out("rows of an unknown type"),
        }
        self.add_own_goal(index);
        self.add_cards(index);
    }

    /// An event of a row, with its clock, side and player.
    fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let row = &self.rows[index];
        let event = DraftEvent::new(id_of(row, suffix), kind, self.clocks[index]);
        event.side(self.sheets.side(row.team_id)).player(Field::Player, self.sheets.player(row.player_id))
    }

    /// A point of a row. `(0, 0)` and `(100, 100)` stand for an unknown one; only corners are taken there.
    fn point(&self, row: &Row, which: usize) -> Option<Point> {
        let (x, y) = row.positions.0[which]?;
        let placeholder = x == y && (x == 0.0 || x == 100.0);
        let corner = (row.event(), row.sub()) == (event::FREE_KICK, sub::CORNER) && which == 0;
        if placeholder && !corner {
            return None;
        }
        PitchFrame::PERCENT.point(self.sheets.side(row.team_id)?, x, y)
    }

    fn add_plain(&mut self, index: usize, kind: EventType) {
        let row = &self.rows[index];
        let event = self.event(index, kind, "").at(self.point(row, 0)).to(self.point(row, 1));
        self.draft.add(event);
    }

    fn add_restart(&mut self, index: usize, kind: EventType) {
        self.add_plain(index, kind);
    }

    /// The first pass of a period, and after a goal, if it is made at the centre.
    fn add_kick_off(&mut self, index: usize) {
        let row = &self.rows[index];
        if !self.kick_off_due || row.event() != event::PASS {
            return;
        }
        self.kick_off_due = false;
        let central = |(x, y): (f64, f64)| (x - 50.0).abs() <= NEAR_CENTRE && (y - 50.0).abs() <= NEAR_CENTRE;
        if row.positions.0[0].is_some_and(central) {
            let kick_off = self.event(index, EventType::KickOff, "-kick-off").at(self.point(row, 0));
            self.draft.add(kick_off);
        }
    }

    /// A duel has a row for each of the two players, one after the other. The second one is left out.
    fn add_duel(&mut self, index: usize) {
        if index > 0 && self.is_second_row_of_duel(index) {
            return self.draft.leave_out("second rows of duels");
        }
        let row = &self.rows[index];
        let words = [(tag::WON, "won"), (tag::LOST, "lost"), (tag::NEUTRAL, "neutral")];
        let outcome = words.iter().find(|(tag, _)| row.has(*tag)).map(|(_, word)| *word);
        let second =
            (index + 1 < self.rows.len() && self.is_second_row_of_duel(index + 1)).then(|| &self.rows[index + 1]);
        let opponent = second.and_then(|second| self.sheets.player(second.player_id));
        let duel = self.event(index, EventType::Duel, "").text(Field::Outcome, outcome);
        let duel = duel.player(Field::Opponent, opponent).at(self.point(row, 0)).to(self.point(row, 1));
        self.draft.add(duel);
    }

    /// Whether a row and the one before are the two of one duel: of opponents, at the same time and place.
    ///
    /// The answer for a row depends on the rows before: the third of four duel rows begins a pair.
    fn is_second_row_of_duel(&self, index: usize) -> bool {
        let mut first_of_run = index;
        while first_of_run > 0 && self.match_as_duel(first_of_run - 1, first_of_run) {
            first_of_run -= 1;
        }
        (index - first_of_run) % 2 == 1
    }

    fn match_as_duel(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.rows[one], &self.rows[other]);
        let kinds = matches!(
            (a.sub(), b.sub()),
            (sub::ATTACKING_DUEL, sub::DEFENDING_DUEL)
                | (sub::DEFENDING_DUEL, sub::ATTACKING_DUEL)
                | (sub::AIR_DUEL, sub::AIR_DUEL)
                | (sub::LOOSE_BALL_DUEL, sub::LOOSE_BALL_DUEL)
        );
        let (from, to) = (self.clocks[one], self.clocks[other]);
        let soon = from.status == to.status && to.reading.as_millis() - from.reading.as_millis() < DUEL;
        let mirrored = match (a.positions.0[0], b.positions.0[0]) {
            (Some((ax, ay)), Some((bx, by))) => {
                (ax + bx - 100.0).abs() <= DUEL_DISTANCE && (ay + by - 100.0).abs() <= DUEL_DISTANCE
            }
            _ => true,
        };
        a.event() == event::DUEL && b.event() == event::DUEL && kinds && a.team_id != b.team_id && soon && mirrored
    }

    fn add_shot(&mut self, index: usize, situation: Option<&str>, suffix: &str) {
        let row = &self.rows[index];
        let parts = [(tag::LEFT_FOOT, "left_foot"), (tag::RIGHT_FOOT, "right_foot"), (tag::HEAD, "head")];
        self.kick_off_due |= row.has(tag::GOAL);
        let attempt = Attempt {
            goal: row.has(tag::GOAL),
            assist: self.find_assist(index).and_then(|pass| self.sheets.player(pass.player_id)),
            outcome: attempt_outcome(row),
            situation,
            body_part: parts.iter().find(|(tag, _)| row.has(*tag)).map(|(_, word)| *word),
            zone: row.tags.iter().find_map(zone),
            ..Attempt::default()
        };
        let shot = attempt.into_event(self.event(index, EventType::Shot, suffix).at(self.point(row, 0)));
        self.draft.add(shot);
    }

    /// The last pass before a goal that is tagged as an assist.
    fn find_assist(&self, goal: usize) -> Option<&Row> {
        let scorer = &self.rows[goal];
        let mut before = self.rows_before(goal, ATTACK).map(|(_, row)| row);
        before
            .find(|row| row.has(tag::ASSIST) && row.team_id == scorer.team_id)
            .filter(|pass| pass.player_id != scorer.player_id)
    }

    fn rows_before(&self, index: usize, within: i64) -> impl Iterator<Item = (usize, &Row)> {
        rows_before(index, within, |row| self.clocks[row]).map(|row| (row, &self.rows[row]))
    }

    /// A keeper's row: a save, or the other record of a goal.
    fn add_save(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.has(tag::GOAL) {
            return self.draft.leave_out("keepers' rows of goals");
        }
        let is_shot = |(_, shot): &(usize, &Row)| {
            let shot_row = shot.event() == event::SHOT
                || shot.event() == event::FREE_KICK && matches!(shot.sub(), sub::FREE_KICK_SHOT | sub::PENALTY);
            shot_row && shot.team_id != row.team_id
        };
        let shot = self.rows_before(index, ATTACK).find(is_shot).map(|(_, shot)| id_of(shot, ""));
        let save = self.event(index, EventType::Save, "").about(shot.as_ref());
        self.draft.add(save);
    }

    /// The award of a penalty, at the foul before it.
    fn add_penalty_awarded(&mut self, index: usize) {
        let penalty = &self.rows[index];
        let foul = self
            .rows_before(index, BEFORE_PENALTY)
            .take_while(|(_, row)| row.event() != event::FREE_KICK)
            .find(|(_, row)| row.event() == event::FOUL && row.team_id != penalty.team_id);
        let Some((at, foul)) = foul else { return };
        let awarded = DraftEvent::new(id_of(foul, "-penalty"), EventType::PenaltyAwarded, self.clocks[at]);
        self.draft.add(awarded.side(self.sheets.side(penalty.team_id)));
    }

    /// Any row may be an own goal. It counts for the other side.
    fn add_own_goal(&mut self, index: usize) {
        let row = &self.rows[index];
        if !row.has(tag::OWN_GOAL) {
            return;
        }
        self.kick_off_due = true;
        let goal = self.event(index, EventType::Goal, "-goal").at(self.point(row, 0));
        self.draft.add(Attempt { own_goal: true, ..Attempt::default() }.into_event(goal));
    }

    fn add_cards(&mut self, index: usize) {
        let row = &self.rows[index];
        let cards = [
            (tag::SECOND_YELLOW_CARD, EventType::SecondYellowCard),
            (tag::RED_CARD, EventType::RedCard),
            (tag::YELLOW_CARD, EventType::YellowCard),
        ];
        // A second caution may be tagged as a caution, too.
        let Some((_, kind)) = cards.into_iter().find(|(tag, _)| row.has(*tag)) else { return };
        let foul = id_of(row, "");
        let about = (row.event() == event::FOUL).then_some(&foul);
        let reason = foul_reason(row.sub()).filter(|_| about.is_some());
        let card = self.event(index, kind, "-card").about(about).text(Field::Reason, reason);
        self.draft.add(card);
    }

    /// A kick of the shoot-out. The keeper has a row as well.
    fn map_shootout_row(&mut self, index: usize) {
        let row = &self.rows[index];
        let kick = row.event() == event::SHOT
            || row.event() == event::FREE_KICK
                && (row.has(tag::GOAL) || matches!(row.sub(), sub::PENALTY | sub::FREE_KICK_SHOT));
        if !kick {
            self.draft.leave_out(if row.event() == event::SAVE {
                "keepers' rows of the shoot-out"
            } else {
                "other rows of the shoot-out"
            });
            return self.add_cards(index);
        }
        self.add_shot(index, None, "");
    }
}

/// What became of an attempt that was no goal.
///
/// The zone decides: of a saved penalty the zone is on target, although the row is tagged as inaccurate.
fn attempt_outcome(row: &Row) -> Option<&'static str> {
    if row.has(tag::BLOCKED) {
        return Some("blocked");
    }
    match row.tags.iter().find(|tag| zone(*tag).is_some()) {
        Some(zone) if is_woodwork(zone) => Some("woodwork"),
        Some(zone) if is_on_target(zone) => Some("saved"),
        Some(_) => Some("off_target"),
        None => row.accuracy().map(|word| if word == "accurate" { "saved" } else { "off_target" }),
    }
}

/// The id of a row, or of another event that is made of it.
fn id_of(row: &Row, suffix: &str) -> EventId {
    if suffix.is_empty() { row.id.to_string().into() } else { format!("{}{suffix}", row.id).into() }
}
