//! Rows of the referee and entries of the match sheet: the rows say when, the sheet says who.

use super::match_data::SheetRow;
use super::rows::CdfRow;

/// How far the times of a row and of its entry may differ, in milliseconds.
const SAME_INCIDENT: u64 = 120_000;

/// Entries of the match sheet, each for one row.
#[derive(Debug)]
pub struct SheetEntries<'a> {
    entries: &'a [SheetRow],
    used: Vec<bool>,
}

impl<'a> SheetEntries<'a> {
    pub fn new(entries: &'a [SheetRow]) -> Self {
        Self { entries, used: vec![false; entries.len()] }
    }

    /// Takes the entry of a row: of those that fit the nearest in time, the first in the sheet of several.
    pub fn take(&mut self, row: &CdfRow, fits: impl Fn(&SheetRow) -> bool) -> Option<&'a SheetRow> {
        let distance = |entry: &SheetRow| match (row.time, entry.time) {
            (Some(row), Some(entry)) => Some(row.abs_diff(entry)).filter(|apart| *apart <= SAME_INCIDENT),
            // Without times, one of the same period.
            _ => (row.period == entry.period).then_some(0),
        };
        let free = self.entries.iter().enumerate().filter(|(at, entry)| !self.used[*at] && fits(entry));
        let (_, at, entry) = free
            .filter_map(|(at, entry)| Some((distance(entry)?, at, entry)))
            .min_by_key(|(apart, at, _)| (*apart, *at))?;
        self.used[at] = true;
        Some(entry)
    }

    /// The entries without a row, with their numbers from 1.
    pub fn left(&self) -> impl Iterator<Item = (usize, &'a SheetRow)> {
        let free = self.entries.iter().zip(&self.used).enumerate().filter(|(_, (_, used))| !**used);
        free.map(|(at, (entry, _))| (at + 1, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(time: i64, player: &str) -> SheetRow {
        SheetRow { time: Some(time), player: Some(player.to_owned()), ..SheetRow::default() }
    }

    #[test]
    fn each_row_has_the_nearest_entry_and_each_entry_one_row() {
        let sheet = [entry(1_000, "a"), entry(1_000, "b"), entry(100_000, "c"), entry(900_000, "d")];
        let mut entries = SheetEntries::new(&sheet);
        let mut take = |time| {
            let row = CdfRow { time: Some(time), ..CdfRow::default() };
            entries.take(&row, |_| true).and_then(|entry| entry.player.clone()).unwrap_or_default()
        };
        assert_eq!([take(1_000), take(1_000), take(1_000), take(1_000)], ["a", "b", "c", ""]);
        let left: Vec<_> = entries.left().map(|(number, _)| number).collect();
        assert_eq!(left, [4]);
    }
}
