//! Rows of Wyscout v2 as events: each row gives one event, some give two, and some are the second record of another.

use super::match_data::MatchDataset;
use super::rows::{WyscoutV2File, WyscoutV2Row};
use super::sheets::begin_draft;
use super::tags::{event, sub, tag};
use crate::football::{EventType, Field, MatchClock, Period, Side};
use crate::import::attempt::Attempt;
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::duplicate_rows::remove_duplicate_rows;
use crate::import::row_clocks::PeriodOffsets;
use crate::import::wyscout::mapping::{WyscoutMapping, WyscoutRow};
use crate::import::wyscout::words;

/// The longest time between both rows of a duel.
const DUEL: i64 = 2_000;
/// How far the two rows of a duel may differ, in percent of the field.
const DUEL_DISTANCE: f64 = 15.0;

/// Remembers which rows are the second one of a duel.
type WyscoutV2Mapping<'a> = WyscoutMapping<'a, WyscoutV2Row, Vec<bool>>;

/// Makes the draft of a match from its rows.
pub fn draft_match(match_id: u64, mut file: WyscoutV2File, dataset: &MatchDataset) -> Result<MatchDraft, String> {
    let row_count = file.events.len();
    let repeated = remove_duplicate_rows(&mut file.events, WyscoutV2Row::identity);
    let (mut draft, ids) = begin_draft(match_id, &file, dataset)?;
    draft.rows = row_count;
    draft.leave_out_rows("duplicate rows", repeated);
    let clocks = read_clocks(&file.events, &draft)?;
    let second_rows = second_rows_of_duels(&file.events, &clocks);
    let mut mapping =
        WyscoutV2Mapping { rows: &file.events, clocks, ids, draft, kick_off_due: true, version: second_rows };
    for index in 0..mapping.rows.len() {
        mapping.map_row(index);
    }
    if let Some(record) = dataset.matches.get(&match_id) {
        for side in Side::ALL {
            mapping.add_substitutions(*side, record.team(*side).map_or(&[], |team| &team.substitutions));
        }
    }
    Ok(mapping.draft)
}

/// The rows that are the second one of a duel. Of four duel rows in turn the third begins a pair.
fn second_rows_of_duels(rows: &[WyscoutV2Row], clocks: &[MatchClock]) -> Vec<bool> {
    let mut second = vec![false; rows.len()];
    for index in 1..rows.len() {
        second[index] = !second[index - 1] && are_one_duel(&rows[index - 1..=index], &clocks[index - 1..=index]);
    }
    second
}

/// Whether two rows are the two of one duel: of opponents, at the same time and place.
fn are_one_duel(rows: &[WyscoutV2Row], clocks: &[MatchClock]) -> bool {
    let ([a, b], [from, to]) = (rows, clocks) else { return false };
    let kinds = matches!(
        (a.sub(), b.sub()),
        (sub::ATTACKING_DUEL, sub::DEFENDING_DUEL)
            | (sub::DEFENDING_DUEL, sub::ATTACKING_DUEL)
            | (sub::AIR_DUEL, sub::AIR_DUEL)
            | (sub::LOOSE_BALL_DUEL, sub::LOOSE_BALL_DUEL)
    );
    let soon = from.status == to.status && to.reading.as_millis() - from.reading.as_millis() < DUEL;
    let mirrored = match (a.positions[0], b.positions[0]) {
        (Some((ax, ay)), Some((bx, by))) => {
            (ax + bx - 100.0).abs() <= DUEL_DISTANCE && (ay + by - 100.0).abs() <= DUEL_DISTANCE
        }
        _ => true,
    };
    a.event() == event::DUEL && b.event() == event::DUEL && kinds && a.team_id != b.team_id && soon && mirrored
}

/// The clock of each row.
///
/// `eventSec` counts from the start of the period, in edited copies from kick-off.
fn read_clocks(rows: &[WyscoutV2Row], draft: &MatchDraft) -> Result<Vec<MatchClock>, String> {
    let mut offsets = PeriodOffsets::new(draft.fixture.rules.periods);
    let clock = |(at, row): (usize, &WyscoutV2Row)| {
        let period = row.period.0.as_ref().map_err(|word| {
            format!("events[{at}] has \"matchPeriod\":{word:?}, which is none of {}", words::PERIODS)
        })?;
        if !(0.0..=36_000.0).contains(&row.seconds) {
            return Err(format!("events[{at}] has \"eventSec\":{}, which is no time within a period", row.seconds));
        }
        #[allow(clippy::cast_possible_truncation)]
        Ok(offsets.clock(*period, (row.seconds * 1_000.0).round() as i64))
    };
    rows.iter().enumerate().map(clock).collect()
}

impl WyscoutV2Mapping<'_> {
    fn map_row(&mut self, index: usize) {
        let row = &self.rows[index];
        let clock = self.clocks[index];
        if clock.period() == Some(Period::Shootout) {
            return self.map_shootout_row(index);
        }
        self.add_kick_off(index);
        if row.has(tag::INTERCEPTION) && row.event() != event::OTHERS {
            let interception = self.event(index, EventType::Interception, "-interception").at(self.place(index));
            self.draft.add(interception);
        }
        match (row.event(), row.sub()) {
            (event::DUEL, _) => self.add_duel(index),
            (event::FOUL, kind) => {
                let foul = self.event(index, EventType::Foul, "").text(Field::Reason, words::foul_reason(kind));
                self.draft.add(foul.at(self.place(index)));
            }
            (event::FREE_KICK, kind) if row.has(tag::GOAL) && !matches!(kind, sub::PENALTY | sub::FREE_KICK_SHOT) => {
                let (restart, situation) = match kind {
                    sub::CORNER => (EventType::Corner, "corner"),
                    _ => (EventType::FreeKick, "free_kick"),
                };
                self.add_plain(index, restart);
                self.add_shot(index, Some(situation));
            }
            (event::FREE_KICK, sub::CORNER) => self.add_plain(index, EventType::Corner),
            (event::FREE_KICK, sub::GOAL_KICK) => self.add_plain(index, EventType::GoalKick),
            (event::FREE_KICK, sub::THROW_IN) => self.add_plain(index, EventType::ThrowIn),
            (event::FREE_KICK, sub::PENALTY) => {
                self.add_penalty_awarded(index, |_| 0);
                self.add_shot(index, Some("penalty"));
            }
            (event::FREE_KICK, sub::FREE_KICK_SHOT) => self.add_shot(index, Some("free_kick")),
            (event::FREE_KICK, _) => self.add_plain(index, EventType::FreeKick),
            (event::LEAVING_LINE, _) => self.add_plain(index, EventType::Other("goalkeeper_exit".into())),
            (event::INTERRUPTION, sub::BALL_OUT) => {
                // The team of the row is not the one that put it out; it tells only how the coordinates lie.
                let ball_out = DraftEvent::new(self.id(index, ""), EventType::BallOut, clock);
                self.draft.add(ball_out.at(self.place(index)));
            }
            (event::INTERRUPTION, _) => {
                self.draft.add(DraftEvent::new(self.id(index, ""), EventType::Other("stoppage".into()), clock));
            }
            (event::OFFSIDE, _) => self.add_plain(index, EventType::Offside),
            (event::OTHERS, sub::CLEARANCE) => {
                let clearance = self.event(index, EventType::Clearance, "").text(Field::Outcome, accuracy(row));
                self.draft.add(clearance.at(self.place(index)).to(self.end(index, row.positions[1])));
            }
            (event::OTHERS, sub::ACCELERATION) => self.add_plain(index, EventType::Carry),
            (event::OTHERS, _) if row.has(tag::INTERCEPTION) => self.add_plain(index, EventType::Interception),
            (event::OTHERS, _) => self.add_plain(index, EventType::Touch),
            (event::PASS, kind) => {
                let kind = if kind == sub::CROSS { EventType::Cross } else { EventType::Pass };
                let pass = self.event(index, kind, "").text(Field::Outcome, accuracy(row));
                let pass = pass.flag(Field::KeyPass, row.has(tag::KEY_PASS) || row.has(tag::ASSIST));
                self.draft.add(pass.at(self.place(index)).to(self.end(index, row.positions[1])));
            }
            (event::SAVE, _) => self.add_save(index),
            (event::SHOT, _) => self.add_shot(index, None),
            (_, _) => self.draft.leave_out("rows of an unknown type"),
        }
        self.add_own_goal(index);
        self.add_cards(index);
    }

    fn add_plain(&mut self, index: usize, kind: EventType) {
        let event =
            self.event(index, kind, "").at(self.place(index)).to(self.end(index, self.rows[index].positions[1]));
        self.draft.add(event);
    }

    /// A duel has a row for each of the two players, one after the other. The second one is left out.
    fn add_duel(&mut self, index: usize) {
        if self.version[index] {
            return self.draft.leave_out("second rows of duels");
        }
        let row = &self.rows[index];
        let outcome = row.word_of(&[(tag::WON, "won"), (tag::LOST, "lost"), (tag::NEUTRAL, "neutral")]);
        let second = self.rows.get(index + 1).filter(|_| self.version[index + 1]);
        let opponent = second.and_then(|second| self.ids.player(second.player_id));
        let duel = self.event(index, EventType::Duel, "").text(Field::Outcome, outcome);
        let duel = duel.player(Field::Opponent, opponent).at(self.place(index)).to(self.end(index, row.positions[1]));
        self.draft.add(duel);
    }

    fn add_shot(&mut self, index: usize, situation: Option<&str>) {
        let row = &self.rows[index];
        self.kick_off_due |= row.has(tag::GOAL);
        let zone = row.zone();
        let attempt = Attempt {
            goal: row.has(tag::GOAL),
            assist: self.find_assist(index),
            outcome: words::outcome(row.has(tag::BLOCKED), zone, row.is_accurate()),
            situation,
            body_part: row.word_of(&[
                (tag::LEFT_FOOT, "left_foot"),
                (tag::RIGHT_FOOT, "right_foot"),
                (tag::HEAD, "head"),
            ]),
            zone,
            ..Attempt::default()
        };
        let suffix = row.attempt_suffix().unwrap_or_default();
        let shot = attempt.into_event(self.event(index, EventType::Shot, suffix).at(self.place(index)));
        self.draft.add(shot);
    }

    /// A keeper's row: a save, or the other record of a goal.
    fn add_save(&mut self, index: usize) {
        if self.rows[index].has(tag::GOAL) {
            return self.draft.leave_out("keepers' rows of goals");
        }
        let save = self.event(index, EventType::Save, "").about(self.find_attempt_before(index).as_ref());
        self.draft.add(save);
    }

    /// Any row may be an own goal. It counts for the other side.
    fn add_own_goal(&mut self, index: usize) {
        let row = &self.rows[index];
        if !row.has(tag::OWN_GOAL) {
            return;
        }
        self.kick_off_due = true;
        let goal = self.event(index, EventType::Goal, "-goal").at(self.place(index));
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
        let foul = self.id(index, "");
        let about = (row.event() == event::FOUL).then_some(&foul);
        let reason = words::foul_reason(row.sub()).filter(|_| about.is_some());
        let card = self.event(index, kind, "-card").about(about).text(Field::Reason, reason);
        self.draft.add(card);
    }

    /// A kick of the shoot-out. The keeper has a row as well.
    fn map_shootout_row(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.attempt_suffix().is_none() {
            self.draft.leave_out(if row.event() == event::SAVE {
                "keepers' rows of the shoot-out"
            } else {
                "other rows of the shoot-out"
            });
            return self.add_cards(index);
        }
        self.add_shot(index, None);
    }
}

fn accuracy(row: &WyscoutV2Row) -> Option<&'static str> {
    row.word_of(&[(tag::ACCURATE, "accurate"), (tag::NOT_ACCURATE, "inaccurate")])
}
