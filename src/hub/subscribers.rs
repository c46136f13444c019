//! The subscribers of a replay, and barriers: waiting until every subscriber has received a version of playback.
//!
//! Normally no record is kept of what has been sent: a subscriber costs an entry in a table. Only while a barrier is open do
//! the delivery loop and the connection tasks record a [`SentMark`], each time that nothing more is pending for a subscriber.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use tokio::sync::Notify;

use crate::playback::Rejection;

/// What a subscriber had been sent at the moment at which nothing more was pending for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentMark {
    /// The version of playback.
    pub version: u64,
    /// The epoch.
    pub epoch: u64,
    /// All events that the subscriber follows have been sent up to this number.
    pub n: u32,
    /// The number of the last event sent, 0 where none has been.
    pub last_event: u32,
    /// The number at which the subscriber joined or entered the epoch: events up to it were covered by snapshots.
    pub joined: u32,
}

/// A subscriber that has not passed a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// Its number, counted from 1 in the order of subscription.
    pub subscriber: u32,
    /// All events that it follows have been sent up to this number; `None`: not known.
    pub told: Option<u32>,
    /// What it has acknowledged in this epoch, if the barrier asks for acknowledgements.
    pub acknowledged: Option<u32>,
}

/// The condition that subscribers have to meet: they have been sent a version of playback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Barrier {
    /// This version, or a later one.
    pub version: u64,
    /// Subscribers with a higher number are not waited for.
    pub newest: u32,
    /// The epoch, and a number. If set, each subscriber must also have acknowledged the last event beyond that number which it
    /// follows. In a later epoch nothing has to be acknowledged.
    pub acknowledged_from: Option<(u64, u32)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct SubscriberRecord {
    sent: Option<SentMark>,
    /// The epoch and the number.
    acknowledged: (u64, u32),
}

impl SubscriberRecord {
    fn has_passed(&self, barrier: Barrier) -> bool {
        self.sent.is_some_and(|sent| {
            let (epoch, n) = self.acknowledged;
            let acknowledged = |(of, from): (u64, u32)| {
                sent.epoch > of
                    || sent.last_event <= from.max(sent.joined)
                    || epoch == sent.epoch && n >= sent.last_event
            };
            sent.version >= barrier.version && barrier.acknowledged_from.is_none_or(acknowledged)
        })
    }
}

#[derive(Debug, Default)]
struct SubscriberTable {
    /// The number of the newest subscriber.
    newest: u32,
    records: HashMap<u32, SubscriberRecord, foldhash::fast::FixedState>,
}

/// All subscribers of a replay.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    /// Held for the time of one look-up or change.
    table: Mutex<SubscriberTable>,
    /// The number of subscribers, readable without the lock.
    count: AtomicUsize,
    /// Wakes tasks that wait for a change. A `Notify` takes a tenth of the memory of a `watch`, and there may be thousands.
    changes: Notify,
    /// The number of open barriers.
    barriers: AtomicUsize,
}

impl Subscribers {
    /// Adds a subscriber, and returns its number.
    pub(super) fn add(&self) -> u32 {
        let mut table = self.table.lock();
        table.newest = table.newest.wrapping_add(1);
        let number = table.newest;
        table.records.insert(number, SubscriberRecord::default());
        self.notify_changed(&table);
        number
    }

    pub(super) fn remove(&self, number: u32) {
        let mut table = self.table.lock();
        table.records.remove(&number);
        if table.records.is_empty() {
            table.records = HashMap::default();
        }
        self.notify_changed(&table);
    }

    fn notify_changed(&self, table: &SubscriberTable) {
        self.count.store(table.records.len(), Ordering::Release);
        self.notify_waiters();
    }

    /// Wakes tasks that wait for a change.
    pub(super) fn notify_waiters(&self) {
        self.changes.notify_waiters();
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until a condition holds that depends on the subscribers.
    pub(super) async fn wait_until(&self, condition: impl Fn() -> bool) {
        wait_until(&self.changes, condition).await;
    }

    /// Whether a barrier is open, so that sent marks have to be recorded.
    pub(super) fn has_barriers(&self) -> bool {
        self.barriers.load(Ordering::Acquire) > 0
    }

    /// Records what several subscribers have been sent.
    pub(super) fn record_sent(&self, numbers: impl Iterator<Item = u32>, sent: SentMark) {
        let mut table = self.table.lock();
        for number in numbers {
            if let Some(record) = table.records.get_mut(&number) {
                record.sent = Some(sent);
            }
        }
        self.notify_changed(&table);
    }

    /// Records an acknowledgement.
    pub(super) fn record_acknowledged(&self, number: u32, epoch: u64, n: u32) {
        let mut table = self.table.lock();
        if let Some(record) = table.records.get_mut(&number) {
            // A late acknowledgement of an earlier event takes nothing back.
            record.acknowledged = record.acknowledged.max((epoch, n));
        }
        if self.has_barriers() {
            self.notify_changed(&table);
        }
    }

    /// Refuses the number of a subscriber that is not connected, with the numbers of those that are.
    pub(super) fn check_is_connected(&self, number: Option<u32>) -> Result<(), Rejection> {
        let table = self.table.lock();
        let Some(missing) = number.filter(|number| !table.records.contains_key(number)) else { return Ok(()) };
        let mut connected: Vec<u32> = table.records.keys().copied().collect();
        connected.sort_unstable();
        Err(Rejection::not_found(format!("no subscriber {missing} is connected")).accepting(connected))
    }

    /// The number of the newest subscriber; 0: there has been none.
    pub(super) fn newest_number(&self) -> u32 {
        self.table.lock().newest
    }

    /// The subscribers that have not passed a barrier, by number.
    pub(super) fn find_behind(&self, barrier: Barrier) -> Vec<Behind> {
        let table = self.table.lock();
        let awaited = table.records.iter().filter(|(number, _)| **number <= barrier.newest);
        let mut behind: Vec<Behind> = awaited
            .filter(|(_, record)| !record.has_passed(barrier))
            .map(|(number, SubscriberRecord { sent, acknowledged: (epoch, n) })| Behind {
                subscriber: *number,
                told: sent.map(|sent| sent.n),
                acknowledged: sent
                    .filter(|sent| barrier.acknowledged_from.is_some() && sent.epoch == *epoch)
                    .map(|_| *n),
            })
            .collect();
        behind.sort_unstable_by_key(|behind| behind.subscriber);
        behind
    }

    fn all_have_passed(&self, barrier: Barrier) -> bool {
        let table = self.table.lock();
        table.records.iter().all(|(number, record)| *number > barrier.newest || record.has_passed(barrier))
    }

    /// Waits until every subscriber has passed a barrier. A [`BarrierGuard`] must be held, and the driver must have been woken
    /// after that was taken.
    pub(super) async fn wait_for_barrier(&self, barrier: Barrier) {
        self.wait_until(|| self.all_have_passed(barrier)).await;
    }
}

/// Waits until a condition holds. `changes` must be notified whenever it may have become true.
pub(super) async fn wait_until(changes: &Notify, condition: impl Fn() -> bool) {
    loop {
        let mut change = pin!(changes.notified());
        // Registered before the check, so that a change after the check is not missed.
        change.as_mut().enable();
        if condition() {
            return;
        }
        change.await;
    }
}

/// While this is held, sent marks are recorded.
#[derive(Debug)]
pub(super) struct BarrierGuard<'a>(&'a Subscribers);

impl<'a> BarrierGuard<'a> {
    pub(super) fn new(subscribers: &'a Subscribers) -> Self {
        // Under the lock: the last guard to be dropped must not clear marks that are recorded for a new one.
        let _table = subscribers.table.lock();
        subscribers.barriers.fetch_add(1, Ordering::AcqRel);
        Self(subscribers)
    }
}

impl Drop for BarrierGuard<'_> {
    fn drop(&mut self) {
        let mut table = self.0.table.lock();
        if self.0.barriers.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Marks go stale as soon as they are no longer recorded.
            table.records.values_mut().for_each(|record| record.sent = None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(version: u64, n: u32) -> SentMark {
        SentMark { version, epoch: 1, n, last_event: n, joined: 0 }
    }

    #[tokio::test]
    async fn a_barrier_is_passed_when_every_subscriber_has_been_sent_the_version() {
        let subscribers = Subscribers::default();
        let barrier = Barrier { version: 2, newest: 2, acknowledged_from: None };
        subscribers.wait_for_barrier(barrier).await;
        let (ann, ben) = (subscribers.add(), subscribers.add());
        let _cat = subscribers.add();
        assert_eq!((ann, ben, subscribers.count(), subscribers.newest_number()), (1, 2, 3, 3));
        let _guard = BarrierGuard::new(&subscribers);
        subscribers.record_sent([ann, ben].into_iter(), sent(1, 5));
        subscribers.record_sent([ann].into_iter(), sent(2, 9));
        let behind = Behind { subscriber: ben, told: Some(5), acknowledged: None };
        assert_eq!(subscribers.find_behind(barrier), [behind]);
        let (mut passing, mut context) =
            (Box::pin(subscribers.wait_for_barrier(barrier)), std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(passing.as_mut().poll(&mut context).is_pending());
        subscribers.remove(ben);
        passing.await;
    }

    #[test]
    fn a_number_that_no_subscriber_has_is_refused_with_those_that_are_connected() {
        let subscribers = Subscribers::default();
        let refusal = |number| {
            let refused = subscribers.check_is_connected(number).err();
            refused.map(|rejection| (rejection.message, rejection.accepted.join(" ")))
        };
        assert_eq!(refusal(Some(1)), Some(("no subscriber 1 is connected".to_owned(), String::new())));
        (0..3).for_each(|_| _ = subscribers.add());
        subscribers.remove(2);
        assert_eq!(refusal(Some(2)), Some(("no subscriber 2 is connected".to_owned(), "1 3".to_owned())));
        assert_eq!((refusal(Some(3)), refusal(None)), (None, None));
    }

    #[test]
    fn acknowledgements_count_for_their_epoch_and_the_last_event_that_is_followed() {
        let subscribers = Subscribers::default();
        let _guard = BarrierGuard::new(&subscribers);
        let (ann, barrier) = (subscribers.add(), Barrier { version: 1, newest: 1, acknowledged_from: Some((2, 70)) });
        let mark = |version, epoch, n, joined| SentMark { version, epoch, n, last_event: n, joined };
        subscribers.record_acknowledged(ann, 1, 80);
        subscribers.record_sent([ann].into_iter(), SentMark { last_event: 80, ..mark(1, 2, 83, 0) });
        assert_eq!(subscribers.find_behind(barrier), [Behind { subscriber: ann, told: Some(83), acknowledged: None }]);
        subscribers.record_acknowledged(ann, 2, 79);
        subscribers.record_acknowledged(ann, 1, 83);
        assert_eq!(subscribers.find_behind(barrier)[0].acknowledged, Some(79), "a late one takes nothing back");
        subscribers.record_acknowledged(ann, 2, 80);
        assert_eq!(subscribers.find_behind(barrier), []);
        let nothing_new = Barrier { acknowledged_from: Some((3, 80)), ..barrier };
        subscribers.record_sent([ann].into_iter(), SentMark { last_event: 80, ..mark(1, 3, 83, 0) });
        assert_eq!(subscribers.find_behind(nothing_new), [], "no event that it follows came after that");
        let barrier = Barrier { acknowledged_from: Some((3, 70)), ..barrier };
        subscribers.record_sent([ann].into_iter(), SentMark { last_event: 80, ..mark(1, 3, 83, 83) });
        assert_eq!(subscribers.find_behind(barrier), [], "it joined too late to receive that as an event");
        subscribers.record_sent([ann].into_iter(), mark(2, 4, 90, 10));
        assert_eq!(subscribers.find_behind(barrier), [], "the epoch of the awaited acknowledgement is over");
    }

    #[test]
    fn marks_from_before_the_barrier_do_not_count() {
        let subscribers = Subscribers::default();
        let ann = subscribers.add();
        let guard = BarrierGuard::new(&subscribers);
        subscribers.record_sent([ann].into_iter(), sent(2, 9));
        drop(guard);
        let _guard = BarrierGuard::new(&subscribers);
        assert_eq!(subscribers.find_behind(Barrier { version: 2, newest: 1, acknowledged_from: None }).len(), 1);
    }
}
