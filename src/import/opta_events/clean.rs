//! Rows in the order of the match, without those that were deleted or replaced.

use std::collections::{HashMap, HashSet};

use super::ids::kind;
use super::row::OptaRow;
use crate::import::duplicate_rows::remove_duplicate_rows;

/// The rows to map, and how many were left out, by the reason.
pub struct CleanRows {
    pub rows: Vec<OptaRow>,
    pub left_out: Vec<(&'static str, usize)>,
}

/// Removes deleted rows and older copies, and sorts.
///
/// Files are not sorted: corrections are appended, with the minute at which they belong.
pub fn clean_rows(mut rows: Vec<OptaRow>) -> CleanRows {
    let deleted: HashSet<Box<str>> =
        rows.iter().filter(|row| row.kind == kind::DELETED).map(|row| row.id.clone()).collect();
    let count = rows.len();
    rows.retain(|row| !deleted.contains(&row.id));
    let removed = count - rows.len();
    // Rows of one id and one version are two events with a faulty id: both stay.
    let mut newest: HashMap<Box<str>, Option<i64>> = HashMap::new();
    for row in &rows {
        let version = newest.entry(row.id.clone()).or_default();
        *version = (*version).max(row.version);
    }
    let count = rows.len();
    rows.retain(|row| newest.get(&row.id).is_none_or(|version| *version == row.version));
    let replaced = count - rows.len();
    let repeated = remove_duplicate_rows(&mut rows, |row| {
        Some((row.id.clone(), row.kind, row.period, row.minute, row.second, row.team.clone()))
    });
    // The sort keeps the order of equal rows in the file.
    rows.sort_by_key(|row| (row.period, row.minute, row.second, row.at));
    let left_out = [("deleted rows", removed), ("older copies of rows", replaced), ("duplicate rows", repeated)];
    CleanRows { rows, left_out: left_out.into_iter().filter(|(_, times)| *times > 0).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::football::UtcMillis;

    fn row(id: &str, kind: u16, minute: u32, version: i64) -> OptaRow {
        OptaRow { id: id.into(), kind, period: 1, minute, version: Some(version), ..OptaRow::default() }
    }

    #[test]
    fn deleted_rows_and_older_copies_go() {
        let rows = vec![
            row("a", kind::GOAL, 9, 1),
            row("b", kind::PASS, 8, 1),
            row("b", kind::PASS, 7, 2),
            row("a", kind::DELETED, 9, 2),
            row("c", kind::CLEARANCE, 3, 5),
            row("c", kind::CLEARANCE, 4, 5),
            row("c", kind::CLEARANCE, 4, 5),
        ];
        let cleaned = clean_rows(rows);
        let left: Vec<_> = cleaned.rows.iter().map(|row| (&*row.id, row.minute)).collect();
        assert_eq!(left, [("c", 3), ("c", 4), ("b", 7)]);
        assert_eq!(cleaned.left_out, [("deleted rows", 2), ("older copies of rows", 1), ("duplicate rows", 1)]);
    }

    #[test]
    fn rows_of_one_second_are_in_the_order_of_their_times() {
        let at = |id: &str, at: i64| OptaRow { at: Some(UtcMillis(at)), ..row(id, kind::PASS, 5, 0) };
        let cleaned = clean_rows(vec![at("late", 9), at("early", 3), at("also late", 9)]);
        let order: Vec<_> = cleaned.rows.iter().map(|row| &*row.id).collect();
        assert_eq!(order, ["early", "late", "also late"]);
    }
}
