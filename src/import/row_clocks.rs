//! Match clocks of rows: where those of a file begin, the breaks, and the rows before another.

use crate::football::{MatchClock, Period, PeriodRules, Reading, Status};

/// Whether the clocks of a file begin in each period at zero, or where the one before ends by the rules.
///
/// The first row of a period decides for all of it: 46 minutes after a start at zero is 91:00 of a second half, although 46:00
/// is within it, too.
#[derive(Debug)]
pub(super) struct PeriodOffsets {
    rules: PeriodRules,
    offsets: [Option<i64>; 5],
}

impl PeriodOffsets {
    pub fn new(rules: PeriodRules) -> Self {
        Self { rules, offsets: [None; 5] }
    }

    /// The match clock of a row, by its period and the milliseconds of its own clock. It does not lie before its period.
    pub fn clock(&mut self, period: Period, millis: i64) -> MatchClock {
        let start = self.rules.start(period).as_millis();
        let offset = &mut self.offsets[usize::from(period.number()) - 1];
        let offset = *offset.get_or_insert_with(|| period_offset(start, millis));
        MatchClock::in_period(period, Reading::from_millis(millis.saturating_add(offset).max(start)))
    }
}

/// What to add to the clocks of a period, in milliseconds, by its start and its first clock.
pub(super) fn period_offset(start: i64, first: i64) -> i64 {
    if first < start / 2 { start } else { 0 }
}

/// The usual end of the break before a period.
pub(super) fn end_of_break_before(period: Period) -> Option<MatchClock> {
    let (status, minutes) = match period {
        Period::First => return None,
        Period::Second => (Status::HalfTime, 15),
        Period::ExtraFirst => (Status::ExtraTimeBreak, 5),
        Period::ExtraSecond => (Status::ExtraHalfTime, 1),
        Period::Shootout => (Status::ShootoutBreak, 5),
    };
    Some(MatchClock { status, reading: Reading::from_minutes(minutes) })
}

/// The indexes of the rows of the same period up to so many milliseconds before one, the latest first.
pub(super) fn rows_before(
    index: usize,
    within: i64,
    clock_of: impl Fn(usize) -> MatchClock,
) -> impl Iterator<Item = usize> {
    let clock = clock_of(index);
    (0..index).rev().take_while(move |before| {
        let before = clock_of(*before);
        before.status == clock.status && clock.reading.as_millis() - before.reading.as_millis() <= within
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_of_a_period_says_where_its_clocks_begin() {
        let rules = PeriodRules::default();
        let clocks = |millis: [i64; 3]| {
            let mut offsets = PeriodOffsets::new(rules);
            millis.map(|millis| offsets.clock(Period::Second, millis).reading.to_string())
        };
        assert_eq!(clocks([500, 60_000, 46 * 60_000]), ["45:00.5", "46:00", "91:00"]);
        assert_eq!(clocks([44 * 60_000 + 59_980, 46 * 60_000, 91 * 60_000]), ["45:00", "46:00", "91:00"]);
    }

    #[test]
    fn rows_before_one_are_those_of_its_period_and_near() {
        let at = |period, seconds: i64| MatchClock::in_period(period, Reading::from_millis(seconds * 1_000));
        let clocks =
            [(Period::First, 2_705), (Period::Second, 2_700), (Period::Second, 2_706), (Period::Second, 2_710)];
        let clocks = clocks.map(|(period, seconds)| at(period, seconds));
        let before = |within: i64| rows_before(3, within, |row| clocks[row]).collect::<Vec<_>>();
        assert_eq!((before(60_000), before(4_000)), (vec![2, 1], vec![2]));
    }
}
