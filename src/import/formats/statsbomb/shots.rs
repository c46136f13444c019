//! Shots, goals, saves and the kicks of a shoot-out.

use super::mapping::StatsBombMapping;
use super::rows::name_of;
use super::vocabulary::{BODY_PARTS, SHOOTOUT_OUTCOMES, SHOT_OUTCOMES, SITUATIONS, kind, word};
use crate::football::{EventType, Field, Side};

/// The longest time between the two rows of an own goal that do not name each other, in milliseconds.
const OWN_GOAL: i64 = 5_000;

impl StatsBombMapping<'_> {
    pub fn add_shot(&mut self, index: usize) {
        let row = self.row(index);
        let Some(shot) = row.shot.as_deref() else {
            return self.draft.leave_out("shots without an outcome");
        };
        let situation = word(SITUATIONS, shot.kind());
        let goal = shot.outcome() == "Goal";
        let kind = match (goal, situation == Some("penalty")) {
            (true, _) => EventType::Goal,
            (false, true) => EventType::PenaltyMissed,
            (false, false) => EventType::Shot,
        };
        let mut event = self.event(index, kind.clone(), "").set(Field::Xg, self.expected_goals(index));
        event = event.at(self.location(index)).to(self.point(index, shot.end_location.as_ref()));
        if goal {
            let assist = self.find_assist(index).and_then(|pass| self.player(pass));
            event = event.player(Field::Assist, assist.as_ref());
        } else {
            let outcome = word(SHOT_OUTCOMES, shot.outcome());
            // No penalty is blocked: whoever stands in its way is the goalkeeper.
            let outcome = outcome.filter(|word| kind != EventType::PenaltyMissed || *word != "blocked");
            event = event.text(Field::Outcome, outcome);
        }
        if kind != EventType::PenaltyMissed {
            let body_part = word(BODY_PARTS, name_of(shot.body_part.as_ref()));
            event = event.text(Field::Situation, situation).text(Field::BodyPart, body_part);
        }
        self.draft.add(event);
    }

    /// The pass before a goal, if it was an assist. Another player's touch may lie between a key pass and the goal.
    fn find_assist(&self, goal: usize) -> Option<usize> {
        let pass = self.find(self.row(goal).shot.as_ref()?.key_pass_id.as_deref()?)?;
        let row = self.row(pass);
        let assist = row.pass.as_ref().is_some_and(|detail| detail.goal_assist == Some(true));
        let of_others = row.player_id() != self.row(goal).player_id() && row.team_id() == self.row(goal).team_id();
        (assist && of_others).then_some(pass)
    }

    /// An own goal has a row for either team: `Own Goal For` of the one that it counts for, which names no player, and
    /// `Own Goal Against` with the player and the place.
    pub fn add_own_goal(&mut self, index: usize) {
        let counts_for_row = self.row(index).kind() == kind::OWN_GOAL_FOR;
        let other = self.other_row_of_own_goal(index);
        if !counts_for_row && other.is_some() {
            return self.draft.leave_out("second rows of own goals");
        }
        let against = if counts_for_row { other } else { Some(index) };
        let side = if counts_for_row { self.side(index) } else { self.side(index).map(Side::other) };
        let player = against.and_then(|against| self.player(against));
        let place = against.and_then(|against| self.location(against)).or_else(|| self.location(index));
        let goal = self.event(index, EventType::Goal, "").side(side).flag(Field::OwnGoal, true).at(place);
        // The row of an own goal that nobody else records has its player already.
        let goal = if counts_for_row { goal.player(Field::Player, player.as_ref()) } else { goal };
        self.draft.add(goal);
    }

    /// The row of the other team for an own goal: the one that it names, else the nearest.
    fn other_row_of_own_goal(&self, index: usize) -> Option<usize> {
        let wanted = match self.row(index).kind() {
            kind::OWN_GOAL_FOR => kind::OWN_GOAL_AGAINST,
            _ => kind::OWN_GOAL_FOR,
        };
        let clock = self.rows[index].clock;
        let team = self.row(index).team_id();
        let distance = |other: usize| (self.rows[other].clock.reading.as_millis() - clock.reading.as_millis()).abs();
        let nearest = || {
            let candidates = (0..self.rows.len()).filter(|other| {
                let row = self.row(*other);
                let same_period = self.rows[*other].clock.status == clock.status;
                row.kind() == wanted && row.team_id() != team && same_period && distance(*other) <= OWN_GOAL
            });
            candidates.min_by_key(|other| distance(*other))
        };
        self.find_related_kind(index, wanted).or_else(nearest)
    }

    /// A row of a goalkeeper: a save, a touch of the ball, or the other record of a shot.
    pub fn add_goalkeeper(&mut self, index: usize) {
        let action = self.row(index).goalkeeper.as_ref().map(|detail| detail.kind()).unwrap_or_default();
        match action {
            "Collected" | "Keeper Sweeper" | "Smother" => self.add_plain(index, EventType::Touch),
            "Punch" => self.add_plain(index, EventType::Clearance),
            _ if action == "Save" || action.contains("Saved") => {
                let shot = self.find_related_kind(index, kind::SHOT).map(|shot| self.id(shot, ""));
                let save = self.event(index, EventType::Save, "").about(shot.as_ref()).at(self.location(index));
                self.draft.add(save);
            }
            _ => self.draft.leave_out("goalkeepers' rows of shots that they did not save"),
        }
    }

    /// A kick of the shoot-out. The goalkeeper has a row as well.
    pub fn add_shootout_row(&mut self, index: usize) {
        let Some(shot) = self.row(index).shot.as_deref() else {
            return self.draft.leave_out("other rows of the shoot-out");
        };
        let outcome = word(SHOOTOUT_OUTCOMES, shot.outcome()).unwrap_or("missed");
        let kick = self.event(index, EventType::ShootoutPenalty, "").text(Field::Outcome, Some(outcome));
        let kick = kick.at(self.location(index)).to(self.point(index, shot.end_location.as_ref()));
        self.draft.add(kick);
    }
}
