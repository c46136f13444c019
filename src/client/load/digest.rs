//! Compares whole streams: how many subscribers received the same frames to the end.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;

/// A running digest of the frames of one stream, in order. Two streams are equal if their digests are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct StreamDigest {
    frames: u64,
    digest: u64,
}

impl StreamDigest {
    /// Adds a frame by its hash.
    pub(super) fn add(&mut self, hasher: &FixedState, hash: u64) {
        *self = Self { frames: self.frames + 1, digest: hasher.hash_one((self.digest, hash)) };
    }
}

/// The largest group of subscribers that received the same stream to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LargestIdenticalGroup {
    /// The number of subscribers in the group; of equal groups, the one with more frames counts.
    pub subscribers: usize,
    /// The number of frames that each received: with Touchline, of events only.
    pub frames: u64,
}

impl LargestIdenticalGroup {
    /// Finds the largest group of equal digests.
    pub(super) fn from_digests(digests: impl Iterator<Item = StreamDigest>) -> Self {
        let mut groups: HashMap<StreamDigest, usize> = HashMap::new();
        digests.for_each(|digest| *groups.entry(digest).or_default() += 1);
        let largest = groups.into_iter().max_by_key(|(digest, subscribers)| (*subscribers, digest.frames));
        largest.map_or_else(Self::default, |(digest, subscribers)| Self { subscribers, frames: digest.frames })
    }
}
