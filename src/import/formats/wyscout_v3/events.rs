//! Rows of Wyscout v3 as events: most give one, some give two, and some are the second record of another.

use super::changes;
use super::duels;
use super::fixture::begin_draft;
use super::mapping::{WyscoutV3Mapping, WyscoutV3State};
use super::rows::{EventsFile, Location, WyscoutV3Row, id_of};
use crate::football::{EventType, Field, MatchClock, Period, PeriodRules, Reading};
use crate::import::attempt::Attempt;
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::duplicate_rows::remove_duplicate_rows;
use crate::import::row_clocks::PeriodOffsets;
use crate::import::wyscout::mapping::WyscoutRow;
use crate::import::wyscout::match_record::MatchRecord;
use crate::import::wyscout::words;

/// Makes the draft of a match from its rows.
pub fn draft_match(file: &mut EventsFile) -> Result<MatchDraft, String> {
    let mut rows = file.events.take().unwrap_or_default();
    if rows.is_empty() {
        return Err("there are no events in it".to_owned());
    }
    let row_count = rows.len();
    let repeated = remove_duplicate_rows(&mut rows, WyscoutV3Row::identity);
    let record = MatchRecord::read(&file.match_data);
    let (mut draft, ids) = begin_draft(file, &rows, &record)?;
    let clocks = read_clocks(&rows, draft.fixture.rules.periods)?;
    draft.rows = row_count;
    draft.leave_out_rows("duplicate rows", repeated);
    let keepers = rows.iter().enumerate().filter_map(|(at, row)| Some((row.shot.as_ref()?.goalkeeper_action_id, at)));
    let version = WyscoutV3State {
        duel_partners: duels::find_partners(&rows, &clocks),
        attempt_of_keeper: keepers.filter(|(id, _)| *id > 0).collect(),
        ..WyscoutV3State::default()
    };
    let mut mapping = WyscoutV3Mapping { rows: &rows, clocks, ids, draft, kick_off_due: true, version };
    for index in 0..rows.len() {
        mapping.map_row(index);
    }
    changes::add_changes(&mut mapping, file, &record);
    Ok(mapping.draft)
}

/// The clock of each row.
///
/// `matchTimestamp` is the match clock. In some files it counts from the start of the period.
fn read_clocks(rows: &[WyscoutV3Row], rules: PeriodRules) -> Result<Vec<MatchClock>, String> {
    let mut offsets = PeriodOffsets::new(rules);
    let clock = |(at, row): (usize, &WyscoutV3Row)| {
        let word = row.match_period.as_deref().unwrap_or_default();
        let period = words::period(word)
            .ok_or_else(|| format!("events[{at}] has \"matchPeriod\":{word:?}, which is none of {}", words::PERIODS))?;
        let stated = row.match_timestamp.as_deref().and_then(parse_timestamp);
        let by_minute = || Some(i64::from(row.minute?) * 60_000 + i64::from(row.second) * 1_000);
        let millis = stated.or_else(by_minute).filter(|millis| *millis < 36_000_000).ok_or_else(|| {
            let text = row.match_timestamp.as_deref().unwrap_or_default();
            format!("events[{at}] has \"matchTimestamp\":{text:?}, which is no match clock such as 00:45:00.945")
        })?;
        Ok(offsets.clock(period, millis))
    };
    rows.iter().enumerate().map(clock).collect()
}

/// `01:17:50.544`, in milliseconds.
fn parse_timestamp(text: &str) -> Option<i64> {
    let (hours, rest) = text.split_once(':')?;
    let hours: i64 = hours.parse::<u8>().ok()?.into();
    Some(hours * 3_600_000 + Reading::parse(rest)?.as_millis())
}

impl WyscoutV3Mapping<'_> {
    fn map_row(&mut self, index: usize) {
        let row = &self.rows[index];
        if self.clocks[index].period() == Some(Period::Shootout) {
            return self.map_shootout_row(index);
        }
        self.add_kick_off(index);
        match row.primary() {
            "pass" => self.add_pass(index, ""),
            "duel" => self.add_duel(index),
            "touch" | "fairplay" if row.carry.is_none() => self.add_plain(index, EventType::Touch),
            "touch" | "acceleration" | "carry" => self.add_plain(index, EventType::Carry),
            "interception" if row.has("shot_block") && row.pass.is_some() => self.add_pass(index, ""),
            "interception" if row.has("shot_block") => self.draft.leave_out("blockers' rows of shots"),
            "interception" => {
                self.add_plain(index, EventType::Interception);
                if row.pass.is_some() {
                    self.add_pass(index, "-pass");
                }
            }
            "game_interruption" => {
                // The team of the row is not the one that put the ball out; it tells only how the coordinates lie.
                let kind = if row.has("ball_out") { EventType::BallOut } else { EventType::Other("stoppage".into()) };
                let interruption = DraftEvent::new(self.id(index, ""), kind, self.clocks[index]);
                self.draft.add(interruption.at(self.place(index)));
            }
            "free_kick" if row.shot.is_some() => self.add_shot(index, Some("free_kick")),
            "free_kick" => self.add_plain(index, EventType::FreeKick),
            "corner" => {
                self.add_plain(index, EventType::Corner);
                if row.shot.is_some() {
                    self.add_shot(index, Some("corner"));
                }
            }
            "throw_in" => self.add_plain(index, EventType::ThrowIn),
            "goal_kick" => self.add_plain(index, EventType::GoalKick),
            "penalty" => {
                self.add_penalty_awarded(index, WyscoutV3Row::fouled);
                self.add_shot(index, Some("penalty"));
            }
            "infraction" => self.add_infraction(index),
            "offside" => self.add_plain(index, EventType::Offside),
            "shot" => self.add_shot(index, None),
            "shot_against" => self.add_save(index),
            "own_goal" => {
                self.kick_off_due = true;
                let goal = self.event(index, EventType::Goal, "").at(self.place(index));
                self.draft.add(Attempt { own_goal: true, ..Attempt::default() }.into_event(goal));
            }
            "clearance" => self.add_plain(index, EventType::Clearance),
            "goalkeeper_exit" => self.add_plain(index, EventType::Other("goalkeeper_exit".into())),
            _ => self.draft.leave_out("rows of an unknown type"),
        }
        if row.primary() != "infraction" {
            self.add_card(index, None);
        }
    }

    fn add_plain(&mut self, index: usize, kind: EventType) {
        let row = &self.rows[index];
        let pass = row.pass.as_ref().and_then(|pass| pass.end_location);
        let end = pass.or_else(|| row.carry.as_ref().and_then(|carry| carry.end_location)).and_then(Location::xy);
        // The carry of an interception comes after it.
        let moves = kind != EventType::Interception;
        let event = self.event(index, kind, "").at(self.place(index)).to(self.end(index, end).filter(|_| moves));
        self.draft.add(event);
    }

    fn add_pass(&mut self, index: usize, suffix: &str) {
        let row = &self.rows[index];
        let kind = if row.has("cross") { EventType::Cross } else { EventType::Pass };
        let pass = row.pass.as_ref();
        let accurate = pass.and_then(|pass| pass.accurate);
        let end = pass.and_then(|pass| pass.end_location).and_then(Location::xy);
        let recipient = id_of(pass.and_then(|pass| pass.recipient.as_ref()));
        let recipient = Some(recipient).filter(|id| row.player_id() != *id).unwrap_or_default();
        let event = self
            .event(index, kind, suffix)
            .at(self.place(index))
            .to(self.end(index, end))
            .text(Field::Outcome, accurate.map(|yes| if yes { "accurate" } else { "inaccurate" }))
            .flag(Field::KeyPass, ["key_pass", "shot_assist", "assist"].iter().any(|word| row.has(word)))
            // The recipient of a failed pass is the opponent who gets the ball.
            .received_by(self.ids.player(recipient), self.ids.side_of_player(recipient));
        self.draft.add(event);
    }

    fn add_duel(&mut self, index: usize) {
        let other = self.version.duel_partners.get(&index).copied();
        if other.is_some_and(|other| other < index) {
            return self.draft.leave_out("second rows of duels");
        }
        let row = &self.rows[index];
        let opponent = duels::opponent(row).or_else(|| Some(self.rows.get(other?)?.player_id()));
        let duel = self.event(index, EventType::Duel, "").text(Field::Outcome, duels::outcome(row));
        let duel = duel.player(Field::Opponent, opponent.and_then(|id| self.ids.player(id)));
        self.draft.add(duel.at(self.place(index)));
    }

    fn add_infraction(&mut self, index: usize) {
        let row = &self.rows[index];
        let infraction = row.infraction.as_ref();
        let reason = infraction.and_then(|it| it.kind.as_deref()).and_then(words::foul_reason_of_type);
        // A protest or a late card is no foul.
        let foul = row.has("foul") || !self.has_card(index);
        if foul {
            let foul = self.event(index, EventType::Foul, "").player(Field::Fouled, self.ids.player(row.fouled()));
            self.draft.add(foul.text(Field::Reason, reason).at(self.place(index)));
        }
        self.add_card(index, reason);
    }

    fn cards(&self, index: usize) -> (bool, bool) {
        let row = &self.rows[index];
        let flag = |of: Option<bool>, word: &str| of == Some(true) || row.has(word);
        let infraction = row.infraction.as_ref();
        (
            flag(infraction.and_then(|it| it.yellow_card), "yellow_card"),
            flag(infraction.and_then(|it| it.red_card), "red_card"),
        )
    }

    fn has_card(&self, index: usize) -> bool {
        let (yellow, red) = self.cards(index);
        yellow || red
    }

    /// A second caution has no word of its own: it is a yellow card of a player who has one.
    pub fn add_card(&mut self, index: usize, reason: Option<&str>) {
        let row = &self.rows[index];
        let (yellow, red) = self.cards(index);
        let booked = self.version.booked.contains(&row.player_id());
        let kind = match (yellow, red) {
            (true, _) if booked => EventType::SecondYellowCard,
            (_, true) => EventType::RedCard,
            (true, false) => EventType::YellowCard,
            (false, false) => return,
        };
        if row.player_id() > 0 {
            let version = &mut self.version;
            if kind == EventType::YellowCard { &mut version.booked } else { &mut version.sent_off }
                .insert(row.player_id());
        }
        let foul = self.id(index, "");
        let about = row.is_foul().then_some(&foul);
        let card = self.event(index, kind, "-card").about(about).text(Field::Reason, reason);
        self.draft.add(card);
    }
}
