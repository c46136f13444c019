//! Rows of StatsBomb as events: each row gives one event, some give two, and some are the second record of another.

use super::mapping::StatsBombMapping;
use super::match_data::StatsBombDataset;
use super::order::{OrderedRows, TimedRow};
use super::rows::{StatsBombRow, TacticalPlace, name_of};
use super::sheets::{MatchName, begin_draft, player_id};
use super::vocabulary::{CONTEST_OUTCOMES, OUT_OUTCOMES, RESTARTS, kind, to_word, word};
use crate::football::{EventType, Field, FieldValue, MatchClock, Period, Reading, Status};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::row_clocks::end_of_break_before;

/// A change this soon after the start of a period was made in the break before it: play has not stopped yet.
const IN_THE_BREAK: i64 = 5_000;

/// Makes the draft of a match from its rows.
pub fn draft_match(name: &MatchName, ordered: &OrderedRows, dataset: &StatsBombDataset) -> Result<MatchDraft, String> {
    let rows = &ordered.rows;
    let (draft, teams) = begin_draft(name, rows, dataset)?;
    let mut mapping = StatsBombMapping::new(rows, draft, teams);
    mapping.add_periods();
    for index in 0..rows.len() {
        mapping.map_row(index);
    }
    let mut draft = mapping.draft;
    draft.rows = rows.len() + ordered.without_period;
    draft.leave_out_rows("rows without a period", ordered.without_period);
    Ok(draft)
}

impl StatsBombMapping<'_> {
    /// The starts and ends of periods, which both teams have. A period ends with its last row.
    fn add_periods(&mut self) {
        for period in Period::ALL {
            let in_period = || self.rows.iter().enumerate().filter(|(_, timed)| timed.period == period);
            let Some((_, last)) = in_period().next_back() else { continue };
            let end = last.clock;
            let first_of =
                |wanted: u64| in_period().find(|(_, timed)| timed.row.kind() == wanted).map(|(index, _)| index);
            let start = MatchClock::in_period(period, self.draft.fixture.rules.periods.start(period));
            let (starts, ends) = (first_of(kind::HALF_START), first_of(kind::HALF_END));
            let whistle =
                in_period().filter(|(_, timed)| timed.row.kind() == kind::HALF_END).map(|(_, timed)| timed.clock);
            let last_whistle = whistle.map(|clock| clock.reading).max();
            if let Some(index) = starts {
                self.draft.add(DraftEvent::new(self.id(index, ""), EventType::PeriodStart, start));
            }
            match last_whistle {
                None if self.rows.iter().any(|timed| timed.period > period) => self
                    .draft
                    .warn(format!("period {} has no \"Half End\": it ends with its last row", period.number())),
                None => {}
                Some(whistle) if whistle < end.reading => self.draft.warn(format!(
                    "period {} has rows after its \"Half End\": it ends with the last of them",
                    period.number()
                )),
                Some(_) => {}
            }
            if let Some(index) = ends {
                self.draft.add(DraftEvent::new(self.id(index, ""), EventType::PeriodEnd, end));
            }
        }
    }

    fn map_row(&mut self, index: usize) {
        let row = self.row(index);
        let kind = row.kind();
        let before = index.checked_sub(1).map(|before| self.rows[before].period);
        if before != Some(self.rows[index].period) {
            self.ball_is_out = false;
        }
        match kind {
            kind::STARTING_XI => self.add_line_up(index),
            kind::HALF_START | kind::HALF_END => self.count_period_row(index),
            kind::SUBSTITUTION => self.add_substitution(index),
            kind::BAD_BEHAVIOUR => self.add_bad_behaviour(index),
            kind::PLAYER_OFF => self.add_plain(index, EventType::PlayerOff),
            kind::PLAYER_ON => self.add_plain(index, EventType::PlayerOn),
            kind::INJURY_STOPPAGE => self.add_plain(index, EventType::Injury),
            kind::TACTICAL_SHIFT => self.add_tactical_shift(index),
            kind::CAMERA_ON | kind::CAMERA_OFF => self.draft.leave_out("rows of the camera"),
            kind::SHOT => self.add_shot(index),
            _ if self.rows[index].period == Period::Shootout => self.draft.leave_out("other rows of the shoot-out"),
            kind::OWN_GOAL_FOR | kind::OWN_GOAL_AGAINST => self.add_own_goal(index),
            kind::GOAL_KEEPER => self.add_goalkeeper(index),
            kind::FOUL_COMMITTED => self.add_foul(index),
            kind::FOUL_WON => self.draft.leave_out("second rows of fouls"),
            kind::PASS => self.add_pass(index),
            kind::OFFSIDE => self.add_plain(index, EventType::Offside),
            kind::REFEREE_BALL_DROP => {
                self.ball_is_out = false;
                self.add_plain(index, EventType::DropBall);
            }
            kind::BALL_RECEIPT => self.add_receipt(index),
            kind::CARRY => self.add_carry(index),
            kind::PRESSURE => {
                let pressure = self.event(index, EventType::Pressure, "").at(self.location(index));
                let opponent = self.opponent(index);
                self.draft.add(pressure.player(Field::Opponent, opponent.as_ref()));
            }
            kind::DRIBBLE => {
                let outcome = row.dribble.as_ref().and_then(|dribble| to_word(dribble.outcome()));
                self.add_contest(index, EventType::TakeOn, outcome.as_deref());
            }
            kind::DRIBBLED_PAST => self.draft.leave_out("second rows of take-ons"),
            kind::DUEL => {
                let detail = row.duel.as_ref();
                let lost = detail.is_some_and(|duel| duel.kind() == "Aerial Lost");
                let outcome = detail.and_then(|duel| word(CONTEST_OUTCOMES, duel.outcome()));
                self.add_contest(index, EventType::Duel, outcome.or(lost.then_some("lost")));
            }
            kind::FIFTY_FIFTY => self.add_fifty_fifty(index),
            kind::DISPOSSESSED => match self.find_related_kind(index, kind::DUEL) {
                Some(_) => self.draft.leave_out("second rows of duels"),
                None => self.add_contest(index, EventType::Duel, Some("lost")),
            },
            kind::INTERCEPTION => {
                let detail = row.interception.as_ref();
                let outcome = detail.and_then(|detail| word(CONTEST_OUTCOMES, detail.outcome()));
                let interception = self.event(index, EventType::Interception, "").text(Field::Outcome, outcome);
                self.draft.add(interception.at(self.location(index)));
            }
            kind::CLEARANCE => self.add_plain(index, EventType::Clearance),
            kind::BALL_RECOVERY => self.add_plain(index, EventType::Other("ball_recovery".into())),
            kind::BLOCK => self.add_plain(index, EventType::Other("block".into())),
            kind::MISCONTROL => self.add_plain(index, EventType::Other("miscontrol".into())),
            kind::SHIELD => self.add_plain(index, EventType::Other("shield".into())),
            kind::ERROR => self.add_plain(index, EventType::Other("error".into())),
            _ => self.draft.leave_out("rows of an unknown type"),
        }
        self.add_ball_out(index);
    }

    fn add_line_up(&mut self, index: usize) {
        let clock = MatchClock { status: Status::Scheduled, reading: Reading::default() };
        let line_up = DraftEvent::new(self.id(index, ""), EventType::Lineup, clock).side(self.side(index));
        self.draft.add(line_up);
    }

    /// Of the rows of both teams the first gives the event.
    fn count_period_row(&mut self, index: usize) {
        let TimedRow { row, period, .. } = &self.rows[index];
        let same = |other: &TimedRow| other.row.kind() == row.kind() && other.period == *period;
        if self.rows[..index].iter().any(same) {
            self.draft.leave_out("second rows of starts and ends of periods");
        }
    }

    fn add_substitution(&mut self, index: usize) {
        let row = self.row(index);
        let change = row.substitution.as_deref();
        let on = change.and_then(|change| change.replacement.as_ref()?.id).map(player_id);
        let reason = change.and_then(|change| to_word(change.outcome()));
        let mut event = DraftEvent::new(self.id(index, ""), EventType::Substitution, self.rows[index].clock);
        event = event.side(self.side(index)).player(Field::In, on.as_ref());
        event = event.player(Field::Out, self.player(index).as_ref()).text(Field::Reason, reason.as_deref());
        if let Some(clock) = self.end_of_break(index) {
            event.clock = clock;
        }
        self.draft.add(event);
    }

    /// The end of the break in which a change was made that has the time of the restart.
    fn end_of_break(&self, index: usize) -> Option<MatchClock> {
        let TimedRow { row, period, clock, .. } = &self.rows[index];
        let end = end_of_break_before(*period)?;
        let start = self.draft.fixture.rules.periods.start(*period);
        let acts = |other: &&TimedRow| other.period == *period && other.row.player_id() == row.player_id();
        let has_acted =
            self.rows[..index].iter().rev().take_while(|other| other.period == *period).any(|other| acts(&other));
        let soon = clock.reading.as_millis() - start.as_millis() <= IN_THE_BREAK;
        (soon && !has_acted).then_some(end)
    }

    /// A new formation, and the player who goes in goal in it if that is another.
    fn add_tactical_shift(&mut self, index: usize) {
        let Some(tactics) = self.row(index).tactics.as_ref() else {
            return self.draft.leave_out("tactical shifts without a formation");
        };
        let shift = self.event(index, EventType::FormationChange, "");
        let formation = tactics.formation().map(|formation| FieldValue::Text(formation.into()));
        self.draft.add(shift.set(Field::Formation, formation));
        let in_goal = |place: &&TacticalPlace| name_of(place.position.as_ref()) == "Goalkeeper";
        let Some(keeper) = tactics.places().iter().find(in_goal).and_then(TacticalPlace::player_id).map(player_id)
        else {
            return;
        };
        let on_sheet = self.draft.fixture.player(keeper.as_str());
        if on_sheet.is_some_and(|(_, _, player)| !player.is_goalkeeper()) {
            let change =
                DraftEvent::new(self.id(index, "-position"), EventType::PositionChange, self.rows[index].clock);
            let change = change.side(self.side(index)).player(Field::Player, Some(&keeper));
            self.draft.add(change.text(Field::Position, Some("GK")));
        }
    }

    /// A pass, or the restart that it is. An offside pass is an offside as well.
    fn add_pass(&mut self, index: usize) {
        let row = self.row(index);
        let Some(pass) = row.pass.as_deref() else { return self.add_plain(index, EventType::Pass) };
        let end = self.point(index, pass.end_location.as_ref());
        let recipient = pass.recipient.as_ref().and_then(|recipient| recipient.id);
        let recipient = recipient.filter(|id| Some(*id) != row.player_id()).map(player_id);
        let kinds =
            [EventType::KickOff, EventType::GoalKick, EventType::ThrowIn, EventType::Corner, EventType::FreeKick];
        let restart = RESTARTS.iter().zip(kinds).find(|(name, _)| **name == pass.kind()).map(|(_, kind)| kind);
        if pass.kind() == "Interception" {
            let interception = self.event(index, EventType::Interception, "-interception").at(self.location(index));
            self.draft.add(interception);
        }
        if let Some(restart) = restart {
            self.ball_is_out = false;
            let restart = self.event(index, restart, "").at(self.location(index)).to(end);
            self.draft.add(restart);
        } else {
            let kind = if pass.cross == Some(true) { EventType::Cross } else { EventType::Pass };
            // A pass without an outcome arrived.
            let outcome = to_word(pass.outcome()).unwrap_or_else(|| "complete".to_owned());
            let key_pass = pass.shot_assist == Some(true) || pass.goal_assist == Some(true);
            let event = self.event(index, kind, "").text(Field::Outcome, Some(&outcome));
            let event = event.player(Field::Recipient, recipient.as_ref()).flag(Field::KeyPass, key_pass);
            self.draft.add(event.at(self.location(index)).to(end));
        }
        if pass.outcome() == "Pass Offside" {
            let offside = DraftEvent::new(self.id(index, "-offside"), EventType::Offside, self.rows[index].clock);
            let offside = offside.side(self.side(index)).player(Field::Player, recipient.as_ref()).at(end);
            let offside = offside.player(Field::Passer, self.player(index).as_ref());
            self.draft.add(offside);
        }
    }

    fn add_receipt(&mut self, index: usize) {
        let outcome = self.row(index).ball_receipt.as_ref().and_then(|receipt| to_word(receipt.outcome()));
        let outcome = outcome.unwrap_or_else(|| "complete".to_owned());
        let receipt = self.event(index, EventType::BallReceipt, "").text(Field::Outcome, Some(&outcome));
        self.draft.add(receipt.at(self.location(index)));
    }

    fn add_carry(&mut self, index: usize) {
        let end = self.row(index).carry.as_ref().and_then(|carry| carry.end_location.as_ref());
        let carry = self.event(index, EventType::Carry, "").at(self.location(index)).to(self.point(index, end));
        self.draft.add(carry);
    }

    /// A duel or take-on, with the opponent.
    fn add_contest(&mut self, index: usize, kind: EventType, outcome: Option<&str>) {
        let opponent = self.opponent(index);
        let contest = self.event(index, kind, "").text(Field::Outcome, outcome);
        self.draft.add(contest.player(Field::Opponent, opponent.as_ref()).at(self.location(index)));
    }

    /// A ball between two players, each of whom has a row.
    fn add_fifty_fifty(&mut self, index: usize) {
        if self.find_related_kind(index, kind::FIFTY_FIFTY).is_some_and(|other| other < index) {
            return self.draft.leave_out("second rows of duels");
        }
        let detail = self.row(index).fifty_fifty.as_ref();
        let outcome = detail.and_then(|detail| word(CONTEST_OUTCOMES, detail.outcome()));
        self.add_contest(index, EventType::Duel, outcome);
    }

    /// The ball leaves the field: no row of its own, but a mark on others. Several may have it until play is restarted.
    fn add_ball_out(&mut self, index: usize) {
        if self.ball_is_out || self.rows[index].period == Period::Shootout || !is_out(self.row(index)) {
            return;
        }
        self.ball_is_out = true;
        let end = self.row(index).pass.as_ref().and_then(|pass| pass.end_location.as_ref());
        let ball_out = self.event(index, EventType::BallOut, "-out").at(self.point(index, end));
        self.draft.add(ball_out);
    }
}

fn is_out(row: &StatsBombRow) -> bool {
    let details = [&row.pass, &row.duel, &row.interception, &row.goalkeeper, &row.fifty_fifty];
    let outcomes = details.into_iter().flatten().map(|detail| detail.outcome());
    row.out == Some(true) || outcomes.into_iter().any(|outcome| OUT_OUTCOMES.contains(&outcome))
}
