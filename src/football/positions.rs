//! Positions that players change to during a match, such as an outfield player who replaces a goalkeeper sent off.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{FieldValue, MatchEvent};
use super::event_type::{EventType, Field};
use super::lineup::Match;
use super::value_history::ValueHistory;
use super::words::Side;

/// A player: the side and the index on its sheet.
type SheetIndex = (Side, usize);

/// The history of positions of each player who has changed position.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Positions(BTreeMap<SheetIndex, ValueHistory<Arc<str>>>);

impl Positions {
    /// Folds an event in. `previous` is its previous revision.
    pub fn apply(&mut self, fixture: &Match, event: &MatchEvent, previous: Option<&MatchEvent>) {
        let now = position_change(fixture, event);
        if let Some((place, _)) = previous.and_then(|previous| position_change(fixture, previous))
            && now.as_ref().is_none_or(|(of, _)| *of != place)
            && let Some(positions) = self.0.get_mut(&place)
        {
            positions.set(&event.id, None);
            if positions.latest().is_none() {
                self.0.remove(&place);
            }
        }
        if let Some((place, position)) = now {
            self.0.entry(place).or_default().set(&event.id, Some(position));
        }
    }

    /// The position that a player last changed to.
    pub fn get(&self, side: Side, index: usize) -> Option<&str> {
        self.0.get(&(side, index))?.latest().map(|position| &**position)
    }
}

/// The player and the new position, if an event is a position change that counts and has a side.
fn position_change(fixture: &Match, event: &MatchEvent) -> Option<(SheetIndex, Arc<str>)> {
    if event.kind != EventType::PositionChange || !event.is_in_force() || event.side.is_none() {
        return None;
    }
    let (side, index, _) = fixture.player(event.player()?.as_str())?;
    match &*event.details.get(Field::Position)? {
        FieldValue::Text(position) => Some(((side, index), position.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{event, fixture};
    use super::super::words::Op;
    use super::super::{MatchState, Side};
    use super::*;

    fn change(id: &str, player: &str, position: &str) -> MatchEvent {
        let mut change = event(id, EventType::PositionChange, "70:00", Side::Home, player);
        change.details.set(Field::Position, FieldValue::Text(position.into()));
        change
    }

    fn revised(op: Op, change: MatchEvent) -> MatchEvent {
        MatchEvent { op, rev: 1, ..change }
    }

    /// The positions of `h1`, `h5` and `h6` after these events.
    fn after(events: &[MatchEvent]) -> [Option<String>; 3] {
        let mut state = MatchState::new(fixture());
        for (at, event) in events.iter().enumerate() {
            let previous = events[..at].iter().rfind(|earlier| earlier.id == event.id);
            state.apply(event, previous);
        }
        [0, 4, 5].map(|index| state.position(Side::Home, index).map(str::to_owned))
    }

    #[test]
    fn the_latest_valid_position_holds() {
        let (gk, cb) = (change("gk", "h5", "GK"), change("cb", "h5", "CB"));
        let case = |events: &[MatchEvent], h5: Option<&str>, h6: Option<&str>| {
            assert_eq!(after(events), [Some("GK".to_owned()), h5.map(str::to_owned), h6.map(str::to_owned)]);
        };
        case(&[], None, None);
        case(std::slice::from_ref(&gk), Some("GK"), None);
        case(&[gk.clone(), revised(Op::Remove, gk.clone())], None, None);
        case(&[gk.clone(), revised(Op::Update, change("gk", "h6", "GK"))], None, Some("GK"));
        let both = [gk.clone(), cb.clone()];
        case(&both, Some("CB"), None);
        let and = |last: MatchEvent| [&both[..], &[last]].concat();
        case(&and(revised(Op::Remove, cb.clone())), Some("GK"), None);
        case(&and(revised(Op::Remove, gk.clone())), Some("CB"), None);
        // A corrected change keeps its place in the order.
        case(&and(revised(Op::Update, change("gk", "h5", "RB"))), Some("CB"), None);
        let unsided = MatchEvent { side: None, ..gk };
        case(&[unsided], None, None);
    }

    #[test]
    fn the_history_of_each_player_is_bounded() {
        let changes: Vec<MatchEvent> =
            (0..100).map(|number| change(&format!("c{number}"), "h5", &number.to_string())).collect();
        let mut state = MatchState::new(fixture());
        changes.iter().for_each(|change| state.apply(change, None));
        assert_eq!(state.position(Side::Home, 4), Some("99"));
        for change in changes.iter().rev().take(8) {
            state.apply(&revised(Op::Remove, change.clone()), Some(change));
        }
        assert_eq!(state.position(Side::Home, 4), None);
    }
}
