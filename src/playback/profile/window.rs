//! Pace rules applied to one window of a timeline: the edges between which the speed is constant, and the speeds.

use std::ops::Range;

use crate::playback::pace::Pace;
use crate::playback::speed::Speed;
use crate::scenario::{Cue, MediaTime, Timeline};

/// The least media time.
pub(in crate::playback) const EARLIEST: MediaTime = MediaTime::from_nanos(i64::MIN);
/// The greatest media time.
pub(in crate::playback) const LATEST: MediaTime = MediaTime::from_nanos(i64::MAX);

/// A window of a timeline under pace rules, for any nominal speed.
///
/// Every rule can be applied within the window, and the resulting speed at a moment does not depend on which window
/// contains it. A window begins and ends at cues and outside breaks, so every stretch that a cap shortens lies
/// completely inside. Overlapping slowdowns of one rule are merged, so events outside the window add no edges to it.
#[derive(Debug)]
pub(in crate::playback) struct PaceWindow {
    /// Where the speeds are known. An end of [`LATEST`] means: up to the timeline's end and beyond.
    pub range: Range<MediaTime>,
    /// Where the speed may change, in order and without duplicates.
    edges: Vec<MediaTime>,
    /// The maximum speed from each edge on.
    max_speed: Vec<f64>,
    /// The breaks to shorten, as ranges of edges, and the cap in nanoseconds.
    breaks: (Vec<Range<usize>>, f64),
    /// The edges at the cues whose waits are to be shortened, and the cap in nanoseconds.
    waits: (Vec<usize>, f64),
}

impl PaceWindow {
    /// The window from `from` to `until` plus `ahead` distinct cue times, at least one. It grows at both ends where it
    /// would begin or end in a break.
    pub fn covering(timeline: &Timeline, pace: &Pace, from: MediaTime, until: MediaTime, ahead: usize) -> Self {
        let breaks = if pace.break_.is_some() { timeline.breaks() } else { &[] };
        let break_at = |at: MediaTime| {
            let found = breaks.get(breaks.partition_point(|stretch| stretch.end <= at));
            found.filter(|stretch| stretch.start < at)
        };
        let mut start = latest_cue_time(timeline, from);
        while let Some(stretch) = start.and_then(break_at) {
            start = latest_cue_time(timeline, stretch.start);
        }
        let start = start.unwrap_or(EARLIEST);
        let (mut cue_times, mut beyond, mut end) = (Vec::new(), 0, LATEST);
        for at in CueTimes::from(timeline, start) {
            cue_times.push(at);
            beyond += usize::from(at > until);
            if beyond >= ahead.max(1) && break_at(at).is_none() {
                end = at;
                break;
            }
        }
        let first = breaks.partition_point(|stretch| stretch.end <= start);
        let breaks = &breaks[first..first + count_leading(&breaks[first..], |stretch| stretch.start < end)];
        Self::build(timeline, pace, start..end, breaks, &cue_times)
    }

    fn build(
        timeline: &Timeline,
        pace: &Pace,
        range: Range<MediaTime>,
        breaks: &[Range<MediaTime>],
        cue_times: &[MediaTime],
    ) -> Self {
        let cue_times = if pace.gap.is_some() { cue_times } else { &[] };
        let slowdowns = slowdowns(timeline, pace, &range);
        let stretches = breaks.iter().chain(slowdowns.iter().map(|(stretch, _)| stretch));
        let mut edges: Vec<MediaTime> = cue_times.to_vec();
        edges.extend(stretches.flat_map(|stretch| [stretch.start, stretch.end]));
        // The input is a sequence of sorted runs, which a stable sort merges fast.
        edges.sort();
        edges.dedup();
        let pieces = |stretch: &Range<MediaTime>| {
            let piece = |at: MediaTime| edges.partition_point(|edge| *edge < at);
            piece(stretch.start)..piece(stretch.end)
        };
        let mut max_speed = vec![f64::INFINITY; edges.len()];
        for (stretch, speed) in &slowdowns {
            max_speed[pieces(stretch)].iter_mut().for_each(|max| *max = max.min(*speed));
        }
        let breaks = breaks.iter().map(pieces).collect();
        let mut edge_index = 0;
        let waits = cue_times.iter().map(|at| {
            edge_index += count_leading(&edges[edge_index..], |edge| edge < at);
            edge_index
        });
        let waits = waits.collect();
        let nanos = |cap: Option<_>| cap.map_or(f64::INFINITY, |cap: crate::scenario::Span| cap.as_nanos() as f64);
        Self { range, max_speed, breaks: (breaks, nanos(pace.break_)), waits: (waits, nanos(pace.gap)), edges }
    }

    /// Computes the speed from each edge on, at a nominal speed.
    pub fn fill_speeds(&self, nominal: f64, speeds: &mut Vec<f64>) {
        speeds.clear();
        speeds.extend(self.max_speed.iter().map(|max| nominal.min(*max)));
        // Caps apply last. They only shorten, so one cap never invalidates another.
        for pieces in &self.breaks.0 {
            self.shorten(pieces.clone(), self.breaks.1, speeds);
        }
        for pair in self.waits.0.windows(2) {
            self.shorten(pair[0]..pair[1], self.waits.1, speeds);
        }
    }

    /// Speeds a stretch up uniformly if it takes longer than `cap` nanoseconds of wall time.
    fn shorten(&self, pieces: Range<usize>, cap: f64, speeds: &mut [f64]) {
        let length = |piece: usize| (self.edges[piece + 1] - self.edges[piece]).as_nanos() as f64;
        let wall: f64 = pieces.clone().map(|piece| length(piece) / speeds[piece]).sum();
        if wall > cap {
            speeds[pieces].iter_mut().for_each(|speed| *speed *= wall / cap);
        }
    }

    /// When the speed changes and to what, in order; no two neighbours have the same speed. Before the first, the
    /// nominal speed is in effect.
    pub fn speed_changes(&self, nominal: Speed, speeds: &[f64]) -> impl Iterator<Item = (MediaTime, Speed)> {
        let mut before = nominal;
        let pieces = self.edges.iter().zip(speeds).take_while(|(from, _)| **from < self.range.end);
        let pieces = pieces.map(|(from, speed)| (*from, Speed::from_pace_factor(*speed)));
        pieces.filter(move |(_, speed)| std::mem::replace(&mut before, *speed) != *speed)
    }
}

/// The slowdowns in a window, each with its maximum speed. Those of one rule do not touch each other.
fn slowdowns(timeline: &Timeline, pace: &Pace, range: &Range<MediaTime>) -> Vec<(Range<MediaTime>, f64)> {
    let at_of = |place: &u32| timeline.true_cues()[*place as usize].at;
    let mut slowdowns: Vec<(Range<MediaTime>, f64)> = Vec::new();
    for slowdown in &pace.slowdowns {
        let own = slowdowns.len();
        let max_speed = slowdown.speed.factor().unwrap_or(f64::INFINITY);
        let mut events = timeline.cues_of_type(&slowdown.events, None);
        events = &events[events.partition_point(|place| at_of(place) <= range.start)..];
        // Of the events beyond the window only the first matters, since all have the same lead.
        while let Some(at) = events.first().map(at_of) {
            let stretch = (at - slowdown.lead).max(range.start)..at.min(range.end);
            match slowdowns[own..].last_mut() {
                Some((last, _)) if stretch.start <= last.end => last.end = stretch.end,
                _ if stretch.start < stretch.end => slowdowns.push((stretch, max_speed)),
                _ => {}
            }
            if at >= range.end {
                break;
            }
            events = &events[count_leading(events, |place| at_of(place) <= at)..];
        }
    }
    slowdowns
}

/// The latest cue time at or before `at`. The timeline's beginning and end count as cue times.
fn latest_cue_time(timeline: &Timeline, at: MediaTime) -> Option<MediaTime> {
    let cue = || timeline.cues()[..timeline.index_after(at)].last().map_or(MediaTime::ZERO, |cue| cue.at);
    match at {
        _ if at < MediaTime::ZERO => None,
        _ if at >= timeline.length() => Some(timeline.length().max(MediaTime::ZERO)),
        _ => Some(cue()),
    }
}

/// The distinct cue times from a moment on, in order. The timeline's beginning and end count as cue times.
struct CueTimes<'a> {
    beginning: Option<MediaTime>,
    cues: &'a [Cue],
    end: Option<MediaTime>,
}

impl<'a> CueTimes<'a> {
    fn from(timeline: &'a Timeline, at: MediaTime) -> Self {
        let of_interest = |moment: &MediaTime| *moment >= at;
        Self {
            beginning: Some(MediaTime::ZERO).filter(of_interest),
            cues: &timeline.cues()[timeline.index_before(at)..],
            end: Some(timeline.length()).filter(of_interest),
        }
    }
}

impl Iterator for CueTimes<'_> {
    type Item = MediaTime;

    fn next(&mut self) -> Option<MediaTime> {
        let cue = self.cues.first().map(|cue| cue.at);
        let next = [self.beginning, cue, self.end].into_iter().flatten().min()?;
        self.beginning.take_if(|beginning| *beginning <= next);
        self.cues = &self.cues[count_leading(self.cues, |cue| cue.at <= next)..];
        self.end.take_if(|end| *end <= next);
        Some(next)
    }
}

/// How many items at the front satisfy `wanted`. Fast if they are few of many.
fn count_leading<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> usize {
    let near = items.len().min(8);
    match items[..near].iter().position(|item| !wanted(item)) {
        Some(count) => count,
        None => near + items[near..].partition_point(wanted),
    }
}
