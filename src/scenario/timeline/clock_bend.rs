//! Bent clocks: a faulty feed reports other clock readings than the match has.

use super::{MediaTime, ScoreboardClock, Span, Timeline};
use crate::football::{MatchClock, PeriodRules, Reading};

/// A time in which the clock of a match is wrong.
#[derive(Debug, Clone)]
pub(crate) struct ClockBend {
    /// The match: an index in [`Timeline::tracks`].
    pub(crate) track: u16,
    /// When it begins and ends, both included.
    pub(crate) from: MediaTime,
    pub(crate) until: MediaTime,
    pub(crate) bend: Bend,
}

/// What is wrong with a clock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bend {
    /// It is behind by this length.
    Jump(Span),
    /// It stands still.
    Freeze,
    /// It gains this length in every minute.
    Skew(Span),
}

impl ClockBend {
    /// What the clock shows when it ought to show `clock`, at `at`. Only clocks in play are bent, and never to before the start of
    /// the period.
    pub(crate) fn apply(&self, clock: MatchClock, at: MediaTime, rules: &PeriodRules) -> MatchClock {
        let Some(period) = clock.period().filter(|_| at >= self.from) else { return clock };
        let since = (at - self.from).as_millis();
        let shift = match self.bend {
            Bend::Jump(by) => -by.as_millis(),
            Bend::Freeze => -since,
            // In whole seconds, as most feeds count.
            Bend::Skew(by) => since.saturating_mul(by.as_millis()) / 60_000_000 * 1_000,
        };
        let reading = Reading::from_millis(clock.reading.as_millis().saturating_add(shift));
        MatchClock { reading: reading.max(rules.start(period).min(clock.reading)), ..clock }
    }
}

impl Timeline {
    /// A scoreboard clock as the feed reports it at a time.
    pub(crate) fn bent_clock(&self, track: usize, at: MediaTime, clock: ScoreboardClock) -> ScoreboardClock {
        let bends = self.feed.as_ref().map_or(&[][..], |feed| &feed.bends);
        let own = |bend: &ClockBend| usize::from(bend.track);
        let begun = bends.partition_point(|bend| (own(bend), bend.from) <= (track, at));
        let bends = &bends[bends.partition_point(|bend| own(bend) < track)..begun];
        let rules = &self.content.tracks[track].fixture.rules.periods;
        let ScoreboardClock { status, reading, .. } = clock;
        let bends = bends.iter().filter(|bend| at <= bend.until);
        let bent = bends.fold(MatchClock { status, reading }, |clock, bend| bend.apply(clock, at, rules));
        ScoreboardClock { reading: bent.reading, minute: bent.minute(rules), ..clock }
    }
}
