//! When rows are: by their match clock, else by the time of day between the starts and ends of periods.

use super::match_data::CdfMatchRecord;
use super::rows::{CdfRow, RowTime};
use crate::football::{MatchClock, Period, PeriodRules, Reading, Status};
use crate::import::row_clocks::{end_of_break_before, period_offset};

/// The latest clock of a match, in milliseconds.
const LATEST: i64 = 36_000_000;

/// The times of day of a match, in milliseconds since 1970.
#[derive(Debug)]
pub struct MatchTimes {
    kickoff: Option<i64>,
    /// Start and end of each period.
    periods: [(Option<i64>, Option<i64>); 5],
    suspensions: Vec<Suspension>,
    abandoned: Option<i64>,
    /// What to add to the clocks of each period: some begin at zero.
    offsets: [i64; 5],
}

/// A suspension of play.
#[derive(Debug, Clone, Copy)]
struct Suspension {
    from: i64,
    to: Option<i64>,
    /// The row that began it.
    begun_by: RowTime,
}

fn index(period: Period) -> usize {
    usize::from(period.number()) - 1
}

/// The start of a period on the match clock. The format knows no other lengths of periods.
fn base(period: Period) -> i64 {
    PeriodRules::default().start(period).as_millis()
}

impl MatchTimes {
    pub fn new(record: &CdfMatchRecord, rows: &[CdfRow]) -> Self {
        let offset = |period: Period| {
            let first = rows.iter().filter(|row| row.period == Some(period)).find_map(|row| row.clock);
            first.map_or(0, |first| period_offset(base(period), first))
        };
        let mut times = Self {
            kickoff: record.kickoff,
            periods: [(None, None); 5],
            suspensions: Vec::new(),
            abandoned: None,
            offsets: Period::ALL.map(offset),
        };
        for known in &record.periods {
            times.periods[index(known.period)] = (known.start, known.end);
        }
        if times.periods[0].0.is_none() {
            times.periods[0].0 = record.actual_kickoff;
        }
        times.complete(rows);
        let mut begun = None;
        for (row, time) in rows.iter().filter_map(|row| Some((row, row.time?))).filter(|(row, _)| row.is_referee()) {
            match row.sub() {
                "suspended" => begun = begun.or(Some(Suspension { from: time, to: None, begun_by: row.time() })),
                "resumed" => {
                    let ended = |begun: Suspension| Suspension { to: Some(time.max(begun.from)), ..begun };
                    times.suspensions.extend(begun.take().map(ended));
                }
                "abandoned" => times.abandoned = Some(time),
                _ => {}
            }
        }
        times.suspensions.extend(begun);
        times
    }

    /// Takes starts and ends of periods from rows where nothing else gives them. A start that is not after the one before it
    /// is none.
    fn complete(&mut self, rows: &[CdfRow]) {
        let mut before: Option<i64> = None;
        for period in Period::ALL {
            let of_period = || rows.iter().filter(|row| row.period == Some(period));
            let (start, end) = &mut self.periods[index(period)];
            let first_clock = base(period) - self.offsets[index(period)];
            let by_clock = |row: &CdfRow| {
                let since = row.clock.filter(|clock| *clock <= LATEST)?.checked_sub(first_clock)?;
                row.time?.checked_sub(Some(since).filter(|since| *since >= 0)?)
            };
            let first = || of_period().filter_map(|row| row.time).min();
            *start = start.or_else(|| of_period().find_map(by_clock)).or_else(first);
            *start = start.filter(|start| before.is_none_or(|before| before < *start));
            before = start.or(before);
            let ends = |row: &&CdfRow| row.is_referee() && row.outcome.as_deref() == Some("end") && row.clock.is_some();
            let whistle =
                || of_period().filter(ends).filter(|row| row.sub() != "suspended").filter_map(|row| row.time).max();
            let last = || of_period().filter_map(|row| row.time).max();
            *end = end.or_else(whistle).or_else(last);
        }
    }

    /// The start of each period, as far as it is known.
    pub fn starts(&self) -> impl Iterator<Item = (Period, i64)> {
        Period::ALL.into_iter().filter_map(|period| Some((period, self.periods[index(period)].0?)))
    }

    /// Where a row is. `None` if it has no clock, and no time that can be placed.
    pub fn place(&self, row: RowTime) -> Option<MatchClock> {
        if let (Some(clock), Some(period)) = (row.clock.filter(|clock| *clock <= LATEST), row.period) {
            let reading = (clock + self.offsets[index(period)]).max(base(period));
            return Some(MatchClock::in_period(period, Reading::from_millis(reading)));
        }
        match row.time {
            Some(time) => self.by_time(time, row.period),
            None => row.period.map(|period| in_play(period, 0)),
        }
    }

    /// A change at the very start of a period was made in the break before it.
    pub fn before_restart(&self, clock: MatchClock) -> MatchClock {
        let Some(period) = clock.period() else { return clock };
        let before = index(period).checked_sub(1).filter(|_| clock.reading.as_millis() == base(period));
        let (Some(before), Some(usual)) = (before, end_of_break_before(period)) else { return clock };
        let length = self.periods[index(period)].0.zip(self.periods[before].1);
        let length = length.and_then(|(start, end)| start.checked_sub(end)).filter(|length| *length >= 0);
        let reading = length.map_or(usual.reading, |length| Reading::from_millis(length.min(LATEST)));
        MatchClock { reading, ..usual }
    }

    fn by_time(&self, time: i64, period: Option<Period>) -> Option<MatchClock> {
        let since = |from: i64| time.saturating_sub(from);
        let outside = |status: Status, from: i64| {
            let reading = Reading::from_millis(since(from).clamp(-LATEST, LATEST * 1_000));
            Some(MatchClock { status, reading })
        };
        if let Some(from) = self.abandoned.filter(|from| time > *from) {
            return outside(Status::Abandoned, from);
        }
        if let Some(suspension) = self.suspension_at(time) {
            return outside(Status::Suspended, suspension.from);
        }
        let begun = self.starts().filter(|(_, start)| *start <= time).last();
        let Some((begun, start)) = begun else {
            return match self.kickoff.filter(|_| self.periods[0].0.is_some()) {
                Some(kickoff) => outside(Status::Scheduled, kickoff),
                None => period.map(|period| in_play(period, 0)),
            };
        };
        let next = self.starts().find(|(period, _)| *period > begun).map(|(period, _)| period);
        match self.periods[index(begun)].1.filter(|end| time > *end) {
            Some(end) => {
                let usual = next.and_then(end_of_break_before);
                outside(usual.map_or(Status::FullTime, |usual| usual.status), end)
            }
            None => Some(in_play(begun, since(start).saturating_sub(self.suspended_between(start, time)))),
        }
    }

    fn suspension_at(&self, time: i64) -> Option<&Suspension> {
        self.suspensions.iter().find(|it| time > it.from && it.to.is_none_or(|to| time <= to))
    }

    /// The clock at which play was suspended, for a row in a suspension.
    pub fn suspended_at(&self, time: Option<i64>, clock: MatchClock) -> Option<MatchClock> {
        let suspension = self.suspension_at(time?).filter(|_| clock.status == Status::Suspended)?;
        self.place(suspension.begun_by)
    }

    /// How long the match was suspended between two times.
    fn suspended_between(&self, from: i64, to: i64) -> i64 {
        let lengths = self.suspensions.iter().filter(|it| it.from >= from);
        let lengths = lengths.filter_map(|it| Some(it.to.filter(|ended| *ended <= to)? - it.from));
        lengths.fold(0, i64::saturating_add)
    }
}

fn in_play(period: Period, since: i64) -> MatchClock {
    MatchClock::in_period(period, Reading::from_millis(base(period) + since.clamp(0, LATEST)))
}

#[cfg(test)]
mod tests {
    use super::super::match_data::PeriodRecord;
    use super::*;
    use crate::football::Side;

    const MINUTE: i64 = 60_000;

    /// Kick-off at minute 2 for one scheduled at 0; half-time from minute 49 to 64; no end of the second half.
    fn times(rows: &[CdfRow]) -> MatchTimes {
        let period = |period, start: i64, end: Option<i64>| PeriodRecord {
            period,
            start: Some(start * MINUTE),
            end: end.map(|end| end * MINUTE),
            to_the_right: Side::Home,
        };
        let periods = vec![period(Period::First, 2, Some(49)), period(Period::Second, 64, None)];
        MatchTimes::new(&CdfMatchRecord { kickoff: Some(0), periods, ..Default::default() }, rows)
    }

    fn referee(sub: &str, minute: i64) -> CdfRow {
        let class = "referee".to_owned();
        CdfRow { class, sub_type: Some(sub.to_owned()), time: Some(minute * MINUTE), ..Default::default() }
    }

    #[test]
    fn a_time_of_day_says_where_in_the_match() {
        let times = times(&[referee("suspended", 70), referee("resumed", 80)]);
        let at = |minute: i64| {
            let row = RowTime { time: Some(minute * MINUTE), period: None, clock: None };
            let clock = times.place(row).expect("placed");
            (clock.status, clock.reading.to_string())
        };
        let expected = [
            (-1, Status::Scheduled, "-1:00"),
            (1, Status::Scheduled, "01:00"),
            (2, Status::FirstHalf, "00:00"),
            (49, Status::FirstHalf, "47:00"),
            (51, Status::HalfTime, "02:00"),
            (64, Status::SecondHalf, "45:00"),
            (70, Status::SecondHalf, "51:00"),
            (71, Status::Suspended, "01:00"),
            (80, Status::Suspended, "10:00"),
            (81, Status::SecondHalf, "52:00"),
        ];
        for (minute, status, reading) in expected {
            assert_eq!(at(minute), (status, reading.to_owned()), "{minute}");
        }
    }

    #[test]
    fn a_match_clock_goes_before_the_time() {
        let clocks = |millis: [i64; 3]| {
            let rows =
                millis.map(|clock| CdfRow { period: Some(Period::Second), clock: Some(clock), ..Default::default() });
            let times = times(&rows);
            rows.map(|row| times.place(RowTime { time: Some(5), ..row.time() }).map(|clock| clock.reading.to_string()))
                .map(Option::unwrap_or_default)
        };
        assert_eq!(clocks([45 * MINUTE, 46 * MINUTE, 91 * MINUTE]), ["45:00", "46:00", "91:00"]);
        // The first row of a period says where its clock begins.
        assert_eq!(clocks([20, 5 * MINUTE, 46 * MINUTE]), ["45:00.02", "50:00", "91:00"]);
        assert_eq!(clocks([45 * MINUTE - 20, 46 * MINUTE, 47 * MINUTE]), ["45:00", "46:00", "47:00"]);
    }

    #[test]
    fn a_change_at_the_restart_was_made_in_the_break() {
        let times = times(&[]);
        let at = |period, millis| times.before_restart(MatchClock::in_period(period, Reading::from_millis(millis)));
        assert_eq!(at(Period::Second, 45 * MINUTE).to_string(), "half-time (15:00)");
        assert_eq!(at(Period::Second, 45 * MINUTE + 10).status, Status::SecondHalf);
        assert_eq!(at(Period::ExtraFirst, 90 * MINUTE).status, Status::ExtraTimeBreak);
        assert_eq!(at(Period::First, 0).status, Status::FirstHalf);
    }
}
