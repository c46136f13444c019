//! The clocks of a conversation: pings, silence, progress, farewells. Arithmetic only; whoever drives it sleeps.

use std::time::{Duration, Instant};

use super::countdown::STEPS;
use crate::hub::{Framing, Progress};

/// How long things may take in a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between two pings, or what stands for them in a framing.
    pub ping_every: Duration,
    /// Without a sign of life (a pong is one) before a reader is closed, where it can give one.
    pub silence: Duration,
    /// Without progress while something is to be written, before a reader is closed.
    pub stall: Duration,
    /// For the closing handshake.
    pub farewell: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(15),
            silence: Duration::from_secs(50),
            stall: Duration::from_secs(20),
            farewell: Duration::from_secs(2),
        }
    }
}

/// What time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Ping,
    Silent,
    Stalled,
    Gone,
}

/// The clocks of a conversation: pings, silence, progress.
#[derive(Debug)]
pub(super) struct Pulse {
    /// None where nothing could be sent.
    ping_at: Option<Instant>,
    /// None where nobody answers, so that silence means nothing.
    heard_at: Option<Instant>,
    blocked: Option<(Instant, u64)>,
    /// When it must be over, once the goodbye is due.
    leave_by: Option<Instant>,
}

impl Pulse {
    pub(super) fn new(now: Instant, timing: &Timing, framing: Framing) -> Self {
        Self {
            ping_at: framing.keep_alive().map(|_| later(now, timing.ping_every)),
            heard_at: framing.is_two_way().then_some(now),
            blocked: None,
            leave_by: None,
        }
    }

    /// Has the first ping come so much earlier.
    pub(super) fn hurry_ping(&mut self, by: Duration) {
        self.ping_at = self.ping_at.map(|at| at.checked_sub(by).unwrap_or(at));
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = self.heard_at.map(|_| now);
    }

    /// Progress is bytes taken, not time passed: a slow reader that takes a little every so often stays.
    pub(super) fn pumped(&mut self, progress: Progress, written: u64, now: Instant) {
        if self.blocked.is_some_and(|(_, at)| at != written) {
            // Whoever takes bytes is there; pings do not go to a reader that is behind, so it has nothing to answer.
            self.heard(now);
        }
        self.blocked = match (progress, self.blocked) {
            (Progress::Blocked, Some((since, at))) if at == written => Some((since, at)),
            (Progress::Blocked, _) => Some((now, written)),
            _ => None,
        };
    }

    /// When to look at the clocks next: when one may be due, and several times while a short one runs, because a suspension is
    /// only seen by a wake-up that comes late. `None`: not before it is pumped again.
    pub(super) fn next(&self, now: Instant, timing: &Timing) -> Option<Instant> {
        let silent = self.heard_at.map(|heard| later(heard, timing.silence));
        let stalled = self.blocked.map(|(since, _)| later(since, timing.stall).min(later(now, timing.stall / STEPS)));
        let gone = self.leave_by.map(|leave_by| leave_by.min(later(now, timing.farewell / STEPS)));
        [self.ping_at, silent, stalled, gone].into_iter().flatten().min()
    }

    /// Where the goodbye is due, a reader that does not read is not waited for.
    pub(super) fn parting(&mut self, parting: bool, now: Instant, timing: &Timing) {
        if parting {
            self.leave_by.get_or_insert(later(now, timing.farewell));
        }
    }

    /// Puts all clocks off by the time in which this process was suspended: a reader could not be heard in it. Clocks that
    /// were set after it are left with the time that they began with.
    pub(super) fn put_off(&mut self, by: Duration, now: Instant, timing: &Timing) {
        self.ping_at = self.ping_at.map(|at| later(at, by).min(later(now, timing.ping_every)));
        self.heard_at = self.heard_at.map(|at| later(at, by).min(now));
        self.blocked = self.blocked.map(|(since, written)| (later(since, by).min(now), written));
        self.leave_by = self.leave_by.map(|at| later(at, by).min(later(now, timing.farewell)));
    }

    pub(super) fn due(&mut self, now: Instant, timing: &Timing) -> Option<Due> {
        if self.leave_by.is_some_and(|leave_by| now >= leave_by) {
            return Some(Due::Gone);
        }
        if self.blocked.is_some_and(|(since, _)| now >= later(since, timing.stall)) {
            return Some(Due::Stalled);
        }
        if self.heard_at.is_some_and(|heard| now >= later(heard, timing.silence)) {
            return Some(Due::Silent);
        }
        self.ping_at.filter(|at| now >= *at)?;
        self.ping_at = Some(later(now, timing.ping_every));
        // A reader that is behind proves itself by reading; a ping would only wait behind the rest.
        self.blocked.is_none().then_some(Due::Ping)
    }
}

/// An instant so much later; where there is none such, one that nobody will see.
pub(super) fn later(instant: Instant, by: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    instant.checked_add(by).unwrap_or(instant + NEVER)
}
