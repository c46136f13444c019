//! The course of a match in stretches: all of it, or what may be known of it at a moment by who does not know what is still
//! to come.
//!
//! A layout knows the future: how long stoppage time will be, whether there will be extra time. Whoever is not to be told
//! sees of it what lies behind, and beyond that what the laws of the game say and the fourth official shows.

use super::super::layout::{COURSE, Phase, usual_break};
use super::{MediaTime, ScoreboardClock, Span, Timeline, Track};
use crate::football::{Match, Reading, Status};

/// A stretch of a match with one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where the match is meanwhile.
    pub status: Status,
    /// When it begins.
    pub from: MediaTime,
    /// When it ends; `None` where nobody can say yet.
    pub to: Option<MediaTime>,
    /// What the clock reads when it begins.
    pub base: Reading,
    /// When stoppage time begins in it.
    pub stoppage: Option<MediaTime>,
    /// Whether it has not ended: `to`, and `from` if it has not begun, are as things stand.
    pub expected: bool,
}

impl Timeline {
    /// The course of a match as it is in the end.
    pub fn course(&self, track: usize) -> Vec<Stretch> {
        let Track { fixture, layout, .. } = &self.tracks[track];
        layout.phases().iter().map(|phase| passed(fixture, phase, phase.to)).collect()
    }

    /// The course of a match as it may be known at a moment, after the first `index` cues of the timeline: what lies
    /// behind as it was, then what is scheduled. Stoppage time as announced, but at least to the end of the minute that
    /// is being played; extra time and the shoot-out once it is told that they come.
    ///
    /// Nothing before anything of the match is due, for the stretches without a match before it may still become longer.
    /// Once all of it has been told, the whole [`course`](Self::course).
    pub fn outlook(&self, track: usize, index: usize, at: MediaTime) -> Vec<Stretch> {
        let Track { fixture, layout, .. } = &self.tracks[track];
        if self.tracks[track].told(index) == self.tracks[track].len() {
            return self.course(track);
        }
        // Where the telling is late, what is due but has not been told is still to come.
        let at = self.cues.get(index).map_or(at, |next| at.min(next.at));
        if layout.phases().first().is_none_or(|first| at < first.from) {
            return Vec::new();
        }
        let clock = self.clock_at(track, at, &self.state_at(track, index));
        let current = layout.phase_of(clock.status, at).filter(|phase| phase.from <= at);
        let behind = layout.phases().iter().take_while(|phase| match current {
            Some(current) => phase.from < current.from || phase.from == current.from && phase.to < current.to,
            None => phase.from < at && clock.status != Status::Scheduled,
        });
        let mut stretches: Vec<Stretch> = behind.map(|phase| passed(fixture, phase, phase.to.min(at))).collect();
        let current = current.copied().or_else(|| {
            // The layout does not have it, for no clock is ever told in it: it began when what went before ended.
            let from = stretches.last().and_then(|last| last.to).unwrap_or(at);
            let begun = Phase { status: clock.status, from, to: from, base: base(fixture, clock.status) };
            (clock.status != Status::Scheduled).then_some(begun)
        });
        let scheduled = current.map(|phase| running(fixture, &phase, clock));
        stretches.extend(scheduled);
        let kickoff = || layout.phases().first().map(|phase| phase.from);
        let mut next = scheduled.map_or_else(kickoff, |running| running.to);
        for status in to_come(clock.status) {
            let Some(from) = next else { break };
            let stretch = planned(fixture, status, from);
            next = stretch.to;
            stretches.push(stretch);
        }
        stretches
    }
}

/// A stretch that is over, or known to its end.
fn passed(fixture: &Match, phase: &Phase, to: MediaTime) -> Stretch {
    let Phase { status, from, base, .. } = *phase;
    let stoppage = regular_end(fixture, phase).filter(|stoppage| *stoppage < to);
    Stretch { status, from, to: Some(to), base, stoppage, expected: false }
}

/// The stretch that a match is in.
fn running(fixture: &Match, phase: &Phase, clock: ScoreboardClock) -> Stretch {
    let Phase { status, from, base, .. } = *phase;
    let begun = i64::from(clock.minute.and_then(|minute| minute.added).unwrap_or(0));
    let added = begun.max(i64::from(clock.announced.unwrap_or(0)));
    let regular_end = regular_end(fixture, phase);
    let to = match (status, regular_end) {
        // When it kicks off has been known for long.
        (Status::Scheduled, _) => Some(phase.to),
        (_, Some(end)) => Some(end + Span::from_secs(60 * added)),
        _ if is_break(status) => {
            let lasts = usual_break(status).minutes().max(clock.reading.minutes() + 1);
            Some(from + Span::from_secs(60 * lasts))
        }
        _ => None,
    };
    Stretch { status, from, to, base, stoppage: regular_end.filter(|_| added > 0), expected: true }
}

/// A stretch that is to come, as long as it is meant to be.
fn planned(fixture: &Match, status: Status, from: MediaTime) -> Stretch {
    let base = base(fixture, status);
    let to = match is_break(status) {
        true => Some(from + Span::from_millis(usual_break(status).as_millis())),
        false => regular_end(fixture, &Phase { status, from, to: from, base }),
    };
    Stretch { status, from, to, base, stoppage: None, expected: true }
}

/// What the clock reads when a status begins that nothing has interrupted.
fn base(fixture: &Match, status: Status) -> Reading {
    status.period().map_or(Reading::default(), |period| fixture.rules.periods.start(period))
}

/// When stoppage time begins in a phase, if it lasts so long. A shoot-out has none.
fn regular_end(fixture: &Match, phase: &Phase) -> Option<MediaTime> {
    let period = phase.status.period().filter(|_| phase.status != Status::Shootout)?;
    let left = fixture.rules.periods.end(period).as_millis() - phase.base.as_millis();
    Some(phase.from + Span::from_millis(left.max(0)))
}

/// Whether it is a part of the course in which the ball is not in play.
fn is_break(status: Status) -> bool {
    COURSE.contains(&status) && !status.in_play()
}

/// What is certain to follow once a match has come to a status: the second half, but neither extra time nor a shoot-out
/// before the break that leads to it.
fn to_come(status: Status) -> impl Iterator<Item = Status> {
    use Status::*;
    let together = match status {
        Scheduled | FirstHalf | HalfTime | SecondHalf => &COURSE[..3],
        ExtraTimeBreak | ExtraFirstHalf | ExtraHalfTime | ExtraSecondHalf => &COURSE[3..7],
        ShootoutBreak | Shootout => &COURSE[7..],
        FullTime | Suspended | Abandoned | Postponed => &[],
    };
    together.iter().copied().filter(move |step| *step > status)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::{arbitrary::scenarios, scenario};
    use super::super::super::{Item, SHIPPED, Scenario};
    use super::*;

    /// `scheduled 0..60, first_half 60..2760?`: seconds; with `?` what is expected, with `+` where stoppage time begins.
    fn story(stretches: &[Stretch]) -> String {
        let seconds = |at: MediaTime| at.as_millis() / 1_000;
        let tell = |stretch: &Stretch| {
            let stoppage = stretch.stoppage.map(|at| format!("+{}", seconds(at))).unwrap_or_default();
            let to = stretch.to.map(|to| seconds(to).to_string()).unwrap_or_default();
            let expected = if stretch.expected { "?" } else { "" };
            format!("{} {}{stoppage}..{to}{expected}", stretch.status, seconds(stretch.from))
        };
        stretches.iter().map(tell).collect::<Vec<_>>().join(", ")
    }

    /// What may be known once all that is due by then has been told.
    fn at(timeline: &Timeline, seconds: i64) -> String {
        let at = MediaTime::from_millis(seconds * 1_000);
        story(&timeline.outlook(0, timeline.index_after(at), at))
    }

    #[test]
    fn the_flagship_is_ninety_minutes_until_more_is_known() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let course = "scheduled 0..60, first_half 60+2760..2885, half_time 2885..3785, second_half 3785+6485..6727";
        assert_eq!(story(&timeline.course(0)), format!("{course}, full_time 6727..6827"));
        let half = "half_time 2760..3660?, second_half 3660..6360?";
        assert_eq!(at(&timeline, 0), format!("scheduled 0..60?, first_half 60..2760?, {half}"));
        assert_eq!(at(&timeline, 1_000), format!("scheduled 0..60, first_half 60..2760?, {half}"));
        // Two minutes are announced, and 47:00 is the third.
        let third = "scheduled 0..60, first_half 60+2760..2940?, half_time 2940..3840?, second_half 3840..6540?";
        assert_eq!(at(&timeline, 2_881), third);
        let half = "scheduled 0..60, first_half 60+2760..2885, half_time 2885..3785";
        assert_eq!(at(&timeline, 2_885), format!("{half}?, second_half 3785..6485?"));
        assert_eq!(at(&timeline, 3_785), format!("{half}, second_half 3785..6485?"));
        assert_eq!(at(&timeline, 6_727), format!("{course}, full_time 6727..?"));
        assert_eq!(at(&timeline, 6_827), format!("{course}, full_time 6727..6827"));
    }

    const CUP_TIE: &str = r#"{"type":"period_start","period":1,"clock":"00:00"}
        {"type":"period_end","period":1,"clock":"46:00"}
        {"type":"period_start","period":2,"clock":"45:00"}
        {"type":"suspended","period":2,"clock":"60:00"}
        {"type":"resumed","status":"suspended","clock":"10:00"}
        {"type":"period_end","period":2,"clock":"93:00"}
        {"type":"period_start","period":3,"clock":"90:00"}
        {"type":"period_end","period":3,"clock":"105:00"}
        {"type":"period_start","period":4,"clock":"105:00"}
        {"type":"period_end","period":4,"clock":"121:00"}
        {"type":"shootout_penalty","period":5,"clock":"122:00","side":"home","outcome":"scored"}
        {"type":"match_end","period":5,"clock":"130:00"}
        {"type":"commentary","status":"full_time","clock":"1:00","text":"over"}"#;

    #[test]
    fn extra_time_and_a_shoot_out_are_known_when_they_are_told() {
        let timeline = Timeline::new(&scenario(CUP_TIE));
        let first = "first_half 0+2700..2760, half_time 2760..3660";
        // At 60:00 play is interrupted for ten minutes; at 93:00 the second half ends.
        let (halt, on, end) = (3_660 + 900, 3_660 + 1_500, 3_660 + 600 + 2_880);
        assert_eq!(at(&timeline, halt - 1), format!("{first}, second_half 3660..6360?"));
        assert_eq!(at(&timeline, halt), format!("{first}, second_half 3660..4560, suspended 4560..?"));
        let second = format!("{first}, second_half 3660..4560, suspended 4560..5160, second_half 5160");
        assert_eq!(at(&timeline, on), format!("{second}..6960?"));
        assert_eq!(at(&timeline, end - 1), format!("{second}+6960..7140?"));
        let second = format!("{second}+6960..7140, extra_time_break 7140..7440");
        let extra = "extra_first_half 7440..8340?, extra_half_time 8340..8400?, extra_second_half 8400..9300?";
        assert_eq!(at(&timeline, end), format!("{second}?, {extra}"));
        let extra = "extra_first_half 7440..8340, extra_half_time 8340..8400, extra_second_half 8400+9300..9360";
        let shootout = format!("{second}, {extra}, shootout_break 9360..9660?, shootout 9660..?");
        assert_eq!(at(&timeline, 9_360), shootout);
    }

    #[test]
    fn what_no_clock_was_told_in_is_known_all_the_same() {
        let timeline = Timeline::new(&scenario(
            r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"abandoned","period":2,"clock":"50:00"}
               {"type":"commentary","period":2,"clock":"50:00","text":"That was it."}
               {"type":"commentary","period":2,"clock":"50:01","text":"Go home."}"#,
        ));
        assert_eq!(at(&timeline, 0), "first_half -1200..1500?, half_time 1500..2400?, second_half 2400..5100?");
        // Half-time is nowhere told, but the layout has it and the scoreboard shows it.
        assert_eq!(at(&timeline, 2_000), "first_half -1200..1500, half_time 1500..2400?, second_half 2400..5100?");
        assert_eq!(
            at(&timeline, 2_700),
            "first_half -1200..1500, half_time 1500..2400, second_half 2400..2700, abandoned 2700..?"
        );
    }

    /// A scenario whose first `index` cues are those of another, and then everything is different.
    fn another_future(scenario: &Scenario, timeline: &Timeline, index: usize) -> Scenario {
        let kept: Vec<usize> = (0..index).map(|cue| timeline.entry_of(cue)).collect();
        let mut other = scenario.clone();
        let mut at = 0..;
        other
            .entries
            .retain(|entry| kept.contains(&at.next().unwrap_or(usize::MAX)) && matches!(entry.item, Item::Event(_)));
        let events =
            Scenario::parse("extra", &super::super::super::testing::file(CUP_TIE)).expect("a scenario").entries;
        let last = events.last().expect("an event");
        for track in 0..scenario.matches.len() {
            other.entries.push(super::super::super::Entry { track: track as u16, ..last.clone() });
        }
        other
    }

    #[test]
    fn two_futures_of_one_past_cannot_be_told_apart() {
        let cup_tie = scenario(CUP_TIE);
        let shipped = [SHIPPED[0].load().expect("shipped"), SHIPPED[2].load().expect("shipped")];
        for scenario in shipped.iter().chain([&cup_tie]) {
            let timeline = Timeline::new(scenario);
            let mut compared = 0;
            for index in 1..timeline.cues().len() {
                let other = Timeline::new(&another_future(scenario, &timeline, index));
                let past = |of: &Timeline| -> Vec<_> {
                    of.cues()[..index].iter().map(|cue| (cue.at, cue.event.id.clone(), cue.event.status)).collect()
                };
                // What is told last of a match may move what comes after: then it is not the same past.
                if past(&timeline) != past(&other) {
                    continue;
                }
                let now = timeline.cues()[index - 1].at;
                for (track, of) in timeline.tracks().iter().enumerate() {
                    // Scoreboards know, and show, the ends and beginnings that a sparse feed does not tell.
                    let shown = |of: &Timeline| of.clock_at(track, now, &of.state_at(track, index));
                    if (1..of.len()).contains(&of.told(index)) && shown(&timeline) == shown(&other) {
                        let [one, two] = [&timeline, &other].map(|of| story(&of.outlook(track, index, now)));
                        assert_eq!(one, two, "after {index} cues");
                        compared += 1;
                    }
                }
            }
            assert!(compared * 4 > timeline.cues().len() * 3, "{compared} of {}", timeline.cues().len());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
        #[test]
        fn an_outlook_runs_on_without_gaps_and_only_what_is_expected_reaches_beyond_now(scenario in scenarios(40), offset in 0..600i64) {
            let timeline = Timeline::new(&scenario);
            for index in 0..timeline.cues().len() {
                let at = timeline.cues()[index].at + Span::from_secs(offset);
                let due = timeline.cues().get(index + 1).map_or(at, |next| at.min(next.at));
                for track in 0..timeline.tracks().len() {
                    let outlook = timeline.outlook(track, index + 1, at);
                    for pair in outlook.windows(2) {
                        prop_assert!(pair[0].to == Some(pair[1].from) && pair[0].expected <= pair[1].expected);
                    }
                    if timeline.tracks()[track].told(index + 1) == timeline.tracks()[track].len() {
                        continue;
                    }
                    for stretch in outlook {
                        prop_assert!(stretch.to.is_none_or(|to| stretch.from <= to));
                        prop_assert!(stretch.expected || stretch.to.is_some_and(|to| to <= due), "{stretch:?} at {due:?}");
                    }
                }
            }
        }
    }
}
