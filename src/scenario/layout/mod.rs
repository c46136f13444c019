//! Layout: maps the match clock to media time, by laying out the phases of a match one after another.
//!
//! A feed reports match clocks (`47:05` of period 1, `14:00` of half-time); a timeline needs media times. A period lasts
//! until its last reading. Half-time lasts fifteen minutes unless the match states when the second half began. A
//! suspension splits its period in two. Where the feed reports nothing, a match follows its nominal course to full time.

mod clocks;
mod prematch;

use super::media_time::{MediaTime, Span};
use crate::football::{Match, MatchClock, Period, Reading, Status, UtcMillis};
pub(super) use clocks::{Clocks, MAX_SUSPENSIONS, STATUS_ORDER};
use prematch::PrematchChange;
pub(super) use prematch::{MAX_PREMATCH_CHANGES, Prematch};

/// A part of a match with a single status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// The status during the phase.
    pub status: Status,
    /// Its start.
    pub from: MediaTime,
    /// Its end; for the last phase, the time of its last reading.
    pub to: MediaTime,
    /// The clock reading at its start.
    pub base: Reading,
}

impl Phase {
    /// The clock reading at a time, extrapolated beyond the phase.
    pub fn reading_at(&self, at: MediaTime) -> Reading {
        Reading::from_millis(self.base.as_millis() + (at - self.from).as_millis())
    }

    /// The time of a clock reading, extrapolated beyond the phase.
    pub(crate) fn time_of(&self, reading: Reading) -> MediaTime {
        self.from + Span::from_millis(reading.as_millis() - self.base.as_millis())
    }
}

/// The phases of one match, in order, without gaps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    phases: Vec<Phase>,
    /// The time of the scheduled kick-off, to which clocks before the match count down.
    scheduled: MediaTime,
}

/// The span that a feed covers of one match, relative to kick-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedSpan {
    /// The first report; negative before kick-off.
    pub first: Span,
    /// The last report.
    pub last: Span,
}

impl FeedSpan {
    /// The smallest span that contains both.
    pub(super) fn union(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// The maximum distance of another kick-off from the scheduled one, in milliseconds: a year.
pub(super) const MAX_KICKOFF_SHIFT_MILLIS: i64 = 366 * 24 * 3_600_000;

/// How much later than scheduled a match kicks off; negative if earlier.
pub(super) fn kickoff_delay(fixture: &Match, kickoff: UtcMillis) -> Span {
    Span::from_millis(
        kickoff.0.saturating_sub(fixture.kickoff.0).clamp(-MAX_KICKOFF_SHIFT_MILLIS, MAX_KICKOFF_SHIFT_MILLIS),
    )
}

/// The length of a break if the match does not state when play continued.
pub(super) fn nominal_break_length(status: Status) -> Reading {
    Reading::from_minutes(match status {
        Status::HalfTime => 15,
        Status::ExtraTimeBreak | Status::ShootoutBreak => 5,
        _ => 1,
    })
}

/// The end of a period that the feed does not report, with kick-off at zero: if the match states the start of the next
/// period, the break between them comes before that start.
fn implied_end(period: Period, fixture: &Match, clocks: &Clocks) -> Option<MediaTime> {
    let at = STATUS_ORDER.iter().position(|status| *status == period.status())?;
    let (pause, next) = (*STATUS_ORDER.get(at + 1)?, STATUS_ORDER.get(at + 2)?.period()?);
    if !clocks.includes(pause) {
        return None;
    }
    let (_, start) = fixture.period_starts.iter().find(|(of, _)| *of == next)?;
    let pause = nominal_break_length(pause).max(clocks.largest_reading(pause).unwrap_or_default());
    Some(MediaTime::from_millis(start.0.saturating_sub(fixture.kickoff.0).saturating_sub(pause.as_millis())))
}

impl Layout {
    /// Lays out a match, with kick-off at zero.
    pub(super) fn new(fixture: &Match, clocks: &Clocks) -> Self {
        let mut layout = Self::default();
        let mut now = layout.add_prematch(fixture, clocks);
        let mut ended_early = false;
        for (at, step) in STATUS_ORDER.into_iter().enumerate().filter(|(_, step)| clocks.includes(*step)) {
            match step.period() {
                _ if ended_early => break,
                Some(period) => (now, ended_early) = layout.add_period(period, now, fixture, clocks),
                None => {
                    let next = STATUS_ORDER.get(at + 1).copied();
                    (now, ended_early) = layout.add_break(step, next, now, fixture, clocks);
                }
            }
        }
        let over = if clocks.is_abandoned() {
            Some(Status::Abandoned)
        } else {
            Some(Status::FullTime).filter(|_| clocks.includes(Status::SecondHalf) && !ended_early)
        };
        for &status in Status::ALL {
            let laid = layout.phases.iter().any(|phase| phase.status == status);
            let reported = clocks.largest_reading(status);
            if !laid && (reported.is_some() || over == Some(status)) {
                now = layout.push_phase(status, now, reported.unwrap_or_default(), Reading::default());
            }
        }
        layout
    }

    /// Adds the phases before the match: up to kick-off or, if the match is called off, to the last report. The clock counts
    /// down to the kick-off as known at that time: a delay shows only once it is reported.
    fn add_prematch(&mut self, fixture: &Match, clocks: &Clocks) -> MediaTime {
        let offset = |at: UtcMillis| kickoff_delay(fixture, at);
        let changes = clocks.prematch.changes();
        let stated = fixture.period_starts.iter().find(|(period, _)| *period == Period::First).map(|(_, at)| *at);
        let reported = changes.iter().rev().find_map(|(_, change)| match change {
            PrematchChange::Kickoff(at) => Some(at.unwrap_or(fixture.kickoff)),
            PrematchChange::Status(_) => None,
        });
        let kickoff = self.scheduled + reported.or(stated).map_or(Span::ZERO, offset);
        let first = clocks.largest_reading(Status::Scheduled);
        if first.is_none() && kickoff == self.scheduled {
            return kickoff;
        }
        let time_of = |reading: Reading| MediaTime::from_millis(reading.as_millis());
        // Decisions before a match end at kick-off if the match is played all the same.
        let played = clocks.includes(Status::FirstHalf);
        let (mut status, mut known) = (Status::Scheduled, Span::ZERO);
        let mut from = time_of(first.unwrap_or_default()).min(kickoff);
        let base = |status: Status, from: MediaTime, known: Span| match status {
            Status::Scheduled => Reading::from_millis((from - known - MediaTime::ZERO).as_millis()),
            _ => Reading::default(),
        };
        for (reported, change) in changes {
            // The clock of a match that is called off counts on from the decision.
            if let PrematchChange::Kickoff(at) = change
                && status != Status::Scheduled
            {
                known = at.map_or(Span::ZERO, offset);
                continue;
            }
            let to = time_of(*reported).min(if played { kickoff } else { time_of(*reported) }).max(from);
            self.phases.push(Phase { status, from, to, base: base(status, from, known) });
            from = to;
            match change {
                PrematchChange::Kickoff(at) => known = at.map_or(Span::ZERO, offset),
                PrematchChange::Status(changed) => status = *changed,
            }
        }
        let to = match status {
            Status::Scheduled => kickoff.max(from),
            _ => from + Span::from_millis(clocks.largest_reading(status).unwrap_or_default().as_millis()),
        };
        self.phases.push(Phase { status, from, to, base: base(status, from, known) });
        to
    }

    /// Adds a phase that lasts until the clock reads `until`. Returns its end.
    fn push_phase(&mut self, status: Status, from: MediaTime, until: Reading, base: Reading) -> MediaTime {
        let to = from + Span::from_millis((until.as_millis() - base.as_millis()).max(0));
        self.phases.push(Phase { status, from, to, base });
        to
    }

    /// Adds a break with its suspensions: until the stated start of the next period, else for its nominal length. Returns its
    /// end, and whether the match ended early in it.
    fn add_break(
        &mut self,
        status: Status,
        next: Option<Status>,
        from: MediaTime,
        fixture: &Match,
        clocks: &Clocks,
    ) -> (MediaTime, bool) {
        let (from, base, ended_early) = self.add_suspensions(status, from, Reading::default(), clocks);
        if ended_early {
            return (from, true);
        }
        let next = next.and_then(Status::period);
        let stated = fixture.period_starts.iter().find(|(period, _)| Some(*period) == next).and_then(|(_, at)| {
            let since_kickoff = MediaTime::from_millis(at.0.saturating_sub(fixture.kickoff.0));
            (since_kickoff > from).then(|| Reading::from_millis(base.as_millis() + (since_kickoff - from).as_millis()))
        });
        let reported = clocks.largest_reading(status).unwrap_or_default();
        let abandoned = clocks.abandoned.is_some_and(|clock| clock.status == status);
        let until = if abandoned { reported } else { stated.unwrap_or(nominal_break_length(status)).max(reported) };
        (self.push_phase(status, from, until.max(base), base), abandoned)
    }

    /// Adds a period or break up to the end of its last suspension. Returns where it continues and with which reading, and
    /// whether the match ended early instead.
    fn add_suspensions(
        &mut self,
        status: Status,
        from: MediaTime,
        base: Reading,
        clocks: &Clocks,
    ) -> (MediaTime, Reading, bool) {
        let (mut now, mut base) = (from, base);
        for (_, at, lasted) in clocks.suspensions.iter().filter(|(of, ..)| *of == status) {
            let at = (*at).max(base);
            now = self.push_phase(status, now, at, base);
            let reported = clocks.largest_reading(Status::Suspended).unwrap_or_default();
            now = self.push_phase(Status::Suspended, now, lasted.unwrap_or(reported), Reading::default());
            base = at;
            if lasted.is_none() {
                return (now, base, true);
            }
        }
        (now, base, false)
    }

    /// Adds a period with its suspensions. Returns its end, and whether the match ended early in it.
    fn add_period(&mut self, period: Period, from: MediaTime, fixture: &Match, clocks: &Clocks) -> (MediaTime, bool) {
        let rules = fixture.rules.periods;
        let (now, base, ended_early) = self.add_suspensions(period.status(), from, rules.start(period), clocks);
        if ended_early {
            return (now, true);
        }
        let abandoned = clocks.abandoned.is_some_and(|clock| clock.period() == Some(period));
        // A sparse feed may not report the end of a period, which then lasts its nominal time.
        let reported = clocks.largest_reading(period.status());
        let end_is_reported = abandoned || clocks.ended.contains(&period.status());
        let end = match reported {
            Some(reported) if end_is_reported => reported,
            reported => {
                let implied = implied_end(period, fixture, clocks);
                let implied =
                    implied.map_or(base, |end| Reading::from_millis(base.as_millis() + (end - now).as_millis()));
                reported.unwrap_or(base).max(rules.end(period)).max(implied)
            }
        };
        (self.push_phase(period.status(), now, end.max(base), base), abandoned)
    }

    /// Shifts all phases from kick-off at zero to kick-off at `kickoff`.
    pub(super) fn shifted(mut self, kickoff: MediaTime) -> Self {
        let by = kickoff - MediaTime::ZERO;
        for phase in &mut self.phases {
            phase.from += by;
            phase.to += by;
        }
        self.scheduled += by;
        self
    }

    /// The phases, in order.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// The first time in play; `None` if the match is never in play.
    pub(super) fn kickoff(&self) -> Option<MediaTime> {
        self.phases.iter().find(|phase| phase.status.is_in_play()).map(|phase| phase.from)
    }

    /// The time of the scheduled kick-off.
    pub(crate) fn scheduled_kickoff(&self) -> MediaTime {
        self.scheduled
    }

    /// The actual kick-off, as a reading of the clock that counts down to the scheduled one; `None` if the match is never in
    /// play.
    pub(super) fn kickoff_reading(&self) -> Option<Reading> {
        self.kickoff().map(|kickoff| Reading::from_millis((kickoff - self.scheduled).as_millis().max(0)))
    }

    /// The span from kick-off to the final whistle, with kick-off at zero; `None` if the match is never in play.
    pub(super) fn span_since_kickoff(&self) -> Option<FeedSpan> {
        let played = self.phases.iter().filter(|phase| phase.status.is_in_play());
        let spells =
            played.map(|phase| FeedSpan { first: phase.from - MediaTime::ZERO, last: phase.to - MediaTime::ZERO });
        spells.reduce(FeedSpan::union)
    }

    /// The media time of a clock. `resumed` is the number of suspensions that had ended when the clock was reported. It
    /// distinguishes the end of play before a suspension from its start after it, which have the same reading.
    pub fn time_of(&self, clock: MatchClock, resumed: usize) -> MediaTime {
        if clock.status == Status::Scheduled {
            return self.scheduled + Span::from_millis(clock.reading.as_millis());
        }
        let mut suspended = 0;
        let mut chosen: Option<&Phase> = None;
        for phase in &self.phases {
            if phase.status == clock.status {
                let later = match clock.status {
                    Status::Suspended => suspended <= resumed,
                    _ => clock.reading > phase.base || clock.reading == phase.base && suspended <= resumed,
                };
                if later || chosen.is_none() {
                    chosen = Some(phase);
                }
            }
            suspended += usize::from(phase.status == Status::Suspended);
        }
        chosen.map_or(MediaTime::ZERO, |phase| phase.time_of(clock.reading))
    }

    /// The last phase with this status that began by a time, else the first one with it.
    pub fn phase_of(&self, status: Status, at: MediaTime) -> Option<&Phase> {
        let mut of_status = self.phases.iter().filter(|phase| phase.status == status);
        let first = of_status.clone().next();
        of_status.rfind(|phase| phase.from <= at).or(first)
    }

    /// The last phase that began strictly before a time.
    pub fn phase_before(&self, at: MediaTime) -> Option<&Phase> {
        self.phases.iter().rfind(|phase| phase.from < at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::scenario;
    use super::*;
    use crate::football::UtcMillis;

    fn layout(events: &str) -> Layout {
        let scenario = scenario(events);
        Layout::new(&scenario.matches[0], &Clocks::collect(&scenario)[0])
    }

    fn describe(layout: &Layout) -> String {
        let phase = |phase: &Phase| {
            let (from, to) = (phase.from.as_millis() / 1_000, phase.to.as_millis() / 1_000);
            format!("{} {from}..{to} from {}", phase.status, phase.base)
        };
        layout.phases.iter().map(phase).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn the_second_half_follows_fifteen_minutes_after_the_first() {
        let layout = layout(
            r#"
            {"type":"lineup","status":"scheduled","clock":"-1:00","side":"home"}
            {"type":"period_end","period":1,"clock":"47:05"}
            {"type":"period_end","period":2,"clock":"94:02"}
            {"type":"commentary","status":"full_time","clock":"0:30","text":"over"}"#,
        );
        assert_eq!(
            describe(&layout),
            "scheduled -60..0 from -1:00; first_half 0..2825 from 00:00; half_time 2825..3725 from 00:00; second_half 3725..6667 from 45:00; full_time 6667..6697 from 00:00"
        );
    }

    #[test]
    fn a_half_may_end_early_and_lasts_its_nominal_time_in_a_sparse_feed() {
        let early = layout(
            r#"{"type":"period_end","period":1,"clock":"44:57"}
               {"type":"goal","period":2,"clock":"50:00","side":"home","player":"h9"}"#,
        );
        assert_eq!(
            describe(&early),
            "first_half 0..2697 from 00:00; half_time 2697..3597 from 00:00; second_half 3597..6297 from 45:00; full_time 6297..6297 from 00:00"
        );
    }

    #[test]
    fn a_half_without_a_reported_end_lasts_until_the_break_before_the_stated_start_of_the_next() {
        let mut scenario = scenario(
            r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"goal","period":2,"clock":"50:00","side":"home","player":"h9"}"#,
        );
        let mut fixture = (*scenario.matches[0]).clone();
        fixture.period_starts = vec![(Period::Second, UtcMillis(fixture.kickoff.0 + 62 * 60_000))];
        scenario.matches[0] = fixture.into();
        let layout = Layout::new(&scenario.matches[0], &Clocks::collect(&scenario)[0]);
        assert_eq!(
            describe(&layout),
            "first_half 0..2820 from 00:00; half_time 2820..3720 from 00:00; second_half 3720..6420 from 45:00; full_time 6420..6420 from 00:00"
        );
    }

    #[test]
    fn a_suspension_splits_a_period_in_two() {
        let layout = layout(
            r#"
            {"type":"period_end","period":1,"clock":"45:00"}
            {"type":"suspended","period":2,"clock":"63:20"}
            {"type":"commentary","status":"suspended","clock":"5:00","text":"hail"}
            {"type":"resumed","status":"suspended","clock":"12:00"}
            {"type":"corner","period":2,"clock":"63:20","side":"home"}
            {"type":"period_end","period":2,"clock":"90:00"}"#,
        );
        assert_eq!(
            describe(&layout),
            "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..4700 from 45:00; suspended 4700..5420 from 00:00; second_half 5420..7020 from 63:20; full_time 7020..7020 from 00:00"
        );
        let clock = MatchClock::in_period(Period::Second, Reading::from_millis(3_800_000));
        assert_eq!(layout.time_of(clock, 0).as_millis(), 4_700_000, "when play stops");
        assert_eq!(layout.time_of(clock, 1).as_millis(), 5_420_000, "when play continues");
        let later = MatchClock { reading: Reading::from_minutes(70), ..clock };
        assert_eq!(layout.time_of(later, 1).as_millis(), 5_820_000);
    }

    #[test]
    fn a_shoot_out_may_follow_with_or_without_extra_time() {
        let kick = r#"{"type":"shootout_penalty","period":5,"clock":"120:30","side":"home","outcome":"scored"}"#;
        let without = layout(kick);
        let statuses = |layout: &Layout| layout.phases.iter().map(|phase| phase.status).collect::<Vec<_>>();
        use Status::*;
        assert_eq!(statuses(&without), [FirstHalf, HalfTime, SecondHalf, ShootoutBreak, Shootout, FullTime]);
        let extra = layout(&format!("{}\n{kick}", r#"{"type":"corner","period":3,"clock":"95:00","side":"home"}"#));
        assert_eq!(
            statuses(&extra),
            [
                FirstHalf,
                HalfTime,
                SecondHalf,
                ExtraTimeBreak,
                ExtraFirstHalf,
                ExtraHalfTime,
                ExtraSecondHalf,
                ShootoutBreak,
                Shootout,
                FullTime
            ]
        );
    }

    #[test]
    fn an_abandoned_match_has_no_full_time() {
        for (events, phases) in [
            (
                r#"{"type":"suspended","period":1,"clock":"30:00"}
                   {"type":"abandoned","status":"suspended","clock":"20:00"}"#,
                "first_half 0..1800 from 00:00; suspended 1800..3000 from 00:00; abandoned 3000..3000 from 00:00",
            ),
            (
                r#"{"type":"abandoned","period":1,"clock":"30:00"}"#,
                "first_half 0..1800 from 00:00; abandoned 1800..1800 from 00:00",
            ),
            (
                r#"{"type":"abandoned","status":"half_time","clock":"20:00"}"#,
                "first_half 0..2700 from 00:00; half_time 2700..3900 from 00:00; abandoned 3900..3900 from 00:00",
            ),
            (
                r#"{"type":"abandoned","status":"extra_time_break","clock":"1:00"}"#,
                "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..6300 from 45:00; extra_time_break 6300..6360 from 00:00; abandoned 6360..6360 from 00:00",
            ),
        ] {
            assert_eq!(describe(&layout(events)), phases, "{events}");
        }
    }

    #[test]
    fn a_match_follows_its_nominal_course_where_the_feed_reports_nothing() {
        let course = "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..6300 from 45:00; full_time 6300..6300 from 00:00";
        for events in [
            "",
            r#"{"type":"goal","period":1,"clock":"10:00","side":"home"}"#,
            r#"{"type":"period_end","period":1,"clock":"45:00"}"#,
            r#"{"type":"suspended","id":"s","status":"scheduled","clock":"0:00"}
               {"op":"remove","id":"s","told":"50:00","told_period":2}"#,
            r#"{"type":"match_end","status":"full_time","clock":"0:00"}"#,
        ] {
            let described = describe(&layout(events));
            assert!(described.ends_with(course), "{events}: {described}");
        }
        let lineups = layout(r#"{"type":"lineup","status":"scheduled","clock":"-60:00","side":"home"}"#);
        assert_eq!(describe(&lineups), format!("scheduled -3600..0 from -60:00; {course}"));
    }

    #[test]
    fn a_postponement_becomes_a_delay_at_the_clock_of_the_postponement() {
        let postponed = r#"{"type":"postponed","id":"off","status":"scheduled","clock":"-60:00"}"#;
        let delayed = r#"{"op":"update","id":"off","told":"20:00","told_status":"postponed","type":"delayed","kickoff":"2018-04-22T18:55:00Z"}"#;
        let again = r#"{"op":"update","id":"off","told":"-30:00","told_status":"scheduled","type":"postponed"}"#;
        let start = r#"{"type":"period_start","period":1,"clock":"0:00"}"#;
        let played = layout(&[postponed, delayed, start].join("\n"));
        let described = describe(&played);
        let expected = "scheduled -3600..-3600 from -60:00; postponed -3600..-2400 from 00:00; \
                        scheduled -2400..600 from -50:00; first_half 600..3300 from 00:00; ";
        assert!(described.starts_with(expected), "{described}");
        let clock = MatchClock { status: Status::Postponed, reading: Reading::from_minutes(20) };
        assert_eq!(played.time_of(clock, 0).as_millis(), -2_400_000);
        let called_off = layout(&[postponed, delayed, again].join("\n"));
        let described = describe(&called_off);
        assert!(described.ends_with("; postponed -1800..-600 from 00:00"), "{described}");
    }

    #[test]
    fn a_match_that_is_called_off_has_no_course() {
        for events in [
            r#"{"type":"commentary","status":"postponed","clock":"0:00","text":"Called off."}"#,
            r#"{"type":"abandoned","status":"scheduled","clock":"-1:00","reason":"away side did not turn up"}"#,
            r#"{"type":"commentary","status":"abandoned","clock":"0:00","text":"Called off."}"#,
        ] {
            let layout = layout(events);
            assert!(layout.phases().iter().all(|phase| !phase.status.is_in_play()), "{events}: {}", describe(&layout));
            assert_eq!(layout.span_since_kickoff(), None);
        }
    }

    #[test]
    fn a_removed_suspension_does_not_interrupt_play() {
        let layout = layout(
            r#"{"type":"suspended","id":"s","period":1,"clock":"30:00"}
               {"op":"remove","id":"s","told":"30:20"}
               {"type":"period_end","period":1,"clock":"45:00"}
               {"type":"period_end","period":2,"clock":"90:00"}"#,
        );
        assert_eq!(
            describe(&layout),
            "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..6300 from 45:00; full_time 6300..6300 from 00:00"
        );
    }
}
