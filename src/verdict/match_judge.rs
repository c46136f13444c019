//! Judges one match of one client: compares what is shown with what is right whenever either changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::GRACE;
use super::right_scores::{Overdue, RightScores};
use super::shown::Shown;
use super::wrong_period::{Reason, WrongPeriod};
use crate::football::{MatchId, Score};

/// The most overdue scores that are remembered in one wrong period; it has one reason whatever their number.
const MAX_OVERDUE: usize = 16;

/// Which of the two sources of right scores changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightSource {
    Truth,
    Sent,
}

/// What a client shows of a match.
#[derive(Debug, Clone)]
struct OnScreen {
    score: Score,
    n: Option<u32>,
}

/// A wrong period that has not ended.
#[derive(Debug, Clone)]
struct OpenPeriod {
    from: Instant,
    clock: Option<Arc<str>>,
    /// What was shown and right when the reason arose.
    shown: OnScreen,
    truth: Option<Score>,
    sent: Option<Score>,
    /// The reason known so far, if it follows from what is shown alone.
    reason: Option<Reason>,
    /// Scores that stopped being right before they were shown, in order.
    overdue: Vec<Overdue>,
}

/// The state of one match.
#[derive(Debug, Clone)]
pub struct MatchJudge {
    truth: RightScores,
    sent: RightScores,
    /// The most goals of each side in any score that was right so far.
    most: Score,
    shown: Option<OnScreen>,
    /// When the shown score was right last; `None`: never.
    right_until: Option<Instant>,
    open: Option<OpenPeriod>,
    /// Up to when time has been counted.
    counted_until: Instant,
    feed_wrong_for: Duration,
}

impl MatchJudge {
    /// Nothing is known and nothing shown.
    pub fn new(now: Instant) -> Self {
        Self {
            truth: RightScores::default(),
            sent: RightScores::default(),
            most: Score::default(),
            shown: None,
            right_until: None,
            open: None,
            counted_until: now,
            feed_wrong_for: Duration::ZERO,
        }
    }

    /// Whether there is something to compare with.
    pub fn is_comparable(&self) -> bool {
        self.truth.score().is_some() || self.sent.score().is_some()
    }

    /// Whether the client shows the truth, or nothing.
    pub fn shows_truth(&self) -> bool {
        match (&self.shown, self.truth.score()) {
            (Some(shown), Some(truth)) => shown.score == truth,
            _ => true,
        }
    }

    /// For how long the score sent last was not the truth.
    pub fn feed_wrong_for(&self) -> Duration {
        self.feed_wrong_for
    }

    /// The score sent last.
    pub fn sent_score(&self) -> Option<Score> {
        self.sent.score()
    }

    /// Counts the time up to `now`, in which nothing has changed. It has to be called before every change, also of `connected`.
    pub fn advance(&mut self, now: Instant, connected: bool) {
        let time = now.saturating_duration_since(self.counted_until);
        self.counted_until = self.counted_until.max(now);
        if let (Some(truth), Some(sent)) = (self.truth.score(), self.sent.score())
            && truth != sent
        {
            self.feed_wrong_for = self.feed_wrong_for.saturating_add(time);
        }
        let Some(shown) = self.shown.as_ref().map(|shown| shown.score) else { return };
        if self.open.is_none() {
            self.right_until = Some(now);
            return;
        }
        let lags = self.right_until.is_some_and(|until| now.saturating_duration_since(until) < GRACE);
        let may_be_overdue = !lags && self.is_older(shown);
        self.sent.pass(time, may_be_overdue);
        // Without a connection the client cannot know the truth.
        if connected {
            self.truth.pass(time, may_be_overdue);
        }
    }

    /// A source gives a score. Returns the wrong period that this ends.
    pub fn set_right(
        &mut self,
        source: RightSource,
        (score, by_correction): (Score, bool),
        clock: Option<&Arc<str>>,
        now: Instant,
    ) -> Option<ClosedPeriod> {
        self.most = Score { home: self.most.home.max(score.home), away: self.most.away.max(score.away) };
        let scores = match source {
            RightSource::Truth => &mut self.truth,
            RightSource::Sent => &mut self.sent,
        };
        let overdue = scores.set(score, by_correction, now);
        if let (Some(period), Some(overdue)) = (&mut self.open, overdue)
            && period.overdue.len() < MAX_OVERDUE
        {
            period.overdue.push(overdue);
        }
        self.compare(clock, now)
    }

    /// The client shows a score. Returns the wrong period that this ends.
    pub fn set_shown(&mut self, shown: &Shown, now: Instant) -> Option<ClosedPeriod> {
        let score = shown.score;
        let changed = self.shown.as_ref().is_none_or(|before| before.score != score);
        let in_order = [self.truth.follow(score, now), self.sent.follow(score, now)].contains(&true);
        self.shown = Some(OnScreen { score, n: shown.n });
        if changed {
            self.right_until = self.truth.right_until(score).max(self.sent.right_until(score));
        }
        let closed = self.compare(shown.clock.as_ref(), now);
        if changed && self.open.is_some() {
            let newer_was_shown = self.truth.is_current_shown() || self.sent.is_current_shown();
            let reason = if score.home > self.most.home || score.away > self.most.away {
                Some(Reason::Duplicated)
            } else if !self.is_older(score) {
                Some(Reason::Other)
            } else {
                (newer_was_shown && !in_order).then_some(Reason::OutOfOrder)
            };
            self.note_reason(reason);
        }
        closed
    }

    /// Ends the judgement: the period that is still open, with what is overdue at its end.
    pub fn finish(&mut self, now: Instant) -> Option<ClosedPeriod> {
        let period = self.open.take()?;
        let current = [self.sent.overdue(), self.truth.overdue()];
        let overdue = period.overdue.iter().copied().chain(current.into_iter().flatten()).next();
        Some(ClosedPeriod { period, overdue, until: now })
    }

    /// Whether this score was right before the current one. Every match begins at 0-0, whatever the client has been sent of it.
    fn is_older(&self, score: Score) -> bool {
        score == Score::default() || self.truth.was_right(score) || self.sent.was_right(score)
    }

    /// Begins or ends a wrong period after a change.
    fn compare(&mut self, clock: Option<&Arc<str>>, now: Instant) -> Option<ClosedPeriod> {
        let shown = self.shown.as_ref()?;
        let right = [self.truth.score(), self.sent.score()];
        if right.contains(&Some(shown.score)) || right == [None, None] {
            self.right_until = Some(now);
            self.truth.note_shown(shown.score);
            self.sent.note_shown(shown.score);
            let period = self.open.take()?;
            // Late, not missed, if the app has come to that very score while it is right.
            let overdue = period.overdue.iter().find(|overdue| overdue.score != shown.score).copied();
            return Some(ClosedPeriod { period, overdue, until: now });
        }
        if self.open.is_none() {
            self.truth.begin_period();
            self.sent.begin_period();
            let [truth, sent] = right;
            let (clock, shown) = (clock.cloned(), shown.clone());
            self.open = Some(OpenPeriod { from: now, clock, shown, truth, sent, reason: None, overdue: Vec::new() });
        }
        None
    }

    /// Notes a reason for the open period; the first in the order of [`Reason`] stays.
    fn note_reason(&mut self, reason: Option<Reason>) {
        if let (Some(period), Some(reason), Some(shown)) = (&mut self.open, reason, &self.shown)
            && period.reason.is_none_or(|known| reason < known)
        {
            (period.reason, period.shown) = (Some(reason), shown.clone());
            (period.truth, period.sent) = (self.truth.score(), self.sent.score());
        }
    }
}

/// A wrong period that has ended.
#[derive(Debug)]
pub struct ClosedPeriod {
    period: OpenPeriod,
    /// The first score that was overdue and never shown.
    overdue: Option<Overdue>,
    until: Instant,
}

impl ClosedPeriod {
    /// As it is reported. `None` if it took no time, because a change and the report of it came at the same instant.
    pub fn report(self, match_id: &MatchId, begin: Instant) -> Option<WrongPeriod> {
        let Self { period, overdue, until } = self;
        let missed = overdue.map(|overdue| if overdue.by_correction { Reason::Stale } else { Reason::Missed });
        let reason = period.reason.into_iter().chain(missed).min().unwrap_or(Reason::Late);
        let lasted = until.saturating_duration_since(period.from);
        if reason == Reason::Late && lasted.is_zero() {
            return None;
        }
        Some(WrongPeriod {
            match_id: match_id.clone(),
            from: period.from,
            at: period.from.saturating_duration_since(begin),
            lasted,
            clock: period.clock,
            shown: period.shown.score,
            n: period.shown.n,
            truth: period.truth,
            sent: period.sent,
            missed: overdue.filter(|_| missed == Some(reason)).map(|overdue| overdue.score),
            reason,
        })
    }
}
