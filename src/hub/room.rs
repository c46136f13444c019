//! Which replays give way to new ones where there are as many as there may be.
//!
//! Whoever may look may open replays, so whoever opens a great many must not keep others from opening one. A replay that
//! has a subscriber, or that the server itself plays, never gives way. Of the rest those go first that nobody has ever come
//! to, then those that were left, and last those that are to stay for good; of each kind whichever has been without
//! anybody's interest for longest: where thousands are opened in a second, each is there for as long as it takes to come to it.

use std::time::{Duration, Instant};

use super::replay::Replay;

/// How long it is not looked through all replays again, for each of them: that takes time in which nobody finds any, some
/// 100 ns for each.
const LOOK_EVERY: Duration = Duration::from_micros(5);
/// How many are found each time.
const FOUND: usize = 256;

/// How soon a replay gives way: the least goes first. Whether it has ever been followed, whether it is to stay for good,
/// and since when nobody has taken an interest.
pub(super) type Claim = (bool, bool, Instant);

/// Those that will give way next.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// The last one goes first.
    next: Vec<(Claim, Replay)>,
    looked: Option<Instant>,
}

impl Room {
    /// One that gives way now, if there is one. `all` gives those that there are.
    pub(super) fn make<'a>(&mut self, now: Instant, all: impl ExactSizeIterator<Item = &'a Replay>) -> Option<Replay> {
        self.pop().or_else(|| {
            let pause = LOOK_EVERY * u32::try_from(all.len()).unwrap_or(u32::MAX);
            if self.looked.is_some_and(|looked| now.saturating_duration_since(looked) < pause) {
                return None;
            }
            self.looked = Some(now);
            let mut found: Vec<(Claim, Replay)> =
                all.filter_map(|replay| Some((replay.claim()?, replay.clone()))).collect();
            found.sort_unstable_by_key(|(claim, _)| *claim);
            found.truncate(FOUND);
            found.reverse();
            self.next = found;
            self.pop()
        })
    }

    /// Whether one gives way now.
    pub(super) fn any<'a>(&mut self, now: Instant, all: impl ExactSizeIterator<Item = &'a Replay>) -> bool {
        let first = self.make(now, all);
        let first = first.and_then(|replay| Some((replay.claim()?, replay)));
        let is_one = first.is_some();
        self.next.extend(first);
        is_one
    }

    /// Takes in one that has come since the last look.
    pub(super) fn take_in(&mut self, replay: &Replay) {
        let Some(claim) = replay.claim().filter(|_| !self.next.is_empty()) else { return };
        let place = self.next.partition_point(|(other, _)| *other > claim);
        self.next.insert(place, (claim, replay.clone()));
        if self.next.len() > FOUND {
            // Whoever would go last.
            self.next.remove(0);
        }
    }

    fn pop(&mut self) -> Option<Replay> {
        // Somebody may have come to it meanwhile, or it may be over.
        std::iter::from_fn(|| self.next.pop()).find(|(claim, replay)| replay.claim() == Some(*claim)).map(|(_, it)| it)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::host::Tasks;
    use super::super::registry::{Hub, Opened};
    use super::super::replay::ReplayOptions;
    use super::super::shelf::Shelf;
    use super::*;
    use crate::playback::Options;
    use crate::scenario::{SHIPPED, Timeline};

    async fn later(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_opens_a_great_many_keeps_nobody_from_opening_one() {
        let hub = Hub::hosted(Arc::<Tasks>::default(), Shelf::default(), 5);
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let open = |name: &str, linger: Option<u64>, owned: bool| {
            let playback = Options { paused: true, ..Options::default() };
            let linger = linger.map(Duration::from_secs);
            let options = ReplayOptions { linger, owned, playback, ..ReplayOptions::default() };
            hub.open(name, timeline.clone(), options).map(|Opened { replay, .. }| replay)
        };
        let names = || hub.list().iter().map(|replay| replay.name().to_owned()).collect::<Vec<_>>().join(" ");
        open("main", None, false).expect("room");
        let followed = open("followed", Some(60), true).expect("room");
        let _subscriber = followed.count_in();
        drop(open("left", Some(600), true).expect("room").count_in());
        drop(open("stays", None, true).expect("room").count_in());
        later(1).await;
        let first = open("first", Some(60), true).expect("room");
        assert_eq!(hub.len(), 5);
        later(1).await;
        for (name, gone) in [("second", "first"), ("third", "second")] {
            open(name, Some(60), true).expect("another gives way");
            assert!(hub.get(gone).is_none() && hub.len() == 5, "{}", names());
            later(1).await;
        }
        first.over().await;
        let _third = hub.get("third").expect("a replay").0.count_in();
        let _fourth = open("fourth", Some(60), true).expect("the one that was left gives way").count_in();
        assert_eq!(names(), "followed fourth main stays third");
        later(1).await;
        let _fifth = open("fifth", Some(60), true).expect("at last the one that was to stay").count_in();
        assert_eq!(names(), "fifth followed fourth main third");
        later(1).await;
        assert_eq!(open("sixth", Some(60), true).expect_err("all are followed").code, "over_limit");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_come_to_since_does_not_give_way() {
        let hub = Hub::new();
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let open = |name: &str| {
            let options =
                ReplayOptions { linger: Some(Duration::from_secs(60)), owned: true, ..ReplayOptions::default() };
            hub.open(name, timeline.clone(), options).expect("a replay").replay
        };
        let replays: Vec<Replay> = ["a", "b", "c"].map(open).into();
        let (mut room, now) = (Room::default(), tokio::time::Instant::now().into_std());
        let mut make = |now| room.make(now, replays.iter()).map(|replay| replay.name().to_owned());
        let first = make(now).expect("one");
        let next = replays.iter().find(|replay| replay.name() != first).expect("another");
        let _subscriber = next.count_in();
        let last = make(now).expect("the other one");
        assert!(last != first && last != next.name());
        assert_eq!(make(now), None, "it was looked just now");
        assert!(make(now + 3 * LOOK_EVERY).is_some());
    }
}
