//! What a feed has told of a match: the fold of the events that it has sent, for documents that are made of nothing else.

use std::collections::HashMap;

use super::faulty_feed::FaultyFeed;
use super::{Cue, MediaTime, Timeline};
use crate::football::{EventId, MatchState};

/// What a feed has told of a match.
#[derive(Debug)]
pub(crate) struct ToldMatch<'a> {
    /// The fold of all events told.
    pub(crate) state: MatchState,
    /// The events told that are or were key events, in the order of their original reports, each in its latest revision: also those
    /// that were removed.
    pub(crate) events: Vec<&'a Cue>,
}

/// A revision of the story that a feed tells of a match: the place in the story, and after how many cues of the feed it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Telling {
    index: u32,
    story: u32,
}

impl Timeline {
    /// What the feed has told of a match when its first `index` cues are released, at a time. A lost event is never told, a late
    /// one once it is sent. What the feed only counts with ([`Cue::silent`]) is told when it is due.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub(crate) fn told_at(&self, track: usize, index: usize, at: MediaTime) -> ToldMatch<'_> {
        let Some(feed) = &self.feed else {
            let events = self.event_cues(track, index, true);
            let events = events.into_iter().map(|(_, latest)| &self.content.cues[latest as usize]).collect();
            return ToldMatch { state: self.state_at(track, index), events };
        };
        let mut state = MatchState::new(self.content.tracks[track].fixture.clone());
        let mut order = Vec::new();
        // The latest revision of each event, and whether it is or was a key event.
        let mut latest: HashMap<(u16, &EventId), (&Cue, bool)> = HashMap::new();
        for cue in feed.told_cues(track, index, at) {
            let key = (cue.track, &cue.event.id);
            let previous = latest.get(&key).copied();
            let was_key = previous.is_some_and(|(_, was_key)| was_key);
            latest.insert(key, (cue, was_key || super::is_key(&cue.event)));
            state.apply(&cue.event, previous.map(|(previous, _)| &*previous.event));
            if previous.is_none() {
                order.push(key);
            }
        }
        let events = order.iter().filter_map(|key| latest.get(key));
        ToldMatch { state, events: events.filter(|(_, key)| *key).map(|(cue, _)| *cue).collect() }
    }
}

impl FaultyFeed {
    /// For each match what is told of it, in the order in which the feed sends it.
    pub(super) fn tellings(&self, matches: usize) -> Vec<Vec<Telling>> {
        let mut tellings = vec![Vec::new(); matches];
        for (index, (cue, origin)) in (1..).zip(self.cues.iter().zip(&self.origins)) {
            if let Some(story) = origin.story {
                tellings[usize::from(cue.track)].push(Telling { index, story });
            }
        }
        tellings
    }

    /// The cues of the story that are told of a match, in the order of the story: of the latest revision told, so that one
    /// overtaken by a later one does not count again.
    fn told_cues(&self, track: usize, index: usize, at: MediaTime) -> impl Iterator<Item = &Cue> {
        let cues = &self.story.content.cues;
        let sent = &self.tellings[track];
        let sent = &sent[..sent.partition_point(|telling| telling.index as usize <= index)];
        let (_, past) = self.past(index);
        let counted = self.silent[track].iter().copied();
        let counted = counted.take_while(|story| (*story as usize) < past || cues[*story as usize].at < at);
        let mut told: Vec<u32> = sent.iter().map(|telling| telling.story).chain(counted).collect();
        told.sort_unstable();
        told.dedup();
        told.into_iter().map(|story| &cues[story as usize])
    }

    /// For each match the cues of the story that the feed only counts with.
    pub(super) fn silent_cues(&self, matches: usize) -> Vec<Vec<u32>> {
        let mut silent = vec![Vec::new(); matches];
        for (story, cue) in (0..).zip(&self.story.content.cues) {
            if cue.silent {
                silent[usize::from(cue.track)].push(story);
            }
        }
        silent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::testing::arbitrary::scenarios;
    use super::*;
    use crate::faults::{FaultPlan, apply};
    use crate::scenario::SHIPPED;

    /// The score and the goals of a match as told, at each event of the feed and in between.
    fn told(timeline: &Timeline, index: usize, at: MediaTime) -> String {
        let told = timeline.told_at(0, index, at);
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
            let Ok(faulty) = apply(&truth, &FaultPlan::parse(&plan).expect("a plan"), 7) else { return Ok(()) };
            let (end, all) = (faulty.length(), truth.cues().len());
            for track in 0..truth.tracks().len() {
                let told = faulty.told_at(track, faulty.cues().len(), end);
                prop_assert_eq!(&told.state, &truth.state_at(track, all));
                let texts = |events: Vec<&Cue>| -> Vec<_> { events.iter().map(|cue| cue.event.clone()).collect() };
                prop_assert_eq!(texts(told.events), texts(truth.told_at(track, all, end).events));
            }
        }

        #[test]
        fn a_feed_without_losses_tells_at_each_cue_what_a_timeline_without_faults_does(scenario in scenarios(40)) {
            let truth = Timeline::new(&scenario);
            let plan = FaultPlan::parse("unknown:p=1,what=extra").expect("a plan");
            let Ok(faulty) = apply(&truth, &plan, 7) else { return Ok(()) };
            for index in 0..=truth.cues().len() {
                let at = index.checked_sub(1).map_or(MediaTime::ZERO, |last| truth.cues()[last].at);
                for track in 0..truth.tracks().len() {
                    let (one, other) = (faulty.told_at(track, index, at), truth.told_at(track, index, at));
                    prop_assert_eq!(one.state, other.state);
                    prop_assert_eq!(one.events.len(), other.events.len());
                }
            }
        }
    }
}
