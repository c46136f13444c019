//! Rows of Wyscout v3 as events: most give one, some give two, and some are the second record of another.

use std::collections::{HashMap, HashSet};

use super::changes;
use super::duels;
use super::fixture::{TeamIds, begin_draft, player_id};
use super::rows::{EventsFile, Location, MatchRow, Named};
use super::words;
use crate::football::{EventId, EventType, Field, MatchClock, Period, PeriodRules, Point, Reading};
use crate::import::attempt::Attempt;
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::frame::PitchFrame;
use crate::import::row_clocks::PeriodOffsets;

/// A kick-off is taken this near the centre, in percent of the field. A longer way is another pass.
const NEAR_CENTRE: f64 = 8.0;

/// Makes the draft of a match from its rows.
pub fn draft_match(file: &EventsFile) -> Result<MatchDraft, String> {
    let rows = file.events.as_deref().unwrap_or_default();
    if rows.is_empty() {
        return Err("there are no events in it".to_owned());
    }
    let (mut draft, teams) = begin_draft(file, rows)?;
    let clocks = read_clocks(rows, draft.fixture.rules.periods)?;
    draft.rows = rows.len();
    if clocks.iter().any(|clock| clock.period() >= Some(Period::ExtraFirst)) {
        draft.fixture.rules.extra_time = true;
        draft.fixture.rules.extra_time_substitutions = 1;
    }
    let duel_partners = duels::find_partners(rows, &clocks);
    let shots = rows.iter().filter_map(|row| Some((row.shot.as_ref()?.goalkeeper_action_id?, id_of(row, ""))));
    let mut mapping = WyscoutV3Mapping {
        shot_of_keeper: shots.collect(),
        rows,
        clocks,
        teams,
        draft,
        duel_partners,
        kick_off_due: true,
        booked: HashSet::new(),
        sent_off: HashSet::new(),
    };
    for index in 0..rows.len() {
        mapping.map_row(index);
    }
    let WyscoutV3Mapping { clocks, mut draft, sent_off, .. } = mapping;
    changes::add_changes(&mut draft, file, rows, &clocks, teams, &sent_off);
    Ok(draft)
}

/// The clock of each row.
///
/// `matchTimestamp` is the match clock. In some files it counts from the start of the period.
fn read_clocks(rows: &[MatchRow], rules: PeriodRules) -> Result<Vec<MatchClock>, String> {
    let mut offsets = PeriodOffsets::new(rules);
    let clock = |(at, row): (usize, &MatchRow)| {
        let word = row.match_period.as_deref().unwrap_or_default();
        let period = words::period(word)
            .ok_or_else(|| format!("events[{at}] has \"matchPeriod\":{word:?}, which is none of 1H, 2H, E1, E2, P"))?;
        let stated = row.match_timestamp.as_deref().and_then(parse_timestamp);
        let by_minute = || Some(i64::from(row.minute?) * 60_000 + i64::from(row.second.unwrap_or(0)) * 1_000);
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

pub struct WyscoutV3Mapping<'a> {
    pub rows: &'a [MatchRow],
    pub clocks: Vec<MatchClock>,
    pub teams: TeamIds,
    pub draft: MatchDraft,
    /// The other row of a duel.
    duel_partners: HashMap<usize, usize>,
    /// The shots by the rows of goalkeepers.
    pub shot_of_keeper: HashMap<u64, EventId>,
    /// The next pass from the centre is a kick-off.
    pub kick_off_due: bool,
    booked: HashSet<u64>,
    sent_off: HashSet<u64>,
}

impl WyscoutV3Mapping<'_> {
    fn map_row(&mut self, index: usize) {
        let row = &self.rows[index];
        let period = self.clocks[index].period();
        if index > 0 && self.clocks[index - 1].period() != period {
            self.kick_off_due = true;
        }
        if period == Some(Period::Shootout) {
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
                let kind = if row.has("ball_out") { EventType::BallOut } else { EventType::Other("whistle".into()) };
                let interruption = DraftEvent::new(id_of(row, ""), kind, self.clocks[index]);
                self.add(interruption.at(self.point(index, row.location)));
            }
            "free_kick" if row.shot.is_some() => self.add_shot(index, Some("free_kick"), ""),
            "free_kick" => self.add_plain(index, EventType::FreeKick),
            "corner" => {
                self.add_plain(index, EventType::Corner);
                if row.shot.is_some() {
                    self.add_shot(index, Some("corner"), "-shot");
                }
            }
            "throw_in" => self.add_plain(index, EventType::ThrowIn),
            "goal_kick" => self.add_plain(index, EventType::GoalKick),
            "penalty" => {
                self.add_penalty_awarded(index);
                self.add_shot(index, Some("penalty"), "");
            }
            "infraction" => self.add_infraction(index),
            "offside" => self.add_plain(index, EventType::Offside),
            "shot" => self.add_shot(index, None, ""),
            "shot_against" => self.add_save(index),
            "own_goal" => {
                self.kick_off_due = true;
                let goal = self.event(index, EventType::Goal, "").at(self.point(index, row.location));
                self.add(Attempt { own_goal: true, ..Attempt::default() }.into_event(goal));
            }
            "clearance" => self.add_plain(index, EventType::Clearance),
            "goalkeeper_exit" => self.add_plain(index, EventType::Other("goalkeeper_exit".into())),
            _ => self.draft.leave_out("rows of an unknown type"),
        }
        if row.primary() != "infraction" {
            self.add_card(index, None);
        }
    }

    pub fn add(&mut self, event: DraftEvent) {
        self.draft.add(event);
    }

    /// An event of a row, with its clock, side and player.
    pub fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let row = &self.rows[index];
        let event = DraftEvent::new(id_of(row, suffix), kind, self.clocks[index]);
        event.side(self.teams.side(row.team_id())).player(Field::Player, row.player_id().map(player_id).as_ref())
    }

    /// A point of a row. `(0, 0)` and `(100, 100)` stand for an unknown one; only corners are taken there.
    pub fn point(&self, index: usize, location: Option<Location>) -> Option<Point> {
        let row = &self.rows[index];
        let (x, y) = location?.xy()?;
        let placeholder = x == y && (x == 0.0 || x == 100.0);
        if placeholder && row.primary() != "corner" {
            return None;
        }
        PitchFrame::PERCENT.point(self.teams.side(row.team_id())?, x, y)
    }

    /// Where the ball went.
    fn end(&self, index: usize) -> Option<Point> {
        let row = &self.rows[index];
        let pass = row.pass.as_ref().and_then(|pass| pass.end_location);
        self.point(index, pass.or_else(|| row.carry.as_ref().and_then(|carry| carry.end_location)))
    }

    fn add_plain(&mut self, index: usize, kind: EventType) {
        let at = self.point(index, self.rows[index].location);
        // The carry of an interception comes after it.
        let moves = kind != EventType::Interception;
        let event = self.event(index, kind, "").at(at).to(self.end(index).filter(|_| moves));
        self.add(event);
    }

    fn add_pass(&mut self, index: usize, suffix: &str) {
        let row = &self.rows[index];
        let kind = if row.has("cross") { EventType::Cross } else { EventType::Pass };
        let accurate = row.pass.as_ref().and_then(|pass| pass.accurate);
        let pass = self.event(index, kind, suffix).at(self.point(index, row.location));
        let end = row.pass.as_ref().and_then(|pass| pass.end_location);
        let pass = pass.to(self.point(index, end));
        let pass = pass.text(Field::Outcome, accurate.map(|yes| if yes { "accurate" } else { "inaccurate" }));
        let key_pass = ["key_pass", "shot_assist", "assist"].iter().any(|word| row.has(word));
        let recipient = row.pass.as_ref().and_then(|pass| pass.recipient.as_ref()).and_then(Named::id);
        let recipient = recipient.filter(|id| row.player_id() != Some(*id)).map(player_id);
        // The recipient of a failed pass is the opponent who gets the ball.
        let side = recipient.as_ref().and_then(|id| Some(self.draft.fixture.player(id.as_str())?.0));
        self.add(pass.flag(Field::KeyPass, key_pass).received_by(recipient.as_ref(), side));
    }

    /// The first pass of a period, and after a goal, if it is made at the centre.
    fn add_kick_off(&mut self, index: usize) {
        let row = &self.rows[index];
        if !self.kick_off_due || row.primary() != "pass" {
            return;
        }
        self.kick_off_due = false;
        let central = |(x, y): (f64, f64)| (x - 50.0).abs() <= NEAR_CENTRE && (y - 50.0).abs() <= NEAR_CENTRE;
        if row.location.and_then(Location::xy).is_some_and(central) {
            let kick_off = self.event(index, EventType::KickOff, "-kick-off").at(self.point(index, row.location));
            self.add(kick_off);
        }
    }

    fn add_duel(&mut self, index: usize) {
        let other = self.duel_partners.get(&index).copied();
        if other.is_some_and(|other| other < index) {
            return self.draft.leave_out("second rows of duels");
        }
        let row = &self.rows[index];
        let opponent = duels::opponent(row).or_else(|| self.rows.get(other?)?.player_id());
        let duel = self.event(index, EventType::Duel, "").text(Field::Outcome, duels::outcome(row));
        let duel = duel.player(Field::Opponent, opponent.map(player_id).as_ref());
        self.add(duel.at(self.point(index, row.location)));
    }

    fn add_infraction(&mut self, index: usize) {
        let row = &self.rows[index];
        let infraction = row.infraction.as_ref();
        let reason = infraction.and_then(|it| it.kind.as_deref()).and_then(words::foul_reason);
        // A protest or a late card is no foul.
        let foul = row.has("foul") || !self.has_card(index);
        if foul {
            let fouled = infraction.and_then(|it| it.opponent.as_ref()).and_then(Named::id).map(player_id);
            let foul = self.event(index, EventType::Foul, "").player(Field::Fouled, fouled.as_ref());
            self.add(foul.text(Field::Reason, reason).at(self.point(index, row.location)));
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
        let booked = row.player_id().is_some_and(|player| self.booked.contains(&player));
        let kind = match (yellow, red) {
            (true, _) if booked => EventType::SecondYellowCard,
            (_, true) => EventType::RedCard,
            (true, false) => EventType::YellowCard,
            (false, false) => return,
        };
        if let Some(player) = row.player_id() {
            if kind == EventType::YellowCard { &mut self.booked } else { &mut self.sent_off }.insert(player);
        }
        let foul = id_of(row, "");
        let about = (row.primary() == "infraction" && row.has("foul")).then_some(&foul);
        let card = self.event(index, kind, "-card").about(about).text(Field::Reason, reason);
        self.add(card);
    }
}

/// The id of a row, or of another event that is made of it.
pub fn id_of(row: &MatchRow, suffix: &str) -> EventId {
    format!("{}{suffix}", row.id.unwrap_or(0)).into()
}
