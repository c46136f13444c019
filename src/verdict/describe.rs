//! Findings in words: what happened, where, and for how long, on one line. Names from outside are made printable.

use std::time::Duration;

use super::client_report::Reconnects;
use super::recovery::Recovery;
use super::wrong_period::{Reason, WrongPeriod};
use crate::message::format_count;
use crate::printable::sanitise;
use crate::scenario::Span;

/// `juv-nap: showed 0-0 for 3.2s from 89:07 while 0-1 was right`.
pub fn describe_period(period: &WrongPeriod) -> String {
    let WrongPeriod { match_id, shown, .. } = period;
    let from = match &period.clock {
        Some(clock) => clock.to_string(),
        None => format!("{} after the start", length(period.at)),
    };
    let right = match (period.missed, period.truth, period.sent) {
        (Some(missed), ..) => format!("{missed} was right"),
        (_, Some(truth), Some(sent)) if truth != sent => format!("{truth} was true and {sent} was sent"),
        (_, Some(right), _) | (_, None, Some(right)) => format!("{right} was right"),
        (_, None, None) => "nothing was right".to_owned(),
    };
    let after = match period.reason {
        Reason::OutOfOrder => ", after it had shown that",
        Reason::Stale => ", after a correction",
        _ => "",
    };
    sanitise(&format!("{match_id}: showed {shown} for {} from {from} while {right}{after}", length(period.lasted)))
}

/// `cut, 12.3s after the start: recovered after 1.5s`.
pub fn describe_recovery(recovery: &Recovery) -> String {
    let (at, lasted) = (length(recovery.at), length(recovery.lasted));
    let end = if recovery.recovered { "recovered after" } else { "not recovered within" };
    sanitise(&format!("{}, {at} after the start: {end} {lasted}", recovery.what))
}

/// `3 reconnects: 1 resumed, 1 reset, 1 without a cursor`.
pub fn describe_reconnects(reconnects: &Reconnects) -> String {
    let Reconnects { total, resumed, reset, without_cursor } = reconnects;
    let total = format_count(*total, "reconnect", "reconnects");
    format!("{total}: {resumed} resumed, {reset} reset, {without_cursor} without a cursor")
}

/// For messages: `3.2s`.
pub fn length(length: Duration) -> Span {
    Span::from_duration(length)
}
