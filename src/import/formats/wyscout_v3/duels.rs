//! Duels: each has a row for each of the two players. The first of them becomes the event.

use std::collections::HashMap;

use super::rows::{DuelRow, WyscoutV3Row, id_of};
use crate::football::MatchClock;
use crate::import::wyscout::mapping::WyscoutRow;

/// Finds the other row of each duel, by `relatedDuelId`. Duels for a loose ball have none: their rows are neighbours of one time,
/// of both teams.
pub fn find_partners(rows: &[WyscoutV3Row], clocks: &[MatchClock]) -> HashMap<usize, usize> {
    let by_id: HashMap<u64, usize> =
        rows.iter().enumerate().map(|(at, row)| (row.id, at)).filter(|(id, _)| *id > 0).collect();
    let mut partners: HashMap<usize, usize> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        if row.primary() != "duel" || partners.contains_key(&at) {
            continue;
        }
        let stated = details(row).and_then(|duel| by_id.get(&duel.related_duel_id)).copied();
        let next = || {
            let loose = |row: &WyscoutV3Row| row.primary() == "duel" && row.has("loose_ball_duel");
            let next = rows.get(at + 1)?;
            let same_time = clocks.get(at) == clocks.get(at + 1);
            (loose(row) && loose(next) && same_time && row.team_id() != next.team_id()).then_some(at + 1)
        };
        let other = stated.filter(|other| rows.get(*other).is_some_and(|row| row.primary() == "duel")).or_else(next);
        if let Some(other) = other.filter(|other| *other != at && !partners.contains_key(other)) {
            partners.extend([(at, other), (other, at)]);
        }
    }
    partners
}

/// The details of a duel on the ground or in the air.
fn details(row: &WyscoutV3Row) -> Option<&DuelRow> {
    row.ground_duel.as_ref().or(row.aerial_duel.as_ref())
}

/// The opponent, if the row names one.
pub fn opponent(row: &WyscoutV3Row) -> Option<u64> {
    Some(id_of(details(row)?.opponent.as_ref())).filter(|id| *id > 0)
}

/// Who has won, by the glossary of Wyscout: in the air the first touch decides; on the ground the defender who stops the progress
/// of the attacker; and whoever is fouled.
pub fn outcome(row: &WyscoutV3Row) -> Option<&'static str> {
    let word = |won: bool| Some(if won { "won" } else { "lost" });
    if row.has("foul_suffered") {
        return word(true);
    }
    if let Some(duel) = &row.aerial_duel {
        return duel.first_touch.and_then(word);
    }
    let duel = row.ground_duel.as_ref()?;
    match duel.duel_type.as_deref()? {
        "defensive_duel" => {
            let known = [duel.stopped_progress, duel.recovered_possession];
            known.iter().any(Option::is_some).then(|| known.contains(&Some(true))).and_then(word)
        }
        _ => duel.progressed_with_ball.and_then(word),
    }
}
