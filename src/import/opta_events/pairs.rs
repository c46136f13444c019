//! Rows that record one thing twice: once for each team.

use std::collections::HashMap;

use super::ids::{kind, q};
use super::row::OptaRow;

/// How far apart the clocks of both rows may be, in milliseconds.
const APART: i64 = 10_000;
/// The same where the rows do not refer to each other.
const APART_UNREFERRED: i64 = 2_000;

/// The other row of each row, for those that have one.
pub fn find_pairs(rows: &[OptaRow]) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = vec![None; rows.len()];
    let mut by_event: HashMap<u32, Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let (Some(id), Some(_)) = (row.event_id, class(row)) {
            by_event.entry(id).or_default().push(index);
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let Some(id) = row.number::<u32>(q::OPPOSITE_EVENT).filter(|_| partners[index].is_none()) else { continue };
        let candidates = by_event.get(&id).into_iter().flatten().copied();
        let fits = |other: &usize| partners[*other].is_none() && match_as_pair(row, &rows[*other], APART);
        let nearest = candidates.filter(fits).min_by_key(|other| (rows[*other].millis() - row.millis()).abs());
        if let Some(other) = nearest {
            (partners[index], partners[other]) = (Some(other), Some(index));
        }
    }
    for index in 0..rows.len() {
        if partners[index].is_some() || !is_always_doubled(&rows[index]) {
            continue;
        }
        let fits = |other: &usize| {
            let row = &rows[*other];
            partners[*other].is_none()
                && row.kind == rows[index].kind
                && match_as_pair(&rows[index], row, APART_UNREFERRED)
        };
        // Rows of one second stand near each other.
        if let Some(other) = (index + 1..rows.len().min(index + 12)).find(fits) {
            (partners[index], partners[other]) = (Some(other), Some(index));
        }
    }
    partners
}

/// Whether a row is the second record of its partner: less telling, or equal and later.
pub fn is_second(rows: &[OptaRow], index: usize, partner: usize) -> bool {
    (rank(&rows[partner]), partner) < (rank(&rows[index]), index)
}

/// The reason why second records are left out.
pub fn second_row_reason(row: &OptaRow) -> &'static str {
    match row.kind {
        kind::FOUL => "second rows of fouls",
        kind::OUT => "second rows of balls out of play",
        kind::CORNER_AWARDED => "second rows of corners",
        kind::START_DELAY | kind::END_DELAY => "second rows of delays",
        _ => "second rows of duels",
    }
}

/// What two rows have in common that record one thing.
fn class(row: &OptaRow) -> Option<u16> {
    Some(match row.kind {
        kind::AERIAL | kind::FIFTY_FIFTY => kind::AERIAL,
        kind::TAKE_ON | kind::TACKLE | kind::CHALLENGE | kind::DISPOSSESSED => kind::TACKLE,
        kind::FOUL | kind::OUT | kind::CORNER_AWARDED | kind::START_DELAY | kind::END_DELAY => row.kind,
        _ => return None,
    })
}

fn match_as_pair(one: &OptaRow, other: &OptaRow, apart: i64) -> bool {
    let class = class(one);
    class.is_some()
        && class == self::class(other)
        && one.team != other.team
        && one.period == other.period
        && (one.millis() - other.millis()).abs() <= apart
}

fn is_always_doubled(row: &OptaRow) -> bool {
    class(row).is_some_and(|class| class != kind::TACKLE)
}

/// The lower, the more a row tells: the winner of a duel, the player who fouls or puts the ball out.
fn rank(row: &OptaRow) -> u8 {
    match row.kind {
        kind::FOUL | kind::OUT => u8::from(row.success),
        kind::CORNER_AWARDED | kind::AERIAL | kind::FIFTY_FIFTY => u8::from(!row.success),
        kind::START_DELAY | kind::END_DELAY => u8::from(!row.has(q::INJURY)),
        kind::TAKE_ON => 0,
        kind::TACKLE => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: u16, team: &str, event_id: u32, success: bool, opposite: Option<u32>) -> OptaRow {
        let qualifiers = opposite.map(|id| (q::OPPOSITE_EVENT, id.to_string().into()));
        OptaRow {
            kind,
            team: Some(team.into()),
            period: 1,
            event_id: Some(event_id),
            success,
            qualifiers: qualifiers.into_iter().collect(),
            ..OptaRow::default()
        }
    }

    #[test]
    fn rows_refer_to_each_other_or_stand_near() {
        let rows = [
            row(kind::FOUL, "a", 8, true, Some(3)),
            row(kind::FOUL, "b", 3, false, Some(8)),
            row(kind::AERIAL, "a", 9, false, None),
            row(kind::AERIAL, "b", 4, true, None),
            row(kind::TAKE_ON, "a", 10, false, Some(5)),
            row(kind::TACKLE, "b", 5, true, Some(10)),
            row(kind::TACKLE, "b", 6, true, None),
            row(kind::OUT, "a", 11, false, None),
        ];
        let partners = find_pairs(&rows);
        assert_eq!(partners, [Some(1), Some(0), Some(3), Some(2), Some(5), Some(4), None, None]);
        let second: Vec<usize> =
            (0..6).filter(|index| partners[*index].is_some_and(|other| is_second(&rows, *index, other))).collect();
        assert_eq!(second, [0, 2, 5]);
    }
}
