//! Properties that hold for any sequence of commands and wakes.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use proptest::prelude::*;

use super::engine::PlaybackRecord;
use super::profile::tests::any_pace as lengths_and_leads;
use super::testing::{flagship, position, speed, var_night};
use super::wall_time::{WallAnchor, WallTime};
use super::*;
use crate::football::MatchId;
use crate::scenario::testing::arbitrary::scenarios;
use crate::scenario::{MediaTime, Scenario, Span, Timeline};

static TIMELINES: LazyLock<[Timeline; 3]> =
    LazyLock::new(|| [flagship(), var_night(), Timeline::new(&Scenario::default())]);

fn any_speed() -> impl Strategy<Value = Speed> {
    prop_oneof![4 => (-2.0_f64..4.0).prop_map(|power| speed(10_f64.powf(power))), 1 => Just(Speed::MAX)]
}

fn any_pace() -> impl Strategy<Value = Pace> {
    let rules = ["off", "highlights", "gap=1ms", "break=3s", "gap=1m+card:lead=5m,speed=0.5", "shot:lead=1s,speed=1"];
    prop::sample::select(rules.to_vec()).prop_map(|rules| Pace::read(rules).expect("rules"))
}

fn any_position() -> impl Strategy<Value = Position> {
    let fixed = [
        "89:07",
        "45+1:12",
        "45+2",
        "HT",
        "FT",
        "0%",
        "50%",
        "100%",
        "Koulibaly!",
        "koulibaly-goal",
        "next:goal",
        "prev:card",
        "+5m",
        "-30s",
        "-1:00",
        "next:var",
        "next:correction",
        "prev:removal",
        "wyckhart-67@2",
        "wyckhart-67@9",
        "nowhere",
        "120:00",
        "next:gaol",
        "50+1",
    ];
    prop_oneof![
        prop::sample::select(fixed.to_vec()).prop_map(position),
        (0.0_f64..=100.0).prop_map(Position::Percent),
        any::<i64>().prop_map(|nanos| Position::Relative(Span::from_nanos(nanos))),
    ]
}

fn any_command(pace: impl Strategy<Value = Pace>) -> impl Strategy<Value = Command> {
    let track = || prop::sample::select(&[None, Some("van-lar"), Some("juv-nap")]).prop_map(|id| id.map(MatchId::from));
    prop_oneof![
        3 => Just(Command::Play),
        2 => Just(Command::Pause),
        2 => any_speed().prop_map(Command::Speed),
        2 => pace.prop_map(Command::Pace),
        3 => (any_position(), 0_i64..100, track()).prop_map(|(to, lead, track)| {
            Command::Seek { to, lead: Span::from_secs(lead), track }
        }),
        1 => (1_u32..200).prop_map(|cues| Command::Step(StepTarget::Count(cues))),
        2 => (any_position(), track(), any::<bool>()).prop_map(|(to, track, or_end)| {
            Command::Step(StepTarget::Until { to, track, or_end })
        }),
        1 => Just(Command::Restart),
        1 => any::<bool>().prop_map(Command::Loop),
    ]
}

/// What happens next: time passes, the driver wakes at the instant it was given, or a command arrives.
#[derive(Debug, Clone)]
enum DriverInput {
    Wait(Duration),
    Wake,
    Command(Command),
}

fn any_input(pace: impl Strategy<Value = Pace>) -> impl Strategy<Value = DriverInput> {
    prop_oneof![
        3 => (0_u64..40_000_000_000).prop_map(|nanos| DriverInput::Wait(Duration::from_nanos(nanos))),
        4 => Just(DriverInput::Wake),
        3 => any_command(pace).prop_map(DriverInput::Command),
    ]
}

fn any_options() -> impl Strategy<Value = PlaybackOptions> {
    (any_speed(), any_pace(), any::<bool>(), 0_u64..20, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(speed, pace, looping, hold, paused, waiting, bounded)| PlaybackOptions {
            speed,
            pace,
            from: bounded.then_some(Position::Percent(20.0)),
            until: bounded.then_some(Position::Percent(70.0)),
            looping,
            hold: Duration::from_secs(hold),
            paused,
            waiting,
            stall_limit: Some(STALL_LIMIT),
        },
    )
}

/// The values in a document that are neither objects nor lists.
fn leaves_of<'a>(value: &'a mut serde_json::Value, leaves: &mut Vec<&'a mut serde_json::Value>) {
    match value {
        serde_json::Value::Object(members) => members.values_mut().for_each(|member| leaves_of(member, leaves)),
        leaf => leaves.push(leaf),
    }
}

/// Checks each transition from one playhead to the next.
struct InvariantChecker<'a> {
    timeline: &'a Timeline,
    before: Playhead,
}

impl InvariantChecker<'_> {
    /// `by` describes what happened.
    fn check(&mut self, after: Playhead, now: Instant, by: &str) -> Result<(), TestCaseError> {
        let (before, len) = (self.before, self.timeline.cues().len() as u32);
        prop_assert!(after.start <= after.head && after.head <= len, "{by}: {after:?}");
        prop_assert!(after.version_head <= after.head, "{by}: {after:?}");
        prop_assert!(after.epoch >= before.epoch && after.version >= before.version && after.steps >= before.steps);
        if after.epoch == before.epoch {
            // In order, without gaps, each once: a head that never decreases releases exactly what it passes.
            prop_assert!(after.head >= before.head, "{by}: {before:?} -> {after:?}");
            prop_assert_eq!(after.start, before.start);
        }
        let silent = Playhead { head: after.head, ..before };
        prop_assert!(after == silent || after.version > before.version, "{by}: {before:?} -> {after:?}");
        prop_assert_eq!(after.clock.running, after.state == State::Playing);
        // Never early: every released cue lies at or before the media time.
        let media = after.clock.media_time(now);
        if let Some(last) = after.head.checked_sub(1) {
            prop_assert!(self.timeline.cues()[last as usize].at <= media, "{by}: {after:?}");
        }
        // Never late: while playing, nothing due is left.
        if after.state == State::Playing {
            prop_assert!(after.head as usize >= self.timeline.index_before(media), "{by}: {after:?}");
        }
        self.before = after;
        Ok(())
    }
}

/// Advances as a driver would until nothing is left to do at `now`; fails if that takes too many calls.
fn settle(
    playback: &mut Playback,
    checker: &mut InvariantChecker,
    now: Instant,
) -> Result<Option<Instant>, TestCaseError> {
    for _ in 0..64 {
        let wake = playback.advance(checker.timeline, now);
        let playhead = playback.playhead();
        if wake.is_none_or(|wake| wake > now) {
            checker.check(playhead, now, "advance")?;
            prop_assert_eq!(playback.advance(checker.timeline, now), wake, "asked again, it says the same");
            prop_assert_eq!(playback.playhead(), playhead, "and does nothing");
            if playhead.state == State::Playing {
                prop_assert!(wake.is_some(), "no wake for {playhead:?}");
            }
            return Ok(wake);
        }
    }
    Err(TestCaseError::fail(format!("spinning at {:?}", playback.playhead())))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_for_any_inputs(
        which in 0_usize..3,
        options in any_options(),
        inputs in prop::collection::vec(any_input(any_pace()), 1..40),
    ) {
        let timeline = &TIMELINES[which];
        let mut now = Instant::now();
        // Nothing lies between 20% and 70% of an empty timeline.
        let Ok(mut playback) = Playback::new(timeline, options.clone(), now) else {
            prop_assert!(options.until.is_some() && timeline.cues().is_empty());
            return Ok(());
        };
        let mut checker = InvariantChecker { timeline, before: playback.playhead() };
        let mut wake = settle(&mut playback, &mut checker, now)?;
        for input in inputs {
            match input {
                DriverInput::Wait(by) => now += by,
                DriverInput::Wake => now = wake.unwrap_or(now),
                DriverInput::Command(command) => {
                    let before = playback.playhead();
                    match playback.apply(timeline, &command, now) {
                        Ok(applied) => {
                            checker.check(playback.playhead(), now, command.name())?;
                            let opens = matches!(command, Command::Seek { .. } | Command::Restart);
                            prop_assert_eq!(applied.moved_to.is_some(), opens);
                            prop_assert!(!opens || playback.playhead().epoch > before.epoch);
                            let steps = playback.playhead().steps - before.steps;
                            prop_assert_eq!(applied.stepped.is_some(), steps == 1);
                            // A step that does not reach its position goes to the end, and only if that was allowed.
                            if let Command::Step(StepTarget::Until { or_end, .. }) = &command {
                                let reached = applied.stepped.is_some_and(|step| step.reached);
                                prop_assert!(reached || *or_end && playback.playhead().state == State::Ended);
                            }
                        }
                        Err(_) => prop_assert_eq!(playback.playhead(), before),
                    }
                }
            }
            wake = settle(&mut playback, &mut checker, now)?;
        }
        // Without further commands, playback reaches its end.
        playback.apply(timeline, &Command::Loop(false), now).expect("a flag");
        playback.apply(timeline, &Command::Play, now).expect("a word");
        let mut wakes = 0;
        while let Some(next) = playback.advance(timeline, now) {
            now = next;
            wakes += 1;
            prop_assert!(wakes < 4 * timeline.cues().len() + 100, "spinning at {:?}", playback.playhead());
        }
        prop_assert_eq!(playback.playhead().state, State::Ended);
    }

    /// The lookahead of a profile changes neither playback nor makes any wake later.
    #[test]
    fn how_far_a_profile_looks_ahead_changes_nothing(
        scenario in scenarios(60),
        pace in prop_oneof![any_pace(), lengths_and_leads()],
        options in any_options(),
        ahead in 1_usize..6,
        inputs in prop::collection::vec(any_input(lengths_and_leads()), 1..40),
    ) {
        let timeline = &Timeline::new(&scenario);
        let mut now = Instant::now();
        let options = PlaybackOptions { pace, ..options };
        let pair = [ahead, usize::MAX].map(|ahead| {
            Playback::new(timeline, options.clone(), now).map(|playback| playback.with_lookahead(ahead))
        });
        let [Ok(mut part), Ok(mut whole)] = pair else { return Ok(()) };
        let mut wake = None;
        for input in inputs {
            match input {
                DriverInput::Wait(by) => now += by,
                DriverInput::Wake => now = wake.unwrap_or(now),
                DriverInput::Command(command) => {
                    let done = [&mut part, &mut whole].map(|playback| playback.apply(timeline, &command, now));
                    prop_assert_eq!(&done[0], &done[1]);
                }
            }
            let wakes = [&mut part, &mut whole].map(|playback| playback.advance(timeline, now));
            prop_assert_eq!(part.playhead(), whole.playhead());
            prop_assert!(wakes[1].is_none_or(|whole| wakes[0].is_some_and(|part| part <= whole)), "{:?}", wakes);
            wake = wakes[0];
        }
    }

    /// A playback that is restored from a record, in a process with other instants and at any later moment, goes on as the original.
    #[test]
    fn a_restored_playback_goes_on_as_the_original(
        which in 0_usize..3,
        options in any_options(),
        inputs in prop::collection::vec((any_input(any_pace()), any::<bool>()), 1..30),
        apart in -1_000_000_000_i64..1_000_000_000,
    ) {
        let timeline = &TIMELINES[which];
        let mut now = Instant::now();
        let here = WallAnchor { instant: now, time: WallTime::of(SystemTime::now()) };
        let elsewhere = now + Duration::from_nanos(apart.unsigned_abs());
        let there = WallAnchor { instant: elsewhere, time: here.time };
        let seen_there = |now| there.instant_of(here.time_of(now)).expect("a moment ago");
        let Ok(original) = Playback::new(timeline, PlaybackOptions { stall_limit: None, ..options }, now) else {
            return Ok(());
        };
        let mut original = original;
        let mut restored = Playback::restore(timeline, &original.record(now, here), there, elsewhere).expect("true");
        let mut wake = original.advance_until_idle(timeline, now, &mut |_| ());
        for (input, anew) in inputs {
            match input {
                DriverInput::Wait(by) => now += by,
                DriverInput::Wake => now = wake.unwrap_or(now),
                DriverInput::Command(command) => {
                    let done = original.apply(timeline, &command, now);
                    prop_assert_eq!(restored.apply(timeline, &command, seen_there(now)), done);
                }
            }
            wake = original.advance_until_idle(timeline, now, &mut |_| ());
            let wake_there = restored.advance_until_idle(timeline, seen_there(now), &mut |_| ());
            prop_assert_eq!(wake_there, wake.map(seen_there));
            let record = original.record(now, here);
            prop_assert_eq!(&restored.record(seen_there(now), there), &record);
            if anew {
                let text = serde_json::to_string(&record).expect("JSON");
                let record = serde_json::from_str(&text).expect(&text);
                restored = Playback::restore(timeline, &record, there, seen_there(now)).expect("true");
            }
        }
    }

    /// However a record is damaged, it is refused or played, without a panic.
    #[test]
    fn a_damaged_record_does_no_harm(
        options in any_options(),
        place in 0_usize..40,
        value in prop::sample::select(vec!["-1", "0", "1", "102", "4294967295", "9007199254740993", "9223372036854775807",
            "\"playing\"", "\"ended\"", "\"max\"", "\"1e300\"", "\"nan\"", "\"1700-01-01T00:00:00Z\"", "\"2261-01-01T00:00:00Z\"", "null", "true"]),
        command in any_command(any_pace()),
    ) {
        let (timeline, now) = (&TIMELINES[0], Instant::now());
        let wall = WallAnchor { instant: now, time: WallTime::of(SystemTime::now()) };
        let playback = Playback::new(timeline, options, now).expect("options");
        let mut record = serde_json::to_value(playback.record(now, wall)).expect("JSON");
        let mut leaves = Vec::new();
        leaves_of(&mut record, &mut leaves);
        let place = place % leaves.len();
        *leaves.swap_remove(place) = serde_json::from_str(value).expect(value);
        let Ok(record) = serde_json::from_value::<PlaybackRecord>(record) else { return Ok(()) };
        if let Ok(mut restored) = Playback::restore(timeline, &record, wall, now) {
            let _ = restored.apply(timeline, &command, now + Duration::from_secs(1));
            restored.advance(timeline, now + Duration::from_secs(100));
            prop_assert!(restored.playhead().head as usize <= timeline.cues().len());
        }
    }

    /// A punctual and a late driver release the same cues at the same media times, and reach the same end.
    #[test]
    fn late_wakes_change_nothing(pace in any_pace(), speed in any_speed(), late in 0_u64..5_000) {
        let timeline = &TIMELINES[0];
        let options = PlaybackOptions { speed, pace, ..PlaybackOptions::default() };
        let began = Instant::now();
        let ends = [0, late].map(|late| {
            let mut playback = Playback::new(timeline, options.clone(), began).expect("options");
            let mut now = began;
            while let Some(wake) = playback.advance(timeline, now) {
                now = wake + Duration::from_millis(late);
            }
            let playhead = playback.playhead();
            (playhead.clock.instant, playhead.clock.media, playhead.head, playhead.version)
        });
        prop_assert_eq!(ends[0], ends[1]);
        prop_assert!(ends[0].1 >= MediaTime::ZERO);
    }
}
