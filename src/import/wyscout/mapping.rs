//! Rows under way to events: their ids, sides and places, and the other rows that belong to one.

use hashbrown::HashMap;

use crate::football::{EventId, EventType, Field, Match, MatchClock, PlayerId, Point, Side};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::frame::PitchFrame;
use crate::import::row_clocks::rows_before;

/// The longest time between a pass and the goal that it led to, and between a shot and its save, in milliseconds.
const ATTACK: i64 = 20_000;
/// The longest time between a foul and its penalty.
const BEFORE_PENALTY: i64 = 360_000;
/// A kick-off is taken this near the centre, in percent of the field. A longer way is another pass.
const NEAR_CENTRE: f64 = 8.0;

/// What the rows of both versions say. Ids are 0 if unknown.
pub trait WyscoutRow {
    fn id(&self) -> u64;
    fn team_id(&self) -> u64;
    fn player_id(&self) -> u64;
    /// Where it begins, in percent of the field.
    fn place(&self) -> Option<(f64, f64)>;
    fn is_pass(&self) -> bool;
    /// A pass that led to a goal.
    fn is_assist(&self) -> bool;
    /// If it is an attempt at goal, what its event's id has after that of the row.
    fn attempt_suffix(&self) -> Option<&'static str>;
    fn is_foul(&self) -> bool;
    fn is_set_piece(&self) -> bool;
    fn is_corner(&self) -> bool;
    /// Whether the ball is dead after it.
    fn stops_play(&self) -> bool;
}

/// The ids of Wyscout, and what they are in the scenario.
#[derive(Debug)]
pub struct WyscoutIds {
    /// Home, away.
    teams: [u64; 2],
    players: HashMap<u64, (PlayerId, Side)>,
}

impl WyscoutIds {
    /// The ids of a match whose sheets have the players by their ids.
    pub fn new(teams: [u64; 2], fixture: &Match) -> Self {
        let sheet = |side: &Side| {
            let players = fixture.team(*side).players.iter();
            let side = *side;
            players.filter_map(move |player| Some((player.id.as_str().parse().ok()?, (player.id.clone(), side))))
        };
        // Players on both sheets are at home.
        Self { teams, players: Side::ALL.iter().rev().flat_map(sheet).collect() }
    }

    pub fn side(&self, team: u64) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| self.teams[side.index()] == team)
    }

    pub fn team(&self, side: Side) -> u64 {
        self.teams[side.index()]
    }

    /// A player on one of the sheets.
    pub fn player(&self, id: u64) -> Option<&PlayerId> {
        self.players.get(&id).map(|(id, _)| id)
    }

    pub fn side_of_player(&self, id: u64) -> Option<Side> {
        self.players.get(&id).map(|(_, side)| *side)
    }
}

/// A match whose rows become events. `S` is what one version has to remember in addition.
pub struct WyscoutMapping<'a, R, S = ()> {
    pub rows: &'a [R],
    pub clocks: Vec<MatchClock>,
    pub ids: WyscoutIds,
    pub draft: MatchDraft,
    /// The next pass from the centre is a kick-off.
    pub kick_off_due: bool,
    pub version: S,
}

impl<R: WyscoutRow, S> WyscoutMapping<'_, R, S> {
    /// The id of a row, or of another event that is made of it. Rows without an id have their number.
    pub fn id(&self, index: usize, suffix: &str) -> EventId {
        match self.rows[index].id() {
            0 => format!("row-{}{suffix}", index + 1).into(),
            id => text_of_id(id, suffix),
        }
    }

    /// An event of a row, with its clock, side and player.
    pub fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let row = &self.rows[index];
        let event = DraftEvent::new(self.id(index, suffix), kind, self.clocks[index]);
        event.side(self.ids.side(row.team_id())).player(Field::Player, self.ids.player(row.player_id()))
    }

    /// Where a row begins.
    pub fn place(&self, index: usize) -> Option<Point> {
        let row = &self.rows[index];
        row.place()
            .filter(|place| row.is_corner() || !is_placeholder(*place))
            .and_then(|place| self.to_point(row, place))
    }

    /// Where the ball went.
    pub fn end(&self, index: usize, place: Option<(f64, f64)>) -> Option<Point> {
        place.filter(|place| !is_placeholder(*place)).and_then(|place| self.to_point(&self.rows[index], place))
    }

    fn to_point(&self, row: &R, (x, y): (f64, f64)) -> Option<Point> {
        PitchFrame::PERCENT.point(self.ids.side(row.team_id())?, x, y)
    }

    /// The rows of the same period up to so many milliseconds before one, the latest first.
    fn rows_before(&self, index: usize, within: i64) -> impl Iterator<Item = usize> {
        rows_before(index, within, |row| self.clocks[row])
    }

    /// The first pass of a period, and after a goal, is a kick-off as well, if it is made at the centre.
    pub fn add_kick_off(&mut self, index: usize) {
        if index > 0 && self.clocks[index - 1].status != self.clocks[index].status {
            self.kick_off_due = true;
        }
        if !self.kick_off_due || !self.rows[index].is_pass() {
            return;
        }
        self.kick_off_due = false;
        let central = |(x, y): (f64, f64)| (x - 50.0).abs() <= NEAR_CENTRE && (y - 50.0).abs() <= NEAR_CENTRE;
        if self.rows[index].place().is_some_and(central) {
            let kick_off = self.event(index, EventType::KickOff, "-kick-off").at(self.place(index));
            self.draft.add(kick_off);
        }
    }

    /// The player of the last pass before a goal that is an assist.
    pub fn find_assist(&self, goal: usize) -> Option<&PlayerId> {
        let scorer = &self.rows[goal];
        let mut before = self.rows_before(goal, ATTACK).map(|row| &self.rows[row]);
        let pass = before.find(|row| row.is_assist() && row.team_id() == scorer.team_id())?;
        self.ids.player(pass.player_id()).filter(|_| pass.player_id() != scorer.player_id())
    }

    /// The id of the event of an attempt.
    pub fn attempt_id(&self, index: usize) -> EventId {
        self.id(index, self.rows[index].attempt_suffix().unwrap_or_default())
    }

    /// The attempt of the other side before the row of a goalkeeper.
    pub fn find_attempt_before(&self, index: usize) -> Option<EventId> {
        let keeper = &self.rows[index];
        let is_attempt = |row: &R| row.attempt_suffix().is_some() && row.team_id() != keeper.team_id();
        self.rows_before(index, ATTACK).find(|row| is_attempt(&self.rows[*row])).map(|row| self.attempt_id(row))
    }

    /// Adds the award of a penalty, at the foul before it.
    pub fn add_penalty_awarded(&mut self, index: usize, fouled: impl Fn(&R) -> u64) {
        let team = self.rows[index].team_id();
        let mut before = self.rows_before(index, BEFORE_PENALTY).take_while(|row| !self.rows[*row].is_set_piece());
        let foul = before.find(|row| self.rows[*row].is_foul() && self.rows[*row].team_id() != team);
        drop(before);
        let Some(foul) = foul else { return };
        let awarded = DraftEvent::new(self.id(foul, "-penalty"), EventType::PenaltyAwarded, self.clocks[foul]);
        let fouled = self.ids.player(fouled(&self.rows[foul]));
        self.draft.add(awarded.side(self.ids.side(team)).player(Field::Fouled, fouled));
    }
}

/// `(0, 0)` and `(100, 100)` stand for an unknown place; only corners are taken there.
fn is_placeholder((x, y): (f64, f64)) -> bool {
    x == y && (x == 0.0 || x == 100.0)
}

/// An id as a text, with a short suffix. Every event has one: they are written without an allocation of their own.
fn text_of_id(mut id: u64, suffix: &str) -> EventId {
    const DIGITS: usize = 20;
    let mut bytes = [0; 2 * DIGITS];
    let mut start = DIGITS;
    while id > 0 {
        start -= 1;
        bytes[start] = b'0' + (id % 10) as u8;
        id /= 10;
    }
    bytes[DIGITS..].iter_mut().zip(suffix.bytes()).for_each(|(to, byte)| *to = byte);
    std::str::from_utf8(&bytes[start..DIGITS + suffix.len().min(DIGITS)]).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_with_their_suffixes() {
        for (id, suffix) in [(7, ""), (245_487_374, "-interception"), (u64::MAX, "-goal")] {
            assert_eq!(text_of_id(id, suffix).as_str(), format!("{id}{suffix}"));
        }
    }
}
