//! When each row happened: its minute and second, refined by its time of day, or how far into a break it was.

use super::ids::{kind, period};
use super::row::OptaRow;
use crate::football::{Match, MatchClock, Period, Reading, Status, UtcMillis};
use crate::import::row_clocks::end_of_break_before;

/// The latest reading after the end of a period that is believed, in milliseconds: an hour.
const LONGEST_BREAK: i64 = 3_600_000;

/// When the periods began and ended.
pub struct PeriodTimes {
    /// The earliest row that says so.
    starts: [Option<UtcMillis>; 5],
    ends: [Option<UtcMillis>; 5],
    /// The nominal starts, on the clock.
    nominal: [i64; 5],
    /// What to add to the clock of a row: a shoot-out begins at 120:00, even if no extra time was played.
    shifts: [i64; 5],
}

/// The clock of each row, `None` for rows before the match.
pub struct RowClocks {
    pub clocks: Vec<Option<MatchClock>>,
    pub times: PeriodTimes,
    /// Rows whose minute lies before their period.
    pub too_early: usize,
}

/// Finds the clock of each row. The rows are in the order of the match.
pub fn read_clocks(rows: &[OptaRow], fixture: &Match) -> RowClocks {
    let times = PeriodTimes::find(rows, fixture);
    let mut clocks: Vec<Option<MatchClock>> = Vec::with_capacity(rows.len());
    let mut too_early = 0;
    let mut before: Option<(u16, i64, i64)> = None;
    for row in rows {
        let Some(period) = row.period_of_play() else {
            clocks.push(times.around_play(row));
            continue;
        };
        if let Some(clock) = times.in_break(row, period) {
            clocks.push(Some(clock));
            continue;
        }
        let index = index(period);
        let stated = row.millis() + times.shifts[index];
        let exact = times.starts[index].zip(row.at).map(|(start, at)| times.nominal[index] + (at.0 - start.0));
        let exact = exact.filter(|exact| exact.div_euclid(1_000) == stated.div_euclid(1_000));
        // Rows of one second stay in their order.
        let latest = before.filter(|(of, second, _)| (*of, *second) == (row.period, stated)).map(|(.., latest)| latest);
        let millis = exact.unwrap_or(stated).max(latest.unwrap_or(stated));
        before = Some((row.period, stated, millis));
        too_early += usize::from(millis < times.nominal[index]);
        let reading = Reading::from_millis(millis.max(times.nominal[index]));
        clocks.push(Some(MatchClock::in_period(period, reading)));
    }
    RowClocks { clocks, times, too_early }
}

fn index(period: Period) -> usize {
    usize::from(period.number()) - 1
}

impl PeriodTimes {
    fn find(rows: &[OptaRow], fixture: &Match) -> Self {
        let rules = fixture.rules.periods;
        let nominal = Period::ALL.map(|period| rules.start(period).as_millis());
        let (mut starts, mut ends, mut shifts) = ([None; 5], [None; 5], [0; 5]);
        for period in Period::ALL {
            let at = index(period);
            let of_kind =
                |kind| rows.iter().filter(move |row| row.kind == kind && row.period_of_play() == Some(period));
            starts[at] = of_kind(kind::START).filter_map(|row| row.at).min();
            ends[at] = of_kind(kind::END).filter_map(|row| row.at).max();
            if period == Period::Shootout {
                let stated = of_kind(kind::START).next().map(OptaRow::millis);
                shifts[at] = stated.map_or(0, |stated| nominal[at] - stated);
            }
        }
        Self { starts, ends, nominal, shifts }
    }

    pub fn start(&self, period: Period) -> Option<UtcMillis> {
        self.starts[index(period)]
    }

    /// The clock of a row that belongs to no period of play.
    fn around_play(&self, row: &OptaRow) -> Option<MatchClock> {
        let (status, last) = match row.period {
            period::HALF_TIME => (Status::HalfTime, 0),
            period::EXTRA_TIME_BREAK => (Status::ExtraTimeBreak, 1),
            period::EXTRA_HALF_TIME => (Status::ExtraHalfTime, 2),
            period::SHOOTOUT_BREAK => (Status::ShootoutBreak, 3),
            period::FULL_TIME => (Status::FullTime, 4),
            _ => return None,
        };
        let end = self.ends[..=last].iter().rev().find_map(|end| *end);
        let since = end.zip(row.at).map_or(0, |(end, at)| at.0.saturating_sub(end.0));
        Some(MatchClock { status, reading: Reading::from_millis(since.clamp(0, LONGEST_BREAK)) })
    }

    /// The clock of a change that was made in the break before the period of its row: those rows have the first second of
    /// the period, and a time before its start.
    fn in_break(&self, row: &OptaRow, period: Period) -> Option<MatchClock> {
        let change = matches!(
            row.kind,
            kind::PLAYER_OFF
                | kind::PLAYER_ON
                | kind::PLAYER_RETIRED
                | kind::PLAYER_RETURNS
                | kind::BECOMES_GOALKEEPER
                | kind::FORMATION_CHANGE
                | kind::CARD
        );
        let at = index(period);
        let before = at.checked_sub(1)?;
        if !change || row.millis() + self.shifts[at] > self.nominal[at] {
            return None;
        }
        let usual = end_of_break_before(period)?;
        let end = self.ends[..=before].iter().rev().find_map(|end| *end);
        let span = |to: Option<UtcMillis>| {
            let span = to.zip(end).map(|(to, end)| to.0.saturating_sub(end.0));
            span.filter(|span| (0..=LONGEST_BREAK).contains(span))
        };
        let length = span(self.starts[at]);
        let reading = match (row.at, self.starts[at]) {
            (Some(time), Some(start)) if time >= start => return None,
            _ => span(row.at).or(length).unwrap_or(usual.reading.as_millis()),
        };
        let reading = length.map_or(reading, |length| reading.min(length));
        Some(MatchClock { reading: Reading::from_millis(reading), ..usual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::opta_events::match_data::OptaMatchData;
    use crate::import::opta_events::sheets::begin_draft;

    fn row(kind: u16, period: u16, minute: u32, second: u32, at: Option<i64>) -> OptaRow {
        OptaRow { kind, period, minute, second, at: at.map(UtcMillis), ..OptaRow::default() }
    }

    fn clocks(rows: &[OptaRow]) -> Vec<String> {
        let teams = |id: &str| OptaRow { team: Some(id.into()), ..OptaRow::default() };
        let (draft, _) = begin_draft(OptaMatchData::default(), &[teams("1"), teams("2")], "m").expect("two teams");
        let found = read_clocks(rows, &draft.fixture);
        found
            .clocks
            .iter()
            .map(|clock| clock.map_or("-".to_owned(), |it| format!("{} {}", it.status, it.reading)))
            .collect()
    }

    #[test]
    fn milliseconds_come_from_the_time_of_day() {
        let rows = [
            row(kind::START, 1, 0, 0, Some(1_000_700)),
            row(kind::PASS, 1, 0, 3, Some(1_003_900)),
            // A time that does not fit the clock, and none at all.
            row(kind::PASS, 1, 0, 3, Some(9_000_000)),
            row(kind::PASS, 1, 0, 4, None),
        ];
        assert_eq!(clocks(&rows), ["first_half 00:00", "first_half 00:03.2", "first_half 00:03.2", "first_half 00:04"]);
    }

    #[test]
    fn a_change_before_the_restart_is_in_the_break() {
        let rows = [
            row(kind::END, 1, 46, 7, Some(0)),
            row(kind::PLAYER_OFF, 2, 45, 0, Some(979_000)),
            row(kind::START, 2, 45, 0, Some(1_000_000)),
            row(kind::PLAYER_OFF, 2, 45, 0, Some(1_000_400)),
            row(kind::CARD, period::HALF_TIME, 0, 0, Some(60_000)),
            row(kind::CARD, period::FULL_TIME, 0, 0, Some(90_000)),
            row(kind::PASS, 16, 0, 0, None),
        ];
        let expected = [
            "first_half 46:07",
            "half_time 16:19",
            "second_half 45:00",
            "second_half 45:00.4",
            "half_time 01:00",
            "full_time 01:30",
            "-",
        ];
        assert_eq!(clocks(&rows), expected);
        // Without times of day, a change of the first second was made in the break.
        assert_eq!(clocks(&[row(kind::PLAYER_OFF, 2, 45, 0, None)]), ["half_time 15:00"]);
    }

    #[test]
    fn a_shootout_begins_at_120_00_and_no_row_before_its_period() {
        let rows = [row(kind::START, 5, 90, 0, None), row(kind::GOAL, 5, 90, 40, None)];
        assert_eq!(clocks(&rows), ["shootout 120:00", "shootout 120:40"]);
        assert_eq!(clocks(&[row(kind::PASS, 2, 19, 13, None)]), ["second_half 45:00"]);
    }
}
