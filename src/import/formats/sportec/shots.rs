//! Shots, goals and penalties: a `ShotAtGoal` with the element of its outcome, alone or within a set piece.

use super::events::{EventMapping, id_of};
use super::words;
use crate::football::{EventType, Field, Period, PlayerId, Side};
use crate::import::attempt::Attempt;
use crate::import::draft::DraftEvent;
use crate::import::xml::{attribute, child};

/// The longest time between a pass and the shot that it led to, in milliseconds.
const ATTACK: i64 = 20_000;

impl EventMapping<'_> {
    /// Adds the shot of a row, and the save of a saved one.
    pub fn add_shot(&mut self, index: usize, suffix: &str) {
        let row = &self.rows[index];
        let Some(shot) = row.action("ShotAtGoal") else { return };
        let outcome = ["SuccessfulShot", "SavedShot", "BlockedShot", "ShotWide", "ShotWoodWork", "OtherShot"];
        let outcome = outcome.iter().find_map(|name| child(shot, name));
        let word = |name: &str| attribute(outcome?, name);
        let missed = match outcome.map(|outcome| outcome.tag_name().name()) {
            Some("SavedShot") if word("PostTouch").is_some() => Some("saved_woodwork"),
            Some("SavedShot") => Some("saved"),
            Some("BlockedShot") => Some("blocked"),
            Some("ShotWide") => Some("off_target"),
            Some("ShotWoodWork") => Some("woodwork"),
            _ => None,
        };
        let zone = word("PitchMarking").or_else(|| word("Location")).map(words::snake_case);
        let assist = word("Assist").filter(|assist| Some(*assist) != row.player()).map(PlayerId::from);
        let attempt = Attempt {
            goal: outcome.is_some_and(|outcome| outcome.tag_name().name() == "SuccessfulShot"),
            assist: assist.as_ref(),
            outcome: missed,
            situation: match row.kind() {
                "Penalty" => Some("penalty"),
                "FreeKick" => Some("free_kick"),
                "CornerKick" => Some("corner"),
                "ThrowIn" => Some("throw_in"),
                _ => attribute(shot, "BuildUp").and_then(words::situation),
            },
            body_part: attribute(shot, "TypeOfShot").and_then(words::body_part),
            zone: zone.as_deref(),
            // Deliveries without tracking have none.
            xg: attribute(shot, "xG").and_then(|xg| xg.parse().ok()),
            ..Attempt::default()
        };
        self.draft.add(attempt.into_event(self.event(index, EventType::Shot, suffix)));
        let in_play = self.clock(index).period() != Some(Period::Shootout);
        if in_play && matches!(missed, Some("saved" | "saved_woodwork")) {
            let save = DraftEvent::new(id_of(row, "-save"), EventType::Save, self.clock(index));
            let save = save.side(self.side(row.team()).map(Side::other)).about(Some(&id_of(row, suffix)));
            self.add(save.player(Field::Player, word("GoalKeeper").map(PlayerId::from).as_ref()));
        }
    }

    /// The award of a penalty and the kick. A penalty that is taken again has one row, of the last kick.
    pub fn add_penalty(&mut self, index: usize) {
        let row = &self.rows[index];
        let kick = self.clock(index);
        if kick.period() == Some(Period::Shootout) {
            return self.add_shot(index, "");
        }
        let decision = row.attribute("DecisionTimestamp").and_then(words::moment).unwrap_or(row.at);
        let clock = self.periods.clock(decision, false, self.kickoff);
        let sane = clock.status == kick.status && clock.reading <= kick.reading;
        let awarded =
            DraftEvent::new(id_of(row, "-awarded"), EventType::PenaltyAwarded, if sane { clock } else { kick });
        let fouled = row.attribute("FouledPlayer").map(PlayerId::from);
        self.add(awarded.side(self.side(row.team())).player(Field::Fouled, fouled.as_ref()));
        self.add_shot(index, "");
    }

    /// An own goal counts for the other side.
    pub fn add_own_goal(&mut self, index: usize) {
        let row = &self.rows[index];
        let stated = self.side(row.attribute("TeamOwnGoalCountsFor"));
        let scoring = stated.or_else(|| self.side(row.team()).map(Side::other));
        let goal = self.event(index, EventType::Goal, "").side(scoring).flag(Field::OwnGoal, true);
        self.add(goal);
    }

    /// A shot names the player who set it up. His last pass before it is a key pass.
    pub fn find_key_passes(&mut self) {
        for (index, row) in self.rows.iter().enumerate() {
            let Some(shot) = row.action("ShotAtGoal") else { continue };
            let assist = child(shot, "SuccessfulShot").and_then(|goal| attribute(goal, "Assist"));
            let Some(player) = attribute(shot, "AssistShotAtGoal").or(assist) else { continue };
            let before = self.rows.iter().enumerate().take(index).rev();
            let mut before = before.take_while(|(_, earlier)| row.at - earlier.at <= ATTACK);
            let pass = before.find(|(_, pass)| pass.player() == Some(player) && pass.team() == row.team());
            self.key_passes.extend(pass.filter(|(_, pass)| pass.kind() == "Play").map(|(at, _)| at));
        }
    }
}
