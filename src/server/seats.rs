//! Places for connections: a bound on how many there are at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::meters::Connections;

/// The most places beyond the bound, in which connections are accepted only to be refused.
pub(super) const REFUSALS: usize = 64;

/// All places.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    free: Arc<Semaphore>,
    all: usize,
    standing: Arc<Semaphore>,
    /// How many places beyond the bound there are.
    refusals: usize,
    /// Which kind of place is held ready for whoever comes next, so that it is not counted as taken.
    ready: Arc<AtomicU8>,
}

/// For [`Seats::ready`].
const NONE_READY: u8 = 0;
const SEAT_READY: u8 = 1;
const STANDING_READY: u8 = 2;

/// A connection's place: given back when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Seat {
    _taken: Arc<OwnedSemaphorePermit>,
    standing: bool,
}

impl Seat {
    /// Whether there was no place, and its holder is to be told so.
    pub(super) fn is_standing(&self) -> bool {
        self.standing
    }
}

impl Seats {
    /// `all` places, and at most [`REFUSALS`] more for refusals. Without those, clients that exceed the limit wait unaccepted.
    pub(super) fn new(all: usize, refusals: usize) -> Self {
        let all = all.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let refusals = refusals.min(REFUSALS);
        let [free, standing] = [all, refusals].map(|places| Arc::new(Semaphore::new(places)));
        Self { free, all, standing, refusals, ready: Arc::default() }
    }

    /// A place as soon as there is one, be it to be told that there is none.
    pub(super) async fn take(&self) -> Option<Seat> {
        if let Some(seat) = self.try_take() {
            return Some(seat);
        }
        // Never closed.
        let (permit, standing) = tokio::select! {
            biased;
            permit = self.free.clone().acquire_owned() => (permit, false),
            permit = self.standing.clone().acquire_owned() => (permit, true),
        };
        permit.ok().map(|taken| Seat { _taken: Arc::new(taken), standing })
    }

    /// The same if it is there.
    pub(super) fn try_take(&self) -> Option<Seat> {
        let (taken, standing) = match self.free.clone().try_acquire_owned() {
            Ok(taken) => (taken, false),
            Err(_) => (self.standing.clone().try_acquire_owned().ok()?, true),
        };
        Some(Seat { _taken: Arc::new(taken), standing })
    }

    /// Says that a place is held ready for whoever comes next, or (`None`) that somebody has come.
    pub(super) fn hold_ready(&self, seat: Option<&Seat>) {
        let ready = seat.map_or(NONE_READY, |seat| if seat.is_standing() { STANDING_READY } else { SEAT_READY });
        self.ready.store(ready, Ordering::Relaxed);
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }

    /// How things stand.
    pub(super) fn count(&self) -> Connections {
        let (seated, standing) = match self.ready.load(Ordering::Relaxed) {
            SEAT_READY => (1, 0),
            STANDING_READY => (0, 1),
            _ => (0, 0),
        };
        Connections {
            taken: self.taken().saturating_sub(seated),
            standing: (self.refusals - self.standing.available_permits()).saturating_sub(standing),
            limit: self.all,
        }
    }

    /// Waits until all have left, but no longer than that; tells whether they have.
    pub(super) async fn empty(&self, within: Duration) -> bool {
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        let left = async {
            // Whoever stands leaves soon; a farewell to it is cut short with the others'.
            let _seated = self.free.acquire_many(all).await;
            let _standing = self.standing.acquire_many(self.refusals as u32).await;
        };
        tokio::time::timeout(within, left).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_when_all_are_taken_stands_and_no_more_than_that_come_in() {
        const STANDING: usize = 3;
        let seats = Seats::new(2, STANDING);
        let seated: Vec<_> = std::iter::repeat_with(|| seats.try_take()).take(2 + STANDING).collect();
        let standing = |seat: &Option<Seat>| seat.as_ref().map(Seat::is_standing);
        assert_eq!(standing(&seated[1]), Some(false));
        assert!(seated[2..].iter().all(|seat| standing(seat) == Some(true)));
        assert!(seats.try_take().is_none());
        let Connections { taken, standing, limit } = seats.count();
        assert_eq!((taken, standing, limit), (2, STANDING, 2));
        seats.hold_ready(seated[1].as_ref());
        assert_eq!((seats.count().taken, seats.count().standing), (1, STANDING));
        seats.hold_ready(seated[2].as_ref());
        assert_eq!((seats.count().taken, seats.count().standing), (2, STANDING - 1));
        drop(seated);
        assert!(seats.empty(Duration::ZERO).await);
        assert!(!seats.take().await.expect("a seat").is_standing());
    }

    #[tokio::test]
    async fn without_places_for_refusals_a_client_waits_for_a_place() {
        let seats = Seats::new(1, 0);
        let first = seats.try_take().expect("a seat");
        assert!(seats.try_take().is_none());
        let (next, ()) = tokio::join!(seats.take(), async { drop(first) });
        assert!(!next.as_ref().expect("a seat").is_standing());
        drop(next);
        assert!(seats.empty(Duration::ZERO).await);
    }
}
