use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::football::TypeSelector;
use crate::playback::pace::Slowdown;
use crate::playback::testing::{flagship, secs, speed, timeline, var_night};
use crate::scenario::testing::arbitrary::scenarios;
use crate::scenario::{Scenario, Span};

fn pace(text: &str) -> Pace {
    Pace::parse(text, []).expect("rules")
}

fn at(seconds: i64) -> MediaTime {
    MediaTime::from_millis(seconds * 1_000)
}

fn near(wall: Option<Duration>, seconds: f64) -> bool {
    wall.is_some_and(|wall| wall.abs_diff(secs(seconds)) < Duration::from_micros(1))
}

/// The next change after a moment, however far ahead it is.
fn next_boundary(profile: &mut SpeedProfile, timeline: &Timeline, media: MediaTime) -> Option<MediaTime> {
    let speed = profile.speed_at(timeline, media);
    let mut from = media;
    loop {
        match profile.next_change(timeline, from, speed) {
            SpeedChange::At(at) => return Some(at),
            SpeedChange::NotBefore(LATEST) => return None,
            SpeedChange::NotBefore(at) => {
                assert!(at > from, "it goes on");
                from = at;
            }
        }
    }
}

/// All changes from the beginning on.
fn changes(timeline: &Timeline, nominal: Speed, rules: &Pace, ahead: usize) -> Vec<(MediaTime, Speed)> {
    let mut profile = SpeedProfile::new(nominal, rules.clone()).with_lookahead(ahead);
    let next = |from: &(MediaTime, Speed)| {
        let next = next_boundary(&mut profile, timeline, from.0)?;
        Some((next, profile.speed_at(timeline, next)))
    };
    std::iter::successors(Some((EARLIEST, nominal)), next).skip(1).collect()
}

#[test]
fn no_rules_and_no_waiting_mean_one_speed() {
    let timeline = flagship();
    for (nominal, rules) in [(speed(60.0), "off"), (Speed::MAX, "highlights")] {
        assert_eq!(changes(&timeline, nominal, &pace(rules), LOOKAHEAD), []);
    }
    let length = timeline.length();
    assert!(near(wall_duration(&timeline, speed(60.0), &Pace::NONE, at(0), length), 6_827.0 / 60.0));
    assert_eq!(wall_duration(&timeline, Speed::MAX, &Pace::NONE, at(0), length), None);
}

#[test]
fn half_time_takes_three_seconds_and_the_match_no_less_than_before() {
    let timeline = flagship();
    let rules = pace("break=3s");
    let wall = |from, until| wall_duration(&timeline, speed(60.0), &rules, from, until);
    assert!(near(wall(at(2_885), at(3_785)), 3.0));
    assert!(near(wall(at(0), at(2_885)), 2_885.0 / 60.0));
    assert!(near(wall(at(3_785), timeline.length()), 3_042.0 / 60.0));
    // A short break is unchanged.
    assert_eq!(changes(&timeline, speed(1_000.0), &rules, LOOKAHEAD), []);
}

#[test]
fn no_two_cues_are_further_apart_than_the_gap() {
    for timeline in [flagship(), var_night()] {
        let rules = pace("gap=5s+goal:lead=2m,speed=1");
        let moments: BTreeSet<MediaTime> = timeline.cues().iter().map(|cue| cue.at).collect();
        for (from, until) in moments.iter().zip(moments.iter().skip(1)) {
            let wall = wall_duration(&timeline, speed(10.0), &rules, *from, *until).expect("finite");
            assert!(wall < secs(5.000_001), "{wall:?}");
        }
    }
}

#[test]
fn before_a_goal_it_is_slow_and_after_it_as_before() {
    let timeline = flagship();
    let goal = at(6_432);
    let rules = pace("goal:lead=30s,speed=5");
    let mut profile = SpeedProfile::new(speed(60.0), rules.clone());
    let speeds =
        [-31, -30, -1, 0].map(|seconds| profile.speed_at(&timeline, goal + Span::from_secs(seconds)).to_string());
    assert_eq!(speeds, ["60", "5", "5", "60"]);
    assert_eq!(next_boundary(&mut profile, &timeline, at(0)), Some(goal - Span::from_secs(30)));
    assert_eq!(next_boundary(&mut profile, &timeline, goal), None);
    // The rule limits the speed: a slower replay is not sped up.
    assert_eq!(changes(&timeline, speed(2.0), &rules, LOOKAHEAD), []);
}

#[test]
fn empty_and_instantaneous_timelines_have_a_profile() {
    let empty = Timeline::new(&Scenario::default());
    assert_eq!(changes(&empty, speed(60.0), &pace("highlights"), LOOKAHEAD), []);
    let one = timeline(r#"{"type":"goal","period":1,"clock":"0:00","side":"home","player":"h9"}"#);
    assert_eq!(wall_duration(&one, speed(1.0), &pace("highlights"), at(0), one.length()), Some(Duration::ZERO));
}

/// Some cues in play, then `cues` at half-time of which every tenth shares its time with the one before, then more in
/// play.
fn with_a_long_break(cues: usize) -> Timeline {
    let mut events = String::new();
    let mut add = |period: &str, minute: usize, second: usize, kind: &str| {
        events += &format!(r#"{{"type":"{kind}",{period},"clock":"{minute:02}:{second:02}","side":"home"}}"#);
        events.push('\n');
    };
    for second in 0..300 {
        add(r#""period":1"#, second / 60, second % 60, "corner");
    }
    add(r#""period":1"#, 45, 0, "period_end");
    for cue in 0..cues {
        let second = (cue - cue % 10) * 900 / cues;
        let kind = if cue % 100 == 0 { "goal" } else { "corner" };
        add(r#""status":"half_time""#, second / 60, second % 60, kind);
    }
    for second in 0..300 {
        add(r#""period":2"#, 45 + second / 60, second % 60, if second % 50 == 0 { "goal" } else { "corner" });
    }
    timeline(&events)
}

#[test]
fn a_window_holds_a_bounded_number_of_cue_times_outside_breaks() {
    let timeline = with_a_long_break(2_000);
    let breaks = timeline.breaks();
    assert_eq!(breaks.len(), 1);
    let moments: BTreeSet<MediaTime> = timeline.cues().iter().map(|cue| cue.at).collect();
    let held = |rules: &str, media| {
        let window = PaceWindow::covering(&timeline, &pace(rules), media, media, LOOKAHEAD);
        assert!(window.range.contains(&media));
        moments.range(window.range.clone()).count()
    };
    let inside = breaks[0].start + Span::from_secs(300);
    for media in [at(0), at(100), inside] {
        assert!(held("gap=2s+goal:lead=100h,speed=5", media) <= LOOKAHEAD);
    }
    // All of the break, and the lookahead from its end or from before it.
    let all = moments.range(breaks[0].clone()).count();
    assert!((all..=all + LOOKAHEAD + 1).contains(&held("break=3s", inside)));
    assert!(held("break=3s", at(0)) <= LOOKAHEAD);
    assert!(SpeedProfile::new(speed(60.0), pace("highlights")).pieces.is_empty(), "nothing before it is asked for");
}

/// The speed at a moment by the definition of the rules, computed over the whole timeline.
fn speed_by_definition(timeline: &Timeline, nominal: f64, pace: &Pace, media: MediaTime) -> f64 {
    let slower: Vec<_> = pace
        .slowdowns
        .iter()
        .flat_map(|before| {
            let cues = timeline.cues_of_type(&before.events, None).iter().map(|cue| &timeline.cues()[*cue as usize]);
            cues.map(|cue| (cue.at - before.lead, cue.at, before.speed.factor().expect("no max")))
        })
        .collect();
    let bends: BTreeSet<MediaTime> = slower.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    let slowed = |media: MediaTime| {
        let inside = slower.iter().filter(|(from, to, _)| (*from..*to).contains(&media));
        inside.fold(nominal, |speed, (.., most)| speed.min(*most))
    };
    let wall = |stretch: &Range<MediaTime>, bends: &BTreeSet<MediaTime>, speed: &dyn Fn(MediaTime) -> f64| {
        let inner = bends.range(stretch.start..).take_while(|at| **at < stretch.end).filter(|at| **at > stretch.start);
        let edges: Vec<MediaTime> = [stretch.start].into_iter().chain(inner.copied()).chain([stretch.end]).collect();
        edges.windows(2).map(|pair| (pair[1] - pair[0]).as_nanos() as f64 / speed(pair[0])).sum::<f64>()
    };
    let faster = |stretch: &Range<MediaTime>, cap: Option<Span>, wall: f64| {
        let cap = cap.map_or(f64::INFINITY, |cap| cap.as_nanos() as f64);
        if stretch.is_empty() { 1.0 } else { (wall / cap).max(1.0) }
    };
    let shortened = |media: MediaTime| {
        let inside = timeline.breaks().iter().find(|stretch| stretch.contains(&media));
        slowed(media) * inside.map_or(1.0, |stretch| faster(stretch, pace.break_, wall(stretch, &bends, &slowed)))
    };
    let moments = timeline.cues().iter().map(|cue| cue.at).chain([MediaTime::ZERO, timeline.length()]);
    let (before, after): (Vec<_>, Vec<_>) = moments.partition(|at| *at <= media);
    let wait = before.into_iter().max().zip(after.into_iter().min()).map(|(from, to)| from..to);
    let mut bends = bends.clone();
    bends.extend(timeline.breaks().iter().flat_map(|stretch| [stretch.start, stretch.end]));
    shortened(media) * wait.map_or(1.0, |wait| faster(&wait, pace.gap, wall(&wait, &bends, &shortened)))
}

fn any_length() -> impl Strategy<Value = Span> {
    let powers = prop_oneof![4 => 0.0_f64..7.0, 1 => 7.0_f64..11.0];
    powers.prop_map(|power| Span::from_millis(10_f64.powf(power) as i64))
}

/// Leads from milliseconds to years, on frequent event types.
pub(in crate::playback) fn any_pace() -> impl Strategy<Value = Pace> {
    let words =
        ["goal", "card", "shot", "substitution", "period_start", "added_time", "x_drone", "corner", "set_piece"];
    let slowdown =
        (prop::sample::select(words.to_vec()), any_length(), -2.0_f64..3.0).prop_map(|(word, lead, power)| {
            let events = TypeSelector::parse(word, [word]).expect("a type");
            Slowdown { events, lead, speed: speed(10_f64.powf(power)) }
        });
    let rules = (prop::option::of(any_length()), prop::option::of(any_length()), prop::collection::vec(slowdown, 0..5));
    rules.prop_map(|(gap, break_, slowdowns)| Pace { gap, break_, slowdowns })
}

/// A moment by its share of the timeline, or near one of its cues.
fn moment(timeline: &Timeline, (share, near, nanos): (f64, bool, i64)) -> MediaTime {
    let whole = timeline.length().as_nanos() as f64;
    match timeline.cues() {
        cues if near && !cues.is_empty() => {
            cues[(share.abs() * cues.len() as f64) as usize % cues.len()].at + Span::from_nanos(nanos)
        }
        _ => MediaTime::from_nanos((whole * share) as i64),
    }
}

fn any_moment() -> impl Strategy<Value = (f64, bool, i64)> {
    (-0.1_f64..1.1, any::<bool>(), -1_i64..=1)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Whatever the size of the window, and in whatever order moments are asked for.
    #[test]
    fn a_window_agrees_with_the_whole_timeline(
        scenario in scenarios(60),
        rules in any_pace(),
        power in -2.0_f64..4.0,
        ahead in 1_usize..6,
        asked in prop::collection::vec(any_moment(), 1..30),
    ) {
        let timeline = Timeline::new(&scenario);
        let nominal = speed(10_f64.powf(power));
        let all = changes(&timeline, nominal, &rules, usize::MAX);
        prop_assert_eq!(&changes(&timeline, nominal, &rules, ahead), &all);
        let mut part = SpeedProfile::new(nominal, rules).with_lookahead(ahead);
        for asked in asked {
            let media = moment(&timeline, asked);
            let passed = all.partition_point(|(from, _)| *from <= media);
            prop_assert_eq!(part.speed_at(&timeline, media), passed.checked_sub(1).map_or(nominal, |at| all[at].1));
            let next = next_boundary(&mut part, &timeline, media);
            prop_assert_eq!(next, all.get(passed).map(|(from, _)| *from));
        }
    }

    #[test]
    fn the_speed_follows_the_definition_of_the_rules(
        scenario in scenarios(60),
        rules in any_pace(),
        power in -2.0_f64..4.0,
        asked in prop::collection::vec(any_moment(), 1..30),
    ) {
        let timeline = Timeline::new(&scenario);
        let nominal = speed(10_f64.powf(power));
        let mut profile = SpeedProfile::new(nominal, rules.clone());
        for asked in asked {
            let media = moment(&timeline, asked);
            let meant = speed_by_definition(&timeline, 10_f64.powf(power), &rules, media);
            let meant = Speed::from_pace_factor(meant).factor().expect("finite");
            let found = profile.speed_at(&timeline, media).factor().expect("finite");
            prop_assert!((found / meant - 1.0).abs() < 1e-9, "{} instead of {} at {:?}", found, meant, media);
        }
    }

    #[test]
    fn a_length_is_the_sum_of_its_pieces(scenario in scenarios(60), rules in any_pace(), power in -2.0_f64..4.0) {
        let timeline = Timeline::new(&scenario);
        let nominal = speed(10_f64.powf(power));
        let (from, until) = (MediaTime::ZERO, timeline.length());
        let all = changes(&timeline, nominal, &rules, usize::MAX);
        let inside = all.iter().filter(|(at, _)| (from..until).contains(at)).map(|(at, _)| *at).filter(|at| *at > from);
        let edges: Vec<MediaTime> = [from].into_iter().chain(inside).chain([until]).collect();
        let mut profile = SpeedProfile::new(nominal, rules.clone());
        let walls = edges.windows(2).map(|pair| {
            let speed = profile.speed_at(&timeline, pair[0]).factor().expect("finite");
            media_to_wall(pair[1] - pair[0], speed)
        });
        let sum = walls.fold(Duration::ZERO, Duration::saturating_add);
        prop_assert_eq!(wall_duration(&timeline, nominal, &rules, from, until), Some(sum));
    }
}

#[test]
fn a_window_agrees_with_the_whole_timeline_where_breaks_and_instants_hold_many_cues() {
    let long = with_a_long_break(3_000);
    for rules in
        ["highlights", "break=3s+goal:lead=3m,speed=2", "gap=10ms+goal:lead=100h,speed=1+corner:lead=1s,speed=3"]
    {
        let all = changes(&long, speed(60.0), &pace(rules), usize::MAX);
        assert!(!all.is_empty());
        for ahead in [1, 7, LOOKAHEAD] {
            assert_eq!(changes(&long, speed(60.0), &pace(rules), ahead), all, "{rules} {ahead}");
        }
    }
}
