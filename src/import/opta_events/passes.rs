//! Passes, set pieces that are passes, and offsides.

use super::ids::{kind, q};
use super::mapping::{OptaMapping, id_of, player};
use super::row::OptaRow;
use crate::football::{EventType, Field, PlayerId};
use crate::import::draft::DraftEvent;

impl OptaMapping<'_> {
    pub(super) fn add_pass(&mut self, index: usize) {
        let row = &self.rows[index];
        if row.has(q::KICK_OFF) {
            let kick_off = self.event(index, EventType::KickOff, "-kick-off").at(self.point(row));
            self.draft.add(kick_off);
        }
        let set_pieces = [
            (q::CORNER_TAKEN, EventType::Corner),
            (q::THROW_IN, EventType::ThrowIn),
            (q::GOAL_KICK, EventType::GoalKick),
            (q::FREE_KICK_TAKEN, EventType::FreeKick),
        ];
        if let Some((_, kind)) = set_pieces.into_iter().find(|(id, _)| row.has(*id)) {
            return self.add_plain(index, kind);
        }
        self.draft.add(self.pass_event(index, row.accuracy()));
    }

    fn pass_event(&self, index: usize, outcome: &str) -> DraftEvent {
        let row = &self.rows[index];
        let kind = if row.has(q::CROSS) { EventType::Cross } else { EventType::Pass };
        let pass = self.event(index, kind, "").text(Field::Outcome, Some(outcome));
        pass.flag(Field::KeyPass, row.key_pass || row.has(q::ASSIST)).at(self.point(row)).to(self.end(row))
    }

    /// A pass to a player who was offside: the pass has failed, and there is the offside.
    pub(super) fn add_offside_pass(&mut self, index: usize) {
        let row = &self.rows[index];
        let set_piece = [q::CORNER_TAKEN, q::THROW_IN, q::GOAL_KICK, q::FREE_KICK_TAKEN].iter().any(|id| row.has(*id));
        if set_piece {
            self.add_pass(index);
        } else {
            self.draft.add(self.pass_event(index, "offside"));
        }
        let caught = row.value(q::PLAYER_OFFSIDE).map(PlayerId::from);
        let passer = player(row).filter(|passer| caught.as_ref() != Some(passer));
        let offside = DraftEvent::new(id_of(row, "-offside"), EventType::Offside, self.clock(index));
        let offside = offside.side(self.sheets.side(row)).player(Field::Player, caught.as_ref());
        self.draft.add(offside.player(Field::Passer, passer.as_ref()).at(self.end(row)));
    }

    /// The row of the player offside. Most feeds have the pass only.
    pub(super) fn add_caught_offside(&mut self, index: usize) {
        let row = &self.rows[index];
        let near = |other: &OptaRow| {
            other.kind == kind::OFFSIDE_PASS
                && other.team == row.team
                && other.period == row.period
                && (other.millis() - row.millis()).abs() <= 5_000
        };
        if self.rows.iter().any(near) {
            return self.draft.leave_out("second rows of offsides");
        }
        self.add_plain(index, EventType::Offside);
    }
}
