//! Where a match clock lies in time: the phases of one match laid out one after another.
//!
//! A feed tells clocks (`47:05` of period 1, `14:00` of half-time); a timeline needs places. A period lasts until its
//! last reading, half-time fifteen minutes unless the match says when the second half began, and a suspension cuts
//! its period in two. Where the feed is silent, a match follows its nominal course to full time.

mod before;
mod clocks;

use super::media_time::{MediaTime, Span};
use crate::football::{Match, MatchClock, Period, Reading, Status, UtcMillis};
pub(super) use before::MAX_TURNS;
use before::Turn;
pub(super) use clocks::{COURSE, Clocks, MAX_SUSPENSIONS};

/// A stretch of a match with one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// Where the match is meanwhile.
    pub status: Status,
    /// When it begins.
    pub from: MediaTime,
    /// When it ends; for what nothing follows, when the last thing in it is told.
    pub to: MediaTime,
    /// What the clock reads when it begins.
    pub base: Reading,
}

impl Phase {
    /// What the clock reads at a moment of it (or as far beyond as asked).
    pub fn reading_at(&self, at: MediaTime) -> Reading {
        Reading::from_millis(self.base.as_millis() + (at - self.from).as_millis())
    }

    fn place(&self, reading: Reading) -> MediaTime {
        self.from + Span::from_millis(reading.as_millis() - self.base.as_millis())
    }
}

/// The phases of one match, in order, without gaps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    phases: Vec<Phase>,
    /// Where the scheduled kick-off lies: the clocks before the match count to it.
    scheduled: MediaTime,
}

/// How far one match's feed reaches, seen from kick-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The first telling; negative before kick-off.
    pub first: Span,
    /// The last.
    pub last: Span,
}

impl Reach {
    /// The reach that takes in both.
    pub(super) fn joined(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// How far from the scheduled kick-off another may be, in milliseconds: a year.
pub(super) const FARTHEST: i64 = 366 * 24 * 3_600_000;

/// How much later than scheduled a match kicks off.
pub(super) fn delay(fixture: &Match, kickoff: UtcMillis) -> Span {
    Span::from_millis(kickoff.0.saturating_sub(fixture.kickoff.0).clamp(-FARTHEST, FARTHEST))
}

/// How long a break lasts where the match does not say when play went on.
pub(super) fn usual_break(status: Status) -> Reading {
    Reading::from_minutes(match status {
        Status::HalfTime => 15,
        Status::ExtraTimeBreak | Status::ShootoutBreak => 5,
        _ => 1,
    })
}

/// When a period ended whose end is not told, kick-off at zero, if the match says when the next one began: before the
/// break between them.
fn implied_end(period: Period, fixture: &Match, clocks: &Clocks) -> Option<MediaTime> {
    let at = COURSE.iter().position(|status| *status == period.status())?;
    let (pause, next) = (*COURSE.get(at + 1)?, COURSE.get(at + 2)?.period()?);
    if !clocks.passes(pause) {
        return None;
    }
    let (_, start) = fixture.period_starts.iter().find(|(of, _)| *of == next)?;
    let pause = usual_break(pause).max(clocks.reach(pause).unwrap_or_default());
    Some(MediaTime::from_millis(start.0.saturating_sub(fixture.kickoff.0).saturating_sub(pause.as_millis())))
}

impl Layout {
    /// Lays a match out, kick-off at zero.
    pub(super) fn new(fixture: &Match, clocks: &Clocks) -> Self {
        let mut layout = Self::default();
        let mut now = layout.before(fixture, clocks);
        let mut broken_off = false;
        for (at, step) in COURSE.into_iter().enumerate().filter(|(_, step)| clocks.passes(*step)) {
            match step.period() {
                _ if broken_off => break,
                Some(period) => (now, broken_off) = layout.period(period, now, fixture, clocks),
                None => {
                    let next = COURSE.get(at + 1).copied();
                    (now, broken_off) = layout.pause(step, next, now, fixture, clocks);
                }
            }
        }
        let over = match clocks.is_abandoned() {
            true => Some(Status::Abandoned),
            false => Some(Status::FullTime).filter(|_| clocks.passes(Status::SecondHalf) && !broken_off),
        };
        for &status in Status::ALL {
            let laid = layout.phases.iter().any(|phase| phase.status == status);
            let told = clocks.reach(status);
            if !laid && (told.is_some() || over == Some(status)) {
                now = layout.push(status, now, told.unwrap_or_default(), Reading::default());
            }
        }
        layout
    }

    /// Lays out the time before the match, up to kick-off or, where it is called off, to the last that is said of it. The
    /// clock counts down to the kick-off that is known: a delay is not foretold.
    fn before(&mut self, fixture: &Match, clocks: &Clocks) -> MediaTime {
        let offset = |at: UtcMillis| delay(fixture, at);
        let turns = clocks.before.turns();
        let stated = fixture.period_starts.iter().find(|(period, _)| *period == Period::First).map(|(_, at)| *at);
        let told = turns.iter().rev().find_map(|(_, turn)| match turn {
            Turn::Kickoff(at) => Some(at.unwrap_or(fixture.kickoff)),
            Turn::Status(_) => None,
        });
        let kickoff = self.scheduled + told.or(stated).map_or(Span::ZERO, offset);
        let first = clocks.reach(Status::Scheduled);
        if first.is_none() && kickoff == self.scheduled {
            return kickoff;
        }
        let place = |reading: Reading| MediaTime::from_millis(reading.as_millis());
        // Nothing that is decided beforehand holds for a match that is played.
        let played = clocks.passes(Status::FirstHalf);
        let (mut status, mut known) = (Status::Scheduled, Span::ZERO);
        let mut from = place(first.unwrap_or_default()).min(kickoff);
        let base = |status: Status, from: MediaTime, known: Span| match status {
            Status::Scheduled => Reading::from_millis((from - known - MediaTime::ZERO).as_millis()),
            _ => Reading::default(),
        };
        for (told, turn) in turns {
            let to = place(*told).min(if played { kickoff } else { place(*told) }).max(from);
            self.phases.push(Phase { status, from, to, base: base(status, from, known) });
            from = to;
            match turn {
                Turn::Kickoff(at) => known = at.map_or(Span::ZERO, offset),
                Turn::Status(turned) => status = *turned,
            }
        }
        let to = match status {
            Status::Scheduled => kickoff.max(from),
            _ => from + Span::from_millis(clocks.reach(status).unwrap_or_default().as_millis()),
        };
        self.phases.push(Phase { status, from, to, base: base(status, from, known) });
        to
    }

    /// Adds a phase that lasts until its clock reads `until`.
    fn push(&mut self, status: Status, from: MediaTime, until: Reading, base: Reading) -> MediaTime {
        let to = from + Span::from_millis((until.as_millis() - base.as_millis()).max(0));
        self.phases.push(Phase { status, from, to, base });
        to
    }

    /// Lays out a break with its suspensions: until the stated start of the period after it, else as long as such
    /// breaks last. Tells whether the match was broken off in it.
    fn pause(
        &mut self,
        status: Status,
        next: Option<Status>,
        from: MediaTime,
        fixture: &Match,
        clocks: &Clocks,
    ) -> (MediaTime, bool) {
        let (from, base, broken_off) = self.suspensions(status, from, Reading::default(), clocks);
        if broken_off {
            return (from, true);
        }
        let next = next.and_then(Status::period);
        let stated = fixture.period_starts.iter().find(|(period, _)| Some(*period) == next).and_then(|(_, at)| {
            let since_kickoff = MediaTime::from_millis(at.0.saturating_sub(fixture.kickoff.0));
            (since_kickoff > from).then(|| Reading::from_millis(base.as_millis() + (since_kickoff - from).as_millis()))
        });
        let told = clocks.reach(status).unwrap_or_default();
        let abandoned = clocks.abandoned.is_some_and(|clock| clock.status == status);
        let until = if abandoned { told } else { stated.unwrap_or(usual_break(status)).max(told) };
        (self.push(status, from, until.max(base), base), abandoned)
    }

    /// Lays out a period or break up to the last of its suspensions. Gives where it goes on and with which reading, or
    /// tells that it does not.
    fn suspensions(
        &mut self,
        status: Status,
        from: MediaTime,
        base: Reading,
        clocks: &Clocks,
    ) -> (MediaTime, Reading, bool) {
        let (mut now, mut base) = (from, base);
        for (_, at, lasted) in clocks.suspensions.iter().filter(|(of, ..)| *of == status) {
            let at = (*at).max(base);
            now = self.push(status, now, at, base);
            let told = clocks.reach(Status::Suspended).unwrap_or_default();
            now = self.push(Status::Suspended, now, lasted.unwrap_or(told), Reading::default());
            base = at;
            if lasted.is_none() {
                return (now, base, true);
            }
        }
        (now, base, false)
    }

    /// Lays out a period with its suspensions; tells whether the match was broken off in it.
    fn period(&mut self, period: Period, from: MediaTime, fixture: &Match, clocks: &Clocks) -> (MediaTime, bool) {
        let rules = fixture.rules.periods;
        let (now, base, broken_off) = self.suspensions(period.status(), from, rules.start(period), clocks);
        if broken_off {
            return (now, true);
        }
        let abandoned = clocks.abandoned.is_some_and(|clock| clock.period() == Some(period));
        // A sparse feed may not tell the end: then the period lasts its nominal time.
        let told = clocks.reach(period.status());
        let told_to_the_end = abandoned || clocks.ended.contains(&period.status());
        let end = match told {
            Some(told) if told_to_the_end => told,
            told => {
                let implied = implied_end(period, fixture, clocks);
                let implied =
                    implied.map_or(base, |end| Reading::from_millis(base.as_millis() + (end - now).as_millis()));
                told.unwrap_or(base).max(rules.end(period)).max(implied)
            }
        };
        (self.push(period.status(), now, end.max(base), base), abandoned)
    }

    /// Puts kick-off at `kickoff`.
    pub(super) fn moved(mut self, kickoff: MediaTime) -> Self {
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

    /// When the match comes into play. `None`: never.
    pub(super) fn kickoff(&self) -> Option<MediaTime> {
        self.phases.iter().find(|phase| phase.status.in_play()).map(|phase| phase.from)
    }

    /// Where the scheduled kick-off lies.
    pub(super) fn scheduled_kickoff(&self) -> MediaTime {
        self.scheduled
    }

    /// The real kick-off on the clock that counts down to the scheduled one. `None`: nothing is played.
    pub(super) fn kickoff_reading(&self) -> Option<Reading> {
        self.kickoff().map(|kickoff| Reading::from_millis((kickoff - self.scheduled).as_millis().max(0)))
    }

    /// From kick-off to the final whistle, where kick-off lies at zero. `None`: the match is never in play.
    pub(super) fn play(&self) -> Option<Reach> {
        let played = self.phases.iter().filter(|phase| phase.status.in_play());
        let spells =
            played.map(|phase| Reach { first: phase.from - MediaTime::ZERO, last: phase.to - MediaTime::ZERO });
        spells.reduce(Reach::joined)
    }

    /// Where a clock lies. `resumed` is how often play had gone on after a suspension when it was told: it decides
    /// between the end of the stretch before and the start of the stretch after, which have the same reading.
    pub fn place(&self, clock: MatchClock, resumed: usize) -> MediaTime {
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
        chosen.map_or(MediaTime::ZERO, |phase| phase.place(clock.reading))
    }

    /// The phase with this status that a moment lies in, or the last such one that began before it.
    pub fn phase_of(&self, status: Status, at: MediaTime) -> Option<&Phase> {
        let mut of_status = self.phases.iter().filter(|phase| phase.status == status);
        let first = of_status.clone().next();
        of_status.rfind(|phase| phase.from <= at).or(first)
    }

    /// The last phase that began strictly before a moment.
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
        Layout::new(&scenario.matches[0], &Clocks::of(&scenario)[0])
    }

    fn story(layout: &Layout) -> String {
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
            story(&layout),
            "scheduled -60..0 from -1:00; first_half 0..2825 from 00:00; half_time 2825..3725 from 00:00; second_half 3725..6667 from 45:00; full_time 6667..6697 from 00:00"
        );
    }

    #[test]
    fn a_half_may_end_early_and_a_sparse_one_lasts_its_time() {
        let early = layout(
            r#"{"type":"period_end","period":1,"clock":"44:57"}
               {"type":"goal","period":2,"clock":"50:00","side":"home","player":"h9"}"#,
        );
        assert_eq!(
            story(&early),
            "first_half 0..2697 from 00:00; half_time 2697..3597 from 00:00; second_half 3597..6297 from 45:00; full_time 6297..6297 from 00:00"
        );
    }

    #[test]
    fn a_half_whose_end_is_not_told_lasts_until_the_break_before_the_stated_start_of_the_next() {
        let mut scenario = scenario(
            r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"goal","period":2,"clock":"50:00","side":"home","player":"h9"}"#,
        );
        let mut fixture = (*scenario.matches[0]).clone();
        fixture.period_starts = vec![(Period::Second, UtcMillis(fixture.kickoff.0 + 62 * 60_000))];
        scenario.matches[0] = fixture.into();
        let layout = Layout::new(&scenario.matches[0], &Clocks::of(&scenario)[0]);
        assert_eq!(
            story(&layout),
            "first_half 0..2820 from 00:00; half_time 2820..3720 from 00:00; second_half 3720..6420 from 45:00; full_time 6420..6420 from 00:00"
        );
    }

    #[test]
    fn a_suspension_cuts_a_period_in_two() {
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
            story(&layout),
            "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..4700 from 45:00; suspended 4700..5420 from 00:00; second_half 5420..7020 from 63:20; full_time 7020..7020 from 00:00"
        );
        let clock = MatchClock::in_period(Period::Second, Reading::from_millis(3_800_000));
        assert_eq!(layout.place(clock, 0).as_millis(), 4_700_000, "when play stops");
        assert_eq!(layout.place(clock, 1).as_millis(), 5_420_000, "when play goes on");
        let later = MatchClock { reading: Reading::from_minutes(70), ..clock };
        assert_eq!(layout.place(later, 1).as_millis(), 5_820_000);
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
            assert_eq!(story(&layout(events)), phases, "{events}");
        }
    }

    #[test]
    fn a_match_follows_its_nominal_course_where_the_feed_is_silent() {
        let course = "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..6300 from 45:00; full_time 6300..6300 from 00:00";
        for events in [
            "",
            r#"{"type":"goal","period":1,"clock":"10:00","side":"home"}"#,
            r#"{"type":"period_end","period":1,"clock":"45:00"}"#,
            r#"{"type":"suspended","id":"s","status":"scheduled","clock":"0:00"}
               {"op":"remove","id":"s","told":"50:00","told_period":2}"#,
            r#"{"type":"match_end","status":"full_time","clock":"0:00"}"#,
        ] {
            let story = story(&layout(events));
            assert!(story.ends_with(course), "{events}: {story}");
        }
        let lineups = layout(r#"{"type":"lineup","status":"scheduled","clock":"-60:00","side":"home"}"#);
        assert_eq!(story(&lineups), format!("scheduled -3600..0 from -60:00; {course}"));
    }

    #[test]
    fn a_match_that_is_called_off_has_no_course() {
        for events in [
            r#"{"type":"commentary","status":"postponed","clock":"0:00","text":"Called off."}"#,
            r#"{"type":"abandoned","status":"scheduled","clock":"-1:00","reason":"away side did not turn up"}"#,
            r#"{"type":"commentary","status":"abandoned","clock":"0:00","text":"Called off."}"#,
        ] {
            let layout = layout(events);
            assert!(layout.phases().iter().all(|phase| !phase.status.in_play()), "{events}: {}", story(&layout));
            assert_eq!(layout.play(), None);
        }
    }

    #[test]
    fn what_is_taken_back_has_interrupted_nothing() {
        let layout = layout(
            r#"{"type":"suspended","id":"s","period":1,"clock":"30:00"}
               {"op":"remove","id":"s","told":"30:20"}
               {"type":"period_end","period":1,"clock":"45:00"}
               {"type":"period_end","period":2,"clock":"90:00"}"#,
        );
        assert_eq!(
            story(&layout),
            "first_half 0..2700 from 00:00; half_time 2700..3600 from 00:00; second_half 3600..6300 from 45:00; full_time 6300..6300 from 00:00"
        );
    }
}
