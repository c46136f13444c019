//! When cues were emitted: for subscribers that want every event stamped.
//!
//! A later subscriber may ask for stamps, so every replay keeps the times: some three bytes for each wake. For cues that came
//! due while the replay was idle it keeps the clock from which their times follow.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use crate::playback::{PlaybackClock, Playhead, Release};
use crate::scenario::{Cue, MediaTime};

/// The distance between two checkpoints, in entries: the most entries that a look-up decodes.
const STRIDE: usize = 64;
/// Runs of fewer cues are stored cue by cue, which takes less memory.
const MIN_PUNCTUAL_CUES: u32 = 8;
/// The most by which the system's clock may be corrected within a run of cues.
const CORRECTION: Duration = Duration::from_millis(10);

/// The emission times of the present epoch and the one before.
#[derive(Debug)]
pub(super) struct EmissionLog {
    current: EpochLog,
    before: EpochLog,
    /// The limit for each of the two, in bytes, about. Beyond it the earliest cues are forgotten.
    most: usize,
}

/// How many cues had been released, and when: in milliseconds after the beginning of the epoch, negative where the system's
/// clock has been put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct EmissionEntry {
    head: u32,
    millis: i64,
}

/// Cues that were emitted exactly when they were due by one clock.
#[derive(Debug)]
struct PunctualRange {
    cues: Range<u32>,
    clock: PlaybackClock,
    /// The wall-clock time of the clock's instant.
    wall: SystemTime,
}

impl PunctualRange {
    fn emitted_at(&self, at: MediaTime) -> Option<SystemTime> {
        self.wall.checked_add(self.clock.due_at(at)?.saturating_duration_since(self.clock.instant))
    }

    /// Whether a later run continues this one by the same clock.
    fn continues_with(&self, next: &Self) -> bool {
        let off = next.wall.duration_since(self.wall).unwrap_or_else(|error| error.duration());
        self.cues.end == next.cues.start && self.clock == next.clock && off <= CORRECTION
    }
}

#[derive(Debug, Default)]
struct EpochLog {
    epoch: u64,
    began: Option<SystemTime>,
    last: Option<EmissionEntry>,
    /// The entries after the first, each as the difference to the one before: two variable-length integers.
    steps: Vec<u8>,
    entries: usize,
    /// Checkpoints: each `STRIDE`th entry, and the offset in `steps` at which the next begins.
    checkpoints: Vec<(EmissionEntry, usize)>,
    /// In order. Runs override the entries of their cues.
    runs: Vec<PunctualRange>,
    /// Cues before this one have been forgotten.
    forgotten: u32,
}

impl EpochLog {
    fn new(epoch: u64, start: u32, began: SystemTime) -> Self {
        let mut log = Self { epoch, began: Some(began), ..Self::default() };
        // Cues before the start of an epoch count as emitted when it began.
        log.push(start, began);
        log
    }

    /// The number of cues emitted.
    fn head(&self) -> u32 {
        let run = self.runs.last().map_or(0, |run| run.cues.end);
        self.last.map_or(run, |last| last.head.max(run))
    }

    /// Records that cues up to `head` had been emitted at a time.
    fn push(&mut self, head: u32, wall: SystemTime) {
        let millis = self.began.map_or(0, |began| signed_millis_between(began, wall));
        match self.last {
            Some(_) if head <= self.head() => return,
            Some(last) => {
                write_varint(&mut self.steps, (head - last.head).into());
                write_varint(&mut self.steps, zigzag_encode(millis.saturating_sub(last.millis)));
            }
            None => {}
        }
        self.last = Some(EmissionEntry { head, millis });
        if self.entries.is_multiple_of(STRIDE) {
            self.checkpoints.extend(self.last.map(|entry| (entry, self.steps.len())));
        }
        self.entries += 1;
    }

    /// Records a run of cues, one by one where it is short.
    fn push_run(&mut self, run: PunctualRange, cues: &[Cue]) {
        if let Some(last) = self.runs.last_mut().filter(|last| last.continues_with(&run)) {
            last.cues.end = run.cues.end;
        } else if run.cues.len() < MIN_PUNCTUAL_CUES as usize {
            for index in run.cues.clone() {
                if let Some(wall) = cues.get(index as usize).and_then(|cue| run.emitted_at(cue.at)) {
                    self.push(index + 1, wall);
                }
            }
        } else {
            self.runs.push(run);
        }
    }

    /// Forgets the earlier half if there are more than `most` bytes.
    fn drop_oldest_beyond(&mut self, most: usize) {
        if self.steps.len() > most
            && let Some((entry, from)) = self.checkpoints.get(self.checkpoints.len() / 2).copied()
        {
            self.checkpoints.drain(..self.checkpoints.len() / 2);
            self.checkpoints.iter_mut().for_each(|(_, at)| *at -= from);
            self.steps.drain(..from);
            self.forgotten = self.forgotten.max(entry.head);
        }
        if self.runs.len() > most / size_of::<PunctualRange>() {
            let gone = self.runs.drain(..self.runs.len() / 2).next_back();
            self.forgotten = self.forgotten.max(gone.map_or(0, |run| run.cues.end));
        }
    }

    fn emitted_at(&self, index: u32, at: MediaTime) -> Option<SystemTime> {
        let began = self.began.filter(|_| index >= self.forgotten)?;
        let run = self.runs.partition_point(|run| run.cues.end <= index);
        if let Some(run) = self.runs.get(run).filter(|run| run.cues.contains(&index)) {
            // To the millisecond, like entries.
            return Some(offset_by_millis(began, signed_millis_between(began, run.emitted_at(at)?)));
        }
        // The last checkpoint before the cue, or the first of all.
        let checkpoint = self.checkpoints.partition_point(|(entry, _)| entry.head <= index).saturating_sub(1);
        let (mut entry, from) = *self.checkpoints.get(checkpoint)?;
        let mut steps = self.steps.get(from..)?;
        while entry.head <= index {
            let (head, millis) =
                (u32::try_from(read_varint(&mut steps)?).ok()?, zigzag_decode(read_varint(&mut steps)?));
            entry = EmissionEntry { head: entry.head.checked_add(head)?, millis: entry.millis.saturating_add(millis) };
        }
        Some(offset_by_millis(began, entry.millis))
    }
}

/// The milliseconds from one time to another.
fn signed_millis_between(from: SystemTime, to: SystemTime) -> i64 {
    let millis = |by: Duration| i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    match to.duration_since(from) {
        Ok(later) => millis(later),
        // Rounded down like positive ones.
        Err(earlier) => -millis(earlier.duration() + Duration::from_nanos(999_999)),
    }
}

fn offset_by_millis(time: SystemTime, millis: i64) -> SystemTime {
    let by = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 { time.checked_sub(by) } else { time.checked_add(by) }.unwrap_or(time)
}

/// Zigzag encoding: maps 0, -1, 1, -2, 2 to 0, 1, 2, 3, 4.
fn zigzag_encode(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn zigzag_decode(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// The least number of bytes by which a list grows. It grows by a quarter, because many lists are kept.
const MIN_GROWTH: usize = 64;
/// The most bytes of an encoded number.
const MAX_VARINT: usize = 10;

/// Appends a LEB128 number: seven bits a byte, the lowest first; all bytes but the last have their highest bit set.
fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    if out.capacity() - out.len() < MAX_VARINT {
        out.reserve_exact((out.len() / 4).max(MIN_GROWTH));
    }
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
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

impl EmissionLog {
    /// An empty log with a limit of `most` bytes for each epoch.
    pub(super) fn with_limit(most: usize) -> Self {
        Self { current: EpochLog::default(), before: EpochLog::default(), most }
    }

    /// Records that playback has reached the playhead just now.
    pub(super) fn record(&mut self, playhead: &Playhead, wall: SystemTime) {
        if self.current.epoch != playhead.epoch {
            // One wake may have emitted a lap to its end and begun the next.
            let rest = playhead.previous_lap.filter(|previous_lap| previous_lap.epoch == self.current.epoch);
            if let Some(previous_lap) = rest {
                self.current.push(previous_lap.head, wall);
            }
            self.start_epoch(EpochLog::new(playhead.epoch, playhead.start, wall));
        }
        self.current.push(playhead.head, wall);
        self.current.drop_oldest_beyond(self.most);
    }

    /// Records cues that were emitted exactly when they were due. `wall` is the wall-clock time of the clock's instant.
    pub(super) fn record_due(&mut self, release: &Release, wall: SystemTime, cues: &[Cue]) {
        if self.current.epoch != release.epoch {
            self.start_epoch(EpochLog::new(release.epoch, release.cues.start, wall));
        }
        self.current.push_run(PunctualRange { cues: release.cues.clone(), clock: release.clock, wall }, cues);
        self.current.drop_oldest_beyond(self.most);
    }

    fn start_epoch(&mut self, log: EpochLog) {
        self.before = std::mem::replace(&mut self.current, log);
    }

    /// When a cue of an epoch with media time `at` was emitted; known of the present epoch and the one before.
    pub(super) fn emitted_at(&self, epoch: u64, index: u32, at: MediaTime) -> Option<SystemTime> {
        [&self.current, &self.before].into_iter().find(|log| log.epoch == epoch)?.emitted_at(index, at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::playback::{Playback, PlaybackOptions, Speed};
    use crate::scenario::{SHIPPED, Timeline};

    fn began() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200)
    }

    #[test]
    fn times_survive_a_clock_that_is_put_back_and_a_lap_of_months() {
        let mut log = EpochLog::new(1, 0, began());
        let day = 86_400_000;
        let moments = [0, 5, -3_600_000, -3_599_990, 60 * day, 60 * day - 7, 400 * day];
        for (index, millis) in (0..).zip(moments) {
            log.push(index + 1, offset_by_millis(began(), millis));
        }
        for (index, millis) in (0..).zip(moments) {
            assert_eq!(log.emitted_at(index, MediaTime::ZERO), Some(offset_by_millis(began(), millis)), "{index}");
        }
    }

    #[test]
    fn an_unobserved_lap_is_one_run() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let cues = timeline.cues();
        let clock = PlaybackClock {
            media: MediaTime::ZERO,
            instant: Instant::now(),
            speed: Speed::new(60.0).expect("a speed"),
            running: true,
        };
        let mut emissions = EmissionLog::with_limit(usize::MAX);
        let release = |cues: Range<u32>| Release { epoch: 4, cues, clock };
        // Some 300 ns of drift each time, as two readings of two clocks have it.
        for (at, from) in (0..).zip((0..80).step_by(20)) {
            emissions.record_due(&release(from..from + 20), began() + Duration::from_nanos(300 * at), cues);
        }
        assert_eq!((emissions.current.runs.len(), emissions.current.steps.len()), (1, 0));
        // The system's clock is set an hour forward.
        emissions.record_due(&release(80..90), began() + Duration::from_secs(3_600), cues);
        let expected = |cue: &Cue, wall: SystemTime| {
            let due = clock.due_at(cue.at).expect("it runs") - clock.instant;
            Some(wall + Duration::from_millis(due.as_millis() as u64))
        };
        for (index, cue) in (0..).zip(cues).take(90) {
            let wall = if index < 80 { began() } else { began() + Duration::from_secs(3_600) };
            assert_eq!(emissions.emitted_at(4, index, cue.at), expected(cue, wall), "{index}");
        }
        assert_eq!(emissions.emitted_at(4, 90, cues[90].at), None);
    }

    #[test]
    fn beyond_its_bound_the_earliest_are_forgotten() {
        let mut emissions = EmissionLog::with_limit(4_096);
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let playback = Playback::new(&timeline, PlaybackOptions::default(), Instant::now()).expect("a playback");
        let mut playhead = playback.playhead();
        for head in 0..10_000 {
            playhead.head = head;
            emissions.record(&playhead, offset_by_millis(began(), i64::from(head) * 300));
        }
        let log = &emissions.current;
        assert!(log.steps.len() <= 4_096 && log.forgotten > 7_000 && log.forgotten < 9_900, "{}", log.forgotten);
        for index in 0..9_999 {
            let known = (index >= log.forgotten).then(|| offset_by_millis(began(), i64::from(index + 1) * 300));
            assert_eq!(emissions.emitted_at(playhead.epoch, index, MediaTime::ZERO), known, "{index}");
        }
    }

    proptest! {
        #[test]
        fn every_cue_is_emitted_when_the_head_passed_it(
            start in 0u32..100,
            steps in prop::collection::vec((0u32..300, -1_000i64..2_000_000), 0..300),
        ) {
            let mut log = EpochLog::new(1, start, began());
            let mut plain = vec![(start, 0)];
            for (more, later) in steps {
                let (head, millis) = plain[plain.len() - 1];
                log.push(head + more, offset_by_millis(began(), millis + later));
                if more > 0 {
                    plain.push((head + more, millis + later));
                }
            }
            let end = plain[plain.len() - 1].0;
            let mut from = 0;
            for (head, millis) in plain {
                for index in [from, head.saturating_sub(1)].into_iter().filter(|index| (from..head).contains(index)) {
                    prop_assert_eq!(log.emitted_at(index, MediaTime::ZERO), Some(offset_by_millis(began(), millis)), "{}", index);
                }
                from = head;
            }
            prop_assert_eq!(log.emitted_at(end, MediaTime::ZERO), None);
        }

        #[test]
        fn observed_and_unobserved_cues_keep_their_times(
            pieces in prop::collection::vec((any::<bool>(), 1u32..30, 0u64..5_000), 1..20),
        ) {
            let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
            let cues = timeline.cues();
            let instant = Instant::now();
            let mut log = EpochLog::new(1, 0, began());
            let (mut head, mut plain) = (0, Vec::new());
            for (at, (observed, count, later)) in (0..).zip(pieces) {
                let end = (head + count).min(cues.len() as u32);
                // A clock of its own each time, so that no run continues another.
                let wall = began() + Duration::from_secs(100_000 * at) + Duration::from_millis(later);
                let clock = PlaybackClock { media: MediaTime::ZERO, instant, speed: Speed::default(), running: true };
                let due = |index: u32| wall + (clock.due_at(cues[index as usize].at).expect("it runs") - instant);
                if observed {
                    log.push(end, wall);
                } else if head < end {
                    log.push_run(PunctualRange { cues: head..end, clock, wall }, cues);
                }
                plain.extend((head..end).map(|index| if observed { wall } else { due(index) }));
                head = end;
            }
            for (index, wall) in (0..).zip(plain) {
                let stored = log.emitted_at(index, cues[index as usize].at);
                let off = stored.map(|stored| signed_millis_between(wall, stored));
                prop_assert!(off.is_some_and(|off| (-1..=1).contains(&off)), "{}: {:?} {:?}", index, stored, wall);
            }
        }
    }
}
