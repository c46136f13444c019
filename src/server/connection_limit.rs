//! The limit on open connections, and a few slots beyond it in which clients are told that it is reached.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Span;

use super::metrics::ConnectionUsage;

/// The most overflow slots: connections over the limit, which are accepted only to be refused.
pub(super) const MAX_OVERFLOW: usize = 64;

/// Hands out permits for connections. Clones share the limit.
#[derive(Debug, Clone)]
pub(super) struct ConnectionLimit {
    free: Arc<Semaphore>,
    limit: usize,
    free_overflow: Arc<Semaphore>,
    overflow: usize,
    /// Which kind of permit the acceptor holds for the next connection. That one does not count as in use.
    reserved: Arc<AtomicU8>,
}

/// For [`ConnectionLimit::reserved`].
const NOTHING_RESERVED: u8 = 0;
const SLOT_RESERVED: u8 = 1;
const OVERFLOW_RESERVED: u8 = 2;

/// A connection's permit: returned when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct ConnectionPermit {
    _permit: Arc<OwnedSemaphorePermit>,
    over_limit: bool,
    /// The connection's number in this process; 0 until it is accepted.
    number: u32,
}

impl ConnectionPermit {
    /// Numbers the accepted connection that the permit is for.
    pub(super) fn number_connection(&mut self, peer: IpAddr) {
        static NEWEST: AtomicU32 = AtomicU32::new(0);
        self.number = NEWEST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        tracing::debug!(parent: &self.span(), %peer, "accepted");
    }

    /// The span of the connection's log lines. Its level is the highest, so that it is enabled with every line.
    pub(super) fn span(&self) -> Span {
        tracing::error_span!("connection", connection = self.number)
    }

    /// Whether this is an overflow slot, in which the client only receives the refusal.
    pub(super) fn is_overflow(&self) -> bool {
        self.over_limit
    }
}

impl ConnectionLimit {
    /// `limit` connections, and at most [`MAX_OVERFLOW`] overflow slots. Without those, clients over the limit wait to be
    /// accepted.
    pub(super) fn new(limit: usize, overflow: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let overflow = overflow.min(MAX_OVERFLOW);
        let [free, free_overflow] = [limit, overflow].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { free, limit, free_overflow, overflow, reserved: Arc::default() }
    }

    /// Waits for a permit. Over the limit it returns an overflow slot, in which the client only receives the refusal.
    pub(super) async fn acquire(&self) -> Option<ConnectionPermit> {
        if let Some(permit) = self.try_acquire() {
            return Some(permit);
        }
        // The semaphores are never closed.
        let (permit, over_limit) = tokio::select! {
            biased;
            permit = self.free.clone().acquire_owned() => (permit, false),
            permit = self.free_overflow.clone().acquire_owned() => (permit, true),
        };
        permit.ok().map(|permit| ConnectionPermit { _permit: Arc::new(permit), over_limit, number: 0 })
    }

    /// A permit if there is one, or else an overflow slot.
    pub(super) fn try_acquire(&self) -> Option<ConnectionPermit> {
        let (permit, over_limit) = match self.free.clone().try_acquire_owned() {
            Ok(permit) => (permit, false),
            Err(_) => (self.free_overflow.clone().try_acquire_owned().ok()?, true),
        };
        Some(ConnectionPermit { _permit: Arc::new(permit), over_limit, number: 0 })
    }

    /// Notes that a permit is reserved for the next connection, or (`None`) that the connection has come.
    pub(super) fn reserve(&self, permit: Option<&ConnectionPermit>) {
        let reserved =
            permit.map_or(NOTHING_RESERVED, |permit| if permit.over_limit { OVERFLOW_RESERVED } else { SLOT_RESERVED });
        self.reserved.store(reserved, Ordering::Relaxed);
    }

    /// The permits in use, a reserved one included.
    pub(super) fn in_use(&self) -> usize {
        self.limit - self.free.available_permits()
    }

    /// The usage at this moment, as metrics show it.
    pub(super) fn usage(&self) -> ConnectionUsage {
        let (reserved, reserved_overflow) = match self.reserved.load(Ordering::Relaxed) {
            SLOT_RESERVED => (1, 0),
            OVERFLOW_RESERVED => (0, 1),
            _ => (0, 0),
        };
        let over_limit = self.overflow - self.free_overflow.available_permits();
        ConnectionUsage {
            in_use: self.in_use().saturating_sub(reserved),
            over_limit: over_limit.saturating_sub(reserved_overflow),
            limit: self.limit,
        }
    }

    /// Waits until all permits are returned, at most for `within`. Returns whether they are.
    pub(super) async fn wait_until_all_returned(&self, within: Duration) -> bool {
        let limit = u32::try_from(self.limit).unwrap_or(u32::MAX);
        let returned = async {
            let _permits = self.free.acquire_many(limit).await;
            // Connections over the limit close soon; the time limit covers them too.
            let _overflow = self.free_overflow.acquire_many(self.overflow as u32).await;
        };
        tokio::time::timeout(within, returned).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn over_the_limit_there_are_overflow_slots_and_then_nothing() {
        const OVERFLOW: usize = 3;
        let limit = ConnectionLimit::new(2, OVERFLOW);
        let permits: Vec<_> = std::iter::repeat_with(|| limit.try_acquire()).take(2 + OVERFLOW).collect();
        let over_limit = |permit: &Option<ConnectionPermit>| permit.as_ref().map(ConnectionPermit::is_overflow);
        assert_eq!(over_limit(&permits[1]), Some(false));
        assert!(permits[2..].iter().all(|permit| over_limit(permit) == Some(true)));
        assert!(limit.try_acquire().is_none());
        let usage = limit.usage();
        assert_eq!((usage.in_use, usage.over_limit, usage.limit), (2, OVERFLOW, 2));
        limit.reserve(permits[1].as_ref());
        assert_eq!((limit.usage().in_use, limit.usage().over_limit), (1, OVERFLOW));
        limit.reserve(permits[2].as_ref());
        assert_eq!((limit.usage().in_use, limit.usage().over_limit), (2, OVERFLOW - 1));
        drop(permits);
        assert!(limit.wait_until_all_returned(Duration::ZERO).await);
        assert!(!limit.acquire().await.expect("a permit").is_overflow());
    }

    #[tokio::test]
    async fn without_overflow_slots_a_client_waits_for_a_permit() {
        let limit = ConnectionLimit::new(1, 0);
        let first = limit.try_acquire().expect("a permit");
        assert!(limit.try_acquire().is_none());
        let (next, ()) = tokio::join!(limit.acquire(), async { drop(first) });
        assert!(!next.as_ref().expect("a permit").is_overflow());
        drop(next);
        assert!(limit.wait_until_all_returned(Duration::ZERO).await);
    }
}
