//! Shots, goals, saves and penalties.

use super::events::{WyscoutV3Mapping, id_of};
use super::fixture::player_id;
use super::rows::{MatchRow, Named};
use super::words;
use crate::football::{EventType, Field, PlayerId};
use crate::import::attempt::Attempt;
use crate::import::draft::DraftEvent;
use crate::import::row_clocks::rows_before;

/// The longest time between a pass and the goal that it led to, and between a shot and its save, in milliseconds.
const ATTACK: i64 = 20_000;
/// The longest time between a foul and its penalty.
const BEFORE_PENALTY: i64 = 360_000;

impl WyscoutV3Mapping<'_> {
    pub fn add_shot(&mut self, index: usize, situation: Option<&str>, suffix: &str) {
        let row = &self.rows[index];
        let shot = row.shot.as_ref();
        let zone = shot.and_then(|shot| shot.goal_zone.as_deref()).unwrap_or_default();
        let goal = row.is_goal();
        let after = [
            ("shot_after_corner", "corner"),
            ("shot_after_free_kick", "free_kick"),
            ("shot_after_throw_in", "throw_in"),
        ];
        let after = || after.iter().find(|(word, _)| row.has(word)).map(|(_, situation)| *situation);
        let body_part = match shot.and_then(|shot| shot.body_part.as_deref()) {
            Some("left_foot") => Some("left_foot"),
            Some("right_foot") => Some("right_foot"),
            _ if row.has("head_shot") => Some("head"),
            Some("head_or_other") => Some("other"),
            _ => None,
        };
        self.kick_off_due |= goal;
        let (assist, place) = (self.find_assist(index), words::zone(zone));
        let attempt = Attempt {
            goal,
            assist: assist.as_ref(),
            outcome: outcome(zone, shot.and_then(|shot| shot.on_target)),
            situation: situation.or_else(after),
            body_part,
            zone: place.as_deref(),
            xg: shot.and_then(|shot| shot.xg),
            ..Attempt::default()
        };
        let event = self.event(index, EventType::Shot, suffix).at(self.point(index, row.location));
        self.add(attempt.into_event(event));
    }

    /// The player of the last pass before a goal that is an assist.
    fn find_assist(&self, goal: usize) -> Option<PlayerId> {
        let scorer = &self.rows[goal];
        let mut before = self.rows_before(goal, ATTACK);
        let pass = before.find(|(_, row)| row.has("assist") && row.team_id() == scorer.team_id())?.1;
        pass.player_id().filter(|player| scorer.player_id() != Some(*player)).map(player_id)
    }

    fn rows_before(&self, index: usize, within: i64) -> impl Iterator<Item = (usize, &MatchRow)> {
        rows_before(index, within, |row| self.clocks[row]).map(|row| (row, &self.rows[row]))
    }

    /// A keeper's row: a save, or the other record of a goal or of a shot that needed none.
    pub fn add_save(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.has("conceded_goal") || !row.has("save") && !row.has("save_with_reflex") {
            return self.draft.leave_out("keepers' rows without a save");
        }
        let stated = row.id.and_then(|id| self.shot_of_keeper.get(&id)).cloned();
        let before = || {
            let mut before = self.rows_before(index, ATTACK);
            before
                .find(|(_, shot)| shot.shot.is_some() && shot.team_id() != row.team_id())
                .map(|(_, shot)| id_of(shot, ""))
        };
        let save = self.event(index, EventType::Save, "").about(stated.or_else(before).as_ref());
        self.add(save.at(self.point(index, row.location)));
    }

    /// The award of a penalty, at the foul before it.
    pub fn add_penalty_awarded(&mut self, index: usize) {
        let penalty = &self.rows[index];
        let stops = ["free_kick", "throw_in", "goal_kick", "corner", "penalty"];
        let before = self.rows_before(index, BEFORE_PENALTY).take_while(|(_, row)| !stops.contains(&row.primary()));
        let fouls = before.filter(|(_, row)| row.primary() == "infraction" && row.team_id() != penalty.team_id());
        let Some(at) = fouls.filter(|(_, row)| row.has("foul")).map(|(at, _)| at).next() else { return };
        let foul = &self.rows[at];
        let awarded = DraftEvent::new(id_of(foul, "-penalty"), EventType::PenaltyAwarded, self.clocks[at]);
        let fouled = foul.infraction.as_ref().and_then(|it| it.opponent.as_ref()).and_then(Named::id).map(player_id);
        let awarded = awarded.side(self.teams.side(penalty.team_id())).player(Field::Fouled, fouled.as_ref());
        self.add(awarded);
    }

    /// A kick of the shoot-out. The keeper has a row as well.
    pub fn map_shootout_row(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.shot.is_none() || !matches!(row.primary(), "postmatch_penalty" | "penalty" | "shot") {
            self.draft.leave_out("other rows of the shoot-out");
            return self.add_card(index, None);
        }
        self.add_shot(index, None, "");
    }
}

/// The outcome of a shot that is no goal.
fn outcome(zone: &str, on_target: Option<bool>) -> Option<&'static str> {
    match (zone.get(..1), on_target) {
        (Some("b"), _) => Some("blocked"),
        (Some("p"), _) => Some("woodwork"),
        (_, Some(true)) | (Some("g"), _) => Some("saved"),
        (_, Some(false)) | (Some("o"), _) => Some("off_target"),
        _ => None,
    }
}
