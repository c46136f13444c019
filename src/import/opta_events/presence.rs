//! Contradictions: players who act while they are not on the field.

use std::collections::HashSet;

use super::ids::{kind, q};
use super::row::OptaRow;
use super::sheets::OptaSheets;
use crate::football::Side;
use crate::import::draft::MatchDraft;

/// Warns of players who act before they come on or after they have gone off.
pub fn check_presence(rows: &[OptaRow], sheets: &OptaSheets, draft: &mut MatchDraft) {
    let mut on_field: HashSet<&str> = HashSet::new();
    let (mut known, mut contradictions, mut first) = ([false; 2], 0_usize, None);
    let fixture = draft.fixture.clone();
    for side in Side::ALL {
        let starters = fixture.team(*side).players.iter().filter(|player| player.starts);
        on_field.extend(starters.clone().map(|player| player.id.as_str()));
        known[side.index()] = starters.count() > 0;
    }
    for row in rows.iter().filter(|row| (1..=4).contains(&row.period)) {
        let (Some(player), Some(side)) = (row.player.as_deref(), sheets.side(row)) else { continue };
        match row.kind {
            kind::PLAYER_OFF | kind::PLAYER_RETIRED => _ = on_field.remove(player),
            kind::PLAYER_ON | kind::PLAYER_RETURNS => _ = on_field.insert(player),
            kind::CARD if !row.has(q::YELLOW_CARD) => _ = on_field.remove(player),
            kind::CARD | kind::OFF_PITCH | kind::START_DELAY | kind::END_DELAY | kind::DELETED_AFTER_REVIEW => {}
            _ if known[side.index()] && !on_field.contains(player) && sheets.side_of_player(player) == Some(side) => {
                contradictions += 1;
                first.get_or_insert((player, row));
            }
            _ => {}
        }
    }
    if let Some((player, row)) = first {
        let name = fixture.player(player).map_or(player, |(_, _, player)| &*player.name);
        draft.warn(format!(
            "{contradictions} rows are of players who are not on the field by the line-ups and changes, the first one of \
             {name} at {}:{:02}, event {}",
            row.minute, row.second, row.id
        ));
    }
}
