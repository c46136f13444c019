//! Which matches are nearest to a moment, found without a look at all of them.

use super::{MediaTime, Track};

/// Where the matches lie in time, in two orders.
#[derive(Debug)]
pub(super) struct Nearest {
    /// When each match begins and ends, by its place in [`Timeline::tracks`](super::Timeline::tracks).
    spans: Vec<(MediaTime, MediaTime)>,
    /// The matches, those that begin early first.
    by_start: Vec<u16>,
    /// For each of `by_start` the latest end of it and of those before it.
    latest_end: Vec<MediaTime>,
    /// The matches, those that end early first.
    by_end: Vec<u16>,
}

impl Nearest {
    pub(super) fn new(tracks: &[Track]) -> Self {
        let span = |track: &Track| {
            let phases = track.layout.phases();
            let start = phases.first().map_or(MediaTime::ZERO, |phase| phase.from);
            (start, phases.last().map_or(start, |phase| phase.to).max(start))
        };
        Self::of(tracks.iter().map(span).collect())
    }

    fn of(spans: Vec<(MediaTime, MediaTime)>) -> Self {
        let of = |track: &u16| spans[usize::from(*track)];
        let mut by_start: Vec<u16> = (0..).take(spans.len()).collect();
        let mut by_end = by_start.clone();
        by_start.sort_by_key(|track| of(track).0);
        // Of those that end together the lowest is found first, from the back.
        by_end.sort_by_key(|track| (of(track).1, std::cmp::Reverse(*track)));
        let latest = by_start.iter().scan(MediaTime::ZERO, |latest, track| {
            *latest = of(track).1.max(*latest);
            Some(*latest)
        });
        Self { latest_end: latest.collect(), by_start, by_end, spans }
    }

    /// The `count` matches nearest to a moment, in order of their places. Of those equally near the first ones count.
    pub(super) fn at(&self, at: MediaTime, count: usize) -> Vec<u16> {
        let of = |track: &u16| self.spans[usize::from(*track)];
        let begun = self.by_start.partition_point(|track| of(track).0 <= at);
        let over = self.by_end.partition_point(|track| of(track).1 < at);
        let to_come = self.by_start[begun..].iter().take(count);
        let past = self.by_end[..over].iter().rev().take(count);
        // Back to where all have ended that began earlier.
        let on = self.by_start[..begun].iter().zip(&self.latest_end).rev().take_while(|(_, latest)| **latest >= at);
        let on = on.map(|(track, _)| track).filter(|track| of(track).1 >= at);
        let mut near: Vec<u16> = on.chain(to_come).chain(past).copied().collect();
        if near.len() > count {
            near.select_nth_unstable_by_key(count, |track| {
                let (start, end) = of(track);
                ((start - at).max(at - end).as_nanos().max(0), *track)
            });
            near.truncate(count);
        }
        near.sort_unstable();
        near
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_nearest_are_those_that_a_look_at_all_would_find(
            spans in prop::collection::vec((-50i64..500, 0i64..90), 0..60), at in -80i64..600, count in 0usize..30,
        ) {
            let spans: Vec<_> = spans
                .into_iter()
                .map(|(start, length)| (MediaTime::from_millis(start), MediaTime::from_millis(start + length)))
                .collect();
            let at = MediaTime::from_millis(at);
            let mut all: Vec<u16> = (0..).take(spans.len()).collect();
            all.sort_by_key(|track| {
                let (start, end) = spans[usize::from(*track)];
                (start - at).max(at - end).as_nanos().max(0)
            });
            all.truncate(count);
            all.sort_unstable();
            prop_assert_eq!(Nearest::of(spans).at(at, count), all);
        }
    }
}
