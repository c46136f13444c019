//! Scoreboards: the matches of some days.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::super::document::{DocumentRequest, MatchMoment, Moment, date_of};
use super::events::event;
use super::leagues::RequestedLeague;

/// The most events in a document.
const MAX_EVENTS: usize = 1_000;

/// The days that a request asks for, the first and the last.
type Days = (Date, Date);

/// The scoreboard of a league. `dates` is the value of the parameter that names the days.
pub(super) fn scoreboard(moment: &Moment<'_>, league: RequestedLeague<'_>, dates: Option<&str>, limit: usize) -> Value {
    let mut matches: Vec<(usize, MatchMoment<'_>)> =
        league.tracks(moment).into_iter().map(|track| (track, moment.of_match(track))).collect();
    matches.sort_by_key(|(track, of)| (of.kickoff, *track));
    let days = match dates.map(str::trim).filter(|dates| !dates.is_empty()) {
        Some(dates) => parse_days(dates),
        None => {
            let today = date_of(moment.now());
            let days = matches.iter().map(|(_, of)| date_of(of.kickoff));
            // Of two days equally near it is the earlier one.
            let nearest = days.min_by_key(|day| (distance(*day, today), *day));
            let day = nearest.unwrap_or(today);
            Some((day, day))
        }
    };
    let asked = |of: &MatchMoment<'_>| days.is_some_and(|(from, to)| (from..=to).contains(&date_of(of.kickoff)));
    let shown = matches.iter().filter(|(_, of)| asked(of)).take(limit);
    let events: Vec<Value> = shown.map(|(track, of)| event(moment, *track, of)).collect();
    let mut document = json!({ "leagues": league.documents(moment), "events": events });
    if let Some((day, _)) = days {
        document["day"] = json!({ "date": day.to_string() });
    }
    document
}

/// The value of `limit`. What is no number is ignored.
pub(super) fn limit(request: &DocumentRequest<'_>) -> usize {
    let asked = request.parameter("limit").and_then(|limit| limit.trim().parse().ok());
    asked.map_or(MAX_EVENTS, |limit: usize| limit.clamp(1, MAX_EVENTS))
}

/// How many days lie between two days.
fn distance(one: Date, other: Date) -> i32 {
    one.until(other).map_or(i32::MAX, |span| span.get_days().saturating_abs())
}

/// Parses `20180422`, `201804`, `2018`, or two of them with a hyphen between. `None`: these are no days.
fn parse_days(text: &str) -> Option<Days> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some((parse_day(from)?.0, parse_day(to)?.1))
}

/// The first and the last day of a day, a month or a year.
fn parse_day(text: &str) -> Option<Days> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    let year = text.get(..4)?.parse().ok()?;
    let first = |month: i8, day: i8| Date::new(year, month, day).ok();
    match text.len() {
        4 => Some((first(1, 1)?, first(12, 31)?)),
        6 => first(part(4..6)?, 1).map(|first| (first, first.last_of_month())),
        8 => first(part(4..6)?, part(6..8)?).map(|day| (day, day)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_months_years_and_ranges_are_parsed() {
        for (text, expected) in [
            ("20180422", Some("2018-04-22 2018-04-22")),
            ("20180421-20180423", Some("2018-04-21 2018-04-23")),
            ("201802", Some("2018-02-01 2018-02-28")),
            ("2018", Some("2018-01-01 2018-12-31")),
            ("2017-201804", Some("2017-01-01 2018-04-30")),
            ("20180432", None),
            ("2018-04-22", None),
            ("today", None),
            ("2018042", None),
            ("２０１８", None),
            ("", None),
        ] {
            let parsed = parse_days(text).map(|(from, to)| format!("{from} {to}"));
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }
}
