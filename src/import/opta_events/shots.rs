//! Attempts at goal and what keepers do about them.

use super::ids::{ZONES, kind, q, word_of};
use super::mapping::{OptaMapping, id_of, player};
use super::row::OptaRow;
use crate::football::{EventId, EventType, PlayerId, Point};
use crate::import::attempt::Attempt;

/// The longest time between a shot and its save, in milliseconds.
const SHOT_TO_SAVE: i64 = 10_000;

impl OptaMapping<'_> {
    /// A goal, a penalty that is not scored, a kick of the shoot-out, or another attempt.
    pub(super) fn add_shot(&mut self, index: usize) {
        let row = &self.rows[index];
        let assist = self.assist(index);
        let attempt = Attempt {
            goal: row.kind == kind::GOAL,
            own_goal: row.is_own_goal(),
            assist: assist.as_ref(),
            outcome: Some(outcome(row)),
            situation: situation(row),
            body_part: body_part(row),
            zone: word_of(ZONES, |id| row.has(id)),
            xg: row.number(q::EXPECTED_GOALS),
        };
        let end = self.end_of_shot(row).filter(|_| !row.is_own_goal());
        self.draft.add(attempt.into_event(self.event(index, EventType::Shot, "").at(self.point(row)).to(end)));
    }

    /// Where a shot was blocked, or crossed the goal line.
    fn end_of_shot(&self, row: &OptaRow) -> Option<Point> {
        let blocked = row.number(q::BLOCKED_X).zip(row.number(q::BLOCKED_Y));
        let (x, y) = blocked.or_else(|| Some((100.0, row.number(q::GOAL_MOUTH_Y)?)))?;
        self.point_of(row, x, y)
    }

    /// The player of the pass to which a goal refers.
    fn assist(&self, goal: usize) -> Option<PlayerId> {
        let row = &self.rows[goal];
        if !row.has(q::ASSISTED) {
            return None;
        }
        player(&self.rows[self.related(goal)?]).filter(|assistant| Some(assistant) != player(row).as_ref())
    }

    /// A keeper's save. With the qualifier for it, the row is a block by a defender.
    pub(super) fn add_save(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.has(q::DEFENSIVE_BLOCK) {
            let block = self.event(index, EventType::Other("shot_block".into()), "").at(self.point(row));
            return self.draft.add(block);
        }
        let save = self.event(index, EventType::Save, "").about(self.shot_of_save(index).as_ref()).at(self.point(row));
        self.draft.add(save);
    }

    /// The row of the keeper at a penalty. A save has a row of its own in most feeds.
    pub(super) fn add_penalty_faced(&mut self, index: usize) {
        let row = &self.rows[index];
        let is_save = |other: &OptaRow| {
            other.kind == kind::SAVE
                && other.team == row.team
                && other.period == row.period
                && (other.millis() - row.millis()).abs() <= SHOT_TO_SAVE
        };
        if !row.has(q::PENALTY_SAVED) || self.rows.iter().any(is_save) {
            return self.draft.leave_out("keepers' rows of penalties");
        }
        let save = self.event(index, EventType::Save, "").about(self.shot_of_save(index).as_ref());
        self.draft.add(save);
    }

    /// The shot that a keeper's row is about: the one that it refers to, else the last one before.
    fn shot_of_save(&self, index: usize) -> Option<EventId> {
        let row = &self.rows[index];
        let saved = |other: &OptaRow| other.kind == kind::ATTEMPT_SAVED && other.team != row.team;
        let referred = self.opposite(index).map(|other| &self.rows[other]).filter(|other| other.is_attempt());
        let before = || self.rows_before(index, SHOT_TO_SAVE).map(|(_, other)| other).find(|other| saved(other));
        referred.or_else(before).map(|shot| id_of(shot, ""))
    }
}

fn outcome(row: &OptaRow) -> &'static str {
    match row.kind {
        kind::ATTEMPT_SAVED if row.has(q::BLOCKED) => "blocked",
        kind::ATTEMPT_SAVED if row.has(q::HIT_WOODWORK) => "saved_woodwork",
        kind::ATTEMPT_SAVED => "saved",
        kind::POST => "woodwork",
        _ if row.has(q::HIT_WOODWORK) => "woodwork",
        _ => "off_target",
    }
}

fn situation(row: &OptaRow) -> Option<&'static str> {
    let words = [
        (q::PENALTY, "penalty"),
        (q::DIRECT_FREE_KICK, "free_kick"),
        (q::DIRECT_CORNER, "corner"),
        (q::FROM_CORNER, "corner"),
        (q::CORNER_SITUATION, "corner"),
        (q::THROW_IN_SET_PIECE, "throw_in"),
        (q::SET_PIECE, "free_kick"),
        (q::REGULAR_PLAY, "open_play"),
        (q::FAST_BREAK, "open_play"),
    ];
    word_of(&words, |id| row.has(id))
}

fn body_part(row: &OptaRow) -> Option<&'static str> {
    let words =
        [(q::HEAD, "head"), (q::LEFT_FOOT, "left_foot"), (q::RIGHT_FOOT, "right_foot"), (q::OTHER_BODY_PART, "other")];
    word_of(&words, |id| row.has(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: u16, qualifiers: &[u16]) -> OptaRow {
        let qualifiers = qualifiers.iter().map(|id| (*id, "".into())).collect();
        OptaRow { kind, qualifiers, ..OptaRow::default() }
    }

    #[test]
    fn the_result_of_an_attempt_is_its_type_and_qualifiers() {
        let cases: [(u16, &[u16], &str); 6] = [
            (kind::MISS, &[], "off_target"),
            (kind::POST, &[], "woodwork"),
            (kind::ATTEMPT_SAVED, &[], "saved"),
            (kind::ATTEMPT_SAVED, &[q::BLOCKED], "blocked"),
            (kind::ATTEMPT_SAVED, &[q::HIT_WOODWORK], "saved_woodwork"),
            (kind::MISS, &[q::HIT_WOODWORK], "woodwork"),
        ];
        for (kind, qualifiers, word) in cases {
            assert_eq!(outcome(&row(kind, qualifiers)), word, "{kind} {qualifiers:?}");
        }
        assert_eq!(situation(&row(kind::GOAL, &[q::REGULAR_PLAY, q::PENALTY])), Some("penalty"));
        assert_eq!(situation(&row(kind::GOAL, &[])), None);
        assert_eq!(body_part(&row(kind::GOAL, &[q::LEFT_FOOT])), Some("left_foot"));
    }
}
