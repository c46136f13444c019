//! Which events a subscriber follows: of which matches, and of which types.

use crate::error::did_you_mean;
use crate::football::{EventType, TypeSelector};
use crate::playback::Rejection;
use crate::scenario::{Cue, HINTS_FROM, MediaTime, Timeline};

/// What a subscriber follows. Everything, unless it names something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Follow {
    tracks: Option<Box<[u16]>>,
    types: Option<Box<[TypeSelector]>>,
}

/// A name that was not understood, and what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// One line.
    pub message: String,
    /// What would be accepted, as [`Rejection::listed`] has it.
    pub accepted: Vec<String>,
    /// Whether it is a match that is unknown (else a type).
    pub is_match: bool,
}

/// How many snapshots a newcomer gets where it names no match.
const SNAPSHOTS: usize = 20;

impl Follow {
    /// Follows the named matches and types; `None` is all.
    pub fn new(timeline: &Timeline, matches: Option<&[String]>, types: Option<&[String]>) -> Result<Self, UnknownName> {
        let ids = || timeline.tracks().iter().map(|track| track.fixture.id.as_str());
        let tracks = matches.map(|matches| {
            let mut tracks = Vec::new();
            for id in matches {
                let Some(track) = timeline.track_of(id) else {
                    let hint = did_you_mean(id, ids().take(HINTS_FROM));
                    let accepted = Rejection::listed(ids());
                    return Err(UnknownName {
                        message: format!("unknown match {id:?}{hint}"),
                        accepted,
                        is_match: true,
                    });
                };
                tracks.push(u16::try_from(track).unwrap_or(u16::MAX));
            }
            tracks.sort_unstable();
            tracks.dedup();
            Ok(tracks.into_boxed_slice())
        });
        let types = types.map(|types| {
            let parse = |word: &String| {
                TypeSelector::parse(word, timeline.own_types_near(word)).map_err(|message| {
                    let groups = crate::football::GROUPS.iter().map(|(name, _)| *name);
                    let known = groups.chain(EventType::WORDS.iter().copied());
                    let accepted = Rejection::listed(known.chain(timeline.own_types()));
                    UnknownName { message, accepted, is_match: false }
                })
            };
            types.iter().map(parse).collect::<Result<Box<[_]>, _>>()
        });
        Ok(Self { tracks: tracks.transpose()?, types: types.transpose()? })
    }

    /// Whether everything is followed, so that runs of frames can be written as they are.
    pub fn everything(&self) -> bool {
        self.tracks.is_none() && self.types.is_none()
    }

    /// Whether a match is followed.
    pub fn follows(&self, track: usize) -> bool {
        self.tracks.as_deref().is_none_or(|tracks| tracks.iter().any(|followed| usize::from(*followed) == track))
    }

    /// Whether a reader that follows this has been told a match's state: one of many matches it may never have been.
    pub fn surely_told(&self, timeline: &Timeline, track: usize) -> bool {
        self.follows(track) && (self.tracks.is_some() || timeline.tracks().len() <= SNAPSHOTS)
    }

    /// Whether the event of a cue is followed.
    pub fn wants(&self, cue: &Cue) -> bool {
        self.follows(usize::from(cue.track))
            && self.types.as_deref().is_none_or(|types| types.iter().any(|kind| kind.selects(&cue.event.kind)))
    }

    /// Whether a league table concerns any match that is followed.
    pub fn wants_table(&self, timeline: &Timeline, table: usize) -> bool {
        let competition = &*timeline.tables()[table].competition;
        self.tracks.is_none()
            || self
                .tracks(timeline)
                .any(|track| timeline.tracks()[track].fixture.competition.as_deref() == Some(competition))
    }

    /// The matches followed.
    pub fn tracks<'a>(&'a self, timeline: &'a Timeline) -> impl Iterator<Item = usize> + 'a {
        (0..timeline.tracks().len()).filter(|track| self.follows(*track))
    }

    /// The matches whose state a reader gets who joins at a moment: all that it names; where it names none and there are
    /// many, those nearest in time.
    pub fn snapshots(&self, timeline: &Timeline, at: MediaTime) -> Vec<usize> {
        let mut tracks: Vec<usize> = self.tracks(timeline).collect();
        if self.tracks.is_some() || tracks.len() <= SNAPSHOTS {
            return tracks;
        }
        let distance = |track: &usize| {
            let phases = timeline.tracks()[*track].layout.phases();
            let from = phases.first().map_or(MediaTime::ZERO, |phase| phase.from);
            let to = phases.last().map_or(MediaTime::ZERO, |phase| phase.to);
            (from - at).max(at - to).as_nanos().max(0)
        };
        tracks.sort_by_key(distance);
        tracks.truncate(SNAPSHOTS);
        tracks.sort_unstable();
        tracks
    }
}
