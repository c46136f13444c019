//! Substitutions: a row for the player who goes off and one for the player who comes on.

use super::ids::{kind, q};
use super::mapping::{OptaMapping, id_of, player};
use super::row::OptaRow;
use crate::football::{EventType, Field};
use crate::import::draft::DraftEvent;

impl OptaMapping<'_> {
    pub(super) fn add_substitution(&mut self, index: usize) {
        let row = &self.rows[index];
        let other = self.other_row_of_change(index);
        if row.kind == kind::PLAYER_ON && other.is_some() {
            return self.draft.leave_out("second rows of substitutions");
        }
        let (off, on) = match row.kind {
            kind::PLAYER_OFF => (player(row), other.and_then(|other| player(&self.rows[other]))),
            _ => (None, player(row)),
        };
        let both = || [Some(row), other.map(|other| &self.rows[other])].into_iter().flatten();
        let reasons = [(q::CONCUSSION, "concussion"), (q::INJURY, "injury"), (q::TACTICAL, "tactical")];
        let reason = reasons.iter().find(|(id, _)| both().any(|row| row.has(*id))).map(|(_, word)| *word);
        let change = DraftEvent::new(id_of(row, ""), EventType::Substitution, self.clock(index));
        let change = change.side(self.sheets.side(row));
        self.draft
            .add(change.player(Field::In, on.as_ref()).player(Field::Out, off.as_ref()).text(Field::Reason, reason));
    }

    /// The row of the other player: each refers to the other; where they do not, they stand side by side.
    fn other_row_of_change(&self, index: usize) -> Option<usize> {
        let row = &self.rows[index];
        let wanted = if row.kind == kind::PLAYER_OFF { kind::PLAYER_ON } else { kind::PLAYER_OFF };
        let fits = |other: &OptaRow| other.kind == wanted && other.team == row.team && other.period == row.period;
        if let Some(other) = self.related(index).filter(|other| fits(&self.rows[*other])) {
            return Some(other);
        }
        if row.has(q::RELATED_EVENT) {
            return None;
        }
        let beside = |other: &usize| {
            let candidate = &self.rows[*other];
            fits(candidate) && !candidate.has(q::RELATED_EVENT) && candidate.millis() == row.millis()
        };
        // Several changes at once are listed one after the other: the first off is for the first on.
        let same = |other: &&OptaRow| {
            other.kind == row.kind
                && other.team == row.team
                && other.period == row.period
                && other.millis() == row.millis()
                && !other.has(q::RELATED_EVENT)
        };
        let number = self.rows[..index].iter().filter(same).count();
        (0..self.rows.len()).filter(beside).nth(number)
    }
}
