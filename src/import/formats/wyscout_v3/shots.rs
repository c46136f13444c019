//! Shots, goals and saves.

use super::mapping::WyscoutV3Mapping;
use crate::football::EventType;
use crate::import::attempt::Attempt;
use crate::import::wyscout::mapping::WyscoutRow;
use crate::import::wyscout::words;

/// Secondary types of shots, and what these followed.
const AFTER: [(&str, &str); 3] =
    [("shot_after_corner", "corner"), ("shot_after_free_kick", "free_kick"), ("shot_after_throw_in", "throw_in")];

impl WyscoutV3Mapping<'_> {
    pub fn add_shot(&mut self, index: usize, situation: Option<&str>) {
        let row = &self.rows[index];
        let Some(shot) = row.shot.as_ref() else {
            return self.draft.leave_out("shots without details");
        };
        let code = shot.goal_zone.as_deref().unwrap_or_default();
        let zone = words::zone_of_code(code);
        self.kick_off_due |= row.is_goal();
        let attempt = Attempt {
            goal: row.is_goal(),
            assist: self.find_assist(index),
            outcome: words::outcome(code.starts_with('b'), zone, shot.on_target),
            situation: situation
                .or_else(|| AFTER.iter().find(|(word, _)| row.has(word)).map(|(_, situation)| *situation)),
            body_part: match shot.body_part.as_deref() {
                Some("left_foot") => Some("left_foot"),
                Some("right_foot") => Some("right_foot"),
                _ if row.has("head_shot") => Some("head"),
                Some("head_or_other") => Some("other"),
                _ => None,
            },
            zone,
            xg: shot.xg,
            ..Attempt::default()
        };
        let suffix = row.attempt_suffix().unwrap_or_default();
        let event = self.event(index, EventType::Shot, suffix).at(self.place(index));
        self.draft.add(attempt.into_event(event));
    }

    /// A keeper's row: a save, or the other record of a goal or of a shot that needed none.
    pub fn add_save(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.has("conceded_goal") || !row.has("save") && !row.has("save_with_reflex") {
            return self.draft.leave_out("keepers' rows without a save");
        }
        let stated = self.version.attempt_of_keeper.get(&row.id).map(|attempt| self.attempt_id(*attempt));
        let attempt = stated.or_else(|| self.find_attempt_before(index));
        let save = self.event(index, EventType::Save, "").about(attempt.as_ref());
        self.draft.add(save.at(self.place(index)));
    }

    /// A kick of the shoot-out. The keeper has a row as well.
    pub fn map_shootout_row(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.shot.is_none() || !matches!(row.primary(), "postmatch_penalty" | "penalty" | "shot") {
            self.draft.leave_out("other rows of the shoot-out");
            return self.add_card(index, None);
        }
        self.add_shot(index, None);
    }
}
