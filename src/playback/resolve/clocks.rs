//! Positions on the clock of a match: `89:07`, `45+2`, half-time.

use crate::football::{Period, Reading, Status};
use crate::playback::landing::Landing;
use crate::playback::rejection::Rejection;
use crate::scenario::{Layout, Phase, Span, Track};

/// The later of two periods that have the reading; past them all, the end of the last one that began before it.
pub(super) fn at_clock(layout: &Layout, reading: Reading, whose: &str) -> Result<Landing, Rejection> {
    let phases = layout.phases();
    if reading < Reading::default() {
        let scheduled = phases.iter().find(|phase| phase.status == Status::Scheduled);
        let at = scheduled.map(|phase| phase.from + Span::from_millis(reading.as_millis() - phase.base.as_millis()));
        return at
            .map(Landing::before)
            .ok_or_else(|| Rejection::not_found(format!("nothing is told before kick-off, so there is no {reading}")));
    }
    let begun = || phases.iter().filter(|phase| phase.status.in_play() && phase.base <= reading);
    let place = |phase: &Phase| phase.from + Span::from_millis(reading.as_millis() - phase.base.as_millis());
    let inside = begun().rfind(|phase| place(phase) <= phase.to);
    if let Some(phase) = inside {
        return Ok(Landing::before(place(phase)));
    }
    match begun().next_back() {
        Some(phase) => Ok(Landing { beyond: true, ..Landing::before(phase.to) }),
        None => Err(Rejection::not_found(format!("no period of {whose} has {reading}"))),
    }
}

/// So many milliseconds past the regular end of the period that ends with `minute`.
pub(super) fn at_stoppage(track: &Track, minute: u16, past: i64, whose: &str) -> Result<Landing, Rejection> {
    let rules = &track.fixture.rules.periods;
    let played = Period::ALL.iter().filter(|period| **period != Period::Shootout);
    let Some(period) = played.clone().find(|period| rules.end(**period).minutes() == i64::from(minute)) else {
        let message = format!("no period ends with minute {minute}: stoppage time is added to one that does");
        let was_played = |period: &Period| track.layout.phases().iter().any(|phase| phase.status == period.status());
        let ends = played.filter(|period| was_played(period)).map(|period| rules.end(*period).minutes());
        return Err(Rejection::bad_argument(message).accepting(ends.map(|end| format!("{end}+1"))));
    };
    let reading = Reading::from_millis(rules.end(*period).as_millis() + past);
    let mut of_period = track.layout.phases().iter().filter(|phase| phase.status == period.status());
    match of_period.rfind(|phase| phase.base <= reading) {
        Some(phase) => {
            let at = phase.from + Span::from_millis(reading.as_millis() - phase.base.as_millis());
            Ok(Landing { beyond: at > phase.to, ..Landing::before(at.min(phase.to)) })
        }
        None => Err(Rejection::not_found(format!("{whose} has no {}", period.status()))),
    }
}

/// Just after what went before a status has ended.
pub(super) fn at_start_of(layout: &Layout, status: Status, name: &str, whose: &str) -> Result<Landing, Rejection> {
    match layout.phases().iter().find(|phase| phase.status == status) {
        Some(phase) => Ok(Landing { after: true, ..Landing::before(phase.from) }),
        None => Err(Rejection::not_found(format!("{whose} has no {name}"))),
    }
}
