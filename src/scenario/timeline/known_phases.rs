//! The phases of a match: all of them, or those known at a time, without knowledge of the future.
//!
//! A layout contains the future: the length of stoppage time, whether there is extra time. A client that must not learn
//! it gets the past phases as they were, and the next ones as the laws of the game and the announced stoppage time
//! predict them.

use super::super::layout::{Phase, STATUS_ORDER, kickoff_delay, nominal_break_length};
use super::{MediaTime, ScoreboardClock, Span, Timeline, Track};
use crate::football::{Match, Reading, Status};

/// A phase of a match as far as it is known at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownPhase {
    /// The status during the phase.
    pub status: Status,
    /// Its start.
    pub from: MediaTime,
    /// Its end; `None` if it cannot be predicted.
    pub to: Option<MediaTime>,
    /// The clock reading at its start.
    pub base: Reading,
    /// The start of stoppage time in it, if it has any.
    pub stoppage: Option<MediaTime>,
    /// Whether it has not ended. Then `to` is a prediction, and so is `from` if it has not begun.
    pub expected: bool,
}

impl Timeline {
    /// All phases of a match, with knowledge of the future.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub fn phases(&self, track: usize) -> Vec<KnownPhase> {
        let Track { fixture, layout, .. } = &self.content.tracks[track];
        layout.phases().iter().map(|phase| completed_phase(fixture, phase, phase.to)).collect()
    }

    /// The phases of a match known at a time, after the first `index` cues of the timeline: past phases as they were, then
    /// the predicted ones. Stoppage time is as announced, but lasts at least to the end of the current minute. Extra time and
    /// the shoot-out are included once the feed reports that they follow.
    ///
    /// Empty before the first phase of the match, because gaps before it may still become longer. After the last cue of the
    /// match, all [`phases`](Self::phases).
    pub(crate) fn known_phases_at(&self, track: usize, index: usize, at: MediaTime) -> Vec<KnownPhase> {
        let Track { fixture, layout, .. } = &self.content.tracks[track];
        let index = self.true_index(index);
        if self.content.tracks[track].cues_before(index) == self.content.tracks[track].len() {
            return self.phases(track);
        }
        // If cues are released late, a cue that is due but not released yet belongs to the future.
        let at = self.content.cues.get(index).map_or(at, |next| at.min(next.at));
        if layout.phases().first().is_none_or(|first| at < first.from) {
            return Vec::new();
        }
        let state = self.truth().state_at(track, index);
        let clock = self.clock_at(track, at, &state);
        let kickoff = layout.scheduled_kickoff() + kickoff_delay(fixture, state.kickoff());
        let mut begun = layout.phases().iter().filter(|phase| phase.status == clock.status && phase.from <= at);
        // At the instant of a delay that is not released yet, the previous countdown still runs.
        let is_known = |phase: &&Phase| {
            phase.from < at || phase.status != Status::Scheduled || phase.time_of(Reading::default()) == kickoff
        };
        let current = begun.clone().rfind(is_known).or(begun.next_back());
        let behind = layout.phases().iter().take_while(|phase| match current {
            Some(current) => phase.from < current.from || phase.from == current.from && phase.to < current.to,
            None => phase.from < at && clock.status != Status::Scheduled,
        });
        let mut phases: Vec<KnownPhase> =
            behind.map(|phase| completed_phase(fixture, phase, phase.to.min(at))).collect();
        let current = current.copied().or_else(|| {
            // No clock is ever reported in this status, so the layout has no such phase. It began at the end of the previous one.
            let from = phases.last().and_then(|last| last.to).unwrap_or(at);
            let begun = Phase { status: clock.status, from, to: from, base: base_reading(fixture, clock.status) };
            (clock.status != Status::Scheduled).then_some(begun)
        });
        let scheduled = current.map(|phase| match clock.status {
            Status::Scheduled => countdown(&phase, kickoff, at),
            _ => current_phase(fixture, &phase, clock),
        });
        phases.extend(scheduled);
        let first = || layout.phases().first().map(|phase| phase.from);
        let mut next = scheduled.map_or_else(first, |current_phase| current_phase.to);
        for status in certain_phases(clock.status) {
            let Some(from) = next else { break };
            let phase = upcoming_phase(fixture, status, from);
            next = phase.to;
            phases.push(phase);
        }
        phases
    }
}

/// A phase whose end is known.
fn completed_phase(fixture: &Match, phase: &Phase, to: MediaTime) -> KnownPhase {
    let Phase { status, from, base, .. } = *phase;
    let stoppage = regular_end(fixture, phase).filter(|stoppage| *stoppage < to);
    KnownPhase { status, from, to: Some(to), base, stoppage, expected: false }
}

/// The phase before the kick-off as known at a time. An overdue kick-off is expected at the end of the current minute.
fn countdown(phase: &Phase, kickoff: MediaTime, at: MediaTime) -> KnownPhase {
    let overdue = (at - kickoff).as_millis().max(0).unsigned_abs().div_ceil(60_000);
    let to = kickoff + Span::from_secs(60 * overdue.cast_signed());
    let Phase { status, from, base, .. } = *phase;
    KnownPhase { status, from, to: Some(to.max(from)), base, stoppage: None, expected: true }
}

/// The phase that a match is in.
fn current_phase(fixture: &Match, phase: &Phase, clock: ScoreboardClock) -> KnownPhase {
    let Phase { status, from, base, .. } = *phase;
    let begun = i64::from(clock.minute.and_then(|minute| minute.added).unwrap_or(0));
    let added = begun.max(i64::from(clock.announced.unwrap_or(0)));
    let regular_end = regular_end(fixture, phase);
    let to = match (status, regular_end) {
        (_, Some(end)) => Some(end + Span::from_secs(60 * added)),
        _ if is_break(status) => {
            let lasts = nominal_break_length(status).minutes().max(clock.reading.minutes() + 1);
            Some(from + Span::from_secs(60 * lasts))
        }
        _ => None,
    };
    KnownPhase { status, from, to, base, stoppage: regular_end.filter(|_| added > 0), expected: true }
}

/// A phase that has not begun, with its nominal length.
fn upcoming_phase(fixture: &Match, status: Status, from: MediaTime) -> KnownPhase {
    let base = base_reading(fixture, status);
    let to = if is_break(status) {
        Some(from + Span::from_millis(nominal_break_length(status).as_millis()))
    } else {
        regular_end(fixture, &Phase { status, from, to: from, base })
    };
    KnownPhase { status, from, to, base, stoppage: None, expected: true }
}

/// The clock reading at the start of a status that follows no interruption.
fn base_reading(fixture: &Match, status: Status) -> Reading {
    status.period().map_or(Reading::default(), |period| fixture.rules.periods.start(period))
}

/// The nominal end of a phase, when stoppage time begins. `None` for a break or a shoot-out.
fn regular_end(fixture: &Match, phase: &Phase) -> Option<MediaTime> {
    let period = phase.status.period().filter(|_| phase.status != Status::Shootout)?;
    let left = fixture.rules.periods.end(period).as_millis() - phase.base.as_millis();
    Some(phase.from + Span::from_millis(left.max(0)))
}

/// Whether a status is a break in the course of a match.
fn is_break(status: Status) -> bool {
    STATUS_ORDER.contains(&status) && !status.is_in_play()
}

/// The statuses certain to follow a status: the second half, but neither extra time nor a shoot-out before the break that
/// leads to it.
fn certain_phases(status: Status) -> impl Iterator<Item = Status> {
    use Status::*;
    let together = match status {
        Scheduled | FirstHalf | HalfTime | SecondHalf => &STATUS_ORDER[..3],
        ExtraTimeBreak | ExtraFirstHalf | ExtraHalfTime | ExtraSecondHalf => &STATUS_ORDER[3..7],
        ShootoutBreak | Shootout => &STATUS_ORDER[7..],
        FullTime | Suspended | Abandoned | Postponed => &[],
    };
    together.iter().copied().filter(move |step| *step > status)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::{arbitrary::scenarios, scenario};
    use super::super::super::{LineContent, SHIPPED, Scenario};
    use super::*;

    /// `scheduled 0..60, first_half 60..2760?`: seconds; `?` marks expected phases, `+` the start of stoppage time.
    fn describe(phases: &[KnownPhase]) -> String {
        let seconds = |at: MediaTime| at.as_millis() / 1_000;
        let tell = |phase: &KnownPhase| {
            let stoppage = phase.stoppage.map(|at| format!("+{}", seconds(at))).unwrap_or_default();
            let to = phase.to.map(|to| seconds(to).to_string()).unwrap_or_default();
            let expected = if phase.expected { "?" } else { "" };
            format!("{} {}{stoppage}..{to}{expected}", phase.status, seconds(phase.from))
        };
        phases.iter().map(tell).collect::<Vec<_>>().join(", ")
    }

    /// The phases known once all cues due by then are released.
    fn at(timeline: &Timeline, seconds: i64) -> String {
        let at = MediaTime::from_millis(seconds * 1_000);
        describe(&timeline.known_phases_at(0, timeline.index_after(at), at))
    }

    #[test]
    fn the_flagship_is_ninety_minutes_until_more_is_known() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let course = "scheduled 0..60, first_half 60+2760..2885, half_time 2885..3785, second_half 3785+6485..6727";
        assert_eq!(describe(&timeline.phases(0)), format!("{course}, full_time 6727..6827"));
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
    fn extra_time_and_a_shoot_out_are_known_once_they_are_reported() {
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
    fn phases_without_a_reported_clock_are_known() {
        let timeline = Timeline::new(&scenario(
            r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"abandoned","period":2,"clock":"50:00"}
               {"type":"commentary","period":2,"clock":"50:00","text":"That was it."}
               {"type":"commentary","period":2,"clock":"50:01","text":"Go home."}"#,
        ));
        assert_eq!(at(&timeline, 0), "first_half -1200..1500?, half_time 1500..2400?, second_half 2400..5100?");
        // Half-time is never reported, but the layout has it and the scoreboard shows it.
        assert_eq!(at(&timeline, 2_000), "first_half -1200..1500, half_time 1500..2400?, second_half 2400..5100?");
        assert_eq!(
            at(&timeline, 2_700),
            "first_half -1200..1500, half_time 1500..2400, second_half 2400..2700, abandoned 2700..?"
        );
    }

    /// Two delays, the second after the first new kick-off; then the match is postponed.
    const DELAYED: &str = r#"{"type":"commentary","status":"scheduled","clock":"-10:00","text":"Rain."}
        {"type":"delayed","status":"scheduled","clock":"-5:00","kickoff":"2018-04-22T19:00:00Z"}
        {"type":"delayed","status":"scheduled","clock":"16:20","kickoff":"2018-04-22T19:15:00Z"}
        {"type":"postponed","status":"scheduled","clock":"20:00"}
        {"type":"commentary","status":"postponed","clock":"5:00","text":"The crowd goes home."}"#;

    #[test]
    fn the_kick_off_is_expected_as_last_announced() {
        let timeline = Timeline::new(&scenario(DELAYED));
        let half = |from: i64| {
            format!(
                "first_half {from}..{0}?, half_time {0}..{1}?, second_half {1}..{2}?",
                from + 2_700,
                from + 3_600,
                from + 6_300
            )
        };
        assert_eq!(at(&timeline, 0), format!("scheduled 0..600?, {}", half(600)));
        assert_eq!(at(&timeline, 300), format!("scheduled 0..300, scheduled 300..1500?, {}", half(1_500)));
        assert_eq!(at(&timeline, 1_530), format!("scheduled 0..300, scheduled 300..1560?, {}", half(1_560)));
        let later = "scheduled 0..300, scheduled 300..1580, scheduled 1580";
        assert_eq!(at(&timeline, 1_580), format!("{later}..2400?, {}", half(2_400)));
        assert_eq!(at(&timeline, 1_800), format!("{later}..1800, postponed 1800..?"));
        let unreleased = timeline.known_phases_at(0, 1, MediaTime::from_millis(300_000));
        assert_eq!(describe(&unreleased), at(&timeline, 299), "at the instant of the delay");
    }

    /// A scenario with the same first `index` cues and a different future.
    fn another_future(scenario: &Scenario, timeline: &Timeline, index: usize) -> Scenario {
        let kept: Vec<usize> = (0..index).map(|cue| timeline.entry_of(cue)).collect();
        let mut other = scenario.clone();
        let mut at = 0..;
        other.entries.retain(|entry| {
            kept.contains(&at.next().unwrap_or(usize::MAX)) && matches!(entry.item, LineContent::Event(_))
        });
        let events =
            Scenario::parse("extra", &super::super::super::testing::file(CUP_TIE)).expect("a scenario").entries;
        let last = events.last().expect("an event");
        for track in 0..scenario.matches.len() {
            other.entries.push(super::super::super::TimedLine { track: track as u16, ..last.clone() });
        }
        other
    }

    #[test]
    fn two_futures_of_one_past_are_indistinguishable() {
        let cup_tie = scenario(CUP_TIE);
        let delayed = scenario(DELAYED);
        let shipped = [0, 2].map(|index| SHIPPED[index].load().expect("shipped"));
        for scenario in shipped.iter().chain([&cup_tie, &delayed]) {
            let timeline = Timeline::new(scenario);
            let mut compared = 0;
            for index in 1..timeline.cues().len() {
                let other = Timeline::new(&another_future(scenario, &timeline, index));
                let past = |of: &Timeline| -> Vec<_> {
                    of.cues()[..index].iter().map(|cue| (cue.at, cue.event.id.clone(), cue.event.status)).collect()
                };
                // The last report of a match may move later cues; then the pasts differ.
                if past(&timeline) != past(&other) {
                    continue;
                }
                let now = timeline.cues()[index - 1].at;
                // At the instant of the next cue it may not be released yet.
                let next = [&timeline, &other].map(|of| of.cues().get(index).map_or(now, |next| next.at));
                let next = next[0].min(next[1]);
                for ((track, of), now) in timeline.tracks().iter().enumerate().flat_map(|of| [(of, now), (of, next)]) {
                    // Scoreboards show the starts and ends that a sparse feed does not report.
                    let shown = |of: &Timeline| of.clock_at(track, now, &of.state_at(track, index));
                    if (1..of.len()).contains(&of.cues_before(index)) && shown(&timeline) == shown(&other) {
                        let [one, two] = [&timeline, &other].map(|of| describe(&of.known_phases_at(track, index, now)));
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
        fn known_phases_have_no_gaps_and_only_expected_ones_reach_into_the_future(scenario in scenarios(40), offset in 0..600i64) {
            let timeline = Timeline::new(&scenario);
            for index in 0..timeline.cues().len() {
                let at = timeline.cues()[index].at + Span::from_secs(offset);
                let due = timeline.cues().get(index + 1).map_or(at, |next| at.min(next.at));
                for track in 0..timeline.tracks().len() {
                    let known_phases = timeline.known_phases_at(track, index + 1, at);
                    for pair in known_phases.windows(2) {
                        prop_assert!(pair[0].to == Some(pair[1].from) && pair[0].expected <= pair[1].expected);
                    }
                    if timeline.tracks()[track].cues_before(index + 1) == timeline.tracks()[track].len() {
                        continue;
                    }
                    for phase in known_phases {
                        prop_assert!(phase.to.is_none_or(|to| phase.from <= to));
                        prop_assert!(phase.expected || phase.to.is_some_and(|to| to <= due), "{phase:?} at {due:?}");
                    }
                }
            }
        }
    }
}
