//! Fouls, the penalties that they give, and cards.

use super::mapping::StatsBombMapping;
use super::rows::{RowDetail, name_of};
use super::vocabulary::{FOUL_REASONS, kind, to_word, word};
use crate::football::{EventType, Field, Side};
use crate::import::draft::DraftEvent;

impl StatsBombMapping<'_> {
    /// A foul. The player who was fouled has a row of his own, `Foul Won`.
    pub fn add_foul(&mut self, index: usize) {
        let detail = self.row(index).foul_committed.as_deref();
        let won = self.find_related_kind(index, kind::FOUL_WON);
        let fouled = won.and_then(|won| self.player(won));
        let reason = detail.and_then(reason);
        let foul = self.event(index, EventType::Foul, "").player(Field::Fouled, fouled.as_ref());
        self.draft.add(foul.text(Field::Reason, reason.as_deref()).at(self.location(index)));
        let won = won.and_then(|won| self.row(won).foul_won.as_deref());
        if [detail, won].into_iter().flatten().any(|detail| detail.penalty == Some(true)) {
            let awarded =
                DraftEvent::new(self.id(index, "-penalty"), EventType::PenaltyAwarded, self.rows[index].clock);
            let awarded = awarded.side(self.side(index).map(Side::other)).player(Field::Fouled, fouled.as_ref());
            self.draft.add(awarded);
        }
        if let Some(card) = detail.and_then(card) {
            let foul = self.id(index, "");
            let card = self.event(index, card, "-card").about(Some(&foul)).text(Field::Reason, reason.as_deref());
            self.draft.add(card);
        }
    }

    /// A card for something else than a foul.
    pub fn add_bad_behaviour(&mut self, index: usize) {
        match self.row(index).bad_behaviour.as_deref().and_then(card) {
            Some(card) => {
                let card = self.event(index, card, "");
                self.draft.add(card);
            }
            None => self.draft.leave_out("bad behaviour without a card"),
        }
    }
}

/// The card of a row. Fouls and bad behaviour number them differently.
fn card(detail: &RowDetail) -> Option<EventType> {
    Some(match name_of(detail.card.as_ref()) {
        "Yellow Card" => EventType::YellowCard,
        "Second Yellow" => EventType::SecondYellowCard,
        "Red Card" => EventType::RedCard,
        _ => return None,
    })
}

/// The kind of a foul.
fn reason(detail: &RowDetail) -> Option<String> {
    word(FOUL_REASONS, detail.kind()).map(str::to_owned).or_else(|| to_word(detail.kind()))
}
