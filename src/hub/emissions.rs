//! When cues were emitted: for subscribers that want every event stamped.
//!
//! Nobody can know who will ask, so every replay keeps it: some three bytes for each time that it woke. For cues that came
//! due while nobody observed the replay it keeps the clock that says when.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use crate::playback::{PlaybackClock, Playhead, Release};
use crate::scenario::{Cue, MediaTime};

/// How many entries are gone through one after another at most.
const STRIDE: usize = 64;
/// A run of cues is kept by its clock from so many on. Fewer take less room one by one.
const RUN: u32 = 8;
/// By how much the system's clock may have been corrected within a run of cues.
const CORRECTION: Duration = Duration::from_millis(10);

/// When cues were emitted: for subscribers that want every event stamped.
#[derive(Debug)]
pub(super) struct Emissions {
    current: Lap,
    before: Lap,
    /// How many bytes each of them takes at most, about. Beyond that the earliest cues are forgotten.
    most: usize,
}

/// How many cues had been released, and how many milliseconds after the beginning of the lap. Less than none where the
/// system's clock has been put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Entry {
    head: u32,
    millis: i64,
}

/// Cues that were emitted as they came due, by one clock.
#[derive(Debug)]
struct Run {
    cues: Range<u32>,
    clock: PlaybackClock,
    /// What time it was at the clock's instant.
    wall: SystemTime,
}

impl Run {
    fn emitted(&self, at: MediaTime) -> Option<SystemTime> {
        self.wall.checked_add(self.clock.due(at)?.saturating_duration_since(self.clock.instant))
    }

    /// Whether a later run goes on by the same clock.
    fn goes_on_with(&self, next: &Self) -> bool {
        let off = next.wall.duration_since(self.wall).unwrap_or_else(|error| error.duration());
        self.cues.end == next.cues.start && self.clock == next.clock && off <= CORRECTION
    }
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
    /// In order. What a run says of its cues overrides the entries.
    runs: Vec<Run>,
    /// The cues before this one have been forgotten.
    forgotten: u32,
}

impl Lap {
    fn beginning(epoch: u64, start: u32, began: SystemTime) -> Self {
        let mut lap = Self { epoch, began: Some(began), ..Self::default() };
        // What lies before the start of an epoch counts as emitted when it began.
        lap.reach(start, began);
        lap
    }

    /// How many cues have been emitted.
    fn head(&self) -> u32 {
        let run = self.runs.last().map_or(0, |run| run.cues.end);
        self.last.map_or(run, |last| last.head.max(run))
    }

    fn reach(&mut self, head: u32, wall: SystemTime) {
        let millis = self.began.map_or(0, |began| signed_millis(began, wall));
        match self.last {
            Some(_) if head <= self.head() => return,
            Some(last) => {
                put(&mut self.steps, (head - last.head).into());
                put(&mut self.steps, zigzag(millis.saturating_sub(last.millis)));
            }
            None => {}
        }
        self.last = Some(Entry { head, millis });
        if self.entries.is_multiple_of(STRIDE) {
            self.marks.extend(self.last.map(|entry| (entry, self.steps.len())));
        }
        self.entries += 1;
    }

    fn reach_by_clock(&mut self, run: Run, cues: &[Cue]) {
        if let Some(last) = self.runs.last_mut().filter(|last| last.goes_on_with(&run)) {
            last.cues.end = run.cues.end;
        } else if run.cues.len() < RUN as usize {
            for index in run.cues.clone() {
                if let Some(wall) = cues.get(index as usize).and_then(|cue| run.emitted(cue.at)) {
                    self.reach(index + 1, wall);
                }
            }
        } else {
            self.runs.push(run);
        }
    }

    /// Forgets the earlier half if there is too much.
    fn keep_within(&mut self, most: usize) {
        if self.steps.len() > most
            && let Some((entry, from)) = self.marks.get(self.marks.len() / 2).copied()
        {
            self.marks.drain(..self.marks.len() / 2);
            self.marks.iter_mut().for_each(|(_, at)| *at -= from);
            self.steps.drain(..from);
            self.forgotten = self.forgotten.max(entry.head);
        }
        if self.runs.len() > most / size_of::<Run>() {
            let gone = self.runs.drain(..self.runs.len() / 2).next_back();
            self.forgotten = self.forgotten.max(gone.map_or(0, |run| run.cues.end));
        }
    }

    fn emitted(&self, index: u32, at: MediaTime) -> Option<SystemTime> {
        let began = self.began.filter(|_| index >= self.forgotten)?;
        let run = self.runs.partition_point(|run| run.cues.end <= index);
        if let Some(run) = self.runs.get(run).filter(|run| run.cues.contains(&index)) {
            // To the millisecond, as entries are.
            return Some(moved(began, signed_millis(began, run.emitted(at)?)));
        }
        // The last mark that has not reached it yet, or the first of all.
        let mark = self.marks.partition_point(|(entry, _)| entry.head <= index).saturating_sub(1);
        let (mut entry, from) = *self.marks.get(mark)?;
        let mut steps = self.steps.get(from..)?;
        while entry.head <= index {
            let (head, millis) = (u32::try_from(take(&mut steps)?).ok()?, unzigzag(take(&mut steps)?));
            entry = Entry { head: entry.head.checked_add(head)?, millis: entry.millis.saturating_add(millis) };
        }
        Some(moved(began, entry.millis))
    }
}

/// How many milliseconds one time lies after another.
fn signed_millis(from: SystemTime, to: SystemTime) -> i64 {
    let millis = |by: Duration| i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(later) => millis(later),
        // Rounded down like the others.
        Err(earlier) => -millis(earlier.duration() + Duration::from_nanos(999_999)),
    }
}

fn moved(time: SystemTime, millis: i64) -> SystemTime {
    let by = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 { time.checked_sub(by) } else { time.checked_add(by) }.unwrap_or(time)
}

/// Numbers below zero among the others, small ones first: 0, -1, 1, -2, 2.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// How much a list has room for at least when it grows; it grows by a quarter.
const ROOM: usize = 64;
/// The most bytes that a number takes.
const LONGEST: usize = 10;

/// Appends a number, seven bits a byte, the lowest first; all bytes but the last have their highest bit set.
fn put(out: &mut Vec<u8>, mut number: u64) {
    if out.capacity() - out.len() < LONGEST {
        out.reserve_exact((out.len() / 4).max(ROOM));
    }
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl Emissions {
    /// Of the present epoch and the one before, in so many bytes each at most.
    pub(super) fn within(most: usize) -> Self {
        Self { current: Lap::default(), before: Lap::default(), most }
    }

    /// Notes that playback has come so far just now.
    pub(super) fn note(&mut self, playhead: &Playhead, wall: SystemTime) {
        if self.current.epoch != playhead.epoch {
            // A lap may have been emitted to its end and the next begun at one wake.
            let rest = playhead.previous_lap.filter(|previous_lap| previous_lap.epoch == self.current.epoch);
            if let Some(previous_lap) = rest {
                self.current.reach(previous_lap.head, wall);
            }
            self.enter(Lap::beginning(playhead.epoch, playhead.start, wall));
        }
        self.current.reach(playhead.head, wall);
        self.current.keep_within(self.most);
    }

    /// Notes cues that were emitted as they came due. `wall` is what time it was at the instant of the clock.
    pub(super) fn note_due(&mut self, release: &Release, wall: SystemTime, cues: &[Cue]) {
        if self.current.epoch != release.epoch {
            self.enter(Lap::beginning(release.epoch, release.cues.start, wall));
        }
        self.current.reach_by_clock(Run { cues: release.cues.clone(), clock: release.clock, wall }, cues);
        self.current.keep_within(self.most);
    }

    fn enter(&mut self, lap: Lap) {
        self.before = std::mem::replace(&mut self.current, lap);
    }

    /// When a cue of an epoch, which is due at that media time, was emitted; known of the present epoch and the one before.
    pub(super) fn emitted(&self, epoch: u64, index: u32, at: MediaTime) -> Option<SystemTime> {
        [&self.current, &self.before].into_iter().find(|lap| lap.epoch == epoch)?.emitted(index, at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::playback::{Options, Playback, Speed};
    use crate::scenario::{SHIPPED, Timeline};

    fn began() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200)
    }

    #[test]
    fn a_clock_that_is_put_back_and_a_lap_of_months_are_told_as_they_were() {
        let mut lap = Lap::beginning(1, 0, began());
        let day = 86_400_000;
        let moments = [0, 5, -3_600_000, -3_599_990, 60 * day, 60 * day - 7, 400 * day];
        for (index, millis) in (0..).zip(moments) {
            lap.reach(index + 1, moved(began(), millis));
        }
        for (index, millis) in (0..).zip(moments) {
            assert_eq!(lap.emitted(index, MediaTime::ZERO), Some(moved(began(), millis)), "{index}");
        }
    }

    #[test]
    fn a_lap_that_nobody_observed_is_one_run() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let cues = timeline.cues();
        let clock = PlaybackClock {
            media: MediaTime::ZERO,
            instant: Instant::now(),
            speed: Speed::new(60.0).expect("a speed"),
            running: true,
        };
        let mut emissions = Emissions::within(usize::MAX);
        let release = |cues: Range<u32>| Release { epoch: 4, cues, clock };
        // Some 300 ns of drift each time, as two readings of two clocks have it.
        for (at, from) in (0..).zip((0..80).step_by(20)) {
            emissions.note_due(&release(from..from + 20), began() + Duration::from_nanos(300 * at), cues);
        }
        assert_eq!((emissions.current.runs.len(), emissions.current.steps.len()), (1, 0));
        // The system's clock is set an hour forward.
        emissions.note_due(&release(80..90), began() + Duration::from_secs(3_600), cues);
        let expected = |cue: &Cue, wall: SystemTime| {
            let due = clock.due(cue.at).expect("it runs") - clock.instant;
            Some(wall + Duration::from_millis(due.as_millis() as u64))
        };
        for (index, cue) in (0..).zip(cues).take(90) {
            let wall = if index < 80 { began() } else { began() + Duration::from_secs(3_600) };
            assert_eq!(emissions.emitted(4, index, cue.at), expected(cue, wall), "{index}");
        }
        assert_eq!(emissions.emitted(4, 90, cues[90].at), None);
    }

    #[test]
    fn beyond_its_bound_the_earliest_are_forgotten() {
        let mut emissions = Emissions::within(4_096);
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let playback = Playback::new(&timeline, Options::default(), Instant::now()).expect("a playback");
        let mut playhead = playback.playhead();
        for head in 0..10_000 {
            playhead.head = head;
            emissions.note(&playhead, moved(began(), i64::from(head) * 300));
        }
        let lap = &emissions.current;
        assert!(lap.steps.len() <= 4_096 && lap.forgotten > 7_000 && lap.forgotten < 9_900, "{}", lap.forgotten);
        for index in 0..9_999 {
            let known = (index >= lap.forgotten).then(|| moved(began(), i64::from(index + 1) * 300));
            assert_eq!(emissions.emitted(playhead.epoch, index, MediaTime::ZERO), known, "{index}");
        }
    }

    proptest! {
        #[test]
        fn every_cue_is_emitted_when_the_head_passed_it(
            start in 0u32..100,
            steps in prop::collection::vec((0u32..300, -1_000i64..2_000_000), 0..300),
        ) {
            let mut lap = Lap::beginning(1, start, began());
            let mut plain = vec![(start, 0)];
            for (more, later) in steps {
                let (head, millis) = plain[plain.len() - 1];
                lap.reach(head + more, moved(began(), millis + later));
                if more > 0 {
                    plain.push((head + more, millis + later));
                }
            }
            let end = plain[plain.len() - 1].0;
            let mut from = 0;
            for (head, millis) in plain {
                for index in [from, head.saturating_sub(1)].into_iter().filter(|index| (from..head).contains(index)) {
                    prop_assert_eq!(lap.emitted(index, MediaTime::ZERO), Some(moved(began(), millis)), "{}", index);
                }
                from = head;
            }
            prop_assert_eq!(lap.emitted(end, MediaTime::ZERO), None);
        }

        #[test]
        fn observed_and_unobserved_cues_are_told_apart(
            pieces in prop::collection::vec((any::<bool>(), 1u32..30, 0u64..5_000), 1..20),
        ) {
            let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
            let cues = timeline.cues();
            let instant = Instant::now();
            let mut lap = Lap::beginning(1, 0, began());
            let (mut head, mut plain) = (0, Vec::new());
            for (at, (observed, count, later)) in (0..).zip(pieces) {
                let end = (head + count).min(cues.len() as u32);
                // A clock of its own each time, so that no run goes on with another.
                let wall = began() + Duration::from_secs(100_000 * at) + Duration::from_millis(later);
                let clock = PlaybackClock { media: MediaTime::ZERO, instant, speed: Speed::default(), running: true };
                let due = |index: u32| wall + (clock.due(cues[index as usize].at).expect("it runs") - instant);
                if observed {
                    lap.reach(end, wall);
                } else if head < end {
                    lap.reach_by_clock(Run { cues: head..end, clock, wall }, cues);
                }
                plain.extend((head..end).map(|index| if observed { wall } else { due(index) }));
                head = end;
            }
            for (index, wall) in (0..).zip(plain) {
                let told = lap.emitted(index, cues[index as usize].at);
                let off = told.map(|told| signed_millis(wall, told));
                prop_assert!(off.is_some_and(|off| (-1..=1).contains(&off)), "{}: {:?} {:?}", index, told, wall);
            }
        }
    }
}
