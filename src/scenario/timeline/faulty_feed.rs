//! A faulty feed of a timeline: what it says and when, beside what has really happened.
//!
//! A feed fault changes one of two things. A story fault changes what the feed says: the story is the truth with other events,
//! and it gives the events their sequence numbers and scores. A delivery fault changes when an event of the story is sent, how
//! often, or whether at all.

use std::sync::{Arc, Weak};

use super::super::TimedLine;
use super::fault_report::{FaultReport, JournalEntry};
use super::sent_cues::SentCues;
use super::story_event::StoryEvent;
use super::{ClockBend, Content, Cue, MediaTime, Timeline, Track, build};
use crate::football::{CustomType, EventType, Match, MatchEvent};

/// About how many bytes of memory a keyframe takes beside what its texts say of players.
const KEYFRAME_BYTES: usize = 2 << 10;

/// A cue of a faulty feed.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// When it is due.
    pub(crate) at: MediaTime,
    /// The cue of the story whose event is sent; `None`: no event is.
    pub(crate) story: Option<u32>,
    /// The true cue whose time and place this is. It carries the table and the end of that cue.
    pub(crate) truth: Option<u32>,
    /// What is changed in the encoded event.
    pub(crate) patch: Option<Arc<Patch>>,
    /// The match under whose id the event is sent, if not under its own: an index in [`Timeline::tracks`].
    pub(crate) under: Option<u16>,
}

/// A change of an encoded event: fields that are replaced, added (with their JSON) or removed (`None`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Patch {
    /// The fields, each at most once.
    pub(crate) fields: Vec<(&'static str, Option<String>)>,
    /// The event type that it sets, if it sets one. Not among the fields.
    pub(crate) kind: Option<CustomType>,
}

/// The cues of a faulty feed.
#[derive(Debug)]
pub(super) struct FaultyFeed {
    pub(super) cues: Vec<Cue>,
    /// What the feed says. The previous revisions of the cues are in it.
    pub(super) story: Timeline,
    /// For each cue where it comes from.
    origins: Vec<Origin>,
    /// What is told of each match.
    pub(super) sent_cues: SentCues,
    /// Event types that only this feed has, in alphabetical order. They have no numbers, so that a filter that names one still
    /// means it when the faults change.
    pub(super) unheard_types: Vec<CustomType>,
    report: FaultReport,
    /// By match and start.
    pub(super) bends: Vec<ClockBend>,
    pub(super) length: MediaTime,
    pub(super) digest: u32,
}

/// Where a cue of a faulty feed comes from.
#[derive(Debug)]
struct Origin {
    /// The cue of the story whose event it sends.
    story: Option<u32>,
    /// How many true cues are past when it goes out, and how many of the story.
    past: (u32, u32),
    patch: Option<Arc<Patch>>,
}

/// Refers to a timeline, with its feed faults if it has any, without keeping it in memory.
#[derive(Debug, Clone)]
pub(crate) struct WeakTimeline {
    content: Weak<Content>,
    feed: Option<Weak<FaultyFeed>>,
}

impl WeakTimeline {
    /// The timeline, if anything holds it still. A timeline with feed faults holds the one without.
    pub(crate) fn upgrade(&self) -> Option<Timeline> {
        let feed = match &self.feed {
            Some(feed) => Some(feed.upgrade()?),
            None => None,
        };
        Some(Timeline { content: self.content.upgrade()?, feed })
    }

    /// Whether [`Self::upgrade`] would find it.
    pub(crate) fn is_alive(&self) -> bool {
        self.content.strong_count() > 0 && self.feed.as_ref().is_none_or(|feed| feed.strong_count() > 0)
    }
}

impl Timeline {
    /// Refers to it without keeping it in memory.
    pub(crate) fn downgrade(&self) -> WeakTimeline {
        WeakTimeline { content: Arc::downgrade(&self.content), feed: self.feed.as_ref().map(Arc::downgrade) }
    }

    /// What has really happened: the same timeline without feed faults.
    pub fn truth(&self) -> Self {
        Self { content: self.content.clone(), feed: None }
    }

    /// Its feed faults; `None`: it has none.
    pub fn faults(&self) -> Option<&FaultReport> {
        self.feed.as_ref().map(|feed| &feed.report)
    }

    /// The true cues, whatever the feed makes of them. The lookups by type, id and name give their indices.
    pub(crate) fn true_cues(&self) -> &[Cue] {
        &self.content.cues
    }

    /// Equal for timelines that share their content and their feed, and for no others while one of them exists.
    pub(crate) fn identity(&self) -> (usize, usize) {
        let feed = self.feed.as_ref().map_or(0, |feed| Arc::as_ptr(feed).addr());
        (Arc::as_ptr(&self.content).addr(), feed)
    }

    /// About how many bytes of memory its content takes beside the texts of its scenario.
    pub(crate) fn content_bytes(&self) -> usize {
        let Content { cues, tracks, .. } = &*self.content;
        let keyframes: usize = tracks.iter().map(|track| track.keyframes.len()).sum();
        // The index takes some 64 bytes for each cue.
        let per_cue = size_of::<Cue>() + size_of::<TimedLine>() + size_of::<MatchEvent>() + 64;
        cues.len() * per_cue + tracks.len() * size_of::<Track>() + keyframes * KEYFRAME_BYTES
    }

    /// About how many bytes of memory its feed takes beside what it shares with the truth; 0 without feed faults.
    pub(crate) fn feed_bytes(&self) -> usize {
        let Some(feed) = &self.feed else { return 0 };
        let retold = if feed.story.identity() == self.truth().identity() { 0 } else { feed.story.content.cues.len() };
        let per_cue = size_of::<Cue>() + size_of::<Origin>() + SentCues::BYTES;
        // A story has an index beside its cues, and few events of its own.
        feed.cues.len() * per_cue + retold * 2 * per_cue + feed.report.journal.len() * 2 * size_of::<JournalEntry>()
    }

    /// How many true cues are past after the first `index` cues.
    pub(crate) fn true_index(&self, index: usize) -> usize {
        self.feed.as_ref().map_or(index, |feed| feed.past(index).0)
    }

    /// The same at a time at which the first `index` cues have been released: what a lost event has told is past, too, once its
    /// time is over.
    pub(crate) fn true_index_at(&self, index: usize, at: MediaTime) -> usize {
        let Some(feed) = &self.feed else { return index };
        let cues = &self.content.cues;
        let due = |until: &dyn Fn(&Cue) -> bool| cues.partition_point(until);
        feed.past(index).0.clamp(due(&|cue| cue.at < at), due(&|cue| cue.at <= at))
    }

    /// How many cues are behind at a time at which `past` true cues are past.
    pub(crate) fn index_of_past(&self, at: MediaTime, past: usize) -> usize {
        match &self.feed {
            None => past.clamp(self.index_before(at), self.index_after(at)),
            Some(feed) => {
                let instant = self.index_before(at)..self.index_after(at);
                let origins = &feed.origins[instant.clone()];
                instant.start + origins.partition_point(|origin| origin.past.0 as usize <= past)
            }
        }
    }

    /// The sequence number of the last event of a match that is past after the first `index` cues, sent or not.
    pub(crate) fn seq_at(&self, track: usize, index: usize) -> usize {
        let (content, index) = match &self.feed {
            Some(feed) => (&feed.story.content, feed.past(index).1),
            None => (&self.content, index),
        };
        content.tracks[track].cues_before(index)
    }

    /// What tells the event of a cue, and its place there; `None`: the cue is silent.
    pub(super) fn reported(&self, index: usize) -> Option<(&Content, usize)> {
        match &self.feed {
            Some(feed) => Some((&feed.story.content, feed.origins[index].story? as usize)),
            None => Some((&self.content, index)),
        }
    }

    /// The match of which the event of a cue tells. A faulty feed may send it under the id of another.
    pub(crate) fn fixture_of(&self, index: usize) -> &Match {
        let track = self.reported(index).map_or(self.cues()[index].track, |(content, place)| content.cues[place].track);
        &self.content.tracks[usize::from(track)].fixture
    }

    /// The change of the encoded event of a cue.
    pub(crate) fn patch(&self, index: usize) -> Option<&Patch> {
        self.feed.as_ref()?.origins[index].patch.as_deref()
    }

    /// What a feed tells of the same matches that has other events, in order of time. Without feed faults itself.
    pub(crate) fn retold(&self, events: impl IntoIterator<Item = StoryEvent>) -> Self {
        Self { content: Arc::new(build::retold(&self.content, events)), feed: None }
    }

    /// The timeline of a faulty feed that sends the events of `story` so, in order of time, and bends the clocks of its ticks.
    /// `digest` tells its faults apart from all others.
    pub(crate) fn with_feed(
        &self,
        story: Self,
        deliveries: Vec<Delivery>,
        mut bends: Vec<ClockBend>,
        report: FaultReport,
        digest: u32,
    ) -> Self {
        bends.sort_by_key(|bend| (bend.track, bend.from));
        let mut unheard_types: Vec<CustomType> =
            deliveries.iter().filter_map(|delivery| delivery.patch.as_ref()?.kind.clone()).collect();
        unheard_types.sort_unstable();
        unheard_types.dedup();
        unheard_types.retain(|word| self.content.index.custom_index(word).is_none());
        let mut feed = FaultyFeed {
            cues: Vec::with_capacity(deliveries.len()),
            origins: Vec::with_capacity(deliveries.len()),
            sent_cues: SentCues::default(),
            length: deliveries.last().map_or(self.content.length, |last| last.at.max(self.content.length)),
            story,
            unheard_types,
            report,
            bends,
            digest: self.content.digest ^ digest,
        };
        let count = |index: Option<u32>| index.map_or(0, |index| index + 1);
        let due_before = |of: &Content, at: MediaTime| of.cues.partition_point(|cue| cue.at < at) as u32;
        let mut past = (0, 0);
        for Delivery { at, story, truth, patch, under } in deliveries {
            let Some(mut cue) = feed.cue(story, truth.map(|truth| &self.content.cues[truth as usize])) else {
                continue;
            };
            if let Some(word) = patch.as_ref().and_then(|patch| patch.kind.clone()) {
                cue.kind = self.content.index.custom_type_number(&word).unwrap_or(Cue::OVERFLOW_KIND);
                Arc::make_mut(&mut cue.event).kind = EventType::Other(word);
            }
            let in_place = story.filter(|story| feed.story.content.cues[*story as usize].at == at);
            past.0 = count(truth).max(due_before(&self.content, at)).max(past.0);
            past.1 = count(in_place).max(due_before(&feed.story.content, at)).max(past.1);
            cue.at = at;
            cue.track = under.unwrap_or(cue.track);
            feed.cues.push(cue);
            feed.origins.push(Origin { story, past, patch });
        }
        let matches = self.content.tracks.len();
        let sent = feed.cues.iter().zip(&feed.origins).map(|(cue, origin)| (cue.track, origin.story));
        feed.sent_cues = SentCues::new(matches, sent, &feed.story.content.cues);
        Self { content: self.content.clone(), feed: Some(Arc::new(feed)) }
    }

    /// The number of a custom type.
    pub(super) fn custom_type_number(&self, word: &str) -> Option<u16> {
        let unheard = || self.feed.as_ref()?.unheard_types.iter().find(|own| &***own == word);
        self.content.index.custom_type_number(word).or_else(|| unheard().map(|_| Cue::OVERFLOW_KIND))
    }
}

impl FaultyFeed {
    /// The number of true cues, and of cues of the story, that are past after the first `index` cues.
    pub(super) fn past(&self, index: usize) -> (usize, usize) {
        let last = index.checked_sub(1).and_then(|last| self.origins.get(last));
        last.map_or((0, 0), |last| (last.past.0 as usize, last.past.1 as usize))
    }

    /// The cue that sends an event of the story in the place of a true cue; `None`: it would send nothing at all.
    fn cue(&self, story: Option<u32>, place: Option<&Cue>) -> Option<Cue> {
        let (table, last) = place.map_or((None, false), |place| (place.table, place.last));
        match (story, place) {
            (Some(story), _) => Some(Cue { table, last, ..self.story.content.cues[story as usize].clone() }),
            (None, Some(place)) if table.is_some() || last => Some(Cue { silent: true, ..place.clone() }),
            (None, _) => None,
        }
    }
}
