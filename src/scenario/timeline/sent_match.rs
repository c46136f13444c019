//! What a feed has told of a match: the fold of the events that it has sent, for documents that are made of nothing else.

use std::collections::HashMap;

use super::faulty_feed::FaultyFeed;
use super::{Cue, MediaTime, Timeline};
use crate::football::{EventId, MatchState};

/// What a feed has told of a match.
#[derive(Debug)]
pub(crate) struct SentMatch<'a> {
    /// The fold of all events told.
    pub(crate) state: MatchState,
    /// The events told that are or were key events, in the order of their original reports, each in its latest revision: also those
    /// that were removed.
    pub(crate) events: Vec<&'a Cue>,
}

impl Timeline {
    /// What the feed has told of a match when its first `index` cues are released, at a time. A lost event is never told, a late
    /// one once it is sent. What the feed only counts with ([`Cue::silent`]) is told when it is due.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub(crate) fn sent_match(&self, track: usize, index: usize, at: MediaTime) -> SentMatch<'_> {
        let Some(feed) = &self.feed else {
            let events = self.event_cues(track, index, true);
            let events = events.into_iter().map(|(_, latest)| &self.content.cues[latest as usize]).collect();
            return SentMatch { state: self.state_at(track, index), events };
        };
        let mut state = MatchState::new(self.content.tracks[track].fixture.clone());
        let mut order = Vec::new();
        // The latest revision of each event, and whether it is or was a key event.
        let mut latest: HashMap<(u16, &EventId), (&Cue, bool)> = HashMap::new();
        for cue in feed.sent_story(track, index, at) {
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
        SentMatch { state, events: events.filter(|(_, key)| *key).map(|(cue, _)| *cue).collect() }
    }
}

impl FaultyFeed {
    /// The cues of the story that are told of a match, in the order of the story, so that a revision that comes after a later one
    /// of the same event changes nothing.
    fn sent_story(&self, track: usize, index: usize, at: MediaTime) -> impl Iterator<Item = &Cue> {
        let cues = &self.story.content.cues;
        let (_, past) = self.past(index);
        let mut told = self.sent_cues.told(track, index, |story| story < past || cues[story].at < at);
        told.sort_unstable();
        told.dedup();
        told.into_iter().map(|story| &cues[story as usize])
    }
}
