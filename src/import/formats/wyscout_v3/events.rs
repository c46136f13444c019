//! Rows of Wyscout v3 as events: most give one, some give two, and some are the second record of another.

use std::collections::{HashMap, HashSet};

use super::changes;
use super::duels;
use super::fixture::{TeamIds, begin_draft, player_id};
use super::rows::{EventsFile, Location, MatchRow, Named};
use super::words;
use crate::football::{
    EventId, EventType, Field, FieldValue, MatchClock, Period, PeriodRules, PlayerId, Point, Reading, Side,
};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::frame::Frame;

/// The longest time between a pass and the goal that it led to, and between a shot and its save, in milliseconds.
const ATTACK: i64 = 20_000;
/// The longest time between a foul and its penalty.
const BEFORE_PENALTY: i64 = 360_000;
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
    let mut mapping = RowMapping {
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
    let RowMapping { clocks, mut draft, sent_off, .. } = mapping;
    changes::add_changes(&mut draft, file, rows, &clocks, teams, &sent_off);
    Ok(draft)
}

/// The clock of each row.
///
/// `matchTimestamp` is the match clock. Where it counts from the start of the period, the first row of a later period is not even
/// near the time at which that begins.
fn read_clocks(rows: &[MatchRow], rules: PeriodRules) -> Result<Vec<MatchClock>, String> {
    let mut offsets: HashMap<Period, i64> = HashMap::new();
    let mut clocks = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let word = row.match_period.as_deref().unwrap_or_default();
        let period = words::period(word).ok_or_else(|| {
            format!("events[{at}] has \"matchPeriod\":{word:?}, which is none of 1H, 2H, E1, E2, P")
        })?;
        let stated = row.match_timestamp.as_deref().and_then(parse_timestamp);
        let by_minute = || Some(i64::from(row.minute?) * 60_000 + i64::from(row.second.unwrap_or(0)) * 1_000);
        let millis = stated.or_else(by_minute).filter(|millis| *millis < 36_000_000).ok_or_else(|| {
            let text = row.match_timestamp.as_deref().unwrap_or_default();
            format!("events[{at}] has \"matchTimestamp\":{text:?}, which is no match clock such as 00:45:00.945")
        })?;
        let start = rules.start(period).as_millis();
        let offset = *offsets.entry(period).or_insert(if millis < start / 2 { start } else { 0 });
        clocks.push(MatchClock::in_period(period, Reading::from_millis((millis + offset).max(start))));
    }
    Ok(clocks)
}

/// `01:17:50.544`, in milliseconds.
fn parse_timestamp(text: &str) -> Option<i64> {
    let (hours, rest) = text.split_once(':')?;
    let hours: i64 = hours.parse::<u8>().ok()?.into();
    Some(hours * 3_600_000 + Reading::parse(rest)?.as_millis())
}

struct RowMapping<'a> {
    rows: &'a [MatchRow],
    clocks: Vec<MatchClock>,
    teams: TeamIds,
    draft: MatchDraft,
    /// The other row of a duel.
    duel_partners: HashMap<usize, usize>,
    /// The shots by the rows of goalkeepers.
    shot_of_keeper: HashMap<u64, EventId>,
    /// The next pass from the centre is a kick-off.
    kick_off_due: bool,
    booked: HashSet<u64>,
    sent_off: HashSet<u64>,
}

impl RowMapping<'_> {
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
                self.draft.add(interruption.at(self.point(index, row.location)));
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
                let scoring_side = self.teams.side(row.team_id()).map(Side::other);
                let goal = self.event(index, EventType::Goal, "").at(self.point(index, row.location));
                self.draft.add(goal.side(scoring_side).flag(Field::OwnGoal, true));
            }
            "clearance" => self.add_plain(index, EventType::Clearance),
            "goalkeeper_exit" => self.add_plain(index, EventType::Other("goalkeeper_exit".into())),
            _ => self.draft.leave_out("rows of an unknown type"),
        }
        if row.primary() != "infraction" {
            self.add_card(index, None);
        }
    }

    /// An event of a row, with its clock, side and player.
    fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let row = &self.rows[index];
        let event = DraftEvent::new(id_of(row, suffix), kind, self.clocks[index]);
        event.side(self.teams.side(row.team_id())).player(Field::Player, row.player_id().map(player_id).as_ref())
    }

    /// A point of a row. `(0, 0)` and `(100, 100)` stand for an unknown one; only corners are taken there.
    fn point(&self, index: usize, location: Option<Location>) -> Option<Point> {
        let row = &self.rows[index];
        let (x, y) = location?.xy()?;
        let placeholder = x == y && (x == 0.0 || x == 100.0);
        if placeholder && row.primary() != "corner" {
            return None;
        }
        Frame::PERCENT.point(self.teams.side(row.team_id())?, x, y)
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
        self.draft.add(event);
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
        let own = side.is_none() || side == self.teams.side(row.team_id());
        let field = if own { Field::Recipient } else { Field::Opponent };
        self.draft.add(pass.flag(Field::KeyPass, key_pass).player(field, recipient.as_ref()));
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
            self.draft.add(kick_off);
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
        self.draft.add(duel.at(self.point(index, row.location)));
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
            self.draft.add(foul.text(Field::Reason, reason).at(self.point(index, row.location)));
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
    fn add_card(&mut self, index: usize, reason: Option<&str>) {
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
        self.draft.add(card);
    }

    fn add_shot(&mut self, index: usize, situation: Option<&str>, suffix: &str) {
        let row = &self.rows[index];
        let penalty = situation == Some("penalty");
        let shot = row.shot.as_ref();
        let zone = shot.and_then(|shot| shot.goal_zone.as_deref()).unwrap_or_default();
        let goal = row.is_goal();
        let kind = match (goal, penalty) {
            (true, _) => EventType::Goal,
            (false, true) => EventType::PenaltyMissed,
            (false, false) => EventType::Shot,
        };
        let mut event = self.event(index, kind.clone(), suffix).at(self.point(index, row.location));
        #[allow(clippy::cast_possible_truncation)]
        let xg = shot.and_then(|shot| shot.xg).map(|xg| xg as f32).filter(|xg| (0.0..=1.0).contains(xg));
        event = event.set(Field::Xg, xg.map(FieldValue::Probability));
        if goal {
            self.kick_off_due = true;
            event = event.player(Field::Assist, self.find_assist(index).as_ref());
        } else {
            event = event.text(Field::Outcome, outcome(zone, shot.and_then(|shot| shot.on_target), penalty));
        }
        if kind != EventType::PenaltyMissed {
            let after = [
                ("shot_after_corner", "corner"),
                ("shot_after_free_kick", "free_kick"),
                ("shot_after_throw_in", "throw_in"),
            ];
            let after = || after.iter().find(|(word, _)| row.has(word)).map(|(_, situation)| *situation);
            let part = match shot.and_then(|shot| shot.body_part.as_deref()) {
                Some("left_foot") => Some("left_foot"),
                Some("right_foot") => Some("right_foot"),
                _ if row.has("head_shot") => Some("head"),
                Some("head_or_other") => Some("other"),
                _ => None,
            };
            event = event.text(Field::Situation, situation.or_else(after)).text(Field::BodyPart, part);
        }
        if kind == EventType::Shot {
            event = event.text(Field::Zone, words::zone(zone).as_deref());
        }
        self.draft.add(event);
    }

    /// The player of the last pass before a goal that is an assist.
    fn find_assist(&self, goal: usize) -> Option<PlayerId> {
        let scorer = &self.rows[goal];
        let mut before = self.rows_before(goal, ATTACK);
        let pass = before.find(|(_, row)| row.has("assist") && row.team_id() == scorer.team_id())?.1;
        pass.player_id().filter(|player| scorer.player_id() != Some(*player)).map(player_id)
    }

    /// The rows of the same period up to so many milliseconds before one, the latest first.
    fn rows_before(&self, index: usize, within: i64) -> impl Iterator<Item = (usize, &MatchRow)> {
        let clock = self.clocks[index];
        let near = move |other: &MatchClock| {
            other.status == clock.status && clock.reading.as_millis() - other.reading.as_millis() <= within
        };
        let before = self.clocks.iter().zip(self.rows).enumerate().take(index).rev();
        before.take_while(move |(_, (other, _))| near(other)).map(|(at, (_, row))| (at, row))
    }

    /// A keeper's row: a save, or the other record of a goal or of a shot that needed none.
    fn add_save(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.has("conceded_goal") || !row.has("save") && !row.has("save_with_reflex") {
            return self.draft.leave_out("keepers' rows without a save");
        }
        let stated = row.id.and_then(|id| self.shot_of_keeper.get(&id)).cloned();
        let before = || {
            let mut before = self.rows_before(index, ATTACK);
            before.find(|(_, shot)| shot.shot.is_some() && shot.team_id() != row.team_id()).map(|(_, shot)| id_of(shot, ""))
        };
        let save = self.event(index, EventType::Save, "").about(stated.or_else(before).as_ref());
        self.draft.add(save.at(self.point(index, row.location)));
    }

    /// The award of a penalty, at the foul before it.
    fn add_penalty_awarded(&mut self, index: usize) {
        let penalty = &self.rows[index];
        let stops = ["free_kick", "throw_in", "goal_kick", "corner", "penalty"];
        let before = self.rows_before(index, BEFORE_PENALTY).take_while(|(_, row)| !stops.contains(&row.primary()));
        let fouls = before.filter(|(_, row)| row.primary() == "infraction" && row.team_id() != penalty.team_id());
        let Some(at) = fouls.filter(|(_, row)| row.has("foul")).map(|(at, _)| at).next() else { return };
        let foul = &self.rows[at];
        let awarded = DraftEvent::new(id_of(foul, "-penalty"), EventType::PenaltyAwarded, self.clocks[at]);
        let fouled = foul.infraction.as_ref().and_then(|it| it.opponent.as_ref()).and_then(Named::id).map(player_id);
        let awarded = awarded.side(self.teams.side(penalty.team_id())).player(Field::Fouled, fouled.as_ref());
        self.draft.add(awarded);
    }

    /// A kick of the shoot-out. The keeper has a row as well.
    fn map_shootout_row(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.shot.is_none() || !matches!(row.primary(), "postmatch_penalty" | "penalty" | "shot") {
            self.draft.leave_out("other rows of the shoot-out");
            return self.add_card(index, None);
        }
        let outcome = match row.shot.as_ref().and_then(|shot| shot.on_target) {
            _ if row.is_goal() => "scored",
            Some(true) => "saved",
            _ => "missed",
        };
        let kick = self.event(index, EventType::ShootoutPenalty, "").text(Field::Outcome, Some(outcome));
        self.draft.add(kick.at(self.point(index, row.location)));
    }
}

/// The outcome of a shot that is no goal.
fn outcome(zone: &str, on_target: Option<bool>, penalty: bool) -> Option<&'static str> {
    match (zone.get(..1), on_target) {
        (Some("b"), _) if !penalty => Some("blocked"),
        (Some("p"), _) => Some("woodwork"),
        (_, Some(true)) | (Some("g"), _) => Some("saved"),
        (_, Some(false)) | (Some("o"), _) => Some("off_target"),
        _ => None,
    }
}

/// The id of a row, or of another event that is made of it.
fn id_of(row: &MatchRow, suffix: &str) -> EventId {
    format!("{}{suffix}", row.id.unwrap_or(0)).into()
}
