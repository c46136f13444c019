//! Resolves positions given on a match clock: `89:07`, `45+2`, half-time.

use crate::football::{Period, Reading, Status};
use crate::playback::rejection::Rejection;
use crate::playback::resolved::ResolvedPosition;
use crate::scenario::{Layout, Track};

/// Resolves a clock reading. If two periods contain it, the later one is used. If none does, the result is the end of
/// the last period that starts before it. A negative reading is that of the scoreboard: it counts down to the kick-off as
/// known at the time. If a delay makes it show a reading twice, the later time is used.
pub(super) fn resolve_clock(
    layout: &Layout,
    reading: Reading,
    match_name: &str,
) -> Result<ResolvedPosition, Rejection> {
    let phases = layout.phases();
    if reading < Reading::default() {
        let mut scheduled = phases.iter().filter(|phase| phase.status == Status::Scheduled);
        let first = scheduled.clone().next();
        let shown = scheduled.rfind(|phase| (phase.from..=phase.to).contains(&phase.time_of(reading)));
        return shown.or(first).map(|phase| phase.time_of(reading)).map(ResolvedPosition::just_before).ok_or_else(
            || Rejection::not_found(format!("there is no {reading}: the timeline has no time before kick-off")),
        );
    }
    let begun = || phases.iter().filter(|phase| phase.status.is_in_play() && phase.base <= reading);
    if let Some(phase) = begun().rfind(|phase| phase.time_of(reading) <= phase.to) {
        return Ok(ResolvedPosition::just_before(phase.time_of(reading)));
    }
    match begun().next_back() {
        Some(phase) => Ok(ResolvedPosition { beyond: true, ..ResolvedPosition::just_before(phase.to) }),
        None => Err(Rejection::not_found(format!("no period of {match_name} has {reading}"))),
    }
}

/// Resolves `past` milliseconds after the regular end of the period that ends with `minute`.
pub(super) fn resolve_stoppage(
    track: &Track,
    minute: u16,
    past: i64,
    match_name: &str,
) -> Result<ResolvedPosition, Rejection> {
    let rules = &track.fixture.rules.periods;
    let played = Period::ALL.iter().filter(|period| **period != Period::Shootout);
    let Some(period) = played.clone().find(|period| rules.end(**period).minutes() == i64::from(minute)) else {
        let message = format!("no period ends with minute {minute}: stoppage time is added to one that does");
        let was_played = |period: &Period| track.layout.phases().iter().any(|phase| phase.status == period.status());
        let ends = played.filter(|period| was_played(period)).map(|period| rules.end(*period).minutes());
        return Err(Rejection::bad_argument(message).accepting(ends.map(|end| format!("{end}+1"))));
    };
    let reading = Reading::from_millis(rules.end(*period).as_millis().saturating_add(past));
    let mut of_period = track.layout.phases().iter().filter(|phase| phase.status == period.status());
    match of_period.rfind(|phase| phase.base <= reading) {
        Some(phase) => {
            let at = phase.time_of(reading);
            Ok(ResolvedPosition { beyond: at > phase.to, ..ResolvedPosition::just_before(at.min(phase.to)) })
        }
        None => Err(Rejection::not_found(format!("{match_name} has no {}", period.status()))),
    }
}

/// Resolves to the first moment of a status, after the cues that ended the one before.
pub(super) fn resolve_status_start(
    layout: &Layout,
    status: Status,
    name: &str,
    match_name: &str,
) -> Result<ResolvedPosition, Rejection> {
    match layout.phases().iter().find(|phase| phase.status == status) {
        Some(phase) => Ok(ResolvedPosition { after: true, ..ResolvedPosition::just_before(phase.from) }),
        None => Err(Rejection::not_found(format!("{match_name} has no {name}"))),
    }
}
