//! The scores that one source has given for a match, one after another: the truth, or what was sent.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::GRACE;
use crate::football::Score;

/// The most spans that are kept. A score that is older than these counts as never right.
const MAX_SPANS: usize = 64;

/// A span of time in which a score was right.
#[derive(Debug, Clone)]
struct RightSpan {
    score: Score,
    /// Whether it became right because something was taken back.
    by_correction: bool,
    /// `None`: the score is right now.
    ended: Option<Instant>,
    /// Whether the app has shown the score within the span.
    shown: bool,
    /// For how long the app has shown a wrong score instead, within the present wrong period.
    unshown_for: Duration,
    /// Whether that was longer than a lag. Cleared once the app shows the score.
    overdue: bool,
}

/// A right score that the app should have shown for longer than the grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    pub score: Score,
    pub by_correction: bool,
}

/// The spans of one source in order. The last one is the current.
#[derive(Debug, Clone, Default)]
pub struct RightScores {
    spans: VecDeque<RightSpan>,
    /// How many spans are before those kept.
    dropped: u64,
    /// The number of the span that the app has reached. An app that follows the source with a delay shows the spans in order.
    reached: u64,
}

impl RightScores {
    /// The current score.
    pub fn score(&self) -> Option<Score> {
        self.spans.back().map(|span| span.score)
    }

    /// Whether the app has shown the current score since it is right.
    pub fn is_current_shown(&self) -> bool {
        self.spans.back().is_some_and(|span| span.shown)
    }

    /// The current score, if it is overdue.
    pub fn overdue(&self) -> Option<Overdue> {
        let span = self.spans.back().filter(|span| span.overdue)?;
        Some(Overdue { score: span.score, by_correction: span.by_correction })
    }

    /// Sets the current score. Returns the one before if it was overdue: the app can no longer show it in time.
    pub fn set(&mut self, score: Score, by_correction: bool, now: Instant) -> Option<Overdue> {
        if self.score() == Some(score) {
            return None;
        }
        let overdue = self.overdue();
        if let Some(span) = self.spans.back_mut() {
            span.ended = Some(now);
        }
        if self.spans.len() == MAX_SPANS {
            self.spans.pop_front();
            self.dropped += 1;
        }
        let (ended, shown, unshown_for) = (None, false, Duration::ZERO);
        self.spans.push_back(RightSpan { score, by_correction, ended, shown, unshown_for, overdue: false });
        overdue
    }

    /// Whether an app that follows this source in order, less than the grace behind, shows this score now. Remembers how far the
    /// app has come: the earliest span that explains what it shows, so that later ones stay possible.
    pub fn follow(&mut self, shown: Score, now: Instant) -> bool {
        let mut spans = (self.dropped..).zip(&self.spans);
        let found = spans.find(|(number, span)| {
            let recent = span.ended.is_none_or(|ended| now.saturating_duration_since(ended) < GRACE);
            *number >= self.reached && span.score == shown && recent
        });
        if let Some((number, _)) = found {
            self.reached = number;
        }
        found.is_some()
    }

    /// Whether this score is or was right.
    pub fn was_right(&self, score: Score) -> bool {
        self.spans.iter().any(|span| span.score == score)
    }

    /// When this score was right last, if it is not any more.
    pub fn right_until(&self, score: Score) -> Option<Instant> {
        self.spans.iter().rev().find(|span| span.score == score).and_then(|span| span.ended)
    }

    /// Notes that the app shows this score.
    pub fn note_shown(&mut self, score: Score) {
        if let Some(span) = self.spans.back_mut().filter(|span| span.score == score) {
            (span.shown, span.overdue) = (true, false);
        }
    }

    /// Begins a wrong period.
    pub fn begin_period(&mut self) {
        if let Some(span) = self.spans.back_mut() {
            (span.unshown_for, span.overdue) = (Duration::ZERO, false);
        }
    }

    /// Lets time of a wrong period pass. `may_be_overdue`: the app shows an older score, and one that is more than a lag behind.
    pub fn pass(&mut self, time: Duration, may_be_overdue: bool) {
        if let Some(span) = self.spans.back_mut() {
            span.unshown_for = span.unshown_for.saturating_add(time);
            span.overdue |= may_be_overdue && !span.shown && span.unshown_for >= GRACE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn score(home: u16, away: u16) -> Score {
        Score { home, away }
    }

    #[test]
    fn an_app_that_follows_in_order_is_explained_and_one_that_goes_back_is_not() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut scores = RightScores::default();
        for (goal, millis) in [(score(0, 0), 0), (score(0, 1), 300), (score(0, 0), 400)] {
            scores.set(goal, false, at(millis));
        }
        // Half a second behind: 0-0 is the first span, not the third, or 0-1 could not follow.
        assert!(scores.follow(score(0, 0), at(500)));
        assert!(scores.follow(score(0, 1), at(800)));
        assert!(scores.follow(score(0, 0), at(900)));
        assert!(!scores.follow(score(0, 1), at(950)), "back");
    }

    #[test]
    fn what_was_right_longer_ago_than_the_grace_explains_nothing() {
        let begin = Instant::now();
        let mut scores = RightScores::default();
        scores.set(score(0, 0), false, begin);
        scores.set(score(0, 1), false, begin);
        assert!(scores.clone().follow(score(0, 0), begin + GRACE - Duration::from_nanos(1)));
        assert!(!scores.follow(score(0, 0), begin + GRACE));
        assert_eq!(scores.right_until(score(0, 0)), Some(begin));
        assert_eq!(scores.right_until(score(0, 1)), None);
    }

    #[test]
    fn the_spans_are_bounded() {
        let begin = Instant::now();
        let mut scores = RightScores::default();
        for goals in 0..1_000 {
            scores.set(score(goals, 0), false, begin);
            assert!(scores.follow(score(goals, 0), begin));
        }
        assert_eq!((scores.spans.len(), scores.dropped), (MAX_SPANS, 1_000 - MAX_SPANS as u64));
        assert!(scores.was_right(score(999, 0)) && !scores.was_right(score(1, 0)));
    }
}
