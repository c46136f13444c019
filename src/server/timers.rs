//! The timers of a subscriber's connection: pings, silence, stalls and the close time-out. Arithmetic only; the driver
//! sleeps.

use std::time::{Duration, Instant};

use super::countdown::COUNTDOWN_STEPS;
use super::limits::MAX_TIME;
use crate::hub::{Framing, PumpResult};

/// The time-outs of a subscriber's connection. None is longer than a day; the server corrects what is.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The keep-alive interval: a WebSocket ping, or a comment in server-sent events. At least 10 milliseconds.
    pub ping_every: Duration,
    /// How long a peer may send nothing, pongs included, before it is closed. Only for framings in which it can send.
    pub silence: Duration,
    /// How long a peer may take nothing while there is something to write, before it is closed.
    pub stall: Duration,
    /// How long closing may take.
    pub close_timeout: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(15),
            silence: Duration::from_secs(50),
            stall: Duration::from_secs(20),
            close_timeout: Duration::from_secs(2),
        }
    }
}

impl Timing {
    /// The same time-outs, with unusable values corrected.
    pub(super) fn clamped(self) -> Self {
        // More often, and the server would do little else.
        const MIN_PING: Duration = Duration::from_millis(10);
        let Self { ping_every, silence, stall, close_timeout } = self;
        Self {
            ping_every: ping_every.clamp(MIN_PING, MAX_TIME),
            silence: silence.min(MAX_TIME),
            stall: stall.min(MAX_TIME),
            close_timeout: close_timeout.min(MAX_TIME),
        }
    }
}

/// What the driver has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimerEvent {
    Ping,
    Silent,
    Stalled,
    CloseTimedOut,
}

/// The timers of a subscriber's connection.
#[derive(Debug)]
pub(super) struct ConnectionTimers {
    /// `None` for framings without keep-alives.
    ping_at: Option<Instant>,
    /// `None` for framings in which clients send nothing, so that silence means nothing.
    last_received: Option<Instant>,
    blocked: Option<(Instant, u64)>,
    /// When the connection is dropped, once it is closing.
    close_deadline: Option<Instant>,
}

impl ConnectionTimers {
    pub(super) fn new(now: Instant, timing: &Timing, framing: Framing) -> Self {
        Self {
            ping_at: framing.keep_alive().map(|_| saturating_add(now, timing.ping_every)),
            last_received: framing.is_two_way().then_some(now),
            blocked: None,
            close_deadline: None,
        }
    }

    /// Brings the first ping forward by so much.
    pub(super) fn bring_ping_forward(&mut self, by: Duration) {
        self.ping_at = self.ping_at.map(|at| at.checked_sub(by).unwrap_or(at));
    }

    pub(super) fn record_received(&mut self, now: Instant) {
        self.last_received = self.last_received.map(|_| now);
    }

    /// Progress is bytes taken, not time passed: a slow reader that takes a little every so often stays.
    pub(super) fn record_progress(&mut self, progress: PumpResult, written: u64, now: Instant) {
        if self.blocked.is_some_and(|(_, at)| at != written) {
            // A peer that takes bytes is alive. Pings are not sent to a lagging one, so it has no pong to send.
            self.record_received(now);
        }
        self.blocked = match (progress, self.blocked) {
            (PumpResult::Blocked, Some((since, at))) if at == written => Some((since, at)),
            (PumpResult::Blocked, _) => Some((now, written)),
            _ => None,
        };
    }

    /// When to check the timers next: when one may be due, and several times while a short one runs, because a
    /// suspension only shows as a wake-up that comes late. `None`: not before more is written.
    pub(super) fn next_check(&self, now: Instant, timing: &Timing) -> Option<Instant> {
        let silent = self.last_received.map(|last| saturating_add(last, timing.silence));
        let stalled = self.blocked.map(|(since, _)| {
            saturating_add(since, timing.stall).min(saturating_add(now, timing.stall / COUNTDOWN_STEPS))
        });
        let closing = self
            .close_deadline
            .map(|close_deadline| close_deadline.min(saturating_add(now, timing.close_timeout / COUNTDOWN_STEPS)));
        [self.ping_at, silent, stalled, closing].into_iter().flatten().min()
    }

    /// Starts the close time-out: a peer that does not read is not waited for.
    pub(super) fn start_closing(&mut self, is_closing: bool, now: Instant, timing: &Timing) {
        if is_closing {
            self.close_deadline.get_or_insert(saturating_add(now, timing.close_timeout));
        }
    }

    /// Begins the timers of a silent and of a stalled peer anew: a link fault holds back what is sent to it.
    pub(super) fn postpone_for_fault(&mut self, now: Instant, timing: &Timing) {
        self.record_received(now);
        self.blocked = self.blocked.map(|(_, written)| (now, written));
        self.close_deadline = self.close_deadline.map(|_| saturating_add(now, timing.close_timeout));
    }

    /// Moves all timers by the time in which this process was suspended and could not receive. Timers that were started
    /// since then do not get longer.
    pub(super) fn postpone(&mut self, by: Duration, now: Instant, timing: &Timing) {
        self.ping_at = self.ping_at.map(|at| saturating_add(at, by).min(saturating_add(now, timing.ping_every)));
        self.last_received = self.last_received.map(|at| saturating_add(at, by).min(now));
        self.blocked = self.blocked.map(|(since, written)| (saturating_add(since, by).min(now), written));
        self.close_deadline =
            self.close_deadline.map(|at| saturating_add(at, by).min(saturating_add(now, timing.close_timeout)));
    }

    pub(super) fn take_due(&mut self, now: Instant, timing: &Timing) -> Option<TimerEvent> {
        if self.close_deadline.is_some_and(|close_deadline| now >= close_deadline) {
            return Some(TimerEvent::CloseTimedOut);
        }
        if self.blocked.is_some_and(|(since, _)| now >= saturating_add(since, timing.stall)) {
            return Some(TimerEvent::Stalled);
        }
        if self.last_received.is_some_and(|last| now >= saturating_add(last, timing.silence)) {
            return Some(TimerEvent::Silent);
        }
        self.ping_at.filter(|at| now >= *at)?;
        self.ping_at = Some(saturating_add(now, timing.ping_every));
        // A lagging peer proves by reading that it is alive; a ping would only wait behind the rest.
        self.blocked.is_none().then_some(TimerEvent::Ping)
    }
}

/// An instant later by `by`, or one in the far future if that is out of range.
pub(super) fn saturating_add(instant: Instant, by: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    instant.checked_add(by).unwrap_or(instant + NEVER)
}
