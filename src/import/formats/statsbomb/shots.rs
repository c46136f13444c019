//! Shots, goals, saves and the kicks of a shoot-out.

use super::mapping::StatsBombMapping;
use super::rows::name_of;
use super::vocabulary::{BODY_PARTS, SHOT_OUTCOMES, SITUATIONS, kind, word};
use crate::football::{EventType, Field, Period, Side};
use crate::import::attempt::Attempt;

/// The longest time between the two rows of an own goal that do not name each other, in milliseconds.
const OWN_GOAL: i64 = 5_000;

impl StatsBombMapping<'_> {
    pub fn add_shot(&mut self, index: usize) {
        let row = self.row(index);
        let Some(shot) = row.shot.as_deref() else {
            return self.draft.leave_out("shots without an outcome");
        };
        let goal = shot.outcome() == "Goal";
        // A kick of the shoot-out that was saved on its way past the goal was saved.
        let is_saved_kick = self.rows[index].period == Period::Shootout && shot.outcome().starts_with("Saved");
        let assist = self.find_assist(index).filter(|_| goal).and_then(|pass| self.player(pass));
        let attempt = Attempt {
            goal,
            assist: assist.as_ref(),
            outcome: if is_saved_kick { Some("saved") } else { word(SHOT_OUTCOMES, shot.outcome()) },
            situation: word(SITUATIONS, shot.kind()),
            body_part: word(BODY_PARTS, name_of(shot.body_part.as_ref())),
            xg: shot.statsbomb_xg,
            ..Attempt::default()
        };
        let event = self.event(index, EventType::Shot, "").at(self.location(index));
        self.draft.add(attempt.into_event(event.to(self.point(index, shot.end_location.as_ref()))));
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
}
