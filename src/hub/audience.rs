//! Who follows a replay, and what each has been told: for those who must know before they go on.
//!
//! Nobody keeps a record as a rule: a subscriber costs a place in a table. Only while somebody waits at a barrier do those
//! who serve note whom they have told, each time that somebody is owed nothing more.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What a subscriber has been sent, as of the moment in which it was owed nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The version of playback.
    pub version: u64,
    /// The epoch.
    pub epoch: u64,
    /// All that it follows up to this number has been sent.
    pub n: u32,
    /// The number of the last event up to there that it follows, 0 where there is none.
    pub last: u32,
    /// The number up to which it was told by a snapshot, when it came or the epoch began.
    pub joined: u32,
}

/// A subscriber that does not keep up with what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// Its number, from 1, in the order of their coming.
    pub subscriber: u32,
    /// All that it follows up to this number has been sent to it; `None`: not known.
    pub told: Option<u32>,
    /// What it has acknowledged in this epoch, if it was asked for that.
    pub acknowledged: Option<u32>,
}

/// What somebody waits for at a barrier: that those who were there have been told of a version of playback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Barrier {
    /// The version, or a later one.
    pub version: u64,
    /// Who comes after the subscriber of this number is not waited for.
    pub newest: u32,
    /// Whether they must also have acknowledged the last event that they follow: beyond this number, and of this epoch. Of a
    /// later epoch nothing has to be acknowledged.
    pub acknowledged_from: Option<(u64, u32)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    told: Option<Told>,
    /// The epoch and the number.
    acknowledged: (u64, u32),
}

impl Standing {
    fn is_through(&self, barrier: Barrier) -> bool {
        self.told.is_some_and(|told| {
            let (epoch, n) = self.acknowledged;
            let acknowledged = |(of, from): (u64, u32)| {
                told.epoch > of || told.last <= from.max(told.joined) || epoch == told.epoch && n >= told.last
            };
            told.version >= barrier.version && barrier.acknowledged_from.is_none_or(acknowledged)
        })
    }
}

#[derive(Debug, Default)]
struct Standings {
    /// The number of the last who came.
    last: u32,
    of: HashMap<u32, Standing, foldhash::fast::FixedState>,
}

/// All who follow a replay.
#[derive(Debug, Default)]
pub(super) struct Audience {
    /// Held for the time of one look or change.
    standings: Mutex<Standings>,
    /// How many there are.
    count: AtomicUsize,
    /// Calls those who wait for a change, to look again. A tenth of the size of a `watch`, and there may be thousands.
    changes: Notify,
    /// How many barriers are waited at.
    watched: AtomicUsize,
}

impl Audience {
    /// Counts a newcomer, and gives it its number.
    pub(super) fn enter(&self) -> u32 {
        let mut standings = self.standings();
        standings.last = standings.last.wrapping_add(1);
        let number = standings.last;
        standings.of.insert(number, Standing::default());
        self.changed(&standings);
        number
    }

    pub(super) fn leave(&self, number: u32) {
        let mut standings = self.standings();
        standings.of.remove(&number);
        if standings.of.is_empty() {
            standings.of = HashMap::default();
        }
        self.changed(&standings);
    }

    fn changed(&self, standings: &Standings) {
        self.count.store(standings.of.len(), Ordering::Release);
        self.changes.notify_waiters();
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until something is so, which may become so with any change.
    pub(super) async fn until(&self, is_so: impl Fn() -> bool) {
        until(&self.changes, is_so).await;
    }

    /// Whether it matters who is told what.
    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Acquire) > 0
    }

    /// Notes what subscribers have been sent.
    pub(super) fn told(&self, whom: impl Iterator<Item = u32>, told: Told) {
        let mut standings = self.standings();
        for number in whom {
            if let Some(standing) = standings.of.get_mut(&number) {
                standing.told = Some(told);
            }
        }
        self.changed(&standings);
    }

    /// Notes what a subscriber says it has dealt with.
    pub(super) fn acknowledge(&self, number: u32, epoch: u64, n: u32) {
        let mut standings = self.standings();
        if let Some(standing) = standings.of.get_mut(&number) {
            // What comes late takes nothing back.
            standing.acknowledged = standing.acknowledged.max((epoch, n));
        }
        if self.is_watched() {
            self.changed(&standings);
        }
    }

    /// The number of whoever came last; 0: nobody has come yet.
    pub(super) fn newest(&self) -> u32 {
        self.standings().last
    }

    /// Who is not through a barrier, by number.
    pub(super) fn behind(&self, barrier: Barrier) -> Vec<Behind> {
        let standings = self.standings();
        let awaited = standings.of.iter().filter(|(number, _)| **number <= barrier.newest);
        let mut behind: Vec<Behind> = awaited
            .filter(|(_, standing)| !standing.is_through(barrier))
            .map(|(number, Standing { told, acknowledged: (epoch, n) })| Behind {
                subscriber: *number,
                told: told.map(|told| told.n),
                acknowledged: told
                    .filter(|told| barrier.acknowledged_from.is_some() && told.epoch == *epoch)
                    .map(|_| *n),
            })
            .collect();
        behind.sort_unstable_by_key(|behind| behind.subscriber);
        behind
    }

    fn all_are_through(&self, barrier: Barrier) -> bool {
        let standings = self.standings();
        standings.of.iter().all(|(number, standing)| *number > barrier.newest || standing.is_through(barrier))
    }

    /// Waits until everyone who is there is through a barrier. Whoever serves them must have been called after
    /// [`Watched`] was taken.
    pub(super) async fn pass(&self, barrier: Barrier) {
        self.until(|| self.all_are_through(barrier)).await;
    }

    fn standings(&self) -> MutexGuard<'_, Standings> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until something is so, which is notified of whenever it may have become so.
pub(super) async fn until(changes: &Notify, is_so: impl Fn() -> bool) {
    loop {
        let mut change = pin!(changes.notified());
        // Before the look: a change after it is not missed.
        change.as_mut().enable();
        if is_so() {
            return;
        }
        change.await;
    }
}

/// As long as this is held, those who serve note whom they have told.
#[derive(Debug)]
pub(super) struct Watched<'a>(&'a Audience);

impl<'a> Watched<'a> {
    pub(super) fn new(audience: &'a Audience) -> Self {
        // Under the lock: whoever leaves as the last must not forget what is noted for one who comes just then.
        let _standings = audience.standings();
        audience.watched.fetch_add(1, Ordering::AcqRel);
        Self(audience)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let mut standings = self.0.standings();
        if self.0.watched.fetch_sub(1, Ordering::AcqRel) == 1 {
            // What they had been told then says nothing about later.
            standings.of.values_mut().for_each(|standing| standing.told = None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(version: u64, n: u32) -> Told {
        Told { version, epoch: 1, n, last: n, joined: 0 }
    }

    #[tokio::test]
    async fn a_barrier_is_passed_when_all_who_are_there_have_been_told() {
        let audience = Audience::default();
        let barrier = Barrier { version: 2, newest: 2, acknowledged_from: None };
        audience.pass(barrier).await;
        let (ann, ben) = (audience.enter(), audience.enter());
        let _cat = audience.enter();
        assert_eq!((ann, ben, audience.count(), audience.newest()), (1, 2, 3, 3));
        let _watched = Watched::new(&audience);
        audience.told([ann, ben].into_iter(), told(1, 5));
        audience.told([ann].into_iter(), told(2, 9));
        let behind = Behind { subscriber: ben, told: Some(5), acknowledged: None };
        assert_eq!(audience.behind(barrier), [behind]);
        let (mut passing, mut context) =
            (Box::pin(audience.pass(barrier)), std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(passing.as_mut().poll(&mut context).is_pending());
        audience.leave(ben);
        passing.await;
    }

    #[test]
    fn acknowledged_is_what_was_said_of_this_epoch_and_up_to_the_last_that_one_follows() {
        let audience = Audience::default();
        let _watched = Watched::new(&audience);
        let (ann, barrier) = (audience.enter(), Barrier { version: 1, newest: 1, acknowledged_from: Some((2, 70)) });
        audience.acknowledge(ann, 1, 80);
        audience.told([ann].into_iter(), Told { version: 1, epoch: 2, n: 83, last: 80, joined: 0 });
        assert_eq!(audience.behind(barrier), [Behind { subscriber: ann, told: Some(83), acknowledged: None }]);
        audience.acknowledge(ann, 2, 79);
        audience.acknowledge(ann, 1, 83);
        assert_eq!(audience.behind(barrier)[0].acknowledged, Some(79), "what comes late takes nothing back");
        audience.acknowledge(ann, 2, 80);
        assert_eq!(audience.behind(barrier), []);
        let nothing_to_say = Barrier { acknowledged_from: Some((3, 80)), ..barrier };
        audience.told([ann].into_iter(), Told { version: 1, epoch: 3, n: 83, last: 80, joined: 0 });
        assert_eq!(audience.behind(nothing_to_say), [], "nothing of what it follows came after that");
        let barrier = Barrier { acknowledged_from: Some((3, 70)), ..barrier };
        audience.told([ann].into_iter(), Told { version: 1, epoch: 3, n: 83, last: 80, joined: 83 });
        assert_eq!(audience.behind(barrier), [], "it came too late to be told of that as an event");
        audience.told([ann].into_iter(), Told { version: 2, epoch: 4, n: 90, last: 90, joined: 10 });
        assert_eq!(audience.behind(barrier), [], "the epoch of which something was to be acknowledged is over");
    }

    #[test]
    fn what_was_told_before_anybody_watched_counts_for_nothing() {
        let audience = Audience::default();
        let ann = audience.enter();
        let watched = Watched::new(&audience);
        audience.told([ann].into_iter(), told(2, 9));
        drop(watched);
        let _watched = Watched::new(&audience);
        assert_eq!(audience.behind(Barrier { version: 2, newest: 1, acknowledged_from: None }).len(), 1);
    }
}
