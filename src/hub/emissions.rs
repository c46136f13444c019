//! When cues were really told: for subscribers that want every event stamped.
//!
//! Nobody can know who will ask, so it is kept for every replay: some three bytes for each time that it woke.

use std::time::{Duration, SystemTime};

use crate::playback::Playhead;

/// How many entries are gone through one after another at most.
const STRIDE: usize = 64;

/// When cues were really told: for subscribers that want every event stamped.
#[derive(Debug, Default)]
pub(super) struct Emissions {
    current: Lap,
    before: Lap,
}

/// How many cues had been told, and how many milliseconds after the beginning of the lap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Entry {
    head: u32,
    millis: u32,
}

#[derive(Debug, Default)]
struct Lap {
    epoch: u64,
    began: Option<SystemTime>,
    last: Option<Entry>,
    /// The entries after the first, each by what it has more than the one before: two numbers of seven bits a byte.
    steps: Vec<u8>,
    entries: usize,
    /// Each so-manyth entry as it is, and where the steps go on from it.
    marks: Vec<(Entry, usize)>,
}

impl Lap {
    fn reach(&mut self, head: u32, wall: SystemTime) {
        let since = self.began.and_then(|began| wall.duration_since(began).ok()).unwrap_or_default();
        let millis = u32::try_from(since.as_millis()).unwrap_or(u32::MAX);
        match self.last {
            Some(last) if head <= last.head => return,
            // The wall's clock may have been put back.
            Some(last) => {
                let millis = millis.max(last.millis);
                put(&mut self.steps, head - last.head);
                put(&mut self.steps, millis - last.millis);
                self.last = Some(Entry { head, millis });
            }
            None => self.last = Some(Entry { head, millis }),
        }
        if self.entries.is_multiple_of(STRIDE) {
            self.marks.extend(self.last.map(|entry| (entry, self.steps.len())));
        }
        self.entries += 1;
    }

    fn told(&self, index: u32) -> Option<SystemTime> {
        // The last mark that has not told it yet, or the first of all.
        let mark = self.marks.partition_point(|(entry, _)| entry.head <= index).saturating_sub(1);
        let (mut entry, at) = *self.marks.get(mark)?;
        let mut steps = self.steps.get(at..)?;
        while entry.head <= index {
            let (head, millis) = (take(&mut steps)?, take(&mut steps)?);
            entry = Entry { head: entry.head + head, millis: entry.millis + millis };
        }
        Some(self.began? + Duration::from_millis(entry.millis.into()))
    }
}

/// How much a list has room for at least when it grows; it grows by a quarter.
const ROOM: usize = 64;

/// Appends a number, seven bits a byte, the lowest first; all bytes but the last have their highest bit set.
fn put(out: &mut Vec<u8>, mut number: u32) {
    if out.capacity() - out.len() < size_of::<u64>() {
        out.reserve_exact((out.len() / 4).max(ROOM));
    }
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
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
            let next = Lap { epoch: playhead.epoch, began: Some(wall), ..Lap::default() };
            self.before = std::mem::replace(&mut self.current, next);
            // What lies before the start of an epoch counts as told when it began.
            self.current.reach(playhead.start, wall);
        }
        self.current.reach(playhead.head, wall);
    }

    /// When a cue of an epoch was told; known of the present epoch and the one before.
    pub(super) fn told(&self, epoch: u64, index: u32) -> Option<SystemTime> {
        [&self.current, &self.before].into_iter().find(|lap| lap.epoch == epoch)?.told(index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cue_is_told_when_the_head_passed_it(
            start in 0u32..100,
            steps in prop::collection::vec((0u32..300, 0u64..2_000_000), 0..300),
        ) {
            let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
            let mut lap = Lap { epoch: 1, began: Some(began), ..Lap::default() };
            let mut plain = vec![(start, 0)];
            lap.reach(start, began);
            for (more, later) in steps {
                let (head, millis) = plain[plain.len() - 1];
                lap.reach(head + more, began + Duration::from_millis(millis + later));
                if more > 0 {
                    plain.push((head + more, millis + later));
                }
            }
            let end = plain[plain.len() - 1].0;
            let mut from = 0;
            for (head, millis) in plain {
                for index in [from, head.saturating_sub(1)].into_iter().filter(|index| (from..head).contains(index)) {
                    prop_assert_eq!(lap.told(index), Some(began + Duration::from_millis(millis)), "{}", index);
                }
                from = head;
            }
            prop_assert_eq!(lap.told(end), None);
        }
    }
}
