//! Eviction: chooses which idle replays are closed when `--max-replays` is reached.
//!
//! Any visitor may open replays, so a visitor who opens very many must not keep others from opening one. A replay with a
//! subscriber, or one that the server itself plays, is never evicted. Of the rest, replays that never had a subscriber go
//! first, then those whose subscribers have left, then those without a linger time; within each kind the longest idle goes
//! first. Even under thousands of openings a second, each replay stays open until its turn comes.

use std::time::{Duration, Instant};

use super::replay::Replay;
use super::replay_inner::EvictionRank;

/// The least time between two scans of all replays, per replay. A scan costs some 100 ns for each replay, and holds the lock
/// of the hub's lists.
const SCAN_INTERVAL: Duration = Duration::from_micros(5);
/// How many candidates a scan keeps.
const CANDIDATES: usize = 256;

/// The next replays to evict.
#[derive(Debug, Default)]
pub(super) struct EvictionCandidates {
    /// The last one goes first.
    next: Vec<(EvictionRank, Replay)>,
    last_scan: Option<Instant>,
}

impl EvictionCandidates {
    /// Takes the replay to evict now; `None` where no replay may be evicted. `all` lists all open replays.
    pub(super) fn take<'a>(&mut self, now: Instant, all: impl ExactSizeIterator<Item = &'a Replay>) -> Option<Replay> {
        self.pop().or_else(|| {
            let interval = SCAN_INTERVAL * u32::try_from(all.len()).unwrap_or(u32::MAX);
            if self.last_scan.is_some_and(|last| now.saturating_duration_since(last) < interval) {
                return None;
            }
            self.last_scan = Some(now);
            let mut found: Vec<(EvictionRank, Replay)> =
                all.filter_map(|replay| Some((replay.eviction_rank()?, replay.clone()))).collect();
            found.sort_unstable_by_key(|(rank, _)| *rank);
            found.truncate(CANDIDATES);
            found.reverse();
            self.next = found;
            self.pop()
        })
    }

    /// Whether [`Self::take`] would find a replay. Evicts none.
    pub(super) fn has_any<'a>(&mut self, now: Instant, all: impl ExactSizeIterator<Item = &'a Replay>) -> bool {
        let first = self.take(now, all);
        let first = first.and_then(|replay| Some((replay.eviction_rank()?, replay)));
        let found = first.is_some();
        self.next.extend(first);
        found
    }

    /// Adds a replay that was opened after the last scan.
    pub(super) fn add(&mut self, replay: &Replay) {
        let Some(rank) = replay.eviction_rank().filter(|_| !self.next.is_empty()) else { return };
        let place = self.next.partition_point(|(other, _)| *other > rank);
        self.next.insert(place, (rank, replay.clone()));
        if self.next.len() > CANDIDATES {
            // The one that would go last.
            self.next.remove(0);
        }
    }

    fn pop(&mut self) -> Option<Replay> {
        // A candidate may have closed or gained a subscriber since the scan.
        let unchanged = |(rank, replay): &(EvictionRank, Replay)| replay.eviction_rank() == Some(*rank);
        std::iter::from_fn(|| self.next.pop()).find(unchanged).map(|(_, replay)| replay)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::cache_budget::CacheBudget;
    use super::super::registry::{Hub, Opened};
    use super::super::replay_options::ReplayOptions;
    use super::super::runner::TokioRunner;
    use super::super::wall::runtime_now;
    use super::*;
    use crate::error_code::ErrorCode;
    use crate::playback::PlaybackOptions;
    use crate::scenario::{SHIPPED, Timeline};

    async fn later(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_visitor_who_opens_many_replays_does_not_lock_others_out() {
        let hub = Hub::with_runner(Arc::<TokioRunner>::default(), CacheBudget::default(), 5);
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let open = |name: &str, linger: Option<u64>, owned: bool| {
            let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
            let linger = linger.map(Duration::from_secs);
            let options = ReplayOptions { linger, owned, playback, ..ReplayOptions::default() };
            hub.open(name, timeline.clone(), options).map(|Opened { replay, .. }| replay)
        };
        let names = || hub.list().iter().map(|replay| replay.name().to_owned()).collect::<Vec<_>>().join(" ");
        open("main", None, false).expect("space");
        let followed = open("followed", Some(60), true).expect("space");
        let _subscriber = followed.add_subscriber();
        drop(open("left", Some(600), true).expect("space").add_subscriber());
        drop(open("stays", None, true).expect("space").add_subscriber());
        later(1).await;
        let first = open("first", Some(60), true).expect("space");
        assert_eq!(hub.len(), 5);
        later(1).await;
        for (name, gone) in [("second", "first"), ("third", "second")] {
            open(name, Some(60), true).expect("another is evicted");
            assert!(hub.get(gone).is_none() && hub.len() == 5, "{}", names());
            later(1).await;
        }
        first.wait_until_over().await;
        let _third = hub.get("third").expect("a replay").0.add_subscriber();
        let _fourth =
            open("fourth", Some(60), true).expect("the one whose subscriber left is evicted").add_subscriber();
        assert_eq!(names(), "followed fourth main stays third");
        later(1).await;
        let _fifth = open("fifth", Some(60), true).expect("at last the one without a linger time").add_subscriber();
        assert_eq!(names(), "fifth followed fourth main third");
        later(1).await;
        assert_eq!(open("sixth", Some(60), true).expect_err("all are followed").code, ErrorCode::OverLimit);
    }

    #[tokio::test(start_paused = true)]
    async fn a_candidate_that_gained_a_subscriber_is_not_evicted() {
        let hub = Hub::new();
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let open = |name: &str| {
            let options =
                ReplayOptions { linger: Some(Duration::from_secs(60)), owned: true, ..ReplayOptions::default() };
            hub.open(name, timeline.clone(), options).expect("a replay").replay
        };
        let replays: Vec<Replay> = ["a", "b", "c"].map(open).into();
        let (mut candidates, now) = (EvictionCandidates::default(), runtime_now());
        let mut take = |now| candidates.take(now, replays.iter()).map(|replay| replay.name().to_owned());
        let first = take(now).expect("one");
        let next = replays.iter().find(|replay| replay.name() != first).expect("another");
        let _subscriber = next.add_subscriber();
        let last = take(now).expect("the other one");
        assert!(last != first && last != next.name());
        assert_eq!(take(now), None, "the last scan was just now");
        assert!(take(now + 3 * SCAN_INTERVAL).is_some());
    }
}
