//! Finds the matches nearest to a time without visiting all of them.

use super::{MediaTime, Track};

/// An index of matches by start and by end.
#[derive(Debug)]
pub(super) struct NearestMatches {
    /// Start and end of each match, by its index in [`Timeline::tracks`](super::Timeline::tracks).
    spans: Vec<(MediaTime, MediaTime)>,
    /// The matches by start, ascending.
    by_start: Vec<u16>,
    /// The running maximum of the ends, in the order of `by_start`.
    latest_end: Vec<MediaTime>,
    /// The matches by end, ascending.
    by_end: Vec<u16>,
}

impl NearestMatches {
    pub(super) fn new(tracks: &[Track]) -> Self {
        let span = |track: &Track| {
            let phases = track.layout.phases();
            let start = phases.first().map_or(MediaTime::ZERO, |phase| phase.from);
            (start, phases.last().map_or(start, |phase| phase.to).max(start))
        };
        Self::from_spans(tracks.iter().map(span).collect())
    }

    fn from_spans(spans: Vec<(MediaTime, MediaTime)>) -> Self {
        let of = |track: &u16| spans[usize::from(*track)];
        let mut by_start: Vec<u16> = (0..).take(spans.len()).collect();
        let mut by_end = by_start.clone();
        by_start.sort_by_key(|track| of(track).0);
        // Searched from the back: of matches that end together the lowest index comes first.
        by_end.sort_by_key(|track| (of(track).1, std::cmp::Reverse(*track)));
        let latest = by_start.iter().scan(MediaTime::ZERO, |latest, track| {
            *latest = of(track).1.max(*latest);
            Some(*latest)
        });
        Self { latest_end: latest.collect(), by_start, by_end, spans }
    }

    /// The `count` matches nearest to a time, by ascending index. Of equally near ones the lower indices are chosen.
    pub(super) fn find_nearest(&self, at: MediaTime, count: usize) -> Vec<u16> {
        let of = |track: &u16| self.spans[usize::from(*track)];
        let begun = self.by_start.partition_point(|track| of(track).0 <= at);
        let over = self.by_end.partition_point(|track| of(track).1 < at);
        let to_come = self.by_start[begun..].iter().take(count);
        let past = self.by_end[..over].iter().rev().take(count);
        // Backwards until all earlier matches have ended.
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
        fn the_nearest_are_those_that_a_full_search_finds(
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
            prop_assert_eq!(NearestMatches::from_spans(spans).find_nearest(at, count), all);
        }
    }
}
