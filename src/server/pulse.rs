//! The clocks of a conversation: pings, silence, progress, farewells. Arithmetic only; whoever drives it sleeps.

use std::time::{Duration, Instant};

use crate::hub::Progress;

/// How long things may take in a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between two pings.
    pub ping_every: Duration,
    /// Without a sign of life (a pong is one) before the peer counts as gone.
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
    ping_at: Instant,
    heard_at: Instant,
    blocked: Option<(Instant, u64)>,
    /// When it must be over, once the goodbye is due.
    leave_by: Option<Instant>,
}

impl Pulse {
    pub(super) fn new(now: Instant, timing: &Timing) -> Self {
        Self { ping_at: later(now, timing.ping_every), heard_at: now, blocked: None, leave_by: None }
    }

    /// Has the first ping come so much earlier.
    pub(super) fn hurry_ping(&mut self, by: Duration) {
        self.ping_at = self.ping_at.checked_sub(by).unwrap_or(self.ping_at);
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Progress is bytes taken, not time passed: a slow reader that takes a little every so often stays.
    pub(super) fn pumped(&mut self, progress: Progress, written: u64, now: Instant) {
        if self.blocked.is_some_and(|(_, at)| at != written) {
            // Whoever takes bytes is there; pings do not go to a reader that is behind, so it has nothing to answer.
            self.heard_at = now;
        }
        self.blocked = match (progress, self.blocked) {
            (Progress::Blocked, Some((since, at))) if at == written => Some((since, at)),
            (Progress::Blocked, _) => Some((now, written)),
            _ => None,
        };
    }

    pub(super) fn next(&self, timing: &Timing) -> Instant {
        let silent = later(self.heard_at, timing.silence);
        let stalled = self.blocked.map(|(since, _)| later(since, timing.stall));
        [Some(self.ping_at), Some(silent), stalled, self.leave_by].into_iter().flatten().min().unwrap_or(silent)
    }

    /// Where the goodbye is due, a reader that does not read is not waited for.
    pub(super) fn parting(&mut self, parting: bool, now: Instant, timing: &Timing) {
        if parting {
            self.leave_by.get_or_insert(later(now, timing.farewell));
        }
    }

    pub(super) fn due(&mut self, now: Instant, timing: &Timing) -> Option<Due> {
        if self.leave_by.is_some_and(|leave_by| now >= leave_by) {
            return Some(Due::Gone);
        }
        if self.blocked.is_some_and(|(since, _)| now >= later(since, timing.stall)) {
            return Some(Due::Stalled);
        }
        if now >= later(self.heard_at, timing.silence) {
            return Some(Due::Silent);
        }
        if now < self.ping_at {
            return None;
        }
        self.ping_at = later(now, timing.ping_every);
        // A reader that is behind proves itself by reading; a ping would only wait behind the rest.
        self.blocked.is_none().then_some(Due::Ping)
    }
}

/// An instant so much later; where there is none such, one that nobody will see.
pub(super) fn later(instant: Instant, by: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    instant.checked_add(by).unwrap_or(instant + NEVER)
}
