//! The rows of a match in the order of its clock.

use std::collections::HashMap;

use super::rows::StatsBombRow;
use super::vocabulary::kind;
use crate::football::{EventId, MatchClock, Period, PeriodRules, Reading};

/// No period is longer, in milliseconds.
const LONGEST_PERIOD: i64 = 10 * 3_600_000;

/// A row with its clock.
#[derive(Debug)]
pub struct TimedRow {
    pub row: StatsBombRow,
    pub id: EventId,
    /// Where it stands in the file, counted from 0.
    pub at: usize,
    pub period: Period,
    pub clock: MatchClock,
}

/// The rows in the order of the match, and how many have no period.
#[derive(Debug)]
pub struct OrderedRows {
    pub rows: Vec<TimedRow>,
    pub without_period: usize,
}

/// Reads the clocks of rows and sorts them: by period, by clock, and by `index` at the same clock.
///
/// `index` alone is not enough: edited files append rows at their end.
pub fn order_rows(rows: Vec<StatsBombRow>) -> Result<OrderedRows, String> {
    let rules = PeriodRules::default();
    let mut timed = Vec::with_capacity(rows.len());
    let mut without_period = 0;
    for (at, row) in rows.into_iter().enumerate() {
        let Some(number) = row.period else {
            without_period += 1;
            continue;
        };
        let Some(period) = Period::from_number(number) else {
            return Err(format!("[{at}] has \"period\":{number}, which is none of 1 to 5"));
        };
        let start = rules.start(period).as_millis();
        let since_start = read_millis(&row, start)
            .ok_or_else(|| format!("[{at}] has no \"timestamp\" such as \"00:18:11.954\""))?
            .clamp(0, LONGEST_PERIOD);
        let clock = MatchClock::in_period(period, Reading::from_millis(start + since_start));
        let id = match &row.id {
            Some(id) if !id.is_empty() => id.as_str().into(),
            _ => format!("row-{}", row.index.unwrap_or(at as u64 + 1)).into(),
        };
        timed.push(TimedRow { row, id, at, period, clock });
    }
    move_receipts_to_their_passes(&mut timed);
    timed.sort_by_key(|timed| (timed.period, timed.clock.reading, timed.row.index.unwrap_or(timed.at as u64)));
    Ok(OrderedRows { rows: timed, without_period })
}

/// The time since the period began, which has this clock.
fn read_millis(row: &StatsBombRow, start: i64) -> Option<i64> {
    match &row.timestamp {
        Some(text) => parse_timestamp(text),
        None => Some((i64::from(row.minute?) * 60 + i64::from(row.second.unwrap_or(0))) * 1_000 - start),
    }
}

/// `00:18:11.954`, in milliseconds.
fn parse_timestamp(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=9).contains(&text.len());
    if parts.next().is_some() || ![hours, minutes, seconds, fraction].into_iter().all(digits) {
        return None;
    }
    let number = |text: &str| text.parse::<i64>().ok();
    let millis = number(&format!("{fraction:0<3}")[..3])?;
    Some(((number(hours)? * 60 + number(minutes)?) * 60 + number(seconds)?) * 1_000 + millis)
}

/// The receipt of a pass that was in the air when a half ended has the time of the next half, so that it would be one of
/// the first rows of its period. No receipt comes before its pass.
fn move_receipts_to_their_passes(rows: &mut [TimedRow]) {
    let passes = rows.iter().filter(|timed| timed.row.kind() == kind::PASS);
    let passes: HashMap<EventId, MatchClock> = passes.map(|timed| (timed.id.clone(), timed.clock)).collect();
    for timed in rows.iter_mut().filter(|timed| timed.row.kind() == kind::BALL_RECEIPT) {
        let pass = timed.row.related().find_map(|id| passes.get(id)).copied();
        if let Some(pass) = pass.filter(|pass| pass.status == timed.clock.status) {
            timed.clock.reading = timed.clock.reading.max(pass.reading);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::NamedId;
    use super::*;

    #[test]
    fn timestamps() {
        assert_eq!(parse_timestamp("00:18:11.954"), Some(1_091_954));
        assert_eq!(parse_timestamp("01:00:00"), Some(3_600_000));
        assert_eq!(parse_timestamp("00:00:01.5"), Some(1_500));
        assert_eq!(parse_timestamp("00:00:01.123456"), Some(1_123));
        for text in ["", "18:11", "a:b:c", "00:00:01.", "00:00:-1", "0:0:0:0", "9999999999:00:00", "00:00:é"] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }

    fn row(id: &str, kind: u64, index: u64, timestamp: &str) -> StatsBombRow {
        StatsBombRow {
            id: Some(id.to_owned()),
            index: Some(index),
            period: Some(1),
            timestamp: Some(timestamp.to_owned()),
            kind: Some(NamedId { id: Some(kind), name: None }),
            ..StatsBombRow::default()
        }
    }

    #[test]
    fn a_receipt_is_not_before_its_pass() {
        let mut receipt = row("receipt", kind::BALL_RECEIPT, 3, "00:00:01.546");
        receipt.related_events = Some(vec![Some("pass".to_owned())]);
        let rows =
            vec![row("late", kind::CARRY, 4, "00:20:00.000"), row("pass", kind::PASS, 2, "00:47:58.475"), receipt];
        let ordered = order_rows(rows).expect("accepted").rows;
        let found: Vec<_> = ordered.iter().map(|timed| (timed.id.as_str(), timed.clock.reading.as_millis())).collect();
        assert_eq!(found, [("late", 1_200_000), ("pass", 2_878_475), ("receipt", 2_878_475)]);
    }

    #[test]
    fn clocks_without_timestamps_and_rows_without_a_place() {
        let mut by_minute =
            StatsBombRow { period: Some(2), minute: Some(46), second: Some(5), ..StatsBombRow::default() };
        by_minute.index = Some(7);
        let ordered = order_rows(vec![by_minute, StatsBombRow::default()]).expect("accepted");
        assert_eq!(ordered.without_period, 1);
        assert_eq!(ordered.rows[0].clock.reading.as_millis(), (46 * 60 + 5) * 1_000);
        assert_eq!(ordered.rows[0].id.as_str(), "row-7");
        let wrong = |period, timestamp: Option<&str>| {
            let row = StatsBombRow {
                period: Some(period),
                timestamp: timestamp.map(str::to_owned),
                ..StatsBombRow::default()
            };
            order_rows(vec![row]).expect_err("refused")
        };
        assert_eq!(wrong(6, None), "[0] has \"period\":6, which is none of 1 to 5");
        assert_eq!(wrong(1, Some("soon")), "[0] has no \"timestamp\" such as \"00:18:11.954\"");
        assert_eq!(wrong(1, None), "[0] has no \"timestamp\" such as \"00:18:11.954\"");
    }
}
