//! What documents are made of under feed faults.

use proptest::prelude::*;

use super::*;
use crate::scenario::testing::arbitrary::scenarios;
use crate::scenario::{Cue, MediaTime, SHIPPED};

/// The score and the goals of a match as told, at each event of the feed and in between.
fn told(timeline: &Timeline, index: usize, at: MediaTime) -> String {
    let told = timeline.sent_match(0, index, at);
    let goals = told.events.iter().filter(|cue| cue.event.is_in_force() && cue.event.kind.as_str() == "goal");
    let goals: Vec<&str> = goals.map(|cue| cue.event.id.as_str()).collect();
    format!("{} {}", told.state.score(), goals.join(" "))
}

fn flagship(plan: &str) -> Timeline {
    let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    apply(&timeline, &FaultPlan::parse(plan).expect("a plan"), 0).expect("faults")
}

#[test]
fn a_document_has_what_the_feed_has_sent() {
    let goal = MediaTime::from_millis(6_432_000);
    let after = |timeline: &Timeline, seconds: i64| {
        let at = MediaTime::from_millis(6_432_000 + seconds * 1_000);
        told(timeline, timeline.index_after(at), at)
    };
    for (plan, expected) in [
        ("late:at=koulibaly-goal,by=40s", ["0-0 ", "0-0 ", "0-1 koulibaly-goal"]),
        ("drop:at=koulibaly-goal", ["0-0 ", "0-0 ", "0-0 "]),
        ("vanish:at=koulibaly-goal,by=30s", ["0-1 koulibaly-goal", "0-1 koulibaly-goal", "0-0 "]),
        ("duplicate:at=koulibaly-goal", ["0-1 koulibaly-goal", "0-1 koulibaly-goal", "0-1 koulibaly-goal"]),
    ] {
        let timeline = flagship(plan);
        assert_eq!([0, 20, 60].map(|seconds| after(&timeline, seconds)), expected, "{plan}");
        assert_eq!(told(&timeline, timeline.index_before(goal), goal), "0-0 ", "{plan}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
    #[test]
    fn without_a_loss_everything_is_told_in_the_end(scenario in scenarios(40), by in 1..400_u32) {
        let truth = Timeline::new(&scenario);
        let plan = format!("late:p=0.5,by={by}s; duplicate:p=0.3");
        let faulty = apply(&truth, &FaultPlan::parse(&plan).expect("a plan"), 7);
        prop_assume!(faulty.is_ok());
        let faulty = faulty.expect("applied");
        let (end, all) = (faulty.length(), truth.cues().len());
        for track in 0..truth.tracks().len() {
            let told = faulty.sent_match(track, faulty.cues().len(), end);
            prop_assert_eq!(&told.state, &truth.state_at(track, all));
            let texts = |events: Vec<&Cue>| -> Vec<_> { events.iter().map(|cue| cue.event.clone()).collect() };
            prop_assert_eq!(texts(told.events), texts(truth.sent_match(track, all, end).events));
        }
    }

    #[test]
    fn a_feed_without_losses_tells_at_each_cue_what_a_timeline_without_faults_does(scenario in scenarios(40)) {
        let truth = Timeline::new(&scenario);
        let plan = FaultPlan::parse("unknown:p=1,what=extra").expect("a plan");
        let faulty = apply(&truth, &plan, 7);
        prop_assume!(faulty.is_ok());
        let faulty = faulty.expect("applied");
        for index in 0..=truth.cues().len() {
            let at = index.checked_sub(1).map_or(MediaTime::ZERO, |last| truth.cues()[last].at);
            for track in 0..truth.tracks().len() {
                let (one, other) = (faulty.sent_match(track, index, at), truth.sent_match(track, index, at));
                prop_assert_eq!(one.state, other.state);
                prop_assert_eq!(one.events.len(), other.events.len());
            }
        }
    }
}
