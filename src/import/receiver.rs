//! Who got the ball.

use super::draft::DraftEvent;
use crate::football::{Field, PlayerId, Side};

impl DraftEvent {
    /// Sets who got a pass: the recipient, or the opponent who won the ball. A player of an unknown side is a recipient.
    pub(super) fn received_by(self, player: Option<&PlayerId>, side: Option<Side>) -> Self {
        let own = side.is_none() || side == self.side;
        self.player(if own { Field::Recipient } else { Field::Opponent }, player)
    }
}
