//! The status of a match and the clock that documents show.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::document::{MatchLength, MatchMoment};
use crate::football::{Minute, Period, Status};

/// The id of what the provider numbers and we do not know the number of.
pub(super) const UNKNOWN_ID: &str = "0";

/// What the provider calls a status.
struct StatusType {
    id: &'static str,
    name: &'static str,
    state: &'static str,
    description: &'static str,
    /// What stands in place of the minute; empty: the minute.
    detail: &'static str,
    short_detail: &'static str,
}

const fn status_type(
    id: &'static str,
    name: &'static str,
    state: &'static str,
    description: &'static str,
    detail: &'static str,
) -> StatusType {
    StatusType { id, name, state, description, detail, short_detail: detail }
}

/// The type of the status of a match.
fn type_of(of: &MatchMoment<'_>) -> StatusType {
    let unplayed = matches!(of.status(), Status::Scheduled | Status::Postponed | Status::Suspended | Status::Abandoned);
    if unplayed && of.state.awarded_score().is_some() {
        return status_type(UNKNOWN_ID, "STATUS_FORFEIT", "post", "Forfeit", "Forfeit");
    }
    match of.status() {
        Status::Scheduled => status_type("1", "STATUS_SCHEDULED", "pre", "Scheduled", "Scheduled"),
        Status::FirstHalf => status_type("25", "STATUS_FIRST_HALF", "in", "First Half", ""),
        Status::HalfTime => status_type("23", "STATUS_HALFTIME", "in", "Halftime", "HT"),
        Status::SecondHalf => status_type("26", "STATUS_SECOND_HALF", "in", "Second Half", ""),
        Status::ExtraTimeBreak => {
            status_type(UNKNOWN_ID, "STATUS_END_OF_REGULATION", "in", "End of Regulation", "End of Regulation")
        }
        Status::ExtraFirstHalf | Status::ExtraSecondHalf => {
            status_type(UNKNOWN_ID, "STATUS_OVERTIME", "in", "Overtime", "")
        }
        Status::ExtraHalfTime => status_type(UNKNOWN_ID, "STATUS_HALFTIME_ET", "in", "Halftime Extra Time", "HT"),
        Status::ShootoutBreak => {
            status_type(UNKNOWN_ID, "STATUS_END_OF_EXTRATIME", "in", "End of Extra Time", "AET-pens")
        }
        Status::Shootout => status_type(UNKNOWN_ID, "STATUS_SHOOTOUT", "in", "Shootout", "Pens"),
        Status::FullTime => match of.match_length() {
            MatchLength::RegularTime => status_type("28", "STATUS_FULL_TIME", "post", "Full Time", "FT"),
            MatchLength::ExtraTime => {
                status_type("45", "STATUS_FINAL_AET", "post", "Final Score - After Extra Time", "AET")
            }
            MatchLength::Shootout => {
                status_type("47", "STATUS_FINAL_PEN", "post", "Final Score - After Penalties", "FT-Pens")
            }
        },
        Status::Suspended => status_type(UNKNOWN_ID, "STATUS_SUSPENDED", "in", "Suspended", "Suspended"),
        Status::Abandoned => StatusType {
            short_detail: "ABN",
            ..status_type("27", "STATUS_ABANDONED", "post", "Abandoned", "Abandoned")
        },
        Status::Postponed => status_type("6", "STATUS_POSTPONED", "post", "Postponed", "Postponed"),
    }
}

/// Whether the match has ended with a result.
pub(super) fn is_completed(of: &MatchMoment<'_>) -> bool {
    let kind = type_of(of);
    kind.state == "post" && !matches!(kind.name, "STATUS_POSTPONED" | "STATUS_ABANDONED")
}

/// The status of an event, and of its competition.
pub(super) fn status(of: &MatchMoment<'_>) -> Value {
    let kind = type_of(of);
    let minute = shown_minute(of);
    let display_clock = clock_text(minute);
    let detail = match kind.detail {
        "" => display_clock.clone(),
        "Scheduled" => date_text(of.kickoff),
        detail => detail.to_owned(),
    };
    let short_detail = if kind.short_detail.is_empty() { &display_clock } else { kind.short_detail };
    let mut status = json!({
        "clock": f64::from(minute.minute) * 60.0,
        "displayClock": display_clock,
        "type": {
            "id": kind.id,
            "name": kind.name,
            "state": kind.state,
            "completed": is_completed(of),
            "description": kind.description,
            "detail": detail,
            "shortDetail": short_detail,
        },
    });
    // Of a match that has not begun the provider has no period.
    if let Some(period) = period(of) {
        status["period"] = json!(period.number());
    }
    status
}

/// The period that a status shows; `None` before the match.
fn period(of: &MatchMoment<'_>) -> Option<Period> {
    match of.status() {
        Status::Scheduled | Status::Postponed => None,
        Status::HalfTime => Some(Period::First),
        Status::ExtraTimeBreak => Some(Period::Second),
        Status::ExtraHalfTime => Some(Period::ExtraFirst),
        Status::ShootoutBreak => Some(of.last_period()),
        Status::FullTime => {
            Some(if of.match_length() == MatchLength::Shootout { Period::Shootout } else { of.last_period() })
        }
        Status::Suspended | Status::Abandoned => of.interruption().map(|clock| clock.period),
        status => status.period(),
    }
}

/// The minute that a status shows; 0 before the match. In a break and at the end it stays at that of the last whistle.
fn shown_minute(of: &MatchMoment<'_>) -> Minute {
    let whistle = match of.status() {
        Status::HalfTime | Status::ExtraTimeBreak | Status::ExtraHalfTime | Status::ShootoutBreak => period(of),
        Status::FullTime if of.match_length() != MatchLength::Shootout => period(of),
        _ => None,
    };
    whistle
        .and_then(|period| of.whistle_of(period))
        .or_else(|| of.shown_minute())
        .unwrap_or(Minute { minute: 0, added: None })
}

/// A minute as documents write it: `45'+2'`.
pub(super) fn clock_text(minute: Minute) -> String {
    match minute {
        Minute { minute, added: Some(added) } => format!("{minute}'+{added}'"),
        Minute { minute, added: None } => format!("{minute}'"),
    }
}

/// The kick-off in words: `Sun, April 22nd at 6:45 PM UTC`. The provider has the time of New York here.
fn date_text(time: Timestamp) -> String {
    let at = time.to_zoned(TimeZone::UTC);
    let ordinal = match at.day() {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{}{ordinal} at {}", at.strftime("%a, %B %-d"), at.strftime("%-I:%M %p UTC"))
}
