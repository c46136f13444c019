//! Where a fault happens: a position, or a media time.

use std::fmt;

use crate::playback::{Position, Rejection, SeekOrigin, format_span};
use crate::scenario::{MediaTime, Span, Timeline};

/// A place on a timeline.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// `89:07`, `next:goal`, an id: as commands name positions.
    Position(Position),
    /// `@107m12s`: a time since the beginning of the timeline. What relative positions become.
    Media(Span),
}

/// What a place means on a timeline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolved {
    pub(super) at: MediaTime,
    /// The true cue that it names or finds.
    pub(super) target: Option<u32>,
    /// The match that it belongs to.
    pub(super) track: Option<usize>,
}

impl Place {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('@') {
            Some(since) => Span::parse(since).filter(|since| *since >= Span::ZERO).map(Self::Media),
            None => Position::parse(text).ok().map(Self::Position),
        }
    }

    /// Whether it depends on where playback is.
    pub(super) fn is_relative(&self) -> bool {
        matches!(self, Self::Position(Position::Next(_) | Position::Previous(_) | Position::Relative(_)))
    }

    /// What it means for a playback at `origin`.
    pub(super) fn resolve(
        &self,
        timeline: &Timeline,
        track: Option<usize>,
        origin: &SeekOrigin,
    ) -> Result<Resolved, Rejection> {
        match self {
            Self::Media(since) => Ok(Resolved { at: MediaTime::ZERO + *since, target: None, track }),
            Self::Position(position) => {
                let found = position.resolve(timeline, track, origin, Span::ZERO)?;
                if found.beyond {
                    return Err(Rejection::not_found(format!("the timeline has no {self}")));
                }
                Ok(Resolved { at: found.at, target: found.target, track: found.track })
            }
        }
    }

    /// The place of a true cue, by its id and revision; `None`: its id would end the parameter.
    pub(super) fn of_event(timeline: &Timeline, cue: u32) -> Option<Self> {
        let event = &timeline.true_cues()[cue as usize].event;
        let name = format!("{}@{}", event.id, event.rev);
        (!name.contains([',', ';'])).then(|| Self::Position(Position::Named(name.into())))
    }
}

impl fmt::Display for Place {
    /// Prints what [`Self::parse`] reads as the same place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Media(since) => write!(f, "@{}", format_span(*since)),
        }
    }
}
