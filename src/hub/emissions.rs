//! When cues were really told: for subscribers that want every event stamped.

use std::time::{Duration, SystemTime};

use crate::playback::Playhead;

/// When cues were really told: for subscribers that want every event stamped.
#[derive(Debug, Default)]
pub(super) struct Emissions {
    current: Lap,
    before: Lap,
}

#[derive(Debug, Default)]
struct Lap {
    epoch: u32,
    began: Option<SystemTime>,
    /// The head, and how many milliseconds after the beginning it got there.
    heads: Vec<(u32, u32)>,
}

impl Lap {
    fn reach(&mut self, head: u32, wall: SystemTime) {
        if self.heads.last().is_none_or(|(last, _)| *last < head) {
            let since = self.began.and_then(|began| wall.duration_since(began).ok()).unwrap_or_default();
            self.heads.push((head, u32::try_from(since.as_millis()).unwrap_or(u32::MAX)));
        }
    }

    fn told(&self, index: u32) -> Option<SystemTime> {
        let place = self.heads.partition_point(|(head, _)| *head <= index);
        let (_, millis) = self.heads.get(place)?;
        Some(self.began? + Duration::from_millis((*millis).into()))
    }
}

impl Emissions {
    /// Notes that playback has come so far.
    pub(super) fn note(&mut self, playhead: &Playhead, wall: SystemTime) {
        if self.current.epoch != playhead.epoch {
            // A lap may have been told to its end and the next begun at one wake.
            let rest = playhead.tail.filter(|tail| tail.epoch == self.current.epoch);
            if let Some(tail) = rest {
                self.current.reach(tail.head, wall);
            }
            let next = Lap { epoch: playhead.epoch, began: Some(wall), heads: Vec::new() };
            self.before = std::mem::replace(&mut self.current, next);
            // What lies before the start of an epoch counts as told when it began.
            self.current.heads.push((playhead.start, 0));
        }
        self.current.reach(playhead.head, wall);
    }

    /// When a cue of an epoch was told; known of the present epoch and the one before.
    pub(super) fn told(&self, epoch: u32, index: u32) -> Option<SystemTime> {
        [&self.current, &self.before].into_iter().find(|lap| lap.epoch == epoch)?.told(index)
    }
}
