//! When things happened: match clocks as moments, and as the format's match clock.

use crate::football::{Match, MatchClock, Period, Status};
use crate::scenario::{Layout, Track};

/// The minute of the format's match clock at the start of each period. The format knows no other lengths of periods.
const START_MINUTES: [i64; 5] = [0, 45, 90, 105, 120];

/// The moments of a match.
pub(super) struct WallClock<'a> {
    fixture: &'a Match,
    layout: &'a Layout,
    /// The start of each period that was played, in milliseconds since 1970.
    pub starts: Vec<(Period, i64)>,
}

/// The word of a period.
pub(super) fn period_word(period: Period) -> &'static str {
    match period {
        Period::First => "first_half",
        Period::Second => "second_half",
        Period::ExtraFirst => "first_half_extratime",
        Period::ExtraSecond => "second_half_extratime",
        Period::Shootout => "shootout",
    }
}

impl<'a> WallClock<'a> {
    pub fn new(track: &'a Track) -> Self {
        let mut wall = Self { fixture: &track.fixture, layout: &track.layout, starts: Vec::new() };
        for period in Period::ALL {
            let phase = wall.layout.phases().iter().find(|phase| phase.status == period.status());
            if let Some(phase) = phase {
                let start = wall.moment_of(phase.from);
                wall.starts.push((period, start));
            }
        }
        wall
    }

    /// The moment of a clock, in milliseconds since 1970. `resumed` suspensions had ended by then.
    pub fn time_of(&self, clock: MatchClock, resumed: usize) -> i64 {
        self.moment_of(self.layout.time_of(clock, resumed))
    }

    fn moment_of(&self, at: crate::scenario::MediaTime) -> i64 {
        let since = at.as_nanos().saturating_sub(self.layout.scheduled_kickoff().as_nanos()) / 1_000_000;
        self.fixture.kickoff.0.saturating_add(since)
    }

    pub fn has_extra_time(&self) -> bool {
        self.starts.iter().any(|(period, _)| matches!(period, Period::ExtraFirst | Period::ExtraSecond))
    }

    pub fn has_shootout(&self) -> bool {
        self.starts.iter().any(|(period, _)| *period == Period::Shootout)
    }

    /// The period to which the format assigns an event. A break belongs to the period after it; what happens while the match is
    /// suspended or over, to the last one that had begun.
    pub fn period_of(&self, clock: MatchClock, at: i64) -> Period {
        let begun = || self.starts.iter().rfind(|(_, start)| *start <= at).map_or(Period::First, |(period, _)| *period);
        clock.period().unwrap_or_else(|| match clock.status {
            Status::Scheduled | Status::Postponed => Period::First,
            Status::HalfTime => Period::Second,
            Status::ExtraTimeBreak => Period::ExtraFirst,
            Status::ExtraHalfTime => Period::ExtraSecond,
            Status::ShootoutBreak => Period::Shootout,
            _ => begun(),
        })
    }

    /// The match clock of an event in play: `92:01.04`. Later periods begin at 45:00, 90:00, 105:00 and 120:00 whatever their
    /// nominal lengths. Rounded down, so that the minute stays the same.
    pub fn match_clock(&self, clock: MatchClock) -> Option<String> {
        let period = clock.period()?;
        let since = clock.reading.as_millis() - self.fixture.rules.periods.start(period).as_millis();
        let shown = since.max(0) + 60_000 * START_MINUTES[usize::from(period.number()) - 1];
        Some(format!("{:02}:{:02}.{:02}", shown / 60_000, shown / 1_000 % 60, shown / 10 % 100))
    }
}
