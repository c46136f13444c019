//! Duels, tackles and take-ons, which each player has a row of.

use super::ids::kind;
use super::mapping::{OptaMapping, player};
use crate::football::{EventType, Field};

impl OptaMapping<'_> {
    /// A contest for the ball: of the two rows, the one that tells more.
    pub(super) fn add_challenge(&mut self, index: usize) {
        let row = &self.rows[index];
        let opponent =
            self.partners[index].or_else(|| self.opposite(index)).and_then(|other| player(&self.rows[other]));
        let (kind, outcome) = match (row.kind, row.success) {
            (kind::TAKE_ON, true) => (EventType::TakeOn, "successful"),
            (kind::TAKE_ON, false) => (EventType::TakeOn, "unsuccessful"),
            // A player who was dispossessed has the outcome 1.
            (kind::DISPOSSESSED, _) | (_, false) => (EventType::Duel, "lost"),
            (_, true) => (EventType::Duel, "won"),
        };
        let duel = self.event(index, kind, "").text(Field::Outcome, Some(outcome));
        self.draft.add(duel.player(Field::Opponent, opponent.as_ref()).at(self.point(row)));
    }
}
