//! Which cues of its story a faulty feed sends of each match, and when.

use super::Cue;

/// The cues that are sent of all matches.
#[derive(Debug, Default)]
pub(super) struct SentCues {
    /// For each match what is sent of it, in the order of the feed.
    sent: Vec<Vec<SentCue>>,
    /// For each match the cues of the story that the feed only counts with, in order.
    counted: Vec<Vec<u32>>,
}

/// A cue of the story, and after how many cues of the feed it is sent.
#[derive(Debug, Clone, Copy)]
struct SentCue {
    index: u32,
    story: u32,
}

impl SentCues {
    /// About how many bytes a cue of the feed takes.
    pub(super) const BYTES: usize = size_of::<SentCue>();

    /// Of a feed: for each of its cues the match and the cue of the story that it sends.
    pub(super) fn new(matches: usize, feed: impl Iterator<Item = (u16, Option<u32>)>, story: &[Cue]) -> Self {
        let mut cues = Self { sent: vec![Vec::new(); matches], counted: vec![Vec::new(); matches] };
        for (index, (track, story)) in (1..).zip(feed) {
            if let Some(story) = story {
                cues.sent[usize::from(track)].push(SentCue { index, story });
            }
        }
        for (place, cue) in (0..).zip(story).filter(|(_, cue)| cue.silent) {
            cues.counted[usize::from(cue.track)].push(place);
        }
        cues
    }

    /// The cues of the story that are told of a match when the first `index` cues of the feed are released, in no order; those that
    /// the feed only counts with are told once they are `due`.
    pub(super) fn told(&self, track: usize, index: usize, due: impl Fn(usize) -> bool) -> Vec<u32> {
        let sent = &self.sent[track];
        let sent = &sent[..sent.partition_point(|cue| cue.index as usize <= index)];
        let counted = self.counted[track].iter().copied().take_while(|story| due(*story as usize));
        sent.iter().map(|cue| cue.story).chain(counted).collect()
    }
}
