//! Pace rules laid over a part of a timeline: where they may begin or cease to hold, and the speeds between those moments.

use std::ops::Range;

use crate::playback::pace::Pace;
use crate::playback::speed::Speed;
use crate::scenario::{Cue, MediaTime, Timeline};

/// The least of all media times.
pub(in crate::playback) const FIRST: MediaTime = MediaTime::from_nanos(i64::MIN);
/// The greatest.
pub(in crate::playback) const LAST: MediaTime = MediaTime::from_nanos(i64::MAX);

/// A part of a timeline under pace rules, for any nominal speed.
///
/// No rule needs more than this part to be applied in it, and what it makes of a moment does not depend on which part is
/// looked at: a part begins and ends at cues and in no break, so that every stretch that a cap shortens lies in it as a
/// whole; and the stretches before events are joined where they overlap, so that events beyond the part add no edges to it.
#[derive(Debug)]
pub(in crate::playback) struct Draft {
    /// Where the speeds are known: up to the timeline's end and beyond where that is [`LAST`].
    pub range: Range<MediaTime>,
    /// In order, each once.
    edges: Vec<MediaTime>,
    /// The speed not to exceed from each edge on.
    most: Vec<f64>,
    /// The breaks to be shortened, by their edges, and to how many nanoseconds.
    breaks: (Vec<Range<usize>>, f64),
    /// The edges between which lie the waits to be shortened, and to how many nanoseconds.
    waits: (Vec<usize>, f64),
}

impl Draft {
    /// The part from `from` to `until` and so many moments of cues beyond, at least one; longer at both ends if it lies in
    /// a break there.
    pub fn around(timeline: &Timeline, pace: &Pace, from: MediaTime, until: MediaTime, ahead: usize) -> Self {
        let breaks = if pace.break_.is_some() { timeline.breaks() } else { &[] };
        let around = |at: MediaTime| {
            let found = breaks.get(breaks.partition_point(|stretch| stretch.end <= at));
            found.filter(|stretch| stretch.start < at)
        };
        let mut start = moment_by(timeline, from);
        while let Some(stretch) = start.and_then(around) {
            start = moment_by(timeline, stretch.start);
        }
        let start = start.unwrap_or(FIRST);
        let (mut moments, mut beyond, mut end) = (Vec::new(), 0, LAST);
        for at in Moments::from(timeline, start) {
            moments.push(at);
            beyond += usize::from(at > until);
            if beyond >= ahead.max(1) && around(at).is_none() {
                end = at;
                break;
            }
        }
        let first = breaks.partition_point(|stretch| stretch.end <= start);
        let breaks = &breaks[first..first + passed(&breaks[first..], |stretch| stretch.start < end)];
        Self::laid(timeline, pace, start..end, breaks, &moments)
    }

    fn laid(
        timeline: &Timeline,
        pace: &Pace,
        range: Range<MediaTime>,
        breaks: &[Range<MediaTime>],
        moments: &[MediaTime],
    ) -> Self {
        let moments = if pace.gap.is_some() { moments } else { &[] };
        let slower = slower(timeline, pace, &range);
        let stretches = breaks.iter().chain(slower.iter().map(|(stretch, _)| stretch));
        let mut edges: Vec<MediaTime> = moments.to_vec();
        edges.extend(stretches.flat_map(|stretch| [stretch.start, stretch.end]));
        // Sorted runs one after the other, which is what a stable sort is good at.
        edges.sort();
        edges.dedup();
        let pieces = |stretch: &Range<MediaTime>| {
            let piece = |at: MediaTime| edges.partition_point(|edge| *edge < at);
            piece(stretch.start)..piece(stretch.end)
        };
        let mut most = vec![f64::INFINITY; edges.len()];
        for (stretch, speed) in &slower {
            most[pieces(stretch)].iter_mut().for_each(|most| *most = most.min(*speed));
        }
        let breaks = breaks.iter().map(pieces).collect();
        let mut place = 0;
        let waits = moments.iter().map(|at| {
            place += passed(&edges[place..], |edge| edge < at);
            place
        });
        let waits = waits.collect();
        let nanos = |cap: Option<_>| cap.map_or(f64::INFINITY, |cap: crate::scenario::Span| cap.as_nanos() as f64);
        Self { range, most, breaks: (breaks, nanos(pace.break_)), waits: (waits, nanos(pace.gap)), edges }
    }

    /// The speed from each edge on, at a nominal speed.
    pub fn speeds(&self, nominal: f64, speeds: &mut Vec<f64>) {
        speeds.clear();
        speeds.extend(self.most.iter().map(|most| nominal.min(*most)));
        // Caps come last, and only ever make a stretch shorter, so each holds whichever was first.
        for pieces in &self.breaks.0 {
            self.shorten(pieces.clone(), self.breaks.1, speeds);
        }
        for pair in self.waits.0.windows(2) {
            self.shorten(pair[0]..pair[1], self.waits.1, speeds);
        }
    }

    /// Speeds a stretch up, all of it alike, if it takes longer than `cap` on the wall.
    fn shorten(&self, pieces: Range<usize>, cap: f64, speeds: &mut [f64]) {
        let length = |piece: usize| (self.edges[piece + 1] - self.edges[piece]).as_nanos() as f64;
        let wall: f64 = pieces.clone().map(|piece| length(piece) / speeds[piece]).sum();
        if wall > cap {
            speeds[pieces].iter_mut().for_each(|speed| *speed *= wall / cap);
        }
    }

    /// From when another speed holds, in order, no two neighbours alike. Before the first it is the nominal one.
    pub fn pieces(&self, nominal: Speed, speeds: &[f64]) -> impl Iterator<Item = (MediaTime, Speed)> {
        let mut before = nominal;
        let pieces = self.edges.iter().zip(speeds).take_while(|(from, _)| **from < self.range.end);
        let pieces = pieces.map(|(from, speed)| (*from, Speed::effective(*speed)));
        pieces.filter(move |(_, speed)| std::mem::replace(&mut before, *speed) != *speed)
    }
}

/// The stretches before events in a part of a timeline, each with the speed not to exceed in it. Those of one rule do not
/// touch each other.
fn slower(timeline: &Timeline, pace: &Pace, range: &Range<MediaTime>) -> Vec<(Range<MediaTime>, f64)> {
    let at_of = |place: &u32| timeline.cues()[*place as usize].at;
    let mut slower: Vec<(Range<MediaTime>, f64)> = Vec::new();
    for before in &pace.before {
        let own = slower.len();
        let most = before.speed.factor().unwrap_or(f64::INFINITY);
        let mut events = timeline.cues_of_type(&before.events, None);
        events = &events[events.partition_point(|place| at_of(place) <= range.start)..];
        // Of those beyond the part only the first matters: all have the same lead.
        while let Some(at) = events.first().map(at_of) {
            let stretch = (at - before.lead).max(range.start)..at.min(range.end);
            match slower[own..].last_mut() {
                Some((last, _)) if stretch.start <= last.end => last.end = stretch.end,
                _ if stretch.start < stretch.end => slower.push((stretch, most)),
                _ => {}
            }
            if at >= range.end {
                break;
            }
            events = &events[passed(events, |place| at_of(place) <= at)..];
        }
    }
    slower
}

/// The latest moment of a cue by then; a timeline's beginning and end count as such.
fn moment_by(timeline: &Timeline, at: MediaTime) -> Option<MediaTime> {
    let cue = || timeline.cues()[..timeline.index_after(at)].last().map_or(MediaTime::ZERO, |cue| cue.at);
    match at {
        _ if at < MediaTime::ZERO => None,
        _ if at >= timeline.length() => Some(timeline.length().max(MediaTime::ZERO)),
        _ => Some(cue()),
    }
}

/// The moments of cues from one on, in order, each once; a timeline's beginning and end are among them.
struct Moments<'a> {
    beginning: Option<MediaTime>,
    cues: &'a [Cue],
    end: Option<MediaTime>,
}

impl<'a> Moments<'a> {
    fn from(timeline: &'a Timeline, at: MediaTime) -> Self {
        let of_interest = |moment: &MediaTime| *moment >= at;
        Self {
            beginning: Some(MediaTime::ZERO).filter(of_interest),
            cues: &timeline.cues()[timeline.index_before(at)..],
            end: Some(timeline.length()).filter(of_interest),
        }
    }
}

impl Iterator for Moments<'_> {
    type Item = MediaTime;

    fn next(&mut self) -> Option<MediaTime> {
        let cue = self.cues.first().map(|cue| cue.at);
        let next = [self.beginning, cue, self.end].into_iter().flatten().min()?;
        self.beginning.take_if(|beginning| *beginning <= next);
        self.cues = &self.cues[passed(self.cues, |cue| cue.at <= next)..];
        self.end.take_if(|end| *end <= next);
        Some(next)
    }
}

/// How many items lie before, where that is likely to be few of many.
fn passed<T>(items: &[T], before: impl Fn(&T) -> bool) -> usize {
    let near = items.len().min(8);
    match items[..near].iter().position(|item| !before(item)) {
        Some(passed) => passed,
        None => near + items[near..].partition_point(before),
    }
}
